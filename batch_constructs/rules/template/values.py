"""Values of a template as rules see them: plain data, references, and what nobody can know yet.

After the intrinsic functions are resolved (see `intrinsics`), a value is a plain string, number,
boolean, list or mapping, or one of the classes here. The readers below (`number`, `text`, `entries`
and friends) answer `None`, or nothing, for whatever is absent, unknown or of another type, so that
a rule never trips over a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from batch_constructs.aws.bound import cut
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import Final


class Unknown:
    """The type of `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that only deployment will tell: a parameter, an import, a token. Never a finding."""

MAYBE: Final = Unknown()
"""An entry of a list that only deployment will tell, and that may turn out not to be there."""


class PartlyKnown(dict[str, object]):
    """An object with an ``Fn::`` member, which may bring any further member.

    Its known members are there; `get` says of every other one that it is unknown.
    """

    __slots__ = ()

    def get(self, key: object, default: object = None) -> object:
        """Give a member, `UNKNOWN` if it may yet come."""
        del default
        return super().get(key, UNKNOWN)  # type: ignore[call-overload]  # any key


HOLDERS: Final = (dict, list)
"""What holds other values; to ask for a tuple is sooner answered than for ``dict | list``."""

Properties = Mapping[str, object]
"""Properties of a resource, or any mapping inside them, as CloudFormation spells them."""

NOTHING: Final[Properties] = {}


class Reference(Record):
    """Another resource of the template: ``Ref``, or ``Fn::GetAtt`` with an attribute."""

    target: str
    attribute: str | None = None


class Text(Record):
    """A string of which only some parts are known, as `Fn::Sub` and `Fn::Join` make them."""

    parts: tuple[str | Reference | Unknown, ...]

    @property
    def references(self) -> list[Reference]:
        """The resources the string refers to."""
        return [part for part in self.parts if isinstance(part, Reference)]

    @property
    def pattern(self) -> str:
        """The string with a NUL character for each unknown part."""
        return "".join(part if isinstance(part, str) else "\0" for part in self.parts)


class Base64(Record):
    """A string that CloudFormation encodes (`Fn::Base64`)."""

    content: object


def number(within: Properties, key: str) -> int | float | None:
    """Read a number, also where it is written as a string, as CloudFormation allows."""
    return as_number(within.get(key))


def as_number(value: object) -> int | float | None:  # noqa: PLR0911  # the hot path
    """Make a number of a value, or None if it is not one or not known."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[return-value]  # its type was just looked at
    if kind is float:
        finite: float = value  # type: ignore[assignment]  # its type was just looked at
        if finite - finite != 0:
            return None
        return int(finite) if finite == int(finite) else finite
    if kind is str:
        digits: str = value  # type: ignore[assignment]  # its type was just looked at
        if len(digits) > _LONGEST_NUMBER or "_" in digits or not digits.isascii():
            return None  # of Python alone
        try:
            return int(digits)
        except ValueError:
            pass
        try:
            return as_number(float(digits))
        except ValueError:
            return None
    return None


_LONGEST_NUMBER = 40


def text(within: Properties, key: str) -> str | None:
    """Read a string that is known in full."""
    value = within.get(key)
    return value if type(value) is str else None


def settled(value: object) -> str | None:
    """Give a text that has all it will have: somebody else fills in ``${…}``."""
    return value if isinstance(value, str) and "${" not in value else None


def flag(within: Properties, key: str) -> bool | None:
    """Read a boolean, also where it is written as a string."""
    value = within.get(key)
    if type(value) is bool:
        return value
    if type(value) is str:
        return {"true": True, "false": False}.get(value.lower())
    return None


def mapping(within: Properties, key: str) -> Properties:
    """Read a mapping; an empty one if there is none that is known."""
    value = within.get(key)
    return value if isinstance(value, dict) else NOTHING


def listing(within: Properties, key: str) -> list[object] | None:
    """Read a list, None if it is absent or not known."""
    value = within.get(key)
    return value if type(value) is list else None


def entries(within: Properties, key: str) -> Iterator[tuple[int, Properties]]:
    """Go through the mappings of a list, with their positions."""
    value = within.get(key)
    if type(value) is list:
        for position, entry in enumerate(value):
            if isinstance(entry, dict):
                yield position, entry


_MOST_LOOKED_AT: Final = 100


def few(within: Properties, key: str) -> Iterator[tuple[int, Properties]]:
    """Go through a list of which AWS takes ten at most: of more, the first hundred tell it all."""
    return islice(entries(within, key), _MOST_LOOKED_AT)


def texts(within: Properties, key: str) -> list[str]:
    """Read the known strings of a list."""
    value = within.get(key)
    return [entry for entry in value if type(entry) is str] if type(value) is list else []


def all_texts(within: Properties, key: str) -> list[str] | None:
    """Read a list of strings, None if the list or any of its entries is not known."""
    value = within.get(key)
    if type(value) is not list or any(type(entry) is not str for entry in value):
        return None
    return value


def count(within: Properties, key: str) -> int | None:
    """Count the entries of a list, None if unknown entries could make it longer or shorter."""
    value = within.get(key)
    return len(value) if type(value) is list and MAYBE not in value else None


def is_known(value: object) -> bool:
    """Tell whether nothing of a value is unknown, references aside."""
    parts = value.parts if isinstance(value, Text) else (value,)
    return not any(isinstance(part, Unknown) for part in parts)


def repeated(values: Iterable[object]) -> Iterator[int]:
    """Give the positions of values that stood before; what is not known in full equals nothing."""
    seen: set[object] = set()
    for position, value in enumerate(values):
        if type(value) is str or is_known(value):
            key = repr(value) if isinstance(value, _UNHASHABLE) else value
            if key in seen:
                yield position
            seen.add(key)


_UNHASHABLE: Final = (dict, list, Base64)


def absent(within: Properties, key: str) -> bool:
    """Tell whether nothing is given at all: what is unknown may well be there."""
    value = within.get(key)
    return value is None or value == "" or (type(value) in (list, dict) and not value)


def given(within: Properties, key: str) -> bool:
    """Tell whether something is given for sure (an unknown may turn out to be nothing)."""
    value = within.get(key)
    return value is not None and value is not UNKNOWN


def spelled_out(value: object) -> str:
    """Write a value of a template so that equal ones are written alike."""
    return json.dumps(value, sort_keys=True, default=str)


def as_json(value: object) -> str | None:
    """Write all that a value says as one text, with a NUL for what is not known of it.

    Nothing where it contains itself, or is nested too deeply.
    """
    try:
        return json.dumps(value, ensure_ascii=False, default=_as_far_as_known)
    except (TypeError, ValueError, RecursionError):
        return None


def from_json(written: str) -> object:
    """Read a text as JSON; UNKNOWN where it is none, or is nested too deeply."""
    try:
        read: object = json.loads(written)
    except (ValueError, RecursionError):
        return UNKNOWN
    return read


def _as_far_as_known(value: object) -> object:
    if isinstance(value, Base64):
        return value.content
    return value.pattern if isinstance(value, Text) else None


def show(value: object, longest: int = 60) -> str:
    """Write a value for a message, cut to a readable length."""
    return cut(value if isinstance(value, str) else str(value), longest)
