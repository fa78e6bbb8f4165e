"""From a job that fails to the message in a subscribed queue, on the embedded AWS."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
DEADLINE_SECONDS = 60
QUIET_SECONDS = 2
"""How long nothing must come, for there to be no second message."""


def platform() -> cdk.Stack:
    """Everything that tells, counts, reads and guards, on one queue."""
    stack = cdk.Stack(cdk.App(), "Watched")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        public_subnet_ids=["subnet-12345678"],
    )
    environment = bc.FargateComputeEnvironment(
        stack,
        "Fargate",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    )
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    job = bc.FargateJobDefinition(
        stack,
        "Job",
        image="public.ecr.aws/docker/library/busybox:stable",
        vcpus=1,
        memory=cdk.Size.mebibytes(2048),
        command=["sh", "-c", "exit 3"],
        assign_public_ip=True,
    )
    alerts = bc.AlertTopic(stack, "Alerts")
    inbox = sqs.Queue(stack, "Inbox")
    alerts.add_subscription(subscriptions.SqsSubscription(inbox, raw_message_delivery=False))
    bc.JobNotifications(
        stack, "Notify", queues=[queue], topic=alerts, states=["FAILED", "SUCCEEDED"]
    )
    gauges = bc.JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])
    counters = bc.JobCounters(stack, "Counters", queues=[queue])
    guard = bc.CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=bc.VcpuBudget.of_vcpu_hours(10),
        action=bc.GuardAction.DISABLE_QUEUES,
        topic=alerts,
        gauges=gauges,
    )
    dashboard = bc.BatchDashboard(
        stack,
        "Dashboard",
        queues=[queue],
        compute_environments=[environment],
        alarm_topic=alerts,
        gauges=gauges,
        counters=counters,
    )
    bc.JobLogQueries(stack, "Logs", log_groups=[job.log_group])
    bc.AuditTrail(stack, "Audit", queues=[queue], alarm_topic=alerts)
    for name, value in {
        "Dashboard": dashboard.resource.ref,
        "Queue": queue.job_queue_arn,
        "QueueName": queue.job_queue_name,
        "Job": job.job_definition_arn,
        "Inbox": inbox.queue_url,
        "Gauges": gauges.function.function_name,
        "Guard": guard.function.function_name,
        "CounterLog": counters.function.log_group.log_group_name,
    }.items():
        cdk.CfnOutput(stack, f"{name}Output", value=value)
    return stack


@dataclass
class World:
    """The stack, deployed."""

    aws: LocalAws
    outputs: dict[str, str]

    def submit(self, *command: str, **request: Any) -> str:
        overrides = {"containerOverrides": {"command": list(command)}} if command else {}
        answer = self.aws.client("batch").submit_job(
            jobName="import-orders",
            jobQueue=self.outputs["QueueOutput"],
            jobDefinition=self.outputs["JobOutput"],
            **overrides,
            **request,
        )
        return str(answer["jobId"])

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that come, once nothing more does.

        Alarms tell the same topic when the first figures of a function are good: not these.
        """
        client = self.aws.client("sqs")
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + DEADLINE_SECONDS
        wait = 10
        while time.monotonic() < deadline:
            answer = client.receive_message(
                QueueUrl=self.outputs["InboxOutput"], WaitTimeSeconds=wait, MaxNumberOfMessages=10
            )
            came = answer.get("Messages", [])
            for message in came:
                told = json.loads(message["Body"])
                if not str(told.get("Subject")).startswith("OK: "):
                    found.append(told)
                client.delete_message(
                    QueueUrl=self.outputs["InboxOutput"], ReceiptHandle=message["ReceiptHandle"]
                )
            if found and not came:
                return found
            wait = QUIET_SECONDS if found else 10
        return found

    def invoke(self, function: str) -> None:
        answer = self.aws.client("lambda").invoke(FunctionName=self.outputs[f"{function}Output"])
        assert "FunctionError" not in answer, answer["Payload"].read()


