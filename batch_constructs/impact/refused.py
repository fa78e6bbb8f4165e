"""What CloudFormation refuses, or a service does, since of another resource of the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import updates
from batch_constructs.impact.changes import properties, references
from batch_constructs.impact.property_verdict import SHARE
from batch_constructs.rules.names_once import AMONG, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.impact.changes import Change

_NAMES: Final = {**NAMES, SHARE: "QuotaShareName"}
_AMONG: Final = {**AMONG, SHARE: "JobQueue"}


def refusals(
    change: Change, found: Mapping[str, Change], template: Mapping[str, Any]
) -> Iterator[str]:
    """Say why the deployment fails at a resource, given all the others and the new template."""
    if change.new is None:
        return
    if change.old is None:
        yield from names_taken(change, found)
    parameters = template.get("Parameters")
    told = {*parameters} if isinstance(parameters, Mapping) else set()
    for path, target, _ in references(properties(change.new)):
        other = found.get(target)
        if other is not None and other.new is None and target not in told:
            told.add(target)
            yield f"{path} refers to {target}, which no longer exists: the deployment fails"


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


def names_taken(change: Change, found: Mapping[str, Change]) -> Iterator[str]:
    """Say that the name of a new resource is one that the stack has already."""
    path = _NAMES.get(change.type)
    name = None if path is None else change.property(path)
    if path is None or name is None:
        return
    for other in found.values():
        if other.old is None or other.old.get("Type") != change.type:
            continue
        if other.property(path, old=True) == name and _among(other, old=True) == _among(change):
            yield (
                f"{other.logical_id} has this {path}: the deployment fails, because new "
                "resources are created before old ones are deleted; keep the logical ID, or give "
                "another name"
            )


def _among(change: Change, *, old: bool = False) -> Any:
    path = _AMONG.get(change.type)
    return None if path is None else change.property(path, old=old)
