"""What lost its last Spot host runs again on demand, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from batch_constructs import FargateComputeEnvironment, JobQueue, SpotRescue
from tests.triggers.conftest import JOBS, QUEUE, joined, only, resources
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


def rescue(stack: Stack, queue: Any) -> SpotRescue:
    other = JobQueue.from_job_queue_arn(stack, "OnDemand", ON_DEMAND)
    return SpotRescue(stack, "Rescue", queue=queue, rescue_queue=other)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (event(), True),
        (event(status="RUNNABLE"), False),
        (event(statusReason="Essential container in task exited"), False),
        (event(statusReason="Task failed: Host EC2 (instance i) terminated."), False),
        (event(jobQueue=ON_DEMAND), False),
        ({**event(), "source": "my.app"}, False),
    ],
)
def test_only_a_job_of_the_queue_that_lost_its_host_is_rescued(
    stack: Stack,
    queue: Any,
    found: dict[str, Any],
    expected: bool,  # noqa: FBT001 - a case
) -> None:
    rescue(stack, queue)

    assert matches(only(stack, "AWS::Events::Rule")["EventPattern"], found) is expected


def test_it_may_submit_to_the_rescue_queue_only(stack: Stack, queue: Any) -> None:
    rescue(stack, queue)

    role = only(stack, "AWS::IAM::Role")
    _, submit, tag, listing = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [joined(each) for each in submit["Resource"]] == [
        ON_DEMAND,
        "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job-definition/*",
        JOBS,
    ]
    assert tag["Resource"] == JOBS
    assert listing == {"Effect": "Allow", "Action": "batch:ListJobs", "Resource": "*"}
    assert only(stack, "AWS::Lambda::Function")["Environment"]["Variables"] == {
        "RESCUE_QUEUE": ON_DEMAND
    }


def test_what_it_cannot_submit_lies_in_its_dead_letter_queue(stack: Stack, queue: Any) -> None:
    rescue(stack, queue)

    (letters,) = resources(stack, "AWS::SQS::Queue")
    destination = only(stack, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]
    assert destination == {"OnFailure": {"Destination": {"Fn::GetAtt": [letters, "Arn"]}}}
    (target,) = only(stack, "AWS::Events::Rule")["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [letters, "Arn"]}}


def test_it_is_an_option_of_the_queue(stack: Stack, queue: Any) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    environment = FargateComputeEnvironment(stack, "Environment", vpc=vpc, spot=True)

    JobQueue(stack, "Spot", compute_environments=[environment], spot_rescue_queue=queue)

    pattern = only(stack, "AWS::Events::Rule")["EventPattern"]
    (spot,) = resources(stack, "AWS::Batch::JobQueue")
    assert pattern["detail"]["jobQueue"] == [{"Fn::GetAtt": [spot, "JobQueueArn"]}]


def test_queues_of_which_one_alone_takes_shares_are_refused(stack: Stack, shared: JobQueue) -> None:
    vpc = ec2.Vpc(stack, "OtherVpc", max_azs=2)
    environment = FargateComputeEnvironment(stack, "FifoEnvironment", vpc=vpc, spot=True)
    fifo = JobQueue(stack, "Fifo", compute_environments=[environment])

    for lost, rescued in ((shared, fifo), (fifo, shared)):
        with pytest.raises(ValueError, match="Stack/Rescue: one of queue and rescue_queue has a"):
            SpotRescue(stack, "Rescue", queue=lost, rescue_queue=rescued)


@pytest.mark.parametrize(
    ("other", "kind", "problem"),
    [
        ("itself", ValueError, "Stack/Rescue: rescue_queue is the queue itself"),
        ("name", TypeError, "Stack/Rescue: rescue_queue is str; expected a job queue"),
    ],
)
def test_what_is_no_other_queue_is_refused(
    stack: Stack, queue: Any, other: str, kind: type[Exception], problem: str
) -> None:
    rescue_queue: Any = queue if other == "itself" else other
    with pytest.raises(kind, match=problem):
        SpotRescue(stack, "Rescue", queue=queue, rescue_queue=rescue_queue)
    assert not stack.node.try_find_child("Rescue")
