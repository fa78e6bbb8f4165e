"""The demo: what a user of this library builds, deployed and used from start to end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import SOURCE_ARN, SQS_SEND_MESSAGE
from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.service_principals import SNS
from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.inventory import take_inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.local.server import LocalServer

_PACKAGED = Path(__file__).with_name("demo_app")
APP = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2]
"""Where the app of the README is: packaged with a wheel, or at the top of a checkout."""

POEM = """Tell me, jobs in the queue, who waits for whom?
A list of compute environments answers: room.
"""
_TIMEOUT_SECONDS = 120
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that the demo does.

    Args:
        title: what it is.
        act: does it; returns what came of it, in a sentence.
    """

    title: str
    act: Callable[[], str]


class Demo:
    """Deploys the demo's app to an embedded AWS and uses it.

    Args:
        server: the server, not yet started.
        show: is given every line that the cdk CLI prints.
    """

    def __init__(self, server: LocalServer, show: Callable[[str], None]) -> None:
        self._server = server
        self._show = show
        self._outputs: dict[str, str] = {}
        self._deployer: CdkDeployer | None = None
        self._stack_name = ""
        self._inbox = ""

    def steps(self) -> list[Step]:
        """Return the steps, in their order."""
        return [
            Step(title="Start AWS on this machine", act=self._start),
            Step(title="cdk bootstrap", act=self._bootstrap),
            Step(title="cdk deploy", act=self._deploy),
            Step(title="Ask each service for the resources", act=self._inventory),
            Step(title="A file arrives in S3: a job counts it", act=self._count),
            Step(
                title="A job fails, and so do three children of an array: SNS reports both",
                act=self._fail,
            ),
            Step(title="The schedule fires: a job runs", act=self._nightly),
            Step(title="A workflow: one job after the other", act=self._workflow),
        ]

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yield the jobs there were, oldest first."""
        batch = self._server.client("batch")
        found = [
            job["jobId"]
            for queue in ("UrgentQueue", "RoutineQueue")
            for status in (JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED)
            for job in self._jobs_in(queue, status)
        ]
        described = batch.describe_jobs(jobs=found)["jobs"] if found else []
        yield from sorted(described, key=lambda job: job["createdAt"])

    def last_line(self, job_id: str) -> str:
        """Return the last line that a job printed."""
        lines = list(self._server.clients.log_lines(job_id))
        return lines[-1] if lines else ""

    def _start(self) -> str:
        self._server.start()
        return f"it answers at {self._server.endpoint_url}, on this machine only"

    def _bootstrap(self) -> str:
        self._deployer = CdkDeployer(
            self._server.record,
            CdkApp(directory=APP, command="python3 app.py"),
            output=self._server.directory / "cdk.out",
            show=self._show,
            client=self._server.client,
        )
        self._deployer.bootstrap()
        return "the account has its bucket and roles for deployments"

    def _deploy(self) -> str:
        assert self._deployer is not None  # noqa: S101 - the step before made it
        (name,) = self._deployer.deploy()
        stack = self._server.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        self._outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        self._stack_name = name
        self._inbox = self._subscribe()
        return f"the stack {name} is {stack['StackStatus']}"

    def _subscribe(self) -> str:
        """Subscribe a queue to the alerts, where there is nobody to read e-mail."""
        sqs, sns = self._server.client("sqs"), self._server.client("sns")
        topic = self._outputs["AlertsTopic"]
        url: str = sqs.create_queue(QueueName="demo-inbox")["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        inbox = answer["Attributes"]["QueueArn"]
        admitted = {
            "Effect": "Allow",
            "Principal": {"Service": SNS},
            "Action": SQS_SEND_MESSAGE,
            "Resource": inbox,
            "Condition": {"ArnEquals": {SOURCE_ARN: topic}},
        }
        policy = json.dumps({"Version": POLICY_VERSION, "Statement": [admitted]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox)
        return url

    def _jobs_in(self, queue: str, status: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.client("batch").list_jobs(
            jobQueue=self._outputs[queue], jobStatus=status
        )["jobSummaryList"]
        return found

    def _inventory(self) -> str:
        found = take_inventory(self._server.client, self._stack_name)
        missing = [one.logical_id for one in found if one.answer == "missing"]
        if missing:
            raise LocalAwsError(f"deployed, but missing: {', '.join(missing)}")
        there = sum(one.answer == "there" for one in found)
        silent = len(found) - there
        return f"{there} resources are there; {silent} more have no call that describes them"

    def _count(self) -> str:
        self._put("incoming/example.txt", b"two words")
        self._put("incoming/poem.txt", POEM.encode())
        result = json.loads(self._wait_for_object("results/poem.json"))
        return f"incoming/poem.txt has {result['words']} words, according to results/poem.json"

    def _fail(self) -> str:
        self._put("incoming/broken.txt", b"\xff\xfe is no text")
        job = self._told()
        self._server.client("batch").submit_job(
            jobName="ten",
            jobQueue=self._outputs["UrgentQueue"],
            jobDefinition=self._outputs["CountDefinition"],
            arrayProperties={"size": 10},
            containerOverrides={
                "command": ["sh", "-c", "case $AWS_BATCH_JOB_ARRAY_INDEX in 2|5|7) exit 1;; esac"]
            },
        )
        return f"SNS delivered: {job}; {self._told()}"

    def _told(self) -> str:
        """Return the subject of the next message that SNS delivers to the inbox."""
        sqs, inbox = self._server.client("sqs"), self._inbox
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=5)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
                return str(json.loads(message["Body"])["Subject"])
        raise LocalAwsError(self._explained("no notification of the failed job arrived"))

    def _nightly(self) -> str:
        schedules = self._server.client("scheduler")
        nightly = schedules.get_schedule(Name=self._outputs["NightlySchedule"])
        soon = datetime.now(tz=UTC) + timedelta(seconds=2)
        # The nightly schedule, once more and now: nobody waits until two in the morning.
        schedules.create_schedule(
            Name="nightly-now",
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=nightly["Target"],
            ActionAfterCompletion="DELETE",
        )
        done = self._wait(self._routine_job, "the scheduled job")
        said = self.last_line(done["jobId"])
        return f"{nightly['ScheduleExpression']}, tried now: {said}"

    def _routine_job(self) -> dict[str, Any] | None:
        """Return the first job of the routine queue that has succeeded."""
        return next(iter(self._jobs_in("RoutineQueue", JobState.SUCCEEDED)), None)

    def _workflow(self) -> str:
        machines = self._server.client("stepfunctions")
        execution = machines.start_execution(
            stateMachineArn=self._outputs["InOrderWorkflow"],
            input=json.dumps({"first": "incoming/poem.txt", "second": "incoming/example.txt"}),
        )["executionArn"]
        ended = self._wait(lambda: self._ended(execution), "the workflow")
        if ended["status"] != JobState.SUCCEEDED:
            raise LocalAwsError(
                f"the workflow is {ended['status']}: {ended.get('error')}: {ended.get('cause')}"
            )
        return "Step Functions ran two jobs, and waited for each"

    def _ended(self, execution: str) -> dict[str, Any] | None:
        described: dict[str, Any] = self._server.client("stepfunctions").describe_execution(
            executionArn=execution
        )
        return None if described["status"] == JobState.RUNNING else described

    def _put(self, key: str, body: bytes) -> None:
        self._server.client("s3").put_object(
            Bucket=self._outputs["FilesBucket"], Key=key, Body=body
        )

    def _first_key(self, prefix: str) -> str | None:
        found = self._server.client("s3").list_objects_v2(
            Bucket=self._outputs["FilesBucket"], Prefix=prefix
        )
        return found["Contents"][0]["Key"] if found.get("Contents") else None

    def _wait_for_object(self, key: str) -> bytes:
        self._wait(lambda: self._first_key(key), key)
        answer = self._server.client("s3").get_object(Bucket=self._outputs["FilesBucket"], Key=key)
        body: bytes = answer["Body"].read()
        return body

    def _wait(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(_LOOK_AGAIN_SECONDS)
        raise LocalAwsError(
            self._explained(f"{what} did not arrive within {_TIMEOUT_SECONDS} seconds")
        )

    def _explained(self, what: str) -> str:
        """Add what the jobs say to what is missing."""
        said = [
            f"  {job['jobName']}: {job['status']} {job.get('statusReason', '')} "
            f"{self.last_line(job['jobId'])}"
            for job in self.jobs()
        ]
        return "\n".join([f"{what}; the jobs:", *(said or ["  there are none"])])
