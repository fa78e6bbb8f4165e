"""Follow a path such as ``$.detail.object.key`` into what was read from JSON."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")


def value_at(path: str, data: object) -> object:
    """Return what stands at a path, such as ``$.Records[0].s3['object'].key``.

    Raises:
        LookupError: there is nothing.
    """
    at: Any = data
    for name, position, quoted in _STEP.findall(path.removeprefix("$")):
        try:
            # a text has positions, too, and no path names a letter: it has no member either
            at = at[int(position)] if position and not isinstance(at, str) else at[name or quoted]
        except (KeyError, IndexError, TypeError):
            raise LookupError(f"there is no {path}") from None
    return at
