"""Which stack is deployed over which: by name, account and Region, a nested one by its place.

https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from batch_constructs.impact.described_stack import DescribedStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    Stacks = Mapping[str, DescribedStack]

NONE: Final = DescribedStack(name="", template={})
"""What exists before a stack is created, and after it is deleted."""


class Paired(NamedTuple):
    """Two sides of what is deployed.

    Attributes:
        pairs: Each stack as it is and as it shall be, by the key of the new one; stacks around
            others come first.
        staying: Stacks that are neither updated nor deleted: the CDK leaves them as they are.
    """

    pairs: dict[str, tuple[DescribedStack, DescribedStack]]
    staying: dict[str, DescribedStack]


def paired(old: Stacks, new: Stacks) -> Paired:
    """Find for each stack the one over which it is deployed."""
    pairs: dict[str, tuple[DescribedStack, DescribedStack]] = {}
    over: dict[str, str | None] = {}
    for key in sorted(new, key=lambda one: _depth(new, one)):
        over[key] = before = _before(key, new, old, over)
        pairs[key] = (NONE if before is None else old[before], new[key])
    staying = {}
    for key, stack in old.items():
        outermost = _outermost(old, key)
        if outermost not in over.values() and old[outermost].is_told_by_name:
            staying[key] = stack
        elif key not in over.values():
            pairs[key if key not in pairs else f"{(stack.within or key)[1]}.{key}"] = (stack, NONE)
    return Paired(pairs, staying)


def _before(key: str, new: Stacks, old: Stacks, over: Mapping[str, str | None]) -> str | None:
    """Give the key of the stack over which one is deployed; None if it is new."""
    stack = new[key]
    free = {one: known for one, known in old.items() if one not in over.values()}
    if stack.within is not None:
        within = (over[stack.within[0]], stack.within[1])
        return next((one for one, known in free.items() if known.within == within), None)
    same = [
        one
        for one, known in free.items()
        if known.within is None
        and (
            known.name == stack.name and in_one_place(known, stack)
            if known.is_told_by_name and stack.is_told_by_name
            else one == key
        )
    ]
    return key if key in same else next(iter(same), None)


def in_one_place(here: DescribedStack, there: DescribedStack) -> bool:
    """Whether two stacks may be of one account and Region, which know each other's outputs."""
    return all(
        None in pair or len({*pair}) == 1
        for pair in ((here.account, there.account), (here.region, there.region))
    )


def _depth(stacks: Stacks, key: str) -> int:
    within = stacks[key].within
    return 0 if within is None else 1 + _depth(stacks, within[0])


def _outermost(stacks: Stacks, key: str) -> str:
    within = stacks[key].within
    return key if within is None else _outermost(stacks, within[0])
