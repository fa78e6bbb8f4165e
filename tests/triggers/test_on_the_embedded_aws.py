"""Every trigger deployed to the embedded AWS, where functions and jobs really run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import batch_constructs as bc
from batch_constructs.client import BatchClient
from tests.triggers.embedded_stack import Gateways, Rescues, Triggers, Workflows

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws
    from tests.triggers.embedded_stack import Embedded

pytestmark = pytest.mark.local_aws
DEADLINE_SECONDS = 120.0


class World:
    """The deployed stack."""

    def __init__(self, aws: LocalAws, embedded: Embedded) -> None:
        self.aws = aws
        self.outputs = aws.deploy(embedded.stack).outputs

    def until(self, what: Callable[[], Any]) -> Any:
        """Look until there is something to see."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if found := what():
                return found
            time.sleep(0.1)
        raise TimeoutError

    def written(self, key: str) -> bool:
        listed = self.aws.client("s3").list_objects_v2(
            Bucket=self.outputs["BucketName"], Prefix=f"written/{key}"
        )
        return f"written/{key}" in {each["Key"] for each in listed.get("Contents", [])}

    def reclaim(self, job_id: str) -> None:
        """Take the Spot instance from under a job, once it runs."""
        batch = self.aws.client("batch")
        self.until(lambda: batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "RUNNING")
        self.aws.server.record.access.control("reclaim", {"jobId": job_id})

    def jobs(self, name: str, queue: str = "QueueArn") -> list[dict[str, Any]]:
        pages = (
            self.aws.client("batch")
            .get_paginator("list_jobs")
            .paginate(
                jobQueue=self.outputs[queue], filters=[{"name": "JOB_NAME", "values": [name]}]
            )
        )
        return [job for page in pages for job in page["jobSummaryList"]]

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.outputs[name], Payload=json.dumps(event)
        )
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    def execute(self, flow: str, **data: Any) -> dict[str, Any]:
        client = self.aws.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self.outputs[f"{flow}Arn"], input=json.dumps(data)
        )["executionArn"]

        def ended() -> Any:
            execution = client.describe_execution(executionArn=arn)
            return execution if execution["status"] != "RUNNING" else None

        found: dict[str, Any] = self.until(ended)
        return found


@pytest.fixture(scope="module")
def triggers(local_aws: LocalAws) -> World:
    return World(local_aws, Triggers())


@pytest.fixture(scope="module")
def gateways(local_aws: LocalAws) -> World:
    return World(local_aws, Gateways())


@pytest.fixture(scope="module")
def workflows(local_aws: LocalAws) -> World:
    return World(local_aws, Workflows())


@pytest.fixture(scope="module")
def rescues(local_aws: LocalAws) -> World:
    return World(local_aws, Rescues())


def test_a_new_object_starts_a_job_with_its_key(triggers: World) -> None:
    s3 = triggers.aws.client("s3")
    s3.put_object(Bucket=triggers.outputs["BucketName"], Key="in/a.txt", Body=b"")
    s3.put_object(Bucket=triggers.outputs["BucketName"], Key="in/a.csv", Body=b"12345")

    triggers.until(lambda: triggers.written("in/a.csv"))

    (job,) = triggers.jobs("Import")
    found = triggers.aws.client("batch").describe_jobs(jobs=[job["jobId"]])["jobs"][0]
    assert found["parameters"] == {
        "bucket": triggers.outputs["BucketName"],
        "key": "in/a.csv",
        "size": "5",
        "version": "",
    }


def test_a_schedule_starts_a_job(triggers: World) -> None:
    triggers.until(lambda: triggers.written("scheduled"))


def test_an_event_starts_a_job_through_the_submit_function(triggers: World) -> None:
    triggers.aws.client("events").put_events(
        Entries=[{"Source": "my.shop", "DetailType": "x", "Detail": '{"order": "order-17"}'}]
    )

    triggers.until(lambda: triggers.written("order-17"))

    (job,) = triggers.jobs("OnOrder-*")
    found = triggers.aws.client("batch").describe_jobs(jobs=[job["jobId"]])["jobs"][0]
    assert found["timeout"] == {"attemptDurationSeconds": 300}


