"""Rules about multi-node parallel jobs where they run: on which instances, in which zone."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.compute_environment_facts import ResourceType
from batch_constructs.aws.network import NODE_SECURITY_GROUPS
from batch_constructs.aws.source import api, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
)
from batch_constructs.rules.template.values import count, listing, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_rule = partial(rule, subject=JOB_DEFINITION, severity=Severity.WARNING)


@_rule(
    "multi-node-spot",
    title="multi-node job on Spot",
    fix="send it to a queue of On-Demand EC2 environments",
    source=api(
        "ComputeResource.type",
        "\"Multi-node parallel jobs aren't supported on Spot Instances or Amazon ECS Managed"
        ' Instances."',
    ),
)
def multi_node_spot(job: JobDefinition) -> Iterator[Fault]:
    """The job is never placed."""
    if not job.is_multi_node:
        return

    def problem(environment: ComputeEnvironment) -> str | None:
        if environment.kind == ResourceType.SPOT:
            return f"a multi-node job does not run on the Spot Instances of {environment.id}"
        return None

    yield from on_environments(job, problem, "NodeProperties")


@_rule(
    "multi-node-unmanaged",
    title="multi-node job on unmanaged instances",
    fix="send it to a queue of managed On-Demand EC2 environments",
    source=guide(
        "mnp-ce",
        '"Multi-node parallel jobs aren\'t supported on UNMANAGED compute environments.";'
        " RegisterJobDefinitionRequest.nodeProperties",
    ),
)
def multi_node_unmanaged(job: JobDefinition) -> Iterator[Fault]:
    """The job is never placed."""
    if not job.is_multi_node:
        return

    def problem(environment: ComputeEnvironment) -> str | None:
        if environment.is_unmanaged:
            return f"a multi-node job does not run on {environment.id}, which is UNMANAGED"
        return None

    yield from on_environments(job, problem, "NodeProperties")


@_rule(
    "multi-node-security-groups",
    title="multi-node job with too many security groups",
    fix=f"give the environment at most {NODE_SECURITY_GROUPS} security groups",
    source=guide(
        "mnp-ce",
        '"Your compute environment might have no too many security groups associated with'
        ' it."; ComputeResource.securityGroupIds',
    ),
)
def multi_node_security_groups(job: JobDefinition) -> Iterator[Fault]:
    """Each node's network interface gets all of them, and has a limit."""
    if not job.is_multi_node or job.is_eks:
        return

    def problem(environment: ComputeEnvironment) -> str | None:
        groups = count(environment.resources, "SecurityGroupIds")
        if groups is None or groups <= NODE_SECURITY_GROUPS:
            return None
        return (
            f"{environment.id} has {groups} security groups; a multi-node job can have "
            f"{NODE_SECURITY_GROUPS}"
        )

    yield from on_environments(job, problem, "NodeProperties")


@_rule(
    "multi-node-instance-type",
    title="node instance type that the queue does not offer",
    fix="add the instance type to the environment, or use one that it has",
    source=api(
        "NodeRangeProperty.instanceTypes",
        "NodeRangeProperty.instanceTypes and ContainerProperties.instanceType must be in "
        "ComputeResource.instanceTypes.",
    ),
)
def multi_node_instance_type(job: JobDefinition) -> Iterator[Fault]:
    """No environment of the queue can start such a node."""
    for path, node in job.node_ranges:
        container = mapping(node, "Container")
        names = [*(listing(node, "InstanceTypes") or []), container.get("InstanceType")]
        for name in dict.fromkeys(one for one in names if isinstance(one, str)):

            def problem(environment: ComputeEnvironment, name: str = name) -> str | None:
                offered = environment.instance_types
                if not environment.is_ec2 or not offered:
                    return None
                if any(one in instance_types.BUNDLES for one in offered):
                    return None
                if name in offered or name.partition(".")[0] in offered or "." not in name:
                    return None
                return f"{environment.id} does not offer the node instance type {name}"

            yield from on_environments(job, problem, path)


@_rule(
    "placement-group-zones",
    title="cluster placement group across several Availability Zones",
    fix="use subnets of one Availability Zone only",
    source=api(
        "ComputeResource.placementGroup",
        '"This keeps your multi-node parallel job on a logical grouping of instances within a'
        ' single Availability Zone"',
    ),
    subject="AWS::Batch::ComputeEnvironment",
)
def placement_group_zones(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Launches in the other zone fail, and a multi-node job waits for them."""
    given = environment.resources.get("PlacementGroup")
    group = environment.neighbour(given, "AWS::EC2::PlacementGroup")
    if group is None or text(group.properties, "Strategy") not in ("cluster", None):
        return
    zones = vpc.zones(environment)
    if len(zones) > 1:
        subnets = one_of(zones.values(), last="and")
        message = (
            f"{subnets} are in different zones, but the cluster placement group {group.id} is in "
            "one"
        )
        yield "ComputeResources/Subnets", message
