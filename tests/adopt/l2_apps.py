"""Apps as people write them with the L2s of `aws_batch`: what each construct there can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct


def _vpc(scope: Construct) -> ec2.Vpc:
    return ec2.Vpc(scope, "Vpc", nat_gateways=1, max_azs=2)


def _image(name: str = "public.ecr.aws/docker/library/busybox") -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry(name)


def managed_ec2(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    environment = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "OnInstances",
        vpc=vpc,
        instance_types=[ec2.InstanceType("m7i.large")],
        use_optimal_instance_classes=False,
        minv_cpus=0,
        maxv_cpus=64,
        images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023)],
    )
    environment.add_instance_class(ec2.InstanceClass.C7I)
    batch.JobQueue(stack, "Queue", priority=10).add_compute_environment(environment, 1)


def named_and_placed(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    template = ec2.LaunchTemplate(stack, "Template", ebs_optimized=True)
    environment = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Placed",
        vpc=vpc,
        compute_environment_name="placed",
        launch_template=template,
        placement_group=ec2.PlacementGroup(
            stack, "Near", strategy=ec2.PlacementGroupStrategy.CLUSTER
        ),
        allocation_strategy=batch.AllocationStrategy.BEST_FIT,
        instance_role=iam.Role(
            stack, "Instances", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")
        ),
        replace_compute_environment=True,
        update_timeout=cdk.Duration.hours(2),
        terminate_on_update=False,
    )
    queue = batch.JobQueue(stack, "Queue", job_queue_name="placed", enabled=False)
    queue.add_compute_environment(environment, 1)


def fargate(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    environment = batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, maxv_cpus=32)
    spot = batch.FargateComputeEnvironment(stack, "Spot", vpc=vpc, spot=True)
    queue = batch.JobQueue(stack, "Queue")
    queue.add_compute_environment(spot, 1)
    queue.add_compute_environment(environment, 2)
    batch.EcsJobDefinition(
        stack,
        "Job",
        container=batch.EcsFargateContainerDefinition(
            stack,
            "Container",
            image=_image(),
            cpu=0.25,
            memory=cdk.Size.mebibytes(512),
            command=["echo", "Ref::word"],
            fargate_cpu_architecture=ecs.CpuArchitecture.ARM64,
            ephemeral_storage_size=cdk.Size.gibibytes(30),
            assign_public_ip=True,
        ),
        parameters={"word": "hello"},
        retry_attempts=3,
        timeout=cdk.Duration.minutes(10),
    )
    plain = batch.EcsFargateContainerDefinition(
        stack, "Plain", image=_image(), cpu=0.25, memory=cdk.Size.mebibytes(512)
    )
    batch.EcsJobDefinition(stack, "PlainJob", container=plain)


def spot(stack: cdk.Stack) -> None:
    environment = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Spot",
        vpc=_vpc(stack),
        spot=True,
        spot_bid_percentage=60,
        instance_types=[ec2.InstanceType("c7g.xlarge")],
        use_optimal_instance_classes=False,
        service_role=iam.Role(
            stack, "Service", assumed_by=iam.ServicePrincipal("batch.amazonaws.com")
        ),
    )
    cdk.Tags.of(environment).add("Team", "genomics")
    batch.JobQueue(stack, "Queue").add_compute_environment(environment, 1)


def fair_share(stack: cdk.Stack) -> None:
    policy = batch.FairshareSchedulingPolicy(
        stack,
        "Policy",
        compute_reservation=75,
        share_decay=cdk.Duration.hours(1),
        scheduling_policy_name="shares",
    )
    policy.add_share(share_identifier="A", weight_factor=0.5)
    policy.add_share(share_identifier="B", weight_factor=2)
    queue = batch.JobQueue(
        stack,
        "Queue",
        scheduling_policy=policy,
        job_state_time_limit_actions=[
            batch.JobStateTimeLimitAction(
                max_time=cdk.Duration.minutes(10),
                reason=batch.JobStateTimeLimitActionsReason.INSUFFICIENT_INSTANCE_CAPACITY,
            )
        ],
    )
    environment = batch.FargateComputeEnvironment(stack, "Fargate", vpc=_vpc(stack))
    queue.add_compute_environment(environment, 1)


def secrets_and_volumes(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    secret = secretsmanager.Secret(stack, "Secret")
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack, "Parameter", parameter_name="/app/token"
    )
    files = efs.FileSystem(stack, "Files", vpc=vpc)
    container = batch.EcsEc2ContainerDefinition(
        stack,
        "Container",
        image=_image(),
        cpu=2,
        memory=cdk.Size.gibibytes(4),
        environment={"STAGE": "prod", "REGION": stack.region},
        secrets={
            "PASSWORD": batch.Secret.from_secrets_manager(secret, "password"),
            "WHOLE": batch.Secret.from_secrets_manager(secret),
            "TOKEN": batch.Secret.from_ssm_parameter(parameter),
        },
        volumes=[
            batch.EcsVolume.efs(
                name="shared",
                file_system=files,
                container_path="/shared",
                enable_transit_encryption=True,
                use_job_role=True,
            ),
            batch.EcsVolume.host(name="scratch", container_path="/scratch", host_path="/mnt"),
        ],
        job_role=iam.Role(stack, "Job", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")),
        logging=ecs.LogDriver.aws_logs(stream_prefix="job", log_group=logs.LogGroup(stack, "Logs")),
        ulimits=[batch.Ulimit(name=batch.UlimitName.NOFILE, soft_limit=1024, hard_limit=4096)],
        gpu=1,
        user="1000",
        privileged=True,
        readonly_root_filesystem=True,
        linux_parameters=batch.LinuxParameters(
            stack, "Linux", shared_memory_size=cdk.Size.mebibytes(256), init_process_enabled=True
        ),
    )
    definition = batch.EcsJobDefinition(
        stack,
        "Definition",
        container=container,
        job_definition_name="with-secrets",
        propagate_tags=True,
        retry_attempts=5,
        retry_strategies=[
            batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
            batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_reason="*")),
        ],
        scheduling_priority=5,
        skip_deregister_on_update=True,
    )
    definition.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


def eks(stack: cdk.Stack) -> None:
    batch.EksJobDefinition(
        stack,
        "Pods",
        container=batch.EksContainerDefinition(
            stack,
            "Container",
            image=_image(),
            cpu_limit=1,
            memory_limit=cdk.Size.mebibytes(1024),
            memory_reservation=cdk.Size.mebibytes(1024),
            env={"A": "b"},
            volumes=[
                batch.EksVolume.empty_dir(
                    name="scratch", mount_path="/scratch", size_limit=cdk.Size.gibibytes(1)
                ),
                batch.EksVolume.secret(name="token", mount_path="/token", secret_name="token"),
            ],
            args=["sleep", "60"],
            run_as_root=True,
        ),
        service_account="jobs",
        use_host_network=True,
    )
    batch.EksJobDefinition(
        stack,
        "AsAwsBatchSays",
        container=batch.EksContainerDefinition(
            stack,
            "Other",
            image=_image(),
            cpu_limit=1,
            memory_limit=cdk.Size.mebibytes(1024),
            memory_reservation=cdk.Size.mebibytes(1024),
        ),
    )


def multi_node(stack: cdk.Stack) -> None:
    definition = batch.MultiNodeJobDefinition(
        stack, "Nodes", instance_type=ec2.InstanceType("c7i.large"), main_node=0
    )
    for first, last in ((0, 0), (1, 3)):
        definition.add_container(
            container=batch.EcsEc2ContainerDefinition(
                stack,
                f"Container{first}",
                image=_image(),
                cpu=1,
                memory=cdk.Size.mebibytes(2048),
            ),
            start_node=first,
            end_node=last,
        )


def unmanaged(stack: cdk.Stack) -> None:
    environment = batch.UnmanagedComputeEnvironment(
        stack,
        "Own",
        unmanagedv_cpus=48,
        service_role=iam.Role(
            stack, "Service", assumed_by=iam.ServicePrincipal("batch.amazonaws.com")
        ),
    )
    batch.JobQueue(stack, "Queue").add_compute_environment(environment, 1)


def within_constructs(stack: cdk.Stack) -> None:
    from constructs import Construct  # at run time, beside the type above

    nightly = Construct(stack, "Nightly")
    environment = batch.FargateComputeEnvironment(nightly, "Fargate", vpc=_vpc(stack))
    queue = batch.JobQueue(nightly, "Queue", job_queue_name="nightly")
    queue.add_compute_environment(environment, 1)
    cdk.CfnOutput(stack, "Queue", value=queue.job_queue_arn, export_name="nightly-queue")


APPS: dict[str, Callable[[cdk.Stack], None]] = {
    one.__name__: one
    for one in (
        managed_ec2,
        named_and_placed,
        fargate,
        spot,
        fair_share,
        secrets_and_volumes,
        eks,
        multi_node,
        unmanaged,
        within_constructs,
    )
}
