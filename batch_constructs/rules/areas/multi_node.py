"""Rules about multi-node parallel jobs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import instance_types
from batch_constructs.rules.old_limits import Limit, at
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JobDefinition
from batch_constructs.rules.template.values import (
    absent,
    given,
    listing,
    mapping,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.values import Properties

AREA: Final = "multi_node"
_rule = partial(rule, subject=JOB_DEFINITION, area=AREA)
_limit = partial(Limit, subject=JOB_DEFINITION, area=AREA)
_RANGE: Final = re.compile(r"(\d*):(\d*)")

_limit(
    id="node-count",
    where=at("NodeProperties"),
    key="NumNodes",
    noun="the number of nodes",
    title="number of nodes out of range",
    source='NodeProperties.numNodes; User Guide, Node groups: "You can have up to 1,000 nodes in a'
    ' single job."',
    why="1,000 is the default limit of instances in an Amazon ECS cluster.",
).between(1, 1000)


def _total(nodes: Properties) -> float | None:
    """Give the number of nodes, unless it is one that there cannot be."""
    total = number(nodes, "NumNodes")
    return total if total is not None and total >= 1 else None


@_rule(
    "main-node",
    title="main node that does not exist",
    fix="set MainNode to an index from 0 to NumNodes - 1",
    source='NodeProperties.mainNode: "This node index value must be fewer than the number of'
    ' nodes."',
)
def main_node(job: JobDefinition) -> Iterator[Fault]:
    """Nodes are counted from 0."""
    nodes = mapping(job.properties, "NodeProperties")
    main, total = number(nodes, "MainNode"), _total(nodes)
    if main is not None and (main < 0 or (total is not None and main >= total)):
        allowed = "0 and more" if total is None else f"0 to {show(total - 1)}"
        yield "NodeProperties/MainNode", f"the main node is {main}; allowed are {allowed}"


def node_span(written: str, total: float) -> tuple[int, int] | None:
    """Give the first and last index of a node range or a lone index, None if it is neither."""
    if written.isdecimal():
        return int(written), int(written)
    match = _RANGE.fullmatch(written)
    if not match or written == ":":
        return None
    first = int(match[1]) if match[1] else 0
    return first, int(match[2]) if match[2] else int(total) - 1


@_rule(
    "node-range",
    title="node range of a wrong shape",
    fix="write first:last, :last, first: or one index, counted from 0 to NumNodes - 1",
    source='NodeRangeProperty.targetNodes: "A range of 0:3 indicates nodes with index values of 0'
    ' through 3."',
)
def node_range(job: JobDefinition) -> Iterator[Fault]:
    """The last index is one below the number of nodes."""
    total = _total(mapping(job.properties, "NodeProperties"))
    for path, node in job.node_ranges:
        written = text(node, "TargetNodes")
        if written is None:
            continue
        where = f"{path}/TargetNodes"
        span = node_span(written, total or 1)
        if span is None:
            yield (
                where,
                (
                    f'the node range is "{show(written)}"; allowed are first:last, :last, first:'
                    " or one index"
                ),
            )
        elif total is not None and (span[1] >= total or span[0] > span[1]):
            yield (
                where,
                (
                    f'the node range is "{show(written)}"; with {show(total)} nodes the indexes'
                    " are 0"
                    " to"
                    f" {show(total - 1)}"
                ),
            )


@_rule(
    "node-ranges-cover",
    title="node ranges that leave nodes out, or overlap",
    fix="cover every node from 0 to NumNodes - 1, and nest ranges or keep them apart",
    source='NodeRangeProperty.targetNodes: "Your accumulative node ranges must account for all'
    " nodes"
    ' (0:n). You can nest node ranges (for example, 0:10 and 4:5).";'
    " NodeProperties.nodeRangeProperties",
)
def node_ranges_cover(job: JobDefinition) -> Iterator[Fault]:
    """Every node needs its properties, and they must be clear."""
    nodes = mapping(job.properties, "NodeProperties")
    total = number(nodes, "NumNodes")
    written = listing(nodes, "NodeRangeProperties")
    if total is None or total != int(total) or not 1 <= total <= _MOST or not written:
        return
    spans: list[tuple[int, int, str]] = []
    for path, node in job.node_ranges:
        words = text(node, "TargetNodes")
        span = node_span(words, total) if words is not None else None
        if span is None or span[1] >= total or span[0] > span[1]:
            return
        for first, last, other in spans:
            apart = span[1] < first or last < span[0]
            nested = first <= span[0] <= span[1] <= last or span[0] <= first <= last <= span[1]
            if not apart and not nested:
                yield f"{path}/TargetNodes", f'the node ranges "{words}" and "{other}" overlap'
            elif span == (first, last):
                yield f"{path}/TargetNodes", f'the node range "{words}" is given twice'
        spans.append((*span, words or ""))
    if len(spans) != len(written):
        return
    covered = {index for first, last, _ in spans for index in range(first, last + 1)}
    missing = [index for index in range(int(total)) if index not in covered]
    if missing:
        left = show(", ".join(map(str, missing)))
        yield "NodeProperties/NodeRangeProperties", f"no node range has the nodes {left}"


_MOST: Final = 1000


@_rule(
    "multi-node-platform",
    title="multi-node job outside EC2",
    fix="set PlatformCapabilities to EC2, or make it a job of type container",
    source='RegisterJobDefinitionRequest.type: "If the job is run on Fargate resources, then'
    " multinode"
    " isn't supported.\"; ComputeResource.type: \"Multi-node parallel jobs aren't supported on Spot"
    ' Instances or Amazon ECS Managed Instances."',
)
def multi_node_platform(job: JobDefinition) -> Iterator[Fault]:
    """Nodes are EC2 instances of one's own."""
    if not job.is_multi_node:
        return
    for position, platform in enumerate(listing(job.properties, "PlatformCapabilities") or ()):
        if platform in ("FARGATE", "MANAGED_INSTANCES"):
            yield (
                f"PlatformCapabilities/{position}",
                f"the platform of a multi-node job is {platform}; allowed is EC2",
            )


