"""Which properties differ between two templates, directly or because what they refer to is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

Resource = Mapping[str, Any]

WHOLE: Final = "Properties"
"""The path of all properties together, where a function stands in their place."""

METADATA_TYPE: Final = "AWS::CDK::Metadata"
"""The type of what the CDK counts itself with, which makes nothing in the account."""

_NEW_VALUES: Final = {
    "AWS::Batch::JobDefinition": None,
    "AWS::EC2::LaunchTemplate": ("LatestVersionNumber",),  # the default stays the first
    "AWS::Lambda::Version": None,
}
"""Types of which a change in place gives new values to those that refer to them: the attributes;
None for ``Ref``. A changed job definition is a new revision, a launch template a new version."""


@dataclass(kw_only=True)
class Change:
    """What is different about one resource.

    Attributes:
        logical_id: its logical ID.
        old: as it is; None where it is new.
        new: as it shall be; None where it goes.
        paths: the properties that are written differently.
        referred: properties that are written alike, with the resources whose values change.
        elsewhere: properties that are written alike, with what changes outside of the template.
        is_open: whether its condition, written alike, may be another one for the same reason.
    """

    logical_id: str
    old: Resource | None
    new: Resource | None
    paths: list[str] = field(default_factory=list)
    referred: dict[str, list[str]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    is_open: bool = False

    @property
    def type(self) -> str:
        """The CloudFormation type."""
        return str((self.new or self.old or {}).get("Type", ""))

    @property
    def touched(self) -> list[str]:
        """The properties that change, for whatever reason."""
        return [*self.paths, *self.referred, *self.elsewhere]

    @cached_property
    def references(self) -> list[tuple[str, str, str | None]]:
        """What its properties refer to, as they shall be: path, logical ID, attribute."""
        return list(references(properties(self.new or {})))

    def property(self, path: str, *, old: bool = False) -> Any:
        """Read a property by its path, as it shall be or as it is."""
        found: Any = properties((self.old if old else self.new) or {})
        for step in path.split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Change]:
    """Compare the resources of two templates, in the order of the new one, what goes last."""
    before, after = (
        {
            name: one
            for name, one in section(side, "Resources").items()
            if isinstance(one, Mapping) and one.get("Type") != METADATA_TYPE
        }
        for side in (old, new)
    )
    return {
        logical_id: Change(
            logical_id=logical_id,
            old=before.get(logical_id),
            new=after.get(logical_id),
            paths=sorted(
                different(
                    properties(before.get(logical_id, {})), properties(after.get(logical_id, {}))
                )
            )
            if logical_id in before and logical_id in after
            else [],
        )
        for logical_id in [*after, *(gone for gone in before if gone not in after)]
    }


def different(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Give the paths at which two values differ; lists and intrinsic functions count as one."""
    mappings = isinstance(old, Mapping) and isinstance(new, Mapping)
    if mappings and not is_function(old) and not is_function(new):
        for name in {**old, **new}:
            below = f"{path}/{name}" if path else str(name)
            if name not in old or name not in new:
                yield below
            else:
                yield from different(old[name], new[name], below)
    elif not _is_alike(old, new):
        yield WHOLE if path == "" else path


def _is_alike(old: Any, new: Any) -> bool:
    """Whether CloudFormation takes two values for the same: numbers and flags, and their text."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_is_alike(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_alike, old, new))
    if isinstance(old, float) or isinstance(new, float):
        return bool(_as_number(old) == _as_number(new))
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in (old, new)]
    is_number = isinstance(old, int) or isinstance(new, int)
    return texts[0] == texts[1] if is_number else bool(old == new)


def _as_number(value: Any) -> Any:
    """Give the number that a text is; ``1.0`` is that text, and the number 1."""
    try:
        return value if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return value


def follow(found: Mapping[str, Change], changed: str, *, replaced: bool) -> Iterator[Change]:
    """Note what a changed resource changes in those that refer to it; give those it reached.

    Args:
        found: all changes.
        changed: the logical ID of the resource that changes.
        replaced: whether it is another resource afterwards, or the same one, changed.
    """
    attributes = _NEW_VALUES.get(found[changed].type, ()) if not replaced else None
    if attributes == ():
        return
    for change in found.values():
        if change.old is None or change.new is None or change.logical_id == changed:
            continue
        for path, target, attribute in change.references:
            told = replaced or (
                attribute is None if attributes is None else attribute in (attributes or ())
            )
            known = change.referred.get(path, [])
            if target == changed and told and path not in change.paths and changed not in known:
                change.referred[path] = [*known, changed]
                yield change


def references(value: Any, path: str = "") -> Iterator[tuple[str, str, str | None]]:
    """Give every ``Ref`` and ``Fn::GetAtt`` in a value: path, logical ID, attribute."""
    if isinstance(value, list):
        for entry in value:
            yield from references(entry, path)
    if not isinstance(value, Mapping):
        return
    for name, below in value.items():
        if name == "Ref" and isinstance(below, str):
            yield path, below, None
        elif name == "Fn::GetAtt" and isinstance(below, list | str):
            target, _, attribute = (
                below if isinstance(below, str) else ".".join(map(str, below))
            ).partition(".")
            yield path, target, attribute
        elif name == "Fn::Sub":
            yield from ((path, *one) for one in _in_text(below))
            if isinstance(below, list):
                yield from references(below[1:], path)
        elif str(name).startswith("Fn::"):
            yield from references(below, path)
        else:
            yield from references(below, f"{path}/{name}" if path else str(name))


def _in_text(value: Any) -> Iterator[tuple[str, str | None]]:
    """Give the resources that ``Fn::Sub`` names in its text."""
    text = value[0] if isinstance(value, list) and value else value
    for part in str(text).split("${")[1:]:
        name, closed, _ = part.partition("}")
        if closed and not name.startswith("!"):
            target, _, attribute = name.partition(".")
            yield target, attribute or None


def properties(resource: Resource) -> Mapping[str, Any]:
    """Give the properties of a resource."""
    found = resource.get("Properties")
    return found if isinstance(found, Mapping) else {}


def section(template: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give a section of a template; an empty one where there is none."""
    found = template.get(name)
    return {str(key): one for key, one in found.items()} if isinstance(found, Mapping) else {}


def is_function(value: Any) -> bool:
    """Whether a value is an intrinsic function, which CloudFormation reads."""
    return isinstance(value, Mapping) and any(
        str(name) == "Ref" or str(name).startswith("Fn::") for name in value
    )


def calls(value: Any, function: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every call of an intrinsic function in a value: path, argument."""
    if isinstance(value, list):
        for entry in value:
            yield from calls(entry, function, path)
    if not isinstance(value, Mapping):
        return
    for name, below in value.items():
        if name == function:
            yield path, below
        inner = path if is_function(value) else f"{path}/{name}" if path else str(name)
        yield from calls(below, function, inner)
