"""Nodes of multi-node parallel jobs: which containers each one runs.

See https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import container_variables as variables
from batch_constructs.local.batch.service_errors import client_error, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.store import Document


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of a multi-node parallel job.

    Args:
        index: its index, from 0.
        main_index: the index of the main node, whose end is the end of the job.
        count: how many nodes there are.
    """

    index: int
    main_index: int
    count: int

    @property
    def main(self) -> bool:
        """Whether it is the main node."""
        return self.index == self.main_index

    def variables(self) -> dict[str, str]:
        """Return what AWS Batch adds to its environment; all nodes are on this machine."""
        found = {
            variables.NODE_INDEX: str(self.index),
            variables.MAIN_NODE_INDEX: str(self.main_index),
            variables.NODES: str(self.count),
        }
        if not self.main:
            found[variables.MAIN_NODE_ADDRESS] = "127.0.0.1"
        return found


def node_id(job_id: str, index: int) -> str:
    """Return the job ID by which a node is described."""
    return f"{job_id}#{index}"


def submitted_nodes(
    properties: Document,
    overrides: Mapping[str, Any],
    override: Callable[[Document, Mapping[str, Any]], Document],
) -> Document:
    """Apply ``nodeOverrides`` to ``nodeProperties``.

    Args:
        properties: of the job definition.
        overrides: of the submission.
        override: applies what is overridden of a range to it, and returns what has changed.

    Raises:
        ServiceError: a range is unknown, or a node is in none.
    """
    by_target = {item["targetNodes"]: item for item in overrides.get("nodePropertyOverrides", ())}
    groups = []
    for group in properties["nodeRangeProperties"]:
        changed = override(group, by_target.pop(group["targetNodes"], {}))
        groups.append({**group, **changed})
    if by_target:
        raise client_error(f"nodeOverrides names unknown node ranges: {', '.join(by_target)}")
    found: Document = {
        "numNodes": overrides.get("numNodes", properties["numNodes"]),
        "mainNode": properties["mainNode"],
        "nodeRangeProperties": groups,
    }
    if "numNodes" in overrides:
        refuse(_check_number(found))
    missing = [index for index, group in enumerate(node_groups(found)) if group is None]
    if missing:
        raise client_error(f"no node range covers the nodes {missing}")
    return found


def _check_number(properties: Document) -> list[str]:
    """List what AWS Batch wants of a definition whose number of nodes a submission overrides."""
    number, main = properties["numNodes"], properties["mainNode"]
    targets = [group["targetNodes"] for group in properties["nodeRangeProperties"]]
    problems = [
        f"nodeOverrides.numNodes is {number}; allowed: more than {first}, the {what}"
        for first, what in [
            (main, "main node"),
            *((_first(target), f"lower boundary of the nodes {target}") for target in targets),
        ]
        if first >= number
    ]
    if not any(target.endswith(":") for target in targets):
        problems.append(
            f"nodeOverrides.numNodes is {number}, but no node range of the definition has an open "
            f"upper boundary, such as {_first(targets[-1])}:"
        )
    return problems


def _first(target: str) -> int:
    first = target.partition(":")[0]
    return int(first) if first else 0


def node_groups(properties: Mapping[str, Any]) -> list[Document | None]:
    """Return the group of each node: the narrowest range that it is in; None for no range."""
    count = properties["numNodes"]
    groups: list[Document | None] = [None] * count
    ranges = [
        (_indexes(group["targetNodes"], count), group)
        for group in properties["nodeRangeProperties"]
    ]
    for indexes, group in sorted(ranges, key=lambda item: -len(item[0])):
        for index in indexes:
            groups[index] = group
    return groups


def _indexes(target: str, count: int) -> range:
    first, colon, last = target.partition(":")
    try:
        begin = int(first) if first else 0
        end = (int(last) if last else count - 1) if colon else begin
    except ValueError:
        raise client_error(f"targetNodes must be like 0:3, got {target!r}") from None
    return range(begin, min(end, count - 1) + 1)
