"""Regular expressions that are compiled when they are first used: most checks use few of them."""

from __future__ import annotations

import re

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import Pattern


class _Pattern:
    """What is a `re.Pattern` as soon as anything of it is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, found)
        return found


def pattern(written: str, flags: int = 0) -> Pattern[str]:
    """Give a regular expression, which is compiled when it is first used."""
    return _Pattern(written, flags)  # type: ignore[return-value]  # see the class
