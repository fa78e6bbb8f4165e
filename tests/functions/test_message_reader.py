"""What the gateway reads of an SQS record, and what it takes for no message."""

from __future__ import annotations

import json
from signal import ITIMER_REAL, SIGALRM, getitimer, getsignal
from threading import Thread
from typing import Any

import pytest

from batch_constructs.aws.submit_job import OVERRIDES_BYTES, overrides_length
from batch_constructs.functions.submission.message_reader import (
    CLAIMED_AT,
    FIRST_ID,
    Message,
    MessageReader,
    Poison,
    is_s3_test,
    read_request,
)

FIRST = "0a1b2c3d-0000-4000-8000-000000000000"


def record(body: str, **told: str) -> dict[str, Any]:
    attributes = {name: {"stringValue": value} for name, value in told.items()}
    return {"messageId": "now", "body": body, "messageAttributes": attributes}


def test_a_message_that_was_set_aside_keeps_its_identity() -> None:
    message = Message.of(record("{}", **{FIRST_ID: FIRST, CLAIMED_AT: "1800000000"}))

    assert (message.id, message.first_id, message.key) == ("now", FIRST, FIRST)
    assert message.claimed_at == 1_800_000_000.0


@pytest.mark.parametrize("told", [{}, {FIRST_ID: "x y", CLAIMED_AT: "yesterday"}])
def test_what_is_no_identity_of_ours_is_none(told: dict[str, str]) -> None:
    message = Message.of(record("{}", **told))

    assert (message.first_id, message.key, message.claimed_at) == ("now", "now", None)


@pytest.mark.parametrize(
    ("body", "is_test"),
    [
        ('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}', True),
        ('{"parameters": {"key": "s3:TestEvent"}}', False),
        ('{"Event": "s3:TestEvent2", "was": "s3:TestEvent"}', False),
        ('["s3:TestEvent"]', False),
        ('"s3:TestEvent"', False),
        ('{"Event": "s3:TestEvent"', False),
        ("[" * 100_000 + '"s3:TestEvent"', False),
    ],
)
def test_only_the_message_of_s3_itself_is_dropped(body: str, is_test: bool) -> None:  # noqa: FBT001
    assert is_s3_test(body) is is_test


@pytest.mark.parametrize("asks", [{"validate": json.dumps}, {"idempotency_key": "$.order"}])
def test_messages_of_an_array_are_read_where_a_schema_or_a_key_asks_for_it(
    asks: dict[str, Any],
) -> None:
    reader = MessageReader(array=True, **asks)

    with pytest.raises(Poison, match="not JSON"):
        reader.read(record("anything"))
    message = reader.read(record('{"order": 17, "anything": 1}'))

    assert message.request == {}
    assert message.key == ("17" if "idempotency_key" in asks else "now")
    assert MessageReader(array=True).read(record("anything")).body == "anything"


def test_a_schema_that_is_compared_in_time_leaves_no_alarm_behind() -> None:
    before = getsignal(SIGALRM)
    seen: list[tuple[float, object]] = []

    def validate(_: object) -> None:
        seen.append((getitimer(ITIMER_REAL)[0], getsignal(SIGALRM)))

    MessageReader(array=False, validate=validate, validation_seconds=60).read(record("{}"))

    ((left, inside),) = seen
    assert 0 < left <= 60
    assert inside is not before
    assert getitimer(ITIMER_REAL) == (0.0, 0.0)
    assert getsignal(SIGALRM) is before


def test_a_schema_is_compared_in_other_threads_too() -> None:
    read: list[Message] = []
    reader = MessageReader(array=False, validate=lambda _: None)
    thread = Thread(target=lambda: read.append(reader.read(record("{}"))))
    thread.start()
    thread.join()

    assert len(read) == 1


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(Poison, match="the body contains .ud800, half of a character"):
        MessageReader(array=True).read(record("\ud800"))


def test_what_was_not_asked_for_is_not_in_the_request() -> None:
    assert read_request({}, frozenset()) == {}
    assert read_request({"environment": {}}, frozenset()) == {}


def test_overrides_of_exactly_what_ecs_takes_are_a_message() -> None:
    empty = overrides_length({"environment": [{"name": "X", "value": ""}]})
    room = OVERRIDES_BYTES - empty

    assert read_request({"environment": {"X": "x" * room}}, frozenset())
    with pytest.raises(Poison, match=f"have {OVERRIDES_BYTES + 1} characters"):
        read_request({"environment": {"X": "x" * (room + 1)}}, frozenset())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"parameters": ["x"]}, "parameters is a JSON list, not an object"),
        ({"environment": "x"}, "environment is a JSON str, not an object"),
        ({"containerOverrides": {"environment": [{"name": "A", "value": 1}]}}, "environment"),
        ({"containerOverrides": {"environment": [{"name": "A"}]}}, "environment"),
        ({"containerOverrides": {"environment": ["A"]}}, "environment"),
    ],
)
def test_what_is_of_another_shape_is_poison(body: dict[str, Any], reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        read_request(body, frozenset())


@pytest.mark.parametrize(
    ("allow", "overrides"),
    [
        (
            "containers",
            {
                "ecsPropertiesOverride": {
                    "taskProperties": [{"containers": [{"environment": [{"name": "%"}]}]}]
                }
            },
        ),
        (
            "pods",
            {
                "eksPropertiesOverride": {
                    "podProperties": {"initContainers": [{"env": [{"name": "%", "value": "1"}]}]}
                }
            },
        ),
        (
            "nodes",
            {
                "nodeOverrides": {
                    "nodePropertyOverrides": [
                        {"containerOverrides": {"environment": [{"name": "%"}, {"name": "A"}]}}
                    ]
                }
            },
        ),
    ],
)
def test_a_reserved_name_is_refused_in_what_is_admitted_whole_too(
    allow: str, overrides: dict[str, Any]
) -> None:
    for name in ("AWS_BATCH_JOB_ID", "ARRAY_INDICES", "BATCH_RESCUES"):
        body = json.loads(json.dumps(overrides).replace("%", name))
        with pytest.raises(Poison, match=f"environment: {name}: reserved"):
            read_request(body, frozenset({allow}))

    body = json.loads(json.dumps(overrides).replace("%", "INDICES"))
    assert read_request(body, frozenset({allow})) == body
