"""AWS Batch on the AWS CDK: compute environments, job queues, job definitions and their wiring.

Every public name resolves on first use (PEP 562), so that ``import batch_constructs`` loads neither
the CDK nor boto3, and ``batch_constructs.client`` or ``batch_constructs.rules`` work in a Lambda
function or a job container that has no CDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.adopt.keep_ids import keep_ids_of
    from batch_constructs.aws.job_queues import TimeLimitReason
    from batch_constructs.aws.job_states import JobState
    from batch_constructs.aws.scheduling import SharingStrategy
    from batch_constructs.compute.compute_environment import ComputeEnvironment
    from batch_constructs.compute.ec2_compute_environment import Ec2ComputeEnvironment
    from batch_constructs.compute.eks_compute_environment import (
        AccessEntryState,
        EksComputeEnvironment,
    )
    from batch_constructs.compute.endpoints import BatchEndpoints, EndpointService
    from batch_constructs.compute.fargate_compute_environment import FargateComputeEnvironment
    from batch_constructs.compute.instance_compute_environment import (
        AllocationStrategy,
        ContainerInsights,
    )
    from batch_constructs.compute.instance_image import ImageType, InstanceImage
    from batch_constructs.compute.launch_template import LaunchTemplate
    from batch_constructs.compute.launch_template_overrides import LaunchTemplateOverride
    from batch_constructs.compute.managed_instances_compute_environment import (
        ManagedInstancesComputeEnvironment,
        ReservationPreference,
    )
    from batch_constructs.compute.root_volume import RootVolume
    from batch_constructs.compute.spot_compute_environment import SpotComputeEnvironment
    from batch_constructs.compute.unmanaged_compute_environment import UnmanagedComputeEnvironment
    from batch_constructs.compute.update_policy import UpdatePolicy
    from batch_constructs.compute.user_data import ImagePull
    from batch_constructs.jobs.container import (
        Container,
        ContainerDependency,
        ContainerDependencyCondition,
        Firelens,
    )
    from batch_constructs.jobs.ec2_job_definition import Ec2JobDefinition
    from batch_constructs.jobs.eks_job_definition import EksJobDefinition
    from batch_constructs.jobs.fargate_job_definition import FargateJobDefinition
    from batch_constructs.jobs.job_definition import JobDefinition
    from batch_constructs.jobs.linux import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.log_configuration import LogConfiguration
    from batch_constructs.jobs.multi_container_job_definition import (
        MultiContainerJobDefinition,
        PlatformCapability,
    )
    from batch_constructs.jobs.multi_node_job_definition import MultiNodeJobDefinition, NodeRange
    from batch_constructs.jobs.pod import Pod, PodContainer
    from batch_constructs.jobs.pod_volumes import (
        EmptyDirVolume,
        HostPathVolume,
        KubernetesSecretVolume,
        PersistentVolumeClaimVolume,
    )
    from batch_constructs.jobs.retry_policy import RetryAction, RetryPolicy, RetryRule
    from batch_constructs.jobs.secrets import (
        secret_field,
        secret_parameter,
    )
    from batch_constructs.jobs.single_container_job_definition import CpuArchitecture
    from batch_constructs.jobs.volumes import EfsVolume, HostVolume, S3FilesVolume
    from batch_constructs.monitoring.alarm_thresholds import AlarmThresholds
    from batch_constructs.monitoring.alert_topic import AlertTopic
    from batch_constructs.monitoring.audit_trail import AuditTrail
    from batch_constructs.monitoring.batch_dashboard import BatchDashboard
    from batch_constructs.monitoring.batch_monitoring import BatchMonitoring
    from batch_constructs.monitoring.cost_guard import (
        BudgetPeriod,
        CostGuard,
        GuardAction,
        VcpuBudget,
    )
    from batch_constructs.monitoring.job_counters import JobCounters
    from batch_constructs.monitoring.job_event_log import JobEventLog
    from batch_constructs.monitoring.job_gauges import JobGauges
    from batch_constructs.monitoring.job_notifications import JobNotifications
    from batch_constructs.monitoring.saved_query import JobLogQueries
    from batch_constructs.queues.capacity_limit import CapacityLimit
    from batch_constructs.queues.consumable_resource import ConsumableResource
    from batch_constructs.queues.fair_share import FairSharePolicy, Share
    from batch_constructs.queues.job_queue import (
        JobQueue,
        JobQueueBase,
        events_of,
        grant_submit,
        metrics_of,
    )
    from batch_constructs.queues.quota_share import QuotaShare, QuotaSharePolicy
    from batch_constructs.queues.scheduling_policy import SchedulingPolicy
    from batch_constructs.queues.service_environment import ServiceEnvironment
    from batch_constructs.queues.service_job_queue import ServiceJobQueue
    from batch_constructs.queues.time_limits import TimeLimit
    from batch_constructs.triggers.event_trigger import EventTrigger
    from batch_constructs.triggers.object_created_trigger import ObjectCreatedTrigger
    from batch_constructs.triggers.schedule_trigger import ScheduleTrigger
    from batch_constructs.triggers.submission_gateway import SubmissionGateway, SubmissionMode
    from batch_constructs.triggers.submit_function import SubmitFunction
    from batch_constructs.validation_plugin import BatchRules
    from batch_constructs.workflow_job import NToN, StepRetry, WorkflowJob
    from batch_constructs.workflows.workflow import Workflow

_HOME: dict[str, str] = {
    "AccessEntryState": "compute.eks_compute_environment",
    "AlarmThresholds": "monitoring.alarm_thresholds",
    "AlertTopic": "monitoring.alert_topic",
    "AllocationStrategy": "compute.instance_compute_environment",
    "AuditTrail": "monitoring.audit_trail",
    "BatchDashboard": "monitoring.batch_dashboard",
    "BatchEndpoints": "compute.endpoints",
    "BatchMonitoring": "monitoring.batch_monitoring",
    "BatchRules": "validation_plugin",
    "BudgetPeriod": "monitoring.cost_guard",
    "CapacityLimit": "queues.capacity_limit",
    "ComputeEnvironment": "compute.compute_environment",
    "ConsumableResource": "queues.consumable_resource",
    "Container": "jobs.container",
    "ContainerDependency": "jobs.container",
    "ContainerDependencyCondition": "jobs.container",
    "ContainerInsights": "compute.instance_compute_environment",
    "CostGuard": "monitoring.cost_guard",
    "CpuArchitecture": "jobs.single_container_job_definition",
    "Device": "jobs.linux",
    "Ec2ComputeEnvironment": "compute.ec2_compute_environment",
    "Ec2JobDefinition": "jobs.ec2_job_definition",
    "EfsVolume": "jobs.volumes",
    "EksComputeEnvironment": "compute.eks_compute_environment",
    "EksJobDefinition": "jobs.eks_job_definition",
    "EmptyDirVolume": "jobs.pod_volumes",
    "EndpointService": "compute.endpoints",
    "EventTrigger": "triggers.event_trigger",
    "FairSharePolicy": "queues.fair_share",
    "FargateComputeEnvironment": "compute.fargate_compute_environment",
    "FargateJobDefinition": "jobs.fargate_job_definition",
    "Firelens": "jobs.container",
    "GuardAction": "monitoring.cost_guard",
    "HostPathVolume": "jobs.pod_volumes",
    "HostVolume": "jobs.volumes",
    "ImagePull": "compute.user_data",
    "ImageType": "compute.instance_image",
    "InstanceImage": "compute.instance_image",
    "JobCounters": "monitoring.job_counters",
    "JobDefinition": "jobs.job_definition",
    "JobEventLog": "monitoring.job_event_log",
    "JobGauges": "monitoring.job_gauges",
    "JobLogQueries": "monitoring.saved_query",
    "JobNotifications": "monitoring.job_notifications",
    "JobQueue": "queues.job_queue",
    "JobQueueBase": "queues.job_queue",
    "JobState": "aws.job_states",
    "KubernetesSecretVolume": "jobs.pod_volumes",
    "LaunchTemplate": "compute.launch_template",
    "LaunchTemplateOverride": "compute.launch_template_overrides",
    "LogConfiguration": "jobs.log_configuration",
    "ManagedInstancesComputeEnvironment": "compute.managed_instances_compute_environment",
    "MultiContainerJobDefinition": "jobs.multi_container_job_definition",
    "MultiNodeJobDefinition": "jobs.multi_node_job_definition",
    "NToN": "workflow_job",
    "NodeRange": "jobs.multi_node_job_definition",
    "ObjectCreatedTrigger": "triggers.object_created_trigger",
    "PersistentVolumeClaimVolume": "jobs.pod_volumes",
    "PlatformCapability": "jobs.multi_container_job_definition",
    "Pod": "jobs.pod",
    "PodContainer": "jobs.pod",
    "QuotaShare": "queues.quota_share",
    "QuotaSharePolicy": "queues.quota_share",
    "ReservationPreference": "compute.managed_instances_compute_environment",
    "RetryAction": "jobs.retry_policy",
    "RetryPolicy": "jobs.retry_policy",
    "RetryRule": "jobs.retry_policy",
    "RootVolume": "compute.root_volume",
    "S3FilesVolume": "jobs.volumes",
    "ScheduleTrigger": "triggers.schedule_trigger",
    "SchedulingPolicy": "queues.scheduling_policy",
    "ServiceEnvironment": "queues.service_environment",
    "ServiceJobQueue": "queues.service_job_queue",
    "Share": "queues.fair_share",
    "SharingStrategy": "aws.scheduling",
    "SpotComputeEnvironment": "compute.spot_compute_environment",
    "StepRetry": "workflow_job",
    "SubmissionGateway": "triggers.submission_gateway",
    "SubmissionMode": "triggers.submission_gateway",
    "SubmitFunction": "triggers.submit_function",
    "Swap": "jobs.linux",
    "TimeLimit": "queues.time_limits",
    "TimeLimitReason": "aws.job_queues",
    "Tmpfs": "jobs.linux",
    "Ulimit": "jobs.linux",
    "UnmanagedComputeEnvironment": "compute.unmanaged_compute_environment",
    "UpdatePolicy": "compute.update_policy",
    "VcpuBudget": "monitoring.cost_guard",
    "Workflow": "workflows.workflow",
    "WorkflowJob": "workflow_job",
    "events_of": "queues.job_queue",
    "grant_submit": "queues.job_queue",
    "keep_ids_of": "adopt.keep_ids",
    "metrics_of": "queues.job_queue",
    "secret_field": "jobs.secrets",
    "secret_parameter": "jobs.secrets",
}
"""Where each public name lives: name → module below ``batch_constructs``."""

__all__ = [
    "AccessEntryState",
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
    "ContainerDependency",
    "ContainerDependencyCondition",
    "ContainerInsights",
    "CostGuard",
    "CpuArchitecture",
    "Device",
    "Ec2ComputeEnvironment",
    "Ec2JobDefinition",
    "EfsVolume",
    "EksComputeEnvironment",
    "EksJobDefinition",
    "EmptyDirVolume",
    "EndpointService",
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
    "InstanceImage",
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
    "LogConfiguration",
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
    "RootVolume",
    "S3FilesVolume",
    "ScheduleTrigger",
    "SchedulingPolicy",
    "ServiceEnvironment",
    "ServiceJobQueue",
    "Share",
    "SharingStrategy",
    "SpotComputeEnvironment",
    "StepRetry",
    "SubmissionGateway",
    "SubmissionMode",
    "SubmitFunction",
    "Swap",
    "TimeLimit",
    "TimeLimitReason",
    "Tmpfs",
    "Ulimit",
    "UnmanagedComputeEnvironment",
    "UpdatePolicy",
    "VcpuBudget",
    "Workflow",
    "WorkflowJob",
    "events_of",
    "grant_submit",
    "keep_ids_of",
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
