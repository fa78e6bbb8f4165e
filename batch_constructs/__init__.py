"""AWS Batch on the AWS CDK: compute environments, job queues, job definitions and their wiring.

Every public name resolves on first use (PEP 562), so that ``import batch_constructs`` loads neither
the CDK nor boto3, and ``batch_constructs.client`` or ``batch_constructs.rules`` work in a Lambda
function or a job container that has no CDK.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from batch_constructs.adopt.kept_ids import keep_ids_of
    from batch_constructs.aws.admission import Admission
    from batch_constructs.aws.capacity_reservation_facts import CapacityReservationPreference
    from batch_constructs.aws.compute_environment_facts import (
        AccessEntryState,
        AllocationStrategy,
        ContainerInsights,
        ImageType,
        ReservationPreference,
        UserdataType,
    )
    from batch_constructs.aws.container_facts import ContainerDependencyCondition, FirelensType
    from batch_constructs.aws.efa import efa_interfaces
    from batch_constructs.aws.job_definition_facts import (
        CpuArchitecture,
        IpcMode,
        NetworkMode,
        OperatingSystemFamily,
        PidMode,
        RetryAction,
    )
    from batch_constructs.aws.job_queue_facts import TimeLimitReason
    from batch_constructs.aws.job_states import JobState, ServiceJobState
    from batch_constructs.aws.platforms import PlatformCapability
    from batch_constructs.aws.pod_facts import DnsPolicy, EmptyDirMedium, ImagePullPolicy
    from batch_constructs.aws.scheduling import SharingStrategy
    from batch_constructs.compute.capacity_reservation import (
        AnyCapacityReservation,
        CapacityReservation,
    )
    from batch_constructs.compute.cheapest_instances import JobSize, cheapest_instance_types
    from batch_constructs.compute.compute_environment import (
        AnyComputeEnvironment,
        ComputeEnvironment,
    )
    from batch_constructs.compute.ec2_compute_environment import Ec2ComputeEnvironment
    from batch_constructs.compute.eks_compute_environment import (
        EksComputeEnvironment,
    )
    from batch_constructs.compute.eks_namespace import EksNamespace
    from batch_constructs.compute.endpoints import BatchEndpoints, EndpointService
    from batch_constructs.compute.fargate_compute_environment import FargateComputeEnvironment
    from batch_constructs.compute.instance_image import AnyImage, InstanceImage
    from batch_constructs.compute.launch_template import AnyLaunchTemplate, LaunchTemplate
    from batch_constructs.compute.launch_template_overrides import LaunchTemplateOverride
    from batch_constructs.compute.managed_compute_environment import ManagedComputeEnvironment
    from batch_constructs.compute.managed_instances_compute_environment import (
        ManagedInstancesComputeEnvironment,
    )
    from batch_constructs.compute.root_volume import RootVolume
    from batch_constructs.compute.spot_compute_environment import SpotComputeEnvironment
    from batch_constructs.compute.unmanaged_compute_environment import UnmanagedComputeEnvironment
    from batch_constructs.compute.update_policy import UpdatePolicy
    from batch_constructs.compute.user_data import ImagePull
    from batch_constructs.default_settings import DefaultSettings
    from batch_constructs.everywhere import EverywhereStackSet
    from batch_constructs.function_alarms import (
        HasWatchedFunction,
        WatchedDelivery,
        WatchedFunction,
    )
    from batch_constructs.function_settings import FunctionSettings
    from batch_constructs.instance_volumes import (
        AnyInstanceVolume,
        FsxLustreVolume,
        InstanceStoreVolume,
        S3MountVolume,
    )
    from batch_constructs.jobs.consumed_resources import (
        Consumable,
        ConsumedQuantities,
        LimitedQueue,
    )
    from batch_constructs.jobs.container import (
        Container,
        ContainerDependency,
        Firelens,
    )
    from batch_constructs.jobs.ec2_job_definition import Ec2JobDefinition
    from batch_constructs.jobs.eks_job_definition import EksJobDefinition
    from batch_constructs.jobs.fargate_job_definition import FargateJobDefinition
    from batch_constructs.jobs.gpu_settings import GpuSettings, gpu_settings
    from batch_constructs.jobs.job_definition import (
        AnyJobDefinition,
        ImportedJobDefinition,
        JobDefinition,
    )
    from batch_constructs.jobs.linux_parameters import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.log_configuration import LogConfiguration
    from batch_constructs.jobs.multi_container_job_definition import (
        MultiContainerJobDefinition,
    )
    from batch_constructs.jobs.multi_node_job_definition import MultiNodeJobDefinition, NodeRange
    from batch_constructs.jobs.open_telemetry import open_telemetry_collector
    from batch_constructs.jobs.pod import Pod, PodContainer
    from batch_constructs.jobs.pod_volumes import (
        AnyPodVolume,
        EmptyDirVolume,
        HostPathVolume,
        KubernetesSecretVolume,
        PersistentVolumeClaimVolume,
    )
    from batch_constructs.jobs.retry_policy import RetryPolicy, RetryRule
    from batch_constructs.jobs.secrets import SecretSource, secret_field, secret_parameter
    from batch_constructs.jobs.sidecars import with_sidecar
    from batch_constructs.jobs.submit_rights import grant_submit
    from batch_constructs.jobs.volumes import AnyVolume, EfsVolume, HostVolume, S3FilesVolume
    from batch_constructs.monitoring.alarm_thresholds import AlarmThresholds
    from batch_constructs.monitoring.alert_topic import AlertTopic
    from batch_constructs.monitoring.audit_trail import AuditTrail
    from batch_constructs.monitoring.batch_dashboard import BatchDashboard
    from batch_constructs.monitoring.batch_monitoring import BatchMonitoring
    from batch_constructs.monitoring.cost_and_usage_export import CostAndUsageExport
    from batch_constructs.monitoring.cost_guard import (
        BudgetPeriod,
        CostGuard,
        GuardAction,
        VcpuBudget,
        WithoutData,
    )
    from batch_constructs.monitoring.event_forwarding import CentralEventBus, ForwardedEvents
    from batch_constructs.monitoring.job_counters import JobCounters
    from batch_constructs.monitoring.job_event_log import JobEventLog
    from batch_constructs.monitoring.job_gauges import JobGauges
    from batch_constructs.monitoring.job_notifications import JobNotifications
    from batch_constructs.monitoring.overview_dashboard import OverviewDashboard
    from batch_constructs.monitoring.saved_query import JobLogQueries
    from batch_constructs.queue_from_input import QueueFromInput
    from batch_constructs.queues.any_job_queue import AnyJobQueue, events_of, metrics_of
    from batch_constructs.queues.capacity_limit import CapacityLimit
    from batch_constructs.queues.consumable_resource import ConsumableResource
    from batch_constructs.queues.fair_share import FairSharePolicy, Share
    from batch_constructs.queues.job_queue import JobQueue
    from batch_constructs.queues.job_queue_events import QueueEvents
    from batch_constructs.queues.job_queue_metrics import MetricOptions, QueueMetrics
    from batch_constructs.queues.nested_queues import NestedJobQueues
    from batch_constructs.queues.quota_share import QuotaShare, QuotaSharePolicy
    from batch_constructs.queues.rule_target import BoundTarget, RuleTarget
    from batch_constructs.queues.scheduling_policy import AnySchedulingPolicy, SchedulingPolicy
    from batch_constructs.queues.service_environment import (
        AnyServiceEnvironment,
        ServiceEnvironment,
    )
    from batch_constructs.queues.service_job_queue import AnyServiceJobQueue, ServiceJobQueue
    from batch_constructs.queues.time_limits import TimeLimit
    from batch_constructs.submission_overrides import SubmissionOverrides
    from batch_constructs.subnet_selection import SubnetSelectionKeywords
    from batch_constructs.tokens import WholeNumber
    from batch_constructs.triggers.event_trigger import EventTrigger
    from batch_constructs.triggers.object_created_trigger import ObjectCreatedTrigger
    from batch_constructs.triggers.schedule_trigger import ScheduleTrigger
    from batch_constructs.triggers.submission_gateway import SubmissionGateway, SubmissionMode
    from batch_constructs.triggers.submit_function import SubmitFunction
    from batch_constructs.validation_plugin import BatchRules
    from batch_constructs.workflow_job import AfterCatch, NToN, StepRetry, WorkflowJob
    from batch_constructs.workflows.workflow import Workflow

_HOME: dict[str, str] = {
    "AccessEntryState": "aws.compute_environment_facts",
    "AfterCatch": "workflow_job",
    "AlarmThresholds": "monitoring.alarm_thresholds",
    "AlertTopic": "monitoring.alert_topic",
    "Admission": "aws.admission",
    "AllocationStrategy": "aws.compute_environment_facts",
    "AnyCapacityReservation": "compute.capacity_reservation",
    "AnyComputeEnvironment": "compute.compute_environment",
    "AnyImage": "compute.instance_image",
    "AnyInstanceVolume": "instance_volumes",
    "AnyJobDefinition": "jobs.job_definition",
    "AnyJobQueue": "queues.any_job_queue",
    "AnyLaunchTemplate": "compute.launch_template",
    "AnyPodVolume": "jobs.pod_volumes",
    "AnySchedulingPolicy": "queues.scheduling_policy",
    "AnyServiceEnvironment": "queues.service_environment",
    "AnyServiceJobQueue": "queues.service_job_queue",
    "AnyVolume": "jobs.volumes",
    "AuditTrail": "monitoring.audit_trail",
    "BatchDashboard": "monitoring.batch_dashboard",
    "BatchEndpoints": "compute.endpoints",
    "BatchMonitoring": "monitoring.batch_monitoring",
    "BatchRules": "validation_plugin",
    "BoundTarget": "queues.rule_target",
    "BudgetPeriod": "monitoring.cost_guard",
    "CapacityLimit": "queues.capacity_limit",
    "CapacityReservation": "compute.capacity_reservation",
    "CentralEventBus": "monitoring.event_forwarding",
    "ForwardedEvents": "monitoring.event_forwarding",
    "OverviewDashboard": "monitoring.overview_dashboard",
    "NestedJobQueues": "queues.nested_queues",
    "EverywhereStackSet": "everywhere",
    "EksNamespace": "compute.eks_namespace",
    "GpuSettings": "jobs.gpu_settings",
    "gpu_settings": "jobs.gpu_settings",
    "efa_interfaces": "aws.efa",
    "open_telemetry_collector": "jobs.open_telemetry",
    "LimitedQueue": "jobs.consumed_resources",
    "JobSize": "compute.cheapest_instances",
    "cheapest_instance_types": "compute.cheapest_instances",
    "CapacityReservationPreference": "aws.capacity_reservation_facts",
    "ComputeEnvironment": "compute.compute_environment",
    "Consumable": "jobs.consumed_resources",
    "ConsumedQuantities": "jobs.consumed_resources",
    "ConsumableResource": "queues.consumable_resource",
    "Container": "jobs.container",
    "ContainerDependency": "jobs.container",
    "ContainerDependencyCondition": "aws.container_facts",
    "ContainerInsights": "aws.compute_environment_facts",
    "CostAndUsageExport": "monitoring.cost_and_usage_export",
    "CostGuard": "monitoring.cost_guard",
    "CpuArchitecture": "aws.job_definition_facts",
    "Device": "jobs.linux_parameters",
    "DnsPolicy": "aws.pod_facts",
    "Ec2ComputeEnvironment": "compute.ec2_compute_environment",
    "Ec2JobDefinition": "jobs.ec2_job_definition",
    "EfsVolume": "jobs.volumes",
    "EksComputeEnvironment": "compute.eks_compute_environment",
    "EksJobDefinition": "jobs.eks_job_definition",
    "EmptyDirMedium": "aws.pod_facts",
    "EmptyDirVolume": "jobs.pod_volumes",
    "EndpointService": "compute.endpoints",
    "EventTrigger": "triggers.event_trigger",
    "FairSharePolicy": "queues.fair_share",
    "FargateComputeEnvironment": "compute.fargate_compute_environment",
    "FargateJobDefinition": "jobs.fargate_job_definition",
    "Firelens": "jobs.container",
    "FirelensType": "aws.container_facts",
    "FsxLustreVolume": "instance_volumes",
    "DefaultSettings": "default_settings",
    "FunctionSettings": "function_settings",
    "GuardAction": "monitoring.cost_guard",
    "HasWatchedFunction": "function_alarms",
    "HostPathVolume": "jobs.pod_volumes",
    "HostVolume": "jobs.volumes",
    "ImagePull": "compute.user_data",
    "ImagePullPolicy": "aws.pod_facts",
    "ImageType": "aws.compute_environment_facts",
    "ImportedJobDefinition": "jobs.job_definition",
    "InstanceImage": "compute.instance_image",
    "InstanceStoreVolume": "instance_volumes",
    "IpcMode": "aws.job_definition_facts",
    "JobCounters": "monitoring.job_counters",
    "JobDefinition": "jobs.job_definition",
    "JobEventLog": "monitoring.job_event_log",
    "JobGauges": "monitoring.job_gauges",
    "JobLogQueries": "monitoring.saved_query",
    "JobNotifications": "monitoring.job_notifications",
    "JobQueue": "queues.job_queue",
    "JobState": "aws.job_states",
    "KubernetesSecretVolume": "jobs.pod_volumes",
    "LaunchTemplate": "compute.launch_template",
    "LaunchTemplateOverride": "compute.launch_template_overrides",
    "LogConfiguration": "jobs.log_configuration",
    "ManagedComputeEnvironment": "compute.managed_compute_environment",
    "ManagedInstancesComputeEnvironment": "compute.managed_instances_compute_environment",
    "MetricOptions": "queues.job_queue_metrics",
    "MultiContainerJobDefinition": "jobs.multi_container_job_definition",
    "MultiNodeJobDefinition": "jobs.multi_node_job_definition",
    "NToN": "workflow_job",
    "NetworkMode": "aws.job_definition_facts",
    "NodeRange": "jobs.multi_node_job_definition",
    "ObjectCreatedTrigger": "triggers.object_created_trigger",
    "OperatingSystemFamily": "aws.job_definition_facts",
    "PersistentVolumeClaimVolume": "jobs.pod_volumes",
    "PidMode": "aws.job_definition_facts",
    "PlatformCapability": "aws.platforms",
    "Pod": "jobs.pod",
    "PodContainer": "jobs.pod",
    "QueueEvents": "queues.job_queue_events",
    "QueueFromInput": "queue_from_input",
    "QueueMetrics": "queues.job_queue_metrics",
    "QuotaShare": "queues.quota_share",
    "QuotaSharePolicy": "queues.quota_share",
    "ReservationPreference": "aws.compute_environment_facts",
    "RetryAction": "aws.job_definition_facts",
    "RetryPolicy": "jobs.retry_policy",
    "RetryRule": "jobs.retry_policy",
    "RootVolume": "compute.root_volume",
    "RuleTarget": "queues.rule_target",
    "S3FilesVolume": "jobs.volumes",
    "S3MountVolume": "instance_volumes",
    "ScheduleTrigger": "triggers.schedule_trigger",
    "SchedulingPolicy": "queues.scheduling_policy",
    "SecretSource": "jobs.secrets",
    "ServiceEnvironment": "queues.service_environment",
    "ServiceJobQueue": "queues.service_job_queue",
    "ServiceJobState": "aws.job_states",
    "Share": "queues.fair_share",
    "SharingStrategy": "aws.scheduling",
    "SpotComputeEnvironment": "compute.spot_compute_environment",
    "StepRetry": "workflow_job",
    "SubmissionGateway": "triggers.submission_gateway",
    "SubmissionMode": "triggers.submission_gateway",
    "SubmissionOverrides": "submission_overrides",
    "SubnetSelectionKeywords": "subnet_selection",
    "SubmitFunction": "triggers.submit_function",
    "Swap": "jobs.linux_parameters",
    "TimeLimit": "queues.time_limits",
    "TimeLimitReason": "aws.job_queue_facts",
    "Tmpfs": "jobs.linux_parameters",
    "Ulimit": "jobs.linux_parameters",
    "UnmanagedComputeEnvironment": "compute.unmanaged_compute_environment",
    "UpdatePolicy": "compute.update_policy",
    "UserdataType": "aws.compute_environment_facts",
    "VcpuBudget": "monitoring.cost_guard",
    "WithoutData": "monitoring.cost_guard",
    "WatchedDelivery": "function_alarms",
    "WatchedFunction": "function_alarms",
    "WholeNumber": "tokens",
    "Workflow": "workflows.workflow",
    "WorkflowJob": "workflow_job",
    "events_of": "queues.any_job_queue",
    "grant_submit": "jobs.submit_rights",
    "keep_ids_of": "adopt.kept_ids",
    "metrics_of": "queues.any_job_queue",
    "secret_field": "jobs.secrets",
    "secret_parameter": "jobs.secrets",
    "with_sidecar": "jobs.sidecars",
}
"""Where each public name lives: name → module below ``batch_constructs``."""

__all__ = [
    "AccessEntryState",
    "Admission",
    "AfterCatch",
    "AlarmThresholds",
    "AlertTopic",
    "AllocationStrategy",
    "AnyCapacityReservation",
    "AnyComputeEnvironment",
    "AnyImage",
    "AnyInstanceVolume",
    "AnyJobDefinition",
    "AnyJobQueue",
    "AnyLaunchTemplate",
    "AnyPodVolume",
    "AnySchedulingPolicy",
    "AnyServiceEnvironment",
    "AnyServiceJobQueue",
    "AnyVolume",
    "AuditTrail",
    "BatchDashboard",
    "BatchEndpoints",
    "BatchMonitoring",
    "BatchRules",
    "BoundTarget",
    "BudgetPeriod",
    "CapacityLimit",
    "CapacityReservation",
    "CapacityReservationPreference",
    "CentralEventBus",
    "ComputeEnvironment",
    "Consumable",
    "ConsumableResource",
    "ConsumedQuantities",
    "Container",
    "ContainerDependency",
    "ContainerDependencyCondition",
    "ContainerInsights",
    "CostAndUsageExport",
    "CostGuard",
    "CpuArchitecture",
    "DefaultSettings",
    "Device",
    "DnsPolicy",
    "Ec2ComputeEnvironment",
    "Ec2JobDefinition",
    "EfsVolume",
    "EksComputeEnvironment",
    "EksJobDefinition",
    "EksNamespace",
    "EmptyDirMedium",
    "EmptyDirVolume",
    "EndpointService",
    "EventTrigger",
    "EverywhereStackSet",
    "FairSharePolicy",
    "FargateComputeEnvironment",
    "FargateJobDefinition",
    "Firelens",
    "FirelensType",
    "ForwardedEvents",
    "FsxLustreVolume",
    "FunctionSettings",
    "GpuSettings",
    "GuardAction",
    "HasWatchedFunction",
    "HostPathVolume",
    "HostVolume",
    "ImagePull",
    "ImagePullPolicy",
    "ImageType",
    "ImportedJobDefinition",
    "InstanceImage",
    "InstanceStoreVolume",
    "IpcMode",
    "JobCounters",
    "JobDefinition",
    "JobEventLog",
    "JobGauges",
    "JobLogQueries",
    "JobNotifications",
    "JobQueue",
    "JobSize",
    "JobState",
    "KubernetesSecretVolume",
    "LaunchTemplate",
    "LaunchTemplateOverride",
    "LimitedQueue",
    "LogConfiguration",
    "ManagedComputeEnvironment",
    "ManagedInstancesComputeEnvironment",
    "MetricOptions",
    "MultiContainerJobDefinition",
    "MultiNodeJobDefinition",
    "NToN",
    "NestedJobQueues",
    "NetworkMode",
    "NodeRange",
    "ObjectCreatedTrigger",
    "OperatingSystemFamily",
    "OverviewDashboard",
    "PersistentVolumeClaimVolume",
    "PidMode",
    "PlatformCapability",
    "Pod",
    "PodContainer",
    "QueueEvents",
    "QueueFromInput",
    "QueueMetrics",
    "QuotaShare",
    "QuotaSharePolicy",
    "ReservationPreference",
    "RetryAction",
    "RetryPolicy",
    "RetryRule",
    "RootVolume",
    "RuleTarget",
    "S3FilesVolume",
    "S3MountVolume",
    "ScheduleTrigger",
    "SchedulingPolicy",
    "SecretSource",
    "ServiceEnvironment",
    "ServiceJobQueue",
    "ServiceJobState",
    "Share",
    "SharingStrategy",
    "SpotComputeEnvironment",
    "StepRetry",
    "SubmissionGateway",
    "SubmissionMode",
    "SubmissionOverrides",
    "SubmitFunction",
    "SubnetSelectionKeywords",
    "Swap",
    "TimeLimit",
    "TimeLimitReason",
    "Tmpfs",
    "Ulimit",
    "UnmanagedComputeEnvironment",
    "UpdatePolicy",
    "UserdataType",
    "VcpuBudget",
    "WatchedDelivery",
    "WatchedFunction",
    "WholeNumber",
    "WithoutData",
    "Workflow",
    "WorkflowJob",
    "cheapest_instance_types",
    "efa_interfaces",
    "events_of",
    "gpu_settings",
    "grant_submit",
    "keep_ids_of",
    "metrics_of",
    "open_telemetry_collector",
    "secret_field",
    "secret_parameter",
    "with_sidecar",
]


if not TYPE_CHECKING:  # a type checker would believe every name, misspelled ones too

    def __getattr__(name: str) -> object:
        """Import the module a public name lives in, the first time the name is used."""
        try:
            home = _HOME[name]
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        telling = import_module(f"{__name__}.wrong_call").telling
        value = telling(getattr(import_module(f"{__name__}.{home}"), name))
        globals()[name] = value
        return value


if "aws_cdk" in sys.modules:
    # What Node compiles of the CDK once our JavaScript is loaded is kept for the next process
    # (docs/decisions/0012-one-call-a-definition.md). Whoever needs it is told if it does not load.
    with suppress(Exception):
        import_module(f"{__name__}.one_call").javascript()


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
