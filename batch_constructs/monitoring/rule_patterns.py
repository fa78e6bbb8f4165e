"""Event patterns that name many queues, divided among as many rules as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.pattern_length import longest_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def patterns_that_fit(
    things: Sequence[T], pattern_of: Callable[[Sequence[T]], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return patterns that name all things together, none longer than EventBridge allows.

    Args:
        things: Queues and the like; what only CloudFormation knows counts as long as it can be.
            Without any there is one pattern.
        pattern_of: Makes the pattern that names some of them.
    """
    groups: list[list[T]] = [[]]
    for thing in things:
        together = longest_pattern(pattern_of([*groups[-1], thing]))
        if groups[-1] and together > EVENT_PATTERN_CHARACTERS:
            groups.append([])
        groups[-1].append(thing)
    return [pattern_of(group) for group in groups]
