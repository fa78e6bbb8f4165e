"""Which resource of a stack that was written anew is which one of the old template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.names import as_member
from batch_constructs.aws.template_facts import NO_VALUE
from batch_constructs.aws.updates import create_only
from batch_constructs.impact.changes import is_function, references
from batch_constructs.replaceable_name import HASH_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RIGHTS: Final = frozenset(
    f"AWS::IAM::{noun}"
    for noun in ("InstanceProfile", "ManagedPolicy", "Policy", "Role", "RolePolicy")
)
"""What jobs that were submitted before act with."""
_BATCH: Final = "AWS::Batch::"


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """A resource, old or new, as far as it is compared.

    Attributes:
        type: Its CloudFormation type.
        logical_id: Its logical ID.
        path: Where it stands below its stack; empty where that is unknown.
        written: Its properties, as they are written.
        properties: Its properties, with first letters in lower case, and without references.
        refers_to: The logical IDs that it names, by the property that does.
        names: Its properties that cannot be changed and are names, as far as they are known.
        is_named: Whether all of those that it has are known, and there is one.
        l1: The L1 that makes it; None for an old one.
    """

    type: str
    logical_id: str
    path: str
    written: Any
    properties: dict[str, Any]
    refers_to: Mapping[str, Sequence[str]]
    names: Mapping[str, Any]
    is_named: bool
    l1: Any = None

    @classmethod
    def of(
        cls,
        type_: str,
        logical_id: str,
        path: str,
        properties: Any,
        *,
        known: Any = None,
        l1: Any = None,
    ) -> Resource:
        """Read a resource's properties as CloudFormation or the CDK spells them.

        Args:
            type_: Its CloudFormation type.
            logical_id: Its logical ID.
            path: Where it stands below its stack; empty where that is unknown.
            properties: Its properties, as they are written.
            known: The same with what its template tells by itself written out; None for no other.
            l1: The L1 that makes it; None for an old one.
        """
        known = properties if known is None else known
        refers_to: defaultdict[str, list[str]] = defaultdict(list)
        for at, target, _ in references(properties):
            named = refers_to["/".join(map(as_member, at.split("/")))]
            if target not in named:
                named.append(target)
        names = _names(type_, known)
        known_names = {path: name for path, name in names.items() if _is_known(name)}
        return cls(
            type=type_,
            logical_id=logical_id,
            path=path,
            written=properties,
            properties=plain(known),
            refers_to=refers_to,
            names=known_names,
            is_named=bool(names) and known_names == names,
            l1=l1,
        )

    def at(self, path: str) -> Any:
        """Give a property by its path, spelled as CloudFormation does."""
        found: Any = self.properties
        for step in path.split("/"):
            found = found.get(as_member(step)) if isinstance(found, Mapping) else None
        return found

    def alike(self, other: Resource) -> int:
        """Count the properties that are the same in another one."""
        return _alike(self.properties, other.properties)


class Reference(tuple[str, ...]):
    """What a template says of a value that only the deployment knows, without logical IDs."""

    __slots__ = ()


def plain(value: Any) -> Any:
    """Give a value in one spelling, without the references, whose logical IDs may change.

    What is ``AWS::NoValue`` is not there.
    """
    if isinstance(value, Mapping):
        if is_function(value):
            return Reference(sorted(map(str, value)))
        return {as_member(str(name)): plain(one) for name, one in value.items() if one != NO_VALUE}
    if isinstance(value, list):
        return [plain(one) for one in value if one != NO_VALUE]
    return value


def _names(type_: str, properties: Any) -> dict[str, Any]:
    """Give what names a resource, its own name or one of what it belongs to, as it is written."""
    found: dict[str, Any] = {}
    for path in sorted(create_only(type_).always):
        value = properties
        for step in path.split("/"):
            below = value if isinstance(value, Mapping) else {}
            value = below.get(step, below.get(as_member(step)))
        if path.endswith("Name") and value is not None and value != NO_VALUE:
            found[path] = value
    return found


def _is_known(name: Any) -> bool:
    """Whether a name means the same in two templates that have it, as no logical ID does."""
    if isinstance(name, Mapping):
        return all(target.startswith("AWS::") for _, target, _ in references(name))
    return isinstance(name, str)


def _alike(old: Any, new: Any) -> int:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return sum(_alike(old[name], new[name]) for name in old.keys() & new.keys())
    return int(old == new)


def is_prefix_of(old: Any, new: Any) -> bool:
    """Whether a name is an old one, behind which our constructs have put a hash."""
    return (
        isinstance(old, str)
        and isinstance(new, str)
        and new.startswith(f"{old}-")
        and len(new) == len(old) + 1 + HASH_LENGTH
    )


def _is_named_alike(before: Resource, now: Resource) -> bool:
    return before.is_named and now.is_named and before.names == now.names


def _is_named_with_hash(before: Resource, now: Resource) -> bool:
    """Whether names are the old ones, behind one of which, or several, is a hash."""
    return (
        before.is_named
        and now.is_named
        and before.names.keys() == now.names.keys()
        and all(
            name == now.names[path] or is_prefix_of(name, now.names[path])
            for path, name in before.names.items()
        )
    )


@dataclass(kw_only=True)
class Matching:
    """Old resources and new ones, as far as none of the other side is known to be one of them.

    Attributes:
        old: Resources of the old template.
        new: Resources of the new stack.
        pairs: Those that are the same.
    """

    old: list[Resource]
    new: list[Resource]
    pairs: list[tuple[Resource, Resource]] = field(default_factory=list)

    def match(self) -> None:
        """Find the new resource that each old one is: by signs, by what names it, by likeness.

        Roles and policies are never known by their likeness: a trust policy is like any other one
        of its service, and jobs that run would get the rights of others.
        """
        self._by_signs()
        self._by_references()
        while alike := self._most_alike():
            self._pair(*alike)
            self._by_references()

    def why_unknown(self, before: Resource) -> str:
        """Say why no new resource is an old one."""
        paths = sorted(now.path for now in self._of(before.type, self.new) if before.alike(now))
        if not paths:
            return "which no resource of the stack matches"
        return f"which could be {' or '.join(paths)}: give one of them its logical ID"

    def _by_signs(self) -> None:
        signs: tuple[Callable[[Resource, Resource], bool], ...] = (
            lambda before, now: before.logical_id == now.logical_id,
            lambda before, now: bool(before.path) and before.path == now.path,
            _is_named_alike,
            _is_named_with_hash,
        )
        for sign in signs:
            for before in list(self.old):
                found = [now for now in self._of(before.type, self.new) if sign(before, now)]
                if len(found) == 1 and not self._rivals(sign, before, found[0]):
                    self._pair(before, found[0])

    def _rivals(
        self, sign: Callable[[Resource, Resource], bool], before: Resource, now: Resource
    ) -> bool:
        others = self._of(before.type, self.old)
        return any(sign(one, now) for one in others if one is not before)

    def _by_references(self) -> None:
        """Find what a pair names at the same property, and what names a pair there."""
        waiting = list(self.pairs)
        while waiting:
            before, now = waiting.pop()
            for one, other in [*self._named_by(before, now), *self._naming(before, now)]:
                if one in self.old and other in self.new:
                    self._pair(one, other)
                    waiting.append((one, other))

    def _named_by(self, before: Resource, now: Resource) -> Iterator[tuple[Resource, Resource]]:
        for path in sorted(before.refers_to.keys() & now.refers_to.keys()):
            yield from _one_of_each_type(
                [one for one in self.old if one.logical_id in before.refers_to[path]],
                [one for one in self.new if one.logical_id in now.refers_to[path]],
            )

    def _naming(self, before: Resource, now: Resource) -> Iterator[tuple[Resource, Resource]]:
        old = _by_property(self.old, before.logical_id)
        new = _by_property(self.new, now.logical_id)
        for path in sorted(old.keys() & new.keys()):
            yield from _one_of_each_type(old[path], new[path])

    def _most_alike(self) -> tuple[Resource, Resource] | None:
        """Find two that are more like each other than any others, those of AWS Batch first."""
        types = dict.fromkeys(one.type for one in self.old if one.type not in RIGHTS)
        for type_ in sorted(types, key=lambda one: not one.startswith(_BATCH)):
            old, new = self._of(type_, self.old), self._of(type_, self.new)
            if len(old) == len(new) == 1:
                return old[0], new[0]
            for before in old:
                for now in new:
                    best = before.alike(now)
                    others = [before.alike(one) for one in new if one is not now]
                    rivals = [one.alike(now) for one in old if one is not before]
                    if best and all(best > one for one in (*others, *rivals)):
                        return before, now
        return None

    def _pair(self, before: Resource, now: Resource) -> None:
        self.pairs.append((before, now))
        self.old.remove(before)
        self.new.remove(now)

    @staticmethod
    def _of(type_: str, resources: Sequence[Resource]) -> list[Resource]:
        return [one for one in resources if one.type == type_]


def _by_property(resources: Sequence[Resource], logical_id: str) -> dict[str, list[Resource]]:
    """Give the resources that name one, by the property that does."""
    found: defaultdict[str, list[Resource]] = defaultdict(list)
    for one in resources:
        for path, targets in one.refers_to.items():
            if logical_id in targets:
                found[path].append(one)
    return found


def _one_of_each_type(
    old: Sequence[Resource], new: Sequence[Resource]
) -> Iterator[tuple[Resource, Resource]]:
    """Give the pairs of a type of which there is one on either side, or one of a name."""
    for type_ in dict.fromkeys(one.type for one in old):
        before, now = ([one for one in side if one.type == type_] for side in (old, new))
        if len(before) == len(now) == 1:
            yield before[0], now[0]
            continue
        for one in before:
            alike, rivals = (
                [other for other in side if other.names == one.names] for side in (now, before)
            )
            if one.names and len(alike) == len(rivals) == 1:
                yield one, alike[0]
