"""Stacks with every argument of jobs of several containers, and of several nodes."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc
from tests.whole.parts import (
    ECR,
    any_container,
    gibibytes,
    hours,
    network,
    only_on_instances,
    retry,
    s3_files,
    seconds,
    splunk,
    volumes,
)


def multi_container(stack: cdk.Stack) -> None:
    vpc = network(stack)
    on_fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    on_instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=vpc, instance_types=["g5"])
    bc.JobQueue(stack, "FargateQueue", compute_environments=[on_fargate])
    bc.JobQueue(stack, "Queue", compute_environments=[on_instances])
    shared = volumes(stack, vpc, [on_fargate])
    registry = secretsmanager.Secret(stack, "Registry")
    configuration = s3.Bucket(stack, "Configuration")
    bc.MultiContainerJobDefinition(
        stack,
        "OnFargate",
        platform_capability=bc.PlatformCapability.FARGATE,
        containers=[
            bc.Container(
                name="main",
                image=ecs.ContainerImage.from_registry(
                    "registry.example.com/a", credentials=registry
                ),
                vcpus=1,
                memory=gibibytes(4),
                command=["run", "Ref::name"],
                environment={"STAGE": "test"},
                secrets={"PASSWORD": registry},
                volumes=[*shared, s3_files()],
                **any_container(),
                log_configuration=bc.LogConfiguration(
                    driver="awsfirelens",
                    options={"Name": "datadog"},
                    secret_options={"apikey": secretsmanager.Secret(stack, "ApiKey")},
                ),
                depends_on=[bc.ContainerDependency(container_name="router", condition="START")],
                start_timeout=seconds(60),
                stop_timeout=seconds(30),
            ),
            bc.Container(
                name="router",
                image=ECR,
                vcpus=1,
                memory=gibibytes(4),
                essential=False,
                volumes=shared[:1],
                firelens=bc.Firelens(
                    options={
                        "config-file-type": "s3",
                        "config-file-value": f"{configuration.bucket_arn}/fluent.conf",
                    }
                ),
            ),
        ],
        parameters={"name": "nothing"},
        retry_policy=retry(),
        timeout=hours(1),
        ephemeral_storage=gibibytes(30),
        cpu_architecture="X86_64",
        platform_version="1.4.0",
        assign_public_ip=False,
        pid_mode="task",
        enable_execute_command=True,
    )
    bc.MultiContainerJobDefinition(
        stack,
        "OnInstances",
        platform_capability=bc.PlatformCapability.EC2,
        containers=[
            bc.Container(
                name="main",
                image=ECR,
                vcpus=2,
                memory=gibibytes(4),
                **only_on_instances(),
                volumes=[bc.HostVolume(name="disk", container_path="/disk", host_path="/mnt/disk")],
            )
        ],
        ipc_mode="host",
        pid_mode="host",
    )


def multi_node(stack: cdk.Stack) -> None:
    vpc = network(stack, zones=1)
    group = ec2.SecurityGroup(stack, "Nodes", vpc=vpc)
    group.connections.allow_internally(ec2.Port.all_traffic())
    environment = bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=vpc,
        instance_types=["g5.48xlarge"],
        max_vcpus=1536,
        security_groups=[group],
        launch_template=bc.LaunchTemplate(stack, "Efa", efa=True, security_groups=[group]),
        placement_group=ec2.PlacementGroup(
            stack, "Close", strategy=ec2.PlacementGroupStrategy.CLUSTER
        ),
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment])
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=8)
    registry = secretsmanager.Secret(stack, "Registry")
    mounted = volumes(stack, vpc, [environment], host_path="/scratch")
    container = bc.Container(
        image=ecs.ContainerImage.from_registry("registry.example.com/a", credentials=registry),
        vcpus=8,
        memory=gibibytes(16),
        command=["mpirun", "Ref::name"],
        environment={"STAGE": "test"},
        secrets={"PASSWORD": registry},
        **any_container(),
        **only_on_instances(),
        volumes=mounted,
        log_configuration=splunk(stack),
    )
    bc.MultiNodeJobDefinition(
        stack,
        "Job",
        node_ranges=[
            bc.NodeRange(
                target_nodes=1,
                container=container,
                instance_type="g5.48xlarge",
                enable_execute_command=True,
                consumable_resources={licences: 2},
            ),
            bc.NodeRange(
                target_nodes="1:",
                containers=[
                    replaced(
                        container,
                        name="main",
                        log_configuration=bc.LogConfiguration(
                            driver="awsfirelens",
                            options={"Name": "datadog"},
                            secret_options={"apikey": registry},
                        ),
                        depends_on=[bc.ContainerDependency(container_name="router")],
                        start_timeout=seconds(60),
                        stop_timeout=seconds(30),
                    ),
                    bc.Container(
                        name="router",
                        image=ECR,
                        vcpus=1,
                        memory=gibibytes(1),
                        essential=False,
                        firelens=bc.Firelens(
                            type="fluentd", options={"enable-ecs-log-metadata": "true"}
                        ),
                    ),
                ],
                ipc_mode="task",
                pid_mode="task",
                enable_execute_command=True,
            ),
        ],
        main_node=0,
        num_nodes=4,
        parameters={"name": "nothing"},
        retry_policy=retry(),
        timeout=hours(10),
    )


def replaced(container: bc.Container, **fields: object) -> bc.Container:
    return replace(container, **fields)  # type: ignore[arg-type]  # fields of a container
