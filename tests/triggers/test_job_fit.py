"""A trigger's definition fits its queue, and takes the parameters that it is given."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

IMAGE, GIB = "busybox", cdk.Size.gibibytes(2)
NIGHTLY = events.Schedule.rate(cdk.Duration.days(1))


@pytest.fixture
def queue(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.JobQueue:
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    return bc.JobQueue(stack, "Queue", compute_environments=[fargate])


def takes(stack: cdk.Stack, *words: str, **more: Any) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(
        stack, "Job", image=IMAGE, vcpus=1, memory=GIB, command=list(words), **more
    )


@pytest.mark.parametrize("trigger", [bc.EventTrigger, bc.ScheduleTrigger])
def test_a_definition_of_another_platform_is_refused(
    stack: cdk.Stack, queue: bc.JobQueue, trigger: Any
) -> None:
    job = bc.Ec2JobDefinition(stack, "Job", image=IMAGE, vcpus=1, memory=GIB)
    pattern = {"event_pattern": {"source": ["a"]}}
    when = pattern if trigger is bc.EventTrigger else {"schedule": NIGHTLY}

    with pytest.raises(ValueError, match="the job is for EC2, the queue offers Fargate, so AWS"):
        trigger(stack, "Trigger", queue=queue, job_definition=job, **when)


class TestParameters:
    """One that the command never refers to changes nothing."""

    def test_it_is_named_with_what_the_command_takes(
        self, stack: cdk.Stack, queue: bc.JobQueue
    ) -> None:
        job = takes(stack, "run", "Ref::day", parameters={"day": "today"})

        with pytest.raises(
            ValueError, match='a key of parameters is "dya", .* does not refer; it refers to day:'
        ):
            self.schedule(stack, queue, job, parameters={"dya": "monday"})

    def test_a_command_without_any_takes_none(self, stack: cdk.Stack, queue: bc.JobQueue) -> None:
        with pytest.raises(ValueError, match="it refers to none: write Ref::day in the command"):
            self.schedule(stack, queue, takes(stack, "run"), parameters={"day": "monday"})

    @pytest.mark.parametrize("of", ["command", "token", "elsewhere"])
    def test_a_command_that_nobody_knows_may_refer_to_it(
        self, stack: cdk.Stack, queue: bc.JobQueue, of: str
    ) -> None:
        word = cdk.CfnParameter(stack, "Word").value_as_string if of == "token" else "run"
        job: Any = takes(stack, word)
        if of == "elsewhere":
            job = bc.JobDefinition.from_job_definition_name(stack, "Elsewhere", "job")
        own = {"command": ["run", "Ref::day"]} if of == "command" else {}

        self.schedule(stack, queue, job, parameters={"day": "monday"}, **own)

    def test_what_every_object_brings_need_not_be_taken(
        self, stack: cdk.Stack, queue: bc.JobQueue
    ) -> None:
        bucket, job = s3.Bucket(stack, "Bucket"), takes(stack, "run")
        given: dict[str, Any] = {"bucket": bucket, "queue": queue, "job_definition": job}

        bc.ObjectCreatedTrigger(stack, "Trigger", **given)
        with pytest.raises(ValueError, match='a key of parameters is "name"'):
            bc.ObjectCreatedTrigger(stack, "Other", parameters={"name": "$.detail.x"}, **given)

    def schedule(self, stack: cdk.Stack, queue: bc.JobQueue, job: Any, **more: Any) -> None:
        bc.ScheduleTrigger(
            stack, "Trigger", queue=queue, job_definition=job, schedule=NIGHTLY, **more
        )
