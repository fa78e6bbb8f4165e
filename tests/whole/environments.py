"""Stacks with every argument of the compute environments, and of the simplest jobs on them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

import batch_constructs as bc
from batch_constructs.aws.role_actions import KEY_OF_VOLUMES_ACTIONS
from tests.whole.parts import (
    ACCOUNT,
    ECR,
    REGION,
    any_container,
    gibibytes,
    hours,
    network,
    only_on_instances,
    retry,
    role,
    s3_files,
    splunk,
    time_limits,
    volumes,
)


def fargate(stack: cdk.Stack) -> None:
    vpc = network(stack)
    spot = bc.FargateComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[ec2.SecurityGroup(stack, "Group", vpc=vpc)],
        max_vcpus=64,
        spot=True,
        compute_environment_name="fargate-spot",
        tags={"team": "whole"},
    )
    on_demand = bc.FargateComputeEnvironment(stack, "OnDemand", vpc=vpc)
    bc.JobQueue(
        stack,
        "Queue",
        compute_environments=[spot, on_demand],
        priority=3,
        scheduling_policy=bc.FairSharePolicy(
            stack,
            "Fair",
            shares=[
                bc.Share(share_identifier="alice", weight_factor=0.5),
                bc.Share(share_identifier="team*"),
            ],
            share_decay=hours(1),
            compute_reservation_percentage=20,
            scheduling_policy_name="fair",
            tags={"team": "whole"},
        ),
        time_limits=time_limits(
            bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY,
            bc.TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
            bc.TimeLimitReason.JOB_RESOURCE_REQUIREMENT,
            bc.TimeLimitReason.EC2_INSTANCE_CONFIGURATION_UNSUPPORTED,
        ),
        job_queue_name="fargate",
        tags={"team": "whole"},
    )
    licences = bc.ConsumableResource(
        stack,
        "Licences",
        total_quantity=5,
        exact_name="licences",
        tags={"team": "whole"},
    )
    key = kms.Key(stack, "Key")
    parameter = ssm.StringParameter(stack, "Parameter", string_value="x")
    registry = secretsmanager.Secret(stack, "Registry")
    bc.FargateJobDefinition(
        stack,
        "Job",
        image=ecs.ContainerImage.from_registry("registry.example.com/a", credentials=registry),
        vcpus=0.5,
        memory=gibibytes(2),
        command=["convert", "Ref::name"],
        environment={"STAGE": "test"},
        secrets={"PASSWORD": bc.secret_field(registry, "password"), "MODE": parameter},
        parameters={"name": "nothing"},
        job_role=role(stack, "JobRole", "ecs-tasks.amazonaws.com"),
        retry_policy=retry(),
        timeout=hours(2),
        log_retention=logs.RetentionDays.ONE_WEEK,
        log_encryption_key=key,
        log_configuration=bc.LogConfiguration(options={"mode": "non-blocking"}),
        ephemeral_storage=gibibytes(50),
        cpu_architecture="X86_64",
        platform_version="1.4.0",
        volumes=[*volumes(stack, vpc, [spot, on_demand]), s3_files()],
        **any_container(),
        enable_execute_command=True,
        scheduling_priority=5,
        consumable_resources={licences: 1},
        keep_old_revisions=True,
        job_definition_name="convert",
        tags={"team": "whole"},
    )


def windows(stack: cdk.Stack) -> None:
    vpc = network(stack)
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    bc.FargateJobDefinition(
        stack,
        "Job",
        image=ECR,
        vcpus=2,
        memory=gibibytes(4),
        operating_system_family="WINDOWS_SERVER_2022_CORE",
    )


def instances(stack: cdk.Stack) -> None:
    vpc = network(stack, zones=1)
    key = kms.Key(stack, "Key")
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[
                iam.ArnPrincipal(
                    stack.format_arn(
                        service="iam",
                        region="",
                        resource="role/aws-service-role/autoscaling.amazonaws.com",
                        resource_name="AWSServiceRoleForAutoScaling",
                    )
                )
            ],
            actions=[*KEY_OF_VOLUMES_ACTIONS],
            resources=["*"],
        )
    )
    template = bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(
            size=gibibytes(200),
            iops=6000,
            throughput=250,
            encryption_key=key,
        ),
        user_data=["echo hello"],
        scratch_path="/scratch",
        image_pull=bc.ImagePull.PREFER_CACHED,
        detailed_monitoring=True,
        tags={"team": "whole"},
    )
    for_gpus = bc.LaunchTemplate(stack, "TemplateForGpus")
    named = ec2.LaunchTemplate.from_launch_template_attributes(
        stack, "Named", launch_template_name="by-name", version_number="3"
    )
    on_demand = bc.Ec2ComputeEnvironment(
        stack,
        "OnDemand",
        vpc=vpc,
        security_groups=[ec2.SecurityGroup(stack, "Group", vpc=vpc)],
        max_vcpus=128,
        compute_environment_name="on-demand",
        tags={"team": "whole"},
        instance_types=["c7i", "g5", "g6.xlarge"],
        min_vcpus=0,
        allocation_strategy=bc.AllocationStrategy.BEST_FIT_PROGRESSIVE,
        images=[
            bc.InstanceImage(image_type=bc.ImageType.ECS_AL2023),
            bc.InstanceImage(
                image_type=bc.ImageType.ECS_AL2023_NVIDIA,
                image=ec2.MachineImage.generic_linux({REGION: "ami-0123456789abcdef0"}),
            ),
        ],
        launch_template=template,
        launch_template_overrides=[
            bc.LaunchTemplateOverride(launch_template=for_gpus, instance_types=["g5"]),
            bc.LaunchTemplateOverride(launch_template=named, instance_types=["g6.xlarge"]),
        ],
        key_pair=ec2.KeyPair.from_key_pair_name(stack, "Login", "login"),
        instance_role=role(
            stack,
            "InstanceRole",
            "ec2.amazonaws.com",
            "service-role/AmazonEC2ContainerServiceforEC2Role",
        ),
        placement_group=ec2.PlacementGroup(
            stack, "Close", strategy=ec2.PlacementGroupStrategy.CLUSTER
        ),
        instance_tags={"team": "whole"},
        scale_down_delay=cdk.Duration.minutes(30),
        container_insights=bc.ContainerInsights.ENHANCED,
        update_policy=bc.UpdatePolicy(terminate_jobs=False, job_execution_timeout=hours(1)),
    )
    spot = bc.SpotComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        instance_types=["c7i"],
        launch_template=named,
        allocation_strategy=bc.AllocationStrategy.SPOT_CAPACITY_OPTIMIZED,
        bid_percentage=80,
        spot_fleet_role=role(
            stack,
            "FleetRole",
            "spotfleet.amazonaws.com",
            "service-role/AmazonEC2SpotFleetTaggingRole",
        ),
    )
    bc.JobQueue(stack, "Queue", compute_environments=[spot, on_demand])
    bc.Ec2JobDefinition(
        stack,
        "Job",
        image=ECR,
        vcpus=4,
        memory=gibibytes(8),
        **any_container(),
        **only_on_instances(),
        volumes=volumes(stack, vpc, [spot, on_demand], host_path="/scratch"),
        log_configuration=splunk(stack),
        enable_execute_command=True,
    )


def unmanaged(stack: cdk.Stack) -> None:
    vpc = network(stack)
    environment = bc.UnmanagedComputeEnvironment(
        stack,
        "Environment",
        unmanaged_vcpus=16,
        compute_environment_name="own-instances",
        service_role=role(
            stack, "ServiceRole", "batch.amazonaws.com", "service-role/AWSBatchServiceRole"
        ),
        tags={"team": "whole"},
        cluster_tags={"team": "whole"},
    )
    group = autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=vpc,
        launch_template=ec2.LaunchTemplate(
            stack,
            "Template",
            instance_type=ec2.InstanceType("c7i.large"),
            machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
            security_group=ec2.SecurityGroup(stack, "Instances", vpc=vpc),
            role=role(stack, "InstanceRole", "ec2.amazonaws.com"),
            user_data=ec2.UserData.for_linux(),
        ),
    )
    environment.add_auto_scaling_group(group)
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    cdk.CfnOutput(stack, "Cluster", value=environment.ecs_cluster_arn)


def managed_instances(stack: cdk.Stack) -> None:
    vpc = network(stack)
    on_demand = bc.ManagedInstancesComputeEnvironment(
        stack,
        "OnDemand",
        vpc=vpc,
        max_vcpus=64,
        instance_types=["c7i", "m7i.large"],
        compute_environment_name="managed",
        storage_size=gibibytes(100),
        use_local_storage=True,
        scale_in_after=cdk.Duration.minutes(10),
        detailed_monitoring=True,
        fips_enabled=True,
        tags_in_metadata=True,
        reservation_preference=bc.ReservationPreference.RESERVATIONS_FIRST,
        reservation_group_arn=(f"arn:aws:resource-groups:{REGION}:{ACCOUNT}:group/reservations"),
        container_insights=bc.ContainerInsights.ENABLED,
        capacity_tags={"team": "whole"},
        tags={"team": "whole"},
    )
    spot = bc.ManagedInstancesComputeEnvironment(
        stack, "Spot", vpc=vpc, spot=True, instance_types=["c7i"], keep_idle_instances=True
    )
    bc.JobQueue(stack, "Queue", compute_environments=[on_demand, spot])
    bc.MultiContainerJobDefinition(
        stack,
        "Job",
        platform_capability=bc.PlatformCapability.MANAGED_INSTANCES,
        containers=[
            bc.Container(name="main", image=ECR, vcpus=1, memory=gibibytes(2), user="1000")
        ],
        network_mode="host",
    )
