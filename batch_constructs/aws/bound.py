"""Bounds: what a value may be, in one sentence that every room says alike.

A bound looks at a plain value of the right kind and says what is wrong with it, or nothing::

    Whole(1, 10).wrong(11)  # "is 11; allowed: whole numbers from 1 to 10"
"""

from __future__ import annotations

import re
from functools import cached_property
from operator import itemgetter

from batch_constructs.aws.credential_names import gives_a_credential
from batch_constructs.aws.credentials import credential_in
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sized

T = TypeVar("T")

A_KEY: Final = "a key of "
"""What a problem begins with that is one of a mapping's key, and not of the value behind it."""

_SHOWN: Final = 60

_MOST_WORDS: Final = 60
"""How many alternatives a sentence names; AWS has no list as long."""

_NEAR: Final = 0.7
"""How alike two words are that one may be a misspelling of the other."""

_MOST_COMPARED: Final = 100_000
"""Pairs of letters of a word and of all that it may have been: to guess takes its time."""


def allowed(what: str) -> str:
    """Say what is allowed: ``allowed: 1 to 3``."""
    return f"allowed: {what}"


def refused(value: object, what: str, unit: str = "") -> str:
    """Say of a value that only something else is allowed."""
    got = _counted(value, unit) if unit else shown(value)
    return f"{'is empty' if value == '' else f'is {got}'}; {allowed(what)}"


def one_of(values: Iterable[Any], *, last: str = "or") -> str:
    """Write alternatives as prose: ``A, B or C``; of very many, the first. ``last`` may be and."""
    several = list(values)
    more = len(several) - _MOST_WORDS + 1
    words = [
        _number(value) if isinstance(value, int | float) else str(value) or '""'
        for value in (several[: _MOST_WORDS - 1] if more > 1 else several)
    ]
    if more > 1:
        words.append(f"{more} more")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def as_text(value: T) -> T:
    """Return a text as what it is: of an enumeration's member that is one, ``str`` has the name.

    ``class Stage(str, Enum)`` is as old as ``enum``, and ``StrEnum`` is not. What is no text stays.
    """
    return str.__str__(value) if isinstance(value, str) else value  # type: ignore[return-value]


def cut(text: str, longest: int) -> str:
    """Cut a text to so many characters, the last of which then says so."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def shown(value: object) -> str:
    """Write a value for a message, cut to a readable length; never one that holds a credential."""
    kind = credential_in(value) if isinstance(value, str) else None
    if kind is not None:
        return f"{kind}, which is not shown"
    if isinstance(value, str) and gives_a_credential(value):
        return "a text with a password or a token in it, which is not shown"
    text = printable(as_text(value)) if isinstance(value, str) else _number(value)
    text = cut(text, _SHOWN)
    return f'"{text}"' if isinstance(value, str) else text


def meant(value: object, known: Collection[str]) -> str:
    """Ask for the word that one which is spelled nearly right may have been."""
    if not isinstance(value, str):
        return ""
    words = {one.upper(): one for one in known}
    near = nearest(value.upper(), words)
    return did_you_mean(words[near]) if near is not None and len(words) > 1 else ""


def nearest(
    word: str, words: Iterable[str], alike: float = _NEAR, *, most: int = _MOST_COMPARED
) -> str | None:
    """Give the word that is most like another: of very long or very many words none.

    Args:
        word: what is written.
        words: what it may have been.
        alike: how alike they are at least, from 0 to 1.
        most: pairs of letters to compare at most.
    """
    several = list(words)
    if len(word) * sum(map(len, several)) > most:
        return None
    from difflib import get_close_matches  # noqa: PLC0415  # only in an error

    return next(iter(get_close_matches(word, several, 1, alike)), None)


def each_meant(words: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Say which known word each of these may have been: each of the known once, of the nearest."""
    from difflib import SequenceMatcher  # noqa: PLC0415  # only in an error

    near = sorted(
        (
            (SequenceMatcher(None, one.upper(), word.upper()).ratio(), word, one)
            for word in words
            for one in known
        ),
        key=itemgetter(0),
        reverse=True,
    )
    found: dict[str, str] = {}
    for alike, word, one in near:
        if alike >= _NEAR and word not in found and one not in found.values():
            found[word] = one
    return found


def did_you_mean(word: str) -> str:
    """Ask for a word, at the end of what is said."""
    return f": did you mean {word}?"


