"""Executions of state machines end as on AWS: stopped, by their time limit, with their jobs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws

TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}
END_STATES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    """A role of Step Functions that may submit jobs and end them."""
    iam = local_aws.client("iam")
    trust = {"Statement": [{**TRUST, "Principal": {"Service": "states.amazonaws.com"}}]}
    policy = {"Statement": [{"Effect": "Allow", "Action": "batch:*", "Resource": "*"}]}
    made = iam.create_role(RoleName="ends", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="ends", PolicyName="p", PolicyDocument=json.dumps(policy))
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def waiting(local_aws: LocalAws) -> dict[str, Any]:
    """A state that waits for a job, which runs for a minute."""
    batch = local_aws.client("batch")
    batch.create_compute_environment(
        computeEnvironmentName="ends",
        type="MANAGED",
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 2,
            "subnets": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
        },
    )
    batch.create_job_queue(
        jobQueueName="ends",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ends"}],
    )
    sizes = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
    batch.register_job_definition(
        jobDefinitionName="ends",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "busybox",
            "command": ["sleep", "60"],
            "resourceRequirements": sizes,
            "executionRoleArn": "arn:aws:iam::123456789012:role/none",
        },
    )
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {"JobName": "long", "JobQueue": "ends", "JobDefinition": "ends"},
        "End": True,
    }


def started(aws: LocalAws, role: str, name: str, state: dict[str, Any], **more: Any) -> str:
    """Start an execution of a machine of one state."""
    states = aws.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": state}, **more})
    machine = states.create_state_machine(name=name, definition=definition, roleArn=role)
    return str(states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])


def ended(aws: LocalAws, execution: str) -> str:
    return str(
        until(
            lambda: aws.client("stepfunctions").describe_execution(executionArn=execution)[
                "status"
            ],
            END_STATES,
        )
    )


def until(look: Any, wanted: tuple[str, ...]) -> Any:
    end = time.monotonic() + 60
    while (found := look()) not in wanted and time.monotonic() < end:
        time.sleep(0.05)
    return found


def job_of(aws: LocalAws, *statuses: str) -> str:
    """Wait for the job of a machine to be in one of some states, and give its ID."""
    batch = aws.client("batch")

    def found() -> str:
        jobs = batch.list_jobs(jobQueue="ends", filters=[{"name": "JOB_NAME", "values": ["long"]}])
        [newest, *_] = jobs["jobSummaryList"] or [{"status": "none", "jobId": ""}]
        return newest["jobId"] if newest["status"] in statuses else ""

    end = time.monotonic() + 60
    while not (job := found()) and time.monotonic() < end:
        time.sleep(0.05)
    return job


def test_an_execution_ends_when_its_time_is_up(local_aws: LocalAws, role: str) -> None:
    state = {"Type": "Wait", "Seconds": 3, "End": True}

    execution = started(local_aws, role, "in-time", state, TimeoutSeconds=1)

    assert ended(local_aws, execution) == "TIMED_OUT"
    events = local_aws.client("stepfunctions").get_execution_history(executionArn=execution)
    assert events["events"][-1]["type"] == "ExecutionTimedOut"


def test_one_that_ends_before_is_left_alone(local_aws: LocalAws, role: str) -> None:
    state = {"Type": "Pass", "End": True}

    execution = started(local_aws, role, "soon", state, TimeoutSeconds=600)

    assert ended(local_aws, execution) == "SUCCEEDED"


def test_with_an_execution_that_is_stopped_its_job_ends(
    local_aws: LocalAws, role: str, waiting: dict[str, Any]
) -> None:
    execution = started(local_aws, role, "stopped", waiting)
    job = job_of(local_aws, "RUNNING")

    local_aws.client("stepfunctions").stop_execution(executionArn=execution)

    batch = local_aws.client("batch")
    status = until(lambda: batch.describe_jobs(jobs=[job])["jobs"][0]["status"], ("FAILED",))
    assert status == "FAILED"
    assert ended(local_aws, execution) == "ABORTED"


def test_it_stays_stopped_when_its_state_fails_later(
    local_aws: LocalAws, role: str, waiting: dict[str, Any]
) -> None:
    states = local_aws.client("stepfunctions")
    execution = started(local_aws, role, "stopped-early", waiting)
    job = job_of(local_aws, "RUNNING")
    states.stop_execution(executionArn=execution)
    batch = local_aws.client("batch")
    until(lambda: batch.describe_jobs(jobs=[job])["jobs"][0]["status"], ("FAILED",))

    # what waits for the job has heard of its end when the next execution has run
    assert ended(local_aws, started(local_aws, role, "next", {"Type": "Pass", "End": True}))
    assert ended(local_aws, execution) == "ABORTED"


WHOLE: dict[str, Any] = {"A": {"Type": "Pass", "End": True}}
BROKEN = json.dumps({"StartAt": "A", "States": {**WHOLE, "B": {"Type": "Pass", "End": True}}})


def test_a_definition_that_step_functions_refuses_makes_no_machine(
    local_aws: LocalAws, role: str
) -> None:
    states = local_aws.client("stepfunctions")

    with pytest.raises(ClientError, match='no state leads to "B"') as refused:
        states.create_state_machine(name="broken", definition=BROKEN, roleArn=role)

    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


def test_a_definition_that_step_functions_refuses_changes_no_machine(
    local_aws: LocalAws, role: str
) -> None:
    states = local_aws.client("stepfunctions")
    written = json.dumps({"StartAt": "A", "States": WHOLE})
    made = states.create_state_machine(name="whole", definition=written, roleArn=role)

    with pytest.raises(ClientError, match='no state leads to "B"'):
        states.update_state_machine(stateMachineArn=made["stateMachineArn"], definition=BROKEN)