@pytest.fixture(scope="module")
def world(local_aws: LocalAws) -> World:
    deployed = local_aws.deploy(platform())
    return World(local_aws, dict(deployed.outputs))


def test_a_failing_job_is_one_message(world: World) -> None:
    job = world.submit()

    [message] = world.messages()

    assert message["Subject"] == "Job import-orders failed: exited with code 3"
    assert job in message["Message"]
    assert "Log stream" in message["Message"]
    assert message["MessageAttributes"]["cause"]["Value"] == "ExitedNonZero"


def test_an_array_of_ten_with_three_failures_is_one_message(world: World) -> None:
    script = "case $AWS_BATCH_JOB_ARRAY_INDEX in 2|5|7) exit 3;; esac"
    world.submit("sh", "-c", script, arrayProperties={"size": 10})

    [message] = world.messages()

    assert message["Subject"] == "Array job import-orders failed: 3 of 10 children failed"
    for index in (2, 5, 7):
        assert f"Child {index} failed: exited with code 3" in message["Message"]


def test_a_job_that_succeeds_at_its_second_attempt_is_one_message_of_success(world: World) -> None:
    world.submit("sh", "-c", "test $AWS_BATCH_JOB_ATTEMPT = 2", retryStrategy={"attempts": 3})

    [message] = world.messages()

    assert message["Subject"] == "Job import-orders succeeded"
    assert "Attempt      2 of 3" in message["Message"]


def test_a_command_that_cannot_start_is_told_as_never_started(world: World) -> None:
    world.submit("no-such-command")

    [message] = world.messages()

    assert message["MessageAttributes"]["cause"]["Value"] == "NeverStarted"


def test_each_end_is_counted_by_its_cause(world: World) -> None:
    job = world.submit()
    world.messages()

    deadline = time.monotonic() + DEADLINE_SECONDS
    lines: list[dict[str, Any]] = []
    while time.monotonic() < deadline and not lines:
        answer = world.aws.client("logs").filter_log_events(
            logGroupName=world.outputs["CounterLogOutput"]
        )
        printed = [e["message"] for e in answer["events"] if e["message"].startswith('{"_aws"')]
        lines = [line for text in printed if (line := json.loads(text))["JobId"] == job]
    [line] = lines
    assert (line["Cause"], line["JobsFailed"]) == ("ExitedNonZero", 1)
    assert line["JobQueueName"] == world.outputs["QueueNameOutput"]


def test_the_dashboard_that_was_deployed_is_the_one_of_the_template(world: World) -> None:
    answer = world.aws.client("cloudwatch").get_dashboard(
        DashboardName=world.outputs["DashboardOutput"]
    )

    widgets = json.loads(answer["DashboardBody"])["widgets"]
    assert world.outputs["QueueNameOutput"] in {
        row[3] for widget in widgets for row in widget["properties"].get("metrics", []) if row[3:]
    }
    [states] = [widget for widget in widgets if widget["type"] == "alarm"]
    names = [arn.rpartition(":")[2] for arn in states["properties"]["alarms"]]
    alarms = world.aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert len(alarms) == len(names) == 13


def test_the_gauges_read_the_batch_api(world: World) -> None:
    world.invoke("Gauges")


def test_a_spent_budget_disables_the_queue_and_tells(world: World) -> None:
    world.aws.client("cloudwatch").put_metric_data(
        Namespace="BatchConstructs",
        MetricData=[
            {
                "MetricName": "VcpusInUse",
                "Dimensions": [{"Name": "JobQueueName", "Value": world.outputs["QueueNameOutput"]}],
                "Value": 1_000_000,
            }
        ],
    )

    world.invoke("Guard")

    [queue] = world.aws.client("batch").describe_job_queues(
        jobQueues=[world.outputs["QueueOutput"]]
    )["jobQueues"]
    assert queue["state"] == "DISABLED"
    [note] = [text for key, text in queue["tags"].items() if "cost-guard:" in key]
    assert note.endswith("OVER disabled")
    [message] = world.messages()
    assert message["Subject"] == "Batch budget of 10 vCPU-hours a day is spent"
