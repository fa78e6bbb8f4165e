"""A template test as users write it, N times in one process, with this library or with the L2.

Run as ``python bench/template_tests.py SHAPE N``: each test makes an app with a queue on Fargate
and a definition of its own, and looks at its template. Prints one line of JSON, as definitions.py
does. Where ``CDK_VALIDATION`` is not ``false``, the CDK's validation and our rules are in it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from cost import cost_so_far, count_calls

if TYPE_CHECKING:
    from collections.abc import Callable

STARTED = time.perf_counter()
IMAGE = "public.ecr.aws/docker/library/python:3.13-slim"


def ours(number: int) -> None:
    """Write one test with batch_constructs."""
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk.assertions import Template

    import batch_constructs as bc

    stack = cdk.Stack(cdk.App(), "Platform")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Job",
        image=IMAGE,
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["echo", str(number)],
    )
    Template.from_stack(stack).resource_count_is("AWS::Batch::JobDefinition", 1)


def l2(number: int) -> None:
    """Write the same test with aws_cdk.aws_batch."""
    import aws_cdk as cdk
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_logs as logs
    from aws_cdk.assertions import Template

    stack = cdk.Stack(cdk.App(), "Platform")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    batch.JobQueue(
        stack,
        "Queue",
        compute_environments=[
            batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
        ],
    )
    log_group = logs.LogGroup(stack, "Logs", retention=logs.RetentionDays.ONE_MONTH)
    batch.EcsJobDefinition(
        stack,
        "Job",
        container=batch.EcsFargateContainerDefinition(
            stack,
            "Container",
            image=ecs.ContainerImage.from_registry(IMAGE),
            cpu=1,
            memory=cdk.Size.gibibytes(2),
            command=["echo", str(number)],
            logging=ecs.LogDriver.aws_logs(stream_prefix="job", log_group=log_group),
        ),
        propagate_tags=True,
    )
    Template.from_stack(stack).resource_count_is("AWS::Batch::JobDefinition", 1)


SHAPES: dict[str, Callable[[int], None]] = {"ours": ours, "l2": l2}

if __name__ == "__main__":
    shape, count = sys.argv[1], int(sys.argv[2])
    calls = count_calls()
    for number in range(count):
        SHAPES[shape](number)
    print(json.dumps({"shape": shape, "n": count, "calls": calls(), **cost_so_far(STARTED)}))
