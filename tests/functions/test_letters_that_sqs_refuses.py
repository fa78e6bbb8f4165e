"""What SQS takes no letter for: its neighbours lie there, and nothing becomes two jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from batch_constructs.aws.delivery import SQS_BYTES, SQS_ENTRIES
from batch_constructs.functions.submission.dead_letters import DeadLetters
from batch_constructs.functions.submission.message_reader import (
    CLAIMED_AT,
    FIRST_ID,
    REASON,
    ROOM_BYTES,
    Message,
    MessageReader,
    Poison,
)
from tests.functions.gateway_world import TIMEOUT_SECONDS, World, body, one_job_each, world

__all__ = ["world"]
NAME = "perhaps job mail-0: AWS Batch gave no clear answer"


@dataclass
class StrictSqs:
    """Takes what SQS takes: whole requests, by their size and their characters."""

    letters: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    requests: list[int] = field(default_factory=list)
    """The entries of each request."""
    error: Exception | None = None
    answer: dict[str, Any] | None = None

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803, ARG002 - AWS's
        self.calls += 1
        self.requests.append(len(Entries))
        if len(Entries) > SQS_ENTRIES:
            raise refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400)
        if self.error is not None:
            raise self.error
        if self.answer is not None:
            return self.answer
        for each in Entries:
            attributes = each["MessageAttributes"]
            size = len(each["MessageBody"].encode()) + sum(
                len((name + "String" + value["StringValue"]).encode())
                for name, value in attributes.items()
            )
            empty = any(not value["StringValue"] for value in attributes.values())
            if size > SQS_BYTES or empty or "odd" in each["MessageBody"]:
                raise refused("InvalidParameterValue", 400)
        self.letters += Entries
        return {"Successful": [{"Id": each["Id"]} for each in Entries]}


def refused(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendMessageBatch")


def letters(sqs: StrictSqs) -> DeadLetters:
    return DeadLetters(sqs, queue_url="u", fifo=False, clock=lambda: 0.0)


def message(text: str, claimed_at: float | None = 1e9, number: int = 0) -> Message:
    name = f"{number:036}"
    return Message(
        id=name, first_id=name, body=text, key="\x01", receives=10, claimed_at=claimed_at
    )


def told(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}


def test_a_letter_that_is_refused_fails_alone() -> None:
    sqs = StrictSqs()
    aside = [(message("odd" if n == 4 else "{}", number=n), NAME) for n in range(12)]

    assert letters(sqs).put(aside, until=1) == {aside[4][0].id}

    assert [told(letter)[FIRST_ID] for letter in sqs.letters] == [
        each.id for each, _ in aside if each is not aside[4][0]
    ]


@pytest.mark.parametrize(
    ("count", "length", "requests"),
    [(10, 2, [10]), (11, 2, [10, 1]), (4, 99_000, [2, 2]), (2, 150_000, [1, 1]), (1, 900_000, [1])],
)
def test_letters_go_together_as_far_as_sqs_takes_them_in_a_request(
    count: int, length: int, requests: list[int]
) -> None:
    """Ten, and well below the bytes that it takes."""
    sqs = StrictSqs()

    assert (
        letters(sqs).put([(message("x" * length, number=n), NAME) for n in range(count)], until=1)
        == set()
    )

    assert sqs.requests == requests


def test_nothing_set_aside_is_nothing_sent() -> None:
    sqs = StrictSqs()

    assert letters(sqs).put([], until=1) == set()
    assert sqs.requests == []


@pytest.mark.parametrize("fifo", [True, False])
def test_a_letter_keeps_its_group_in_a_fifo_queue(fifo: bool) -> None:  # noqa: FBT001 - a case
    sqs = StrictSqs()

    DeadLetters(sqs, queue_url="u", fifo=fifo, clock=lambda: 0.0).put(
        [(replace(message("{}"), group="g"), NAME)], until=1
    )

    (letter,) = sqs.letters
    named = (letter.get("MessageGroupId"), letter.get("MessageDeduplicationId"))
    assert named == (("g", message("").id) if fifo else (None, None))


@pytest.mark.parametrize(
    "error", [ReadTimeoutError(endpoint_url="u"), refused("InternalError", 500), TypeError("null")]
)
def test_letters_that_may_lie_there_are_not_sent_again(error: Exception) -> None:
    sqs = StrictSqs(error=error)
    aside = [(message("{}", number=n), NAME) for n in range(10)]

    assert letters(sqs).put(aside, until=1) == {each.id for each, _ in aside}

    assert sqs.calls == 1


def test_letters_for_which_there_is_no_time_come_again() -> None:
    sqs, clock = StrictSqs(), iter([0.0, 50.0, 100.0])
    aside = [(message("{}", number=n), NAME) for n in range(25)]
    some = DeadLetters(sqs, queue_url="u", fifo=False, clock=lambda: next(clock))

    assert some.put(aside, until=100.0) == {each.id for each, _ in aside[20:]}
    assert sqs.calls == 2


@pytest.mark.parametrize(
    ("answer", "there"), [({}, ()), ({"Successful": [{"Id": "1"}], "Failed": [{"Id": "0"}]}, (1,))]
)
def test_letters_are_there_that_sqs_says_are_there(
    answer: dict[str, Any], there: tuple[int, ...]
) -> None:
    """And no others: a proxy may answer in its place."""
    aside = [(message("{}", number=n), NAME) for n in range(3)]

    failed = letters(StrictSqs(answer=answer)).put(aside, until=1)

    assert failed == {each.id for n, (each, _) in enumerate(aside) if n not in there}


def test_the_longest_message_that_may_be_a_job_keeps_what_it_is_known_by() -> None:
    sqs, longest = StrictSqs(), "x" * (SQS_BYTES - ROOM_BYTES)

    assert letters(sqs).put([(message(longest), NAME + "é" * 900)], until=1) == set()

    (letter,) = sqs.letters
    assert told(letter)[FIRST_ID] == message("").id
    assert told(letter)[CLAIMED_AT] == "1000000000"
    assert told(letter)["Reason"].startswith(NAME)


@pytest.mark.parametrize("room", [0, 79, 80, 200, 512])
def test_a_reason_is_cut_short_where_the_body_leaves_it_no_room(
    room: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And is in the log where it has none at all."""
    sqs = StrictSqs()

    assert (
        letters(sqs).put([(message("x" * (SQS_BYTES - room), None), "no job " * 90)], until=1)
        == set()
    )

    (letter,) = sqs.letters
    assert bool(told(letter)) is (room >= 80)
    assert ("set aside without its reason: no job" in caplog.text) is (room < 80)


