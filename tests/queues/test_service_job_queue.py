"""Queues of service jobs: who may submit, what they tell, and where they do not belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

import batch_constructs as bc

ARN = "arn:aws:batch:us-east-1:123456789012:job-queue/trainings"


@pytest.fixture
def queue(stack: cdk.Stack) -> bc.ServiceJobQueue:
    limit = bc.CapacityLimit(max_capacity=10)
    training = bc.ServiceEnvironment(stack, "Training", capacity_limits=[limit])
    return bc.ServiceJobQueue(stack, "Trainings", service_environments=[training])


def test_a_grantee_may_submit_service_jobs_and_nothing_wider(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    bc.ServiceJobQueue.from_job_queue_arn(stack, "Queue", ARN).grant_submit_service_job(role)

    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    jobs = "arn:aws:batch:us-east-1:123456789012:service-job/*"
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "batch:SubmitServiceJob",
            "Resource": [ARN, f"{ARN}/quota-share/*", jobs],
        },
        {"Effect": "Allow", "Action": "batch:TagResource", "Resource": jobs},
    ]


def test_a_grantee_that_is_none_is_named(queue: bc.ServiceJobQueue) -> None:
    with pytest.raises(TypeError, match="grantee is str .role.; expected an iam.IGrantable"):
        queue.grant_submit_service_job("role")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize(
    ("watch", "states"),
    [
        (lambda queue, inbox: queue.on_service_job_state_change("R", target=inbox), None),
        (lambda queue, inbox: queue.on_service_job_failed("R", target=inbox), ["FAILED"]),
        (lambda queue, inbox: queue.on_service_job_succeeded("R", target=inbox), ["SUCCEEDED"]),
        (
            lambda queue, inbox: queue.on_service_job_state_change(
                "R", target=inbox, states=[bc.ServiceJobState.SCHEDULED]
            ),
            ["SCHEDULED"],
        ),
    ],
)
def test_events_of_service_jobs_have_a_type_of_their_own(
    watch: Callable[[bc.ServiceJobQueue, sqs.Queue], object],
    states: list[str] | None,
    stack: cdk.Stack,
    queue: bc.ServiceJobQueue,
) -> None:
    watch(queue, sqs.Queue(stack, "Inbox"))

    (rule,) = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    detail = {"jobQueue": [stack.resolve(queue.job_queue_arn)]}
    assert rule["Properties"]["EventPattern"] == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Service Job State Change"],
        "detail": detail if states is None else {**detail, "status": states},
    }
    assert len(rule["Properties"]["Targets"]) == 1


def test_a_state_that_no_service_job_tells_of_is_refused(queue: bc.ServiceJobQueue) -> None:
    with pytest.raises(ValueError, match=r"Trainings/R: states\[0\] is \"SUBMITTED\"; .*SCHEDULED"):
        queue.on_service_job_state_change("R", states=["SUBMITTED"])


def test_it_tells_that_it_is_blocked(stack: cdk.Stack, queue: bc.ServiceJobQueue) -> None:
    queue.on_queue_blocked("Blocked")

    (rule,) = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    assert "Batch Service Job Queue Blocked" in rule["Properties"]["EventPattern"]["detail-type"]


def _trigger(stack: cdk.Stack, queue: Any, definition: bc.JobDefinition) -> object:
    return bc.ScheduleTrigger(
        stack, "It", queue=queue, job_definition=definition, schedule="rate(1 day)"
    )


def _grant(stack: cdk.Stack, queue: Any, definition: bc.JobDefinition) -> object:
    role = iam.Role(stack, "It", assumed_by=iam.AccountRootPrincipal())
    return definition.grant_submit(role, queue)


@pytest.mark.parametrize(
    "use",
    [
        _trigger,
        _grant,
        lambda stack, queue, _: bc.JobNotifications(stack, "It", queues=[queue]),
        lambda stack, queue, _: bc.BatchMonitoring(stack, "It", queues=[queue]),
        lambda _stack, queue, _: bc.events_of(queue),
    ],
)
def test_where_jobs_have_a_definition_it_is_refused_in_one_line(
    use: Callable[..., object], stack: cdk.Stack, queue: bc.ServiceJobQueue
) -> None:
    definition = bc.JobDefinition.from_job_definition_name(stack, "Job", "tool")

    with pytest.raises(TypeError, match=r"queues?(\[0\])? is ServiceJobQueue; expected") as refusal:
        use(stack, queue, definition)

    assert "\n" not in str(refusal.value)


def test_one_that_exists_is_taken_in_by_arn_or_by_name(stack: cdk.Stack) -> None:
    by_arn = bc.ServiceJobQueue.from_job_queue_arn(stack, "Arn", ARN)
    by_name = bc.ServiceJobQueue.from_job_queue_name(stack, "Name", "trainings")

    assert (by_arn.job_queue_arn, by_arn.job_queue_name) == (ARN, "trainings")
    assert by_name.job_queue_name == "trainings"
    bc.QuotaShare(
        stack,
        "Share",
        queue=by_arn,
        capacity_limits=[bc.CapacityLimit(max_capacity=1, capacity_unit="ml.m5.large")],
        quota_share_name="research",
    )


@pytest.mark.usefixtures("queue")
def test_its_environment_is_the_first(stack: cdk.Stack) -> None:
    (made,) = Template.from_stack(stack).find_resources("AWS::Batch::JobQueue").values()

    assert [one["Order"] for one in made["Properties"]["ServiceEnvironmentOrder"]] == [1]


def test_what_is_taken_in_is_a_reference_of_the_cdk(stack: cdk.Stack) -> None:
    trainings = bc.ServiceJobQueue.from_job_queue_arn(stack, "Known", ARN)

    assert stack.resolve(batch.CfnJobQueue.arn_for_job_queue(trainings)) == ARN
