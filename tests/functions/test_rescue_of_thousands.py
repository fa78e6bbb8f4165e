"""A job that waited for an array of which thousands were lost costs its rescue few calls."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.submission.waiting import LeftToPeopleError, NotYetError
from tests.functions.test_rescue_of_what_waits import (
    LOST,
    OTHER_SPOT,
    OWN,
    SPOT,
    WAITED,
    Rescues,
    after,
)


@pytest.fixture(name="rescues")
def _rescues() -> Rescues:
    return Rescues()


def losing(rescues: Rescues, children: int, **array: Any) -> dict[str, Any]:
    """Lose so many children of an array of which nobody rescued one; return what waited for it."""
    rescues.batch.says_why = True
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": children}, **array)
    for n in range(children):
        rescues.batch.add(f"many:{n}", LOST, arrayProperties={"index": n}, **array)
    return rescues.batch.add("late", WAITED, dependsOn=after("many"))


def test_of_thousands_that_were_lost_no_more_are_looked_up_than_aws_takes_to_wait_for(
    rescues: Rescues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the function runs out of its minute, three times, and nobody is told what to do."""
    late = losing(rescues, 2_500)
    claimed: list[Any] = []
    monkeypatch.setattr(Claims, "result_of", lambda _, *identity: claimed.append(identity))

    with pytest.raises(LeftToPeopleError, match="wait for 2500 jobs, but AWS Batch allows 20"):
        rescues.run(late)

    assert rescues.batch.lists == ["many"] * 3  # once, in three pages of a thousand
    assert len(rescues.batch.asked_for) < 2 * 20
    assert claimed == []


def test_one_of_thousands_that_failed_of_its_own_is_enough(rescues: Rescues) -> None:
    late = losing(rescues, 100)
    rescues.batch.add("many:77", OWN, arrayProperties={"index": 77})

    assert rescues.told(late) == []
    assert "many:77" in rescues.batch.asked_for


def test_thousands_that_another_queue_lost_are_left_to_its_function(rescues: Rescues) -> None:
    late = losing(rescues, 100, jobQueue=OTHER_SPOT)

    assert rescues.run(late, SPOT) is None
    with pytest.raises(LeftToPeopleError, match="wait for 100 jobs"):
        rescues.run(late, OTHER_SPOT)


def test_a_lost_child_that_is_listed_and_not_told_of_is_waited_for(rescues: Rescues) -> None:
    late = losing(rescues, 2)
    for lost in ("many:0", "many:1"):
        rescues.run(rescues.batch.jobs[lost])
    rescues.batch.untold = ("many:1",)

    with pytest.raises(NotYetError, match="lists many:1 and does not describe it"):
        rescues.run(late)

    rescues.batch.untold = ()
    (again,) = rescues.told(late)
    assert again["dependsOn"] == after("new-1", "new-2")
