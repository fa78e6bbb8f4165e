"""One stack as it is: its template, and what a cloud assembly says of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Mapping

_MANIFEST = "manifest.json"
_UNKNOWN = "unknown"
"""How a manifest writes that an app leaves the Region to the deployment."""


@dataclass(frozen=True, kw_only=True)
class OldStack:
    """A stack whose template is taken in.

    Attributes:
        name: Its name.
        template: Its template.
        account: Its account, where it is known.
        region: Its Region, where it is known.
    """

    name: str
    template: Mapping[str, Any]
    account: str | None = None
    region: str | None = None

    @property
    def class_name(self) -> str:
        """What its class is called."""
        words = re.split(r"[^A-Za-z0-9]+", self.name)
        name = "".join(word[:1].upper() + word[1:] for word in words)
        name = name if name[:1].isalpha() else f"The{name}"
        return name if name.endswith("Stack") else f"{name}Stack"

    def section(self, name: str) -> Mapping[str, Any]:
        """Give a section of the template; an empty one where there is none."""
        found = self.template.get(name)
        return found if isinstance(found, dict) else {}


def read_stack(path: Path, name: str | None) -> OldStack:
    """Read the template that a path means, or that of one stack of a cloud assembly.

    Args:
        path: a template, or the output of ``cdk synth``.
        name: the stack; in a cloud assembly its name or ID, of a template what it is called.

    Raises:
        UnreadableTemplateError: it cannot be read, there is no such stack, or it has to be said
            which of several.
    """
    return whole(_of_assembly(path, name) if (path / _MANIFEST).is_file() else _of(path, name))


def _of(path: Path, name: str | None) -> OldStack:
    files = [Path(one) for one in template_files.find(path)]
    if path.is_dir():
        files = [one for one in files if name is None or _stem(one) == name] or files
    if len(files) > 1:
        names = ", ".join(_stem(one) for one in files)
        raise template_files.UnreadableTemplateError(
            f"there are several templates ({names}): name one"
        )
    template: Any = template_files.read(files[0])
    called = re.sub(r"[^A-Za-z0-9]+", "-", _stem(files[0])).lstrip("-0123456789") or "Stack"
    return OldStack(name=called if name is None else name, template=template)


def whole(stack: OldStack) -> OldStack:
    """Refuse what the CDK cannot declare resource by resource."""
    odd = [name for name, one in stack.section("Resources").items() if not isinstance(one, dict)]
    if odd:
        raise template_files.UnreadableTemplateError(
            f"{odd[0]} is not a resource; expand the template first, as CloudFormation does: "
            "aws cloudformation get-template --template-stage Processed"
        )
    return stack


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]


def _of_assembly(path: Path, name: str | None) -> OldStack:
    stacks = _stacks(path)
    chosen = {key: one for key, one in stacks.items() if name is None or name in (key, one.name)}
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    listed = ", ".join(sorted(stacks)) or "none"
    raise template_files.UnreadableTemplateError(
        f"there is no stack {name}; there are {listed}"
        if name is not None
        else f"there are several stacks ({listed}): name one with --stack"
        if stacks
        else "it has no stack"
    )


def _stacks(path: Path) -> dict[str, OldStack]:
    """Read the stacks of an assembly, and of those within it, which stages are."""
    try:
        manifest = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
        artifacts = dict(manifest.get("artifacts", {}))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise template_files.UnreadableTemplateError(
            f"its manifest cannot be read: {error}"
        ) from None
    found: dict[str, OldStack] = {}
    for key, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "cdk:cloud-assembly":
            found |= _stacks(path / str(properties.get("directoryName")))
        if artifact.get("type") != "aws:cloudformation:stack":
            continue
        template: Any = template_files.read(path / str(properties.get("templateFile")))
        account, _, region = (
            str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
        )
        found[key] = OldStack(
            name=str(properties.get("stackName", key)),
            template=template,
            account=account if account.isdigit() else None,
            region=region if region and not region.startswith(_UNKNOWN) else None,
        )
    return found
