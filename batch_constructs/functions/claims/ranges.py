"""Numbers, such as the indices of an array's children, as a short text: ``3,17-20``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def numbers_of(listed: str) -> list[int]:
    """Read numbers written as ``3,17-20``."""
    found: list[int] = []
    for part in listed.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def ranges_of(numbers: Sequence[int]) -> str:
    """Write numbers as ``3,17-20``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
