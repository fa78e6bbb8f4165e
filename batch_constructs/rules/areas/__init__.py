"""The modules that hold the rules, in the order of the documentation."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules import combination_rules
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT)
queue_rule = partial(rule, subject=JOB_QUEUE)
job_rule = partial(rule, subject=JOB_DEFINITION)
"""Register a function as a rule about one type of resource."""

AREAS: Final = {
    "whole_template": "The template as a whole",
    "template_size": "The size of a template",
    "stack_quota": "Limits of a stack",
    "policy_size": "Limits of policies",
    "batch_quota": "Limits of AWS Batch",
    "shape": "Names and types of properties",
    "name": "Names of resources",
    "compute_environment": "Compute environments",
    "fargate_environment": "Fargate environments",
    "update": "Updates of a compute environment",
    "instance": "Instances",
    "managed_instances": "Managed Instances",
    "job_queue": "Job queues",
    "scheduling": "Scheduling",
    "launch_template": "Launch templates",
    "reservation": "Reserved capacity",
    "efa": "Elastic Fabric Adapters",
    "job_definition": "Job definitions",
    "platform": "Platforms of a job",
    "job_size": "vCPUs, memory and GPUs",
    "container": "Containers",
    "command": "Commands",
    "secret": "Secrets",
    "storage": "Storage and Linux parameters",
    "task": "Jobs of several containers",
    "multi_node": "Multi-node parallel jobs",
    "pod": "Pods on Amazon EKS",
    "eks_environment": "Amazon EKS environments",
    "tag": "Tags",
    "job_on_queue": "A job on its queue",
    "packing": "Wasted capacity",
    "mounted_path": "Host paths",
    "multi_node_queue": "A multi-node job on its queue",
    "environment_role": "Roles of a compute environment",
    "job_role": "Roles of a job",
    "policy": "Policies",
    "policy_language": "The language of policies",
    "submit_permission": "Permission to submit",
    "submitter": "Submissions",
    "state_machine": "State machines",
    "submit_request": "Contents of a submission",
    "submitted_parameter": "Parameters of a submission",
    "submitted_size": "Size of a submission",
    "submission_kind": "Submissions and kinds of jobs",
    "submitted_text": "Secrets and code in a submission",
    "creation_order": "Order of creation",
    "key": "Customer managed keys",
    "event": "Events",
    "event_input": "What the targets of events get",
    "pipe": "Pipes",
    "log_group": "Log groups",
    "message_queue": "Message queues",
    "open_door": "Who can submit jobs",
    "alarm": "Alarms",
    "cost": "Exports of costs",
    "network": "Network",
    "job_network": "The network of a job",
    "reference": "References",
}
"""The start of a module's name below this package, before ``_rules`` → the title of its chapter."""


TABLES_ONLY: Final = (
    "eks_environment",
    "fargate_environment",
    "platform",
    "reference",
)
"""Areas without a module: the combinations on the ground floor say it all, or almost."""


_BATCH: Final = "ComputeEnvironment JobDefinition JobQueue"
_MORE: Final = "ConsumableResource QuotaShare SchedulingPolicy ServiceEnvironment"
_SUBMITTERS: Final = "Rule Pipe Schedule StateMachine Serverless::StateMachine"

ABOUT: Final = {
    "whole_template": "template",
    "template_size": "template",
    "stack_quota": "template",
    "policy_size": "template",
    "batch_quota": "template",
    "shape": f"{_BATCH} {_MORE}",
    "name": "ComputeEnvironment ConsumableResource JobDefinition JobQueue SchedulingPolicy"
    " ServiceEnvironment Alarm CompositeAlarm Dashboard EventBus Function LogGroup Queue Role Rule"
    " Schedule StateMachine Topic",
    "compute_environment": "ComputeEnvironment",
    "fargate_environment": "ComputeEnvironment",
    "update": "ComputeEnvironment",
    "instance": "ComputeEnvironment",
    "managed_instances": "ComputeEnvironment",
    "job_queue": "JobQueue",
    "scheduling": f"JobDefinition JobQueue {_MORE}",
    "launch_template": "ComputeEnvironment",
    "reservation": "ComputeEnvironment",
    "efa": "ComputeEnvironment JobDefinition",
    "job_definition": "JobDefinition",
    "platform": "JobDefinition",
    "job_size": "JobDefinition",
    "container": "JobDefinition",
    "command": "JobDefinition",
    "secret": "JobDefinition",
    "mounted_path": "ComputeEnvironment JobDefinition",
    "storage": "JobDefinition",
    "task": "JobDefinition",
    "multi_node": "JobDefinition",
    "pod": "JobDefinition",
    "eks_environment": "ComputeEnvironment",
    "tag": f"{_BATCH} {_MORE}",
    "job_on_queue": "JobDefinition",
    "packing": "JobDefinition",
    "multi_node_queue": "ComputeEnvironment JobDefinition",
    "environment_role": "ComputeEnvironment",
    "job_role": "JobDefinition",
    "policy": "Role",
    "policy_language": "InstanceProfile Role Policy ManagedPolicy RolePolicy",
    "submit_permission": f"{_SUBMITTERS} Function Serverless::Function Role",
    "submitter": f"{_SUBMITTERS} EventSourceMapping",
    "state_machine": "StateMachine Serverless::StateMachine",
    "submit_request": f"{_SUBMITTERS} Function",
    "submitted_parameter": _SUBMITTERS,
    "submitted_size": _SUBMITTERS,
    "submission_kind": _SUBMITTERS,
    "submitted_text": f"{_SUBMITTERS} Function",
    "event": "Rule",
    "event_input": "Rule",
    "pipe": "Pipe",
    "log_group": "Function LogGroup",
    "message_queue": "EventSourceMapping Queue QueuePolicy Serverless::Function",
    "open_door": "QueuePolicy QueueInlinePolicy Permission Url",
    "alarm": "Alarm",
    "cost": "Export",
    "creation_order": "ComputeEnvironment EventSourceMapping StateMachine",
    "key": "ComputeEnvironment LogGroup",
    "network": "ComputeEnvironment Function SecurityGroup",
    "job_network": "JobDefinition",
    "reference": f"{_BATCH} EventSourceMapping Rule Schedule",
}
"""Module → the types of resources that its rules are about.

A check imports the rules about what it meets, so that it starts at once.
"""

