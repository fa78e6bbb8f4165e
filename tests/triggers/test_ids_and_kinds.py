"""IDs are public API; and queues and definitions of every kind are taken."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Size, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3
from constructs import Construct

import batch_constructs as bc
from tests.triggers.conftest import resources


def children(construct: Construct, depth: int = 2) -> set[str]:
    """Paths of what stands below a construct, two levels deep, without the CDK's own policies."""
    start = len(construct.node.path) + 1
    found = {each.node.path[start:] for each in construct.node.find_all()} - {""}
    return {path for path in found if path.count("/") < depth and "Policy" not in path}


def test_the_ids_below_the_triggers_stay_as_they_are(
    stack: Stack, queue: Any, definition: Any
) -> None:
    common = {"queue": queue, "job_definition": definition}
    schedule = bc.ScheduleTrigger(stack, "Schedule", schedule="rate(1 day)", **common)
    event = bc.EventTrigger(stack, "Event", event_pattern={"source": ["x"]}, **common)
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "photos")
    created = bc.ObjectCreatedTrigger(stack, "Created", bucket=bucket, **common)
    submit = bc.SubmitFunction(stack, "Submit", **common)
    rescue = bc.JobQueue(
        stack,
        "Spot",
        compute_environments=[
            bc.ComputeEnvironment.from_compute_environment_name(stack, "Environment", "spot")
        ],
        spot_rescue_queue=bc.JobQueue.from_job_queue_name(stack, "Other", "other"),
    ).spot_rescue
    assert rescue is not None
    assert rescue.node.path == "Stack/Spot/SpotRescue"
    flow = bc.Workflow(
        stack, "Flow", queue=queue, jobs=[bc.WorkflowJob(name="a", job_definition=definition)]
    )
    gateway = bc.SubmissionGateway(stack, "Gateway", mode="coalesce", **common)

    target = {"Resource", "Role", "Role/Resource", "DeadLetterQueue", "DeadLetterQueue/Resource"}
    function = {"Function", "Function/Handler", "Function/LogGroup", "Function/Role"}
    plain = {
        name: {path for path in children(construct) if not path.startswith("Role/Import")}
        for name, construct in {"schedule": schedule, "event": event, "created": created}.items()
    }
    assert plain == {"schedule": target, "event": target, "created": target}
    claims = {"Claims", "Claims/Resource", "Claims/ScalingRole"}
    assert children(submit) == function | claims | {"DeadLetterQueue", "DeadLetterQueue/Resource"}
    assert children(rescue) == function | claims | {
        "Resource",
        "Permission",
        "OnFailure",
        "DeadLetterQueue",
        "DeadLetterQueue/Resource",
    }
    assert {path for path in children(flow) if "Import" not in path} == {
        "LogGroup",
        "LogGroup/Resource",
        "Role",
        "Role/Resource",
        "StateMachine",
        "StateMachine/Resource",
    }
    assert {path for path in children(gateway) if path.count("/") == 0} == {
        "DeadLetterAlarm",
        "DeadLetterQueue",
        "Function",
        "Ledger",
        "Manifests",
        "Mapping",
        "SourceQueue",
    }


def l2(stack: Stack) -> tuple[Any, Any]:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    queue = batch.JobQueue(stack, "Queue")
    queue.add_compute_environment(batch.FargateComputeEnvironment(stack, "Env", vpc=vpc), 1)
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=ecs.ContainerImage.from_registry("busybox"),
        cpu=1,
        memory=Size.gibibytes(2),
    )
    return queue, batch.EcsJobDefinition(stack, "Job", container=container)


def l1(stack: Stack) -> tuple[Any, Any]:
    order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(compute_environment="env", order=1)
    queue = batch.CfnJobQueue(stack, "Queue", priority=1, compute_environment_order=[order])
    container = {
        "image": "busybox",
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "512"},
        ],
    }
    return queue, batch.CfnJobDefinition(
        stack, "Job", type="container", container_properties=container
    )


def imported(stack: Stack) -> tuple[Any, Any]:
    account = "arn:aws:batch:us-east-1:123456789012:"
    return (
        batch.JobQueue.from_job_queue_arn(stack, "Queue", f"{account}job-queue/main"),
        batch.EcsJobDefinition.from_job_definition_arn(
            stack, "Job", f"{account}job-definition/report:3"
        ),
    )


@pytest.mark.parametrize("make", [l2, l1, imported])
def test_queues_and_definitions_of_other_kinds_are_taken(stack: Stack, make: Any) -> None:
    queue, definition = make(stack)
    common = {"queue": queue, "job_definition": definition}

    bc.ScheduleTrigger(stack, "Schedule", schedule="rate(1 day)", **common)
    bc.EventTrigger(stack, "Event", event_pattern={"source": ["x"]}, **common)
    bc.SubmissionGateway(stack, "Gateway", **common)
    bc.Workflow(
        stack, "Flow", queue=queue, jobs=[bc.WorkflowJob(name="a", job_definition=definition)]
    )

    assert len(resources(stack, "AWS::Scheduler::Schedule")) == 1
    assert len(resources(stack, "AWS::Events::Rule")) == 1
    assert len(resources(stack, "AWS::StepFunctions::StateMachine")) == 1
