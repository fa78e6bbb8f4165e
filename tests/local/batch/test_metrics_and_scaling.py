"""What AWS Batch publishes to CloudWatch by itself, and how many vCPUs an environment has."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.aws.metrics import NATIVE_METRICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, ManualClock, RecordingPorts


def _published(ports: RecordingPorts) -> Counter[str]:
    """Add up what was published of each metric that counts."""
    totals: Counter[str] = Counter()
    for one in ports.metrics:
        assert one["Dimensions"] == [{"Name": "JobQueueName", "Value": "queue"}]
        if one["Unit"] == "Count":
            pairs = zip(one["Values"], one["Counts"], strict=True)
            totals[one["MetricName"]] += int(sum(value * count for value, count in pairs))
    return totals


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_moves_of_jobs_are_published_as_the_metrics_of_the_service(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.definition("sh", "-c", "exit 1", retryStrategy={"attempts": 2})
    job = ready.submit()
    ready.ended(job)
    ready.definition("true")
    array = ready.submit(arrayProperties={"size": 2})
    ready.ended(array)
    _until(lambda: _published(ports)["JobsMovedToSucceeded"] == 2)

    assert _published(ports) == {
        "JobsSubmitted": 3,
        "JobsMovedToRunnable": 4,
        "JobsMovedToStarting": 4,
        "JobsMovedToRunning": 4,
        "JobsRetried": 1,
        "JobsMovedToFailed": 1,
        "JobsMovedToSucceeded": 2,
    }
    assert {one["MetricName"] for one in ports.metrics} < set(NATIVE_METRICS)
    durations = Counter(one["MetricName"] for one in ports.metrics if "Duration" in str(one))
    assert durations["JobAttemptExecutionDuration"]
    assert durations["JobAttemptDuration"]


def test_a_terminated_job_counts_as_failed_and_as_terminated(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.definition("sleep", "600")
    job = ready.submit()
    ready.until(job, "RUNNING")

    ready.batch.terminate_job(jobId=job, reason="enough")
    ready.ended(job)
    _until(lambda: _published(ports)["JobsMovedToFailed"] == 1)

    assert _published(ports)["JobsTerminated"] == 1


def test_desired_vcpus_follow_the_jobs_and_stay_for_the_scale_down_delay(
    make_account: Callable[..., tuple[Account, BatchService]], clock: ManualClock
) -> None:
    account, _ = make_account(clock=clock)
    account.batch.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "minvCpus": 1,
            "maxvCpus": 8,
            "instanceTypes": ["m7i.large"],
            "subnets": ["subnet-1"],
            "scalingPolicy": {"minScaleDownDelayMinutes": 20},
        },
    )
    account.queue()
    account.definition("sleep", "600", vcpus=2)

    def desired() -> Any:
        (found,) = account.batch.describe_compute_environments()["computeEnvironments"]
        return found["computeResources"]["desiredvCpus"]

    assert desired() == 1
    job = account.submit()
    account.until(job, "RUNNING")
    assert desired() == 2
    with pytest.raises(ClientError, match="desiredvCpus should be between minvCpus and maxvCpus"):
        account.batch.update_compute_environment(
            computeEnvironment="ce", computeResources={"maxvCpus": 1}
        )
    account.batch.terminate_job(jobId=job, reason="enough")
    account.ended(job)
    assert desired() == 2
    clock.seconds += 20 * 60
    assert desired() == 1
    account.batch.update_compute_environment(
        computeEnvironment="ce", computeResources={"maxvCpus": 1}
    )
