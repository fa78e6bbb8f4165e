"""The tag in which a guard notes what it did, and how it ends where a queue is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTE: Final = "batch-constructs:cost-guard"
"""What the tags begin with that say what guards did; each guard has its own."""

HELD: Final = " disabled"
"""How the note of a queue ends that a guard holds back."""

LETS_GO: Final = " lets go"
"""How the note of a queue ends that a guard is about to let go."""

LOWERED: Final = " lowered"
"""How the note of a queue ends whose environments a guard lowers."""

HELD_OR_LETTING_GO: Final = (HELD, LETS_GO)
"""How the note of a queue ends that a guard disabled, and may enable again."""


def tags_of(described: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the tags of what AWS Batch describes."""
    return described.get("tags") or {}


def notes_of_others(tags: Mapping[str, str], mine: str) -> list[str]:
    """Return the notes of other guards."""
    return [value for key, value in tags.items() if key.startswith(NOTE) and key != mine]


def lets_go(batch: Any, arn: str, mine: str, note: str) -> None:
    """Say that a guard holds something no more, before it looks which others do.

    Of two that let go at once, each would else leave it to the other.
    """
    if not note.endswith(LETS_GO):
        says = note.removesuffix(HELD) + LETS_GO
        batch.tag_resource(resourceArn=arn, tags={mine: says})