def test_a_submit_function_submits_a_name_once(triggers: World) -> None:
    event = {"jobName": "by-hand", "parameters": {"key": "by-hand"}}

    first = triggers.invoke("SubmitName", event)
    triggers.until(lambda: triggers.written("by-hand"))
    second = triggers.invoke("SubmitName", event)

    assert first == second
    assert len(triggers.jobs("by-hand")) == 1


def test_a_submission_is_denied_when_its_grant_is_taken_away(triggers: World) -> None:
    answer = triggers.invoke("DeniedName", {"parameters": {"key": "never"}})

    assert "AccessDenied" in json.dumps(answer)
    assert not triggers.written("never")


def test_messages_of_sns_and_sqs_become_jobs_and_poison_is_set_aside(gateways: World) -> None:
    sqs = gateways.aws.client("sqs")
    gateways.aws.client("sns").publish(
        TopicArn=gateways.outputs["TopicArn"], Message='{"parameters": {"key": "from-sns"}}'
    )
    for body in ('{"parameters": {"key": "from-sqs"}}', "{}"):
        sqs.send_message(QueueUrl=gateways.outputs["JobsUrl"], MessageBody=body)

    gateways.until(lambda: gateways.written("from-sns") and gateways.written("from-sqs"))

    (letter,) = gateways.until(
        lambda: sqs.receive_message(
            QueueUrl=gateways.outputs["JobsDeadLettersUrl"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=2,
        ).get("Messages")
    )
    assert letter["Body"] == "{}"
    reason = letter["MessageAttributes"]["Reason"]["StringValue"]
    assert "must contain ['parameters']" in reason
    assert len(gateways.jobs("Jobs-*")) == 2


def test_messages_become_arrays_whose_children_fetch_theirs(gateways: World) -> None:
    sqs = gateways.aws.client("sqs")
    bodies = {f"message {number}" for number in range(8)}
    entries = [{"Id": str(at), "MessageBody": each} for at, each in enumerate(sorted(bodies))]
    sqs.send_message_batch(QueueUrl=gateways.outputs["ArraysUrl"], Entries=entries)

    def said() -> set[str] | None:
        heard: set[str] = set()
        for summary in gateways.jobs("Arrays-*"):
            job = gateways.aws.wait_for_job(summary["jobId"])
            size = job.get("arrayProperties", {}).get("size")
            children = (
                [job["jobId"]]
                if size is None
                else [f"{job['jobId']}:{index}" for index in range(size)]
            )
            for child in children:
                heard |= set(gateways.aws.job_output(gateways.aws.wait_for_job(child)))
        return heard if len(heard) >= len(bodies) else None

    assert gateways.until(said) == bodies


def test_a_diamond_runs_in_order(workflows: World) -> None:
    execution = workflows.execute("Diamond", day="monday")

    assert execution["status"] == "SUCCEEDED", execution
    batch = workflows.aws.client("batch")
    names = [f"Diamond-{name}" for name in ("split", "left", "right", "merge")]
    ids = [workflows.jobs(name)[0]["jobId"] for name in names]
    split, left, right, merge = batch.describe_jobs(jobs=ids)["jobs"]
    assert split["stoppedAt"] <= min(left["startedAt"], right["startedAt"])
    assert max(left["stoppedAt"], right["stoppedAt"]) <= merge["startedAt"]
    assert merge["parameters"] == {"key": "monday"}


def test_a_list_fans_out(workflows: World) -> None:
    execution = workflows.execute("FanOut", files=["fan-1", "fan-2", "fan-3"])

    assert execution["status"] == "SUCCEEDED", execution
    assert all(workflows.written(key) for key in ("fan-1", "fan-2", "fan-3", "flow-after"))


def test_a_failure_is_caught_and_fails_the_workflow_after_all(workflows: World) -> None:
    execution = workflows.execute("Caught")

    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.TaskFailed"
    assert json.loads(execution["cause"])["Container"]["ExitCode"] == 3
    assert len(workflows.jobs("Caught-clean")) == 1


def test_a_failure_is_caught_and_the_workflow_goes_on(workflows: World) -> None:
    execution = workflows.execute("GoesOn")

    assert execution["status"] == "SUCCEEDED", execution
    assert workflows.written("flow-report")


def test_children_wait_for_children(workflows: World) -> None:
    execution = workflows.execute("Pairs")

    assert execution["status"] == "SUCCEEDED", execution
    (b,) = workflows.jobs("Pairs-b")
    (a,) = workflows.jobs("Pairs-a")
    found = workflows.aws.client("batch").describe_jobs(jobs=[b["jobId"]])["jobs"][0]
    assert found["dependsOn"] == [{"jobId": a["jobId"], "type": "N_TO_N"}]


def test_the_client_submits_waits_and_redrives(
    triggers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch_constructs.client.redrive import redrive

    for name, value in triggers.aws.environment.items():
        monkeypatch.setenv(name, value)
    client = BatchClient()
    array = client.submit(
        "some-fail",
        queue=triggers.outputs["QueueArn"],
        job_definition=triggers.outputs["FailArn"],
        array_size=4,
        retry=bc.RetryPolicy.never(),
        command=["sh", "-c", "test $((AWS_BATCH_JOB_ARRAY_INDEX % 2)) = 0"],
    )

    (status,) = client.wait([array])
    (again,) = redrive(client, array, command=["sh", "-c", "echo $ARRAY_INDICES"])
    (done,) = client.wait([again])

    assert (status.state, status.children) == ("FAILED", {"SUCCEEDED": 2, "FAILED": 2})
    assert (done.state, done.children) == ("SUCCEEDED", {"SUCCEEDED": 2})
    (child,) = client.describe([f"{again}:1"])
    assert triggers.aws.job_output(child) == ["1,3"]


def test_a_job_that_loses_its_spot_host_runs_on_demand(rescues: World) -> None:
    batch = rescues.aws.client("batch")
    job_id = batch.submit_job(
        jobName="night",
        jobQueue=rescues.outputs["RescuedArn"],
        jobDefinition=rescues.outputs["StaysArn"],
        containerOverrides={"environment": [{"name": "MODE", "value": "x"}]},
    )["jobId"]

    rescues.reclaim(job_id)

    (again,) = rescues.until(lambda: rescues.jobs(f"night-rescue-{job_id}", "OnDemandArn"))
    done = rescues.aws.wait_for_job(again["jobId"])
    assert done["status"] == "SUCCEEDED"
    assert {"name": "MODE", "value": "x"} in done["container"]["environment"]
    assert rescues.aws.wait_for_job(job_id)["statusReason"].startswith("Host EC2")


def test_a_job_of_a_workflow_that_loses_its_spot_host_runs_on_demand(rescues: World) -> None:
    client = rescues.aws.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=rescues.outputs["FlowArn"])["executionArn"]
    (job,) = rescues.until(lambda: rescues.jobs("Flow-stay", "PlainArn"))

    rescues.reclaim(job["jobId"])

    rescues.until(lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING")
    assert client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    (again,) = rescues.jobs("Flow-stay", "OnDemandArn")
    assert rescues.aws.wait_for_job(again["jobId"])["status"] == "SUCCEEDED"


def test_the_command_line_submits_watches_reads_logs_and_redrives(triggers: World) -> None:
    def run(*words: str, expected: int = 0) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "batch_constructs", *words, "--json"],
            env={**os.environ, **triggers.aws.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    queue = triggers.outputs["QueueArn"]
    (job,) = run(
        "submit",
        "says",
        "--queue",
        queue,
        "--definition",
        triggers.outputs["SaysArn"],
        "-p",
        "w=hi",
    )
    (failing,) = run(
        "submit", "fails", "--queue", queue, "--definition", triggers.outputs["FailArn"]
    )

    assert run("watch", "says", "--queue", queue)[-1]["status"] == "SUCCEEDED"
    assert [line["message"] for line in run("logs", job["jobId"])] == ["hi"]
    assert run("watch", failing["jobId"], expected=1)[-1]["status"] == "FAILED"
    (again,) = run("redrive", failing["jobId"])
    assert again["redriven"] == failing["jobId"]
    assert run("watch", again["jobId"], expected=1)[-1]["jobName"].startswith("fails-redrive-")
