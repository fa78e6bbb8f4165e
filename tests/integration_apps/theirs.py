"""What the CDK's own integration apps for AWS Batch declare, with the L2s of `aws_batch`."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

BUSYBOX = "public.ecr.aws/docker/library/busybox"


def _vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)


def _image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry(BUSYBOX)


def _instances(stack: cdk.Stack, id: str, vpc: ec2.IVpc) -> batch.ManagedEc2EcsComputeEnvironment:
    return batch.ManagedEc2EcsComputeEnvironment(stack, id, vpc=vpc)


def _queue(stack: cdk.Stack, id: str, environment: batch.IComputeEnvironment) -> batch.JobQueue:
    first = batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
    return batch.JobQueue(stack, id, compute_environments=[first])


def _container(stack: cdk.Stack, id: str) -> batch.EcsEc2ContainerDefinition:
    return batch.EcsEc2ContainerDefinition(
        stack, id, image=_image(), cpu=1, memory=cdk.Size.mebibytes(2048)
    )


def _job(stack: cdk.Stack, id: str = "Job") -> batch.EcsJobDefinition:
    return batch.EcsJobDefinition(stack, id, container=_container(stack, f"{id}Container"))


def _override(construct: Construct, path: str, value: object) -> None:
    """Set what the L2 of this version has no parameter for."""
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override(path, value)


def managed_environments(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    fleet = iam.Role(stack, "Fleet", assumed_by=iam.ServicePrincipal("spotfleet.amazonaws.com"))
    batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, maxv_cpus=512)
    batch.FargateComputeEnvironment(
        stack,
        "FargateSpot",
        vpc=vpc,
        maxv_cpus=512,
        compute_environment_name="fargate-spot",
        spot=True,
    )
    _instances(stack, "Minimal", vpc)
    batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Template",
        vpc=vpc,
        allocation_strategy=batch.AllocationStrategy.BEST_FIT,
        minv_cpus=256,
        maxv_cpus=512,
        replace_compute_environment=True,
        terminate_on_update=False,
        update_timeout=cdk.Duration.hours(1),
        placement_group=ec2.PlacementGroup(
            stack, "PlacementGroup", strategy=ec2.PlacementGroupStrategy.SPREAD
        ),
        launch_template=ec2.LaunchTemplate(stack, "LaunchTemplate"),
    )
    batch.ManagedEc2EcsComputeEnvironment(
        stack, "Spot", vpc=vpc, spot=True, spot_bid_percentage=95, spot_fleet_role=fleet
    )
    batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "SpotCapacity",
        vpc=vpc,
        spot=True,
        spot_bid_percentage=95,
        allocation_strategy=batch.AllocationStrategy.SPOT_CAPACITY_OPTIMIZED,
    )
    tagged = _instances(stack, "Tagged", vpc)
    cdk.Tags.of(tagged).add("team", "genomics")
    batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Al2023",
        vpc=vpc,
        images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023)],
    )
    scale_down = _instances(stack, "ScaleDown", vpc)
    _override(scale_down, "ComputeResources.ScalingPolicy.MinScaleDownDelayMinutes", 30)
    least = cdk.CfnParameter(stack, "Least", type="Number", default=512, min_value=0)
    most = cdk.CfnParameter(stack, "Most", type="Number", default=512, min_value=1)
    bid = cdk.CfnParameter(stack, "Bid", type="Number", default=100, min_value=1)
    batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Parameters",
        vpc=vpc,
        minv_cpus=least.value_as_number,
        maxv_cpus=most.value_as_number,
        spot=True,
        spot_bid_percentage=bid.value_as_number,
    )


def default_instance_class(stack: cdk.Stack) -> None:
    batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Arm",
        vpc=_vpc(stack),
        images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023)],
        default_instance_classes=[batch.DefaultInstanceClass.ARM64],
    )


def environment_tags(stack: cdk.Stack) -> None:
    tagged = _instances(stack, "Tagged", _vpc(stack))
    _override(tagged, "ComputeResources.Tags", {"Environment": "test", "Application": "app"})


def unmanaged_environment(stack: cdk.Stack) -> None:
    batch.UnmanagedComputeEnvironment(stack, "Minimal")
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSBatchServiceRole")
    batch.UnmanagedComputeEnvironment(
        stack,
        "Maximal",
        compute_environment_name="unmanaged",
        enabled=True,
        unmanagedv_cpus=256,
        service_role=iam.Role(
            stack,
            "Service",
            assumed_by=iam.ServicePrincipal("batch.amazonaws.com"),
            managed_policies=[policy],
        ),
    )


def job_queue(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    policy = batch.FairshareSchedulingPolicy(
        stack,
        "FairShare",
        compute_reservation=75,
        scheduling_policy_name="shares",
        share_decay=cdk.Duration.hours(1),
        shares=[batch.Share(share_identifier="A", weight_factor=0.5)],
    )
    first = batch.OrderedComputeEnvironment(
        compute_environment=_instances(stack, "First", vpc), order=1
    )
    queue = batch.JobQueue(
        stack, "Queue", compute_environments=[first], priority=10, scheduling_policy=policy
    )
    policy.add_share(share_identifier="B", weight_factor=7)
    queue.add_compute_environment(_instances(stack, "Second", vpc), 2)


def time_limits(stack: cdk.Stack) -> None:
    first = batch.OrderedComputeEnvironment(
        compute_environment=_instances(stack, "Instances", _vpc(stack)), order=1
    )
    reasons = (
        batch.JobStateTimeLimitActionsReason.INSUFFICIENT_INSTANCE_CAPACITY,
        batch.JobStateTimeLimitActionsReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
        batch.JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT,
    )
    batch.JobQueue(
        stack,
        "Queue",
        compute_environments=[first],
        job_state_time_limit_actions=[
            batch.JobStateTimeLimitAction(max_time=cdk.Duration.minutes(10), reason=reason)
            for reason in reasons
        ],
    )


def quota_share(stack: cdk.Stack) -> None:
    kind = batch.CfnSchedulingPolicy.QuotaSharePolicyProperty
    batch.CfnSchedulingPolicy(
        Construct(stack, "Quota"),
        "Resource",
        name="quota",
        quota_share_policy=kind(idle_resource_assignment_strategy="FIFO"),
    )


def consumable_resource(stack: cdk.Stack) -> None:
    batch.ConsumableResource(
        stack,
        "Licenses",
        consumable_resource_name="licenses",
        resource_type=batch.ConsumableResourceType.REPLENISHABLE,
        total_quantity=100,
    )
    batch.ConsumableResource(
        stack,
        "Budget",
        consumable_resource_name="budget",
        resource_type=batch.ConsumableResourceType.NON_REPLENISHABLE,
        total_quantity=50,
    )


ARN = "arn:aws:batch:us-east-1:123456789012:consumable-resource"


def consumable_resources_of_a_job(stack: cdk.Stack) -> None:
    needs = [
        {"ConsumableResource": f"{ARN}/licenses", "Quantity": 2},
        {"ConsumableResource": f"{ARN}/calls", "Quantity": 100},
    ]
    definition = batch.EcsJobDefinition(
        stack, "With", container=_container(stack, "A"), job_definition_name="with"
    )
    _override(definition, "ConsumableResourceProperties.ConsumableResourceList", needs)
    batch.EcsJobDefinition(
        stack, "Without", container=_container(stack, "B"), job_definition_name="without"
    )


def execute_command(stack: cdk.Stack) -> None:
    vpc = _vpc(stack)
    instances = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Instances",
        vpc=vpc,
        instance_types=[ec2.InstanceType("m5.large")],
        use_optimal_instance_classes=False,
    )
    _queue(stack, "InstanceQueue", instances)
    sleep = ["sleep", "300"]
    on_instances = batch.EcsEc2ContainerDefinition(
        stack,
        "A",
        image=_image(),
        cpu=2,
        memory=cdk.Size.mebibytes(2048),
        command=sleep,
        enable_execute_command=True,
    )
    batch.EcsJobDefinition(stack, "OnInstances", container=on_instances)
    on_fargate = batch.EcsFargateContainerDefinition(
        stack,
        "B",
        image=_image(),
        cpu=0.25,
        memory=cdk.Size.gibibytes(1),
        command=sleep,
        enable_execute_command=True,
    )
    batch.EcsJobDefinition(stack, "OnFargate", container=on_fargate)
    fargate = batch.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    _queue(stack, "FargateQueue", fargate)


def ecs_job_definitions(stack: cdk.Stack) -> None:
    files = efs.FileSystem(stack, "Files", vpc=_vpc(stack))
    secret = secretsmanager.Secret(stack, "Secret")
    version = secretsmanager.Secret(stack, "Version")
    parameter = ssm.StringParameter(stack, "Parameter", string_value="text")
    on_instances = batch.EcsEc2ContainerDefinition(
        stack,
        "A",
        image=_image(),
        cpu=2,
        memory=cdk.Size.mebibytes(2048),
        environment={"STAGE": "test"},
        gpu=1,
        volumes=[
            batch.EcsVolume.host(name="scratch", host_path="/mnt", container_path="/scratch"),
            batch.EcsVolume.efs(name="files", file_system=files, container_path="/files"),
        ],
        ulimits=[batch.Ulimit(name=batch.UlimitName.CORE, soft_limit=10, hard_limit=50)],
        secrets={
            "SECRET": batch.Secret.from_secrets_manager(secret),
            "VERSION": batch.Secret.from_secrets_manager_version(
                version, batch.SecretVersionInfo(version_id="id")
            ),
            "PARAMETER": batch.Secret.from_ssm_parameter(parameter),
        },
    )
    batch.EcsJobDefinition(stack, "OnInstances", container=on_instances)
    on_fargate = batch.EcsFargateContainerDefinition(
        stack,
        "B",
        image=_image(),
        cpu=16,
        memory=cdk.Size.mebibytes(32768),
        ephemeral_storage_size=cdk.Size.gibibytes(100),
        fargate_platform_version=ecs.FargatePlatformVersion.LATEST,
        fargate_cpu_architecture=ecs.CpuArchitecture.ARM64,
        fargate_operating_system_family=ecs.OperatingSystemFamily.LINUX,
    )
    batch.EcsJobDefinition(
        stack,
        "OnFargate",
        container=on_fargate,
        job_definition_name="on-fargate",
        parameters={"word": "hello"},
        propagate_tags=True,
        retry_attempts=5,
        retry_strategies=[
            batch.RetryStrategy(batch.Action.EXIT, batch.Reason.CANNOT_PULL_CONTAINER),
            batch.RetryStrategy(batch.Action.RETRY, batch.Reason.NON_ZERO_EXIT_CODE),
            batch.RetryStrategy(
                batch.Action.EXIT,
                batch.Reason.custom(
                    on_exit_code="40*", on_reason="reason", on_status_reason="status"
                ),
            ),
        ],
        scheduling_priority=10,
        timeout=cdk.Duration.minutes(10),
    )


def eks_job_definition(stack: cdk.Stack) -> None:
    container = batch.EksContainerDefinition(
        stack,
        "Container",
        image=_image(),
        name="main",
        command=["echo"],
        args=["hello"],
        env={"STAGE": "test"},
        cpu_limit=8,
        cpu_reservation=4,
        memory_limit=cdk.Size.mebibytes(8192),
        memory_reservation=cdk.Size.mebibytes(8192),
        gpu_limit=1,
        gpu_reservation=1,
        image_pull_policy=batch.ImagePullPolicy.ALWAYS,
        privileged=True,
        run_as_user=20,
        run_as_group=1,
        volumes=[
            batch.EksVolume.empty_dir(
                name="scratch",
                mount_path="/scratch",
                medium=batch.EmptyDirMediumType.MEMORY,
                readonly=True,
                size_limit=cdk.Size.mebibytes(2048),
            ),
            batch.EksVolume.secret(
                name="token", secret_name="token", mount_path="/token", optional=False
            ),
            batch.EksVolume.host_path(name="host", host_path="/mnt", mount_path="/host"),
        ],
    )
    batch.EksJobDefinition(stack, "Pods", container=container, skip_deregister_on_update=True)


def multi_node_job_definitions(stack: cdk.Stack) -> None:
    def nodes(id: str, first: int, last: int) -> batch.MultiNodeContainer:
        return batch.MultiNodeContainer(
            start_node=first, end_node=last, container=_container(stack, id)
        )

    batch.MultiNodeJobDefinition(
        stack, "One", containers=[nodes("OneMain", 0, 10)], propagate_tags=True
    )
    batch.MultiNodeJobDefinition(
        stack,
        "Two",
        instance_type=ec2.InstanceType("r5.large"),
        containers=[nodes("TwoMain", 0, 10), nodes("TwoRest", 11, 20)],
    )


def grants(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", _instances(stack, "Instances", _vpc(stack)))
    user = iam.User(stack, "User")
    _job(stack).grant_submit_job(user, queue)


def rule_without_a_name(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", batch.UnmanagedComputeEnvironment(stack, "Own"))
    job = _job(stack)
    rule = events.Rule(stack, "Rule", schedule=events.Schedule.rate(cdk.Duration.minutes(1)))
    rule.add_target(targets.BatchJob(queue.job_queue_arn, queue, job.job_definition_arn, job))


def job_from_events(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", _instances(stack, "Instances", _vpc(stack)))
    job = _job(stack)
    pattern = events.EventPattern(source=["my.app"], detail_type=["Order placed"])
    rule = events.Rule(stack, "Rule", event_pattern=pattern)
    rule.add_target(
        targets.BatchJob(
            queue.job_queue_arn, queue, job.job_definition_arn, job, job_name="order", attempts=2
        )
    )


def _machine(stack: cdk.Stack, result: dict[str, str], task: tasks.BatchSubmitJob) -> None:
    start = stepfunctions.Pass(stack, "Start", result=stepfunctions.Result.from_object(result))
    stepfunctions.StateMachine(
        stack,
        "Machine",
        definition_body=stepfunctions.DefinitionBody.from_chainable(start.next(task)),
    )


def run_from_step_functions(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", _instances(stack, "Instances", _vpc(stack)))
    container = batch.EcsEc2ContainerDefinition(
        stack,
        "Container",
        image=_image(),
        cpu=1,
        memory=cdk.Size.mebibytes(2048),
        command=["echo", "Ref::word"],
    )
    job = batch.EcsJobDefinition(stack, "Job", container=container, parameters={"word": ""})
    task = tasks.BatchSubmitJob(
        stack,
        "Submit",
        job_definition_arn=job.job_definition_arn,
        job_name="work",
        job_queue_arn=queue.job_queue_arn,
        container_overrides=tasks.BatchContainerOverrides(
            environment={"KEY": "value"}, memory=cdk.Size.mebibytes(1024), vcpus=2
        ),
        payload=stepfunctions.TaskInput.from_object(
            {"word": stepfunctions.JsonPath.string_at("$.word")}
        ),
        attempts=3,
        task_timeout=stepfunctions.Timeout.duration(cdk.Duration.seconds(60)),
    )
    _machine(stack, {"word": "hello"}, task)


def submit_from_step_functions(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", _instances(stack, "Instances", _vpc(stack)))
    task = tasks.BatchSubmitJob(
        stack,
        "Submit",
        job_definition_arn=_job(stack).job_definition_arn,
        job_name="work",
        job_queue_arn=queue.job_queue_arn,
        array_size=15,
        tags={"team": "genomics"},
    )
    _machine(stack, {}, task)


def queue_from_a_path(stack: cdk.Stack) -> None:
    queue = _queue(stack, "Queue", _instances(stack, "Instances", _vpc(stack)))
    task = tasks.BatchSubmitJob(
        stack,
        "Submit",
        job_definition_arn=_job(stack).job_definition_arn,
        job_name="work",
        job_queue_arn=stepfunctions.JsonPath.string_at("$.queue"),
    )
    _machine(stack, {"queue": queue.job_queue_arn}, task)
