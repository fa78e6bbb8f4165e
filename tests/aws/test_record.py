"""A record takes each of its fields once, by order or by name."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.aws.record import Record


class Group(Record):
    name: str
    size: int = 1


@pytest.mark.parametrize(
    ("given", "named", "told"),
    [
        (("a",), {"name": "b"}, "^Group is given twice: name$"),
        (("a", 2), {"size": 2}, "^Group is given twice: size$"),
        (("a", 2, 3), {}, "^Group has the fields name, size$"),
        (("a",), {"sise": 2}, "^Group has the fields name, size$"),
        ((), {"size": 2}, "^Group has the fields name, size$"),
    ],
)
def test_what_a_record_has_no_field_for_or_has_already_is_refused(
    given: tuple[Any, ...], named: dict[str, Any], told: str
) -> None:
    with pytest.raises(TypeError, match=told):
        Group(*given, **named)


def test_the_rest_is_given_by_name() -> None:
    assert Group("a", size=2) == Group(name="a", size=2)
