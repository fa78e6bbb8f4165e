"""What lost its last Spot host runs again on demand, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2

from batch_constructs import (
    ComputeEnvironment,
    Ec2ComputeEnvironment,
    FairSharePolicy,
    FargateComputeEnvironment,
    JobDefinition,
    JobQueue,
)
from batch_constructs.queues.spot_rescue import lost_host_pattern
from tests.triggers.conftest import QUEUE, joined, only, resources
from tests.triggers.event_patterns import matches

ON_DEMAND = "arn:aws:batch:us-east-1:123456789012:job-queue/on-demand"


def event(**detail: Any) -> dict[str, Any]:
    # https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
    return {
        "version": "0",
        "id": "c8f9c4b5-76e5-d76a-f980-7011e206042b",
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": "123456789012",
        "time": "2022-01-11T23:36:40Z",
        "region": "us-east-1",
        "resources": ["arn:aws:batch:us-east-1:123456789012:job/4c7599ae-0a82-49aa-ba5a"],
        "detail": {
            "jobName": "event-test",
            "jobId": "4c7599ae-0a82-49aa-ba5a-4727fcce14a8",
            "jobQueue": QUEUE,
            "status": "FAILED",
            "statusReason": "Host EC2 (instance i-0a1b2c3d) terminated.",
            "attempts": [],
            "jobDefinition": "arn:aws:batch:us-east-1:123456789012:job-definition/event:1",
            **detail,
        },
    }


@pytest.fixture
def spot(stack: Stack) -> ComputeEnvironment:
    return ComputeEnvironment.from_compute_environment_name(stack, "SpotEnvironment", "spot")


@pytest.fixture
def on_demand(stack: Stack) -> Any:
    return JobQueue.from_job_queue_arn(stack, "OnDemand", ON_DEMAND)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (event(), True),
        (event(status="RUNNABLE"), False),
        (event(statusReason="Your Spot Task was interrupted."), True),
        (event(statusReason="Your Spot Task was interrupted.", jobQueue=ON_DEMAND), False),
        (event(statusReason="Essential container in task exited"), False),
        (event(statusReason="Task failed: Host EC2 (instance i) terminated."), False),
        (event(jobQueue=ON_DEMAND), False),
        (event(statusReason="Dependent Job failed"), True),
        (event(statusReason="Dependent Job failed", jobQueue=ON_DEMAND), True),
        ({**event(), "source": "my.app"}, False),
    ],
)
def test_only_a_job_that_lost_its_host_here_or_that_waited_for_another_comes_to_the_function(
    found: dict[str, Any],
    expected: bool,  # noqa: FBT001 - a case
) -> None:
    assert matches(lost_host_pattern(QUEUE), found) is expected


def test_the_rule_is_about_the_queue_that_has_it(
    stack: Stack, spot: ComputeEnvironment, on_demand: Any
) -> None:
    JobQueue(stack, "Spot", compute_environments=[spot], spot_rescue_queue=on_demand)

    (name,) = resources(stack, "AWS::Batch::JobQueue")
    arn: Any = {"Fn::GetAtt": [name, "JobQueueArn"]}
    rule = only(stack, "AWS::Events::Rule")
    assert rule["EventPattern"] == stack.resolve(lost_host_pattern(arn))


def test_it_may_submit_to_the_rescue_queue_only(
    stack: Stack, spot: ComputeEnvironment, on_demand: Any
) -> None:
    JobQueue(stack, "Spot", compute_environments=[spot], spot_rescue_queue=on_demand)

    role = only(stack, "AWS::IAM::Role")
    _, submit, tag, reading, claiming = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [joined(each) for each in submit["Resource"]] == [
        ON_DEMAND,
        "arn:aws:batch:us-east-1:123456789012:job-definition/*",
        "arn:aws:batch:us-east-1:123456789012:job/*",
    ]
    assert tag["Resource"] == "arn:aws:batch:us-east-1:123456789012:job/*"
    assert reading == {
        "Effect": "Allow",
        "Action": ["batch:DescribeJobQueues", "batch:DescribeJobs", "batch:ListJobs"],
        "Resource": "*",
    }
    assert claiming["Action"] == ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    variables = only(stack, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert variables["RESCUE_QUEUE"] == ON_DEMAND
    assert sorted(variables) == ["CLAIMS_TABLE", "RESCUE_QUEUE", "SPOT_QUEUE"]


def test_it_may_submit_the_named_definitions_only(
    stack: Stack, spot: ComputeEnvironment, on_demand: Any
) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:job-definition"
    definitions = [
        JobDefinition.from_job_definition_arn(stack, name, f"{arn}/{name}:3")
        for name in ("align", "call")
    ]
    JobQueue(
        stack,
        "Spot",
        compute_environments=[spot],
        spot_rescue_queue=on_demand,
        spot_rescue_job_definitions=definitions,
    )

    role = only(stack, "AWS::IAM::Role")
    submit = role["Policies"][0]["PolicyDocument"]["Statement"][1]
    assert submit["Resource"] == [
        ON_DEMAND,
        f"{arn}/align",
        f"{arn}/align:*",
        "arn:aws:batch:us-east-1:123456789012:job/*",
        f"{arn}/call",
        f"{arn}/call:*",
    ]


def test_it_may_be_allowed_to_submit_what_waits_in_another_queue(
    stack: Stack, spot: ComputeEnvironment, on_demand: Any
) -> None:
    other = JobQueue.from_job_queue_arn(stack, "Other", f"{ON_DEMAND}-other")
    arn = "arn:aws:batch:us-east-1:123456789012:job-definition/align:3"
    definition = JobDefinition.from_job_definition_arn(stack, "Align", arn)
    queue = JobQueue(stack, "Spot", compute_environments=[spot], spot_rescue_queue=on_demand)
    assert queue.spot_rescue is not None

    other.grant_submit(queue.spot_rescue.function, definition)

    policies = resources(stack, "AWS::IAM::Policy").values()
    assert f"{ON_DEMAND}-other" in str(list(policies))


def test_what_it_cannot_submit_lies_in_its_dead_letter_queue(
    stack: Stack, spot: ComputeEnvironment, on_demand: Any
) -> None:
    queue = JobQueue(stack, "Spot", compute_environments=[spot], spot_rescue_queue=on_demand)

    (letters,) = resources(stack, "AWS::SQS::Queue")
    destination = only(stack, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]
    assert destination == {"OnFailure": {"Destination": {"Fn::GetAtt": [letters, "Arn"]}}}
    (target,) = only(stack, "AWS::Events::Rule")["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [letters, "Arn"]}}
    assert queue.spot_rescue is not None
    assert stack.resolve(queue.spot_rescue.dead_letter_queue.queue_arn) == {
        "Fn::GetAtt": [letters, "Arn"]
    }


def test_a_queue_without_a_rescue_queue_has_none(stack: Stack, spot: ComputeEnvironment) -> None:
    queue = JobQueue(stack, "Spot", compute_environments=[spot])

    assert queue.spot_rescue is None
    assert not resources(stack, "AWS::Lambda::Function")


def test_queues_of_which_one_alone_takes_shares_are_refused(
    stack: Stack, shared: JobQueue, spot: ComputeEnvironment
) -> None:
    fifo = JobQueue(stack, "Fifo", compute_environments=[spot])
    policy = FairSharePolicy(stack, "OtherPolicy")

    for rescued, own in ((shared, None), (fifo, policy)):
        with pytest.raises(ValueError, match="Stack/Spot: spot_rescue_queue: one of the two"):
            JobQueue(
                stack,
                "Spot",
                compute_environments=[spot],
                scheduling_policy=own,
                spot_rescue_queue=rescued,
            )


@pytest.mark.parametrize("fargate", [True, False])
def test_jobs_are_not_rescued_to_a_queue_that_cannot_run_them(
    fargate: bool,  # noqa: FBT001  # a case
    stack: Stack,
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    both: list[Any] = [
        FargateComputeEnvironment(stack, "Fargate", vpc=vpc, spot=True),
        Ec2ComputeEnvironment(stack, "Instances", vpc=vpc),
    ]
    lost, rescued = both if fargate else reversed(both)
    rescue = JobQueue(stack, "Rescue", compute_environments=[rescued])
    here = "Fargate" if fargate else "instances"

    with pytest.raises(ValueError, match=f"jobs of this queue run on {here}, .* a queue on {here}"):
        JobQueue(stack, "Spot", compute_environments=[lost], spot_rescue_queue=rescue)


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        (
            "arn:aws:batch:eu-west-1:123456789012:job-queue/far",
            "spot_rescue_queue: .* is in Region eu-west-1, and the stack in us-east-1; jobs run",
        ),
        (
            "arn:aws:batch:us-east-1:210987654321:job-queue/far",
            "spot_rescue_queue: .* is in account 210987654321, and the stack in 123456789012;",
        ),
    ],
)
def test_a_rescue_queue_of_another_region_or_account_is_refused(arn: str, problem: str) -> None:
    here = Environment(account="123456789012", region="us-east-1")
    stack = Stack(App(), "Here", env=here)
    spot = ComputeEnvironment.from_compute_environment_name(stack, "SpotEnvironment", "spot")
    far = JobQueue.from_job_queue_arn(stack, "Far", arn)

    with pytest.raises(ValueError, match=problem):
        JobQueue(stack, "Spot", compute_environments=[spot], spot_rescue_queue=far)


@pytest.mark.parametrize(
    ("options", "kind", "problem"),
    [
        (
            {"spot_rescue_queue": "name"},
            TypeError,
            'Stack/Spot: spot_rescue_queue is str "name"; expected a JobQueue',
        ),
        (
            {"spot_rescue_job_definitions": []},
            ValueError,
            "spot_rescue_job_definitions is given without spot_rescue_queue",
        ),
        (
            {"spot_rescue_queue": ON_DEMAND, "spot_rescue_job_definitions": ["align"]},
            TypeError,
            'spot_rescue_job_definitions\\[0\\] is str "align"; expected a job definition',
        ),
    ],
)
def test_what_is_no_queue_or_definition_is_refused(
    stack: Stack,
    spot: ComputeEnvironment,
    options: dict[str, Any],
    kind: type[Exception],
    problem: str,
) -> None:
    with pytest.raises(kind, match=problem):
        JobQueue(stack, "Spot", compute_environments=[spot], **options)
    assert not stack.node.try_find_child("Spot")
