"""`why`: the cause with its fix, from what AWS Batch answers."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from click.testing import CliRunner

from batch_constructs.cli import main
from batch_constructs.client import deadline
from batch_constructs.client.why import Why, why

ARN = "arn:aws:batch:eu-west-1:123456789012:"
QUEUE = f"{ARN}job-queue/q"


def job(status: str, **more: Any) -> dict[str, Any]:
    return {
        "jobId": "j",
        "jobName": "n",
        "jobQueue": QUEUE,
        "jobDefinition": f"{ARN}job-definition/d:1",
        "status": status,
        "startedAt": 0,
        **more,
    }


def answer(*answers: tuple[str, dict[str, Any]]) -> Why:
    """Ask why, with the answers that AWS gives, in their order; all must be asked for."""
    batch = boto3.client(
        "batch", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(batch) as stub:
        for operation, given in answers:
            stub.add_response(operation, given)
        found = why(batch, "j")
        stub.assert_no_pending_responses()
    return found


def waiting(
    queue: dict[str, Any] | None = None, vcpus: str = "1", reason: str = "", **environment: Any
) -> list[str]:
    """Ask about a job that is RUNNABLE."""
    order = [{"order": 1, "computeEnvironment": f"{ARN}compute-environment/e"}]
    there = {
        "jobQueueName": "q",
        "jobQueueArn": QUEUE,
        "state": "ENABLED",
        "status": "VALID",
        "priority": 1,
        "computeEnvironmentOrder": order,
        **(queue or {}),
    }
    runs = {
        "computeEnvironmentName": "e",
        "computeEnvironmentArn": f"{ARN}compute-environment/e",
        "state": "ENABLED",
        "status": "VALID",
        "computeResources": {"type": "EC2", "maxvCpus": 8, "subnets": []},
        **environment,
    }
    wants = {"resourceRequirements": [{"type": "VCPU", "value": vcpus}]}
    asked = job("RUNNABLE", container=wants, statusReason=reason)
    found = answer(
        ("describe_jobs", {"jobs": [asked]}),
        ("describe_job_queues", {"jobQueues": [there]}),
        ("describe_compute_environments", {"computeEnvironments": [runs]}),
    )
    return [str(one) for one in found.reasons]


def failed(**more: Any) -> str:
    (reason,) = answer(("describe_jobs", {"jobs": [job("FAILED", **more)]})).reasons
    return str(reason)


def test_a_job_that_is_well_has_no_reasons() -> None:
    assert answer(("describe_jobs", {"jobs": [job("RUNNING")]})).reasons == ()
    assert waiting() == []


def test_a_job_that_does_not_exist_is_said() -> None:
    with pytest.raises(LookupError, match="there is no job j"):
        answer(("describe_jobs", {"jobs": []}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "DISABLED"}, "e is DISABLED; enable it: aws batch update-compute-environment"),
        ({"status": "INVALID", "statusReason": "no role"}, "e is INVALID: no role; fix"),
        ({"computeResources": {"type": "EC2", "maxvCpus": 0, "subnets": []}}, "no vCPUs; raise"),
        ({"queue": {"status": "INVALID", "statusReason": "gone"}}, "q is INVALID: gone; fix"),
        ({"vcpus": "16"}, "needs 16 vCPUs, but no compute environment of its queue can have more"),
        ({"reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - x"}, "MENT - x; request less"),
        ({"reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - x"}, "TY - x; allow more instance"),
        ({"reason": "something new"}, "something new; fix what it names"),
    ],
)
def test_what_keeps_a_job_waiting_is_said_with_its_fix(change: dict[str, Any], said: str) -> None:
    (reason,) = waiting(**change)

    assert said in reason


def test_a_job_that_wants_all_there_may_be_is_not_too_large() -> None:
    assert waiting(vcpus="8") == []


def test_a_job_that_waits_for_another_names_it() -> None:
    others = [job("FAILED", jobId="a", jobName="first"), job("SUCCEEDED", jobId="b")]

    found = answer(
        ("describe_jobs", {"jobs": [job("PENDING", dependsOn=[{"jobId": "a"}, {"jobId": "b"}])]}),
        ("describe_jobs", {"jobs": others}),
    )

    assert [str(one) for one in found.reasons] == [
        "it waits for first (a), FAILED; ask: batch-constructs why a"
    ]


def test_a_spot_interruption_says_how_to_retry() -> None:
    said = failed(statusReason="Host EC2 (instance i-1) terminated.")

    assert said.startswith("Host EC2 (instance i-1) terminated.; retry it: RetryPolicy.on_spot")


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        (
            "ResourceInitializationError: unable to pull secrets: the secret is no JSON object",
            "put a JSON object with that key into the secret: aws secretsmanager put-secret-value",
        ),
        ("ResourceInitializationError: unable to pull secrets", "allow the execution role to read"),
        ("CannotPullContainerError: not found", "check the image's name, the execution role's"),
        ('CannotStartContainerError: exec: "x": not found', "let command begin with a"),
        ("ResourceInitializationError: unable to mount", "fix what the reason names: the image"),
    ],
)
def test_what_kept_a_container_from_starting_has_a_fix_of_its_own(reason: str, fix: str) -> None:
    attempt = {"container": {"reason": reason}, "stoppedAt": 2}

    said = failed(statusReason=reason, attempts=[attempt])

    assert said.startswith(f"{reason}; {fix}")


def test_an_exit_code_leads_to_the_log() -> None:
    attempt = {"container": {"exitCode": 3}, "startedAt": 1, "stoppedAt": 2}

    said = failed(statusReason="Essential container in task exited", attempts=[attempt])

    assert said == (
        "Essential container in task exited, exit code 3; read its log: batch-constructs logs j"
    )


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("FAILED", 1, "j is FAILED\n  gone; read its log: batch-constructs logs j\n"),
        ("RUNNING", 0, "j is RUNNING\n"),
    ],
)
def test_the_command_says_it_and_ends_accordingly(
    status: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Batch:
        def describe_jobs(self, **_: Any) -> dict[str, Any]:
            return {"jobs": [job(status, statusReason="gone", attempts=[{"startedAt": 1}])]}

    monkeypatch.setattr(deadline, "patient_client", lambda *_: Batch())

    done = CliRunner().invoke(main, ["why", "j"])

    assert (done.exit_code, done.output) == (code, said)

    as_json = CliRunner().invoke(main, ["why", "j", "--json"])

    assert as_json.exit_code == code
    assert json.loads(as_json.output)["status"] == status


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (None, "  | last words"),
        ("AccessDenied", "  (not read: An error"),
        ("ResourceNotFoundException: The specified log stream does not exist.", "  exit code 1; "),
        ("ResourceNotFoundException: The specified log group does not exist.", "  (not read: An"),
    ],
)
def test_the_command_shows_the_log_if_there_is_one_or_says_that_it_is_denied(
    monkeypatch: pytest.MonkeyPatch, error: str | None, shown: str
) -> None:
    class Service:
        def describe_jobs(self, **_: Any) -> dict[str, Any]:
            written = {"exitCode": 1, "logStreamName": "s"}
            return {"jobs": [job("FAILED", attempts=[{"container": written}])]}

        def get_log_events(self, **_: Any) -> dict[str, Any]:
            if error:
                code, words = [*error.split(": "), ""][:2]
                raise ClientError({"Error": {"Code": code, "Message": words}}, "GetLogEvents")
            return {"events": [{"message": "last words"}]}

    monkeypatch.setattr(deadline, "patient_client", lambda *_: Service())

    done = CliRunner().invoke(main, ["why", "j"])

    assert done.output.splitlines()[-1].startswith(shown)
    assert done.exit_code == 1


def test_the_command_says_in_one_line_that_there_is_no_such_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Batch:
        def describe_jobs(self, **_: Any) -> dict[str, Any]:
            return {"jobs": []}

    monkeypatch.setattr(deadline, "patient_client", lambda *_: Batch())

    done = CliRunner().invoke(main, ["why", "j"])

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
