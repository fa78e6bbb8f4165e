"""What becomes of a job: states, environment, output, exit codes, retries, ends on request."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.aws.submit_job import OVERRIDES_BYTES, overrides_length
from batch_constructs.local.batch import SecretReference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, RecordingPorts

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"


def test_a_job_goes_through_its_states_to_success(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run("true")

    assert job["status"] == "SUCCEEDED"
    assert job["statusReason"] == "Essential container in task exited"
    assert job["container"]["exitCode"] == 0
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert ports.states(job["jobId"]) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_the_submission_is_answered_before_anything_happens(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    ready.definition("true")

    job = ready.until(ready.submit(), "RUNNABLE")

    assert job["attempts"] == []
    assert "startedAt" not in job
    assert "SUBMITTED" not in ports.states(job["jobId"])


def test_a_job_sees_its_environment(ready: Account, ports: RecordingPorts) -> None:
    ports.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4566"
    role = "arn:aws:iam::123456789012:role/job"
    ready.definition(
        "env",
        container={
            "environment": [{"name": "COLOUR", "value": "red"}, {"name": "KEPT", "value": "yes"}],
            "jobRoleArn": role,
        },
    )

    job = ready.ended(
        ready.submit(
            containerOverrides={
                "environment": [{"name": "COLOUR", "value": "blue"}, {"name": "NEW", "value": "1"}]
            }
        )
    )

    variables = dict(line.split("=", 1) for line in ready.log(job))
    assert variables["COLOUR"] == "blue"
    assert variables["KEPT"] == "yes"
    assert variables["NEW"] == "1"
    assert variables["ROLE"] == role
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert {name: value for name, value in variables.items() if "BATCH" in name} == {
        "AWS_BATCH_JOB_ID": job["jobId"],
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JQ_NAME": "queue",
        "AWS_BATCH_CE_NAME": "ce",
    }
    assert variables["HOME"] != os.environ["HOME"]
    assert variables["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"


def test_parameters_replace_placeholders(ready: Account) -> None:
    ready.definition(
        "echo", "Ref::greeting", "Ref::name", "Ref::missing", parameters={"greeting": "hello"}
    )

    job = ready.ended(ready.submit(parameters={"name": "world"}))

    assert ready.log(job) == ["hello world Ref::missing"]
    assert job["parameters"] == {"greeting": "hello", "name": "world"}


def test_command_and_resources_can_be_overridden(ready: Account) -> None:
    ready.definition("false")

    job = ready.ended(
        ready.submit(
            containerOverrides={
                "command": ["true"],
                "resourceRequirements": [{"type": "VCPU", "value": "2"}],
            }
        )
    )

    assert job["status"] == "SUCCEEDED"
    required = {r["type"]: r["value"] for r in job["container"]["resourceRequirements"]}
    assert required == {"VCPU": "2", "MEMORY": "2048"}


def test_secrets_are_in_the_environment_and_nowhere_else(
    ready: Account, ports: RecordingPorts, tmp_path: Path
) -> None:
    ports.secrets[SecretReference(secret_id=SECRET)] = "whole"
    ports.secrets[
        SecretReference(secret_id=SECRET, json_key="password", version_stage="AWSPREVIOUS")
    ] = "s3cr3t-value"
    ports.parameters["/app/level"] = "high"

    job = ready.run(
        "sh",
        "-c",
        'test "$WHOLE/${#PASSWORD}/$LEVEL" = whole/12/high',
        container={
            "secrets": [
                {"name": "WHOLE", "valueFrom": SECRET},
                {"name": "PASSWORD", "valueFrom": f"{SECRET}:password:AWSPREVIOUS:"},
                {"name": "LEVEL", "valueFrom": "/app/level"},
            ]
        },
    )

    assert job["status"] == "SUCCEEDED"
    assert set(ports.roles) == {"arn:aws:iam::123456789012:role/execution"}
    assert "s3cr3t" not in str((job, ports.events, ports.logs))
    assert not any(b"s3cr3t" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_secret_that_cannot_be_read_fails_the_job(ready: Account) -> None:
    job = ready.run("true", container={"secrets": [{"name": "PASSWORD", "valueFrom": SECRET}]})

    assert job["status"] == "FAILED"
    assert job["statusReason"].startswith("ResourceInitializationError: unable to pull secrets")
    assert SECRET in job["statusReason"]


def test_a_command_that_is_not_here_fails_with_a_clear_reason(ready: Account) -> None:
    job = ready.run("no-such-program")

    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert job["container"]["reason"] == (
        "CannotStartContainerError: the job runs as a process here; 'no-such-program' was not "
        "found on this machine"
    )


def test_a_definition_without_a_command_fails_with_a_clear_reason(ready: Account) -> None:
    job = ready.run()

    assert job["status"] == "FAILED"
    assert "no command" in job["container"]["reason"]


@pytest.mark.parametrize(
    "left",
    [
        "touch here .hidden; mkdir -p a/b",
        "chmod 700 .",
        "rmdir $PWD",
        "rmdir $PWD; ln -s /usr $PWD",
    ],
)
def test_a_job_begins_in_an_empty_directory_whatever_the_one_before_did_to_its_own(
    left: str, ready: Account
) -> None:
    ready.definition("sh", "-c", f"stat -c %a .; ls -A; {left}")
    first, second, third = (ready.log(ready.ended(ready.submit())) for _ in range(3))

    assert first == second == third
    assert len(first) == 1


def test_jobs_that_run_at_once_work_in_directories_of_their_own(ready: Account) -> None:
    ready.definition("sh", "-c", "pwd; exec sleep 600")
    jobs = [ready.until(ready.submit(), "RUNNING") for _ in range(2)]
    ready.wait_for(lambda: all(ready.log(job) for job in jobs))

    assert ready.log(jobs[0]) != ready.log(jobs[1])


def test_the_exit_code_of_what_a_signal_ended_is_128_and_its_number(ready: Account) -> None:
    job = ready.run("sh", "-c", "kill -KILL $$")

    assert job["container"]["exitCode"] == 137


def test_an_exit_code_is_reported_for_every_attempt(ready: Account) -> None:
    job = ready.run(
        "sh", "-c", "exit $((40 + AWS_BATCH_JOB_ATTEMPT))", retryStrategy={"attempts": 3}
    )

    assert job["status"] == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [41, 42, 43]
    assert job["container"]["exitCode"] == 43
    streams = {attempt["container"]["logStreamName"] for attempt in job["attempts"]}
    assert len(streams) == 3


def test_a_retry_can_succeed(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run("sh", "-c", "[ $AWS_BATCH_JOB_ATTEMPT = 2 ]", retryStrategy={"attempts": 3})

    assert job["status"] == "SUCCEEDED"
    assert len(job["attempts"]) == 2
    assert ports.states(job["jobId"]).count("RUNNABLE") == 2


@pytest.mark.parametrize(
    ("rule", "attempts"),
    [
        ({"onExitCode": "3", "action": "EXIT"}, 1),
        ({"onExitCode": "4", "action": "EXIT"}, 3),
        ({"onStatusReason": "Essential*", "action": "exit"}, 1),
        ({"onExitCode": "3", "onReason": "OutOfMemory*", "action": "EXIT"}, 3),
    ],
)
def test_rules_decide_about_retries(rule: dict[str, str], attempts: int, ready: Account) -> None:
    job = ready.run("sh", "-c", "exit 3", retryStrategy={"attempts": 3, "evaluateOnExit": [rule]})

    assert len(job["attempts"]) == attempts


def test_a_waiting_job_can_be_cancelled(ready: Account) -> None:
    ready.definition("sleep", "600")
    running = [ready.submit() for _ in range(2)]
    for each in running:
        ready.until(each, "RUNNING")
    waiting = ready.submit()

    ready.batch.cancel_jobs(jobs=[waiting, running[0], "unknown"], reason="changed my mind")

    job = ready.ended(waiting)
    assert (job["status"], job["statusReason"]) == ("FAILED", "changed my mind")
    assert job["isCancelled"]
    assert job["attempts"] == []
    assert ready.job(running[0])["status"] == "RUNNING"


def test_a_terminated_job_is_not_retried(ready: Account) -> None:
    ready.definition("sleep", "600", retryStrategy={"attempts": 5})
    running = ready.submit()
    ready.until(running, "RUNNING")

    answer = ready.batch.terminate_jobs(jobs=[running], reason="enough")

    job = ready.ended(running)
    assert answer["successful"] == [running]
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert job["isTerminated"]
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [143]


def test_a_reclaimed_job_is_retried_as_its_rules_say(ready: Account, service: Any) -> None:
    ready.definition(
        "sh",
        "-c",
        "[ $AWS_BATCH_JOB_ATTEMPT = 2 ] || exec sleep 600",
        retryStrategy={
            "attempts": 2,
            "evaluateOnExit": [
                {"onStatusReason": "Host EC2*", "action": "RETRY"},
                {"onReason": "*", "action": "EXIT"},
            ],
        },
    )
    running = ready.submit()
    ready.until(running, "RUNNING")

    service.reclaim(running)

    job = ready.ended(running)
    assert job["status"] == "SUCCEEDED"
    first = job["attempts"][0]
    assert first["statusReason"].startswith("Host EC2 (instance i-")
    assert first["statusReason"].endswith(") terminated.")
    assert "exitCode" not in first["container"]


def test_only_a_running_job_can_be_reclaimed(ready: Account, service: Any) -> None:
    job = ready.run("true")

    with pytest.raises(Exception, match="it is SUCCEEDED, not RUNNING"):
        service.reclaim(job["jobId"])
    with pytest.raises(Exception, match="not known"):
        service.reclaim("unknown")


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"jobName": "-x"}, 'jobName is "-x"; allowed: 1 to 128 letters'),
        ({"arrayProperties": {"size": 1}}, "arrayProperties.size is 1; allowed: whole numbers"),
        ({"dependsOn": [{"jobId": "unknown"}]}, "job unknown in dependsOn does not exist"),
        ({"dependsOn": [{"type": "SEQUENTIAL"}]}, "only array jobs can have .* SEQUENTIAL"),
        (
            {"dependsOn": [{"jobId": "x"}] * 21},
            "dependsOn has 21 dependencies; allowed",
        ),
        ({"shareIdentifier": "a"}, "no fair-share scheduling policy"),
        (
            {"timeout": {"attemptDurationSeconds": 5}},
            "is 5 seconds; allowed: 60 seconds or more",
        ),
        ({"jobQueue": "other"}, "job-queue/other does not exist"),
        ({"jobDefinition": "other"}, "other does not exist"),
        (
            {"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}},
            "AWS_BATCH",
        ),
        ({"parameters": {"a": "x" * 40_000}}, "Job size must be less than 30 KiB"),
    ],
)
def test_a_submission_that_aws_batch_refuses_is_refused(
    request_: dict[str, Any], problem: str, ready: Account
) -> None:
    ready.definition("true")

    with pytest.raises(ClientError, match=problem):
        ready.submit(**request_)


def test_log_settings_are_followed(ready: Account, ports: RecordingPorts) -> None:
    job = ready.run(
        "echo",
        "hello",
        container={
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/my/group", "awslogs-stream-prefix": "mine"},
            }
        },
    )

    stream = job["container"]["logStreamName"]
    assert stream.startswith("mine/default/")
    assert ports.logs["/my/group", stream] == ["hello"]
    assert job["container"]["taskArn"].endswith(stream.rpartition("/")[2])


def test_containers_of_a_job_run_in_their_order(ready: Account, ports: RecordingPorts) -> None:
    sizes = [{"type": "VCPU", "value": "0.5"}, {"type": "MEMORY", "value": "512"}]

    def container(name: str, command: str, **more: Any) -> dict[str, Any]:
        shell = ["sh", "-c", command]
        return {"name": name, "image": "i", "command": shell, "resourceRequirements": sizes} | more

    ready.batch.register_job_definition(
        jobDefinitionName="job",
        type="container",
        platformCapabilities=["FARGATE"],
        ecsProperties={
            "taskProperties": [
                {
                    "containers": [
                        container("sidecar", "sleep 600", essential=False),
                        container("init", "echo ready > flag", essential=False),
                        container(
                            "main",
                            "cat flag; exit 7",
                            dependsOn=[
                                {"containerName": "init", "condition": "SUCCESS"},
                                {"containerName": "sidecar", "condition": "START"},
                            ],
                        ),
                    ]
                }
            ]
        },
    )

    job = ready.ended(ready.submit())

    (task,) = job["ecsProperties"]["taskProperties"]
    outcomes = {c["name"]: c.get("exitCode") for c in task["containers"]}
    assert job["status"] == "FAILED"
    assert outcomes == {"sidecar": 143, "init": 0, "main": 7}
    (main,) = (c["logStreamName"] for c in task["containers"] if c["name"] == "main")
    assert ports.logs["/aws/batch/job", main] == ["ready"]
    (attempt,) = job["attempts"]
    assert len(attempt["taskProperties"][0]["containers"]) == 3


def task_of(account: Account, *containers: dict[str, Any]) -> None:
    sizes = [{"type": "VCPU", "value": "0.5"}, {"type": "MEMORY", "value": "512"}]
    account.batch.register_job_definition(
        jobDefinitionName="job",
        type="container",
        platformCapabilities=["FARGATE"],
        ecsProperties={
            "taskProperties": [
                {
                    "containers": [
                        {"image": "i", "resourceRequirements": sizes, **one} for one in containers
                    ]
                }
            ]
        },
    )


def test_a_firelens_router_runs_and_what_is_for_it_goes_to_the_group_of_jobs(
    ready: Account, ports: RecordingPorts
) -> None:
    task_of(
        ready,
        {
            "name": "router",
            "command": ["sh", "-c", "touch routes; exec sleep 600"],
            "essential": False,
            "firelensConfiguration": {"type": "fluentbit"},
        },
        {
            "name": "main",
            "command": ["sh", "-c", "until [ -e routes ]; do sleep 0.01; done; echo logged"],
            "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "s3"}},
            "dependsOn": [{"containerName": "router", "condition": "START"}],
        },
    )

    job = ready.ended(ready.submit())

    containers = job["ecsProperties"]["taskProperties"][0]["containers"]
    streams = {one["name"]: one["logStreamName"] for one in containers}
    assert job["status"] == "SUCCEEDED"
    assert ports.logs["/aws/batch/job", streams["main"]] == ["logged"]


def test_a_container_is_killed_after_its_own_stop_timeout(
    make_account: Callable[..., tuple[Account, BatchService]],
) -> None:
    account, _ = make_account(grace_seconds=10_000)
    account.environment()
    account.queue()
    deaf = "trap '' TERM; echo > deaf; while true; do sleep 600; done"
    task_of(
        account,
        {"name": "deaf", "command": ["sh", "-c", deaf], "essential": False, "stopTimeout": 2},
        {"name": "main", "command": ["sh", "-c", "until test -e deaf; do sleep 0.1; done"]},
    )

    (task,) = account.ended(account.submit())["ecsProperties"]["taskProperties"]

    assert {c["name"]: c["exitCode"] for c in task["containers"]} == {"deaf": 137, "main": 0}


def test_what_waits_for_a_container_beyond_its_start_timeout_is_not_started(
    ready: Account,
) -> None:
    waits = [{"containerName": "slow", "condition": "COMPLETE"}]
    slow = ["sleep", "600"]
    task_of(
        ready,
        {"name": "slow", "command": slow, "essential": False, "startTimeout": 2},
        {"name": "main", "command": ["true"], "dependsOn": waits},
    )

    job = ready.ended(ready.submit())

    (task,) = job["ecsProperties"]["taskProperties"]
    found = {c["name"]: (c.get("exitCode"), c.get("reason")) for c in task["containers"]}
    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert found["slow"] == (143, None)
    assert found["main"][0] is None
    assert "waited for slow longer than its startTimeout" in found["main"][1]


def test_a_job_can_be_terminated_while_its_secrets_are_being_fetched(
    ready: Account, ports: RecordingPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> str:
        asked.set()
        answer.wait()
        return "value"

    monkeypatch.setattr(ports, "secret_value", slow)
    ready.definition(
        "true",
        container={"secrets": [{"name": "PASSWORD", "valueFrom": SECRET}]},
        retryStrategy={"attempts": 3},
    )
    starting = ready.submit()
    asked.wait()
    ready.until(starting, "STARTING")

    ready.batch.terminate_job(jobId=starting, reason="enough")
    answer.set()

    job = ready.ended(starting)
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert "RUNNING" not in ports.states(starting)
    assert ready.run("true")["status"] == "SUCCEEDED"


def test_a_job_that_is_submitted_before_the_service_starts_runs_when_it_has(
    make_account: Callable[..., tuple[Account, BatchService]], ports: RecordingPorts
) -> None:
    account, service = make_account(started=False)
    account.environment()
    account.queue()
    account.definition("true")
    first = account.submit()
    second = account.submit(dependsOn=[{"jobId": first}], arrayProperties={"size": 2})

    service.start()

    assert account.ended(second)["status"] == "SUCCEEDED"
    assert ports.states(first).count("RUNNABLE") == 1


DEFAULT_ON_SPOT = {
    "attempts": 3,
    "evaluateOnExit": [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ],
}


def test_a_job_exits_for_any_reason_by_the_rule_for_any_reason(ready: Account) -> None:
    job = ready.run("sh", "-c", "exit 3", retryStrategy=DEFAULT_ON_SPOT)

    assert len(job["attempts"]) == 1


def default_strategy() -> dict[str, Any]:
    """Return the library's own default policy, as the API spells it."""
    import aws_cdk as cdk

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.retry_policy import RetryPolicy, retry_strategy
    from batch_constructs.local.cloudformation.property_values import to_request

    properties = retry_strategy(Arguments(cdk.App()), RetryPolicy())
    request = {"JobName": "x", "JobQueue": "x", "JobDefinition": "x", "RetryStrategy": properties}
    strategy: dict[str, Any] = to_request("SubmitJob", request)["retryStrategy"]
    return strategy


