"""Stacks that are deployed together: what one changes for others, and what they prevent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import updates
from batch_constructs.impact.changes import properties
from batch_constructs.impact.compared_stacks import compared_stacks
from batch_constructs.impact.nested_stacks import misfits
from batch_constructs.impact.paired_stacks import NONE, in_one_place, paired
from batch_constructs.impact.refused import holders, is_written_out, name_of
from batch_constructs.impact.stack_outputs import EXPORT, imported, output, read
from batch_constructs.impact.verdict import Comparison, Effect, Impact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batch_constructs.impact.changes import Change
    from batch_constructs.impact.described_stack import DescribedStack

STACK: Final = "Stack"
_FAILS: Final = "the deployment fails"
_IN_USE: Final = "CloudFormation neither changes nor deletes an export that is in use"


def impacts(
    old: Mapping[str, DescribedStack], new: Mapping[str, DescribedStack]
) -> dict[str, dict[str, Impact]]:
    """Say what deploying stacks over others does to each resource: key of the stack, logical ID."""
    pairs, staying = paired(old, new)
    compared = compared_stacks(pairs)
    beside = [Comparison(one, one) for one in staying.values()]
    told = {
        key: _told(one, [*(other for other in compared.values() if other is not one), *beside])
        for key, one in compared.items()
    }
    for key, one in compared.items():
        nested = {
            other.new.within[1]: other.new
            for other in compared.values()
            if other.new.within is not None and other.new.within[0] == key
        }
        for name, why in misfits(one.templates[1], nested):
            one.tell(told[key], name, why)
    for key, stack in staying.items():
        if stack.within is None:
            made = new[key] if key in new and pairs[key][0] is NONE else None
            told[key] = {STACK: _that_stays(stack, made), **told.get(key, {})}
    return told


def _that_stays(stack: DescribedStack, made: DescribedStack | None) -> Impact:
    """Say what happens to a stack that the app no longer has, or has elsewhere."""
    aspects = {"StackName": "name", "Account": "account", "Region": "region"}
    moved = [
        (said, getattr(stack, name), getattr(made, name))
        for said, name in aspects.items()
        if made is not None and getattr(stack, name) != getattr(made, name)
    ]
    changed = ", ".join(f"{said} {was} becomes {becomes}" for said, was, becomes in moved)
    return Impact(
        type=STACK,
        effect=Effect.NONE,
        because=[said for said, _, _ in moved] or ["StackName"],
        notes=[
            *([f"{changed}: a new stack is created, with everything in it"] if moved else []),
            (
                f"the CDK leaves {stack.name} as it is, with all its resources: delete it yourself "
                f"(aws cloudformation delete-stack --stack-name {stack.name})"
            ),
            f"see {updates.STACK_STAYS.page}",
        ],
        fails=False,
    )


def _told(mine: Comparison, others: list[Comparison]) -> dict[str, Impact]:
    found = mine.impacts()
    for name, told in list(found.items()):
        if told.type == EXPORT:
            found[name] = said = _of_export(name, told, mine, others)
            if not said.notes:  # the stack goes as a whole, and nobody imports it
                del found[name]
    for name, change in mine.found.items():
        near = [other for other in others if in_one_place(other.new, mine.new)]
        for why, fails in _names_taken(change, mine, others):
            mine.tell(found, name, why, fails=fails)
        missing = list(_missing(change, near))
        if missing and change.type != EXPORT:
            told = found.get(name) or mine.told(name)
            notes = [*missing, *told.notes, f"see {updates.OUTPUT_IS_READ.page}"]
            found[name] = replace(told, notes=notes, fails=True)
    return found


def _names_taken(
    change: Change, mine: Comparison, others: Iterable[Comparison]
) -> Iterator[tuple[str, bool]]:
    """Say which other stacks have the name of a resource, and whether the deployment fails."""
    for other in others:
        near = in_one_place(other.old, mine.new) and is_written_out(change)
        for holder in holders(change, other.found) if near else ():
            what = "export" if change.type == EXPORT else "name"
            has = f"{other.old.name} has this {what} ({holder.logical_id})"
            here, there = ((one.account, one.region) for one in (other.old, mine.new))
            if other.old is other.new or name_of(holder) == name_of(change):
                if_so = "" if here == there else " if both are in the same account and Region"
                yield f"{has}, and keeps it: {_FAILS}{if_so}", here == there
            elif mine.new.name in other.new.waits_for:
                yield f"{has} until its own deployment, which comes after this one: {_FAILS}", True
            elif other.new.name not in mine.new.waits_for:
                yield f"{has}, and has to be deployed before this one", False


def _missing(change: Change, others: Iterable[Comparison]) -> Iterator[str]:
    """Say which outputs a resource reads that their stack does not have."""
    for path, stack, name in read(properties(change.new or {})):
        there = [one.templates[1]["Resources"] for one in others if one.new.name == stack]
        if there and all(output(name) not in one for one in there):
            yield f"{path} reads {name} of {stack}, which has no such output: the deployment fails"


def _of_export(name: str, told: Impact, mine: Comparison, others: Iterable[Comparison]) -> Impact:
    """Say which stacks prevent that an export is changed or deleted."""
    notes, fails = [], False
    for one in others:
        if not in_one_place(one.old, mine.old) or name not in imported(one.old, one.templates[0]):
            continue
        if one.old is one.new:
            notes.append(f"{one.new.name} imports it, and stays: {_FAILS}, unless you delete it")
            fails = True
        elif name in imported(one.new, one.templates[1]):
            notes.append(
                f"{one.new.name} imports it: the deployment fails; have it read the value by a weak"
                " reference first (ReferenceStrength.BOTH, then WEAK)"
            )
            fails = True
        elif mine.new.name in one.new.waits_for:
            notes.append(
                f"{one.new.name} imports it until its own deployment, which comes after this "
                "one: the deployment fails; keep the export for one more deployment "
                "(Stack.export_value)"
            )
            fails = True
        else:
            what = "deleted" if one.new is NONE else "deployed"
            notes.append(f"{one.old.name} imports it, and has to be {what} before this stack is")
    if not notes and mine.new is not NONE:
        notes.append("if another stack imports it, the deployment fails")
    if notes:
        notes += [_IN_USE, f"see {updates.EXPORT_IN_USE.page}"]
    return replace(told, notes=notes, fails=fails)
