"""A stack that is changed over and over: what may change in it, drawn by chance."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

NAME = "Changing"


@dataclass(frozen=True)
class Wish:
    """What the stack is to be."""

    max_vcpus: int = 4
    team: str = "a"
    stage: str = "test"
    fargate_spot: bool = False
    instance_type: str = "m7i"
    strategy: str | None = None
    second_environment: bool = False
    priority: int = 1
    word: str = "hello"
    keep_old_revisions: bool = False
    licences: int = 3
    replenishable: bool = True

    def changed(self, draw: random.Random) -> Wish:
        """Give it with one thing changed."""
        name, values = draw.choice(sorted(CHOICES.items()))
        others = [value for value in values if value != getattr(self, name)]
        return replace(self, **{name: draw.choice(others)})


# Not max_vcpus: AWS Batch takes no maximum below what instances of an environment have just now.
CHOICES: dict[str, list[Any]] = {
    "team": ["a", "b", "c"],
    "stage": ["test", "live"],
    "fargate_spot": [False, True],
    "instance_type": ["m7i", "c7i", "r7i"],
    "strategy": [None, "BEST_FIT"],
    "second_environment": [False, True],
    "priority": [1, 2, 3],
    "word": ["hello", "goodbye", "again"],
    "keep_old_revisions": [False, True],
    "licences": [3, 5],
    "replenishable": [True, False],
}


def stack_of(wish: Wish) -> cdk.Stack:
    """Make the stack, in an app of its own."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, NAME, tags={"Stage": wish.stage})
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-12345678"],
        private_subnet_route_table_ids=["rtb-12345678"],
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678")
    common: dict[str, Any] = {
        "vpc": vpc,
        "security_groups": [group],
        "max_vcpus": wish.max_vcpus,
        "tags": {"Team": wish.team},
    }
    fargate = bc.FargateComputeEnvironment(
        stack, "Fargate", spot=wish.fargate_spot, compute_environment_name="small", **common
    )
    instances: list[bc.Ec2ComputeEnvironment] = [
        bc.Ec2ComputeEnvironment(
            stack,
            "Instances",
            instance_types=[wish.instance_type],
            allocation_strategy=wish.strategy,
            compute_environment_name="large",
            **common,
        )
    ]
    if wish.second_environment:
        instances.append(bc.Ec2ComputeEnvironment(stack, "More", **common))
    definition: dict[str, Any] = {
        "image": "public.ecr.aws/docker/library/busybox:stable",
        "vcpus": 1,
        "memory": cdk.Size.gibibytes(2),
        "command": ["sh", "-c", f"sleep 0.5; echo {wish.word}"],
        "keep_old_revisions": wish.keep_old_revisions,
    }
    for name, environments, job in (
        ("Small", [fargate], bc.FargateJobDefinition(stack, "SmallJob", **definition)),
        ("Large", instances, bc.Ec2JobDefinition(stack, "LargeJob", **definition)),
    ):
        queue = bc.JobQueue(stack, name, compute_environments=environments, priority=wish.priority)
        cdk.CfnOutput(stack, f"{name}QueueArn", value=queue.job_queue_arn)
        cdk.CfnOutput(stack, f"{name}JobName", value=job.job_definition_name)
    bc.ConsumableResource(
        stack,
        "Licences",
        total_quantity=wish.licences,
        replenishable=wish.replenishable,
        consumable_resource_name="licences",
    )
    return stack


def write(wish: Wish, path: Path) -> None:
    """Write a wish down for the app that the CLI runs."""
    path.write_text(json.dumps(asdict(wish)))


if __name__ == "__main__":
    app = stack_of(Wish(**json.loads(Path("wish.json").read_text()))).node.root
    app.synth()  # type: ignore[attr-defined]  # the app
