"""AWS Batch on the AWS CDK: compute environments, job queues, job definitions and their wiring.

Every public name resolves on first use (PEP 562), so that ``import batch_constructs`` loads neither
the CDK nor boto3, and ``batch_constructs.client`` or ``batch_constructs.rules`` work in a Lambda
function or a job container that has no CDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.compute.ec2 import Ec2ComputeEnvironment
    from batch_constructs.compute.eks import AccessEntry, EksComputeEnvironment
    from batch_constructs.compute.endpoints import BatchEndpoints, EndpointFor
    from batch_constructs.compute.environment import ComputeEnvironment
    from batch_constructs.compute.fargate import FargateComputeEnvironment
    from batch_constructs.compute.images import ImageType, MachineImage
    from batch_constructs.compute.instances import AllocationStrategy, ContainerInsights
    from batch_constructs.compute.launch_template import Disk, LaunchTemplate
    from batch_constructs.compute.launch_templates import LaunchTemplateOverride
    from batch_constructs.compute.managed_instances import (
        ManagedInstancesComputeEnvironment,
        ReservationPreference,
    )
    from batch_constructs.compute.spot import SpotComputeEnvironment
    from batch_constructs.compute.unmanaged import UnmanagedComputeEnvironment
    from batch_constructs.compute.update import UpdatePolicy
    from batch_constructs.compute.user_data import ImagePull
    from batch_constructs.jobs.container import CpuArchitecture
    from batch_constructs.jobs.containers import (
        Container,
        Dependency,
        DependencyCondition,
        Firelens,
    )
    from batch_constructs.jobs.definition import JobDefinition
    from batch_constructs.jobs.ec2 import Ec2JobDefinition
    from batch_constructs.jobs.eks import EksJobDefinition
    from batch_constructs.jobs.fargate import FargateJobDefinition
    from batch_constructs.jobs.linux import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.log_driver import LogDriver
    from batch_constructs.jobs.multi_container import (
        MultiContainerJobDefinition,
        PlatformCapability,
    )
    from batch_constructs.jobs.multi_node import MultiNodeJobDefinition, NodeRange
    from batch_constructs.jobs.pod import Pod, PodContainer
    from batch_constructs.jobs.pod_volumes import (
        EmptyDirVolume,
        HostPathVolume,
        KubernetesSecretVolume,
        PersistentVolumeClaimVolume,
    )
    from batch_constructs.jobs.retry import RetryAction, RetryPolicy, RetryRule
    from batch_constructs.jobs.secrets import (
        SecretField,
        SecretParameter,
        secret_field,
        secret_parameter,
    )
    from batch_constructs.jobs.volumes import EfsVolume, HostVolume, S3FilesVolume
    from batch_constructs.queues.capacity import CapacityLimit
    from batch_constructs.queues.consumable_resource import ConsumableResource
    from batch_constructs.queues.fair_share import FairSharePolicy, Share
    from batch_constructs.queues.job_queue import JobQueue
    from batch_constructs.queues.quota_share import QuotaShare, QuotaSharePolicy, SharingStrategy
    from batch_constructs.queues.scheduling_policy import SchedulingPolicy
    from batch_constructs.queues.service_environment import ServiceEnvironment
    from batch_constructs.queues.service_queue import ServiceJobQueue
    from batch_constructs.queues.submit import grant_submit
    from batch_constructs.queues.time_limits import StuckReason, TimeLimit
    from batch_constructs.validation import BatchRules

_HOME: dict[str, str] = {
    "AccessEntry": "compute.eks",
    "AllocationStrategy": "compute.instances",
    "BatchEndpoints": "compute.endpoints",
    "BatchRules": "validation",
    "CapacityLimit": "queues.capacity",
    "ComputeEnvironment": "compute.environment",
    "ConsumableResource": "queues.consumable_resource",
    "Container": "jobs.containers",
    "ContainerInsights": "compute.instances",
    "CpuArchitecture": "jobs.container",
    "Dependency": "jobs.containers",
    "DependencyCondition": "jobs.containers",
    "Device": "jobs.linux",
    "Disk": "compute.launch_template",
    "Ec2ComputeEnvironment": "compute.ec2",
    "Ec2JobDefinition": "jobs.ec2",
    "EfsVolume": "jobs.volumes",
    "EksComputeEnvironment": "compute.eks",
    "EksJobDefinition": "jobs.eks",
    "EmptyDirVolume": "jobs.pod_volumes",
    "EndpointFor": "compute.endpoints",
    "FairSharePolicy": "queues.fair_share",
    "FargateComputeEnvironment": "compute.fargate",
    "FargateJobDefinition": "jobs.fargate",
    "Firelens": "jobs.containers",
    "HostPathVolume": "jobs.pod_volumes",
    "HostVolume": "jobs.volumes",
    "ImagePull": "compute.user_data",
    "ImageType": "compute.images",
    "JobDefinition": "jobs.definition",
    "JobQueue": "queues.job_queue",
    "KubernetesSecretVolume": "jobs.pod_volumes",
    "LaunchTemplate": "compute.launch_template",
    "LaunchTemplateOverride": "compute.launch_templates",
    "LogDriver": "jobs.log_driver",
    "MachineImage": "compute.images",
    "ManagedInstancesComputeEnvironment": "compute.managed_instances",
    "MultiContainerJobDefinition": "jobs.multi_container",
    "MultiNodeJobDefinition": "jobs.multi_node",
    "NodeRange": "jobs.multi_node",
    "PersistentVolumeClaimVolume": "jobs.pod_volumes",
    "PlatformCapability": "jobs.multi_container",
    "Pod": "jobs.pod",
    "PodContainer": "jobs.pod",
    "QuotaShare": "queues.quota_share",
    "QuotaSharePolicy": "queues.quota_share",
    "ReservationPreference": "compute.managed_instances",
    "RetryAction": "jobs.retry",
    "RetryPolicy": "jobs.retry",
    "RetryRule": "jobs.retry",
    "S3FilesVolume": "jobs.volumes",
    "SchedulingPolicy": "queues.scheduling_policy",
    "SecretField": "jobs.secrets",
    "SecretParameter": "jobs.secrets",
    "ServiceEnvironment": "queues.service_environment",
    "ServiceJobQueue": "queues.service_queue",
    "Share": "queues.fair_share",
    "SharingStrategy": "queues.quota_share",
    "SpotComputeEnvironment": "compute.spot",
    "StuckReason": "queues.time_limits",
    "Swap": "jobs.linux",
    "TimeLimit": "queues.time_limits",
    "Tmpfs": "jobs.linux",
    "Ulimit": "jobs.linux",
    "UnmanagedComputeEnvironment": "compute.unmanaged",
    "UpdatePolicy": "compute.update",
    "grant_submit": "queues.submit",
    "secret_field": "jobs.secrets",
    "secret_parameter": "jobs.secrets",
}
"""Where each public name lives: name → module below ``batch_constructs``."""

__all__ = [
    "AccessEntry",
    "AllocationStrategy",
    "BatchEndpoints",
    "BatchRules",
    "CapacityLimit",
    "ComputeEnvironment",
    "ConsumableResource",
    "Container",
    "ContainerInsights",
    "CpuArchitecture",
    "Dependency",
    "DependencyCondition",
    "Device",
    "Disk",
    "Ec2ComputeEnvironment",
    "Ec2JobDefinition",
    "EfsVolume",
    "EksComputeEnvironment",
    "EksJobDefinition",
    "EmptyDirVolume",
    "EndpointFor",
    "FairSharePolicy",
    "FargateComputeEnvironment",
    "FargateJobDefinition",
    "Firelens",
    "HostPathVolume",
    "HostVolume",
    "ImagePull",
    "ImageType",
    "JobDefinition",
    "JobQueue",
    "KubernetesSecretVolume",
    "LaunchTemplate",
    "LaunchTemplateOverride",
    "LogDriver",
    "MachineImage",
    "ManagedInstancesComputeEnvironment",
    "MultiContainerJobDefinition",
    "MultiNodeJobDefinition",
    "NodeRange",
    "PersistentVolumeClaimVolume",
    "PlatformCapability",
    "Pod",
    "PodContainer",
    "QuotaShare",
    "QuotaSharePolicy",
    "ReservationPreference",
    "RetryAction",
    "RetryPolicy",
    "RetryRule",
    "S3FilesVolume",
    "SchedulingPolicy",
    "SecretField",
    "SecretParameter",
    "ServiceEnvironment",
    "ServiceJobQueue",
    "Share",
    "SharingStrategy",
    "SpotComputeEnvironment",
    "StuckReason",
    "Swap",
    "TimeLimit",
    "Tmpfs",
    "Ulimit",
    "UnmanagedComputeEnvironment",
    "UpdatePolicy",
    "grant_submit",
    "secret_field",
    "secret_parameter",
]


def __getattr__(name: str) -> object:
    """Import the module a public name lives in, the first time the name is used."""
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
