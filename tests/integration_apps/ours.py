"""The same apps with this library, under the same IDs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

import batch_constructs as bc

BUSYBOX = "public.ecr.aws/docker/library/busybox"


def _vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)


def _queue_on_instances(stack: cdk.Stack) -> bc.JobQueue:
    instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=_vpc(stack))
    return bc.JobQueue(stack, "Queue", compute_environments=[instances])


def _job(stack: cdk.Stack) -> bc.Ec2JobDefinition:
    return bc.Ec2JobDefinition(
        stack, "Job", image=BUSYBOX, vcpus=1, memory=cdk.Size.mebibytes(2048)
    )


def managed_environments(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    fleet = iam.Role(stack, "Fleet", assumed_by=iam.ServicePrincipal("spotfleet.amazonaws.com"))
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, max_vcpus=512)
    bc.FargateComputeEnvironment(
        stack, "FargateSpot", vpc=vpc, max_vcpus=512, exact_name="fargate-spot", spot=True
    )
    bc.Ec2ComputeEnvironment(stack, "Minimal", vpc=vpc)
    bc.Ec2ComputeEnvironment(
        stack,
        "Template",
        vpc=vpc,
        allocation_strategy=bc.AllocationStrategy.BEST_FIT,
        min_vcpus=256,
        max_vcpus=512,
        placement_group=ec2.PlacementGroup(
            stack, "PlacementGroup", strategy=ec2.PlacementGroupStrategy.SPREAD
        ),
        launch_template=ec2.LaunchTemplate(stack, "LaunchTemplate"),
    )
    bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, bid_percentage=95, spot_fleet_role=fleet)
    bc.SpotComputeEnvironment(
        stack,
        "SpotCapacity",
        vpc=vpc,
        bid_percentage=95,
        allocation_strategy=bc.AllocationStrategy.SPOT_CAPACITY_OPTIMIZED,
    )
    tagged = bc.Ec2ComputeEnvironment(stack, "Tagged", vpc=vpc)
    cdk.Tags.of(tagged).add("team", "genomics")
    bc.Ec2ComputeEnvironment(
        stack, "Al2023", vpc=vpc, images=[bc.InstanceImage(image_type=bc.ImageType.ECS_AL2023)]
    )
    bc.Ec2ComputeEnvironment(stack, "ScaleDown", vpc=vpc, scale_down_delay=cdk.Duration.minutes(30))
    least = cdk.CfnParameter(stack, "Least", type="Number", default=512, min_value=0)
    most = cdk.CfnParameter(stack, "Most", type="Number", default=512, min_value=1)
    bid = cdk.CfnParameter(stack, "Bid", type="Number", default=100, min_value=1)
    bc.SpotComputeEnvironment(
        stack,
        "Parameters",
        vpc=vpc,
        min_vcpus=least.value_as_number,
        max_vcpus=most.value_as_number,
        bid_percentage=bid.value_as_number,
    )


def default_instance_class(stack: cdk.Stack) -> None:
    bc.Ec2ComputeEnvironment(
        stack,
        "Arm",
        vpc=_vpc(stack),
        images=[bc.InstanceImage(image_type=bc.ImageType.ECS_AL2023)],
        instance_types=["default_arm64"],
    )


def environment_tags(stack: cdk.Stack) -> None:
    bc.Ec2ComputeEnvironment(
        stack, "Tagged", vpc=_vpc(stack), tags={"Environment": "test", "Application": "app"}
    )


def unmanaged_environment(stack: cdk.Stack) -> None:
    bc.UnmanagedComputeEnvironment(stack, "Minimal")
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSBatchServiceRole")
    bc.UnmanagedComputeEnvironment(
        stack,
        "Maximal",
        exact_name="unmanaged",
        unmanaged_vcpus=256,
        service_role=iam.Role(
            stack,
            "Service",
            assumed_by=iam.ServicePrincipal("batch.amazonaws.com"),
            managed_policies=[policy],
        ),
    )


def job_queue(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    policy = bc.FairSharePolicy(
        stack,
        "FairShare",
        compute_reservation_percentage=75,
        scheduling_policy_name="shares",
        share_decay=cdk.Duration.hours(1),
        shares=[bc.Share(share_identifier="A", weight_factor=0.5)],
    )
    first = bc.Ec2ComputeEnvironment(stack, "First", vpc=vpc)
    queue = bc.JobQueue(
        stack, "Queue", compute_environments=[first], priority=10, scheduling_policy=policy
    )
    policy.add_share(bc.Share(share_identifier="B", weight_factor=7))
    queue.add_compute_environment(bc.Ec2ComputeEnvironment(stack, "Second", vpc=vpc))


def time_limits(stack: cdk.Stack) -> None:
    instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=_vpc(stack))
    reasons = (
        bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY,
        bc.TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
        bc.TimeLimitReason.JOB_RESOURCE_REQUIREMENT,
    )
    bc.JobQueue(
        stack,
        "Queue",
        compute_environments=[instances],
        time_limits=[
            bc.TimeLimit(reason=reason, after=cdk.Duration.minutes(10)) for reason in reasons
        ],
    )


def quota_share(stack: cdk.Stack) -> None:
    bc.QuotaSharePolicy(stack, "Quota", scheduling_policy_name="quota")


def consumable_resource(stack: cdk.Stack) -> None:
    bc.ConsumableResource(stack, "Licenses", exact_name="licenses", total_quantity=100)
    bc.ConsumableResource(
        stack,
        "Budget",
        exact_name="budget",
        replenishable=False,
        total_quantity=50,
    )


ARN = "arn:aws:batch:us-east-1:123456789012:consumable-resource"


def consumable_resources_of_a_job(stack: cdk.Stack) -> None:
    imported = bc.ConsumableResource.from_consumable_resource_arn
    needs: dict[bc.Consumable, int] = {
        imported(stack, "Licenses", f"{ARN}/licenses"): 2,
        imported(stack, "Calls", f"{ARN}/calls"): 100,
    }
    for name, resources in (("With", needs), ("Without", None)):
        bc.Ec2JobDefinition(
            stack,
            name,
            image=BUSYBOX,
            vcpus=1,
            memory=cdk.Size.mebibytes(2048),
            job_definition_name=name.lower(),
            consumable_resources=resources,
        )


def execute_command(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    instances = bc.Ec2ComputeEnvironment(stack, "Instances", vpc=vpc, instance_types=["m5.large"])
    bc.JobQueue(stack, "InstanceQueue", compute_environments=[instances])
    sleep = ["sleep", "300"]
    bc.Ec2JobDefinition(
        stack,
        "OnInstances",
        image=BUSYBOX,
        vcpus=2,
        memory=cdk.Size.mebibytes(2048),
        command=sleep,
        enable_execute_command=True,
    )
    bc.FargateJobDefinition(
        stack,
        "OnFargate",
        image=BUSYBOX,
        vcpus=0.25,
        memory=cdk.Size.gibibytes(1),
        command=sleep,
        enable_execute_command=True,
    )
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.JobQueue(stack, "FargateQueue", compute_environments=[fargate])


def ecs_job_definitions(stack: cdk.Stack) -> None:
    files = efs.FileSystem(stack, "Files", vpc=_vpc(stack))
    secret = secretsmanager.Secret(stack, "Secret")
    version = secretsmanager.Secret(stack, "Version")
    parameter = ssm.StringParameter(stack, "Parameter", string_value="text")
    bc.Ec2JobDefinition(
        stack,
        "OnInstances",
        image=BUSYBOX,
        vcpus=2,
        memory=cdk.Size.mebibytes(2048),
        environment={"STAGE": "test"},
        gpus=1,
        volumes=[
            bc.HostVolume(name="scratch", host_path="/mnt", container_path="/scratch"),
            bc.EfsVolume(name="files", file_system=files, container_path="/files"),
        ],
        ulimits=[bc.Ulimit(name="core", soft_limit=10, hard_limit=50)],
        secrets={
            "SECRET": secret,
            "VERSION": bc.secret_field(version, version_id="id"),
            "PARAMETER": parameter,
        },
    )
    bc.FargateJobDefinition(
        stack,
        "OnFargate",
        image=BUSYBOX,
        vcpus=16,
        memory=cdk.Size.mebibytes(32768),
        ephemeral_storage=cdk.Size.gibibytes(100),
        cpu_architecture=ecs.CpuArchitecture.ARM64,
        operating_system_family=ecs.OperatingSystemFamily.LINUX,
        platform_version="LATEST",
        job_definition_name="on-fargate",
        parameters={"word": "hello"},
        retry_policy=bc.RetryPolicy(
            attempts=5,
            rules=[
                bc.RetryRule(action="EXIT", on_reason="CannotPullContainerError:*"),
                bc.RetryRule(action="RETRY", on_exit_code="*"),
                bc.RetryRule(
                    action="EXIT",
                    on_exit_code="40*",
                    on_reason="reason",
                    on_status_reason="status",
                ),
            ],
        ),
        scheduling_priority=10,
        timeout=cdk.Duration.minutes(10),
    )


def eks_job_definition(stack: cdk.Stack) -> None:
    container = bc.PodContainer(
        image=BUSYBOX,
        name="main",
        command=["echo"],
        args=["hello"],
        environment={"STAGE": "test"},
        vcpus=8,
        requested_vcpus=4,
        memory=cdk.Size.mebibytes(8192),
        gpus=1,
        image_pull_policy=bc.ImagePullPolicy.ALWAYS,
        privileged=True,
        run_as_user=20,
        run_as_non_root=True,
        run_as_group=1,
        volumes=[
            bc.EmptyDirVolume(
                name="scratch",
                mount_path="/scratch",
                medium="Memory",
                read_only=True,
                size_limit=cdk.Size.mebibytes(2048),
            ),
            bc.KubernetesSecretVolume(name="token", secret_name="token", mount_path="/token"),
            bc.HostPathVolume(name="host", host_path="/mnt", mount_path="/host"),
        ],
    )
    bc.EksJobDefinition(stack, "Pods", containers=[container], keep_old_revisions=True)


def multi_node_job_definitions(stack: cdk.Stack) -> None:
    container = bc.Container(image=BUSYBOX, vcpus=1, memory=cdk.Size.mebibytes(2048))
    bc.MultiNodeJobDefinition(
        stack, "One", node_ranges=[bc.NodeRange(target_nodes="0:10", container=container)]
    )
    bc.MultiNodeJobDefinition(
        stack,
        "Two",
        node_ranges=[
            bc.NodeRange(target_nodes=nodes, container=container, instance_type="r5.large")
            for nodes in ("0:10", "11:20")
        ],
    )


def grants(stack: cdk.Stack) -> None:
    queue = _queue_on_instances(stack)
    user = iam.User(stack, "User")
    queue.grant_submit(user, _job(stack))


def rule_without_a_name(stack: cdk.Stack) -> None:
    own = bc.UnmanagedComputeEnvironment(stack, "Own")
    queue = bc.JobQueue(stack, "Queue", compute_environments=[own])
    bc.ScheduleTrigger(
        stack, "Rule", queue=queue, job_definition=_job(stack), schedule="rate(1 minute)"
    )


def job_from_events(stack: cdk.Stack) -> None:
    bc.EventTrigger(
        stack,
        "Rule",
        queue=_queue_on_instances(stack),
        job_definition=_job(stack),
        event_pattern={"source": ["my.app"], "detail-type": ["Order placed"]},
        job_name="order",
        overrides=bc.SubmissionOverrides(retry=bc.RetryPolicy(attempts=2, rules=[])),
    )


def run_from_step_functions(stack: cdk.Stack) -> None:
    queue = _queue_on_instances(stack)
    definition = bc.Ec2JobDefinition(
        stack,
        "Job",
        image=BUSYBOX,
        vcpus=1,
        memory=cdk.Size.mebibytes(2048),
        command=["echo", "Ref::word"],
        parameters={"word": ""},
    )
    work = bc.WorkflowJob(
        name="work",
        job_definition=definition,
        environment={"KEY": "value"},
        overrides=bc.SubmissionOverrides(
            memory=cdk.Size.mebibytes(1024),
            vcpus=2,
            retry=bc.RetryPolicy(attempts=3, rules=[]),
        ),
        parameters={"word": "$.word"},
        timeout=cdk.Duration.seconds(60),
    )
    bc.Workflow(stack, "Machine", jobs=[work], queue=queue)


def submit_from_step_functions(stack: cdk.Stack) -> None:
    queue = _queue_on_instances(stack)
    work = bc.WorkflowJob(
        name="work", job_definition=_job(stack), array_size=15, tags={"team": "genomics"}
    )
    bc.Workflow(stack, "Machine", jobs=[work], queue=queue)


def queue_from_a_path(stack: cdk.Stack) -> None:
    queue = _queue_on_instances(stack)
    bc.Workflow(
        stack,
        "Machine",
        jobs=[bc.WorkflowJob(name="work", job_definition=_job(stack))],
        queue=bc.QueueFromInput(path="$.queue", queues=[queue]),
    )
