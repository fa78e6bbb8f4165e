"""The claims, one by one and by the thousand, on requests that go through botocore and moto."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from batch_constructs.functions.claims.effect import (
    NotDoneError,
    OutOfTimeError,
    Pauses,
    RefusedError,
    UnsureError,
    attempt,
)
from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.known import Claim
from batch_constructs.functions.claims.lease import LONGEST_SECONDS, lease_until
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.outcome import ONCE, Failure, failure_of
from batch_constructs.functions.claims.remembered import Remembered, most_bytes
from batch_constructs.functions.claims.rows import Claims, HeldError
from tests.functions.aws_in_process import Raw, answer
from tests.functions.gateway_world import TIMEOUT_SECONDS, Sqs, World, body, one_job_each, world
from tests.functions.interleaving import cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.aws_in_process import Aws

__all__ = ["world"]  # the fixture

WINDOW_SECONDS = 6 * 3600.0


# -- one by one


@pytest.fixture
def claims(world: World) -> Claims:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="claims",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
    )
    return Claims(dynamodb=client, table="claims", clock=world.aws.clock)


def told(_: bool) -> str:  # noqa: FBT001 - as claims call it
    return "told"


def fails(error: Exception) -> Callable[[bool], str]:
    def work(_: bool) -> str:  # noqa: FBT001 - as claims call it
        raise error

    return work


def test_what_is_noted_last_stands(claims: Claims) -> None:
    assert claims.result_of("guard", "let go") is None

    for last in ("one", "another"):
        claims.note("guard", "let go", result=last)
        assert claims.result_of("guard", "let go") == last


def test_work_is_done_once_and_whoever_comes_next_learns_what_came_of_it(claims: Claims) -> None:
    deadline = claims.clock() + 25

    assert claims.once("a", work=told, deadline=deadline) == ("told", True)
    assert claims.once("a", work=fails(AssertionError()), deadline=deadline) == ("told", False)
    assert (claims.result_of("a"), claims.result_of("b")) == ("told", None)


def test_work_that_was_surely_not_done_is_free_at_once(claims: Claims) -> None:
    deadline = claims.clock() + 25
    with pytest.raises(NotDoneError):
        claims.once("a", work=fails(NotDoneError()), deadline=deadline)

    came, _ = claims.once("a", work=str, deadline=deadline)

    assert came == "False"  # nobody has perhaps done it


def test_work_that_was_perhaps_done_is_left_to_its_holder_until_the_lease_is_over(
    world: World, claims: Claims
) -> None:
    deadline = claims.clock() + 25
    with pytest.raises(ValueError, match="vanished"):
        claims.once("a", work=fails(ValueError("vanished")), deadline=deadline)

    world.aws.clock.now = lease_until(deadline) - 1
    with pytest.raises(HeldError):
        claims.once("a", work=told, deadline=claims.clock() + 25)
    world.aws.clock.now = lease_until(deadline) + 1
    came, _ = claims.once("a", work=str, deadline=deadline + 999)

    assert came == "True"  # somebody has perhaps done it


def test_a_holder_whose_claim_was_taken_over_writes_nothing_to_it(
    world: World, claims: Claims
) -> None:
    deadline = claims.clock() + 25

    def slow(_: bool) -> str:  # noqa: FBT001 - as claims call it
        world.aws.clock.now = lease_until(deadline) + 1
        claims.once("a", work=lambda _: "theirs", deadline=claims.clock() + 25)
        return "mine"

    claims.once("a", work=slow, deadline=deadline)

    assert claims.result_of("a") == "theirs"


def test_a_released_claim_of_a_dead_holder_does_not_end_the_one_that_followed(
    world: World, claims: Claims
) -> None:
    deadline = claims.clock() + 25

    def slow(_: bool) -> str:  # noqa: FBT001 - as claims call it
        world.aws.clock.now = lease_until(deadline) + 1
        with pytest.raises(ValueError, match="vanished"):
            claims.once("a", work=fails(ValueError("vanished")), deadline=claims.clock() + 25)
        raise NotDoneError

    with pytest.raises(NotDoneError):
        claims.once("a", work=slow, deadline=deadline)

    with pytest.raises(HeldError):
        claims.once("a", work=told, deadline=claims.clock() + 25)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("order/1",), ("order.1",)), (("Report",), ("report",)), (("a", "bc"), ("ab", "c"))],
)
def test_identities_that_differ_anywhere_are_different(
    claims: Claims, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    deadline = claims.clock() + 25
    claims.once(*one, work=told, deadline=deadline)

    assert claims.once(*other, work=told, deadline=deadline) == ("told", True)


def test_a_write_that_the_sdk_repeated_after_a_lost_answer_meets_itself(claims: Claims) -> None:
    class Repeating:
        def update_item(self, **request: Any) -> Any:
            claims.dynamodb.update_item(**request)
            return claims.dynamodb.update_item(**request)

        get_item = staticmethod(claims.dynamodb.get_item)

    repeating = replace(claims, dynamodb=Repeating())
    came, now = repeating.once("a", work=str, deadline=claims.clock() + 25)

    assert (came, now) == ("True", True)  # perhaps somebody did it before: it cannot be told


def test_a_lease_outlasts_the_last_call_a_late_list_and_a_fast_clock() -> None:
    """Begun at the deadline, answered 15 s later, listed 60 s after that; clocks 30 s apart."""
    assert lease_until(1000) >= 1000 + 15 + 60 + 30


# -- what a failure says


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "ThrottlingException", Failure.THROTTLED),
        (429, "Whatever", Failure.THROTTLED),
        (503, "SlowDown", Failure.THROTTLED),
        (499, "ClientException", Failure.REFUSED),
        (500, "ServerException", Failure.UNSURE),
        (503, "ServiceUnavailable", Failure.UNSURE),
    ],
)
def test_a_status_says_whether_something_was_done(status: int, code: str, failure: Failure) -> None:
    said: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    assert failure_of(ClientError(said, "SubmitJob")) is failure


def _refuse_a_role() -> None:
    said = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    raise ClientError(said, "AssumeRole")


def test_what_was_never_sent_was_surely_not_done() -> None:
    assert failure_of(NoCredentialsError()) is Failure.NOT_SENT
    with pytest.raises(ClientError) as caught:
        DeferredRefreshableCredentials(_refuse_a_role, "assume-role").get_frozen_credentials()
    assert failure_of(caught.value) is Failure.NOT_SENT
    assert failure_of(EndpointConnectionError(endpoint_url="x")) is Failure.NO_CONNECTION
    assert failure_of(ConnectionResetError()) is Failure.UNSURE


@pytest.mark.parametrize("body", [b"null", b"[]", b'"hi"', b"[" * 100_000])
def test_an_answer_that_is_none_of_aws_s_is_no_clear_answer(aws: Aws, body: bytes) -> None:
    """As of a proxy; what reading it raises is no error of botocore's."""
    aws.batch.script["SubmitJob"] = lambda _: AWSResponse("https://batch", 200, {}, Raw(body))
    pauses = Pauses(clock=aws.clock, sleep=aws.clock.sleep, deadline=aws.clock() + 60)
    batch, request = boto3.client("batch", config=ONCE), {"jobName": "a", "jobQueue": "q"}

    with pytest.raises(UnsureError, match="does not come from AWS"):
        attempt(lambda: batch.submit_job(**request, jobDefinition="d"), pauses)
    assert aws.calls["batch:SubmitJob"] == 1


