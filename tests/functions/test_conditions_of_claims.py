"""What single conditions of the claims are there for: each test turns red without one of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from batch_constructs.aws.delivery import LONGEST_FUNCTION_SECONDS
from batch_constructs.functions.claims.effect import (
    NotDoneError,
    OutOfTimeError,
    Pauses,
    RefusedError,
    UnsureError,
    attempt,
)
from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.invocation import Invocation, each_event
from batch_constructs.functions.claims.lease import (
    AFTERMATH_SECONDS,
    LONGEST_SECONDS,
    RESERVE_SECONDS,
    lease_until,
)
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.outcome import Failure
from batch_constructs.functions.claims.ranges import numbers_of, ranges_of
from batch_constructs.functions.claims.rows import DAYS_KEPT, Claims, HeldError
from tests.functions.aws_in_process import Clock
from tests.functions.interleaving import cancelled, refused
from tests.functions.small_dynamodb import SmallDynamoDb


class Table(SmallDynamoDb):
    """Fails as it is told, before or after a write took effect."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Exception | None] = []
        self.after: list[Exception | None] = []
        self.writes = 0

    def update_item(self, **request: Any) -> dict[str, Any]:
        self.writes += 1
        if self.before and (error := self.before.pop(0)) is not None:
            raise error
        answer = super().update_item(**request)
        if self.after and (error := self.after.pop(0)) is not None:
            raise error
        return answer


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claims(table: Table, clock: Clock) -> Claims:
    return Claims(dynamodb=table, table="claims", clock=clock)


def done(_: bool) -> str:  # noqa: FBT001 - as claims call it
    return "done"


def lost(_: bool) -> str:  # noqa: FBT001 - as above
    raise UnsureError("lost")


def not_done(_: bool) -> str:  # noqa: FBT001 - as above
    raise NotDoneError


# -- one by one


def test_a_work_may_be_done_since_its_first_holder_began(claims: Claims, clock: Clock) -> None:
    """Whoever took it over, and until it was surely not done."""
    first = clock.now
    for _ in range(2):
        with pytest.raises(UnsureError):
            claims.once("a", work=lost, deadline=clock.now)
        assert claims.since("a") == first
        clock.now += 3600
    with pytest.raises(NotDoneError):
        claims.once("a", work=not_done, deadline=clock.now)
    clock.now += 60
    began = clock.now
    with pytest.raises(UnsureError):
        claims.once("a", work=lost, deadline=clock.now)
    clock.now += 60

    assert claims.since("a") == began
    assert claims.since("never begun") == clock.now


def test_a_table_that_refuses_is_no_claim_of_somebody_else(table: Table, claims: Claims) -> None:
    table.before = [refused("update_item", 400, "AccessDeniedException")]

    with pytest.raises(ClientError, match="AccessDenied"):
        claims.once("a", work=done, deadline=claims.clock() + 25)


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="x"),
        refused("update_item", 500, "InternalServerError"),
        TypeError("an answer that is none"),
    ],
)
def test_work_whose_end_cannot_be_written_is_done_all_the_same(
    table: Table, claims: Claims, error: Exception
) -> None:
    table.before = [None, error]

    assert claims.once("a", work=done, deadline=claims.clock() + 25) == ("done", True)


def test_what_cannot_be_released_is_still_what_it_was_and_waits_for_the_lease(
    table: Table, clock: Clock, claims: Claims
) -> None:
    table.before = [None, EndpointConnectionError(endpoint_url="x")]
    deadline = clock() + 25

    def fails(_: bool) -> str:  # noqa: FBT001 - as claims call it
        raise NotDoneError("throttled")

    with pytest.raises(NotDoneError, match="throttled"):
        claims.once("a", work=fails, deadline=deadline)
    with pytest.raises(HeldError):
        claims.once("a", work=done, deadline=deadline)
    clock.now = lease_until(deadline) + 1

    assert claims.once("a", work=done, deadline=clock() + 25) == ("done", True)


def test_a_row_outlives_the_dead_letter_queue_from_the_end_of_work(
    table: Table, clock: Clock, claims: Claims
) -> None:
    def slow(_: bool) -> str:  # noqa: FBT001 - as claims call it
        clock.now += 86_400
        return "done"

    claims.once("a", work=slow, deadline=clock() + 25)

    [row] = table.rows.values()
    assert int(row["expires"]["N"]) == int(clock()) + DAYS_KEPT * 86_400
    assert DAYS_KEPT == 1 + 14 + 1


# -- attempts


def pauses(clock: Clock, seconds: float = 60) -> Pauses:
    return Pauses(clock=clock, sleep=clock.sleep, deadline=clock() + seconds)


