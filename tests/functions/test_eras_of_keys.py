"""A message of long ago and a later one with its key: each becomes a job of its own, and only one.

A key is claimed anew when its window is over, so that a log may hold several claims of it. Those of
a message are the ones that were made at its time, or for it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.functions.submission.gateway import Gateway
from batch_constructs.functions.submission.message_reader import CLAIMED_AT
from tests.functions.aws_in_process import answer
from tests.functions.gateway_world import World, left_open, world
from tests.functions.test_gateway_dead_letters import redriven
from tests.functions.test_keys_that_come_again import HOURS, denied, gateway, handle, jobs, record

__all__ = ["gateway", "world"]
DAY = 24 * HOURS
REFUSED = answer(400, {"message": "the queue is disabled"}, error="ClientException")
KINDS = pytest.mark.parametrize("array", [False, True], ids=["a job each", "arrays"])


def letter_of_a_job(world: World, gateway: Gateway, name: str) -> Any:
    """Let a message become a job without an answer, at its last receive."""
    first = world.aws.clock.now - 60
    world.aws.faults.lose_answer = 1.0
    assert handle(gateway, record(name, receives=10, first=first)) == []
    world.aws.faults.lose_answer = 0.0
    (letter,) = redriven(world)
    return letter


def ran(world: World, *, array: bool) -> list[str]:
    """Name the messages that jobs work on."""
    if not array:
        return jobs(world)
    return [json.loads(child)["parameters"]["n"] for child in world.children()]


@pytest.mark.parametrize("hours", [1, 7, 30])
def test_what_is_forgotten_when_it_comes_again_is_never_made_twice(
    world: World, gateway: Gateway, hours: int
) -> None:
    first = world.aws.clock.now
    left_open(world, [record("old", receives=1, first=first)], landed=True)
    world.aws.batch.script["ListJobs"] = lambda _: answer(200, {"jobSummaryList": []})
    world.aws.clock.now += 8 * DAY

    assert handle(gateway, record("old", receives=2, first=first)) == []

    (letter,) = redriven(world)
    assert letter["messageAttributes"][CLAIMED_AT]["stringValue"] == f"{first:.0f}"
    world.aws.clock.now += hours * HOURS
    assert handle(gateway, letter) == []
    assert jobs(world) == ["old"]


def test_a_later_claim_that_was_let_go_hides_no_earlier_one(world: World, gateway: Gateway) -> None:
    letter = letter_of_a_job(world, gateway, "old")
    world.aws.clock.now += DAY
    world.aws.batch.script["SubmitJob"] = lambda _: REFUSED
    assert handle(gateway, record("new", receives=10, first=world.aws.clock.now - 60)) == []
    world.aws.batch.script.clear()
    world.aws.clock.now += DAY

    assert handle(gateway, letter) == []

    assert jobs(world) == ["old"]


@KINDS
@pytest.mark.parametrize("landed", [False, True])
def test_an_old_letter_leaves_the_claim_of_a_later_message_alone(
    world: World,
    gateway: Gateway,
    array: bool,  # noqa: FBT001 - a case
    landed: bool,  # noqa: FBT001 - a case
) -> None:
    if array:
        world.settings["manifest_bucket"] = "manifests"
        gateway = world.gateway()
    letter = letter_of_a_job(world, gateway, "old")
    world.aws.clock.now += DAY
    first = world.aws.clock.now
    left_open(world, [record("new")], landed=landed)
    world.aws.clock.now += 600

    assert handle(world.gateway(), letter) == []
    world.aws.clock.now += 300
    assert handle(world.gateway(), record("new", receives=2, first=first)) == []

    assert sorted(ran(world, array=array)) == ["new", "old"]


@KINDS
@pytest.mark.parametrize("first_out", ["old", "new"])
def test_two_messages_of_a_key_that_are_no_jobs_become_one_each(
    world: World,
    gateway: Gateway,
    array: bool,  # noqa: FBT001 - a case
    first_out: str,
) -> None:
    """The letter's claim, which is free after that, is made anew for its time, not for the key."""
    if array:
        world.settings["manifest_bucket"] = "manifests"
        gateway = world.gateway()
    world.aws.batch.script["SubmitJob"] = lambda _: answer(500, {"message": "down"})
    assert handle(gateway, record("old", receives=10, first=world.aws.clock.now)) == []
    (letter,) = redriven(world)
    world.aws.batch.script.clear()
    world.aws.clock.now += DAY
    first = world.aws.clock.now
    left_open(world, [record("new")], landed=False)
    new = record("new", receives=2, first=first)
    world.aws.clock.now += 600

    for each in (letter, new) if first_out == "old" else (new, letter):
        assert handle(world.gateway(), each) == []
        world.aws.clock.now += 300
    for each in (letter, new):
        assert handle(world.gateway(), each) == []

    assert sorted(ran(world, array=array)) == ["new", "old"]


