"""Messages that are perhaps jobs keep their identity through the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse

from batch_constructs.aws.job_states import REMEMBERED_DAYS
from batch_constructs.functions.claims.lease import CLOCKS_APART_SECONDS, LONGEST_SECONDS
from batch_constructs.functions.submission.message_reader import CLAIMED_AT, FIRST_ID
from tests.functions.aws_in_process import Raw, answer, messages_in
from tests.functions.gateway_world import (
    TIMEOUT_SECONDS,
    World,
    body,
    left_open,
    one_job_each,
)
from tests.functions.gateway_world import quick_world as world

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["world"]
HOUR = 3600.0
LAST = 10


def record(message_id: str, number: int, receives: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "body": body(number),
        "attributes": {"ApproximateReceiveCount": str(receives)},
        **more,
    }


def redriven(world: World) -> Iterator[dict[str, Any]]:
    """Return the dead letters as SQS redrives them: the same attributes, another ID."""
    for number, letter in enumerate(messages_in(world.dead_letters)):
        attributes = {
            name: {"stringValue": value["StringValue"], "dataType": "String"}
            for name, value in letter["MessageAttributes"].items()
        }
        yield {
            "messageId": f"redriven-{number}",
            "body": letter["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": attributes,
        }


@pytest.mark.parametrize("landed", [True, False])
def test_a_message_that_is_perhaps_a_job_is_known_again_when_it_is_redriven(
    world: World,
    landed: bool,  # noqa: FBT001 - a case
) -> None:
    """Without an idempotency key, and although SQS gives it another ID."""
    gateway = world.gateway()

    def answers(request: dict[str, Any]) -> Any:
        if landed:
            world.aws.batch.SubmitJob(request)
        return answer(500, {"message": "x"}, error="ServerException")

    world.aws.batch.script["SubmitJob"] = answers
    assert gateway.handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS) == []
    world.aws.batch.script.clear()
    (again,) = redriven(world)
    assert "perhaps job mail-" in again["messageAttributes"]["Reason"]["stringValue"]
    world.aws.clock.now += HOUR

    assert world.gateway().handle([again], seconds=TIMEOUT_SECONDS) == []

    one_job_each(world, [1])


@pytest.mark.parametrize("hours", [1, 7, 40, 160])
@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("array", [True, False])
@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("through", ["the dead-letter queue", "the source queue"])
def test_what_is_perhaps_a_job_is_looked_up_however_long_ago_it_was_claimed(
    world: World,
    hours: float,
    landed: bool,  # noqa: FBT001 - a case
    array: bool,  # noqa: FBT001 - a case
    warm: bool,  # noqa: FBT001 - a case
    through: str,
) -> None:
    """As a mapping is off for a day: the window is for other messages of the same key."""
    if array:
        world.settings["manifest_bucket"] = "manifests"
    first = record("a", 1)
    left_open(world, [first], landed=landed)
    began, gateway = world.aws.clock.now, world.gateway()
    if through == "the dead-letter queue":
        world.aws.clock.now += HOUR / 2
        denied = answer(403, {"message": "no"}, error="AccessDeniedException")
        world.aws.batch.script["ListJobs"] = lambda _: denied
        assert gateway.handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS) == []
        world.aws.batch.script.clear()
        (first,) = redriven(world)
    else:
        first["attributes"] = {
            "ApproximateReceiveCount": "2",
            "ApproximateFirstReceiveTimestamp": str(int(began * 1000)),
        }
    for hour in range(1, int(hours), 1 + int(hours) // 8) if warm else ():
        world.aws.clock.now = began + hour * HOUR
        gateway.handle([record(f"other-{hour}", 100 + hour)], seconds=TIMEOUT_SECONDS)
    world.aws.clock.now = began + hours * HOUR
    others = len(world.jobs())

    again = (gateway if warm else world.gateway()).handle([first], seconds=TIMEOUT_SECONDS)

    assert again == []
    assert len(world.jobs()) == others + (not landed)
    assert world.gateway().handle([first], seconds=TIMEOUT_SECONDS) == []
    assert len(world.jobs()) == others + (not landed)


def test_what_was_looked_up_for_one_message_says_nothing_of_a_later_one(world: World) -> None:
    """It has the same key, and comes to the same function after the window."""
    world.settings["idempotency_key"] = "$.parameters.n"
    left_open(world, [record("a", 1)], landed=True)
    again = record("a", 1, 2)
    began = str(int(world.aws.clock.now * 1000))
    again["attributes"]["ApproximateFirstReceiveTimestamp"] = began
    world.gateway().handle([record("other", 2)], seconds=TIMEOUT_SECONDS)
    world.aws.clock.now += HOUR
    assert world.gateway().handle([again], seconds=TIMEOUT_SECONDS) == []
    world.aws.clock.now += 40 * HOUR
    gateway = world.gateway()
    assert gateway.handle([again], seconds=TIMEOUT_SECONDS) == []
    assert len(world.jobs()) == 2

    assert gateway.handle([record("b", 1)], seconds=TIMEOUT_SECONDS) == []

    assert len(world.jobs()) == 3


@pytest.mark.parametrize("days", [7.0, 8.0, 13.9, 15.0])
def test_one_that_is_forgotten_is_set_aside_again_and_never_made_twice(
    world: World, days: float
) -> None:
    """AWS Batch forgets a job seven days after its end; SQS keeps a message for fourteen."""
    world.aws.faults.lose_answer = 1.0
    began = world.aws.clock.now
    world.gateway().handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS)
    world.aws.faults.lose_answer = 0.0
    world.aws.batch.script["ListJobs"] = lambda _: answer(200, {"jobSummaryList": []})
    for later in range(2):
        (again,) = redriven(world)
        world.aws.clock.now = began + days * 24 * HOUR + later * HOUR

        assert world.gateway().handle([again], seconds=TIMEOUT_SECONDS) == []
        one_job_each(world, [1])

    (letter,) = redriven(world)
    assert letter["messageAttributes"]["Reason"]["stringValue"].startswith("perhaps a job, so long")


@pytest.mark.parametrize(("left", "forgotten"), [(31, False), (29, True)])
def test_one_counts_as_forgotten_as_soon_as_a_clock_may_say_so(
    world: World,
    left: float,
    forgotten: bool,  # noqa: FBT001 - a case
) -> None:
    """Clocks are 30 seconds apart."""
    world.aws.batch.script["SubmitJob"] = lambda _: answer(500, {}, error="ServerException")
    world.aws.clock.now = float(int(world.aws.clock.now))
    world.gateway().handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS)
    world.aws.batch.script.clear()
    (again,) = redriven(world)
    at = float(again["messageAttributes"][CLAIMED_AT]["stringValue"])
    world.aws.clock.now = at + REMEMBERED_DAYS * 24 * HOUR - left

    world.gateway().handle([again], seconds=TIMEOUT_SECONDS)

    assert len(world.jobs()) == (not forgotten)


@pytest.mark.parametrize("receives", [1, 2])
def test_a_message_that_another_had_before_is_not_taken_for_it_after_the_window(
    world: World, receives: int
) -> None:
    """It has the same key, and was sent after the window: cold and warm functions know that."""
    world.settings["idempotency_key"] = "$.parameters.n"
    warm, began = world.gateway(), world.aws.clock.now
    assert warm.handle([record("a", 1)], seconds=TIMEOUT_SECONDS) == []
    window = world.settings["window_seconds"] + LONGEST_SECONDS + CLOCKS_APART_SECONDS
    for at, jobs in ((window - 1, 1), (window * (1 + 1 / 64) + 1, 2)):
        for gateway in (warm, world.gateway()):
            world.aws.clock.now = began + at
            later = record("b", 1, receives)
            first = str(int(world.aws.clock.now * 1000))
            later["attributes"]["ApproximateFirstReceiveTimestamp"] = first
            assert gateway.handle([later], seconds=TIMEOUT_SECONDS) == []
            assert len(world.jobs()) == jobs


def test_one_that_surely_is_no_job_may_be_redriven_at_any_time(world: World) -> None:
    world.aws.faults.refuse = lambda _: "not authorized"
    world.gateway().handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS)
    world.aws.faults.refuse = lambda _: None
    (letter,) = redriven(world)
    world.aws.clock.now += 100 * HOUR

    world.gateway().handle([letter], seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])


def test_one_that_lies_there_twice_becomes_one_job(world: World) -> None:
    """A function died after it had set it aside, and the next set it aside again."""
    world.aws.faults.refuse = lambda _: "not authorized"
    for _ in range(2):
        world.gateway().handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS)
    world.aws.faults.refuse = lambda _: None
    letters = list(redriven(world))
    assert len({letter["messageId"] for letter in letters}) == 2

    for letter in letters:
        world.gateway().handle([letter], seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])


def test_one_that_is_set_aside_again_keeps_its_first_id(world: World) -> None:
    world.aws.faults.refuse = lambda _: "not authorized"
    world.gateway().handle([record("a", 1, LAST)], seconds=TIMEOUT_SECONDS)
    (letter,) = redriven(world)
    letter["attributes"]["ApproximateReceiveCount"] = str(LAST)

    world.gateway().handle([letter], seconds=TIMEOUT_SECONDS)

    for each in messages_in(world.dead_letters):
        assert each["MessageAttributes"][FIRST_ID]["StringValue"] == "a"


@pytest.mark.parametrize("receives", [1, LAST])
def test_attributes_of_the_senders_own_tell_nothing(world: World, receives: int) -> None:
    """Whatever they are called, and also when the message comes back out of the dead letters."""
    own = {
        name: {"stringValue": "1700000000", "dataType": "String"}
        for name in ("MessageId", "ClaimedAt", "Reason", "Body")
    }
    records = [record(name, n, receives, messageAttributes=own) for n, name in enumerate("ab")]
    if receives == LAST:
        world.aws.faults.refuse = lambda _: "not authorized"
        world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
        world.aws.faults.refuse = lambda _: None
        records = list(redriven(world))

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    one_job_each(world, [0, 1])


@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize(
    "listed",
    [
        answer(403, {"message": "no"}, error="AccessDeniedException"),
        AWSResponse("https://batch", 200, {}, Raw(b"[]")),
    ],
    ids=["refused", "none of AWS's"],
)
def test_a_list_that_is_refused_costs_the_messages_of_the_dead_claim_alone(
    world: World,
    array: bool,  # noqa: FBT001 - a case
    landed: bool,  # noqa: FBT001 - whether the dead function's submission took effect
    listed: AWSResponse,
) -> None:
    if array:
        world.settings["manifest_bucket"] = "manifests"
    left_open(world, [record("dead", 0)], landed=landed)
    assert len(world.jobs()) == landed
    world.aws.clock.now += HOUR
    world.aws.batch.script["ListJobs"] = lambda _: listed
    records = [record("dead", 0, 2), record("b", 1), record("c", 2)]

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == ["dead"]

    made = 1 if array else 2
    assert len(world.jobs()) == landed + made
    world.aws.batch.script.clear()
    world.aws.clock.now += HOUR
    assert world.gateway().handle([record("dead", 0, 3)], seconds=TIMEOUT_SECONDS) == []
    assert len(world.jobs()) == 1 + made
