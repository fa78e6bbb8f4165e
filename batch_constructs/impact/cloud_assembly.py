"""The stacks of a cloud assembly, which ``cdk synth`` writes, as its manifest describes them.

https://docs.aws.amazon.com/cdk/v2/guide/deploy.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from batch_constructs.aws.template_facts import ASSEMBLY_ARTIFACT, ASSETS_ARTIFACT, STACK_ARTIFACT
from batch_constructs.impact.changes import section
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.rules.template import template_files

_MANIFEST: Final = "manifest.json"
_UNKNOWN: Final = "unknown"
"""How a manifest writes that an app leaves the Region to the deployment."""

DESTINATIONS: Final = "destinations"
"""Beside what a manifest says of a stack: where its assets go, by the section of their manifest."""

_SOURCES: Final = "sources"
"""Beside these: the file of each asset, by the key under which it goes there."""

_NESTED: Final = "AWS::CloudFormation::Stack"
_FILE: Final = "aws:asset:path"


def is_assembly(path: Path) -> bool:
    """Whether a directory is a cloud assembly."""
    return (path / _MANIFEST).is_file()


def stacks(path: Path) -> dict[str, DescribedStack]:
    """Read the stacks of an assembly, and of those within it, which stages are, by their IDs.

    Raises:
        UnreadableTemplateError: the manifest or a template cannot be read.
    """
    artifacts = dict(_read(path / _MANIFEST).get("artifacts", {}))
    names = {
        key: str(one.get("properties", {}).get("stackName", key)) for key, one in artifacts.items()
    }
    found: dict[str, DescribedStack] = {}
    for key, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == ASSEMBLY_ARTIFACT:
            found |= stacks(path / str(properties.get("directoryName")))
        if artifact.get("type") != STACK_ARTIFACT:
            continue
        try:
            template: Any = template_files.read(path / str(properties.get("templateFile")))
        except template_files.NoTemplateError:
            continue  # without resources; the CLI deploys none
        account, _, region = (
            str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
        )
        found[key] = DescribedStack(
            name=names[key],
            template=template,
            account=account if account.isdigit() else None,
            region=region if region and not region.startswith(_UNKNOWN) else None,
            tags=properties.get("tags", {}),
            options={**properties, DESTINATIONS: _destinations(path, artifact, artifacts)},
            waits_for=frozenset(names[one] for one in _before(key, artifacts) if one in names),
        )
    return found


def _destinations(
    path: Path, artifact: Mapping[str, Any], artifacts: Mapping[str, Any]
) -> dict[str, Any]:
    """Give where the assets of a stack go, its template among them: one destination of each kind.

    Nothing is known of them where only the templates of an assembly are left.
    """
    found: dict[str, Any] = {}
    for one in artifact.get("dependencies", ()):
        manifest = artifacts.get(one, {})
        file = path / str(manifest.get("properties", {}).get("file"))
        if manifest.get("type") != ASSETS_ARTIFACT or not file.is_file():
            continue
        said = _read(file)
        for kind in ("files", "dockerImages"):
            for asset in said.get(kind, {}).values():
                for destination in asset.get("destinations", {}).values():
                    found[kind] = destination
                    source = asset.get("source", {}).get("path")
                    found.setdefault(_SOURCES, {})[str(destination.get("objectKey"))] = source
    return found


def _read(manifest: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(manifest.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise template_files.UnreadableTemplateError(
            f"its manifest cannot be read: {error}"
        ) from None


def _before(key: str, artifacts: Mapping[str, Any]) -> set[str]:
    """Give what is deployed before an artifact, and before that."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        for one in artifacts.get(waiting.pop(), {}).get("dependencies", ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def templates(path: Path) -> dict[str, DescribedStack]:
    """Read a template, or those of a directory, by the names of their files.

    Raises:
        UnreadableTemplateError: there is none, or one cannot be read.
    """
    known = stacks(path) if is_assembly(path) else {}
    found = {Path(str(one.options["templateFile"])).name: one for one in known.values()}
    for file in map(Path, template_files.find(path)):
        if file.name in found:
            continue
        try:
            template: Any = template_files.read(file)
        except template_files.NoTemplateError:
            if is_assembly(path):
                continue
            raise
        found[file.name] = DescribedStack(name=file.name.partition(".")[0], template=template)
    return _with_nested_ones(found)


def _with_nested_ones(found: dict[str, DescribedStack]) -> dict[str, DescribedStack]:
    """Say which stacks are nested; CloudFormation hands them the tags of those around them.

    A template that several nested stacks have is there once for each.
    """
    sources = {
        key: str(file)
        for one in found.values()
        for key, file in one.options.get(DESTINATIONS, {}).get(_SOURCES, {}).items()
    }
    made = dict(found)
    waiting = [*made]
    while waiting:
        key = waiting.pop(0)
        around = made[key]
        for logical_id, resource in section(around.template, "Resources").items():
            file = _nested_file(resource, sources)
            if file not in found or file in _around(key, made) or found[file].options:
                continue
            stem = key.partition(".")[0]
            of_it = file if made[file].within is None else f"{stem}-{logical_id}.{file}"
            made[of_it] = replace(
                found[file],
                tags=around.tags,
                account=around.account,
                region=around.region,
                within=(key, logical_id),
            )
            waiting.append(of_it)
    return made


def _nested_file(resource: Any, sources: Mapping[str, str]) -> str:
    """Give the name of the file that a nested stack has as its template; empty if unknown.

    The CLI has the CDK write it into the metadata; else it is the asset at the template's address.
    """
    if not isinstance(resource, Mapping) or resource.get("Type") != _NESTED:
        return ""
    metadata, properties = (section(resource, name) for name in ("Metadata", "Properties"))
    address = json.dumps(properties.get("TemplateURL"), default=str)
    assets = [file for key, file in sources.items() if key in address]
    return str(metadata.get(_FILE, [*assets, address.strip('"')][0])).rpartition("/")[2]


def _around(key: str, made: Mapping[str, DescribedStack]) -> set[str]:
    """Give the files of a stack, and of those around it."""
    found: set[str] = set()
    while True:
        found |= {key, key.partition(".")[2]}
        within = made[key].within
        if within is None:
            return found
        key = within[0]
