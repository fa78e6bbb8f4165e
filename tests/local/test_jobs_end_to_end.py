"""Every way to start a job, and what jobs do, in a stack that is deployed once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.local.wired_stack import wired_stack

if TYPE_CHECKING:
    from batch_constructs.local.direct_deployment import DeployedStack
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
DEADLINE_SECONDS = 120


class World:
    """The deployed stack."""

    def __init__(self, aws: LocalAws, stack: DeployedStack) -> None:
        self.aws = aws
        self.outputs = stack.outputs
        self.batch = aws.client("batch")

    def submit(self, job: str, **request: Any) -> str:
        answer = self.batch.submit_job(
            jobName=job.lower(),
            jobQueue=self.outputs["QueueArn"],
            jobDefinition=self.outputs[f"{job}Arn"],
            **request,
        )
        return str(answer["jobId"])

    def run(self, job: str, **request: Any) -> dict[str, Any]:
        return self.aws.wait_for_job(self.submit(job, **request))

    def wait_for_object(self, key: str) -> None:
        self.aws.client("s3").get_waiter("object_exists").wait(
            Bucket=self.outputs["BucketName"],
            Key=key,
            WaiterConfig={"Delay": 1, "MaxAttempts": DEADLINE_SECONDS},
        )

    def execute(self, machine: str) -> dict[str, Any]:
        client = self.aws.client("stepfunctions")
        arn = client.start_execution(stateMachineArn=self.outputs[f"{machine}Arn"])["executionArn"]
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            execution: dict[str, Any] = client.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.2)
        raise TimeoutError(machine)


@pytest.fixture(scope="module")
def world(local_aws: LocalAws) -> World:
    return World(local_aws, local_aws.deploy(wired_stack()))


def test_a_file_in_s3_starts_a_job_with_its_key(world: World) -> None:
    world.aws.client("s3").put_object(
        Bucket=world.outputs["BucketName"], Key="incoming/a", Body=b""
    )

    world.wait_for_object("written/incoming/a")


def test_a_schedule_starts_a_job(world: World) -> None:
    world.wait_for_object("written/scheduled")


def test_an_sqs_message_starts_a_job_through_a_lambda_function(world: World) -> None:
    world.aws.client("sqs").send_message(
        QueueUrl=world.outputs["MessagesUrl"], MessageBody=json.dumps({"key": "from-message"})
    )

    world.wait_for_object("written/from-message")


def test_a_failed_job_is_told_by_sns(world: World) -> None:
    job_id = world.submit("Fail")

    deadline = time.monotonic() + DEADLINE_SECONDS
    told: list[dict[str, Any]] = []
    while time.monotonic() < deadline and job_id not in [one["detail"]["jobId"] for one in told]:
        answer = world.aws.client("sqs").receive_message(
            QueueUrl=world.outputs["InboxUrl"], WaitTimeSeconds=5, MaxNumberOfMessages=10
        )
        told += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    (event,) = [one for one in told if one["detail"]["jobId"] == job_id]
    assert event["detail"]["container"]["exitCode"] == 3


def test_a_job_waits_for_the_job_it_depends_on(world: World) -> None:
    first = world.submit("Write", parameters={"key": "first"})
    second = world.run("Write", parameters={"key": "second"}, dependsOn=[{"jobId": first}])

    before = world.batch.describe_jobs(jobs=[first])["jobs"][0]
    assert second["status"] == "SUCCEEDED"
    assert before["stoppedAt"] <= second["startedAt"]


def test_step_functions_waits_for_its_job_and_hands_its_description_on(world: World) -> None:
    execution = world.execute("Workflow")

    assert execution["status"] == "SUCCEEDED", execution
    job = json.loads(execution["output"])
    assert (job["Status"], job["Container"]["ExitCode"]) == ("SUCCEEDED", 0)
    assert job["Parameters"] == {"key": "from-workflow"}


def test_step_functions_fails_with_its_job(world: World) -> None:
    execution = world.execute("FailingWorkflow")

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["Container"]["ExitCode"] == 3


def test_secrets_reach_the_environment_of_the_job(world: World) -> None:
    job = world.run("ReadSecrets")

    assert job["status"] == "SUCCEEDED", job["attempts"]
    assert world.aws.job_output(job) == ["parameter-of-the-test"]


def test_a_secret_is_nowhere_but_in_the_environment(world: World) -> None:
    with world.aws.events({"source": ["aws.batch"]}) as events:
        job_id = world.submit("ReadSecrets")
        world.aws.wait_for_job(job_id)
        events.wait_for(lambda event: event["detail"]["status"] in ("SUCCEEDED", "FAILED"))
        seen = json.dumps(events.all())
    seen += json.dumps(world.batch.describe_jobs(jobs=[job_id])["jobs"], default=str)
    seen += json.dumps(world.batch.describe_job_definitions()["jobDefinitions"], default=str)
    directory = world.aws.server.directory
    files = [path for path in directory.rglob("*") if path.is_file()]

    assert job_id in seen
    assert "hunter2" not in seen
    assert [path for path in files if b"hunter2" in path.read_bytes()] == []


def test_a_secret_that_the_execution_role_may_not_read_fails_the_job_with_the_reason(
    world: World,
) -> None:
    job = world.run("ReadForbiddenSecret")

    assert job["status"] == "FAILED"
    assert "secretsmanager:GetSecretValue" in job["attempts"][-1]["statusReason"]


def test_a_job_acts_with_its_job_role_and_no_more(world: World) -> None:
    allowed = world.run("Write", parameters={"key": "here"})
    denied = world.run(
        "Write",
        containerOverrides={
            "command": [
                "python3",
                "-c",
                "import boto3, sys; boto3.client('s3').put_object(Bucket=sys.argv[1], Key='x')",
                world.outputs["BucketName"],
            ]
        },
    )

    assert (allowed["status"], denied["status"]) == ("SUCCEEDED", "FAILED")
    assert "AccessDenied" in "".join(world.aws.job_output(denied))


def test_a_job_that_prints_a_hundred_megabytes_ends_and_the_server_goes_on(world: World) -> None:
    line = "x" * 999
    command = ["python3", "-c", f"for _ in range(100_000): print({line!r})"]

    job = world.run("Write", containerOverrides={"command": command})

    assert job["status"] == "SUCCEEDED"
    answer = world.aws.client("logs").get_log_events(
        logGroupName="/aws/batch/job",
        logStreamName=job["container"]["logStreamName"],
        startFromHead=False,
        limit=10,
    )
    assert {event["message"] for event in answer["events"]} == {line}
    assert world.run("Write", parameters={"key": "after"})["status"] == "SUCCEEDED"


def test_the_right_to_send_a_message_is_enough_for_a_batch_of_them(world: World) -> None:
    role = world.outputs["SenderRoleArn"]
    session = world.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="sender")[
        "Credentials"
    ]
    sender = boto3.client(
        "sqs",
        endpoint_url=world.aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )

    answer = sender.send_message_batch(
        QueueUrl=world.outputs["SpareUrl"], Entries=[{"Id": "1", "MessageBody": "x"}]
    )

    assert [one["Id"] for one in answer["Successful"]] == ["1"]