def _number(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() else f"{value:.10g}"


def printable(text: str) -> str:
    """Write out the control characters of a text, such as the end of a line."""
    return _CONTROL.sub(_escaped, text)


_CONTROL: Final = pattern(r"[\x00-\x1f\x7f]")


def _escaped(character: re.Match[str]) -> str:
    return repr(character[0])[1:-1]


def _counted(number: object, unit: str) -> str:
    """Write so many of something: ``1 second``, ``2 seconds``."""
    return f"{_number(number)} {unit[:-1] if number == 1 and unit.endswith('s') else unit}".rstrip()


class Whole(Record):
    """Whole numbers of a range, ends included.

    Attributes:
        low: the lowest.
        high: the highest; None for no end.
        unit: what is counted, in the plural: ``seconds``, ``MiB``.
        also: single values beside the range.
    """

    low: int
    high: int | None = None
    unit: str = ""
    also: tuple[int, ...] = ()

    @property
    def allowed(self) -> str:
        """What is allowed, for a message, after ``allowed:``."""
        end = "" if self.high is None else f" to {self.high}"
        text = f"whole numbers from {self.low}{end}"
        if self.unit:
            text = (
                f"{self.low}{end} {self.unit}"
                if end
                else f"{_counted(self.low, self.unit)} or more"
            )
        return f"{text}, or {one_of(self.also)}" if self.also else text

    def fix(self, name: str) -> str:
        """Say what to do about a property or a parameter that is wrong."""
        unit = f" {self.unit}" if self.unit else ""
        if self.high is None:
            return f"set {name} to {_counted(self.low, self.unit)} or more"
        also = f", or to {one_of(self.also)}" if self.also else ""
        return f"set {name} to a value from {self.low} to {self.high}{unit}{also}"

    def admits(self, value: float) -> bool:
        """Whether a number is allowed."""
        inside = value >= self.low and (self.high is None or value <= self.high)
        return value == int(value) and (inside or value in self.also)

    def wrong(self, value: float) -> str | None:
        """Say what is wrong with a number."""
        if self.admits(value):
            return None
        return refused(value, self.allowed, self.unit)


class Decimal(Record):
    """Numbers of a range, ends included; without ``high`` it has one end."""

    low: float
    high: float | None = None

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return f"numbers from {self._range}"

    def fix(self, name: str) -> str:
        """Say what to do about a property or a parameter that is wrong."""
        return f"set {name} to a value from {self._range}"

    def admits(self, value: float) -> bool:
        """Whether a number is allowed."""
        return self.low <= value and (self.high is None or value <= self.high)

    @property
    def _range(self) -> str:
        end = "" if self.high is None else f" to {_number(self.high)}"
        return f"{_number(self.low)}{end}"

    def wrong(self, value: float) -> str | None:
        """Say what is wrong with a number."""
        return None if self.admits(value) else refused(value, self.allowed)


class OneOf(Record):
    """Certain words only.

    Attributes:
        values: the words.
        any_case: whether AWS takes them in any case.
    """

    values: tuple[str, ...]
    any_case: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return one_of(self.values)

    def fix(self, name: str) -> str:
        """Say what to do about a property or a parameter that is wrong."""
        return f"set {name} to {self.allowed}"

    def admits(self, value: str) -> bool:
        """Whether a word is allowed."""
        if self.any_case:
            return value.upper() in {one.upper() for one in self.values}
        return value in self.values

    def wrong(self, value: str) -> str | None:
        """Say what is wrong with a word."""
        if self.admits(value):
            return None
        return f"{refused(value, self.allowed)}{meant(value, self.values)}"


class Matching(Record):
    """Text of a certain shape, which has to match as a whole.

    Attributes:
        pattern: the regular expression; it says nothing about the length.
        allowed: the same in words, the length included.
        longest: the most characters.
    """

    pattern: str
    allowed: str
    longest: int | None = None

    def fix(self, name: str) -> str:
        """Say what to do about a property or a parameter that is wrong."""
        return f"change {name}; {allowed(self.allowed)}"

    def admits(self, value: str) -> bool:
        """Whether a text is allowed."""
        return self.wrong(value) is None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def wrong(self, value: str) -> str | None:
        """Say what is wrong with a text."""
        if self.longest is not None and len(value) > self.longest:
            return f"has {len(value)} characters; {allowed(f'at most {self.longest}')}"
        if self._compiled.fullmatch(value) is None:
            return refused(value, self.allowed)
        return None


class Counting(Record):
    """So many entries of a list or a mapping.

    Attributes:
        low: the fewest.
        high: the most.
        things: what the entries are, in the plural.
    """

    low: int
    high: int
    things: str

    @property
    def allowed(self) -> str:
        """What is allowed."""
        if self.low == self.high:
            return f"exactly {self.low}"
        return f"{self.low} to {self.high}" if self.low else f"at most {self.high}"

    def fix(self, name: str) -> str:
        """Say what to do about a property or a parameter that is wrong."""
        things = self.things.removesuffix("s") if self.high == 1 else self.things
        return f"list {self.allowed} {things} in {name}"

    def admits(self, value: Sized) -> bool:
        """Whether a list or a mapping has as many entries as are allowed."""
        return self.low <= len(value) <= self.high

    def wrong(self, value: Sized) -> str | None:
        """Say what is wrong with the number of entries."""
        if self.admits(value):
            return None
        return f"has {len(value)} {self.things}; {allowed(self.allowed)}"


Bound = Whole | Decimal | OneOf | Matching | Counting
