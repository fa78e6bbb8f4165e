"""Every value object of the library with fields that are right, and a construct that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_fsx as fsx

import batch_constructs as bc
from tests.constructors import IMAGE, MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.constructors import Given

SIZE: Mapping[str, Any] = {"image": IMAGE, "vcpus": 1, "memory": MEMORY}


def right_fields(name: str, given: Given) -> dict[str, Any]:
    """Return the fields that a value object needs, and those that say something together."""
    mounted = {"name": "a", "mount_path": "/a"}
    found: dict[str, Mapping[str, Any]] = {
        "CapacityLimit": {"max_capacity": 1},
        "CapacityReservation": {"capacity_reservation_id": "cr-0123456789abcdef0"},
        "Container": {**SIZE, "name": "main"},
        "ContainerDependency": {"container_name": "first"},
        "Device": {"host_path": "/dev/fuse"},
        "EfsVolume": {"name": "a", "file_system": given.file_system, "container_path": "/a"},
        "EmptyDirVolume": mounted,
        "FsxLustreVolume": {"file_system": lustre(given)},
        "HostPathVolume": {**mounted, "host_path": "/a"},
        "HostVolume": {"name": "a", "container_path": "/a"},
        "InstanceImage": {"image_type": "ECS_AL2023"},
        "KubernetesSecretVolume": {**mounted, "secret_name": "a"},
        "LaunchTemplateOverride": {
            "launch_template": given.template,
            "instance_types": ["m5.large"],
        },
        "NToN": {"job": "first"},
        "NodeRange": {"target_nodes": 2, "container": bc.Container(**SIZE)},
        "PersistentVolumeClaimVolume": {**mounted, "claim_name": "a"},
        "Pod": {"containers": [bc.PodContainer(**SIZE)]},
        "PodContainer": SIZE,
        "QueueFromInput": {"path": "$.queue", "queues": [given.queue]},
        "RetryRule": {"action": "RETRY", "on_exit_code": "1"},
        "RetryPolicy": {"attempts": 2},
        "RootVolume": {"volume_type": "gp3"},
        "S3FilesVolume": {
            "name": "a",
            "file_system_arn": f"arn:aws:s3files:us-east-1:123456789012:file-system/fs-{'0' * 17}",
            "container_path": "/a",
        },
        "S3MountVolume": {"bucket": given.bucket},
        "Share": {"share_identifier": "a"},
        "StepRetry": {"max_attempts": 1},
        "Swap": {"max_size": MEMORY},
        "TimeLimit": {"reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "after": HOUR},
        "Tmpfs": {"container_path": "/a", "size": MEMORY},
        "Ulimit": {"name": "nofile", "soft_limit": 1, "hard_limit": 2},
        "VcpuBudget": {"amount": 1},
        "WorkflowJob": {"name": "one", "job_definition": given.definition},
    }
    return dict(found.get(name, {}))


HOUR = cdk.Duration.hours(1)


def lustre(given: Given) -> Any:
    """Return a file system, the same each time."""
    known = given.stack.node.try_find_child("Lustre")
    return known or fsx.LustreFileSystem(
        given.stack,
        "Lustre",
        vpc=given.vpc,
        vpc_subnet=given.vpc.private_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(
            deployment_type=fsx.LustreDeploymentType.SCRATCH_2
        ),
    )


Held = tuple[str, dict[str, Any]]
"""A construct, and its arguments."""


def holding(name: str, value: Any, given: Given) -> Held:
    """Return a construct that takes a value object, and its arguments."""
    construct, arguments = _HOLDERS[name](value, given)
    return construct, {**given.arguments(construct), **arguments}


def _job(**arguments: Any) -> Held:
    return "Ec2JobDefinition", {**SIZE, "secrets": None, "volumes": None, **arguments}


def _containers(*listed: Any) -> Held:
    return "MultiContainerJobDefinition", {
        "containers": list(listed),
        "platform_capability": "EC2",
    }


def _beside_another(*, routed: bool = False, **fields: Any) -> Held:
    logs = bc.LogConfiguration(driver="awsfirelens") if routed else None
    another = bc.Container(**SIZE, name="first", log_configuration=logs)
    return _containers(another, bc.Container(**SIZE, name="next", **fields))


def _nodes(nodes: bc.NodeRange) -> Held:
    return "MultiNodeJobDefinition", {"node_ranges": [nodes]}


def _mounted_in_a_pod(volume: Any, _: Given) -> Held:
    return "EksJobDefinition", {"containers": [bc.PodContainer(**SIZE, volumes=[volume])]}


def _mounted_by_instances(volume: Any, _: Given) -> Held:
    if volume.container_path is not None:
        return _job(volumes=[volume])
    return "LaunchTemplate", {"volumes": [volume]}


def _behind_another(given: Given, **fields: Any) -> Held:
    size = 2 if "depends_on" in fields else None
    first, one = (
        bc.WorkflowJob(name=name, job_definition=given.definition, array_size=size, **more)
        for name, more in (("first", {}), ("one", fields))
    )
    return "Workflow", {"jobs": [first, one]}


_HOLDERS: dict[str, Callable[[Any, Given], Held]] = {
    "AlarmThresholds": lambda it, _: ("BatchMonitoring", {"thresholds": it}),
    "CapacityLimit": lambda it, _: ("ServiceEnvironment", {"capacity_limits": [it]}),
    "CapacityReservation": lambda it, _: ("LaunchTemplate", {"capacity_reservation": it}),
    "Container": lambda it, _: _containers(it),
    "ContainerDependency": lambda it, _: _beside_another(depends_on=[it]),
    "Device": lambda it, _: _job(devices=[it]),
    "EfsVolume": lambda it, _: _job(volumes=[it]),
    "EmptyDirVolume": _mounted_in_a_pod,
    "Firelens": lambda it, _: _beside_another(firelens=it, routed=True),
    "FsxLustreVolume": _mounted_by_instances,
    "FunctionSettings": lambda it, _: ("SubmitFunction", {"function_settings": it}),
    "HostPathVolume": _mounted_in_a_pod,
    "HostVolume": lambda it, _: _job(volumes=[it]),
    "InstanceImage": lambda it, _: ("Ec2ComputeEnvironment", {"images": [it]}),
    "InstanceStoreVolume": _mounted_by_instances,
    "KubernetesSecretVolume": _mounted_in_a_pod,
    "LaunchTemplateOverride": lambda it, _: (
        "Ec2ComputeEnvironment",
        {"launch_template_overrides": [it]},
    ),
    "LogConfiguration": lambda it, _: _job(log_configuration=it, log_encryption_key=None),
    "NToN": lambda it, given: _behind_another(given, depends_on=[it]),
    "NodeRange": lambda it, _: _nodes(it),
    "PersistentVolumeClaimVolume": _mounted_in_a_pod,
    "Pod": lambda it, _: (
        "MultiNodeJobDefinition",
        {
            "node_ranges": [bc.NodeRange(target_nodes=2, pod=it)],
            "job_role": None,
            "execution_role": None,
        },
    ),
    "PodContainer": lambda it, _: ("EksJobDefinition", {"containers": [it]}),
    "QueueFromInput": lambda it, given: _behind_another(given, queue=it),
    "RetryPolicy": lambda it, _: _job(retry_policy=it),
    "RetryRule": lambda it, _: _job(retry_policy=bc.RetryPolicy(attempts=2, rules=[it])),
    "RootVolume": lambda it, _: ("LaunchTemplate", {"root_volume": it}),
    "S3FilesVolume": lambda it, _: ("FargateJobDefinition", {"volumes": [it]}),
    "S3MountVolume": _mounted_by_instances,
    "Share": lambda it, _: ("FairSharePolicy", {"shares": [it]}),
    "StepRetry": lambda it, given: _behind_another(given, step_retry=it),
    "SubmissionOverrides": lambda it, _: ("EventTrigger", {"overrides": it}),
    "Swap": lambda it, _: _job(swap=it),
    "TimeLimit": lambda it, _: ("JobQueue", {"time_limits": [it]}),
    "Tmpfs": lambda it, _: _job(tmpfs=[it]),
    "Ulimit": lambda it, _: _job(ulimits=[it]),
    "UpdatePolicy": lambda it, _: ("Ec2ComputeEnvironment", {"update_policy": it}),
    "VcpuBudget": lambda it, _: ("CostGuard", {"budget": it}),
    "WorkflowJob": lambda it, given: (
        "Workflow",
        {"jobs": [bc.WorkflowJob(name="first", job_definition=given.definition), it]},
    ),
}
