"""The embedded AWS as a test sees it."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batch_constructs.aws.actions import SOURCE_ARN, SQS_SEND_MESSAGE
from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.delivery import SQS_RECEIVED_AT_ONCE
from batch_constructs.aws.error_names import NOT_FOUND
from batch_constructs.aws.job_states import FINAL
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, LOG_GROUP_OPTION
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.local.direct_deployment import DeployedStack, DirectDeployment
from batch_constructs.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aws_cdk import Stack
    from constructs import IConstruct

    from batch_constructs.testing.finished_job import FinishedJob

_LOOK_AGAIN_SECONDS = 0.05


class Events:
    """EventBridge events, as they arrive.

    Args:
        sqs: a boto3 client of Amazon SQS.
        queue_url: the queue that a rule puts them on.
    """

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._seen: list[dict[str, Any]] = []

    def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], *, timeout_seconds: float = 120
    ) -> dict[str, Any]:
        """Return the first matching event, waiting for it if necessary.

        Raises:
            TimeoutError: it did not arrive; the message lists the events that did.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            for event in self._seen:
                if wanted(event):
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                came = ", ".join(event["detail-type"] for event in self._seen)
                raise TimeoutError(
                    f"the event did not arrive within {timeout_seconds} s; received: {came}"
                )
            self._receive(min(left, 5))

    def all(self) -> list[dict[str, Any]]:
        """Return the events that have arrived so far, oldest first."""
        while self._receive(0):
            pass
        return list(self._seen)

    def _receive(self, wait_seconds: float) -> int:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=SQS_RECEIVED_AT_ONCE,
            WaitTimeSeconds=int(wait_seconds),
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._seen.append(json.loads(message["Body"]))
            self._sqs.delete_message(
                QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
        return len(messages)


class LocalAws:
    """An embedded AWS for tests: deploy a stack, submit jobs, see what happens.

    Use it through the ``local_aws`` fixture, or as a context manager.

    Args:
        server: the server. Default: a new one, which stops with it.
    """

    def __init__(self, server: LocalServer | None = None) -> None:
        self.server = LocalServer() if server is None else server

    def __enter__(self) -> Self:
        """Start the server."""
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server with everything it runs."""
        self.server.stop()

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all services."""
        return self.server.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a child process that should use only this AWS."""
        return self.server.environment

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service, as the account's administrator."""
        return self.server.client(service)

    def deploy(self, stack: Stack) -> DeployedStack:
        """Synthesize the stack's app, and create or update the stack.

        Only this stack is deployed, so deploy the stacks that it depends on first. Container
        images are not built: jobs run as processes.

        Args:
            stack: the stack; its app may be synthesized more than once.

        Returns:
            Its outputs, and its resources by logical ID.

        Raises:
            LocalAwsError: the stack failed; the message lists the failed resources.
        """
        from aws_cdk import Stage

        stage = Stage.of(stack)
        if stage is None:
            raise ValueError(f"the stack {stack.node.path} is not in an App; create it in one")
        assembly = stage.synth(force=True)
        artifact = assembly.get_stack_artifact(stack.artifact_id)
        assets = Path(assembly.directory, f"{stack.artifact_id}.assets.json")
        return DirectDeployment(self.server.record, self.client).deploy(
            artifact.stack_name,
            Path(artifact.template_full_path),
            assets if assets.exists() else None,
        )

    def destroy(self, deployed: DeployedStack) -> None:
        """Delete a stack and wait until it is gone.

        Raises:
            LocalAwsError: a resource could not be deleted.
        """
        DirectDeployment(self.server.record, self.client).destroy(deployed.name)

    def run_job(
        self,
        *,
        queue: str | IConstruct,
        job_definition: str | IConstruct,
        name: str = "test",
        timeout_seconds: float = 120,
        **request: Any,
    ) -> FinishedJob:
        """Submit a job, wait until it has ended, and return it with what it printed.

        A failed job is not an error: its status, reason and exit code say how it ended.

        Args:
            queue: the job queue: its name or ARN, or the construct in a deployed stack.
            job_definition: the job definition, as for ``queue``.
            name: the name of the job.
            timeout_seconds: how long it can take.
            **request: more members of ``SubmitJob``, such as ``parameters={"day": "monday"}``.

        Raises:
            TimeoutError: it has not ended in time; the message says what it waits for.
            ValueError: the construct is not in a stack that is deployed here.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
        """
        from batch_constructs.testing.finished_job import FinishedJob

        job_id = self.client("batch").submit_job(
            jobName=name,
            jobQueue=self._deployed(queue),
            jobDefinition=self._deployed(job_definition),
            **request,
        )["jobId"]
        job = self.wait_for_job(job_id, timeout_seconds=timeout_seconds)
        container = job.get("container", {})
        return FinishedJob(
            job_id=job_id,
            status=job["status"],
            reason=container.get("reason") or job.get("statusReason", ""),
            exit_code=container.get("exitCode"),
            output=self._output_if_any(job) if container.get("logStreamName") else [],
            description=job,
        )

    def _output_if_any(self, job: Mapping[str, Any]) -> list[str]:
        """Return what a job printed; one that printed nothing has no log stream."""
        from botocore.exceptions import ClientError

        try:
            return self.job_output(job)
        except ClientError as error:
            if error.response["Error"]["Code"] == NOT_FOUND:
                return []
            raise

    def _deployed(self, what: str | IConstruct) -> str:
        """Give the physical ID of a construct that is deployed; a name or an ARN is one."""
        if isinstance(what, str):
            return what
        from aws_cdk import CfnElement, Stack
        from botocore.exceptions import ClientError

        stack, resource = Stack.of(what), what.node.default_child or what
        deployment = DirectDeployment(self.server.record, self.client)
        if isinstance(resource, CfnElement):
            with suppress(ClientError, KeyError):  # no such stack, or not in it
                resources = deployment.describe(stack.stack_name).resources
                return resources[stack.get_logical_id(resource)]
        raise ValueError(
            f"{what.node.path} is not a resource of the deployed stack {stack.stack_name}; "
            "deploy it first: local_aws.deploy(stack)"
        )

    def wait_for_job(self, job_id: str, *, timeout_seconds: float = 120) -> dict[str, Any]:
        """Wait until the job has ended; return its description.

        Raises:
            LookupError: there is no such job.
            TimeoutError: it has not ended in time; the message says what it waits for.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            found: list[dict[str, Any]] = self.client("batch").describe_jobs(jobs=[job_id])["jobs"]
            if not found:
                raise LookupError(f"there is no job {job_id} in this embedded AWS: check the ID")
            [job] = found
            if job["status"] in FINAL:
                return job
            if time.monotonic() > deadline:
                reason = job.get("statusReason", "no reason given")
                raise TimeoutError(
                    f"job {job_id} is {job['status']} after {timeout_seconds} s: {reason}"
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def job_output(self, job: Mapping[str, Any]) -> list[str]:
        """Return the lines that a job's (last) container printed, from CloudWatch Logs."""
        container = job["container"]
        group = (
            container.get("logConfiguration", {})
            .get("options", {})
            .get(LOG_GROUP_OPTION, DEFAULT_LOG_GROUP)
        )
        logs, lines = self.client("logs"), list[str]()
        stream = {"logGroupName": group, "logStreamName": container["logStreamName"]}
        page = logs.get_log_events(**stream, startFromHead=True)
        while page["events"]:
            lines += [event["message"] for event in page["events"]]
            token = page["nextForwardToken"]
            page = logs.get_log_events(**stream, startFromHead=True, nextToken=token)
        return lines

    @contextmanager
    def events(self, pattern: Mapping[str, Any]) -> Iterator[Events]:
        """Record the EventBridge events that match a pattern, while the block lasts.

        Args:
            pattern: such as ``{"source": ["aws.batch"]}``.
        """
        sqs, bus, name = self.client("sqs"), self.client("events"), f"events-{uuid.uuid4().hex}"
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        rule = bus.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
        allowed = {
            "Version": POLICY_VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": EVENTS},
                    "Action": SQS_SEND_MESSAGE,
                    "Resource": arn,
                    "Condition": {"ArnEquals": {SOURCE_ARN: rule}},
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
        bus.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        try:
            yield Events(sqs, url)
        finally:
            bus.remove_targets(Rule=name, Ids=["queue"])
            bus.delete_rule(Name=name)
            sqs.delete_queue(QueueUrl=url)
