"""What ``local status`` prints fits a terminal of 80 columns."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from batch_constructs.local.status_tables import status_tables

QUEUE = "Demo-HighPriorityQueueE0B1F2A3-4c5d6e7f80910a2b"
ENVIRONMENT = "Demo-SpotComputeEnvironment12345678-abcdefghijklmnop"
DEFINITION = "Demo-ReportJobDefinition0A1B2C3D-0123456789abcdef"
JOBS: list[dict[str, Any]] = [
    {
        "jobId": f"8f9c0e1e-2b6c-4d3e-9c8e-{number:012d}",
        "jobName": "a-name-that-is-rather-long-for-a-line",
        "status": "RUNNABLE",
        "createdAt": 1_790_000_000_000 + number,
        "statusReason": (
            "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job "
            "queue cannot meet the CPU requirement of the job."
        ),
    }
    for number in range(25)
]


class Batch:
    """A client that answers every question with what there is here."""

    def get_paginator(self, operation: str) -> Any:
        answers: dict[str, Any] = {
            "describe_job_queues": {
                "jobQueues": [
                    {"jobQueueName": QUEUE, "jobQueueArn": "q", "priority": 1, "state": "ENABLED"}
                ]
            },
            "describe_job_definitions": {
                "jobDefinitions": [
                    {"jobDefinitionName": DEFINITION, "revision": revision} for revision in (10, 9)
                ]
            },
            "describe_compute_environments": {
                "computeEnvironments": [
                    {
                        "computeEnvironmentName": ENVIRONMENT,
                        "state": "ENABLED",
                        "status": "VALID",
                        "computeResources": {"type": "SPOT", "maxvCpus": 256},
                    }
                ]
            },
        }

        class Paginator:
            def paginate(self, jobStatus: str = "", **_: Any) -> Any:  # noqa: N803 - boto3's
                jobs = [job for job in JOBS if job["status"] == jobStatus]
                return [answers.get(operation, {"jobSummaryList": jobs})]

        return Paginator()


@pytest.fixture
def lines() -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80, emoji=False).print(status_tables(Batch()))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_no_line_is_longer_than_the_terminal_is_wide(lines: list[str]) -> None:
    assert max(map(len, lines)) <= 80


def test_names_and_job_ids_stand_whole_in_one_line(lines: list[str]) -> None:
    text = "\n".join(lines)

    assert QUEUE in text
    assert ENVIRONMENT in text
    assert f"{DEFINITION}:10" in text, "who submits has to know what it is called"
    assert f"{DEFINITION}:9" not in text
    assert all(job["jobId"] in text for job in JOBS[5:])
    assert "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE" in text


def test_the_oldest_jobs_are_counted(lines: list[str]) -> None:
    assert "    and 5 older ones" in lines
    assert "    priority 1, ENABLED: 25 RUNNABLE" in lines
