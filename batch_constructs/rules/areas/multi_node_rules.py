"""Rules about multi-node parallel jobs."""

from __future__ import annotations

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of, shown
from batch_constructs.aws.job_definition_facts import NODE_COUNT
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.template.values import listing, mapping, number, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition

_RANGE: Final = pattern("([0-9]{0,9}):([0-9]{0,9})")
_INDEX: Final = pattern("[0-9]{1,9}")


@job_rule(
    "main-node",
    title="main node that does not exist",
    fix="set MainNode to an index from 0 to NumNodes - 1",
    source=api(
        "NodeProperties.mainNode", '"This node index value must be fewer than the number of nodes."'
    ),
)
def main_node(job: JobDefinition) -> Iterator[Fault]:
    """Nodes are counted from 0."""
    nodes = mapping(job.properties, "NodeProperties")
    main, total = number(nodes, "MainNode"), number(nodes, "NumNodes")
    if main is not None and (main < 0 or (total is not None and main >= total)):
        allowed = "0 or more" if total is None else f"0 to {total - 1}"
        yield "NodeProperties/MainNode", f"MainNode is {main}; allowed: {allowed}"


def node_span(written: str, total: float) -> tuple[int, int] | None:
    """Give the first and last index of a node range or a lone index, None if it is neither."""
    if _INDEX.fullmatch(written):
        return int(written), int(written)
    match = _RANGE.fullmatch(written)
    if not match or written == ":":
        return None
    first = int(match[1]) if match[1] else 0
    return first, int(match[2]) if match[2] else int(total) - 1


@job_rule(
    "node-range",
    title="malformed node range",
    fix="write TargetNodes as 0:3, :3, 4: or 0",
    source=api(
        "NodeRangeProperty.targetNodes",
        '"A range of 0:3 indicates nodes with index values of 0 through 3."',
    ),
)
def node_range(job: JobDefinition) -> Iterator[Fault]:
    """The last index is the number of nodes minus one."""
    total = number(mapping(job.properties, "NodeProperties"), "NumNodes")
    for path, node in job.node_ranges:
        written = text(node, "TargetNodes")
        if written is None:
            continue
        span = node_span(written, total or 1)
        if span is None:
            allowed = "ranges such as 0:3, :3 or 4:, or one index such as 0"
        elif total is not None and (span[1] >= total or span[0] > span[1]):
            allowed = f"indexes from 0 to {total - 1}"
        else:
            continue
        yield f"{path}/TargetNodes", f"TargetNodes is {shown(written)}; allowed: {allowed}"


@job_rule(
    "node-ranges-cover",
    title="node ranges that leave out nodes, or overlap",
    fix="cover every node from 0 to NumNodes - 1, and nest ranges or keep them apart",
    source=api(
        "NodeRangeProperty.targetNodes",
        '"Your accumulative node ranges must account for all nodes (0:n). You can nest node ranges'
        ' (for example, 0:10 and 4:5)."; NodeProperties.nodeRangeProperties.',
    ),
)
def node_ranges_cover(job: JobDefinition) -> Iterator[Fault]:
    """Exactly one range must set the properties of each node."""
    nodes = mapping(job.properties, "NodeProperties")
    total = number(nodes, "NumNodes")
    written = listing(nodes, "NodeRangeProperties")
    if total is None or not NODE_COUNT.admits(total) or not written:
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
    missing = [str(index) for index in range(int(total)) if index not in covered]
    if missing:
        left = show(", ".join(missing))
        yield "NodeProperties/NodeRangeProperties", f"no node range includes the nodes {left}"


@job_rule(
    "node-instance-types",
    title="node range with several instance types",
    fix="use one instance type, the same for all node ranges",
    source=api(
        "NodeRangeProperty.instanceTypes",
        '"In addition, this list object is currently limited to one element.";'
        " ContainerProperties.instanceType: all node groups in a multi-node parallel job must use"
        " the same instance type.",
    ),
)
def node_instance_types(job: JobDefinition) -> Iterator[Fault]:
    """All nodes of a job have the same instance type."""
    found: dict[str, str] = {}
    for path, node in job.node_ranges:
        names = listing(node, "InstanceTypes") or []
        if len(names) > 1:
            yield (
                f"{path}/InstanceTypes",
                f"there are {len(names)} instance types; only one is allowed",
            )
        container = mapping(node, "Container")
        for where, name in (
            *((f"{path}/InstanceTypes/{place}", name) for place, name in enumerate(names[:1])),
            (f"{path}/Container/InstanceType", container.get("InstanceType")),
        ):
            if not isinstance(name, str):
                continue
            if instance_types.is_impossible(name):
                yield where, f"there is no instance type {shown(name)}", "name one of EC2's types"
            found.setdefault(name, where)
    if len(found) > 1:
        yield (
            next(reversed(found.values())),
            f"the node ranges use the instance types {one_of(found)}; all must use the same",
        )