@_rule(
    "node-instance-types",
    title="node range with several instance types",
    fix="name one instance type, the same for all ranges",
    source='NodeRangeProperty.instanceTypes: "this list object is currently limited to one'
    ' element";'
    ' ContainerProperties.instanceType: "All node groups in a multi-node parallel job must use the'
    " same"
    ' instance type."',
)
def node_instance_types(job: JobDefinition) -> Iterator[Fault]:
    """All nodes of a job are of one instance type."""
    found: dict[str, str] = {}
    for path, node in job.node_ranges:
        names = listing(node, "InstanceTypes") or []
        if len(names) > 1:
            yield f"{path}/InstanceTypes", f"there are {len(names)} instance types; allowed is 1"
        container = mapping(node, "Container")
        for where, name in (
            *((f"{path}/InstanceTypes/{place}", name) for place, name in enumerate(names[:1])),
            (f"{path}/Container/InstanceType", container.get("InstanceType")),
        ):
            if not isinstance(name, str):
                continue
            if instance_types.is_impossible(name):
                yield where, f'there is no instance type "{show(name)}"', "name one of EC2's types"
            found.setdefault(name, where)
    if len(found) > 1:
        yield (
            next(reversed(found.values())),
            f"the node ranges use the instance types {one_of(found)}; all must use the same",
        )


@_rule(
    "node-properties",
    title="node range without, or with several, containers",
    fix="give each range exactly one of Container, EcsProperties and EksProperties",
    source="NodeRangeProperty.container, NodeRangeProperty.ecsProperties,"
    " NodeRangeProperty.eksProperties:"
    " one of them describes the nodes",
)
def node_properties(job: JobDefinition) -> Iterator[Fault]:
    """A node runs one thing."""
    for path, node in job.node_ranges:
        present = [key for key in ("Container", "EcsProperties", "EksProperties") if key in node]
        if not present:
            yield path, "the node range has none of Container, EcsProperties and EksProperties"
        elif len([key for key in present if given(node, key)]) > 1:
            yield path, f"the node range has {' and '.join(present)}; exactly one is allowed"


@_rule(
    "node-ranges-missing",
    title="multi-node job without node ranges",
    fix="give NodeRangeProperties an entry",
    source="NodeProperties.nodeRangeProperties: required",
)
def node_ranges_missing(job: JobDefinition) -> Iterator[Fault]:
    """Every node needs its properties."""
    nodes = job.properties.get("NodeProperties")
    written = isinstance(nodes, dict) and "NodeRangeProperties" in nodes
    if isinstance(nodes, dict) and written and absent(nodes, "NodeRangeProperties"):
        yield (
            "NodeProperties/NodeRangeProperties",
            "there is no node range; at least 1 is needed",
        )