def test_attempts_end_with_the_deadline_and_not_before(world: World) -> None:
    clock = world.aws.clock
    calls: list[float] = []

    def call() -> None:
        calls.append(clock())
        raise EndpointConnectionError(endpoint_url="x")

    with pytest.raises(OutOfTimeError):
        attempt(call, Pauses(clock=clock, sleep=clock.sleep, deadline=clock() + 60))

    assert len(calls) > 5
    assert calls[-1] - calls[0] > 30
    with pytest.raises(RefusedError):
        attempt(
            call,
            Pauses(clock=clock, sleep=clock.sleep, deadline=clock() + 60),
            most_without_connection=3,
        )


def test_nothing_begins_after_the_deadline(world: World) -> None:
    clock = world.aws.clock
    calls: list[int] = []

    with pytest.raises(OutOfTimeError):
        attempt(lambda: calls.append(1), Pauses(clock=clock, sleep=clock.sleep, deadline=clock.now))

    assert calls == []


# -- by the thousand


def log(world: World) -> Log:
    return Log(
        boto3.client("dynamodb"),
        "ledger",
        window_seconds=WINDOW_SECONDS,
        clock=world.aws.clock,
        sleep=world.aws.clock.sleep,
    )


def keys_of(claim: int) -> list[bytes]:
    """As many keys as a coalescing gateway claims at a time: 160 KB of them."""
    return [digest(f"{claim}-{number}") for number in range(10_000)]