def failing(*errors: Exception) -> Any:
    left = list(errors)

    def call() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return call


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ReadTimeoutError(endpoint_url="x"), UnsureError),
        (refused("x", 500, "ServerException"), UnsureError),
        (ResponseParserError("an answer that is none"), UnsureError),
        (AttributeError("as above"), UnsureError),
        (KeyError("as above"), UnsureError),
        (TypeError("as above"), UnsureError),
        (ValueError("as above"), UnsureError),
        (ConnectionResetError("as above"), UnsureError),
        (refused("x", 400, "ClientException"), RefusedError),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"), RefusedError),
        (RecursionError(), RefusedError),
    ],
)
def test_what_is_unsure_or_refused_is_tried_once(
    clock: Clock, error: Exception, raised: type[Exception]
) -> None:
    with pytest.raises(raised) as caught:
        attempt(failing(error), pauses(clock))
    assert clock.slept == 0
    assert str(caught.value) == str(error)  # what people read in the dead-letter queue


@pytest.mark.parametrize(
    "error",
    [refused("x", 429, "TooManyRequestsException"), EndpointConnectionError(endpoint_url="x")],
)
def test_what_surely_did_nothing_is_tried_again_after_a_pause(
    clock: Clock, error: Exception
) -> None:
    assert attempt(failing(error, error), pauses(clock)) == "answer"
    assert clock.slept > 0


def test_attempts_without_a_connection_are_counted_apart_from_throttled_ones(
    clock: Clock,
) -> None:
    throttled = refused("x", 429, "TooManyRequestsException")
    nowhere = EndpointConnectionError(endpoint_url="x")
    call = failing(throttled, nowhere, throttled, throttled, nowhere)

    with pytest.raises(RefusedError) as caught:
        attempt(call, pauses(clock), most_without_connection=2)
    assert caught.value.failure is Failure.NO_CONNECTION
    assert call() == "answer"  # the second one was the last


def test_a_pause_that_would_pass_the_deadline_is_not_begun(clock: Clock) -> None:
    waiting = pauses(clock, seconds=5)
    waiting.wait(4.9)

    with pytest.raises(OutOfTimeError):
        waiting.wait(0.1)
    assert clock.slept == 4.9


# -- runs


def test_a_run_begins_nothing_in_the_last_seconds_that_lambda_leaves_it() -> None:
    class Context:
        @staticmethod
        def get_remaining_time_in_millis() -> float:
            return 30_000

    invocation = Invocation.of(Context())
    left = invocation.deadline - invocation.clock()

    assert 30 - RESERVE_SECONDS - 1 < left <= 30 - RESERVE_SECONDS


def test_a_run_begins_until_its_deadline_and_nothing_at_it(clock: Clock) -> None:
    invocation = Invocation(deadline=clock() + 1, clock=clock, sleep=clock.sleep)
    invocation.begins()
    clock.now += 1

    with pytest.raises(OutOfTimeError):
        invocation.begins()


@pytest.mark.parametrize(
    ("record", "service"),
    [
        ({"EventSource": "aws:sns", "Sns": {"Message": "{}"}}, "aws:sns"),
        ({"eventSource": "aws:s3", "s3": {}}, "aws:s3"),
    ],
)
def test_records_of_another_service_are_refused_by_its_name(
    record: dict[str, Any], service: str
) -> None:
    with pytest.raises(ValueError, match=f"the event is of {service}; this function accepts"):
        each_event({"Records": [record]}, lambda *_: None)


def test_of_a_batch_of_dead_letters_those_that_fail_stay_in_the_queue_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[tuple[Any, Any]] = []

    def handle(event: Any, before: Any) -> None:
        seen.append((event, before))
        if event == {"n": 1}:
            raise ValueError("again")

    note = '{"requestContext": {"requestId": "r"}, "requestPayload": {"n": 2}}'
    records = [{"messageId": "a", "body": '{"n": 1}'}, {"messageId": "b", "body": note}]

    assert each_event({"Records": records}, handle) == {
        "batchItemFailures": [{"itemIdentifier": "a"}]
    }
    assert seen == [({"n": 1}, "a"), ({"n": 2}, "r")]
    assert "message a fails again" in caplog.text
    assert "ValueError: again" in caplog.text


@pytest.mark.parametrize(
    "event", [{"requestPayload": {"n": 1}}, {"requestContext": {"requestId": "mine"}}]
)
def test_an_event_that_merely_looks_like_a_note_of_lambdas_is_handled_as_it_is(
    event: dict[str, Any],
) -> None:
    seen: list[tuple[Any, Any]] = []

    each_event(event, lambda each, before: seen.append((each, before)))

    assert seen == [(event, None)]


# -- small things


def test_the_longest_lease_is_that_of_the_longest_run() -> None:
    assert LONGEST_SECONDS == LONGEST_FUNCTION_SECONDS + AFTERMATH_SECONDS
    assert lease_until(LONGEST_FUNCTION_SECONDS) == LONGEST_SECONDS


