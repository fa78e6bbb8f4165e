"""A new resource in the place of an old one: what differs between them, and what stays of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt.same_resources import Reference, is_prefix_of
from batch_constructs.aws.names import as_member, as_property
from batch_constructs.aws.updates import SERVICE_LINKED_ROLE, create_only
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.verdict import Comparison, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_constructs.adopt.same_resources import Resource

TAGS: Final = "Tags"
_BATCH: Final = "AWS::Batch::"
_OF_A_RESOURCE: Final = Reference(["Fn::GetAtt"])
_REF_AND_ATTRIBUTE: Final = (Reference(["Ref"]), _OF_A_RESOURCE)
_DESCRIPTIONS: Final = ("GroupDescription", "Description")
"""What cannot be changed and says nothing but where something stands in the app."""


class Successor:
    """What comes of a pair: an old resource, and the new one that is it.

    Attributes:
        before: The old one.
        now: The new one.
    """

    def __init__(
        self, before: Resource, now: Resource, *, held: bool, new_ids: Mapping[str, str]
    ) -> None:
        """Compare the two.

        Args:
            before: The old one.
            now: The new one.
            held: Whether what would replace it, or fail, stays as it was.
            new_ids: The logical IDs of old resources → those that they have in the new stack.
        """
        self.before, self.now = before, now
        self._held = held
        self._new_ids = new_ids

    @cached_property
    def stays(self) -> dict[str, Any]:
        """What stays as the old template has it, as it is written there, by its path."""
        paths = [*self._kept, *self._referred_otherwise]
        if self._held:
            paths += [*self._surely, *self._perhaps]
        return {path: _written(self.before.written, path) for path in dict.fromkeys(paths)}

    @property
    def refusal(self) -> str:
        """What is to be said of a change that cannot be, or replaces; empty where it is none."""
        if self._held or not self._surely:
            return ""
        named, here = self.before.logical_id, self.now.path
        what = f"{named} ({self.before.type})"
        why = dict.fromkeys(filter(None, self._surely.values()))
        leave = (
            f"leave that as it was, name {named} in hold to keep it for now, or in let_go to "
            "delete it"
        )
        since = f"since {self._differ(self._surely)}"
        if why:
            return f"{what} cannot become {here}, {since}: {'; '.join(why)}. Or {leave}"
        return f"{what} would be replaced by {here}, {since}: {leave}"

    @property
    def doubt(self) -> str:
        """What is to be said where only the deployment knows; empty where it is known."""
        if self._held or not self._perhaps:
            return ""
        named = self.before.logical_id
        becomes = "be refused" if any(self._perhaps.values()) else f"be replaced by {self.now.path}"
        return (
            f"{named} ({self.before.type}) may {becomes}, since {self._differ(self._perhaps)}, "
            f"and only the deployment knows whether they are the same. Name {named} in hold to "
            "keep it as it was"
        )

    def _differ(self, paths: Mapping[str, str]) -> str:
        return " and ".join(
            f"{path} is {_told(self.before.at(path))} in the old template and "
            f"{_told(self.now.at(path))} here"
            for path in paths
        )

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """What cannot be changed in place and stays as it was, whether it is held or not."""
        return {
            path: self.before.at(path)
            for path in sorted(create_only(self.before.type).always)
            if path == TAGS or _is_kept(path, self.before.at(path), self.now.at(path))
        }

    @property
    def _referred_otherwise(self) -> Iterator[str]:
        """What refers to one resource with ``Ref`` and ``Fn::GetAtt``: often two texts."""
        table = create_only(self.before.type)
        for path in sorted(table.always | table.perhaps):
            both = self.before.at(path), self.now.at(path)
            member = "/".join(map(as_member, path.split("/")))
            named, names = (one.refers_to.get(member, []) for one in (self.before, self.now))
            is_one = len(named) == 1 and [self._new_ids.get(named[0])] == [*names]
            if is_one and both in (_REF_AND_ATTRIBUTE, _REF_AND_ATTRIBUTE[::-1]):
                yield path

    @cached_property
    def _surely(self) -> dict[str, str]:
        """The properties that would have it replaced, or fail: then with what is said of it."""
        return self._found(unknown_is_same=True)

    @cached_property
    def _perhaps(self) -> dict[str, str]:
        """Those of which one of the two values is unknown."""
        found = self._found(unknown_is_same=False)
        return {path: why for path, why in found.items() if path not in self._surely}

    def _found(self, *, unknown_is_same: bool) -> dict[str, str]:
        old, new = (_with_role(one.properties) for one in (self.before, self.now))
        new = _unified(old, new, unknown_is_same=unknown_is_same)
        for path, value in self._kept.items():
            _put(new, path.split("/"), value)
        found = Comparison(self._stack(old), self._stack(new)).judged[self.before.logical_id]
        of_batch, always = self.before.type.startswith(_BATCH), create_only(self.before.type).always
        replacing = found.because if found.effect is Effect.REPLACE else ()
        return {path: "" for path in replacing if of_batch or path in always} | {**found.refused}

    def _stack(self, properties: Mapping[str, Any]) -> DescribedStack:
        resource = {"Type": self.before.type, "Properties": with_capitals(properties)}
        return DescribedStack(name="", template={"Resources": {self.before.logical_id: resource}})


def with_capitals(value: Any) -> Any:
    """Write the names of properties as CloudFormation does."""
    if isinstance(value, Mapping):
        return {as_property(str(name)): with_capitals(one) for name, one in value.items()}
    return value


def _with_role(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say which kind of role a managed environment has, where it is known without its name."""
    if "computeResources" not in properties:
        return properties
    role = properties.get("serviceRole", SERVICE_LINKED_ROLE)
    return {**properties, "serviceRole": "a role of the stack" if role == _OF_A_RESOURCE else role}


