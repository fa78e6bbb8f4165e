"""What a job occupies while it runs: vCPUs, memory and GPUs, over all its containers and nodes."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.pod_facts import GPU

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MIB: Final = {
    "Ki": 1 / 1024,
    "Mi": 1,
    "Gi": 1024,
    "k": 1e3 / 1024 / 1024,
    "M": 1e6 / 1024 / 1024,
    "G": 1e9 / 1024 / 1024,
}
_LETTERS: Final = string.ascii_letters
_MIB_OF_PLAIN_BYTES: Final = 1 / 1024 / 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSize:
    """What a job occupies.

    Attributes:
        vcpus: its vCPUs.
        memory_mib: its memory.
        gpus: its GPUs.
    """

    vcpus: float = 0.0
    memory_mib: float = 0.0
    gpus: float = 0.0

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> JobSize:
        """Read the ``detail`` of an event, or a job of ``DescribeJobs``."""
        sizes = [(_size(container), nodes) for container, nodes in containers(detail)]
        return cls(
            vcpus=sum(size.vcpus * nodes for size, nodes in sizes),
            memory_mib=sum(size.memory_mib * nodes for size, nodes in sizes),
            gpus=sum(size.gpus * nodes for size, nodes in sizes),
        )


def containers(detail: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield the containers of a job, each with how many nodes run it."""
    if detail.get("container"):
        yield detail["container"], 1
    for task in (detail.get("ecsProperties") or {}).get("taskProperties") or ():
        for container in task.get("containers") or ():
            yield container, 1
    pod = (detail.get("eksProperties") or {}).get("podProperties") or {}
    for container in pod.get("containers") or ():
        yield container, 1
    node_properties = detail.get("nodeProperties") or {}
    for group in node_properties.get("nodeRangeProperties") or ():
        nodes = _nodes(group.get("targetNodes", ""), node_properties.get("numNodes", 1))
        for container, count in containers(group):
            yield container, count * nodes


def _nodes(target: str, total: int) -> int:
    """Count the nodes of a range such as ``0:3`` or ``4:``."""
    first, colon, last = target.partition(":")
    start = int(first or 0)
    if not colon:
        return 1
    return int(last or total - 1) - start + 1


def _size(container: Mapping[str, Any]) -> JobSize:
    required = {
        one.get("type"): one["value"] for one in container.get("resourceRequirements") or ()
    }
    kubernetes = container.get("resources") or {}
    asked = {**(kubernetes.get("requests") or {}), **(kubernetes.get("limits") or {})}
    return JobSize(
        vcpus=float(
            required.get(SizeType.VCPU) or _cpu(asked.get("cpu")) or container.get("vcpus") or 0
        ),
        memory_mib=float(
            required.get(SizeType.MEMORY)
            or _mib(asked.get("memory"))
            or container.get("memory")
            or 0
        ),
        gpus=float(required.get(SizeType.GPU) or asked.get(GPU) or 0),
    )


def _cpu(quantity: str | None) -> float:
    """Read a quantity of Kubernetes: ``500m`` or ``2``."""
    if quantity is None:
        return 0.0
    return float(quantity[:-1]) / 1000 if str(quantity).endswith("m") else float(quantity)


def _mib(quantity: str | None) -> float:
    """Read a quantity of Kubernetes: ``512Mi``, ``2Gi`` or bytes."""
    if quantity is None:
        return 0.0
    number = str(quantity).rstrip(_LETTERS)
    return float(number) * _MIB.get(str(quantity)[len(number) :], _MIB_OF_PLAIN_BYTES)
