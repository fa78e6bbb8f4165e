"""Write readings as CloudWatch metrics, in the embedded metric format, one line each.

Environment: ``NAMESPACE``; ``QUEUES`` and ``COMPUTE_ENVIRONMENTS``: ARNs separated by commas;
``MOST_JOBS``; ``PER_SHARE`` set for a metric a share identifier.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.delivery import FAILED_EVENT
from batch_constructs.aws.metrics import embedded
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.claims.effect import OutOfTimeError
from batch_constructs.functions.claims.lease import RESERVE_SECONDS
from batch_constructs.functions.claims.outcome import FAILED_CALL, QUICK, QUICK_SECONDS
from batch_constructs.functions.own_metrics import VCPUS_IN_USE
from batch_constructs.functions.told.listing import listed

from .reading import EnvironmentReading, QueueReading, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Metric = tuple[str, str, float]
"""A metric's name, unit and value."""
_PERCENT = 100
_log = logging.getLogger()


def queue_lines(
    reading: QueueReading, *, namespace: str, now: float, per_share: bool
) -> Iterator[str]:
    """Yield the lines of a queue: the queue's, then each share's."""
    dimensions = {"JobQueueName": reading.name}
    metrics: list[Metric] = [
        *((f"Jobs{state.title()}", "Count", count) for state, count in reading.jobs.items()),
        ("HeadOfQueueAge", "Seconds", round(reading.head_age_seconds)),
    ]
    if reading.vcpus is not None:
        metrics.append((VCPUS_IN_USE, "None", reading.vcpus))
    if reading.vcpus is not None and reading.max_vcpus:
        used = round(reading.vcpus / reading.max_vcpus * _PERCENT, 1)
        metrics.append(("VcpuUtilization", "Percent", used))
    yield _line(namespace, dimensions, metrics, now, CountedAll=reading.counted_all)
    if per_share:
        for share, vcpus in reading.shares.items():
            by_share = {**dimensions, "ShareIdentifier": share}
            yield _line(namespace, by_share, [(VCPUS_IN_USE, "None", vcpus)], now)


def environment_line(reading: EnvironmentReading, *, namespace: str, now: float) -> str:
    """Return the line of a compute environment."""
    metrics: list[Metric] = [
        ("EnvironmentInvalid", "Count", int(reading.invalid)),
        ("EnvironmentDisabled", "Count", int(reading.disabled)),
    ]
    if reading.max_vcpus is not None:
        metrics.append(("MaxVcpus", "None", reading.max_vcpus))
    if reading.desired_vcpus is not None:
        metrics.append(("DesiredVcpus", "None", reading.desired_vcpus))
    return _line(namespace, {"ComputeEnvironmentName": reading.name}, metrics, now)


def _line(
    namespace: str,
    dimensions: Mapping[str, str],
    metrics: Sequence[Metric],
    now: float,
    **properties: object,
) -> str:
    document = {
        **embedded(
            namespace,
            int(now * 1000),
            [list(dimensions)],
            [{"Name": name, "Unit": unit} for name, unit, _ in metrics],
        ),
        **dimensions,
        **{name: value for name, _, value in metrics},
        **properties,
    }
    return json.dumps(document, separators=(",", ":"))


@cache
def _reader() -> Reader:
    client = boto3.client("batch", config=QUICK)
    return Reader(batch=client, most_jobs=int(os.environ["MOST_JOBS"]))


_unread_before: list[str] = []
"""The queues for which the run before had no time, where Lambda kept this function for another."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Take one reading of everything that can be read before Lambda would end the run.

    Environments come first, since one call tells of a hundred of them, and then queues, beginning
    with one that the run before did not come to.

    What lies in the dead-letter queue is a reading that failed. The next one has made up for it,
    and one more would count as use: it is taken out, and nothing is read.

    Raises:
        RuntimeError: something could not be, or there was no time for it; the rest is written.
    """
    if event.keys() & {"Records", FAILED_EVENT}:
        _log.info("a failed reading is not taken again")
        return

    def left() -> float:
        """Say how long a call may begin that ends before Lambda ends it."""
        remaining: float = context.get_remaining_time_in_millis() / 1000
        return remaining - QUICK_SECONDS - RESERVE_SECONDS

    namespace, now = os.environ["NAMESPACE"], time.time()
    failed: list[str] = []
    reader = replace(_reader(), left=left)
    for line in _environment_lines(reader, failed, namespace=namespace, now=now):
        print(line)  # noqa: T201 - CloudWatch reads the metrics from the log
    unread: list[str] = []
    queues = _in_turn(_told("QUEUES", failed), now)
    for queue in reader.queues(queues, now=now, failed=failed, unread=unread):
        for line in queue_lines(
            queue, namespace=namespace, now=now, per_share="PER_SHARE" in os.environ
        ):
            print(line)  # noqa: T201 - as above
    _unread_before[:] = unread
    if unread:
        _log.error(
            "there was no time for %d of %d queues: divide them among several JobGauges",
            len(unread),
            len(queues),
        )
        failed += unread
    if failed:
        raise RuntimeError(f"could not read {', '.join(dict.fromkeys(failed))}; the log says why")


def _environment_lines(
    reader: Reader, failed: list[str], *, namespace: str, now: float
) -> Iterator[str]:
    """Yield the lines of environments, for which there is half of the time."""
    reader = reader.within(reader.left() / 2)
    for some in at_once(_told("COMPUTE_ENVIRONMENTS", failed)):
        try:
            read = list(reader.environments(some))
        except (*FAILED_CALL, OutOfTimeError):
            _log.exception("cannot describe %s", ", ".join(some))
            failed.append("compute environments")
            continue
        for environment in read:
            yield environment_line(environment, namespace=namespace, now=now)
        if len(read) < len(some):
            _log.error("AWS Batch tells of %d of %s", len(read), ", ".join(some))
            failed.append("compute environments")


def _told(name: str, failed: list[str]) -> list[str]:
    """Return a list that the function is told; one that cannot be read costs the other nothing."""
    try:
        return listed(os.environ, name)
    except FAILED_CALL:
        _log.exception("cannot read the list %s", name)
        failed.append(f"the list {name}")
        return []


def _in_turn(queues: Sequence[str], now: float) -> list[str]:
    """Begin where the run before did not come to, or anywhere: a function that is new knows none.

    The milliseconds at which a run begins are as good as chance.
    """
    for unread in _unread_before:
        if unread in queues:
            start = queues.index(unread)
            break
    else:
        start = int(now * 1000) % len(queues) if queues else 0
    return [*queues[start:], *queues[:start]]