def take(one: Log, name: str, keys: list[bytes], *, lease: float = 60) -> Claim | None:
    now = one._clock()
    read_to = one.refresh()
    return one.claim(name, keys, read_to=read_to, lease_until=now + lease, deadline=now + 60)


def test_a_cold_function_knows_every_claim_of_the_window_and_reads_no_older_page(
    world: World,
) -> None:
    """A page of a query is 1 MB, or six such claims; the claims are an hour apart."""
    warm = log(world)
    for number in range(20):
        world.aws.clock.now += 3600
        made = take(warm, f"run-{number}", keys_of(number))
        assert made is not None
        warm.end(made, free=[1], deadline=world.aws.clock.now + 60)
    world.aws.clock.now += 60

    cold = log(world)
    world.aws.calls.clear()
    cold.refresh()

    known = [number for number in range(20) if cold.is_settled(keys_of(number)[0])]
    assert known[-6:] == [14, 15, 16, 17, 18, 19]
    assert not any(cold.is_settled(keys_of(number)[1]) for number in range(20))
    assert world.aws.calls["dynamodb:Query"] == 2  # of four
    assert take(cold, "next", [digest("next")]) is not None


def test_a_log_that_is_too_long_for_one_run_is_read_on_by_the_next(world: World) -> None:
    """Else a function that starts cold would begin anew until its window is over."""
    warm = log(world)
    for number in range(20):
        world.aws.clock.now += 60
        take(warm, f"run-{number}", keys_of(number))
    cold = log(world)

    def slow(call: str) -> None:
        world.aws.clock.now += 30 if call == "dynamodb:Query" else 0

    world.aws.before.append(slow)
    runs = 0
    while True:
        runs += 1
        try:
            cold.refresh(until=world.aws.clock.now + 45)
        except OutOfTimeError:
            assert runs < 10
        else:
            break

    assert runs == 3
    assert all(cold.claim_of(keys_of(number)[0]) is not None for number in range(20))
    assert take(cold, "next", [digest("next")]) is not None


def test_every_look_at_the_log_sees_what_was_written_before_it(world: World) -> None:
    asked: list[dict[str, Any]] = []
    events = boto3.DEFAULT_SESSION._session.get_component("event_emitter")
    for operation in ("Query", "GetItem"):
        events.register(
            f"provide-client-params.dynamodb.{operation}",
            lambda params, **_: asked.append(dict(params)),
        )

    log(world).refresh()

    assert [each["ConsistentRead"] for each in asked] == [True, True]


def test_numbers_go_on_when_all_entries_have_expired(world: World) -> None:
    take(log(world), "first", [digest("a")])
    table = boto3.client("dynamodb")
    table.delete_item(TableName="ledger", Key={"log": {"S": "claims"}, "number": {"N": "1"}})

    later = take(log(world), "second", [digest("b")])

    assert later is not None
    assert later.number == 2


def test_nothing_is_claimed_on_what_was_seen_before_somebody_else_wrote(world: World) -> None:
    one, other = log(world), log(world)
    read_to = one.refresh()
    take(other, "theirs", [digest("a")])
    one.refresh()

    assert one.claim("mine", [digest("a")], read_to=read_to, lease_until=0, deadline=2e9) is None


def test_a_holder_whose_claim_was_taken_over_cannot_end_it(world: World) -> None:
    one, other = log(world), log(world)
    mine = take(one, "run", [digest("a")])
    other.refresh()
    found = other.claim_of(digest("a"))
    assert mine is not None
    assert found is not None
    theirs = other.take_over(found[0], lease_until=2e9, deadline=2e9)
    assert theirs is not None

    one.refresh()
    assert len(one._known.open) == 1
    world.aws.calls.clear()
    one.end(mine, free=[0], deadline=2e9)

    assert world.aws.calls["dynamodb:TransactWriteItems"] == 0
    assert one.claim_of(digest("a")) is not None
    other.end(theirs, deadline=2e9)
    one.refresh()
    assert one.is_settled(digest("a"))


