"""What of an app the embedded AWS cannot play, told at once, before the first resource."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.names import REGISTRY
from batch_constructs.aws.service_principals import DOMAIN
from batch_constructs.aws.template_facts import ASSEMBLY_ARTIFACT, ASSETS_ARTIFACT, STACK_ARTIFACT
from batch_constructs.local.image_builds import BUILDERS, ImageBuild

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

Artifact = tuple[str, dict[str, Any], "Path"]
"""The ID of an artifact of a cloud assembly, the artifact, and the directory that it is in."""

_MADE_BY_FUNCTIONS = ("Custom::", "AWS::CloudFormation::CustomResource")
_ANY = "unknown-"
"""How the CDK writes an account or a Region that the app leaves open."""


@dataclass(kw_only=True)
class Plan:
    """What an app asks for that is not played here.

    Attributes:
        types: type → the resources of it, as ``STACK/LOGICAL_ID``.
        places: stacks for another account or Region, each with its place.
        here: the other stacks, as the CLI calls them.
        images: container images that the app builds, by their names in Amazon ECR.
        named: images that job definitions name.
    """

    types: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    here: list[str] = field(default_factory=list)
    images: dict[str, ImageBuild] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def refusals(self, *, record: bool) -> list[str]:
        """Say what stands in the way, a line each.

        With ``record`` nothing does: types that are not played are recorded, and stacks for other
        places are left out.
        """
        if record:
            return []
        return [
            *(
                f"{stack} is for {place}: the embedded AWS emulates one account in one Region; "
                "start it with that one (local up --account, --region), or leave the stack out"
                for stack, place in sorted(self.places.items())
            ),
            *(
                f"{type_} cannot be emulated here ({', '.join(resources)})"
                for type_, resources in sorted(self.types.items())
            ),
        ]

    def remarks(self, *, record: bool, processes: Collection[str]) -> list[str]:
        """Say what is deployed and does less than in AWS, a line each.

        Args:
            record: whether types that are not played are recorded.
            processes: the images that nothing stands for.
        """
        lines = [
            self._as_process(image) for image in sorted({*self.images, *self.named} & {*processes})
        ]
        if record:
            lines += [
                f"{stack} is for {place}, so it is skipped"
                for stack, place in sorted(self.places.items())
            ]
            lines += [
                f"{type_} is only recorded in its stack ({', '.join(resources)})"
                for type_, resources in sorted(self.types.items())
            ]
        return lines

    def _as_process(self, image: str) -> str:
        build = self.images.get(image)
        what = f"{image} is not pulled" if build is None else f"{build.label} is not built"
        done = "" if build is None else f"to build it: --build {' or '.join(BUILDERS)}; "
        return (
            f"{what}: its jobs run as processes on this machine; {done}to use a substitute: "
            f"local up --image '{_pattern(image)}=PLACE'"
        )


def plan(
    assembly: Path, *, types: Collection[str], account_id: str, region: str, stacks: Collection[str]
) -> Plan:
    """Read a cloud assembly.

    Args:
        assembly: its directory.
        types: the CloudFormation types that are played.
        account_id: the account that is played.
        region: the Region that is played.
        stacks: the stacks that are to be deployed, by ID or name; all where there are none.
    """
    found = Plan()
    here = {"AWS::AccountId": account_id, "AWS::Region": region, "AWS::Partition": "aws"}
    resources: dict[str, list[str]] = defaultdict(list)
    for key, artifact, directory in artifacts(assembly):
        properties = artifact.get("properties", {})
        if artifact["type"] == STACK_ARTIFACT:
            name = properties.get("stackName", key)
            if stacks and not stack_names(key, artifact) & {*stacks}:
                continue
            place = artifact.get("environment", "").removeprefix("aws://")
            if not _is_here(place, account_id, region):
                found.places[name] = place
                continue
            found.here.append(artifact.get("displayName", key))
            template = json.loads((directory / properties["templateFile"]).read_text())
            for logical_id, resource in template.get("Resources", {}).items():
                type_ = resource["Type"]
                if type_ == "AWS::Batch::JobDefinition":
                    found.named |= {*_images(resource, {**here, "AWS::URLSuffix": DOMAIN})}
                if type_ not in types and not type_.startswith(_MADE_BY_FUNCTIONS):
                    resources[type_].append(f"{name}/{logical_id}")
        elif artifact["type"] == ASSETS_ARTIFACT:
            manifest = json.loads((directory / properties["file"]).read_text())
            found.images |= {_filled(one, here): it for one, it in _built(manifest, directory)}
    found.types = dict(resources)
    return found


def leave_images_out(assembly: Path) -> None:
    """Take the container images out of an assembly, so that nothing tries to build them."""
    for _, artifact, directory in artifacts(assembly):
        if artifact["type"] == ASSETS_ARTIFACT:
            path = directory / artifact["properties"]["file"]
            manifest = json.loads(path.read_text())
            if manifest.get("dockerImages"):
                path.write_text(json.dumps({**manifest, "dockerImages": {}}))


def stack_names(key: str, artifact: Mapping[str, Any]) -> set[str]:
    """Return what a stack may be called by: its artifact's ID, its name, and the CLI's."""
    return {key, artifact["properties"].get("stackName", key), artifact.get("displayName", key)}


def artifacts(assembly: Path) -> Iterator[Artifact]:
    """Yield the artifacts of an assembly and of those nested in it, each with its directory."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    for key, artifact in manifest.get("artifacts", {}).items():
        if artifact["type"] == ASSEMBLY_ARTIFACT:
            yield from artifacts(assembly / artifact["properties"]["directoryName"])
        else:
            yield key, artifact, assembly


def _built(manifest: Mapping[str, Any], assembly: Path) -> Iterator[tuple[str, ImageBuild]]:
    """Yield the images of an assets' manifest, by their names in Amazon ECR."""
    for asset, image in manifest.get("dockerImages", {}).items():
        build = ImageBuild(
            label=image.get("displayName", asset), source=image["source"], assembly=assembly
        )
        for place in image["destinations"].values():
            name = f"{place['repositoryName']}:{place['imageTag']}"
            registry = f"${{AWS::AccountId}}{REGISTRY}${{AWS::Region}}.{DOMAIN}"
            yield f"{registry}/{name}", build


def _images(value: Any, here: Mapping[str, str]) -> Iterator[str]:
    """Find the images in a job definition, as far as they can be read."""
    if isinstance(value, list):
        for one in value:
            yield from _images(one, here)
    elif isinstance(value, dict):
        image = value.get("Image")
        if isinstance(image, dict):
            image = image.get("Fn::Sub")
        if isinstance(image, str) and "${" not in _filled(image, here):
            yield _filled(image, here)
        for one in value.values():
            yield from _images(one, here)


def _filled(text: str, here: Mapping[str, str]) -> str:
    for name, value in here.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def _pattern(image: str) -> str:
    """Return a pattern for an image, whatever its registry."""
    return f"*{image.partition('/')[2] or image}"


def _is_here(place: str, account_id: str, region: str) -> bool:
    account, _, found = place.partition("/")
    return (account == account_id or account.startswith(_ANY) or not account) and (
        found == region or found.startswith(_ANY) or not found
    )
