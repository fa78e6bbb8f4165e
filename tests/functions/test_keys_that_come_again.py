"""Messages with one key: before and after the window, in one batch, at their last receive."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.submission.gateway import Gateway
from batch_constructs.functions.submission.message_reader import FIRST_ID
from tests.functions.aws_in_process import answer
from tests.functions.gateway_world import TIMEOUT_SECONDS, World, world
from tests.functions.test_gateway_dead_letters import redriven

__all__ = ["world"]
HOURS = 3600.0
WINDOW = 6 * HOURS


@pytest.fixture
def gateway(world: World) -> Gateway:
    world.settings["idempotency_key"] = "$.parameters.key"
    return world.gateway()


def record(name: str, key: str = "order-7", *, receives: int = 1, first: float = 0) -> Any:
    attributes = {
        "ApproximateReceiveCount": str(receives),
        "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
    }
    parameters = {"n": name, "key": key}
    return {
        "messageId": name,
        "body": json.dumps({"parameters": parameters}),
        "attributes": attributes,
    }


def handle(gateway: Gateway, *records: Any) -> list[str]:
    return gateway.handle(records, seconds=TIMEOUT_SECONDS)


def jobs(world: World) -> list[str]:
    return [job["parameters"]["n"] for job in world.jobs()]


def denied(call: str) -> ClientError:
    error: Any = {
        "Error": {"Code": "AccessDeniedException"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(error, call)


def deny(world: World) -> None:
    def each(call: str) -> None:
        if call.startswith("dynamodb:"):
            raise denied(call)

    world.aws.before.append(each)


def test_while_the_table_cannot_be_read_the_window_goes_on(world: World, gateway: Gateway) -> None:
    """What is over by then is another message, which comes again."""
    assert handle(gateway, record("old")) == []
    deny(world)
    for half_hours in range(16):
        world.aws.clock.now += HOURS / 2
        name = f"other-{half_hours}"
        assert handle(gateway, record(name, name)) == [name]

    assert handle(gateway, record("new")) == ["new"]


def test_within_the_window_a_twin_is_known_without_the_table(
    world: World, gateway: Gateway
) -> None:
    assert handle(gateway, record("old")) == []
    deny(world)
    world.aws.clock.now += WINDOW - 60

    assert handle(gateway, record("twin")) == []
    assert jobs(world) == ["old"]


def test_what_one_batch_looked_up_is_no_twin_of_the_next(world: World, gateway: Gateway) -> None:
    began = world.aws.clock.now
    assert handle(gateway, record("old")) == []
    world.aws.clock.now += 8 * HOURS
    assert handle(gateway, record("old", receives=2, first=began)) == []
    deny(world)

    assert handle(gateway, record("new")) == ["new"]
    assert jobs(world) == ["old"]


@pytest.mark.parametrize("done", [True, False])
def test_an_old_message_and_a_new_one_with_its_key_share_a_batch_and_no_job(
    world: World,
    gateway: Gateway,
    done: bool,  # noqa: FBT001 - a case
) -> None:
    """Unless the old one becomes a job only now: the new one comes within its window."""
    began = world.aws.clock.now
    if done:
        assert handle(gateway, record("old")) == []
    world.aws.clock.now += 8 * HOURS
    old = record("old", receives=2, first=began)

    assert handle(gateway, old, record("between", "order-8"), record("new")) == []

    assert sorted(jobs(world)) == sorted({"old", "between", *(["new"] if done else [])})


def test_a_new_message_before_an_old_one_with_its_key_becomes_a_job(
    world: World, gateway: Gateway
) -> None:
    began = world.aws.clock.now
    assert handle(gateway, record("old")) == []
    world.aws.clock.now += 8 * HOURS

    assert handle(gateway, record("new"), record("old", receives=2, first=began)) == []

    assert jobs(world) == ["old", "new"]


@pytest.mark.parametrize("receives", [(1, 10), (10, 1)])
def test_twins_are_set_aside_together_at_the_last_receive_of_either(
    world: World, gateway: Gateway, receives: tuple[int, int]
) -> None:
    """SQS would take one away without its identity, and redriven it would be another job."""
    nothing_clear = answer(500, {"message": "x"}, error="ServerException")
    world.aws.batch.script["SubmitJob"] = lambda _: nothing_clear
    now = world.aws.clock.now
    twins = [record(f"twin-{n}", receives=count, first=now) for n, count in enumerate(receives)]

    assert handle(gateway, *twins) == []

    reasons = world.reasons()
    assert len(reasons) == 2
    assert all("perhaps" in reason for reason in reasons.values())


@pytest.mark.parametrize("fault", ["refused", "denied table"])
def test_twins_that_are_no_job_are_set_aside_together_too(
    world: World, gateway: Gateway, fault: str
) -> None:
    if fault == "refused":
        refusal = answer(400, {"message": "no"}, error="ClientException")
        world.aws.batch.script["SubmitJob"] = lambda _: refusal
    else:
        deny(world)

    last = record("twin-1", receives=10, first=world.aws.clock.now)
    assert handle(gateway, record("twin-0"), last) == []

    assert len(world.reasons()) == 2


def test_what_a_stricter_deployment_takes_for_poison_stays_known(world: World) -> None:
    """It may be a job since the deployment before, and is none twice."""
    first = world.aws.clock.now
    before = world.gateway()
    world.aws.faults.lose_answer = 1.0
    assert handle(before, record("a", first=first)) == ["a"]
    world.aws.faults.lose_answer = 0.0
    world.aws.clock.now += 720

    def strict(_: Any) -> None:
        raise ValueError("n is no integer")

    world.validate = strict
    assert handle(world.gateway(), record("a", receives=2, first=first)) == []
    (letter,) = redriven(world)
    assert "may have become a job" in letter["messageAttributes"]["Reason"]["stringValue"]
    world.validate = None
    world.aws.clock.now += 20 * HOURS

    assert handle(world.gateway(), letter) == []
    assert jobs(world) == ["a"]


@pytest.mark.parametrize("receives", [2, 10])
def test_what_lies_too_far_back_to_be_read_waits_and_its_neighbours_go_on(
    world: World, gateway: Gateway, receives: int
) -> None:
    """And is found in the end: each run goes on where the last one stopped."""
    first = world.aws.clock.now
    for number in range(8):
        assert handle(gateway, record(f"job-{number}", f"key-{number}")) == []
        world.aws.clock.now += 60
    world.aws.clock.now += 8 * HOURS
    old = record("job-7", "key-7", receives=receives, first=first)
    slow = {"dynamodb:Query": 40.0}

    def each(call: str) -> None:
        world.aws.clock.now += slow.get(call, 0.0)

    world.aws.before.append(each)
    again = handle(gateway, old, record("new", "key-new"))
    slow.clear()

    assert again == (["job-7"] if receives < 10 else [])
    assert jobs(world).count("new") == 1
    [letter] = [*redriven(world)] or [old]
    assert handle(gateway, letter) == []
    assert len(jobs(world)) == 9


def test_a_look_back_goes_on_where_it_stopped(world: World, gateway: Gateway) -> None:
    for number in range(4):
        assert handle(gateway, record(f"job-{number}", f"key-{number}")) == []
    world.aws.clock.now += 8 * HOURS
    log = gateway.log
    log.refresh()
    seen: list[int] = []
    log.begin({digest("key-3"): world.aws.clock.now - 8 * HOURS})
    read = log._entries

    def entries(*, start: int) -> Any:
        seen.append(start)
        for entry in read(start=start):
            world.aws.clock.now += 1
            yield entry

    log._entries = entries  # type: ignore[method-assign]
    while not log.look_back(until=world.aws.clock.now + 2.5):
        assert not log.is_settled(digest("key-3"))

    assert log.is_settled(digest("key-3"))
    assert seen == [1, 3, 5, 7]


@pytest.mark.parametrize("receives", [9, 10])
def test_what_nobody_read_is_set_aside_at_its_last_receive(world: World, receives: int) -> None:
    first = world.aws.clock.now

    def slow(_: Any) -> None:
        world.aws.clock.now += 31

    world.validate = slow
    again = handle(
        world.gateway(), record("slow", "key-1"), record("b", receives=receives, first=first)
    )

    assert again == (["b"] if receives < 10 else [])
    assert [letter["messageAttributes"][FIRST_ID]["stringValue"] for letter in redriven(world)] == (
        [] if receives < 10 else ["b"]
    )


def test_a_path_into_a_text_names_none_of_its_letters(world: World) -> None:
    world.settings["idempotency_key"] = "$.parameters.key[0]"

    assert handle(world.gateway(), record("a", "order-1"), record("b", "order-2")) == []

    assert jobs(world) == []
    assert len(world.reasons()) == 2
