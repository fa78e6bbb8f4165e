"""Patterns with ``*`` and ``?``, as policies and ARNs have them: brackets are themselves there."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _any(character: str) -> bool:
    del character
    return True


def fits(text: str, pattern: str, single: Callable[[str], bool] = _any) -> bool:
    """Tell whether a pattern matches a whole text, in no more than the product of their lengths.

    Args:
        text: the text.
        pattern: the pattern.
        single: whether ``?`` stands for a character.
    """
    of_another = pattern[:1] not in ("*", "?", text[:1])  # a service, as most patterns are
    if of_another or len(pattern) - pattern.count("*") > len(text):
        return False
    if "?" in pattern:
        return _fits_sign_by_sign(text, pattern, single)
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *between, last = rest
    if not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in between:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _fits_sign_by_sign(text: str, pattern: str, single: Callable[[str], bool]) -> bool:
    begins = min(pattern.find("?"), pattern.find("*") % (len(pattern) + 1))
    if text[:begins] != pattern[:begins]:
        return False
    place = at = begins
    resume, star = 0, -1
    while place < len(text):
        sign = pattern[at : at + 1]
        if sign == "*":
            star, resume = at, place
            at += 1
        elif sign == text[place] or (sign == "?" and single(text[place])):
            place += 1
            at += 1
        elif star >= 0:
            resume += 1
            place, at = resume, star + 1
        else:
            return False
    return not pattern[at:].strip("*")
