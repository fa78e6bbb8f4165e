"""How much runs on a compute environment, and what still fits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import instance_types
from batch_constructs.aws.compute_environment_facts import ResourceType
from batch_constructs.aws.job_queue_facts import TimeLimitReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batch_constructs.aws.instance_types import InstanceType


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
        memory_mib: the memory for jobs that comes with those vCPUs on its instances; None where
            nothing limits it (Fargate), or it is not known.
        types: the instances it may start; empty where there are none to choose, or not all known.
    """

    vcpus: float | None
    memory_mib: float | None
    types: tuple[InstanceType, ...] = ()

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Limits:
        """Read the limits from a compute environment's description."""
        resources = detail.get("computeResources")
        if resources is None:
            return cls(vcpus=None, memory_mib=None)
        vcpus = resources["maxvCpus"]
        if resources["type"] not in (ResourceType.EC2, ResourceType.SPOT):
            return cls(vcpus=vcpus, memory_mib=None)
        types = _known(resources.get("instanceTypes", ()))
        a_vcpu = max(((one.job_memory_mib or 0) / (one.vcpus or 1) for one in types), default=None)
        memory = None if a_vcpu is None else vcpus * a_vcpu
        return cls(vcpus=vcpus, memory_mib=memory, types=types)

    def problem(self, need: Requirement) -> str | None:
        """Say why a job never fits here, in AWS Batch's words; None where it can."""
        if self.vcpus is not None and need.vcpus > self.vcpus:
            return (
                f"{TimeLimitReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE} - CE(s) associated with the "
                "job queue cannot meet the CPU requirement of the job."
            )
        if self.types and not any(_holds(type_, need) for type_ in self.types):
            return (
                f"{TimeLimitReason.JOB_RESOURCE_REQUIREMENT} - The job resource requirement "
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
    staying: list[tuple[float, float]] = field(default_factory=list)
    """Until when how many vCPUs stay that jobs gave back."""

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

    def held_vcpus(self, now: float) -> float:
        """Return the vCPUs of the instances there are: in use, or not yet scaled down."""
        self.staying = [one for one in self.staying if one[0] > now]
        return self.vcpus + sum(vcpus for _, vcpus in self.staying)

    def release(self, need: Requirement) -> None:
        """Count a job out."""
        self.vcpus -= need.vcpus
        self.memory_mib -= need.memory_mib
        self.jobs -= 1


def _known(names: Iterable[str]) -> tuple[InstanceType, ...]:
    """Return the instance types that names stand for; none at all where one is not known."""
    found = [instance_types.expand(name) for name in names]
    types = [type_ for each in found for type_ in each or ()]
    unknown = None in found or any(None in (one.vcpus, one.memory_mib) for one in types)
    return () if unknown else tuple(types)


def _holds(type_: InstanceType, need: Requirement) -> bool:
    return type_.holds(
        vcpus=need.vcpus / need.instances,
        memory=need.memory_mib / need.instances,
        gpus=need.gpus / need.instances,
    )