def _unified(old: Any, new: Any, *, unknown_is_same: bool) -> Any:
    """Give the new value with each reference as in the old one, where both have one there.

    Args:
        old: The old value.
        new: The new one.
        unknown_is_same: Whether that is so, too, where one of the two is a reference.
    """
    unknown = isinstance(old, Reference), isinstance(new, Reference)
    if all(unknown) or (unknown_is_same and any(unknown) and _may_be_same(old, new)):
        return old
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = {
            name: _unified(old.get(name), new.get(name), unknown_is_same=unknown_is_same)
            for name in {**new, **old}
        }
        return {name: one for name, one in found.items() if one is not None}
    if isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            return [
                _unified(one, other, unknown_is_same=unknown_is_same)
                for one, other in zip(old, new, strict=True)
            ]
        if unknown_is_same and any(map(_may_be_none, [*old, *new])):
            return old
    return new


def _may_be_same(old: Any, new: Any) -> bool:
    """Whether a reference and another value may be the same: no reference is nothing but an If."""
    return None not in (old, new) or any(map(_may_be_none, (old, new)))


def _may_be_none(value: Any) -> bool:
    return isinstance(value, Reference) and "Fn::If" in value


def _put(properties: Any, way: Sequence[str], value: Any) -> None:
    for step in map(as_member, way[:-1]):
        properties = properties.setdefault(step, {})
    if value is None:
        properties.pop(as_member(way[-1]), None)
    else:
        properties[as_member(way[-1])] = value


def _told(value: Any) -> str:
    if isinstance(value, Reference):
        return "a reference"
    return "not there" if value is None else repr(value)


def _is_kept(path: str, old: Any, new: Any) -> bool:
    if old == new or not (isinstance(old, str) and isinstance(new, str)):
        return False
    return path in _DESCRIPTIONS or old.lower() == new.lower() or is_prefix_of(old, new)


def _written(properties: Any, path: str) -> Any:
    for step in path.split("/"):
        properties = properties.get(step) if isinstance(properties, Mapping) else None
    return properties
