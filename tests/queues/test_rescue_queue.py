"""A rescue queue takes the jobs that it is given, on instances that run them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc


@pytest.fixture
def environments(stack: cdk.Stack) -> dict[str, Any]:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    return {
        "spot": bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc),
        "other_spot": bc.SpotComputeEnvironment(stack, "Other", vpc=vpc, instance_types=["m7i"]),
        "on_demand": bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc),
        "arm": bc.Ec2ComputeEnvironment(stack, "Arm", vpc=vpc, instance_types=["c7g"]),
        "arm_spot": bc.SpotComputeEnvironment(stack, "ArmSpot", vpc=vpc, instance_types=["c7g"]),
    }


def warned(queue: bc.JobQueue) -> list[str]:
    return [
        str(one.data)
        for one in queue.node.metadata
        if one.type == "aws:cdk:warning" and "spot_rescue_queue" in str(one.data)
    ]


ON_SPOT = "all environments of Stack/Behind are on Spot"
OTHER = "the instances of Stack/Behind are ARM64, and those of this queue X86_64"


@pytest.mark.parametrize(
    ("own", "behind", "told"),
    [
        (["spot"], ["on_demand"], []),
        (["spot"], ["other_spot", "on_demand"], []),
        (["spot"], ["other_spot"], [ON_SPOT]),
        (["spot"], ["arm"], [OTHER]),
        (["spot"], ["arm_spot"], [ON_SPOT, OTHER]),
        (["arm_spot"], ["arm"], []),
    ],
)
def test_jobs_are_rescued_on_demand_and_on_instances_of_their_architecture(
    own: list[str],
    behind: list[str],
    told: list[str],
    stack: cdk.Stack,
    environments: dict[str, Any],
) -> None:
    rescue, mine = ([environments[one] for one in names] for names in (behind, own))
    other = bc.JobQueue(stack, "Behind", compute_environments=rescue)
    queue = bc.JobQueue(stack, "Queue", compute_environments=mine, spot_rescue_queue=other)

    found = warned(queue)

    assert len(found) == len(told)
    for said, expected in zip(found, told, strict=True):
        assert expected in said


def test_nothing_is_said_of_a_rescue_queue_that_nobody_knows(
    stack: cdk.Stack, environments: dict[str, Any]
) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/behind"
    imported = bc.JobQueue.from_job_queue_arn(stack, "Behind", arn)
    queue = bc.JobQueue(
        stack, "Queue", compute_environments=[environments["spot"]], spot_rescue_queue=imported
    )

    assert warned(queue) == []


def test_a_disabled_queue_rescues_nothing(stack: cdk.Stack, environments: dict[str, Any]) -> None:
    other = bc.JobQueue(
        stack, "Behind", compute_environments=[environments["on_demand"]], enabled=False
    )
    with pytest.raises(ValueError, match="spot_rescue_queue is disabled, and AWS Batch refuses"):
        bc.JobQueue(
            stack, "Queue", compute_environments=[environments["spot"]], spot_rescue_queue=other
        )
