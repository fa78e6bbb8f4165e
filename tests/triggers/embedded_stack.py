"""Every trigger of ours, and workflows, in stacks for the embedded AWS."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

import batch_constructs as bc

IMAGE = "public.ecr.aws/docker/library/python:3.13"
WRITE = "import boto3, sys; boto3.client('s3').put_object(Bucket=sys.argv[1], Key=sys.argv[2])"


class Embedded:
    """A queue, and jobs that tell of themselves in a bucket."""

    name: str

    def __init__(self) -> None:
        self.stack = cdk.Stack(cdk.App(), self.name)
        vpc = ec2.Vpc.from_vpc_attributes(
            self.stack,
            "Vpc",
            vpc_id="vpc-12345678",
            availability_zones=["us-east-1a"],
            private_subnet_ids=["subnet-12345678"],
        )
        environment = bc.FargateComputeEnvironment(self.stack, "Fargate", vpc=vpc)
        self.queue = bc.JobQueue(self.stack, "Queue", compute_environments=[environment])
        self.bucket = s3.Bucket(self.stack, "Bucket", event_bridge_enabled=True)
        self.write = self.job(
            "Write",
            ["python3", "-c", WRITE, self.bucket.bucket_name, "written/Ref::key"],
            parameters={"key": "nothing"},
        )
        self.bucket.grant_put(self.write, "written/*")
        self.fail = self.job("Fail", ["sh", "-c", "exit 3"])
        says = self.job("Says", ["echo", "Ref::w"], parameters={"w": "nothing"})
        self.out("SaysArn", says.job_definition_arn)
        self.out("FailArn", self.fail.job_definition_arn)
        self.out("QueueArn", self.queue.job_queue_arn)
        self.out("BucketName", self.bucket.bucket_name)
        self.declare()

    def declare(self) -> None:
        """Declare what the tests are about."""
        raise NotImplementedError

    def job(self, name: str, command: list[str], **more: Any) -> bc.FargateJobDefinition:
        return bc.FargateJobDefinition(
            self.stack,
            name,
            image=IMAGE,
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            command=command,
            **more,
        )

    def out(self, name: str, value: str) -> None:
        cdk.CfnOutput(self.stack, name, value=value)


class Triggers(Embedded):
    """Triggers, with and without a function."""

    name = "Triggers"

    def declare(self) -> None:
        common: dict[str, Any] = {"queue": self.queue, "job_definition": self.write}
        bc.ObjectCreatedTrigger(
            self.stack, "Import", bucket=self.bucket, prefix="in/", suffix=".csv", **common
        )
        bc.ScheduleTrigger(
            self.stack,
            "Once",
            schedule="at(2020-01-01T00:00:00)",  # has passed: it fires at once, and once
            parameters={"key": "scheduled"},
            **common,
        )
        bc.EventTrigger(
            self.stack,
            "OnOrder",
            event_pattern={"source": ["my.shop"]},
            parameters={"key": "$.detail.order"},
            timeout=cdk.Duration.minutes(5),  # through the submit function
            **common,
        )
        submit = bc.SubmitFunction(self.stack, "Submit", **common)
        self.out("SubmitName", submit.function.function_name)
        denied = bc.SubmitFunction(self.stack, "Denied", **common)
        cdk.Tags.of(denied).add("for", "the grant that is taken away")
        self.out("DeniedName", denied.function.function_name)
        role: Any = denied.node.find_child("Function").node.find_child("Role").node.default_child
        role.add_property_deletion_override("Policies")


class Gateways(Embedded):
    """Both modes of the gateway."""

    name = "Gateways"

    def declare(self) -> None:
        topic = sns.Topic(self.stack, "Topic")
        jobs = bc.SubmissionGateway(
            self.stack,
            "Jobs",
            queue=self.queue,
            job_definition=self.write,
            schema={"type": "object", "required": ["parameters"]},
        )
        jobs.add_topic(topic)
        self.out("TopicArn", topic.topic_arn)
        self.out("JobsUrl", jobs.message_queue.queue_url)
        self.out("JobsDeadLettersUrl", jobs.dead_letter_queue.queue_url)
        read = self.job("Read", ["python3", "-m", "batch_constructs.client.message"])
        arrays = bc.SubmissionGateway(
            self.stack,
            "Arrays",
            queue=self.queue,
            job_definition=read,
            mode="coalesce",
            max_batching_window=cdk.Duration.seconds(2),
        )
        self.out("ArraysUrl", arrays.message_queue.queue_url)


class Workflows(Embedded):
    """Workflows."""

    name = "Workflows"

    def declare(self) -> None:
        def job(name: str, *waits: str | bc.NToN, **more: Any) -> bc.WorkflowJob:
            options = {"job_definition": self.write, "depends_on": waits, **more}
            options.setdefault("parameters", {"key": f"flow-{name}"})
            return bc.WorkflowJob(name=name, **options)

        clean = job("clean", only_on_failure=True)
        flows = {
            "Diamond": [
                job("split"),
                job("left", "split"),
                job("right", "split"),
                job("merge", "left", "right", parameters={"key": "$.day"}),
            ],
            "FanOut": [
                job("each", for_each="$.files", parameters={"key": "$.item"}),
                job("after", "each"),
            ],
            "Caught": [
                job("load", job_definition=self.fail, parameters={}, catch="clean"),
                clean,
            ],
            "GoesOn": [
                job(
                    "load",
                    job_definition=self.fail,
                    parameters={},
                    catch="clean",
                    after_catch="continue",
                ),
                job("report", "load"),
                clean,
            ],
            "Pairs": [
                job("a", array_size=2),
                job("b", bc.NToN("a"), array_size=2),
            ],
        }
        for name, jobs in flows.items():
            flow = bc.Workflow(self.stack, name, queue=self.queue, jobs=jobs)
            self.out(f"{name}Arn", flow.state_machine.state_machine_arn)


class Rescues(Embedded):
    """Queues on Spot, with and without a workflow, and one on demand."""

    name = "Rescues"

    def declare(self) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            self.stack,
            "SpotVpc",
            vpc_id="vpc-12345678",
            availability_zones=["us-east-1a"],
            private_subnet_ids=["subnet-12345678"],
        )
        on_demand = bc.JobQueue(
            self.stack,
            "OnDemand",
            compute_environments=[bc.Ec2ComputeEnvironment(self.stack, "Ec2", vpc=vpc)],
        )
        spot = bc.SpotComputeEnvironment(self.stack, "Spot", vpc=vpc)
        rescued = bc.JobQueue(
            self.stack, "Rescued", compute_environments=[spot], spot_rescue_queue=on_demand
        )
        plain = bc.JobQueue(self.stack, "Plain", compute_environments=[spot])
        job = bc.Ec2JobDefinition(
            self.stack,
            "Stays",
            image=IMAGE,
            vcpus=1,
            memory=cdk.Size.gibibytes(1),
            command=["sh", "-c", "case $AWS_BATCH_JQ_NAME in *OnDemand*) ;; *) sleep 600 ;; esac"],
            retry_policy=bc.RetryPolicy(attempts=1),
        )
        flow = bc.Workflow(
            self.stack,
            "Flow",
            queue=plain,
            jobs=[bc.WorkflowJob(name="stay", job_definition=job)],
            spot_rescue_queue=on_demand,
        )
        self.out("RescuedArn", rescued.job_queue_arn)
        self.out("PlainArn", plain.job_queue_arn)
        self.out("OnDemandArn", on_demand.job_queue_arn)
        self.out("StaysArn", job.job_definition_arn)
        self.out("FlowArn", flow.state_machine.state_machine_arn)