@pytest.mark.parametrize(
    ("numbers", "written"),
    [([], ""), ([3], "3"), ([3, 4], "3-4"), ([0, 2, 3, 4, 9], "0,2-4,9")],
)
def test_numbers_are_written_as_ranges_and_read_again(numbers: list[int], written: str) -> None:
    assert ranges_of(numbers) == written
    if numbers:
        assert numbers_of(written) == numbers


def test_an_identity_has_the_digest_it_had_in_the_releases_before() -> None:
    """Tables keep digests: after an upgrade what is done is still known as done."""
    assert digest("order-1").hex() == "0bafe22156d2698c143b86040446d366"
    assert digest("rescue", "queue").hex() == "289d65f71d08ef156b10f63dfcfa35e5"


def test_an_identity_of_one_part_is_another_than_of_two() -> None:
    assert digest("a") != digest("b") != digest("a", "b") != digest("b", "a")
    assert len(digest("a")) == len(digest("a", "b")) == 16


# -- by the thousand


@pytest.fixture
def log(table: Table, clock: Clock) -> Log:
    return another(table, clock)


def another(table: Table, clock: Clock) -> Log:
    return Log(table, "ledger", window_seconds=3600, clock=clock, sleep=clock.sleep)


def taken(one: Log, clock: Clock, *names: str) -> Any:
    keys = [digest(name) for name in names]
    return one.claim(
        "run", keys, read_to=one.refresh(), lease_until=clock() + 60, deadline=clock() + 60
    )


def test_what_of_a_claim_is_taken_over_keeps_its_place(
    table: Table, clock: Clock, log: Log
) -> None:
    """Of four messages the first and the last are unsure: jobs are named after their places."""
    claim = taken(log, clock, "a", "b", "c", "d")
    log.end(claim, unsure=[0, 3], free=[1], deadline=clock() + 60)
    held = log.claim_of(digest("d"))
    assert held is not None
    log.take_over(held[0], lease_until=clock() + 60, deadline=clock() + 60)

    other = another(table, clock)
    other.refresh()

    places = {name: other.claim_of(digest(name)) for name in "abcd"}
    assert {name: each and each[1] for name, each in places.items()} == {
        "a": 0,
        "b": None,
        "c": None,
        "d": 3,
    }
    assert [other.is_settled(digest(name)) for name in "abcd"] == [False, False, True, False]


def test_a_settled_message_is_forgotten_after_the_window_by_warm_and_cold_alike(
    table: Table, clock: Clock, log: Log
) -> None:
    claim = taken(log, clock, "a")
    log.end(claim, deadline=clock() + 60)
    clock.now += 3500
    taken(log, clock, "b")
    assert log.is_settled(digest("a"))
    clock.now += 3 * 3600
    table.rows.pop(("claims", 1))
    table.rows.pop(("claims", 2))

    log.refresh()
    cold = another(table, clock)
    cold.refresh()

    assert not log.is_settled(digest("a"))
    assert not cold.is_settled(digest("a"))
    assert log.refresh() == cold.refresh() == 3


@pytest.mark.parametrize(
    "error",
    [
        cancelled("TransactionConflict", "ValidationError"),
        refused("transact_write_items", 400, "AccessDeniedException"),
    ],
)
def test_a_write_that_can_never_go_well_is_tried_once(
    clock: Clock, log: Log, error: ClientError
) -> None:
    """Nobody wrote meanwhile, so that it is not about the log's end."""
    log.refresh()

    def refuse(**_: Any) -> Any:
        raise error

    log._dynamodb.transact_write_items = refuse

    with pytest.raises(ClientError):
        taken(log, clock, "a")
    assert clock.slept == 0


@pytest.mark.parametrize(
    "error",
    [
        cancelled("TransactionConflict", "None"),
        cancelled("ConditionalCheckFailed", "TransactionConflict"),  # who wrote is not seen yet
        cancelled("ProvisionedThroughputExceeded", "ThrottlingError"),
        refused("transact_write_items", 400, "TransactionInProgressException"),
        refused("transact_write_items", 400, "ThrottlingException"),
        refused("transact_write_items", 500, "InternalServerError"),
        EndpointConnectionError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_a_write_that_may_go_well_later_is_tried_again(
    table: Table, clock: Clock, log: Log, error: Exception
) -> None:
    log.refresh()
    write, errors = table.transact_write_items, [error]

    def fail_once(**request: Any) -> Any:
        if errors:
            raise errors.pop()
        return write(**request)

    log._dynamodb.transact_write_items = fail_once

    assert taken(log, clock, "a") is not None


def test_a_cold_function_knows_what_one_whose_clock_is_behind_still_counts_as_of_the_window(
    table: Table, clock: Clock, log: Log
) -> None:
    """Many pages back, and by 30 seconds more than the window and the longest lease."""
    for batch in range(8):
        names = [f"{batch}-{number}" for number in range(10_000)]
        assert taken(log, clock, *names) is not None
    clock.now += 3600 + LONGEST_SECONDS + 25

    cold = another(table, clock)
    cold.refresh()

    assert cold.claim_of(digest("0-0")) is not None
