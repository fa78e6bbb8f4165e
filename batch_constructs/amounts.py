"""What a ``Size`` or a ``Duration`` holds: asked of the CDK once, and of several together.

To ask is a crossing to JavaScript, and people share them. So whoever has several at hand has them
read beforehand, and each is read in all the units that AWS Batch counts in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS: Final = {"Size": ("mebibytes", "gibibytes"), "Duration": ("seconds", "minutes")}

_KNOWN: WeakKeyDictionary[Any, dict[str, float | None]] = WeakKeyDictionary()


def amount(value: Any, unit: str) -> float | None:
    """Return how much it is in a unit, such as ``mebibytes``; None is a token of another unit."""
    if value not in _KNOWN:
        _read([value])
    return _KNOWN[value][unit]


def read_together(values: Iterable[object]) -> None:
    """Read the sizes and durations among some values, if there are several."""
    from aws_cdk import Duration, Size  # noqa: PLC0415  # loaded by whoever made them

    unread = [one for one in values if isinstance(one, Duration | Size) and one not in _KNOWN]
    if len(unread) > 1:
        _read(unread)


def _read(values: list[Any]) -> None:
    from batch_constructs.one_call import amounts  # noqa: PLC0415  # values of the CDK load it

    units = [_UNITS[type(one).__name__] for one in values]
    methods = [[f"to{unit.capitalize()}" for unit in some] for some in units]
    for one, some, told in zip(
        values, units, amounts([*zip(values, methods, strict=True)]), strict=True
    ):
        _KNOWN[one] = dict(zip(some, told, strict=True))
