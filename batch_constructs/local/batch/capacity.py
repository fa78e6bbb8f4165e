"""How much runs on a compute environment, and what still fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch.instance_types import InstanceSize, instance_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What a job needs.

    Args:
        vcpus: vCPUs; fractions on Fargate.
        memory_mib: memory in MiB.
        gpus: GPUs.
        instances: on how many instances it runs, about evenly.
    """

    vcpus: float
    memory_mib: int
    gpus: int = 0
    instances: int = 1


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a compute environment can hold.

    Args:
        vcpus: ``maxvCpus``; None where nothing limits it (an unmanaged environment).
        memory_mib: the memory that comes with those vCPUs on its instances; None where nothing
            limits it (Fargate).
        sizes: the instances it may start; empty where there are none to choose.
    """

    vcpus: float | None
    memory_mib: int | None
    sizes: tuple[InstanceSize, ...] = ()

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Limits:
        """Read the limits from a compute environment's description."""
        resources = detail.get("computeResources")
        if resources is None:
            return cls(vcpus=None, memory_mib=None)
        vcpus = resources["maxvCpus"]
        if resources["type"] not in ("EC2", "SPOT"):
            return cls(vcpus=vcpus, memory_mib=None)
        sizes = instance_sizes(resources.get("instanceTypes", ()))
        return cls(
            vcpus=vcpus,
            memory_mib=vcpus * 1024 * max(size.gib_per_vcpu for size in sizes),
            sizes=sizes,
        )

    def problem(self, need: Requirement) -> str | None:
        """Say why a job never fits here, in AWS Batch's words; None where it can."""
        if self.vcpus is not None and need.vcpus > self.vcpus:
            return (
                "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job "
                "queue cannot meet the CPU requirement of the job."
            )
        if self.sizes and not any(_holds(size, need) for size in self.sizes):
            return (
                "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement "
                "(vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job "
                "queue."
            )
        return None


@dataclass(kw_only=True)
class Usage:
    """What runs on a compute environment now."""

    vcpus: float = 0
    memory_mib: int = 0
    jobs: int = 0

    def fits(self, need: Requirement, limits: Limits) -> bool:
        """Tell whether a job can start beside what runs."""
        return (limits.vcpus is None or self.vcpus + need.vcpus <= limits.vcpus) and (
            limits.memory_mib is None or self.memory_mib + need.memory_mib <= limits.memory_mib
        )

    def take(self, need: Requirement) -> None:
        """Count a job in."""
        self.vcpus += need.vcpus
        self.memory_mib += need.memory_mib
        self.jobs += 1

    def release(self, need: Requirement) -> None:
        """Count a job out."""
        self.vcpus -= need.vcpus
        self.memory_mib -= need.memory_mib
        self.jobs -= 1


def _holds(size: InstanceSize, need: Requirement) -> bool:
    return (
        need.vcpus <= size.vcpus * need.instances
        and need.memory_mib <= size.memory_mib * need.instances
        and (need.gpus == 0 or size.gpus)
    )
