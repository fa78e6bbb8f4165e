"""What one event of AWS Batch says about a job, whichever shape the job has."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.functions.job_events.cause import Cause, cause_of
from batch_constructs.functions.job_events.count import Counter
from batch_constructs.functions.job_events.job_event import Job
from batch_constructs.functions.job_events.job_size import JobSize

IDENTITY = {
    "jobId": "4c75",
    "jobName": "report",
    "jobQueue": "arn:aws-cn:batch:cn-north-1:123456789012:job-queue/main",
    "status": "FAILED",
}


def job(**detail: Any) -> Job:
    return Job.of({**IDENTITY, **detail}, region="us-east-1")


def needs(vcpus: str) -> dict[str, Any]:
    return {
        "resourceRequirements": [{"type": "MEMORY", "value": "9"}, {"type": "VCPU", "value": vcpus}]
    }


def test_of_a_job_that_says_next_to_nothing_nothing_is_made_up() -> None:
    bare = job()

    assert (bare.size.vcpus, bare.vcpu_hours, bare.milliseconds, bare.exit_code) == (0, 0, 0, None)
    assert (bare.allowed_attempts, bare.attempts, bare.started) == (1, (), False)
    assert (bare.cancelled, bare.terminated, bare.is_array, bare.log) == (False, False, False, None)
    assert bare.partition == "aws-cn"


def test_a_queue_that_is_named_without_an_arn_is_in_the_usual_partition() -> None:
    assert job(jobQueue="main").partition == "aws"


@pytest.mark.parametrize(
    ("attempt", "started"),
    [
        ({}, False),
        ({"startedAt": 5}, True),
        ({"container": {"exitCode": 0}}, True),
        ({"startedAt": 5, "container": {"exitCode": 1}}, True),
    ],
)
def test_an_attempt_started_when_it_has_a_start_or_an_exit_code(
    attempt: dict[str, Any],
    started: bool,  # noqa: FBT001 - expected
) -> None:
    assert job(attempts=[attempt]).started is started


@pytest.mark.parametrize(
    ("attempt", "milliseconds"),
    [
        ({"startedAt": 1000, "stoppedAt": 4000}, 3000),
        ({"startedAt": 4000, "stoppedAt": 1000}, 0),
        ({"startedAt": 1000}, 0),
        ({"stoppedAt": 1000}, 0),
    ],
)
def test_an_attempt_ran_from_its_start_to_its_stop(
    attempt: dict[str, int], milliseconds: int
) -> None:
    assert job(attempts=[attempt]).milliseconds == milliseconds


@pytest.mark.parametrize(
    ("shape", "vcpus"),
    [
        ({"container": needs("0.25")}, 0.25),
        ({"container": {"vcpus": 2}}, 2),
        ({"container": {"image": "busybox"}}, 0),
        (
            {"ecsProperties": {"taskProperties": [{"containers": [needs("1"), needs("0.5")]}]}},
            1.5,
        ),
        (
            {
                "eksProperties": {
                    "podProperties": {
                        "containers": [
                            {"resources": {"limits": {"cpu": "500m"}, "requests": {"cpu": "4"}}},
                            {"resources": {"requests": {"cpu": "2"}}},
                            {"resources": {}},
                        ]
                    }
                }
            },
            2.5,
        ),
        *(
            (
                {
                    "nodeProperties": {
                        "numNodes": 4,
                        "nodeRangeProperties": [{"targetNodes": nodes, "container": needs("2")}],
                    }
                },
                vcpus,
            )
            for nodes, vcpus in (("0:3", 8), ("1:", 6), (":1", 4), ("2", 2), ("2:2", 2))
        ),
        (
            {
                "nodeProperties": {
                    "nodeRangeProperties": [{"targetNodes": "0:", "container": needs("2")}]
                }
            },
            2,
        ),
    ],
)
def test_the_vcpus_of_all_containers_on_all_nodes_are_added_up(
    shape: dict[str, Any], vcpus: float
) -> None:
    assert job(**shape).size.vcpus == vcpus


def test_vcpu_hours_are_counted_over_all_attempts_to_the_millionth() -> None:
    attempts = [{"startedAt": 0, "stoppedAt": 1_800_000}, {"startedAt": 0, "stoppedAt": 1}]
    counted = job(container=needs("2"), attempts=attempts)
    counter: Any = Counter(claims=None, namespace="N", count_by=[])  # type: ignore[arg-type]

    line = counter.line(counted, 1.5)

    assert line["VcpuHours"] == 1.000001
    assert line["_aws"]["Timestamp"] == 1500


@pytest.mark.parametrize(
    ("shape", "group"),
    [
        ({}, "/aws/batch/job"),
        ({"container": {"logConfiguration": {"logDriver": "awslogs"}}}, "/aws/batch/job"),
        (
            {"container": {"logConfiguration": {"options": {"awslogs-group": "mine"}}}},
            "mine",
        ),
        ({"container": {"logConfiguration": {"logDriver": "splunk"}}}, None),
        ({"eksProperties": {"podProperties": {}}}, None),
    ],
)
def test_the_log_group_is_known_where_logs_go_to_cloudwatch(
    shape: dict[str, Any], group: str | None
) -> None:
    assert job(**shape).log_group == group


def test_the_log_of_the_last_attempt_that_wrote_one_is_shown() -> None:
    attempts: list[dict[str, Any]] = [
        {"container": {"logStreamName": "first"}},
        {"container": {"logStreamName": "second"}},
        {"container": {}},
    ]

    log = job(attempts=attempts).log

    assert log is not None
    assert (log.group, log.stream, log.region) == ("/aws/batch/job", "second", "us-east-1")


@pytest.mark.parametrize(
    ("quantity", "mebibytes"),
    [
        ("512Mi", 512),
        ("3Gi", 3 * 1024),
        ("2048Ki", 2),
        ("1048576k", 1000),
        ("1048.576M", 1000),
        ("1.073741824G", 1024),
        ("3145728", 3),
        (3145728, 3),
    ],
)
def test_memory_of_a_pod_is_read_in_each_of_kubernetes_units(
    quantity: str | int, mebibytes: float
) -> None:
    pod = {"containers": [{"resources": {"limits": {"memory": quantity}}}]}

    assert job(eksProperties={"podProperties": pod}).size.memory_mib == pytest.approx(
        mebibytes, rel=1e-9
    )


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ({"container": {"image": "busybox"}}, JobSize()),
        ({"container": {"vcpus": 2, "memory": 512}}, JobSize(vcpus=2, memory_mib=512)),
        (
            {
                "container": {
                    "resourceRequirements": [
                        {"type": kind, "value": value}
                        for kind, value in (("VCPU", "4"), ("MEMORY", "2048"), ("GPU", "1"))
                    ]
                }
            },
            JobSize(vcpus=4, memory_mib=2048, gpus=1),
        ),
        (
            {
                "eksProperties": {
                    "podProperties": {
                        "containers": [
                            {
                                "resources": {
                                    "requests": {"cpu": "500m", "memory": "1Gi"},
                                    "limits": {"cpu": "1500m", "nvidia.com/gpu": "2"},
                                }
                            }
                        ]
                    }
                }
            },
            JobSize(vcpus=1.5, memory_mib=1024, gpus=2),
        ),
    ],
)
def test_what_a_container_asks_for_is_read_wherever_it_says_so(
    shape: dict[str, Any], size: JobSize
) -> None:
    assert job(**shape).size == size


@pytest.mark.parametrize(
    ("attempt", "cause"),
    [
        ({}, Cause.NEVER_STARTED),
        ({"startedAt": 5}, Cause.OTHER),
        ({"statusReason": "Host EC2 (instance i-1) terminated."}, Cause.SPOT_RECLAIMED),
        ({"container": {"reason": "OutOfMemoryError: killed"}}, Cause.OUT_OF_MEMORY),
    ],
)
def test_what_an_attempt_says_tells_why_its_job_failed(
    attempt: dict[str, Any], cause: Cause
) -> None:
    assert cause_of(job(attempts=[attempt])) is cause
