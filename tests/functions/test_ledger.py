"""The log of claims: what a cold function knows, and who may finish what a dead one began."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from batch_constructs.functions.submission.ledger import Ledger, digest
from tests.functions.aws_in_process import answer
from tests.functions.gateway_world import TIMEOUT_SECONDS, Sqs, World, body, one_job_each, world

__all__ = ["world"]  # the fixture

WINDOW_SECONDS = 6 * 3600.0


def ledger(world: World) -> Ledger:
    return Ledger(
        boto3.client("dynamodb"), "ledger", window_seconds=WINDOW_SECONDS, clock=world.aws.clock
    )


def keys_of(claim: int) -> list[bytes]:
    """As many keys as a coalescing gateway claims at a time: 160 KB of them."""
    return [digest(f"{claim}-{number}") for number in range(10_000)]


def test_a_cold_function_knows_every_claim_of_the_window_and_reads_no_older_page(
    world: World,
) -> None:
    """A page of a query is 1 MB, or six such claims; the claims are an hour apart."""
    warm = ledger(world)
    for claim in range(20):
        world.aws.clock.now += 3600
        made = warm.claim(f"run-{claim}", keys_of(claim), lease_until=world.aws.clock.now + 60)
        assert made is not None
        warm.finish(made, free=[1])
    world.aws.clock.now += 60

    cold = ledger(world)
    world.aws.calls.clear()
    cold.refresh()

    known = [claim for claim in range(20) if cold.is_submitted(keys_of(claim)[0])]
    assert known[-6:] == [14, 15, 16, 17, 18, 19]
    assert not any(cold.is_submitted(keys_of(claim)[1]) for claim in range(20))
    assert world.aws.calls["dynamodb:Query"] == 2  # of four
    fresh = cold.claim("next", [digest("next")], lease_until=0)
    assert fresh is not None
    assert fresh.number == 21


def test_every_look_at_the_log_sees_what_was_written_before_it(world: World) -> None:
    asked: list[dict[str, Any]] = []
    events = boto3.DEFAULT_SESSION._session.get_component("event_emitter")
    events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(dict(params))
    )

    ledger(world).refresh()

    assert [each["ConsistentRead"] for each in asked] == [True]


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
        if call == "dynamodb:UpdateItem":
            world.aws.before.clear()
            theirs.extend(other.handle(records, seconds=TIMEOUT_SECONDS))

    world.aws.before.append(meanwhile)
    ours = one.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])
    assert (theirs, ours) == ([], [records[0]["messageId"]])


def test_a_table_that_cannot_be_written_is_an_error_not_another_function(world: World) -> None:
    warm = ledger(world)
    claim = warm.claim("run", [digest("a")], lease_until=0)
    assert claim is not None
    boto3.client("dynamodb").delete_table(TableName="ledger")

    with pytest.raises(Exception, match="ResourceNotFoundException"):
        warm.take_over(claim, lease_until=1)
