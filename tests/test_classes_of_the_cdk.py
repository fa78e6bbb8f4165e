"""Classes of the CDK that are called as ours: which one was given is told from which is meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

import batch_constructs as bc


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            lambda stack: {
                "volumes": [
                    batch.EcsVolume.efs(
                        name="a",
                        container_path="/a",
                        file_system=efs.FileSystem(stack, "Files", vpc=ec2.Vpc(stack, "Vpc")),
                    )
                ]
            },
            "is aws_cdk.aws_batch.EfsVolume; expected batch_constructs.EfsVolume(",
        ),
        (
            lambda _: {
                "retry_policy": batch.RetryStrategy(
                    batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED
                )
            },
            "is aws_cdk.aws_batch.RetryStrategy; expected a RetryPolicy",
        ),
        (
            lambda stack: {
                "secrets": {
                    "A": ecs.Secret.from_secrets_manager(secretsmanager.Secret(stack, "Secret"))
                }
            },
            "is aws_cdk.aws_ecs.Secret; expected a secret (secretsmanager.ISecret)",
        ),
        (
            lambda stack: {
                "secrets": {
                    "A": batch.Secret.from_secrets_manager(secretsmanager.Secret(stack, "Secret"))
                }
            },
            "is aws_cdk.aws_batch.Secret; expected",
        ),
        (lambda _: {"log_configuration": ecs.LogDriver.aws_logs(stream_prefix="a")}, "aws_ecs."),
    ],
)
def test_a_class_of_the_cdk_is_named_with_its_module(
    options: Any, told: str, stack: cdk.Stack
) -> None:
    with pytest.raises(TypeError) as refusal:
        bc.Ec2JobDefinition(
            stack, "Job", image="a", vcpus=1, memory=cdk.Size.gibibytes(1), **options(stack)
        )

    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("theirs", "rendered"),
    [
        (ecs.FargatePlatformVersion.LATEST, "LATEST"),
        (ecs.FargatePlatformVersion.VERSION1_4, "1.4.0"),
        ("1.3.0", "1.3.0"),
    ],
)
def test_a_version_of_fargates_platform_may_be_the_cdks(
    theirs: Any, rendered: str, stack: cdk.Stack
) -> None:
    bc.FargateJobDefinition(
        stack, "Job", image="a", vcpus=1, memory=cdk.Size.gibibytes(2), platform_version=theirs
    )
    Template.from_stack(stack).has_resource_properties(
        "AWS::Batch::JobDefinition",
        {"ContainerProperties": {"FargatePlatformConfiguration": {"PlatformVersion": rendered}}},
    )


def test_a_type_of_volume_may_be_the_cdks(stack: cdk.Stack) -> None:
    volume = bc.RootVolume(volume_type=ec2.EbsDeviceVolumeType.IO2, iops=1000)
    bc.LaunchTemplate(stack, "Template", root_volume=volume)

    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    data = template["Properties"]["LaunchTemplateData"]
    assert data["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "io2"


def test_what_a_container_asks_of_linux_may_be_the_cdks(
    stack: cdk.Stack, properties: Callable[[str], dict[str, Any]]
) -> None:
    bc.Ec2JobDefinition(
        stack,
        "Job",
        image="a",
        vcpus=1,
        memory=cdk.Size.gibibytes(1),
        ulimits=[batch.Ulimit(name=batch.UlimitName.NOFILE, hard_limit=2, soft_limit=1)],
        devices=[batch.Device(host_path="/dev/fuse", permissions=[batch.DevicePermission.READ])],
        tmpfs=[
            batch.Tmpfs(
                container_path="/a",
                size=cdk.Size.mebibytes(64),
                mount_options=[batch.TmpfsMountOption.NOEXEC],
            )
        ],
        volumes=[
            batch.EcsVolume.host(name="b", container_path="/b", host_path="/c", readonly=True)
        ],
    )

    container = properties("AWS::Batch::JobDefinition")["ContainerProperties"]
    assert container["Ulimits"] == [{"Name": "nofile", "SoftLimit": 1, "HardLimit": 2}]
    assert container["LinuxParameters"] == {
        "Devices": [{"HostPath": "/dev/fuse", "Permissions": ["READ"]}],
        "Tmpfs": [{"ContainerPath": "/a", "Size": 64, "MountOptions": ["noexec"]}],
    }
    assert container["Volumes"] == [{"Name": "b", "Host": {"SourcePath": "/c"}}]
    assert container["MountPoints"] == [
        {"SourceVolume": "b", "ContainerPath": "/b", "ReadOnly": True}
    ]


def test_the_platform_may_be_the_cdks(
    stack: cdk.Stack, properties: Callable[[str], dict[str, Any]]
) -> None:
    bc.FargateJobDefinition(
        stack,
        "Job",
        image="a",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        cpu_architecture=ecs.CpuArchitecture.X86_64,
        operating_system_family=ecs.OperatingSystemFamily.WINDOWS_SERVER_2022_CORE,
    )

    platform = properties("AWS::Batch::JobDefinition")["ContainerProperties"]["RuntimePlatform"]
    assert platform == {
        "CpuArchitecture": "X86_64",
        "OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE",
    }


def test_a_share_may_be_the_cdks(
    stack: cdk.Stack, properties: Callable[[str], dict[str, Any]]
) -> None:
    share = batch.Share(share_identifier="team", weight_factor=2)
    bc.FairSharePolicy(stack, "Policy", shares=[share])

    policy = properties("AWS::Batch::SchedulingPolicy")["FairsharePolicy"]
    assert policy["ShareDistribution"] == [{"ShareIdentifier": "team", "WeightFactor": 2}]


def test_enumerations_of_the_cdk_are_ours_of_the_same_names(
    stack: cdk.Stack, resources: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    small: dict[str, Any] = {"image": "a", "vcpus": 1, "memory": cdk.Size.gibibytes(1)}
    volumes: list[bc.AnyPodVolume] = [
        batch.EksVolume.empty_dir(
            name="a",
            mount_path="/a",
            medium=batch.EmptyDirMediumType.MEMORY,
            size_limit=cdk.Size.mebibytes(64),
        ),
        batch.EksVolume.empty_dir(
            name="b", mount_path="/b", medium=batch.EmptyDirMediumType.DISK, readonly=True
        ),
        batch.EksVolume.host_path(name="c", mount_path="/c", host_path="/d"),
        batch.EksVolume.secret(name="e", mount_path="/e", secret_name="f"),
        bc.EmptyDirVolume(name="g", mount_path="/g", medium=batch.EmptyDirMediumType.MEMORY),
    ]
    container = bc.PodContainer(
        **small, image_pull_policy=batch.ImagePullPolicy.ALWAYS, volumes=volumes
    )
    bc.EksJobDefinition(
        stack, "Pod", containers=[container], dns_policy=batch.DnsPolicy.CLUSTER_FIRST
    )
    router = bc.Firelens(type=ecs.FirelensLogRouterType.FLUENTD)
    routed = bc.LogConfiguration(driver="awsfirelens")
    bc.MultiContainerJobDefinition(
        stack,
        "Task",
        containers=[
            bc.Container(**small, name="a", firelens=router),
            bc.Container(**small, name="b", log_configuration=routed),
        ],
        platform_capability="MANAGED_INSTANCES",
        network_mode=ecs.NetworkMode.HOST,
        pid_mode=ecs.PidMode.TASK,
        ipc_mode=ecs.IpcMode.NONE,
    )

    found = resources("AWS::Batch::JobDefinition").values()
    pod, task = (one["Properties"] for one in found)
    properties = pod["EksProperties"]["PodProperties"]
    assert properties["DnsPolicy"] == "ClusterFirst"
    assert properties["Containers"][0]["ImagePullPolicy"] == "Always"
    assert properties["Volumes"] == [
        {"Name": "a", "EmptyDir": {"Medium": "Memory", "SizeLimit": "64Mi"}},
        {"Name": "b", "EmptyDir": {"Medium": ""}},
        {"Name": "c", "HostPath": {"Path": "/d"}},
        {"Name": "e", "Secret": {"SecretName": "f", "Optional": True}},
        {"Name": "g", "EmptyDir": {"Medium": "Memory"}},
    ]
    mounts = properties["Containers"][0]["VolumeMounts"]
    assert [one["ReadOnly"] for one in mounts if one.get("ReadOnly")] == [True]
    (of_task,) = task["EcsProperties"]["TaskProperties"]
    assert (of_task["PidMode"], of_task["IpcMode"], of_task["NetworkMode"]) == (
        "task",
        "none",
        "host",
    )
    assert of_task["Containers"][0]["FirelensConfiguration"]["Type"] == "fluentd"


def test_a_queue_takes_the_order_and_the_time_limits_of_the_cdk(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Callable[[str], dict[str, Any]]
) -> None:
    first, second = (bc.FargateComputeEnvironment(stack, name, vpc=vpc) for name in "AB")
    ordered = [
        batch.OrderedComputeEnvironment(compute_environment=one, order=number)
        for one, number in ((second, 7), (first, 3))
    ]
    why = batch.JobStateTimeLimitActionsReason
    hour = cdk.Duration.hours(1)
    limits: list[bc.TimeLimit | batch.JobStateTimeLimitAction] = [
        batch.JobStateTimeLimitAction(reason=why.JOB_RESOURCE_REQUIREMENT, max_time=hour),
        bc.TimeLimit(reason=why.INSUFFICIENT_INSTANCE_CAPACITY, after=hour),
    ]
    bc.JobQueue(stack, "Queue", compute_environments=ordered, time_limits=limits)

    queue = properties("AWS::Batch::JobQueue")
    order = [one["ComputeEnvironment"] for one in queue["ComputeEnvironmentOrder"]]
    assert order == [stack.resolve(one.compute_environment_arn) for one in (first, second)]
    assert [
        (one["Action"], one["Reason"], one["MaxTimeSeconds"])
        for one in queue["JobStateTimeLimitActions"]
    ] == [
        ("CANCEL", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", 3600),
        ("CANCEL", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", 3600),
    ]


def test_what_ends_jobs_otherwise_or_numbers_some_is_not_taken(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "A", vpc=vpc)
    ends = batch.JobStateTimeLimitAction(
        action=batch.JobStateTimeLimitActionsAction.TERMINATE,
        reason=batch.JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT,
        max_time=cdk.Duration.hours(1),
    )
    one = batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
    some: Any = [one, environment]
    with pytest.raises(TypeError, match=r"compute_environments\[0\] is aws_cdk.aws_batch.Ordered"):
        bc.JobQueue(stack, "Some", compute_environments=some)
    with pytest.raises(TypeError, match=r"time_limits\[0\] is aws_cdk.aws_batch.JobStateTimeLimit"):
        bc.JobQueue(stack, "Queue", compute_environments=[one], time_limits=[ends])


def test_families_may_be_the_cdks(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    family = ec2.InstanceClass.COMPUTE7_GRAVITON3
    default = batch.DefaultInstanceClass.ARM64
    bc.Ec2ComputeEnvironment(stack, "A", vpc=vpc, instance_types=[family])
    bc.SpotComputeEnvironment(stack, "B", vpc=vpc, instance_types=[default])
    bc.ManagedInstancesComputeEnvironment(stack, "C", vpc=vpc, instance_types=[family])

    found = str([*resources("AWS::Batch::ComputeEnvironment").values()])
    assert found.count("['c7g']") == 2
    assert "['default_arm64']" in found