_TYPES: Final = {
    "template": "template",
    "Serverless::Function": "AWS::Serverless::Function",
    "Serverless::StateMachine": "AWS::Serverless::StateMachine",
    "Alarm": "AWS::CloudWatch::Alarm",
    "CompositeAlarm": "AWS::CloudWatch::CompositeAlarm",
    "Dashboard": "AWS::CloudWatch::Dashboard",
    "EventBus": "AWS::Events::EventBus",
    "EventSourceMapping": "AWS::Lambda::EventSourceMapping",
    "Export": "AWS::BCMDataExports::Export",
    "Function": "AWS::Lambda::Function",
    "InstanceProfile": "AWS::IAM::InstanceProfile",
    "LogGroup": "AWS::Logs::LogGroup",
    "Permission": "AWS::Lambda::Permission",
    "Queue": "AWS::SQS::Queue",
    "ManagedPolicy": "AWS::IAM::ManagedPolicy",
    "Pipe": "AWS::Pipes::Pipe",
    "Policy": "AWS::IAM::Policy",
    "QueueInlinePolicy": "AWS::SQS::QueueInlinePolicy",
    "QueuePolicy": "AWS::SQS::QueuePolicy",
    "Role": "AWS::IAM::Role",
    "RolePolicy": "AWS::IAM::RolePolicy",
    "Rule": "AWS::Events::Rule",
    "Schedule": "AWS::Scheduler::Schedule",
    "SecurityGroup": "AWS::EC2::SecurityGroup",
    "StateMachine": "AWS::StepFunctions::StateMachine",
    "Topic": "AWS::SNS::Topic",
    "Url": "AWS::Lambda::Url",
}


def subjects(module: str) -> set[str]:
    """Give the types of resources that the rules of a module are about."""
    return {_TYPES.get(noun, f"AWS::Batch::{noun}") for noun in ABOUT[module].split()}


@cache
def areas_about() -> Mapping[str, list[str]]:
    """Give the areas about each type of resource, in their order."""
    found: dict[str, list[str]] = {}
    for area in AREAS:
        for subject in subjects(area):
            found.setdefault(subject, []).append(area)
    return found


ONLY_WITH: Final = {
    "batch_quota": "AWS::Batch::ComputeEnvironment AWS::Batch::JobQueue AWS::Batch::QuotaShare"
    " AWS::Batch::SchedulingPolicy AWS::Batch::ServiceEnvironment",
    "creation_order": "AWS::IAM::ManagedPolicy AWS::IAM::Policy AWS::IAM::RolePolicy",
    "efa": "LaunchTemplate Devices",
    "event_input": "Targets",
    "job_network": "AWS::Batch::JobQueue AWS::EFS::FileSystem",
    "job_role": "AWS::IAM::Role",
    "key": "LaunchTemplate KmsKeyId",
    "launch_template": "LaunchTemplate",
    "managed_instances": "ManagedInstancesProvider",
    "mounted_path": "LaunchTemplate Volumes",
    "multi_node": "NodeProperties",
    "multi_node_queue": "NodeProperties PlacementGroup",
    "packing": "AWS::Batch::JobQueue",
    "pod": "EksProperties",
    "policy_size": "AWS::Events AWS::IAM AWS::KMS AWS::Lambda AWS::Logs AWS::S3 AWS::SNS AWS::SQS",
    "reservation": "LaunchTemplate",
    "scheduling": "AWS::Batch::ConsumableResource AWS::Batch::QuotaShare"
    " AWS::Batch::SchedulingPolicy AWS::Batch::ServiceEnvironment ConsumableResourceList",
    "stack_quota": "AWS::CloudTrail AWS::CloudWatch AWS::EC2 AWS::Events AWS::Lambda AWS::Logs"
    " AWS::SSM Custom",
    "tag": "Tags CapacityTags",
}
"""Module → properties of a resource, types of resources in its template and services of these.

Without any of them it has nothing to say of the resource.
"""


def load_about(type: str, present: frozenset[str] | None = None) -> None:
    """Make the rules about a type of resource, or about one with what `ONLY_WITH` asks for."""
    for area in areas_about().get(type, ()):
        if present is None or may_speak(area, present):
            _load(area)
        else:
            _load_table(area)


def may_speak(area: str, present: frozenset[str]) -> bool:
    """Tell whether the code of an area may have something to say."""
    needed = ONLY_WITH.get(area)
    return needed is None or not present.isdisjoint(needed.split())


def load() -> None:
    """Make the rules of every area."""
    for area in AREAS:
        _load(area)


@cache
def _load(area: str) -> None:
    """Make the rules of an area, with code and without."""
    _load_table(area)
    if area not in TABLES_ONLY:
        import_module(f"{__package__}.{area}_rules")


@cache
def _load_table(area: str) -> None:
    """Make the rules of an area without code."""
    combination_rules.register(area)
