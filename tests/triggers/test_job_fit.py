"""A trigger's definition fits its queue, and takes the parameters that it is given."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
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


def in_a_workflow(stack: cdk.Stack, queue: bc.JobQueue, job: Any) -> None:
    bc.Workflow(stack, "It", queue=queue, jobs=[bc.WorkflowJob(name="only", job_definition=job)])


def on_a_schedule(stack: cdk.Stack, queue: bc.JobQueue, job: Any) -> None:
    bc.ScheduleTrigger(stack, "It", queue=queue, job_definition=job, schedule=NIGHTLY)


@pytest.mark.parametrize("submit", [on_a_schedule, in_a_workflow])
@pytest.mark.parametrize(
    ("limit", "of", "told"),
    [
        (1, None, True),
        (1, "number", True),
        (1, "queue", False),
        (1, "resource", False),
        (None, None, False),
    ],
)
def test_a_limit_of_the_queue_that_its_jobs_do_not_count_in_is_told(
    limit: int | None,
    of: str | None,
    told: bool,  # noqa: FBT001  # a case
    submit: Any,
    stack: cdk.Stack,
    vpc: ec2.Vpc,
) -> None:
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate], max_concurrent_jobs=limit)
    ways: dict[str | None, dict[str, Any]] = {
        None: {},
        "number": {"max_concurrent_jobs": 1},
        "queue": {"max_concurrent_jobs": queue},
        "resource": {"consumable_resources": {queue.concurrent_jobs: 1}},
    }
    submit(stack, queue, takes(stack, "run", **ways[of]))

    said = "max_concurrent_jobs of Stack/Queue does not limit jobs of Stack/Job.*=queue"
    found = assertions.Annotations.from_stack(stack).find_warning(
        "/Stack/It", assertions.Match.string_like_regexp(said)
    )
    assert bool(found) is told


def test_for_a_job_of_several_nodes_the_fix_of_a_limit_is_in_its_nodes(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[instances], max_concurrent_jobs=1)
    container = bc.Container(image=IMAGE, vcpus=1, memory=GIB)
    nodes = bc.NodeRange(target_nodes=2, container=container)
    job = bc.MultiNodeJobDefinition(stack, "Job", node_ranges=[nodes])
    on_a_schedule(stack, queue, job)

    said = "give its NodeRange consumable_resources={queue.concurrent_jobs: 1}"
    found = assertions.Annotations.from_stack(stack).find_warning(
        "/Stack/It", assertions.Match.string_like_regexp(f".*{said}")
    )
    assert found


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