def test_a_claim_that_ended_meanwhile_is_not_taken_over(world: World) -> None:
    one, other = log(world), log(world)
    mine = take(one, "run", [digest("a")])
    other.refresh()
    found = other.claim_of(digest("a"))
    assert mine is not None
    assert found is not None
    one.end(mine, deadline=2e9)
    other.refresh()

    assert other.take_over(found[0], lease_until=2e9, deadline=2e9) is None
    assert other.is_settled(digest("a"))


def test_a_claim_of_which_a_part_ended_meanwhile_is_not_taken_over_as_it_was(
    world: World,
) -> None:
    one, other = log(world), log(world)
    mine = take(one, "run", [digest("a"), digest("b")])
    other.refresh()
    found = other.claim_of(digest("a"))
    assert mine is not None
    assert found is not None
    one.end(mine, unsure=[1], deadline=2e9)
    other.refresh()

    assert other.take_over(found[0], lease_until=2e9, deadline=2e9) is None
    assert other.is_settled(digest("a"))
    now = other.claim_of(digest("b"))
    assert now is not None
    assert other.take_over(now[0], lease_until=2e9, deadline=2e9) is not None


def test_a_function_that_slept_until_all_it_would_read_had_expired_goes_on(world: World) -> None:
    one = log(world)
    take(one, "run", [digest("a")])
    take(log(world), "other", [digest("b")])
    world.aws.clock.now += 2 * (WINDOW_SECONDS + LONGEST_SECONDS)
    table = boto3.client("dynamodb")
    for number in ("1", "2"):
        entry = {"log": {"S": "claims"}, "number": {"N": number}}
        table.delete_item(TableName="ledger", Key=entry)

    mine = take(one, "mine", [digest("c")])

    assert mine is not None
    assert mine.number == 3


def test_the_window_counts_from_the_end_of_work(world: World) -> None:
    """Claimed at noon, its job made at 16:24; at 18:36 no other may be made of it."""
    one = log(world)
    take(one, "run", [digest("a")])
    world.aws.clock.now += 4.4 * 3600
    found = one.claim_of(digest("a"))
    assert found is not None
    mine = one.take_over(found[0], lease_until=world.aws.clock.now + 225, deadline=2e9)
    assert mine is not None
    one.end(mine, deadline=2e9)

    world.aws.clock.now += WINDOW_SECONDS - 60
    for each in (one, log(world)):
        each.refresh()
        assert each.is_settled(digest("a"))


def test_an_open_claim_is_known_as_long_as_its_messages_are(world: World) -> None:
    one = log(world)
    take(one, "run", [digest("a")])
    for _ in range(40):
        world.aws.clock.now += 1800
        one.refresh()
        assert one.is_settled(digest("a")) is False


def test_a_function_that_slept_for_longer_than_the_window_reads_anew(world: World) -> None:
    one = log(world)
    take(one, "run", [digest("a")])
    world.aws.clock.now += 2 * (WINDOW_SECONDS + LONGEST_SECONDS)
    table = boto3.client("dynamodb")
    table.delete_item(TableName="ledger", Key={"log": {"S": "claims"}, "number": {"N": "1"}})
    take(log(world), "other", [digest("b")])

    one.refresh()

    assert one.claim_of(digest("b")) is not None
    assert take(one, "again", [digest("a")]) is not None


def test_a_claim_whose_answer_got_lost_is_found_in_the_log(world: World) -> None:
    one = log(world)
    write = one._dynamodb.transact_write_items

    def lose(**request: Any) -> Any:
        write(**request)
        raise ReadTimeoutError(endpoint_url="dynamodb")

    one._dynamodb.transact_write_items = lose

    made = take(one, "run", [digest("a")])

    assert made is not None
    assert made.number == 1


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_transaction_that_is_in_anothers_way_goes_on_after_a_pause(
    world: World, reason: str
) -> None:
    one = log(world)
    one.refresh()
    refusals = [cancelled("None", reason)] * 3
    _refuse(one, refusals)

    assert take(one, "run", [digest("a")]) is not None
    assert refusals == []
    assert world.aws.clock.slept > 0


