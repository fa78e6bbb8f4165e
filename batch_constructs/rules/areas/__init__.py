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


@cache
def load() -> None:
    """Make the rules of every area, with code and without."""
    for area in AREAS:
        combinations.register(area)
        if area not in TABLES_ONLY:
            import_module(f"{__package__}.{area}")
