"""Two guards of one compute environment, which let go at once, or die as they do.

And one whose instances are more than what it is to be lowered to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.functions.cost_guard.lowered import Lowered, LoweredEnvironments
from batch_constructs.functions.cost_guard.note import NOTE

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
DAY, MONTH = f"{NOTE}:Day", f"{NOTE}:Month"


class KilledError(BaseException):
    """The run ends here."""


class Fleet:
    """A compute environment of 64 vCPUs, and what happens after it was changed.

    As AWS Batch, it takes no maximum below what it has.
    """

    def __init__(self) -> None:
        self.environment: dict[str, Any] = {
            "computeEnvironmentArn": "fleet",
            "state": "ENABLED",
            "computeResources": {"maxvCpus": 64, "minvCpus": 0, "desiredvCpus": 0},
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

    def update_compute_environment(
        self,
        *,
        computeEnvironment: str,  # noqa: N803 - AWS's
        computeResources: dict[str, int] | None = None,  # noqa: N803
        state: str | None = None,
    ) -> None:
        assert computeEnvironment == "fleet"
        proposed = {**self.resources, **({} if computeResources is None else computeResources)}
        if not proposed["minvCpus"] <= proposed["desiredvCpus"] <= proposed["maxvCpus"]:
            raise ClientError({"Error": {"Code": "ClientException"}}, "UpdateComputeEnvironment")
        self.resources.update(proposed)
        if state is not None:
            self.environment["state"] = state
        if self.then:
            self.then.pop(0)()

    @property
    def resources(self) -> dict[str, int]:
        there: dict[str, int] = self.environment["computeResources"]
        return there

    @property
    def max_vcpus(self) -> int:
        return self.resources["maxvCpus"]

    @property
    def stands(self) -> tuple[str, int]:
        return self.environment["state"], self.max_vcpus

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
@pytest.mark.parametrize("disabled", [False, True])
def test_a_note_says_what_it_is_read_as(
    after: tuple[int, ...],
    end: str,
    disabled: bool,  # noqa: FBT001 - a case
) -> None:
    after_all = frozenset(after)
    lowered = Lowered(was=64, at="2026-11-20T14:00", to=8, after=after_all, disabled=disabled)

    assert re.fullmatch(r"[\w +\-=.:/@]*", lowered.text()), "AWS Batch takes no other characters"
    assert Lowered.read(lowered.text() + end) == lowered
    assert Lowered.read(f"{lowered.text()} of somebody") is None


@pytest.fixture
def busy() -> Fleet:
    """One whose instances are all in use."""
    fleet = Fleet()
    fleet.resources["desiredvCpus"] = 64
    return fleet


def test_one_that_has_more_vcpus_starts_nothing_until_it_can_be_lowered(busy: Fleet) -> None:
    """Its instances stay for as long as it is given jobs, and AWS refuses a maximum below them."""
    for has in (64, 20, 5):
        busy.resources["desiredvCpus"] = has
        busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=True)
        assert busy.stands == ("DISABLED", 64)
    busy.resources["desiredvCpus"] = 4

    for _ in range(2):
        busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=True)
        assert busy.stands == ("ENABLED", 4)
        assert busy.environment["tags"] == {
            DAY: "maxvCpus was 64 until 2026-11-20T14:00 lowered to 4"
        }

    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=False)
    assert (busy.stands, busy.environment["tags"]) == (("ENABLED", 64), {})


def test_one_that_is_disabled_until_it_can_be_lowered_is_enabled_again(busy: Fleet) -> None:
    """Also with what a deployment made its maximum meanwhile."""
    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=True)
    busy.resources["maxvCpus"] = 512

    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=False)

    assert (busy.stands, busy.environment["tags"]) == (("ENABLED", 512), {})


@pytest.mark.parametrize("hold", [True, False])
def test_one_that_people_disabled_stays_so(busy: Fleet, hold: bool) -> None:  # noqa: FBT001
    busy.environment["state"] = "DISABLED"
    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=True)
    assert (busy.stands, busy.environment["tags"]) == (("DISABLED", 64), {})

    busy.resources["desiredvCpus"] = 0
    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=True)
    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=hold)

    assert busy.stands == ("DISABLED", 4 if hold else 64)


@pytest.mark.parametrize("first", [DAY, MONTH])
def test_one_that_two_guards_disabled_is_enabled_by_the_last(busy: Fleet, first: str) -> None:
    to = {DAY: 1, MONTH: 4}
    (last,) = {DAY, MONTH} - {first}
    for note in (DAY, MONTH):
        busy.guarded(note, to[note]).bring(busy.seen(), NOW, hold=True)

    busy.guarded(first, to[first]).bring(busy.seen(), NOW, hold=False)
    assert (busy.stands, set(busy.environment["tags"])) == (("DISABLED", 64), {last})

    busy.guarded(last, to[last]).bring(busy.seen(), NOW, hold=False)
    assert (busy.stands, busy.environment["tags"]) == (("ENABLED", 64), {})


def test_one_is_not_left_disabled_to_a_guard_that_has_not_seen_it_so(busy: Fleet) -> None:
    """It would take it for what people did."""
    busy.resources["desiredvCpus"] = 0
    busy.guarded(MONTH, 4).bring(busy.seen(), NOW, hold=True)
    busy.resources.update(maxvCpus=64, desiredvCpus=64)  # by a deployment
    busy.guarded(DAY, 1).bring(busy.seen(), NOW, hold=True)
    assert busy.stands == ("DISABLED", 64)

    busy.guarded(DAY, 1).bring(busy.seen(), NOW, hold=False)
    busy.guarded(MONTH, 4).bring(busy.seen(), NOW, hold=True)
    assert busy.stands == ("DISABLED", 64)

    busy.guarded(MONTH, 4).bring(busy.seen(), NOW, hold=False)
    assert (busy.stands, busy.environment["tags"]) == (("ENABLED", 64), {})


def test_one_is_lowered_no_further_than_its_minimum() -> None:
    """AWS refuses more, at each run."""
    fleet = Fleet()
    fleet.resources.update(minvCpus=16, desiredvCpus=16)

    for note, to in ((DAY, 1), (MONTH, 4), (DAY, 1)):
        fleet.guarded(note, to).bring(fleet.seen(), NOW, hold=True)
        assert fleet.stands == ("ENABLED", 16)
    for note, to in ((DAY, 1), (MONTH, 4)):
        fleet.guarded(note, to).bring(fleet.seen(), NOW, hold=False)

    assert (fleet.stands, fleet.environment["tags"]) == (("ENABLED", 64), {})


def test_an_environment_on_fargate_is_lowered_at_once() -> None:
    """It has no instances that AWS would let stay."""
    fleet = Fleet()
    seen = fleet.seen()
    del seen["computeResources"]["minvCpus"], seen["computeResources"]["desiredvCpus"]

    fleet.guarded(DAY, 4).bring(seen, NOW, hold=True)

    assert fleet.stands == ("ENABLED", 4)


def test_a_note_does_not_grow_while_aws_refuses_to_give_back(fleet: Fleet) -> None:
    """A tag that is too long would be refused after that, for ever."""

    def refused() -> None:
        fleet.resources["maxvCpus"] = 1
        raise ClientError({"Error": {"Code": "ClientException"}}, "UpdateComputeEnvironment")

    fleet.then = [refused] * 50
    for _ in range(50):
        with pytest.raises(ClientError):
            fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=False)

    assert fleet.environment["tags"][DAY] == (
        "maxvCpus was 64 until 2026-11-20T14:00 lowered to 1 after 4 lets go"
    )
    fleet.guarded(DAY, 1).bring(fleet.seen(), NOW, hold=False)
    assert (fleet.max_vcpus, set(fleet.environment["tags"])) == (4, {MONTH})


def test_one_is_enabled_when_it_has_no_more_than_the_guard_that_wants_least(busy: Fleet) -> None:
    for has, stands in ((64, ("DISABLED", 64)), (3, ("DISABLED", 64)), (1, ("ENABLED", 1))):
        busy.resources["desiredvCpus"] = has
        for note, to in ((DAY, 1), (MONTH, 4)):
            busy.guarded(note, to).bring(busy.seen(), NOW, hold=True)
            assert busy.stands == stands


def test_one_that_a_guard_waits_to_lower_is_let_go_by_another() -> None:
    fleet = Fleet()
    fleet.guarded(DAY, 8).bring(fleet.seen(), NOW, hold=True)
    fleet.resources["desiredvCpus"] = 8
    fleet.guarded(MONTH, 4).bring(fleet.seen(), NOW, hold=True)

    fleet.guarded(DAY, 8).bring(fleet.seen(), NOW, hold=False)
    assert (fleet.stands, set(fleet.environment["tags"])) == (("DISABLED", 8), {MONTH})

    fleet.guarded(MONTH, 4).bring(fleet.seen(), NOW, hold=False)
    assert (fleet.stands, fleet.environment["tags"]) == (("ENABLED", 64), {})


def test_one_whose_minimum_is_its_maximum_is_left_as_it_is() -> None:
    fleet = Fleet()
    fleet.resources.update(minvCpus=64, desiredvCpus=64)

    fleet.guarded(DAY, 4).bring(fleet.seen(), NOW, hold=True)

    assert (fleet.stands, fleet.environment["tags"]) == (("ENABLED", 64), {})


def test_what_another_guard_set_while_one_looked_is_no_maximum_of_peoples(busy: Fleet) -> None:
    """Both run by the same schedule: one sees the environment before the other lowers it."""
    busy.guarded(MONTH, 8).bring(busy.seen(), NOW, hold=True)
    busy.resources["desiredvCpus"] = 5
    seen = busy.seen()
    busy.guarded(MONTH, 8).bring(busy.seen(), NOW, hold=True)
    assert busy.stands == ("ENABLED", 8)
    busy.guarded(DAY, 4).bring(seen, NOW, hold=True)

    busy.guarded(MONTH, 8).bring(busy.seen(), NOW, hold=False)
    busy.guarded(DAY, 4).bring(busy.seen(), NOW, hold=False)

    assert (busy.stands, busy.environment["tags"]) == (("ENABLED", 64), {})


@pytest.mark.parametrize(("mine", "theirs"), [(4, 1), (1, 4), (4, 4)])
def test_of_two_that_lower_at_the_same_moment_the_lowest_holds(mine: int, theirs: int) -> None:
    """The other noted and set its own after this one looked, and before it set its own."""
    fleet = Fleet()
    looked = fleet.describe_compute_environments()["computeEnvironments"][0]
    other = LoweredEnvironments(batch=fleet, note=MONTH, max_vcpus=theirs)
    other.bring(looked, NOW, hold=True)

    LoweredEnvironments(batch=fleet, note=DAY, max_vcpus=mine).bring(looked, NOW, hold=True)

    assert fleet.resources["maxvCpus"] == min(mine, theirs)


@pytest.mark.parametrize("wants_again", [8, 1])
def test_what_another_guard_wanted_before_holds_nothing_lower(
    busy: Fleet, wants_again: int
) -> None:
    """A deployment has it lower to more, as this one looks; and perhaps to less again after."""
    for note, to in ((DAY, 1), (MONTH, 4)):
        busy.guarded(note, to).bring(busy.seen(), NOW, hold=True)
    busy.resources["desiredvCpus"] = 0
    looked = busy.seen()
    busy.guarded(DAY, 8).bring(busy.seen(), NOW, hold=True)
    assert busy.stands == ("ENABLED", 4)
    noted = Lowered.read(busy.environment["tags"][DAY])
    assert noted is not None
    again = replace(noted, to=wants_again).text()
    busy.then = [lambda: None, lambda: busy.tag_resource(tags={DAY: again})]

    busy.guarded(MONTH, 4).bring(looked, NOW, hold=True)

    assert busy.stands == ("ENABLED", min(4, wants_again))


@pytest.mark.parametrize(
    ("meanwhile", "stands"), [({"maxvCpus": 32}, 32), ({"desiredvCpus": 3}, 4)]
)
def test_what_people_set_or_jobs_need_meanwhile_is_set_no_lower(
    meanwhile: dict[str, int], stands: int
) -> None:
    """Another guard wants less by now, which AWS refuses as long as there are more vCPUs."""
    fleet = Fleet()
    looked = fleet.seen()
    fleet.guarded(MONTH, 1).bring(looked, NOW, hold=True)
    fleet.then = [lambda: fleet.resources.update(meanwhile)]

    fleet.guarded(DAY, 4).bring(looked, NOW, hold=True)

    assert fleet.max_vcpus == stands
