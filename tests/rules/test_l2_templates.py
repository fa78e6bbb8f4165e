"""What the `aws_batch` L2 constructs of the CDK synthesise is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Size, aws_ec2, aws_ecs, aws_efs, aws_events, aws_iam, aws_lambda
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_eks as eks
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks

from batch_constructs.rules import Severity, check_template

LOG_GROUPS = {"@aws-cdk/aws-lambda:useCdkManagedLogGroup": True}
BUSYBOX = "public.ecr.aws/docker/library/busybox:1"


def network(stack: cdk.Stack) -> aws_ec2.Vpc:
    return aws_ec2.Vpc(stack, "Vpc", max_azs=2)


def queue(stack: cdk.Stack, *environments: batch.IComputeEnvironment) -> batch.JobQueue:
    order = [
        batch.OrderedComputeEnvironment(compute_environment=environment, order=place)
        for place, environment in enumerate(environments)
    ]
    return batch.JobQueue(stack, "Queue", compute_environments=order)


def fargate_queue(stack: cdk.Stack) -> batch.JobQueue:
    return queue(stack, batch.FargateComputeEnvironment(stack, "Env", vpc=network(stack)))


def fargate_job(stack: cdk.Stack, *command: str) -> batch.EcsJobDefinition:
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu=0.25,
        memory=Size.mebibytes(512),
        command=list(command),
    )
    return batch.EcsJobDefinition(stack, "Job", container=container)


def ec2_job(stack: cdk.Stack, id: str, vcpus: int, mib: int, gpus: int | None = None) -> None:
    container = batch.EcsEc2ContainerDefinition(
        stack,
        f"{id}Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu=vcpus,
        memory=Size.mebibytes(mib),
        gpu=gpus,
    )
    batch.EcsJobDefinition(stack, id, container=container)


def fargate(stack: cdk.Stack) -> None:
    vpc = network(stack)
    plain = batch.FargateComputeEnvironment(stack, "Plain", vpc=vpc, maxv_cpus=64)
    spot = batch.FargateComputeEnvironment(stack, "Spot", vpc=vpc, spot=True)
    jobs = queue(stack, spot, plain)
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu=32,
        memory=Size.mebibytes(61440),
        ephemeral_storage_size=Size.gibibytes(100),
        command=["echo", "Ref::day"],
        secrets={
            "A": batch.Secret.from_secrets_manager(secretsmanager.Secret(stack, "Secret")),
            "B": batch.Secret.from_ssm_parameter(
                ssm.StringParameter(stack, "Parameter", string_value="x")
            ),
        },
    )
    job = batch.EcsJobDefinition(
        stack,
        "Job",
        container=container,
        parameters={"day": "today"},
        retry_attempts=3,
        retry_strategies=[
            batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
            batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_reason="*")),
        ],
        timeout=Duration.hours(1),
    )
    rule = aws_events.Rule(
        stack, "Nightly", schedule=aws_events.Schedule.cron(minute="0", hour="3")
    )
    target = targets.BatchJob(
        jobs.job_queue_arn,
        jobs,
        job.job_definition_arn,
        job,
        job_name="nightly",
        dead_letter_queue=sqs.Queue(stack, "DeadLetters"),
    )
    rule.add_target(target)


def instances(stack: cdk.Stack) -> None:
    vpc = network(stack)
    c6i = aws_ec2.InstanceClass.C6I
    environments = [
        batch.ManagedEc2EcsComputeEnvironment(
            stack, "Spot", vpc=vpc, spot=True, instance_classes=[c6i], maxv_cpus=64
        ),
        batch.ManagedEc2EcsComputeEnvironment(stack, "OnDemand", vpc=vpc),
    ]
    queue(stack, *environments)
    files = aws_efs.FileSystem(stack, "Files", vpc=vpc)
    role = aws_iam.Role(
        stack, "Role", assumed_by=aws_iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    )
    files.grant_root_access(role)
    for environment in environments:
        files.connections.allow_default_port_from(environment)
    linux = batch.LinuxParameters(
        stack, "Linux", init_process_enabled=True, max_swap=Size.mebibytes(0), swappiness=60
    )
    container = batch.EcsEc2ContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu=2,
        memory=Size.mebibytes(4096),
        job_role=role,
        privileged=True,
        linux_parameters=linux,
        ulimits=[batch.Ulimit(name=batch.UlimitName.NOFILE, soft_limit=100, hard_limit=200)],
        volumes=[
            batch.EcsVolume.host(container_path="/host", host_path="/data", name="host"),
            batch.EcsVolume.efs(
                container_path="/files",
                file_system=files,
                name="files",
                enable_transit_encryption=True,
                use_job_role=True,
            ),
        ],
    )
    batch.EcsJobDefinition(stack, "Job", container=container)


def gpus(stack: cdk.Stack) -> None:
    environment = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Env",
        vpc=network(stack),
        instance_types=[aws_ec2.InstanceType("g5.xlarge")],
        use_optimal_instance_classes=False,
    )
    queue(stack, environment)
    ec2_job(stack, "Job", 4, 12_000, 1)


def multi_node(stack: cdk.Stack) -> None:
    type_ = aws_ec2.InstanceType("c6i.8xlarge")
    environment = batch.ManagedEc2EcsComputeEnvironment(
        stack,
        "Env",
        vpc=network(stack),
        instance_types=[type_],
        use_optimal_instance_classes=False,
        maxv_cpus=256,
    )
    queue(stack, environment)
    job = batch.MultiNodeJobDefinition(stack, "Job", instance_type=type_)
    for name, first, last in (("Main", 0, 0), ("Rest", 1, 3)):
        container = batch.EcsEc2ContainerDefinition(
            stack,
            name,
            image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
            cpu=32,
            memory=Size.mebibytes(60_000),
        )
        job.add_container(container=container, start_node=first, end_node=last)


def unmanaged(stack: cdk.Stack) -> None:
    queue(stack, batch.UnmanagedComputeEnvironment(stack, "Env", unmanagedv_cpus=64))
    ec2_job(stack, "Job", 1, 512)


def kubernetes(stack: cdk.Stack) -> None:
    vpc = network(stack)
    cluster = eks.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="c", vpc=vpc)
    environment = batch.ManagedEc2EksComputeEnvironment(
        stack, "Env", eks_cluster=cluster, kubernetes_namespace="batch", vpc=vpc
    )
    queue(stack, environment)
    scratch = batch.EksVolume.empty_dir(
        name="scratch", mount_path="/scratch", medium=batch.EmptyDirMediumType.MEMORY
    )
    container = batch.EksContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu_limit=1,
        cpu_reservation=0.5,
        memory_limit=Size.mebibytes(2048),
        volumes=[scratch],
    )
    batch.EksJobDefinition(stack, "Job", container=container)


def fair_shares(stack: cdk.Stack) -> None:
    environment = batch.FargateComputeEnvironment(stack, "Env", vpc=network(stack))
    shares = [
        batch.Share(share_identifier="research", weight_factor=1),
        batch.Share(share_identifier="adhoc*", weight_factor=0.5),
    ]
    policy = batch.FairshareSchedulingPolicy(
        stack, "Policy", share_decay=Duration.hours(1), compute_reservation=10, shares=shares
    )
    limit = batch.JobStateTimeLimitAction(
        max_time=Duration.minutes(10),
        reason=batch.JobStateTimeLimitActionsReason.INSUFFICIENT_INSTANCE_CAPACITY,
    )
    order = batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
    batch.JobQueue(
        stack,
        "Queue",
        compute_environments=[order],
        scheduling_policy=policy,
        job_state_time_limit_actions=[limit],
    )
    fargate_job(stack, "ls")


def state_machine(stack: cdk.Stack) -> None:
    jobs, job = fargate_queue(stack), fargate_job(stack, "work", "Ref::item")
    item = stepfunctions.TaskInput.from_object({"item": stepfunctions.JsonPath.string_at("$.item")})
    task = tasks.BatchSubmitJob(
        stack,
        "Submit",
        job_name="work",
        job_queue_arn=jobs.job_queue_arn,
        job_definition_arn=job.job_definition_arn,
        array_size=10,
        payload=item,
        container_overrides=tasks.BatchContainerOverrides(environment={"STAGE": "prod"}),
    )
    body = stepfunctions.DefinitionBody.from_chainable(task)
    stepfunctions.StateMachine(stack, "Machine", definition_body=body)


def objects(stack: cdk.Stack) -> None:
    jobs, job = fargate_queue(stack), fargate_job(stack, "convert", "Ref::key")
    bucket = s3.Bucket(stack, "Bucket", event_bridge_enabled=True)
    pattern = aws_events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={"bucket": {"name": [bucket.bucket_name]}},
    )
    key = aws_events.EventField.from_path("$.detail.object.key")
    target = targets.BatchJob(
        jobs.job_queue_arn,
        jobs,
        job.job_definition_arn,
        job,
        dead_letter_queue=sqs.Queue(stack, "DeadLetters"),
        event=aws_events.RuleTargetInput.from_object({"Parameters": {"key": key}}),
    )
    aws_events.Rule(stack, "Uploaded", event_pattern=pattern, targets=[target])
    failed = aws_events.EventPattern(
        source=["aws.batch"],
        detail_type=["Batch Job State Change"],
        detail={"status": ["FAILED"], "jobQueue": [jobs.job_queue_arn]},
    )
    topic = sns.Topic(stack, "Topic", master_key=kms.Key(stack, "Key"))
    aws_events.Rule(stack, "Failed", event_pattern=failed, targets=[targets.SnsTopic(topic)])


def messages(stack: cdk.Stack) -> None:
    jobs, job = fargate_queue(stack), fargate_job(stack, "work", "Ref::message")
    dead_letters = sqs.DeadLetterQueue(max_receive_count=3, queue=sqs.Queue(stack, "Dead"))
    inbox = sqs.Queue(
        stack,
        "Inbox",
        visibility_timeout=Duration.seconds(180),
        dead_letter_queue=dead_letters,
    )
    function = aws_lambda.Function(
        stack,
        "Submit",
        runtime=aws_lambda.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=aws_lambda.Code.from_inline("pass"),
        timeout=Duration.seconds(30),
        environment={"QUEUE": jobs.job_queue_arn, "JOB": job.job_definition_arn},
    )
    job.grant_submit_job(function, jobs)
    function.add_event_source(sources.SqsEventSource(inbox))


def isolated(stack: cdk.Stack) -> None:
    kind = aws_ec2.SubnetType.PRIVATE_ISOLATED
    services = aws_ec2.InterfaceVpcEndpointAwsService
    gateway = aws_ec2.GatewayVpcEndpointOptions(service=aws_ec2.GatewayVpcEndpointAwsService.S3)
    vpc = aws_ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[aws_ec2.SubnetConfiguration(name="isolated", subnet_type=kind)],
        gateway_endpoints={"S3": gateway},
    )
    for name, service in {
        "Api": services.ECR,
        "Docker": services.ECR_DOCKER,
        "Logs": services.CLOUDWATCH_LOGS,
        "Ecs": services.ECS,
        "Agent": services.ECS_AGENT,
        "Telemetry": services.ECS_TELEMETRY,
    }.items():
        vpc.add_interface_endpoint(name, service=service)
    where = aws_ec2.SubnetSelection(subnet_type=kind)
    queue(stack, batch.FargateComputeEnvironment(stack, "Env", vpc=vpc, vpc_subnets=where))
    batch.ManagedEc2EcsComputeEnvironment(stack, "Instances", vpc=vpc, vpc_subnets=where)
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_ecr_repository(ecr.Repository(stack, "Repository"), "1"),
        cpu=1,
        memory=Size.mebibytes(2048),
    )
    batch.EcsJobDefinition(stack, "Job", container=container)


def public(stack: cdk.Stack) -> None:
    kind = aws_ec2.SubnetType.PUBLIC
    vpc = aws_ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[aws_ec2.SubnetConfiguration(name="public", subnet_type=kind)],
    )
    where = aws_ec2.SubnetSelection(subnet_type=kind)
    queue(stack, batch.FargateComputeEnvironment(stack, "Env", vpc=vpc, vpc_subnets=where))
    batch.ManagedEc2EcsComputeEnvironment(stack, "Instances", vpc=vpc, vpc_subnets=where)
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=aws_ecs.ContainerImage.from_registry(BUSYBOX),
        cpu=1,
        memory=Size.mebibytes(2048),
        assign_public_ip=True,
        fargate_cpu_architecture=aws_ecs.CpuArchitecture.ARM64,
        fargate_operating_system_family=aws_ecs.OperatingSystemFamily.LINUX,
    )
    batch.EcsJobDefinition(stack, "Job", container=container)


@pytest.mark.parametrize(
    "build",
    [
        fargate,
        instances,
        gpus,
        multi_node,
        unmanaged,
        kubernetes,
        fair_shares,
        state_machine,
        objects,
        messages,
        isolated,
        public,
    ],
)
def test_what_the_l2_synthesises_is_left_alone(
    build: Callable[[cdk.Stack], None], tmp_path: Path
) -> None:
    app = cdk.App(
        outdir=str(tmp_path), context=LOG_GROUPS, builtin_cloud_formation_validation=False
    )
    build(cdk.Stack(app, "Stack"))
    app.synth()
    template = json.loads((tmp_path / "Stack.template.json").read_text())

    found = [one for one in check_template(template) if one.severity is not Severity.INFO]

    assert found == []
