"""Two guards of one compute environment, which let go at once, or die as they do."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from batch_constructs.functions.cost_guard.lowered import Lowered, LoweredEnvironments
from batch_constructs.functions.cost_guard.note import NOTE

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
DAY, MONTH = f"{NOTE}:Day", f"{NOTE}:Month"


class KilledError(BaseException):
    """The run ends here."""


class Fleet:
    """A compute environment of 64 vCPUs, and what happens after it was changed."""

    def __init__(self) -> None:
        self.environment: dict[str, Any] = {
            "computeEnvironmentArn": "fleet",
            "computeResources": {"maxvCpus": 64},
            "tags": {},
        }
        self.then: list[Callable[[], object]] = []

    def describe_compute_environments(self, **_: Any) -> Any:
        return {"computeEnvironments": [deepcopy(self.environment)]}

    def tag_resource(self, *, tags: dict[str, str], **_: Any) -> None:
        self.environment["tags"].update(tags)

    def untag_resource(self, *, tagKeys: list[str], **_: Any) -> None:  # noqa: N803 - AWS's
        for key in tagKeys:
            self.environment["tags"].pop(key, None)

    def update_compute_environment(self, *, computeResources: Any, **_: Any) -> None:  # noqa: N803
        self.environment["computeResources"].update(computeResources)
        if self.then:
            self.then.pop(0)()

    @property
    def max_vcpus(self) -> int:
        most: int = self.environment["computeResources"]["maxvCpus"]
        return most

    def seen(self) -> dict[str, Any]:
        return deepcopy(self.environment)

    def guarded(self, note: str, max_vcpus: int) -> LoweredEnvironments:
        return LoweredEnvironments(batch=self, note=note, max_vcpus=max_vcpus)


@pytest.fixture
def fleet() -> Fleet:
    """Lowered to 4 by the guard of the month, and further to 1 by that of the day."""
    fleet = Fleet()
    fleet.guarded(MONTH, 4).bring(fleet.seen(), NOW, hold=True)
    fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=True)
    assert fleet.max_vcpus == 1
    return fleet


def test_what_both_let_go_at_once_is_given_back_whole(fleet: Fleet) -> None:
    """Also where one has seen the other hold it, and the other what is no more."""
    seen = fleet.seen()
    fleet.then = [lambda: fleet.guarded(MONTH, 4).bring(seen, NOW, hold=False)]

    fleet.guarded(DAY, 1).bring(seen, NOW, hold=False)

    assert (fleet.max_vcpus, fleet.environment["tags"]) == (64, {})


@pytest.mark.parametrize("first", [DAY, MONTH])
def test_one_lets_go_as_far_as_the_other_lets_it(fleet: Fleet, first: str) -> None:
    to = {DAY: 1, MONTH: 4}
    (last,) = {DAY, MONTH} - {first}
    fleet.guarded(first, to[first]).bring(fleet.seen(), NOW, hold=False)
    assert (fleet.max_vcpus, set(fleet.environment["tags"])) == (to[last], {last})

    fleet.guarded(last, to[last]).bring(fleet.seen(), NOW, hold=False)

    assert (fleet.max_vcpus, fleet.environment["tags"]) == (64, {})


def test_one_that_dies_after_it_let_go_for_the_other_goes_on(fleet: Fleet) -> None:
    def dies() -> None:
        raise KilledError

    fleet.then = [dies]
    with pytest.raises(KilledError):
        fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=False)
    assert fleet.max_vcpus == 4
    fleet.untag_resource(tagKeys=[MONTH])  # that one is deleted, and its note by hand

    fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=False)

    assert (fleet.max_vcpus, fleet.environment["tags"]) == (64, {})


def test_what_people_set_meanwhile_stays(fleet: Fleet) -> None:
    fleet.environment["computeResources"]["maxvCpus"] = 16

    for note, to in ((DAY, 1), (MONTH, 4)):
        fleet.guarded(note, to).bring(fleet.seen(), NOW, hold=False)

    assert (fleet.max_vcpus, fleet.environment["tags"]) == (16, {})


def test_what_does_not_come_to_rest_is_left_to_the_next_run(fleet: Fleet) -> None:
    def lowers_again() -> None:
        fleet.environment["computeResources"]["maxvCpus"] = 2

    fleet.then = [lowers_again] * 20

    fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=False)

    assert DAY in fleet.environment["tags"]
    assert len(fleet.then) > 10


@pytest.mark.parametrize("after", [(), (4,), (1, 4)])
@pytest.mark.parametrize("end", ["", " lets go"])
def test_a_note_says_what_it_is_read_as(after: tuple[int, ...], end: str) -> None:
    lowered = Lowered(was=64, at="2026-11-20T14:00", to=8, after=after)

    assert Lowered.read(lowered.text() + end) == lowered
    assert Lowered.read(f"{lowered.text()} of somebody") is None