def test_letters_of_one_key_that_shared_a_claim_share_its_job(
    world: World, gateway: Gateway
) -> None:
    """Also where the claim was let go, and is made anew by the first of them."""
    world.settings["manifest_bucket"] = "manifests"
    gateway = world.gateway()
    world.aws.batch.script["SubmitJob"] = lambda _: answer(500, {"message": "down"})
    now = world.aws.clock.now
    twins = [record(f"twin-{n}", receives=10, first=now) for n in range(2)]
    assert handle(gateway, *twins) == []
    world.aws.batch.script.clear()
    letters = [*redriven(world)]
    world.aws.clock.now += DAY

    for letter in letters:
        assert handle(world.gateway(), letter) == []
        world.aws.clock.now += HOURS

    assert ran(world, array=True) == ["twin-0"]


def test_a_message_of_hours_ago_is_no_older_than_a_letter_with_its_key(
    world: World, gateway: Gateway
) -> None:
    letter = letter_of_a_job(world, gateway, "old")
    world.aws.clock.now += 14.2 * DAY
    first = world.aws.clock.now
    assert handle(gateway, record("new")) == []
    world.aws.clock.now += 8 * HOURS

    assert handle(gateway, letter, record("new", receives=2, first=first)) == []

    told = {letter["body"]: letter["messageAttributes"] for letter in redriven(world)}
    assert len(told) == 1
    assert jobs(world) == ["old", "new"]


def test_a_manifest_is_for_the_messages_that_it_was_written_for(
    world: World, gateway: Gateway
) -> None:
    world.settings["manifest_bucket"] = "manifests"
    asked: list[str] = []

    def first_is_refused(request: dict[str, Any]) -> Any:
        asked.append(request["jobName"])
        return REFUSED if len(asked) == 1 else world.aws.batch.SubmitJob(request)

    world.aws.batch.script["SubmitJob"] = first_is_refused
    first = world.aws.clock.now - 8 * HOURS

    again = handle(world.gateway(), record("old", receives=2, first=first), record("new"))

    assert again == ["old"]
    assert ran(world, array=True) == ["new"]


def test_what_was_claimed_hours_before_a_twin_came_is_found_for_the_twin(
    world: World, gateway: Gateway
) -> None:
    """The twin was answered with that, and only its deletion got lost."""
    assert handle(gateway, record("one")) == []
    world.aws.clock.now += 5 * HOURS
    first = world.aws.clock.now
    assert handle(gateway, record("twin")) == []
    world.aws.clock.now += 7 * HOURS

    assert handle(world.gateway(), record("twin", receives=2, first=first)) == []

    assert jobs(world) == ["one"]


@pytest.mark.parametrize("hours", [1, 8, 100])
def test_a_letter_whose_message_came_again_and_became_a_job_is_none(
    world: World, gateway: Gateway, hours: int
) -> None:
    """Lambda ended the function after it had set the message aside, surely no job."""
    first = world.aws.clock.now - 2 * HOURS
    world.aws.batch.script["SubmitJob"] = lambda _: REFUSED
    handle(gateway, record("one", receives=10, first=first))
    letters = [*redriven(world)]
    world.aws.batch.script.clear()
    world.aws.clock.now += 720
    assert handle(gateway, record("one", receives=11, first=first)) == []
    world.aws.clock.now += hours * HOURS

    assert handle(world.gateway(), *letters) == []

    assert len(letters) == 1
    assert jobs(world) == ["one"]


def test_to_find_the_job_of_an_old_message_claims_its_key_for_no_later_one(
    world: World, gateway: Gateway
) -> None:
    first = world.aws.clock.now
    left_open(world, [record("old", first=first)], landed=True)
    world.aws.clock.now += 30 * HOURS
    assert handle(world.gateway(), record("old", receives=2, first=first)) == []
    world.aws.clock.now += 60

    assert handle(world.gateway(), record("new")) == []

    assert jobs(world) == ["old", "new"]


