"""A member of a user's ``class Stage(str, Enum)`` is a text: what it is stands in the template."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

GIBIBYTES = cdk.Size.gibibytes(2)


class Its(str, Enum):  # noqa: UP042  # what came before StrEnum is what this is about
    """What ``str`` and an f-string write as ``Its.NAME``."""

    WORD = "word"
    CRON = "cron(0 1 * * ? *)"
    PATH = "/word"
    PREFIX = "word/"
    TYPE = "c7g.large"
    STRATEGY = "BEST_FIT_PROGRESSIVE"
    CONDITION = "START"
    CONTINUE = "continue"
    LOWER_CASE = "disable_queues"
    STATE = "FAILED"
    ARN = "arn:aws:batch:us-east-1:123456789012:job-queue/word"


def job(stack: cdk.Stack) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(
        stack,
        "Job",
        image=Its.WORD,
        vcpus=1,
        memory=GIBIBYTES,
        command=[Its.WORD],
        environment={Its.WORD: Its.WORD},
        tags={Its.WORD: Its.WORD},
        user=Its.WORD,
        job_definition_name=Its.WORD,
    )


def queue(stack: cdk.Stack) -> Any:
    return bc.JobQueue.from_job_queue_arn(stack, "Queue", Its.ARN)


def of_containers(stack: cdk.Stack) -> None:
    waits = bc.ContainerDependency(container_name=Its.WORD, condition=Its.CONDITION)
    small: dict[str, Any] = {"image": "busybox", "vcpus": 0.5, "memory": cdk.Size.gibibytes(1)}
    containers = [
        bc.Container(name=Its.WORD, **small, environment={Its.WORD: Its.WORD}),
        bc.Container(name="main", **small, depends_on=[waits]),
    ]
    bc.MultiContainerJobDefinition(
        stack, "Several", containers=containers, platform_capability="FARGATE"
    )


def of_instances(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Bucket")
    mounted = bc.S3MountVolume(bucket, prefix=Its.PREFIX, name=Its.WORD, host_path=Its.PATH)
    template = bc.LaunchTemplate(
        stack, "Template", volumes=[mounted, bc.InstanceStoreVolume()], tags={Its.WORD: Its.WORD}
    )
    bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=ec2.Vpc(stack, "Vpc", max_azs=1),
        instance_types=[Its.TYPE],
        allocation_strategy=Its.STRATEGY,
        launch_template=template,
        tags={Its.WORD: Its.WORD},
    )


def of_a_workflow(stack: cdk.Stack) -> None:
    given = job(stack)
    jobs = [
        bc.WorkflowJob(name=Its.WORD, job_definition=given, command=[Its.WORD]),
        bc.WorkflowJob(
            name="next",
            job_definition=given,
            depends_on=[Its.WORD],
            environment={Its.WORD: Its.WORD},
            catch="after",
            after_catch=Its.CONTINUE,
        ),
        bc.WorkflowJob(name="after", job_definition=given, only_on_failure=True),
    ]
    bc.Workflow(stack, "Workflow", queue=queue(stack), jobs=jobs)


def of_triggers(stack: cdk.Stack) -> None:
    submitted: dict[str, Any] = {"queue": queue(stack), "job_definition": job(stack)}
    bc.ScheduleTrigger(
        stack,
        "Schedule",
        **submitted,
        job_name=Its.WORD,
        schedule=Its.CRON,
        schedule_name=Its.WORD,
        description=Its.WORD,
        command=[Its.WORD],
        environment={Its.WORD: Its.WORD},
    )
    bc.EventTrigger(
        stack, "Event", **submitted, event_pattern={"source": [Its.WORD]}, command=[Its.WORD]
    )


def of_monitoring(stack: cdk.Stack) -> None:
    watched = queue(stack)
    bc.BatchMonitoring(stack, "Monitoring", queues=[watched], alarm_name_prefix=Its.WORD)
    bc.BatchDashboard(stack, "Dashboard", queues=[watched], title=Its.WORD)
    budget = bc.VcpuBudget.of_vcpu_hours(5)
    bc.CostGuard(stack, "Guard", queues=[watched], budget=budget, action=Its.LOWER_CASE)
    bc.JobNotifications(stack, "Notifications", queues=[watched], states=[Its.STATE])


@pytest.mark.parametrize(
    "make", [of_containers, of_instances, of_a_workflow, of_triggers, of_monitoring]
)
def test_a_text_of_an_enumeration_is_written_as_it_is(
    app: cdk.App, make: Callable[[cdk.Stack], None]
) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="123456789012", region="us-east-1"))
    make(stack)

    template = json.dumps(app.synth().get_stack_by_name("Stack").template)
    assert "Its." not in template
    assert "word" in template


def test_a_message_names_the_text_of_an_enumeration(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match='job_queue_name is "/word"'):
        bc.JobQueue(stack, "Queue", compute_environments=[], job_queue_name=Its.PATH)


class Number(IntEnum):
    TWO = 2


def test_a_number_of_an_enumeration_is_written_as_it_is(app: cdk.App, stack: cdk.Stack) -> None:
    one = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=GIBIBYTES, max_concurrent_jobs=Number.TWO
    )
    pattern = {"source": ["mine"], "detail": {"number": [Number.TWO]}}
    bc.EventTrigger(stack, "Event", queue=queue(stack), job_definition=one, event_pattern=pattern)

    made = json.dumps(app.synth().get_stack_by_name("Stack").template)
    assert '"TotalQuantity": 2' in made
    assert '"detail": {"number": [2]}' in made


def test_a_number_that_no_float_can_hold_is_refused_as_any_other(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"Stack/Queue: priority is 1000.*; allowed"):
        bc.JobQueue(
            stack,
            "Queue",
            compute_environments=[
                bc.ComputeEnvironment.from_compute_environment_name(stack, "Room", "room")
            ],
            priority=10**400,
        )