def test_a_body_with_no_room_for_attributes_is_poison_each_time(world: World) -> None:
    """It can never be claimed, so that a redrive that tells nothing of it makes no job."""
    reader = MessageReader(array=True)
    most = SQS_BYTES - ROOM_BYTES
    assert reader.read({"messageId": "a", "body": "x" * most}).body

    with pytest.raises(Poison, match=f"has {most + 1} bytes.*may have {most}"):
        reader.read({"messageId": "a", "body": "é" + "x" * (most - 1)})

    long = body(1) + " " * SQS_BYTES
    record = {"messageId": "a", "body": long, "attributes": {"ApproximateReceiveCount": "1"}}
    world.gateway().handle([record], seconds=TIMEOUT_SECONDS)
    assert world.jobs() == []


def test_an_empty_idempotency_key_is_poison(world: World) -> None:
    world.settings["idempotency_key"] = "$.parameters.n"
    records = [
        {"messageId": name, "body": json.dumps({"parameters": {"n": key}}), "attributes": {}}
        for name, key in (("a", ""), ("b", ""), ("c", "3"))
    ]

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == []

    one_job_each(world, [3])
    assert set(world.reasons().values()) == {
        "$.parameters.n is empty, so it does not identify a message"
    }


@pytest.mark.parametrize("key", ["\x01", "\x00", "\ufffe", " ", "k"])
def test_whatever_the_key_holds_the_message_is_known_again(world: World, key: str) -> None:
    world.settings["idempotency_key"] = "$.parameters.k"
    sqs = StrictSqs()
    gateway = world.gateway()
    gateway.dead_letters._sqs = sqs
    world.aws.faults.lose_answer = 1.0
    text = json.dumps({"parameters": {"n": "1", "k": key}})
    record = {"messageId": "a", "body": text, "attributes": {"ApproximateReceiveCount": "10"}}
    assert gateway.handle([record], seconds=TIMEOUT_SECONDS) == []
    world.aws.faults.lose_answer = 0.0
    (letter,) = sqs.letters
    world.aws.clock.now += 3600
    again = {
        "messageId": "b",
        "body": letter["MessageBody"],
        "attributes": {},
        "messageAttributes": {n: {"stringValue": v} for n, v in told(letter).items()},
    }

    assert world.gateway().handle([again], seconds=TIMEOUT_SECONDS) == []

    one_job_each(world, [1])


@pytest.mark.parametrize("at", ["9" * 400, "1e999", "-1", "\u0661", ""])
@pytest.mark.parametrize("first_id", ["\ud800", "", "a b", "x" * 101])
def test_what_a_sender_writes_where_the_gateway_does_says_nothing(first_id: str, at: str) -> None:
    attributes = {FIRST_ID: {"stringValue": first_id}, CLAIMED_AT: {"stringValue": at}}
    record = {"messageId": "m", "body": "no json", "messageAttributes": attributes}
    sqs = StrictSqs()

    read = Message.of(record)

    assert (read.first_id, read.claimed_at) == ("m", None)
    assert letters(sqs).put([(read, "no JSON")], until=1) == set()
    assert told(sqs.letters[0]) == {FIRST_ID: "m", REASON: "no JSON"}


@pytest.mark.parametrize(
    "numbers",
    [
        ("1764361234.123456789", "1764361234.123456790"),
        ("9007199254740993.0", "9007199254740992.0"),
        ("9007199254740993", "9007199254740992"),
    ],
)
def test_a_number_keeps_its_digits_as_a_key_and_as_a_parameter(numbers: tuple[str, str]) -> None:
    reader = MessageReader(array=False, idempotency_key="$.id", parameters={"n": "$.id"})

    read = [reader.read({"messageId": "m", "body": f'{{"id": {number}}}'}) for number in numbers]

    assert tuple(each.key for each in read) == numbers
    assert tuple(each.request["parameters"]["n"] for each in read) == numbers
