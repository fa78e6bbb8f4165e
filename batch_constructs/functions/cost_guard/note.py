"""The tag in which a guard notes what it did, and how it ends where a queue is held back."""

from __future__ import annotations

from typing import Final

NOTE: Final = "batch-constructs:cost-guard"
"""What the tags begin with that say what guards did; each guard has its own."""

HELD: Final = " disabled"
"""How the note of a queue ends that a guard holds back."""

LETS_GO: Final = " lets go"
"""How the note of a queue ends that a guard is about to let go."""

HELD_OR_LETTING_GO: Final = (HELD, LETS_GO)
"""How the note of a queue ends that a guard disabled, and may enable again."""
