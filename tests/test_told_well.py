"""Single mistakes whose message once sent people the wrong way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = cdk.Size.gibibytes


def on_ec2(stack: cdk.Stack, **more: Any) -> None:
    given = {"image": "busybox", "vcpus": 1, "memory": GIB(2), **more}
    bc.Ec2JobDefinition(stack, "X", **given)


def on_fargate(stack: cdk.Stack, **more: Any) -> None:
    given = {"image": "busybox", "vcpus": 1, "memory": GIB(2), **more}
    bc.FargateJobDefinition(stack, "X", **given)


def on_instances(stack: cdk.Stack, **more: Any) -> None:
    bc.Ec2ComputeEnvironment(stack, "X", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0), **more)


def a_resource_of_which_nothing_is_taken(stack: cdk.Stack) -> None:
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=1)
    on_ec2(stack, consumable_resources={licences: 0})


def a_trail_of_no_queue(stack: cdk.Stack) -> None:
    bc.AuditTrail(stack, "X", queues=[])


def a_queue_twice(stack: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    )
    bc.JobNotifications(stack, "X", queues=[queue, queue])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            a_resource_of_which_nothing_is_taken,
            'consumable_resources["Licences"] is 0; allowed: whole numbers from 1',
        ),
        (a_trail_of_no_queue, "queues is empty; allowed: at least one"),
        (a_queue_twice, "queues[1] is given twice: leave it out"),
        (
            lambda stack: on_ec2(
                stack, ulimits=[bc.Ulimit(name="core", soft_limit=-2, hard_limit=1)]
            ),
            "ulimits[0].soft_limit is -2; allowed: 0 to hard_limit (1)",
        ),
        (
            lambda stack: on_instances(stack, allocation_strategy="SPOT_CAPACITY_OPTIMIZED"),
            'allocation_strategy is "SPOT_CAPACITY_OPTIMIZED"; allowed: BEST_FIT, BEST_FIT_PRO',
        ),
        (
            lambda stack: on_instances(stack, instance_types=["M5.large"]),
            "instance types are written in lower-case letters: use m5.large",
        ),
        (
            lambda stack: on_instances(stack, vpc_subnets=ec2.SubnetSelection(subnets=[])),
            "vpc_subnets.subnets is empty: give at least one",
        ),
        (
            lambda stack: on_instances(stack, container_insights=5),
            "expected a ContainerInsights such as ENHANCED",
        ),
        (lambda stack: on_fargate(stack, image="http://x/y"), "with no http:// before them"),
        (
            lambda stack: on_fargate(stack, vcpus=math.nan),
            "vcpus is nan; allowed: finite numbers",
        ),
        (lambda stack: on_fargate(stack, ephemeral_storage=5), "such as Size.gibibytes(100)"),
        (
            lambda stack: on_fargate(stack, platform_version="1.0"),
            'platform_version is "1.0"; allowed: 1.3.0, 1.4.0 or LATEST: did you mean 1.4.0?',
        ),
        (
            lambda stack: on_fargate(stack, gpus=1),
            "/X: gpus is not a parameter of FargateJobDefinition; Ec2JobDefinition takes it",
        ),
        (
            lambda stack: on_instances(stack, job_execution_timeout=GIB(1)),
            "not a parameter of Ec2ComputeEnvironment; UpdatePolicy takes it",
        ),
        (
            lambda stack: on_instances(stack, root_volume=5),
            "root_volume is not a parameter of Ec2ComputeEnvironment; LaunchTemplate takes it",
        ),
        (
            lambda stack: on_fargate(stack, memory=GIB(1)),
            "with 1 vCPU on Fargate: set memory to Size.mebibytes(2048), or change vcpus",
        ),
        (
            lambda stack: on_fargate(stack, vcpus=-1, memory=GIB(0)),
            "memory is 0 MiB; allowed: 512 to 249856 MiB on Fargate",
        ),
        (
            lambda stack: on_fargate(stack, log_retention=cdk.Duration.days(31)),
            "log_retention is aws_cdk.Duration of 31 days; expected",
        ),
        (
            lambda stack: on_fargate(stack, keep_old_revisions="x"),
            'keep_old_revisions is str "x"; expected True, False or a whole number from 1',
        ),
        (
            lambda stack: on_fargate(
                stack,
                keep_old_revisions=cdk.CfnParameter(stack, "Kept", type="Number").value_as_number,
            ),
            "expected True, False or a whole number from 1 that is known when the app is synth",
        ),
        (lambda stack: on_instances(stack, images=[]), "images is empty; allowed: at least one"),
        (
            lambda stack: bc.LaunchTemplate(stack, "X", tags={"aws:a": "b", "c": "d" * 257}),
            'do not begin with aws:\n  - tags["c"] has 257 characters; allowed: at most 256',
        ),
        (
            lambda stack: bc.LaunchTemplate(
                stack, "X", tags={f"k{number}": "v" for number in range(51)}
            ),
            "tags has 51 tags; allowed: at most 50",
        ),
        (
            lambda stack: bc.ManagedInstancesComputeEnvironment(
                stack, "X", vpc=ec2.Vpc(stack, "V"), reservation_group_arn="group"
            ),
            'reservation_group_arn is "group"; allowed: an ARN such as arn:aws:resource-groups:',
        ),
        (
            lambda stack: on_fargate(
                stack, log_configuration=bc.LogConfiguration(options={"mode": "fast"})
            ),
            'log_configuration.options["mode"] is "fast"; allowed: blocking or non-blocking',
        ),
        (
            lambda stack: bc.EverywhereStackSet(
                stack, "X", build=print, accounts=["123456789012"], regions=["mars"]
            ),
            'regions[0] is "mars"; allowed: codes of Regions, such as us-east-1',
        ),
        (
            lambda stack: bc.AuditTrail(stack, "X", expected_roles=["Deploys"]),
            'expected_roles[0] is "Deploys"; allowed: the ARN of a role, such as arn:aws:iam::',
        ),
        (
            lambda stack: bc.UnmanagedComputeEnvironment(
                stack, "X", cluster_tags={"aws:x": "y" * 257}
            ),
            'do not begin with aws:\n  - cluster_tags["aws:x"] has 257 characters; allowed: at',
        ),
        (
            lambda stack: bc.CentralEventBus(stack, "X", event_bus_name="default", accounts=["1"]),
            'of an account\n  - event_bus_name is "default"; allowed: 1 to 256 letters, digits',
        ),
        (
            lambda stack: on_instances(
                stack,
                replace_compute_environment=True,
                update_policy=bc.UpdatePolicy(job_execution_timeout=cdk.Duration.minutes(7201)),
            ),
            "leave update_policy out; besides, update_policy.job_execution_timeout is 7201",
        ),
        (
            lambda stack: on_instances(
                stack,
                launch_template=bc.LaunchTemplate(stack, "Template"),
                capacity_reservation="cr-xyz",
            ),
            "(capacity_reservation=…); besides, capacity_reservation is",
        ),
        (
            lambda stack: on_fargate(
                stack,
                log_group=logs.LogGroup(stack, "Group"),
                log_retention=logs.RetentionDays.ONE_DAY,
                log_configuration=bc.LogConfiguration(options={"mode": "fast"}),
            ),
            "non-blocking\n  - log_group is given with log_retention: leave log_group out, or set",
        ),
        (
            lambda stack: on_fargate(stack, cpu_architecture=ecs.CpuArchitecture.of("RISCV")),
            "cpu_architecture is made by CpuArchitecture.of(…), and only the CDK can read its text",
        ),
        (
            lambda stack: bc.SubmissionGateway(stack, "X", array_size=2),  # type: ignore[call-arg]
            "array_size is not a parameter of SubmissionGateway; EventTrigger, ObjectCreated",
        ),
        (
            lambda stack: on_fargate(
                stack,
                platform_version="1.3.0",
                enable_execute_command=True,
                secrets={"A": bc.secret_field(secretsmanager.Secret(stack, "Secret"), "key")},
            ),
            'secrets["A"] is one key or version of a secret, which needs platform_version 1.4',
        ),
        (
            lambda stack: on_fargate(stack, platform_version="1.3.0", enable_execute_command=True),
            "enable_execute_command: ECS Exec needs platform_version 1.4.0 or later: set platf",
        ),
        (
            lambda stack: bc.FairSharePolicy(
                stack, "X", shares=[bc.Share(share_identifier="a", weight_factor=1)] * 2
            ),
            'shares[1].share_identifier: the share identifier "a" is given twice: keep one of the',
        ),
        (lambda stack: on_ec2(stack, image="a+b"), 'image is "a+b"; allowed: at most 255'),
        (
            lambda stack: bc.LaunchTemplate(stack, "X", prefetch_images=["", "a b"]),
            'prefetch_images[0] is empty: give one\n  - prefetch_images[1] is "a b"; allowed:',
        ),
    ],
)
def test_a_message_says_what_the_user_can_do(
    stack: cdk.Stack, wrong: Callable[[cdk.Stack], None], said: str
) -> None:
    with pytest.raises((ValueError, TypeError)) as refused:
        wrong(stack)

    assert said in str(refused.value)


HERE = "arn:aws:batch:us-east-1:123456789012"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda queue: queue.add_compute_environment(queue.compute_environments[0]),
            "environment: the same environment is in the queue twice",
        ),
        (
            lambda queue: queue.metric("JobsSubmitted", period=cdk.Duration.seconds(7)),
            "period is 7 seconds; allowed: 1, 5, 10, 30 seconds and whole minutes",
        ),
        (
            lambda queue: queue.metric_jobs_submitted(period=cdk.Duration.seconds(0)),
            "period is 0 seconds; allowed:",
        ),
        (lambda queue: queue.metric("JobsSubmitted", statistic="p101"), 'statistic is "p101"; '),
        (
            lambda queue: queue.metric_jobs_submitted(perod=5),
            "perod is not a parameter of a metric: did you mean period?",
        ),
        (
            lambda queue: queue.on_job_failed("X", description="d" * 513),
            "Queue/X: description has 513 characters; allowed: at most 512",
        ),
        (
            lambda queue: bc.JobDefinition.from_job_definition_arn(
                queue, "X", f"{HERE}:job-definition/a:0"
            ),
            "job_definition_arn is",
        ),
        (
            lambda queue: bc.JobQueue.from_job_queue_arn(
                queue, "X", "arn:aws:batch:us-east-1:1234:job-queue/a"
            ),
            "job_queue_arn is",
        ),
        (
            lambda queue: bc.JobQueue.from_job_queue_name(queue, "X", "a" * 129),
            "job_queue_name has 129 characters; allowed: at most 128",
        ),
    ],
)
def test_so_does_one_of_a_method(
    stack: cdk.Stack, wrong: Callable[[bc.JobQueue], None], said: str
) -> None:
    network = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=network)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    with pytest.raises((ValueError, TypeError)) as refused:
        wrong(queue)

    assert said in str(refused.value)


@pytest.mark.parametrize("seconds", [1, 5, 10, 30, 60, 3600])
def test_a_period_that_cloudwatch_takes_is_taken(stack: cdk.Stack, seconds: int) -> None:
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", f"{HERE}:job-queue/a")

    queue.metric("JobsSubmitted", period=cdk.Duration.seconds(seconds), statistic="p100")
