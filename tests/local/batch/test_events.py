"""Events look like the samples AWS publishes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch.api_model import SERVICE_MODEL

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account, RecordingPorts

SAMPLE_ENVELOPE = {
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
}
SAMPLE_DETAIL = {
    "jobArn",
    "jobName",
    "jobId",
    "jobQueue",
    "status",
    "attempts",
    "createdAt",
    "retryStrategy",
    "dependsOn",
    "jobDefinition",
    "parameters",
    "container",
    "propagateTags",
    "platformCapabilities",
}
SAMPLE_CONTAINER = {
    "image",
    "command",
    "volumes",
    "environment",
    "mountPoints",
    "ulimits",
    "networkInterfaces",
    "resourceRequirements",
    "secrets",
}
"""https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html"""


def event(ports: RecordingPorts, job_id: str, status: str) -> dict[str, Any]:
    (found,) = (
        e
        for e in ports.events
        if e["detail"]["jobId"] == job_id and e["detail"]["status"] == status
    )
    return found


def test_a_state_change_has_every_field_of_the_sample(
    ready: Account, ports: RecordingPorts
) -> None:
    job = ready.run("true", retryStrategy={"attempts": 2})

    runnable = event(ports, job["jobId"], "RUNNABLE")

    assert set(runnable) == SAMPLE_ENVELOPE
    assert runnable["detail-type"] == "Batch Job State Change"
    assert (runnable["source"], runnable["version"]) == ("aws.batch", "0")
    assert (runnable["account"], runnable["region"]) == ("123456789012", "us-east-1")
    assert runnable["resources"] == [job["jobArn"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", runnable["time"])
    assert set(runnable["detail"]) >= SAMPLE_DETAIL
    assert set(runnable["detail"]["container"]) >= SAMPLE_CONTAINER
    assert runnable["detail"]["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}
    assert runnable["detail"]["attempts"] == []
    assert "startedAt" not in runnable["detail"]


def test_every_field_of_an_event_is_one_of_job_detail(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.definition("true")
    ready.ended(ready.submit(arrayProperties={"size": 2}))

    members = SERVICE_MODEL.shape_for("JobDetail").members
    for each in ports.events:
        assert set(each["detail"]) <= set(members)


def test_a_failure_tells_exit_code_and_reason(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run("sh", "-c", "exit 9")

    detail = event(ports, job["jobId"], "FAILED")["detail"]

    assert detail["statusReason"] == "Essential container in task exited"
    assert detail["container"]["exitCode"] == 9
    assert detail["container"]["logStreamName"] == job["container"]["logStreamName"]
    assert len(detail["attempts"]) == 1
    assert detail["startedAt"] <= detail["stoppedAt"]


def test_parents_and_children_of_an_array_can_be_told_apart(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.definition("true")
    parent = ready.submit(arrayProperties={"size": 2})
    ready.ended(parent)

    child = event(ports, f"{parent}:1", "SUCCEEDED")["detail"]["arrayProperties"]
    whole = event(ports, parent, "SUCCEEDED")["detail"]["arrayProperties"]

    assert child == {"index": 1}
    assert (whole["size"], whole["statusSummary"]["SUCCEEDED"]) == (2, 2)
    assert "index" not in whole
    pending = event(ports, parent, "PENDING")["detail"]["arrayProperties"]
    assert pending["statusSummary"]["SUCCEEDED"] == 0


def test_an_event_shows_the_job_as_it_was_then(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run("sh", "-c", "[ $AWS_BATCH_JOB_ATTEMPT = 2 ]", retryStrategy={"attempts": 2})

    attempts = [
        len(e["detail"]["attempts"]) for e in ports.events if e["detail"]["jobId"] == job["jobId"]
    ]

    assert attempts == [0, 0, 0, 1, 1, 1, 2]