def test_a_claim_of_the_day_before_is_no_message_s_of_today(world: World, gateway: Gateway) -> None:
    """Although an older message of another key in its batch has the function read so far back."""
    monday = world.aws.clock.now
    other = record("other", "other", receives=10, first=monday)
    assert handle(gateway, record("monday", "daily")) == []
    world.aws.batch.script["SubmitJob"] = lambda _: REFUSED
    assert handle(gateway, other) == []
    world.aws.batch.script.clear()
    (letter,) = redriven(world)
    world.aws.clock.now += DAY + 7 * HOURS
    today = record("tuesday", "daily", receives=2, first=monday + DAY)

    assert handle(world.gateway(), today, letter) == []

    assert sorted(jobs(world)) == ["monday", "other", "tuesday"]


def test_old_messages_of_other_batches_are_looked_for_together(
    world: World, gateway: Gateway
) -> None:
    """None has to begin anew, since what another sought was read without it."""
    began = world.aws.clock.now
    for number in range(8):
        assert handle(gateway, record(f"job-{number}", f"key-{number}")) == []
    world.aws.clock.now += 8 * HOURS
    gateway.log.refresh()
    read, reads = gateway.log._entries, 0

    def slow(*, start: int) -> Any:
        for entry in read(start=start):
            nonlocal reads
            reads += 1
            world.aws.clock.now += 15
            yield entry

    gateway.log._entries = slow  # type: ignore[method-assign]
    waiting = {"job-6": "key-6", "job-7": "key-7"}
    for receives in range(2, 10):
        for name, key in [*waiting.items()]:
            if handle(gateway, record(name, key, receives=receives, first=began)) == []:
                del waiting[name]

    assert waiting == {}
    assert reads < 40
    assert sorted(jobs(world)) == [f"job-{number}" for number in range(8)]


def test_a_group_waits_for_a_message_that_could_not_be_set_aside(world: World) -> None:
    world.settings["fifo"] = True
    answers = [REFUSED]

    def first_is_refused(request: dict[str, Any]) -> Any:
        return answers.pop() if answers else world.aws.batch.SubmitJob(request)

    def without_letters(call: str) -> None:
        if call.startswith("sqs:"):
            raise denied(call)

    world.aws.batch.script["SubmitJob"] = first_is_refused
    world.aws.before.append(without_letters)
    first = world.aws.clock.now - 60
    batch = [record("one", "1", receives=10, first=first), record("two", "2")]
    for each in batch:
        each["attributes"]["MessageGroupId"] = "group"

    again = handle(world.gateway(), *batch)
    world.aws.before.clear()
    handle(world.gateway(), *batch)

    assert again == ["one", "two"]
    assert jobs(world) == ["one", "two"]


# -- a deployment with another window in between


@KINDS
def test_a_letter_is_known_again_in_a_window_that_was_shortened_since(
    world: World,
    gateway: Gateway,
    array: bool,  # noqa: FBT001 - a case
) -> None:
    """It was refused for two hours, and became a job at its last receive, without an answer."""
    if array:
        world.settings["manifest_bucket"] = "manifests"
        gateway = world.gateway()
    first = world.aws.clock.now
    world.aws.clock.now += 2 * HOURS
    world.aws.faults.lose_answer = 1.0
    assert handle(gateway, record("old", receives=10, first=first)) == []
    world.aws.faults.lose_answer = 0.0
    (letter,) = redriven(world)
    world.settings["window_seconds"] = float(HOURS)
    world.aws.clock.now += DAY

    assert handle(world.gateway(), letter) == []

    assert ran(world, array=array) == ["old"]


def test_what_was_taken_over_after_its_window_is_known_in_one_that_was_lengthened_since(
    world: World,
) -> None:
    world.settings["window_seconds"] = float(HOURS)
    first = world.aws.clock.now
    left_open(world, [record("old", receives=1, first=first)], landed=True)
    world.aws.clock.now += 3 * HOURS
    world.aws.batch.script["ListJobs"] = lambda _: answer(500, {"message": "down"})
    assert handle(world.gateway(), record("old", receives=2, first=first)) == ["old"]
    world.aws.batch.script.clear()
    world.settings["window_seconds"] = float(DAY)
    world.aws.clock.now += 7 * HOURS

    assert handle(world.gateway(), record("old", receives=3, first=first)) == []

    assert jobs(world) == ["old"]
