"""What CloudFormation refuses, or a service does, since of another resource of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import updates
from batch_constructs.impact.changes import properties, references, section
from batch_constructs.impact.property_verdict import SHARE
from batch_constructs.impact.stack_outputs import EXPORT
from batch_constructs.rules.names_once import AMONG, NAMES
from batch_constructs.rules.template.loops import unroll
from batch_constructs.rules.template.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from batch_constructs.impact.changes import Change

_NAMES: Final = {**NAMES, SHARE: "QuotaShareName"}
_AMONG: Final = {**AMONG, SHARE: "JobQueue"}
_REFUSED: Final = "the deployment fails, because CloudFormation refuses the template"
_OF_THE_PLACE: Final = frozenset({"AWS::AccountId", "AWS::Partition", "AWS::Region"})


def refusals(
    change: Change,
    found: Mapping[str, Change],
    template: Mapping[str, Any],
    replaced: Collection[str],
) -> Iterator[str]:
    """Say why the deployment fails at a resource.

    Args:
        change: the change of the resource.
        found: all changes.
        template: the new template.
        replaced: the logical IDs of resources that are replaced.
    """
    if change.new is None:
        return
    yield from names_taken(change, found, replaced)
    told = {*section(template, "Parameters")}
    for path, target, _ in references(properties(change.new)):
        other = found.get(target)
        if other is not None and other.new is None and target not in told:
            told.add(target)
            yield no_longer_there(path, target)


def unresolved(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give what a new template refers to but does not have: the resource, the path, the name.

    What the old one did not have either is elsewhere: such a file is a part of a template.
    """
    before = {(kind, name) for _, kind, name in _left_open(old)}
    for (where, logical_id, *path), kind, name in _left_open(new):
        if (kind, name) not in before:
            place = logical_id if where == "Resources" else f"{where}/{logical_id}"
            yield place, "/".join(path).removeprefix("Properties/") or "it", name


def no_longer_there(path: str, target: str) -> str:
    """Say that a property refers to something that does not exist."""
    return f"{path} refers to {target}, which no longer exists: {_REFUSED}"


def _left_open(template: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    whole = Whole(unroll(template))
    return whole.unresolved() if whole.is_final else iter(())


def names_that_clash(change: Change) -> Iterator[str]:
    """Say that the new resource cannot be made beside the old one, which has its name still."""
    if change.type == SHARE and "JobQueue" in change.touched:
        return  # its name is one of its queue's
    moved = {*change.referred, *change.elsewhere}
    for path in sorted(updates.create_only(change.type).always):
        if "/" in path or not path.endswith("Name") or path in moved:
            continue
        old, new = change.property(path, old=True), change.property(path)
        if new is not None and old == new:
            yield f"{path} stays as it is: the deployment fails, because the name is still taken"


def names_taken(
    change: Change, found: Mapping[str, Change], replaced: Collection[str] = ()
) -> Iterator[str]:
    """Say that another resource of the stack already has the new name of a resource.

    Args:
        change: the change of the resource.
        found: all changes.
        replaced: the logical IDs of resources that are replaced, which the name may contain.
    """
    if change.type == EXPORT or {one for _, one, _ in references(_name(change))} & {*replaced}:
        return
    for holder in holders(change, found):
        yield (
            f"{holder.logical_id} has this {_NAMES[change.type]}: the deployment fails, because "
            "new resources are created before old ones are deleted; keep the logical ID, or give "
            "another name"
        )


def holders(change: Change, found: Mapping[str, Change]) -> list[Change]:
    """Give the other resources that already have the new name of a resource."""
    name = name_of(change)
    if name is None or name == name_of(change, old=True):
        return []
    return [one for one in found.values() if one is not change and name_of(one, old=True) == name]


def is_written_out(change: Change) -> bool:
    """Whether the name of a resource is the same in all stacks of an account and Region."""
    return {target for _, target, _ in references(_name(change))} <= _OF_THE_PLACE


def name_of(change: Change, *, old: bool = False) -> Any:
    """Give the name of a resource, new or old, with its type and the scope of its name.

    None if it has no name, or one that changes elsewhere.
    """
    resource = change.old if old else change.new
    if resource is None:
        return None
    if change.type == EXPORT:
        return change.type, change.logical_id
    type_ = str(resource.get("Type"))
    path, among = _NAMES.get(type_, ""), _AMONG.get(type_, "")
    name = change.property(path, old=old)
    if name is None or (not old and {path, among} & {*change.referred, *change.elsewhere}):
        return None
    return type_, name, change.property(among, old=old)


def _name(change: Change) -> Any:
    """Give the new name of a resource and the scope of it, as they are written."""
    return [change.property(names.get(change.type, "")) for names in (_NAMES, _AMONG)]
