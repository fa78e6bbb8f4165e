"""Thousands of messages with duplicates, poison, throttling, lost answers and deaths."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.functions.gateway_world import Sqs, World, body
from tests.functions.gateway_world import quick_world as world

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["world"]  # the fixture

MESSAGES = 10_000


def flood(
    world: World, *, batch_size: int, poison: Sequence[str] = (), messages: int = MESSAGES
) -> Sqs:
    """So many different good messages, every tenth sent twice, and the poison between."""
    world.settings["idempotency_key"] = "$.parameters.n"
    sqs = Sqs(world.aws, batch_size=batch_size)
    bodies = [body(number) for number in range(messages)]
    everything = [*bodies, *bodies[::10], *poison]
    world.aws.faults.random.shuffle(everything)
    sqs.send(*everything)
    return sqs


POISON = [f"poison {number}" for number in range(50)]


def test_every_good_message_becomes_one_job_whatever_happens(world: World) -> None:
    sqs = flood(world, batch_size=300, poison=POISON, messages=2000)
    world.aws.faults.throttle = 1 / 3
    world.aws.faults.lose_answer = 0.005
    world.aws.faults.kill = 0.005

    deaths = sqs.drain(world.gateway, redeliver=0.01)

    counted = Counter(int(job["parameters"]["n"]) for job in world.jobs())
    assert counted == Counter(range(2000))
    assert set(world.reasons()) == set(POISON)
    assert deaths > 3


@pytest.mark.parametrize("seed", range(5))
def test_every_good_message_becomes_one_array_child_whatever_happens(
    world: World, seed: int
) -> None:
    world.settings["manifest_bucket"] = "manifests"
    world.aws.faults.random.seed(seed)
    sqs = flood(world, batch_size=500, poison=POISON)
    world.aws.faults.throttle = 1 / 3
    world.aws.faults.lose_answer = 0.1
    world.aws.faults.kill = 0.05

    deaths = sqs.drain(world.gateway, redeliver=0.01)

    assert Counter(world.children()) == Counter(body(number) for number in range(MESSAGES))
    assert set(world.reasons()) == set(POISON)
    assert deaths > 0


def test_coalescing_needs_five_hundred_times_fewer_calls(world: World) -> None:
    world.settings["manifest_bucket"] = "manifests"
    sqs = flood(world, batch_size=10_000)
    world.aws.faults.throttle = 1 / 3
    world.aws.calls.clear()

    sqs.drain(world.gateway)

    naive = MESSAGES * 3 / 2  # a call a message, a third of the calls refused and repeated
    assert sorted(world.children()) == sorted(body(number) for number in range(MESSAGES))
    assert world.aws.calls.total() * 500 <= naive
    assert world.aws.calls["batch:SubmitJob"] * 500 <= naive
