"""Stacks that are deployed together: what one changes for others, and what others keep it from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import updates
from batch_constructs.impact.changes import properties
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.stack_outputs import EXPORT, OUTPUT, imported, output, read
from batch_constructs.impact.verdict import Comparison, Effect, Impact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batch_constructs.impact.changes import Change

_IN_USE: Final = "CloudFormation neither changes nor deletes an export that is in use"
_NONE: Final = DescribedStack(name="", template={})


def impacts(
    old: Mapping[str, DescribedStack], new: Mapping[str, DescribedStack]
) -> dict[str, dict[str, Impact]]:
    """Say what deploying stacks over others does to each resource: key of the stack, logical ID."""
    compared = _compared(old, new)
    return {
        key: _told(one, [other for other in compared.values() if other is not one])
        for key, one in compared.items()
    }


def _compared(
    old: Mapping[str, DescribedStack], new: Mapping[str, DescribedStack]
) -> dict[str, Comparison]:
    """Compare each, and again once the outputs that it reads are known to change."""
    pairs = {key: (old.get(key, _NONE), new.get(key, _NONE)) for key in {**new, **old}}
    moved: dict[str, set[str]] = {}
    while True:
        found = {
            key: Comparison(
                *pair,
                {
                    (pairs[other][1].name, name)
                    for other, names in moved.items()
                    if _in_one_place(pairs[other][1], pair[1])
                    for name in names
                },
            )
            for key, pair in pairs.items()
        }
        now = {key: {*_moved(one)} for key, one in found.items()}
        if now == moved:
            return found
        moved = now


def _moved(compared: Comparison) -> Iterator[str]:
    """Give the outputs of a stack that have other values afterwards."""
    for name, change in compared.found.items():
        if change.type == OUTPUT and compared.judged[name].effect is not Effect.NONE:
            yield name.partition("/")[2]


def _told(mine: Comparison, others: list[Comparison]) -> dict[str, Impact]:
    found = mine.impacts()
    for name, told in list(found.items()):
        if told.type == EXPORT:
            found[name] = said = _of_export(name, told, mine, others)
            if not said.notes:  # the stack goes as a whole, and nobody imports it
                del found[name]
    for name, change in mine.found.items():
        near = [other for other in others if _in_one_place(other.new, mine.new)]
        missing = list(_missing(change, near))
        if missing and change.type != EXPORT:
            told = mine.told(name)
            notes = [*missing, *told.notes, f"see {updates.OUTPUT_IS_READ.page}"]
            found[name] = replace(told, notes=notes, fails=True)
    return found


def _missing(change: Change, others: Iterable[Comparison]) -> Iterator[str]:
    """Say which outputs a resource reads that their stack has not."""
    for path, stack, name in read(properties(change.new or {})):
        there = [one.templates[1]["Resources"] for one in others if one.new.name == stack]
        if there and all(output(name) not in one for one in there):
            yield f"{path} reads {name} of {stack}, which has no such output: the deployment fails"


def _of_export(name: str, told: Impact, mine: Comparison, others: Iterable[Comparison]) -> Impact:
    """Say who keeps an export from being changed or taken away."""
    notes, fails = [], False
    for one in others:
        if not _in_one_place(one.old, mine.old) or name not in imported(one.old, one.templates[0]):
            continue
        if name in imported(one.new, one.templates[1]):
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
            what = "deleted" if one.new is _NONE else "deployed"
            notes.append(f"{one.old.name} imports it, and has to be {what} before this stack is")
    if not notes and mine.new is not _NONE:
        notes.append("if another stack imports it, the deployment fails")
    if notes:
        notes += [_IN_USE, f"see {updates.EXPORT_IN_USE.page}"]
    return replace(told, notes=notes, fails=fails)


def _in_one_place(here: DescribedStack, there: DescribedStack) -> bool:
    """Whether two stacks may be of one account and Region, which know each other's outputs."""
    return all(
        None in pair or len({*pair}) == 1
        for pair in ((here.account, there.account), (here.region, there.region))
    )
