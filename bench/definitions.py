"""One platform of N Fargate definitions, written with this library or with the aws_batch L2.

Run as ``python bench/definitions.py SHAPE N``: synthesises once and prints one line of JSON: jsii
calls, CPU seconds of both processes, wall seconds, and peak memory of both.

Each definition has its own job role, execution role and log group, a field of one shared secret as
an environment variable, a retry rule for lost Spot hosts, and a timeout. Both are written the way
their README does it, with nothing cached by hand. Validation is off for both
(``CDK_VALIDATION=false``): it costs both the same, several times what is compared here.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from cost import cost_so_far, count_calls

if TYPE_CHECKING:
    from collections.abc import Callable

STARTED = time.perf_counter()
IMAGE = "public.ecr.aws/docker/library/python:3.13-slim"
COMMAND = ["python", "-c", "print('hello')"]


def ours(number: int, *, many: bool = False, job_roles: str = "none") -> None:
    """Write the platform with batch_constructs, its job roles created at once or asked for."""
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_secretsmanager as secretsmanager

    import batch_constructs as bc

    app = _app()
    stack = cdk.Stack(app, "Platform")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    secret = secretsmanager.Secret(stack, "Secret")

    def arguments() -> dict[str, Any]:
        return {
            "image": IMAGE,
            "vcpus": 1,
            "memory": cdk.Size.mebibytes(2048),
            "command": COMMAND,
            "environment": {"STAGE": "bench"},
            "secrets": {"PASSWORD": bc.secret_field(secret, "password")},
            "retry_policy": bc.RetryPolicy(
                attempts=3,
                rules=[bc.RetryRule(action="RETRY", on_status_reason="Host EC2*")],
            ),
            "timeout": cdk.Duration.hours(1),
            "create_job_role": job_roles == "created",
        }

    ids = [f"Job{index}" for index in range(number)]
    if many:
        made = bc.FargateJobDefinition.from_mapping(
            stack, {name: {} for name in ids}, **arguments()
        )
        definitions = [*made.values()]
    else:
        definitions = [bc.FargateJobDefinition(stack, name, **arguments()) for name in ids]
    if job_roles != "none":
        for definition in definitions:
            definition.job_role  # noqa: B018  # asking for it makes it, if it is not there
    app.synth()


def l2(number: int) -> None:
    """Write the platform with aws_cdk.aws_batch."""
    import aws_cdk as cdk
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_secretsmanager as secretsmanager

    app = _app()
    stack = cdk.Stack(app, "Platform")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    environment = batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    batch.JobQueue(
        stack,
        "Queue",
        compute_environments=[
            batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
        ],
    )
    secret = secretsmanager.Secret(stack, "Secret")
    for index in range(number):
        log_group = logs.LogGroup(stack, f"Logs{index}", retention=logs.RetentionDays.ONE_MONTH)
        role = iam.Role(
            stack, f"Role{index}", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        )
        batch.EcsJobDefinition(
            stack,
            f"Job{index}",
            container=batch.EcsFargateContainerDefinition(
                stack,
                f"Container{index}",
                image=ecs.ContainerImage.from_registry(IMAGE),
                cpu=1,
                memory=cdk.Size.mebibytes(2048),
                command=COMMAND,
                environment={"STAGE": "bench"},
                secrets={"PASSWORD": batch.Secret.from_secrets_manager(secret, "password")},
                job_role=role,
                logging=ecs.LogDriver.aws_logs(stream_prefix="job", log_group=log_group),
            ),
            retry_attempts=3,
            retry_strategies=[
                batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED)
            ],
            timeout=cdk.Duration.hours(1),
            propagate_tags=True,
        )
    app.synth()


def _app() -> "cdk.App":  # type: ignore[name-defined]  # noqa: F821, UP037  # imported where timed
    import aws_cdk as cdk

    return cdk.App(
        outdir=tempfile.mkdtemp(prefix="bench-"),
        # A hundred L2 definitions exceed the 500 resources of one stack.
        context={"@aws-cdk/core:stackResourceLimit": 0},
    )


SHAPES: dict[str, Callable[[int], None]] = {
    "ours": ours,
    "ours_with_job_roles": partial(ours, job_roles="created"),
    "ours_with_asked_for_job_roles": partial(ours, job_roles="asked for"),
    "ours_many": partial(ours, many=True),
    "ours_many_with_job_roles": partial(ours, many=True, job_roles="created"),
    "l2": l2,
}

if __name__ == "__main__":
    os.environ.setdefault("CDK_VALIDATION", "false")
    shape, count = sys.argv[1], int(sys.argv[2])
    calls = count_calls()
    SHAPES[shape](count)
    print(json.dumps({"shape": shape, "n": count, "calls": calls(), **cost_so_far(STARTED)}))
