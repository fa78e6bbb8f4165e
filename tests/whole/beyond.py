"""Stacks with every argument of what is not on ECS: pods, and service jobs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from tests.whole.parts import (
    ACCOUNT,
    ECR,
    REGION,
    gibibytes,
    hours,
    mebibytes,
    network,
    retry,
    time_limits,
)


def pod() -> bc.Pod:
    def container(name: str) -> bc.PodContainer:
        return bc.PodContainer(
            name=name,
            image=ECR,
            vcpus=1,
            requested_vcpus=0.5,
            memory=gibibytes(2),
            gpus=1,
            command=["sh"],
            args=["-c", "true"],
            environment={"STAGE": "test"},
            image_pull_policy="IfNotPresent",
            volumes=[
                bc.EmptyDirVolume(
                    name="fast", mount_path="/fast", medium="Memory", size_limit=mebibytes(64)
                ),
                bc.HostPathVolume(name="disk", mount_path="/disk", host_path="/mnt/disk"),
                bc.KubernetesSecretVolume(
                    name="login",
                    mount_path="/login",
                    read_only=True,
                    secret_name="login",
                    optional=True,
                ),
                bc.PersistentVolumeClaimVolume(
                    name="data",
                    mount_path="/data",
                    sub_path="in",
                    read_only=True,
                    claim_name="data",
                ),
            ],
            run_as_user=1000,
            run_as_group=1000,
            run_as_non_root=True,
            privileged=True,
            allow_privilege_escalation=True,
            readonly_root_filesystem=True,
        )

    return bc.Pod(
        containers=[container("main")],
        init_containers=[container("prepare")],
        service_account_name="jobs",
        host_network=True,
        dns_policy="ClusterFirstWithHostNet",
        image_pull_secrets=["registry"],
        labels={"team": "whole"},
        annotations={"example.com/owner": "whole"},
        namespace="batch-jobs",
        share_process_namespace=True,
    )


def eks(stack: cdk.Stack) -> None:
    vpc = network(stack)
    environment = bc.EksComputeEnvironment(
        stack,
        "Environment",
        cluster=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/shared",
        kubernetes_namespace="batch",
        vpc=vpc,
        access_entry_state=bc.AccessEntryState.ENABLED,
        max_vcpus=512,
        compute_environment_name="eks",
        instance_types=["g5", "g6.xlarge"],
        images=[
            bc.InstanceImage(
                image_type=bc.ImageType.EKS_AL2023_NVIDIA,
                image=ec2.MachineImage.generic_linux({REGION: "ami-0123456789abcdef0"}),
            ),
            bc.InstanceImage(kubernetes_version="1.34"),
        ],
        launch_template=bc.LaunchTemplate(stack, "Template"),
        launch_template_overrides=[
            bc.LaunchTemplateOverride(
                launch_template=bc.LaunchTemplate(stack, "Other"),
                instance_types=["g6.xlarge"],
                userdata_type="EKS_NODEADM",
            )
        ],
        userdata_type="EKS_NODEADM",
        instance_tags={"team": "whole"},
    )
    spot = bc.EksComputeEnvironment(
        stack,
        "Spot",
        cluster=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/shared",
        kubernetes_namespace="batch",
        vpc=vpc,
        spot=True,
        instance_types=["g5"],
    )
    bc.JobQueue(stack, "Queue", compute_environments=[spot, environment])
    bc.JobQueue(stack, "NodesQueue", compute_environments=[environment])
    one = pod()
    bc.EksJobDefinition(
        stack,
        "Job",
        containers=one.containers,
        init_containers=one.init_containers,
        service_account_name=one.service_account_name,
        host_network=one.host_network,
        dns_policy=one.dns_policy,
        image_pull_secrets=one.image_pull_secrets,
        labels=one.labels,
        annotations=one.annotations,
        namespace=one.namespace,
        share_process_namespace=one.share_process_namespace,
        retry_policy=retry(),
        timeout=hours(1),
    )
    bc.MultiNodeJobDefinition(stack, "Nodes", node_ranges=[bc.NodeRange(target_nodes=2, pod=pod())])


def service_jobs(stack: cdk.Stack) -> None:
    limits = [bc.CapacityLimit(max_capacity=10, capacity_unit="ml.m5.large")]
    environment = bc.ServiceEnvironment(
        stack,
        "Training",
        capacity_limits=limits,
        service_environment_name="training",
        tags={"team": "whole"},
    )
    queue = bc.ServiceJobQueue(
        stack,
        "Queue",
        service_environments=[environment],
        priority=2,
        scheduling_policy=bc.QuotaSharePolicy(
            stack, "Quotas", scheduling_policy_name="quotas", tags={"team": "whole"}
        ),
        time_limits=time_limits(
            bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY,
            bc.TimeLimitReason.SERVICE_ENVIRONMENT_MAX_RESOURCE,
            bc.TimeLimitReason.QUOTA_MANAGEMENT_LIMIT_EXCEEDED,
        ),
        job_queue_name="training",
        tags={"team": "whole"},
    )
    bc.QuotaShare(
        stack,
        "Share",
        queue=queue,
        capacity_limits=limits,
        quota_share_name="research",
        sharing_strategy=bc.SharingStrategy.LEND_AND_BORROW,
        borrow_limit_percentage=200,
        in_share_preemption=True,
        tags={"team": "whole"},
    )
