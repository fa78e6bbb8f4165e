"""Calls and time for ten thousand messages: one call a message, a job a message, arrays.

Run ``uv run python bench/gateway_calls.py``. AWS is moto and an in-process Batch that answers a
third of all submissions with 429; every call takes 20 ms of a simulated clock, on which pauses
pass too, so that figures do not depend on this machine. One function works at a time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from moto import mock_aws

from batch_constructs.functions.submission.batch_api import BatchApi
from tests.functions.aws_in_process import REGION, Aws
from tests.functions.gateway_world import Sqs, World, body, tables

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = 10_000
PER_SECOND = 25.0


def naive(world: World) -> None:
    """Submit once for each message, as fast as the calls go, and again after each 429."""
    clock = world.aws.clock
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    batch = boto3.client("batch", config=once)
    by = BatchApi(batch, batch, per_second=1e9, clock=clock, sleep=clock.sleep)
    for number in range(MESSAGES):
        request = {"jobName": f"n{number}", "jobQueue": "q", "jobDefinition": "d"}
        by.submit(request, deadline=float("inf"))


def gateway(world: World, *, batch_size: int) -> None:
    """Let the gateway have them."""
    sqs = Sqs(world.aws, batch_size=batch_size)
    sqs.send(*(body(number) for number in range(MESSAGES)))
    sqs.drain(world.gateway)


def jobs(world: World) -> None:
    """Make a job of each message."""
    gateway(world, batch_size=375)


def arrays(world: World) -> None:
    """Make arrays of as many messages as Lambda hands over: about 5,000 short ones are 6 MB."""
    world.settings |= {"manifest_bucket": "manifests"}
    gateway(world, batch_size=5_000)


def measure(name: str, work: Callable[[World], None]) -> None:
    """Print one line."""
    with mock_aws(config={"core": {"passthrough": {"services": ["batch"]}}}):
        boto3.setup_default_session(region_name=REGION)
        aws = Aws()
        world = tables(aws)
        world.settings["per_second"] = PER_SECOND
        aws.faults.throttle = 1 / 3
        start = aws.clock.now
        work(world)
        calls = aws.calls
        others = calls.total() - calls["batch:SubmitJob"]
        print(
            f"{name:32} SubmitJob {calls['batch:SubmitJob']:6}   other calls {others:5}"
            f"   seconds {aws.clock.now - start:7.1f}"
        )
    boto3.DEFAULT_SESSION = None


if __name__ == "__main__":
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[variable] = "testing"
    measure("one call a message", naive)
    measure("gateway, a job a message", jobs)
    measure("gateway, coalescing", arrays)
