"""What single conditions of the gateway are there for: each test turns red without one of them."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.functions.submission.message_reader import CLAIMED_AT, FIRST_ID
from tests.functions.aws_in_process import answer, messages_in
from tests.functions.gateway_world import (
    TIMEOUT_SECONDS,
    Sqs,
    World,
    body,
    left_open,
    one_job_each,
    world,
)
from tests.functions.interleaving import cancelled, refused
from tests.functions.test_claims import keys_of, take

__all__ = ["world"]  # the fixture


@pytest.fixture
def array(world: World) -> World:
    world.settings["manifest_bucket"] = "manifests"
    return world


def sent(world: World, *bodies: str) -> list[dict[str, Any]]:
    sqs = Sqs(world.aws, batch_size=100)
    sqs.send(*bodies)
    return sqs.receive()


def open_claims(world: World) -> int:
    log = world.gateway().log
    log.refresh()
    return len(log._known.open)


def refuse(world: World, message: str = "no such share") -> None:
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        400, {"message": message}, error="ClientException"
    )


def test_what_a_dead_function_left_and_batch_refuses_is_set_aside_once(world: World) -> None:
    records = sent(world, body(1))
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        500, {"message": "lost"}, error="ServerException"
    )
    world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    world.aws.clock.now += 3600
    refuse(world)
    world.aws.calls.clear()

    again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert again == []
    assert world.aws.calls["batch:SubmitJob"] == 1
    assert list(world.reasons()) == [body(1)]


def test_what_is_set_aside_unclaimed_costs_no_reading_of_the_log(world: World) -> None:
    """A cold start would read all of the window, or wait for a table that is down."""
    records = sent(world, "{")
    world.aws.calls.clear()

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    assert list(world.reasons()) == ["{"]
    assert [call for call in world.aws.calls if call.startswith("dynamodb:")] == []


def test_an_array_whose_answer_got_lost_is_found_and_its_claim_ends(array: World) -> None:
    records = sent(array, body(1), body(2))
    array.aws.faults.lose_answer = 1
    assert len(array.gateway().handle(records, seconds=TIMEOUT_SECONDS)) == 2
    assert open_claims(array) == 1
    array.aws.faults.lose_answer = 0
    array.aws.clock.now += 3600

    assert array.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    assert sorted(array.children()) == [body(1), body(2)]
    assert open_claims(array) == 0


def test_what_was_submitted_at_the_last_moment_is_written_down(world: World) -> None:
    """A function that begins nothing more still has the time to say what became of it."""
    records = sent(world, body(1))
    ends = world.aws.clock.now + TIMEOUT_SECONDS

    def late(call: str) -> None:
        if call == "batch:SubmitJob":
            world.aws.clock.now = ends - 12

    world.aws.before.append(late)

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []
    assert open_claims(world) == 0


def test_what_was_submitted_leaves_no_claim_open(world: World) -> None:
    for number, bucket in enumerate((None, "manifests")):
        world.settings["manifest_bucket"] = bucket
        records = sent(world, body(2 * number), body(2 * number + 1))
        for record in records:
            record["messageId"] += f"-{number}"

        assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

        assert open_claims(world) == 0


def test_messages_of_a_living_function_are_given_back_without_waiting_for_it(
    world: World,
) -> None:
    records = sent(world, body(1))
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        500, {"message": "lost"}, error="ServerException"
    )
    world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    before = world.aws.clock.slept

    assert len(world.gateway().handle(records, seconds=TIMEOUT_SECONDS)) == 1

    assert world.aws.clock.slept - before < 1


def test_a_claim_is_left_to_its_holder_to_the_end_of_its_lease(world: World) -> None:
    records = sent(world, body(1))
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        500, {"message": "lost"}, error="ServerException"
    )
    gateway = world.gateway()
    gateway.handle(records, seconds=TIMEOUT_SECONDS)
    world.aws.batch.script.clear()
    (claim,) = gateway.log._known.open.values()
    world.aws.clock.call_seconds = 0

    world.aws.clock.now = claim.lease_until - 0.5
    assert len(world.gateway().handle(records, seconds=TIMEOUT_SECONDS)) == 1
    world.aws.clock.now = claim.lease_until
    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    one_job_each(world, [1])


def test_an_array_of_fewer_messages_than_were_sought_has_a_manifest_of_its_own(
    array: World,
) -> None:
    """Another function takes the first message after this one has written its manifest."""
    records = sent(array, body(1), body(2), body(3))
    one, other = array.gateway(), array.gateway()

    def meanwhile(call: str) -> None:
        if call == "dynamodb:TransactWriteItems":
            array.aws.before.clear()
            assert other.handle(records[:1], seconds=TIMEOUT_SECONDS) == []

    array.aws.before.append(meanwhile)

    assert one.handle(records, seconds=TIMEOUT_SECONDS) == []
    assert sorted(array.children()) == [body(1), body(2), body(3)]


def test_a_manifest_is_written_once_however_often_the_log_goes_on_before_the_claim(
    array: World,
) -> None:
    first, second, *theirs = sent(array, *(body(number) for number in range(5)))
    one = array.gateway()
    array.settings["manifest_bucket"] = None
    other = array.gateway()

    def meanwhile(call: str) -> None:
        if call == "dynamodb:TransactWriteItems" and theirs:
            array.aws.before.clear()
            assert other.handle([theirs.pop()], seconds=TIMEOUT_SECONDS) == []
            array.aws.before.append(meanwhile)

    array.aws.before.append(meanwhile)

    assert one.handle([first, second], seconds=TIMEOUT_SECONDS) == []
    assert theirs == []
    assert array.aws.calls["s3:PutObject"] == 1


def test_messages_that_cannot_be_claimed_come_again_and_poison_is_set_aside_all_the_same(
    world: World,
) -> None:
    records = sent(world, body(1), "poison")
    gateway = world.gateway()

    def conflict(**_: Any) -> Any:
        raise cancelled("TransactionConflict", "None")

    gateway.log._dynamodb.transact_write_items = conflict

    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == [records[0]["messageId"]]
    assert list(world.reasons()) == ["poison"]


def test_what_the_log_knows_is_neither_moved_by_sqs_nor_submitted_as_time_runs_out(
    world: World,
) -> None:
    """At its last receive: what became a job is deleted, and all else says what is known of it."""
    done, unsure, _ = records = sent(world, body(1), body(2), body(3))
    assert world.gateway().handle([done], seconds=TIMEOUT_SECONDS) == []
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        500, {"message": "lost"}, error="ServerException"
    )
    world.gateway().handle([unsure], seconds=TIMEOUT_SECONDS)
    world.aws.batch.script.clear()
    world.aws.clock.now += 3600
    world.settings["max_receives"] = 1
    gateway = world.gateway()

    def conflict(**_: Any) -> Any:
        raise cancelled("TransactionConflict", "None")

    gateway.log._dynamodb.transact_write_items = conflict

    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == []
    reasons = world.reasons()
    assert set(reasons) == {body(2), body(3)}
    assert reasons[body(2)].startswith("perhaps job mail-")
    assert reasons[body(3)].startswith("perhaps a job: it could not be claimed until the function")


@pytest.mark.parametrize("denied", ["dynamodb:Query", "dynamodb:GetItem", "s3:PutObject"])
def test_what_cannot_be_claimed_is_set_aside_with_its_reason_and_known_again(
    world: World, denied: str
) -> None:
    """A table or a bucket that is denied, from the first look on."""
    if denied.startswith("s3"):
        world.settings["manifest_bucket"] = "manifests"
    world.settings["max_receives"] = 2
    first, last, poison = sent(world, body(1), body(2), "poison")
    last["attributes"]["ApproximateReceiveCount"] = "2"
    service, operation = denied.split(":")
    client, name = world.gateway(), _METHODS[operation]
    target = client.s3 if service == "s3" else client.log._dynamodb

    def refuse(**_: Any) -> Any:
        raise refused(operation, 403, "AccessDeniedException")

    setattr(target, name, refuse)
    bodies = {"poison", body(2)} if service == "dynamodb" else {body(2)}
    again = client.handle([first, last, poison][: len(bodies) + 1], seconds=TIMEOUT_SECONDS)

    assert again == [first["messageId"]]
    letters = {each["Body"]: each["MessageAttributes"] for each in messages_in(world.dead_letters)}
    assert set(letters) == bodies
    told = {name: value["StringValue"] for name, value in letters[body(2)].items()}
    assert told["Reason"].startswith("perhaps a job: it could not be claimed: An error occurred")
    assert told[FIRST_ID] == last["messageId"]
    assert CLAIMED_AT in told


_METHODS = {"Query": "query", "GetItem": "get_item", "PutObject": "put_object"}


@pytest.mark.parametrize("bucket", [None, "manifests"])
def test_what_was_throttled_is_given_back_and_free_at_once(
    world: World, bucket: str | None
) -> None:
    world.settings["manifest_bucket"] = bucket
    records = sent(world, body(1), body(2))
    world.aws.faults.throttle = 1
    again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    assert again == [record["messageId"] for record in records]
    assert open_claims(world) == 0
    world.aws.faults.throttle = 0

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []


def test_what_is_throttled_until_the_last_receive_says_so_in_the_dead_letter_queue(
    world: World,
) -> None:
    world.settings["max_receives"] = 1
    records = sent(world, body(1))
    world.aws.faults.throttle = 1

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    assert world.reasons()[body(1)].startswith("throttled by AWS Batch")


@pytest.mark.parametrize("receives", [1, 2])
def test_an_array_that_is_refused_comes_again_until_the_last_receive(
    array: World, receives: int
) -> None:
    array.settings["max_receives"] = 2
    records = sent(array, body(1), body(2))
    for record in records:
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
    refuse(array, "not authorized")

    again = array.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert len(again) == (2 if receives == 1 else 0)
    assert sorted(array.reasons()) == ([] if receives == 1 else [body(1), body(2)])
    array.aws.batch.script.clear()
    if receives == 1:
        assert array.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []
        assert len(array.children()) == 2


def test_a_message_is_submitted_by_one_alone_though_another_read_the_log_before(
    world: World,
) -> None:
    records = sent(world, body(1))
    one, other = world.gateway(), world.gateway()
    one.log.refresh()
    other.log.refresh()

    other.handle(records, seconds=TIMEOUT_SECONDS)
    one.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("before", ["manifests", None])
def test_what_a_function_of_the_other_mode_left_open_is_done_once(
    world: World,
    before: str | None,
    landed: bool,  # noqa: FBT001 - whether its submission took effect
) -> None:
    """A deployment changes the mode while a function of the one before is at work."""
    world.settings["manifest_bucket"] = before
    records = sent(world, body(1), body(2))
    left_open(world, records, landed=landed)
    world.aws.clock.now += 3600
    world.settings["manifest_bucket"] = None if before else "manifests"

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    arrays = [job for job in world.jobs() if "arrayProperties" in job]
    singles = [job for job in world.jobs() if "arrayProperties" not in job]
    array_expected = bool(before) is landed
    assert (len(arrays), len(singles)) == ((1, 0) if array_expected else (0, 2))
    if arrays:
        assert sorted(world.children()) == [body(1), body(2)]
    assert open_claims(world) == 0


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("bucket", ["manifests", None])
def test_what_a_function_submitted_to_the_queue_before_is_looked_for_there(
    world: World,
    bucket: str | None,
    landed: bool,  # noqa: FBT001 - whether its submission took effect
) -> None:
    """A deployment gives the gateway another queue while a function is at work."""
    world.settings["manifest_bucket"] = bucket
    records = sent(world, body(1), body(2))
    left_open(world, records, landed=landed)
    world.settings["job_queue"] = "another"

    for lost in (1.0, 0.0):  # the answer of what is submitted there may get lost as well
        world.aws.faults.lose_answer = lost
        world.aws.clock.now += 3600
        again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert again == []
    assert len(world.jobs()) == (1 if bucket else 2)
    assert {job["jobQueue"] for job in world.jobs()} == {"queue" if landed else "another"}


def test_letters_that_there_is_no_time_for_come_again_and_none_is_lost_or_doubled(
    array: World,
) -> None:
    """A batch at its last receive that AWS Batch throttled until the deadline."""
    array.settings["max_receives"] = 1
    records = sent(array, *(body(number) for number in range(60)))
    calls: list[float] = []

    def slow(call: str) -> None:
        if call == "sqs:SendMessageBatch":
            array.aws.clock.now += 30
            calls.append(array.aws.clock.now)

    array.aws.before.append(slow)
    refuse(array, "the queue is disabled")
    ends = array.aws.clock.now + TIMEOUT_SECONDS

    again = array.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert max(calls) <= ends - 5 + 30
    assert len(again) == 60 - 10 * len(calls) > 0
    assert sorted(array.reasons()) == sorted(
        record["body"] for record in records if record["messageId"] not in again
    )


def test_there_is_time_left_for_the_letters_of_a_batch_at_its_last_receive(array: World) -> None:
    array.settings["max_receives"] = 1
    sqs = Sqs(array.aws, batch_size=200)
    sqs.send(*(body(number) for number in range(200)))
    records = sqs.receive()
    array.aws.faults.throttle = 1.0
    began, begun = array.aws.clock.now, [0.0]
    array.aws.before.append(
        lambda call: begun.append(array.aws.clock.now) if call == "batch:SubmitJob" else None
    )

    assert array.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    assert began < max(begun) <= began + TIMEOUT_SECONDS - 15 - 3


def test_however_many_letters_there_may_be_half_of_the_time_is_for_jobs(array: World) -> None:
    array.settings["max_receives"] = 1
    sqs = Sqs(array.aws, batch_size=200)
    sqs.send(*(body(number) for number in range(200)))

    assert array.gateway().handle(sqs.receive(), seconds=16) == []

    assert len(array.children()) == 200


def test_no_call_waits_so_long_for_a_silent_service_that_nothing_can_be_set_aside(
    world: World,
) -> None:
    """As a network without its endpoint: connections are taken, or dropped, without an answer."""
    gateway = world.gateway()
    clients = {
        "table": gateway.log._dynamodb,
        "list": gateway.batch_api._lister,
        "letters": gateway.dead_letters._sqs,
        "manifests": gateway.s3,
    }
    for name, client in clients.items():
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        pauses = sum(min(20, 2**n) for n in range(attempts - 1))
        longest = attempts * (config.connect_timeout + config.read_timeout) + pauses
        assert longest < TIMEOUT_SECONDS / 2, name


def test_a_function_that_cannot_read_all_of_the_log_sets_aside_what_sqs_would_take_away(
    world: World,
) -> None:
    """Two pages of it, each of which takes more than half of the time."""
    sqs = Sqs(world.aws, batch_size=1)
    for number in range(8):
        assert take(world.gateway().log, f"run-{number}", keys_of(number)) is not None
    world.settings["max_receives"] = 1
    sqs.send(body(7))
    ends = world.aws.clock.now + TIMEOUT_SECONDS

    def slow(call: str) -> None:
        world.aws.clock.now += 108 if call == "dynamodb:Query" else 0

    world.aws.before.append(slow)

    assert world.gateway().handle(sqs.receive(), seconds=TIMEOUT_SECONDS) == []

    assert world.aws.clock.now < ends
    assert "could not be claimed until the function's time ran out" in world.reasons()[body(7)]
