"""AWS Batch on the AWS CDK: compute environments, job queues, job definitions and their wiring.

Every public name resolves on first use (PEP 562), so that ``import batch_constructs`` loads neither
the CDK nor boto3, and ``batch_constructs.client`` or ``batch_constructs.rules`` work in a Lambda
function or a job container that has no CDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.compute.disk import Disk
    from batch_constructs.compute.ec2 import Ec2ComputeEnvironment
    from batch_constructs.compute.eks import AccessEntry, EksComputeEnvironment
    from batch_constructs.compute.endpoints import BatchEndpoints, EndpointFor
    from batch_constructs.compute.environment import ComputeEnvironment
    from batch_constructs.compute.fargate import FargateComputeEnvironment
    from batch_constructs.compute.images import ImageType, MachineImage
    from batch_constructs.compute.instances import AllocationStrategy, ContainerInsights
    from batch_constructs.compute.launch_template import LaunchTemplate
    from batch_constructs.compute.launch_templates import LaunchTemplateOverride
    from batch_constructs.compute.managed_instances import (
        ManagedInstancesComputeEnvironment,
        ReservationPreference,
    )
    from batch_constructs.compute.spot import SpotComputeEnvironment
    from batch_constructs.compute.unmanaged import UnmanagedComputeEnvironment
    from batch_constructs.compute.update import UpdatePolicy
    from batch_constructs.compute.user_data import ImagePull
    from batch_constructs.job_graph import NToN, StepRetry, WorkflowJob
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
    from batch_constructs.monitoring.alarm_rules import AlarmThresholds
    from batch_constructs.monitoring.alarms import BatchMonitoring
    from batch_constructs.monitoring.audit import AuditTrail
    from batch_constructs.monitoring.cost_guard import (
        BudgetPeriod,
        CostGuard,
        GuardAction,
        VcpuBudget,
    )
    from batch_constructs.monitoring.counters import JobCounters
    from batch_constructs.monitoring.dashboard import BatchDashboard
    from batch_constructs.monitoring.event_log import JobEventLog
    from batch_constructs.monitoring.gauges import JobGauges
    from batch_constructs.monitoring.notifications import JobNotifications
    from batch_constructs.monitoring.saved_query import JobLogQueries
    from batch_constructs.monitoring.topics import AlertTopic
    from batch_constructs.queues.capacity import CapacityLimit
    from batch_constructs.queues.consumable_resource import ConsumableResource
    from batch_constructs.queues.events import JobState, events_of
    from batch_constructs.queues.fair_share import FairSharePolicy, Share
    from batch_constructs.queues.job_queue import JobQueue, JobQueueBase
    from batch_constructs.queues.metrics import metrics_of
    from batch_constructs.queues.quota_share import QuotaShare, QuotaSharePolicy, SharingStrategy
    from batch_constructs.queues.scheduling_policy import SchedulingPolicy
    from batch_constructs.queues.service_environment import ServiceEnvironment
    from batch_constructs.queues.service_queue import ServiceJobQueue
    from batch_constructs.queues.spot_rescue import SpotRescue
    from batch_constructs.queues.submit import grant_submit
    from batch_constructs.queues.time_limits import StuckReason, TimeLimit
    from batch_constructs.triggers.event import EventTrigger
    from batch_constructs.triggers.gateway import SubmissionGateway, SubmissionMode
    from batch_constructs.triggers.object_created import ObjectCreatedTrigger
    from batch_constructs.triggers.schedule import ScheduleTrigger
    from batch_constructs.triggers.submit_function import SubmitFunction
    from batch_constructs.validation import BatchRules
    from batch_constructs.workflows.workflow import Workflow

_HOME: dict[str, str] = {
    "AccessEntry": "compute.eks",
    "AlarmThresholds": "monitoring.alarm_rules",
    "AlertTopic": "monitoring.topics",
    "AllocationStrategy": "compute.instances",
    "AuditTrail": "monitoring.audit",
    "BatchDashboard": "monitoring.dashboard",
    "BatchEndpoints": "compute.endpoints",
    "BatchMonitoring": "monitoring.alarms",
    "BatchRules": "validation",
    "BudgetPeriod": "monitoring.cost_guard",
    "CapacityLimit": "queues.capacity",
    "ComputeEnvironment": "compute.environment",
    "ConsumableResource": "queues.consumable_resource",
    "Container": "jobs.containers",
    "ContainerInsights": "compute.instances",
    "CostGuard": "monitoring.cost_guard",
    "CpuArchitecture": "jobs.container",
    "Dependency": "jobs.containers",
    "DependencyCondition": "jobs.containers",
    "Device": "jobs.linux",
    "Disk": "compute.disk",
    "Ec2ComputeEnvironment": "compute.ec2",
    "Ec2JobDefinition": "jobs.ec2",
    "EfsVolume": "jobs.volumes",
    "EksComputeEnvironment": "compute.eks",
    "EksJobDefinition": "jobs.eks",
    "EmptyDirVolume": "jobs.pod_volumes",
    "EndpointFor": "compute.endpoints",
    "EventTrigger": "triggers.event",
    "FairSharePolicy": "queues.fair_share",
    "FargateComputeEnvironment": "compute.fargate",
    "FargateJobDefinition": "jobs.fargate",
    "Firelens": "jobs.containers",
    "GuardAction": "monitoring.cost_guard",
    "HostPathVolume": "jobs.pod_volumes",
    "HostVolume": "jobs.volumes",
    "ImagePull": "compute.user_data",
    "ImageType": "compute.images",
    "JobCounters": "monitoring.counters",
    "JobDefinition": "jobs.definition",
    "JobEventLog": "monitoring.event_log",
    "JobGauges": "monitoring.gauges",
    "JobLogQueries": "monitoring.saved_query",
    "JobNotifications": "monitoring.notifications",
    "JobQueue": "queues.job_queue",
    "JobQueueBase": "queues.job_queue",
    "JobState": "queues.events",
    "KubernetesSecretVolume": "jobs.pod_volumes",
    "LaunchTemplate": "compute.launch_template",
    "LaunchTemplateOverride": "compute.launch_templates",
    "LogDriver": "jobs.log_driver",
    "MachineImage": "compute.images",
    "ManagedInstancesComputeEnvironment": "compute.managed_instances",
    "MultiContainerJobDefinition": "jobs.multi_container",
    "MultiNodeJobDefinition": "jobs.multi_node",
    "NToN": "job_graph",
    "NodeRange": "jobs.multi_node",
    "ObjectCreatedTrigger": "triggers.object_created",
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
    "ScheduleTrigger": "triggers.schedule",
    "SchedulingPolicy": "queues.scheduling_policy",
    "SecretField": "jobs.secrets",
    "SecretParameter": "jobs.secrets",
    "ServiceEnvironment": "queues.service_environment",
    "ServiceJobQueue": "queues.service_queue",
    "Share": "queues.fair_share",
    "SharingStrategy": "queues.quota_share",
    "SpotComputeEnvironment": "compute.spot",
    "SpotRescue": "queues.spot_rescue",
    "StepRetry": "job_graph",
    "StuckReason": "queues.time_limits",
    "SubmissionGateway": "triggers.gateway",
    "SubmissionMode": "triggers.gateway",
    "SubmitFunction": "triggers.submit_function",
    "Swap": "jobs.linux",
    "TimeLimit": "queues.time_limits",
    "Tmpfs": "jobs.linux",
    "Ulimit": "jobs.linux",
    "UnmanagedComputeEnvironment": "compute.unmanaged",
    "UpdatePolicy": "compute.update",
    "VcpuBudget": "monitoring.cost_guard",
    "Workflow": "workflows.workflow",
    "WorkflowJob": "job_graph",
    "events_of": "queues.events",
    "grant_submit": "queues.submit",
    "metrics_of": "queues.metrics",
    "secret_field": "jobs.secrets",
    "secret_parameter": "jobs.secrets",
}
"""Where each public name lives: name → module below ``batch_constructs``."""

__all__ = [
    "AccessEntry",
    "AlarmThresholds",
    "AlertTopic",
    "AllocationStrategy",
    "AuditTrail",
    "BatchDashboard",
    "BatchEndpoints",
    "BatchMonitoring",
    "BatchRules",
    "BudgetPeriod",
    "CapacityLimit",
    "ComputeEnvironment",
    "ConsumableResource",
    "Container",
    "ContainerInsights",
    "CostGuard",
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
    "EventTrigger",
    "FairSharePolicy",
    "FargateComputeEnvironment",
    "FargateJobDefinition",
    "Firelens",
    "GuardAction",
    "HostPathVolume",
    "HostVolume",
    "ImagePull",
    "ImageType",
    "JobCounters",
    "JobDefinition",
    "JobEventLog",
    "JobGauges",
    "JobLogQueries",
    "JobNotifications",
    "JobQueue",
    "JobQueueBase",
    "JobState",
    "KubernetesSecretVolume",
    "LaunchTemplate",
    "LaunchTemplateOverride",
    "LogDriver",
    "MachineImage",
    "ManagedInstancesComputeEnvironment",
    "MultiContainerJobDefinition",
    "MultiNodeJobDefinition",
    "NToN",
    "NodeRange",
    "ObjectCreatedTrigger",
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
    "ScheduleTrigger",
    "SchedulingPolicy",
    "SecretField",
    "SecretParameter",
    "ServiceEnvironment",
    "ServiceJobQueue",
    "Share",
    "SharingStrategy",
    "SpotComputeEnvironment",
    "SpotRescue",
    "StepRetry",
    "StuckReason",
    "SubmissionGateway",
    "SubmissionMode",
    "SubmitFunction",
    "Swap",
    "TimeLimit",
    "Tmpfs",
    "Ulimit",
    "UnmanagedComputeEnvironment",
    "UpdatePolicy",
    "VcpuBudget",
    "Workflow",
    "WorkflowJob",
    "events_of",
    "grant_submit",
    "metrics_of",
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