def test_a_job_under_the_library_s_default_policy_is_tried_once_when_its_program_fails(
    ready: Account,
) -> None:
    job = ready.run("sh", "-c", "exit 3", retryStrategy=default_strategy())

    assert len(job["attempts"]) == 1


def test_under_that_policy_an_image_that_cannot_be_had_is_tried_three_times(
    make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    account, _ = make_account(images={"*": str(tmp_path)})
    account.environment()
    account.queue()

    job = account.run("true", retryStrategy=default_strategy())

    assert [one["container"]["reason"][:24] for one in job["attempts"]] == [
        "CannotPullContainerError"
    ] * 3


def test_under_that_policy_a_job_whose_host_is_gone_runs_again(
    make_account: Callable[..., tuple[Account, BatchService]],
) -> None:
    account, service = make_account()
    account.environment()
    account.queue()
    account.definition("sh", "-c", "test $AWS_BATCH_JOB_ATTEMPT = 2 || sleep 600")
    running = account.until(account.submit(retryStrategy=default_strategy()), "RUNNING")

    service.reclaim(running["jobId"])

    job = account.ended(running["jobId"])
    assert (job["status"], len(job["attempts"])) == ("SUCCEEDED", 2)


@pytest.mark.parametrize("failed", [False, True], ids=["fits", "does not fit"])
@pytest.mark.parametrize(
    ("way", "beside"),
    [
        (
            "environment",
            {"environment": [{"name": "A", "value": ""}], "command": ["true", "short"]},
        ),
        ("command", {"command": ["true", ""]}),
        ("parameters", {"command": ["true", ""]}),
    ],
)
def test_ecs_takes_overrides_of_so_many_characters_and_no_more(
    ready: Account, way: str, beside: dict[str, Any], *, failed: bool
) -> None:
    ready.definition("true", "Ref::text", parameters={"text": "short"})
    long = "x" * (OVERRIDES_BYTES - overrides_length(beside) + failed)
    ways: dict[str, dict[str, Any]] = {
        "environment": {"containerOverrides": {"environment": [{"name": "A", "value": long}]}},
        "command": {"containerOverrides": {"command": ["true", long]}},
        "parameters": {"parameters": {"text": long}},
    }

    job = ready.ended(ready.submit(**ways[way]))

    assert job["status"] == ("FAILED" if failed else "SUCCEEDED")
    if failed:
        assert job["statusReason"] == "Container Overrides length must be at most 8192"


def test_a_submission_that_is_too_large_is_refused_in_aws_s_words(ready: Account) -> None:
    ready.definition("true")

    with pytest.raises(ClientError, match=r"Job size must be less than 30 KiB, got 32 KiB"):
        ready.submit(parameters={"a": "x" * 31 * 1024})


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"type": "MEMORY", "value": "2049"}, r"MEMORY is 2049 MiB; allowed: 2048, 3072"),
        ({"type": "GPU", "value": "1"}, "jobs on Fargate cannot have GPU"),
    ],
)
def test_sizes_that_fargate_does_not_have_are_refused_at_submission(
    wanted: dict[str, str], problem: str, ready: Account
) -> None:
    ready.definition("true", platformCapabilities=["FARGATE"])

    with pytest.raises(ClientError, match=problem):
        ready.submit(containerOverrides={"resourceRequirements": [wanted]})


def test_what_aws_batch_fills_in_is_there(ready: Account) -> None:
    ready.definition("true", name="on-fargate", platformCapabilities=["FARGATE"])
    ready.definition("true", name="on-ec2")

    fargate = ready.ended(ready.submit(jobDefinition="on-fargate"))
    ec2 = ready.ended(ready.submit(jobDefinition="on-ec2"))

    assert fargate["container"]["fargatePlatformConfiguration"] == {"platformVersion": "LATEST"}
    assert "containerInstanceArn" not in fargate["container"]
    for found in (ec2["container"], ec2["attempts"][0]["container"]):
        assert ":container-instance/" in found["containerInstanceArn"]


def test_what_is_empty_is_as_if_it_were_absent(ready: Account) -> None:
    ready.definition("true")

    job = ready.ended(
        ready.submit(
            arrayProperties={}, containerOverrides={}, dependsOn=[], retryStrategy={}, tags={}
        )
    )

    assert job["status"] == "SUCCEEDED"
    assert "arrayProperties" not in job
    assert ready.batch.list_jobs(jobQueue="queue", jobStatus="SUCCEEDED", nextToken="")