def test_a_transaction_that_is_cancelled_for_ever_ends_with_the_time_and_few_calls(
    world: World,
) -> None:
    one = log(world)
    one.refresh()
    refusals = [cancelled("TransactionConflict", "None")] * 10_000
    _refuse(one, refusals)

    with pytest.raises(OutOfTimeError):
        take(one, "run", [digest("a")])
    assert 10_000 - len(refusals) < 40


def test_a_transaction_that_can_never_be_written_is_an_error_at_once(world: World) -> None:
    one = log(world)
    one.refresh()
    refusals = [cancelled("None", "ValidationError")] * 2
    _refuse(one, refusals)

    with pytest.raises(ClientError, match="ValidationError"):
        take(one, "run", [digest("a")])
    assert len(refusals) == 1


def _refuse(one: Log, refusals: list[ClientError]) -> None:
    write = one._dynamodb.transact_write_items

    def refuse(**request: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return write(**request)

    one._dynamodb.transact_write_items = refuse


def test_a_claim_of_a_dead_function_is_finished_by_one_alone(world: World) -> None:
    """Two functions find it at the same moment; the job is not there."""
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))
    records = sqs.receive()
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        500, {"message": "lost"}, error="ServerException"
    )
    world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    world.aws.batch.script.clear()
    world.aws.clock.now += 3600
    one, other = world.gateway(), world.gateway()
    theirs: list[str] = []

    def meanwhile(call: str) -> None:
        if call == "dynamodb:TransactWriteItems":
            world.aws.before.clear()
            theirs.extend(other.handle(records, seconds=TIMEOUT_SECONDS))

    world.aws.before.append(meanwhile)
    ours = one.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])
    assert theirs == ours == []


def test_a_table_that_cannot_be_written_is_an_error_not_another_function(world: World) -> None:
    warm = log(world)
    warm.refresh()
    boto3.client("dynamodb").delete_table(TableName="ledger")

    with pytest.raises(Exception, match="ResourceNotFoundException"):
        warm.claim("run", [digest("a")], read_to=0, lease_until=0, deadline=2e9)


# -- what is remembered


def test_a_message_takes_sixteen_bytes_and_a_little_more() -> None:
    remembered = Remembered(6 * 3600)
    keys = b"".join(digest(str(number)) for number in range(200_000))
    for second in range(20):
        remembered.add(keys[160_000 * second : 160_000 * (second + 1)], second, second)

    buckets = [b for _, part in remembered._parts for b in part if b is not None]
    taken = sum(bucket.__sizeof__() for bucket in buckets)

    assert len(remembered) == 200_000
    assert taken <= most_bytes(200_000)
    assert taken < 200_000 * 20


def test_the_newest_claim_of_a_message_is_found_and_only_that_one_forgotten() -> None:
    remembered = Remembered(1000)
    keys = [digest(str(number)) for number in range(3000)]
    remembered.add(b"".join(keys), 1, at=0)
    remembered.add(keys[7], 2, at=600)
    assert remembered.number_of(keys[7]) == 2

    remembered.remove(keys[7], 2)
    assert remembered.number_of(keys[7]) == 1
    remembered.remove(keys[7], 1)

    assert remembered.number_of(keys[7]) is None
    assert {remembered.number_of(key) for key in keys[:7]} == {1}
    assert len(remembered) == 2999


def test_a_message_is_remembered_for_the_window_and_dropped_soon_after() -> None:
    remembered = Remembered(1000)
    remembered.add(digest("a"), 1, at=0)
    remembered.add(digest("b"), 2, at=249)

    remembered.forget(1249)
    assert remembered.number_of(digest("b")) == 2
    remembered.forget(1251)

    assert remembered.number_of(digest("b")) is None
    assert len(remembered) == 0


def test_digests_are_found_at_their_own_place_alone() -> None:
    """A digest that is found across two entries is none."""
    remembered = Remembered(1000)
    first, second = bytes(2) + b"abcdefghijkl" + bytes(2), bytes(2) + b"mnopqrstuvwx" + bytes(2)
    across = bytes(2) + (b"ijkl" + (7).to_bytes(4, "big") + b"mnop") + bytes(2)
    remembered.add(first + second, 7, at=0)

    assert remembered.number_of(across) is None
    claim = Claim(number=1, name="", lease_until=0, keys=first + second, positions=range(2))
    assert claim.position_of(second) == 1
    assert claim.position_of((first + second)[3:19]) is None
