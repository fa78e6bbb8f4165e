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
    from batch_constructs.compute.environment import ComputeEnvironment
    from batch_constructs.compute.fargate import FargateComputeEnvironment
    from batch_constructs.compute.instances import AllocationStrategy, ContainerInsights
    from batch_constructs.compute.spot import SpotComputeEnvironment
    from batch_constructs.compute.unmanaged import UnmanagedComputeEnvironment
    from batch_constructs.compute.update import UpdatePolicy
    from batch_constructs.job_graph import NToN, StepRetry, WorkflowJob
    from batch_constructs.jobs.container import CpuArchitecture
    from batch_constructs.jobs.definition import JobDefinition
    from batch_constructs.jobs.ec2 import Ec2JobDefinition
    from batch_constructs.jobs.fargate import FargateJobDefinition
    from batch_constructs.jobs.linux import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.retry import RetryAction, RetryPolicy, RetryRule
    from batch_constructs.jobs.secrets import (
        SecretField,
        SecretParameter,
        secret_field,
        secret_parameter,
    )
    from batch_constructs.jobs.volumes import EfsVolume, HostVolume
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
    from batch_constructs.queues.events import JobState, events_of
    from batch_constructs.queues.job_queue import JobQueue
    from batch_constructs.queues.metrics import metrics_of
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
    "AlarmThresholds": "monitoring.alarm_rules",
    "AlertTopic": "monitoring.topics",
    "AllocationStrategy": "compute.instances",
    "AuditTrail": "monitoring.audit",
    "BatchDashboard": "monitoring.dashboard",
    "BatchMonitoring": "monitoring.alarms",
    "BatchRules": "validation",
    "BudgetPeriod": "monitoring.cost_guard",
    "ComputeEnvironment": "compute.environment",
    "ContainerInsights": "compute.instances",
    "CostGuard": "monitoring.cost_guard",
    "CpuArchitecture": "jobs.container",
    "Device": "jobs.linux",
    "Ec2ComputeEnvironment": "compute.ec2",
    "Ec2JobDefinition": "jobs.ec2",
    "EfsVolume": "jobs.volumes",
    "EventTrigger": "triggers.event",
    "FargateComputeEnvironment": "compute.fargate",
    "FargateJobDefinition": "jobs.fargate",
    "GuardAction": "monitoring.cost_guard",
    "HostVolume": "jobs.volumes",
    "JobCounters": "monitoring.counters",
    "JobDefinition": "jobs.definition",
    "JobEventLog": "monitoring.event_log",
    "JobGauges": "monitoring.gauges",
    "JobLogQueries": "monitoring.saved_query",
    "JobNotifications": "monitoring.notifications",
    "JobQueue": "queues.job_queue",
    "JobState": "queues.events",
    "NToN": "job_graph",
    "ObjectCreatedTrigger": "triggers.object_created",
    "RetryAction": "jobs.retry",
    "RetryPolicy": "jobs.retry",
    "RetryRule": "jobs.retry",
    "ScheduleTrigger": "triggers.schedule",
    "SecretField": "jobs.secrets",
    "SecretParameter": "jobs.secrets",
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
    "AlarmThresholds",
    "AlertTopic",
    "AllocationStrategy",
    "AuditTrail",
    "BatchDashboard",
    "BatchMonitoring",
    "BatchRules",
    "BudgetPeriod",
    "ComputeEnvironment",
    "ContainerInsights",
    "CostGuard",
    "CpuArchitecture",
    "Device",
    "Ec2ComputeEnvironment",
    "Ec2JobDefinition",
    "EfsVolume",
    "EventTrigger",
    "FargateComputeEnvironment",
    "FargateJobDefinition",
    "GuardAction",
    "HostVolume",
    "JobCounters",
    "JobDefinition",
    "JobEventLog",
    "JobGauges",
    "JobLogQueries",
    "JobNotifications",
    "JobQueue",
    "JobState",
    "NToN",
    "ObjectCreatedTrigger",
    "RetryAction",
    "RetryPolicy",
    "RetryRule",
    "ScheduleTrigger",
    "SecretField",
    "SecretParameter",
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
