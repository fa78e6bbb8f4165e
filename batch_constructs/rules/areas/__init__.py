"""The modules that hold the rules, in the order of the documentation."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from typing import Final

from batch_constructs.rules import combinations
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, JOB_DEFINITION, JOB_QUEUE

environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT)
queue_rule = partial(rule, subject=JOB_QUEUE)
job_rule = partial(rule, subject=JOB_DEFINITION)
"""Register a function as a rule about one type of resource."""

AREAS: Final = {
    "whole_template": "The template as a whole",
    "shapes": "Names and types of properties",
    "compute_environments": "Compute environments",
    "fargate_environments": "Fargate environments",
    "updates": "Updates of a compute environment",
    "instances": "Instances",
    "managed_instances": "Managed Instances",
    "job_queues": "Job queues",
    "scheduling": "Scheduling",
    "launch_templates": "Launch templates",
    "job_definitions.general": "Job definitions",
    "job_definitions.platforms": "Platforms of a job",
    "job_definitions.sizes": "vCPUs, memory and GPUs",
    "job_definitions.containers": "Containers",
    "job_definitions.commands": "Commands",
    "job_definitions.secrets": "Secrets",
    "job_definitions.storage": "Storage and Linux parameters",
    "job_definitions.tasks": "Jobs of several containers",
    "multi_node": "Multi-node parallel jobs",
    "pods": "Pods on Amazon EKS",
    "eks_environments": "Amazon EKS environments",
    "tags": "Tags",
    "jobs_on_queues": "A job on its queue",
    "mounted_paths": "Paths of the host",
    "multi_node_queues": "A multi-node job on its queue",
    "environment_roles": "Roles of a compute environment",
    "job_roles": "Roles of a job",
    "policies": "Policies",
    "submit_permissions": "Permission to submit",
    "submitters": "Submissions",
    "submit_requests": "What a submission says",
    "creation_order": "Order of creation",
    "keys": "Customer managed keys",
    "events": "Events",
    "messages": "Functions, queues, alarms and logs",
    "network": "Network",
    "job_network": "The network of a job",
    "references": "References",
}
"""Module below this package → the title of its chapter."""


TABLES_ONLY: Final = (
    "eks_environments",
    "fargate_environments",
    "job_definitions.platforms",
    "references",
)
"""Areas without a module: the combinations on the ground floor say it all, or almost."""


_BATCH: Final = "ComputeEnvironment JobDefinition JobQueue"
_MORE: Final = "ConsumableResource QuotaShare SchedulingPolicy ServiceEnvironment"
_SUBMITTERS: Final = "Rule Pipe Schedule StateMachine Serverless::StateMachine"

ABOUT: Final = {
    "whole_template": "template",
    "shapes": f"{_BATCH} {_MORE}",
    "compute_environments": "ComputeEnvironment",
    "fargate_environments": "ComputeEnvironment",
    "updates": "ComputeEnvironment",
    "instances": "ComputeEnvironment",
    "managed_instances": "ComputeEnvironment",
    "job_queues": "JobQueue",
    "scheduling": f"JobDefinition JobQueue {_MORE}",
    "launch_templates": "ComputeEnvironment",
    "job_definitions.general": "JobDefinition",
    "job_definitions.platforms": "JobDefinition",
    "job_definitions.sizes": "JobDefinition",
    "job_definitions.containers": "JobDefinition",
    "job_definitions.storage": "JobDefinition",
    "job_definitions.tasks": "JobDefinition",
    "multi_node": "JobDefinition",
    "pods": "JobDefinition",
    "eks_environments": "ComputeEnvironment",
    "tags": f"{_BATCH} {_MORE}",
    "jobs_on_queues": "JobDefinition",
    "multi_node_queues": "ComputeEnvironment JobDefinition",
    "environment_roles": "ComputeEnvironment",
    "job_roles": "JobDefinition",
    "policies": "Role",
    "submit_permissions": f"{_SUBMITTERS} Function Serverless::Function Role",
    "submitters": _SUBMITTERS,
    "submit_requests": f"{_SUBMITTERS} Function",
    "events": "Rule",
    "messages": "Alarm EventSourceMapping Function LogGroup Serverless::Function",
    "creation_order": "ComputeEnvironment EventSourceMapping StateMachine",
    "keys": "ComputeEnvironment LogGroup",
    "network": "ComputeEnvironment",
    "job_network": "JobDefinition",
    "references": f"{_BATCH} EventSourceMapping Rule Schedule",
}
"""Module → the types of resources that its rules are about; one that is not here is about any.

A check imports the rules about what it meets, so that it starts at once.
"""

_TYPES: Final = {
    "template": "template",
    "Serverless::Function": "AWS::Serverless::Function",
    "Serverless::StateMachine": "AWS::Serverless::StateMachine",
    "Alarm": "AWS::CloudWatch::Alarm",
    "EventSourceMapping": "AWS::Lambda::EventSourceMapping",
    "Function": "AWS::Lambda::Function",
    "LogGroup": "AWS::Logs::LogGroup",
    "Pipe": "AWS::Pipes::Pipe",
    "Role": "AWS::IAM::Role",
    "Rule": "AWS::Events::Rule",
    "Schedule": "AWS::Scheduler::Schedule",
    "StateMachine": "AWS::StepFunctions::StateMachine",
}


def subjects(module: str) -> set[str] | None:
    """Give the types of resources that the rules of a module are about, None for any."""
    written = ABOUT.get(module)
    if written is None:
        return None
    return {_TYPES.get(noun, f"AWS::Batch::{noun}") for noun in written.split()}


def load_about(type: str) -> None:
    """Make the rules about a type of resource."""
    for area in AREAS:
        about = subjects(area)
        if about is None or type in about:
            _load(area)


def load() -> None:
    """Make the rules of every area."""
    for area in AREAS:
        _load(area)


@cache
def _load(area: str) -> None:
    """Make the rules of an area, with code and without."""
    combinations.register(area)
    if area not in TABLES_ONLY:
        import_module(f"{__package__}.{area}")
