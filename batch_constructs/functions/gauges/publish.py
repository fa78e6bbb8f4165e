"""Write readings as CloudWatch metrics, in the embedded metric format, one line each.

Environment: ``NAMESPACE``; ``QUEUES`` and ``COMPUTE_ENVIRONMENTS``: ARNs separated by commas;
``MOST_JOBS``; ``PER_SHARE`` set for a metric a share identifier.
"""

from __future__ import annotations

import json
import logging
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from batch_constructs.functions.described import at_once
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
        ("VcpusInUse", "None", reading.vcpus),
    ]
    if reading.max_vcpus:
        used = round(reading.vcpus / reading.max_vcpus * _PERCENT, 1)
        metrics.append(("VcpuUtilization", "Percent", used))
    yield _line(namespace, dimensions, metrics, now, CountedAll=reading.counted_all)
    if per_share:
        for share, vcpus in reading.shares.items():
            by_share = {**dimensions, "ShareIdentifier": share}
            yield _line(namespace, by_share, [("VcpusInUse", "None", vcpus)], now)


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
        "_aws": {
            "Timestamp": int(now * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit, _ in metrics],
                }
            ],
        },
        **dimensions,
        **{name: value for name, _, value in metrics},
        **properties,
    }
    return json.dumps(document, separators=(",", ":"))


@cache
def _reader() -> Reader:
    return Reader(batch=boto3.client("batch"), most_jobs=int(os.environ["MOST_JOBS"]))


def handler(event: object, context: Any) -> None:
    """Take one reading of everything that can be read.

    Raises:
        RuntimeError: something could not be; the rest is written.
    """
    del event, context
    namespace, now = os.environ["NAMESPACE"], time.time()
    failed: list[str] = []
    for queue in _reader().queues(listed(os.environ, "QUEUES"), now=now, failed=failed):
        for line in queue_lines(
            queue, namespace=namespace, now=now, per_share="PER_SHARE" in os.environ
        ):
            print(line)  # noqa: T201 - CloudWatch reads the metrics from the log
    for some in at_once(listed(os.environ, "COMPUTE_ENVIRONMENTS")):
        try:
            for environment in _reader().environments(some):
                print(environment_line(environment, namespace=namespace, now=now))  # noqa: T201 - as above
        except (BotoCoreError, ClientError):
            _log.exception("cannot read the compute environments")
            failed.append("compute environments")
    if failed:
        raise RuntimeError(f"could not read {', '.join(failed)}; the log says why")
