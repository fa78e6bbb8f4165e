"""Each stack compared, with what others pass to it: outputs, and parameters of nested stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.impact.nested_stacks import given, moved_outputs, moved_parameters
from batch_constructs.impact.paired_stacks import NONE, in_one_place
from batch_constructs.impact.stack_outputs import OUTPUT, output
from batch_constructs.impact.verdict import Comparison, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.impact.described_stack import DescribedStack
    from batch_constructs.impact.verdict import Reading

    Pairs = Mapping[str, tuple[DescribedStack, DescribedStack]]


def compared_stacks(pairs: Pairs) -> dict[str, Comparison]:
    """Compare each, and again once the values that it reads of others are known to change."""
    moved: dict[str, set[str]] = {}
    while True:
        found: dict[str, Comparison] = {}
        for key in pairs:
            found[key] = _compared(key, pairs, _read(key, pairs, moved), found)
        now = {key: {*_moved(one)} for key, one in found.items()}
        if now == moved:
            return found
        moved = now


def _moved(compared: Comparison) -> Iterator[str]:
    """Give the outputs of a stack that have other values afterwards."""
    for name, change in compared.found.items():
        if change.type == OUTPUT and compared.judged[name].effect is not Effect.NONE:
            yield name.partition("/")[2]


def _read(key: str, pairs: Pairs, moved: Mapping[str, set[str]]) -> dict[Reading, str]:
    """Give the outputs that change of other stacks, as one reads them."""
    mine = pairs[key][1]
    found: dict[Reading, str] = {}
    for other, names in moved.items():
        stack = pairs[other][1]
        if stack.within is not None and stack.within[0] == key:
            found |= moved_outputs(stack.within[1], names)
        if in_one_place(stack, mine):
            found |= {
                (stack.name, output(name)): f"{name} of {stack.name} does; it is read with the "
                "next update of this stack"
                for name in names
            }
    return found


def _compared(
    key: str, pairs: Pairs, read: dict[Reading, str], found: Mapping[str, Comparison]
) -> Comparison:
    """Compare one stack, after the one around it."""
    old, new = pairs[key]
    if new.within is None:
        return Comparison(old, new, read)
    around_key, logical_id = new.within
    around = found[around_key]
    old, new = (
        given(one, template) if one is not NONE and logical_id in template["Resources"] else NONE
        for one, template in zip((old, new), around.templates, strict=True)
    )
    if NONE not in (old, new):
        read |= moved_parameters(around, around_key.partition(".")[0], old, new)
    return Comparison(old, new, read)
