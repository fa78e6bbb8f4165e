"""The cheapest instance types that fit: from the sizes of jobs to ``instance_types``.

https://docs.aws.amazon.com/batch/latest/userguide/instance-type-compute-table.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import instance_prices, instance_types
from batch_constructs.aws.bound import allowed, as_text, one_of, shown
from batch_constructs.aws.job_definition_facts import CpuArchitecture
from batch_constructs.aws.pattern import pattern
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Size

    from batch_constructs.aws.instance_types import InstanceType
    from batch_constructs.tokens import WholeNumber

_PLAIN: Final = pattern(r"[cmr][5-9][a-z]*")
_WITH_GPUS: Final = pattern(r"(g|gr|p)[4-9](?!ad)[a-z]*")
"""Families for work of any kind, of the generations that Amazon Linux 2023 runs on; G4ad has no
GPUs of NVIDIA."""

_NEARLY: Final = 1.05
"""A smaller size that costs no more than this beside the best is taken: it is idle for less."""


@dataclass(frozen=True, kw_only=True)
class JobSize:
    """The resources that one job requests.

    Attributes:
        vcpus: vCPUs.
        memory: Memory.
        gpus: GPUs. Default: none.
    """

    vcpus: float
    memory: Size
    gpus: WholeNumber = 0


def cheapest_instance_types(
    jobs: Sequence[JobSize],
    *,
    cpu_architecture: CpuArchitecture | str = CpuArchitecture.X86_64,
    at_most: int = 10,
) -> list[str]:
    """Return the instance types on which jobs cost the least, the cheapest first.

    The cost of a job is its part of an instance that runs as many jobs as fit. Each family is
    represented by the smallest size whose cost is within 5 % of the lowest. Every job fits on each
    type.

    Spot works best with several families, and ``BEST_FIT_PROGRESSIVE_ORDERED`` and
    ``SPOT_CAPACITY_OPTIMIZED_PRIORITIZED`` try them in this order. Prices are On-Demand prices in
    us-east-1, of the date in ``aws/instance_prices.json``. Burstable types, ``flex`` and bare metal
    are left out.

    Args:
        jobs: The sizes of the jobs that the environment runs.
        cpu_architecture: ``X86_64`` or ``ARM64``, that of the images.
        at_most: The maximum number of types.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: no job, a size that only CloudFormation knows, or one that no instance type
            holds.

    https://docs.aws.amazon.com/batch/latest/userguide/allocation-strategies.html
    """
    needs = _needs(jobs)
    if as_text(cpu_architecture) not in set(CpuArchitecture):
        raise ValueError(
            f"cpu_architecture is {shown(as_text(cpu_architecture))}; "
            f"{allowed(one_of([str(one) for one in CpuArchitecture]))}"
        )
    if isinstance(at_most, bool) or not isinstance(at_most, int) or at_most < 1:
        raise ValueError(f"at_most is {at_most!r}; allowed: whole numbers from 1")
    costs: dict[str, list[tuple[int, float, str]]] = {}
    for type_ in instance_types.known():
        family, _, size = type_.name.partition(".")
        wanted = _WITH_GPUS if any(need["gpus"] for need in needs) else _PLAIN
        if not wanted.fullmatch(family) or "metal" in size:
            continue
        if type_.architecture != as_text(cpu_architecture):
            continue
        cost = _cost(type_, needs)
        if cost is not None and type_.vcpus is not None:
            costs.setdefault(family, []).append((type_.vcpus, cost, type_.name))
    if not costs:
        raise ValueError(
            f"jobs: no instance type of {cpu_architecture} fits {_largest(needs)}: request less, "
            "or name the type yourself"
        )
    best = []
    for sizes in costs.values():
        least = min(cost for _, cost, _ in sizes)
        _, cost, name = min(one for one in sizes if one[1] <= least * _NEARLY)
        best.append((cost, name))
    return [name for _, name in sorted(best)][:at_most]


def _cost(type_: InstanceType, needs: Sequence[dict[str, float]]) -> float | None:
    """Reckon what an hour of one job each costs on a type; None where one does not fit."""
    price = instance_prices.hourly(type_.name)
    packed = [type_.packed(**need, surely=True) for need in needs]
    if price is None or type_.vcpus is None:
        return None
    total = 0.0
    for one in packed:
        if one is None:
            return None
        total += price / one.jobs
    return round(total, 6)


def _needs(jobs: Any) -> list[dict[str, float]]:
    if not isinstance(jobs, list | tuple):
        raise TypeError(f"jobs is {described(jobs)}; expected a list of JobSize(…)")
    if not jobs:
        raise ValueError("jobs is empty: give the JobSize of each kind of job")
    return [_need(place, job) for place, job in enumerate(jobs)]


def _need(place: int, job: Any) -> dict[str, float]:
    parameter = f"jobs[{place}]"
    if not isinstance(job, JobSize):
        raise TypeError(f"{parameter} is {described(job)}; expected JobSize(vcpus=2, memory=…)")
    if not has_member(job.memory, "to_mebibytes"):
        raise TypeError(
            f"{parameter}.memory is {described(job.memory)}; expected a Size such as "
            "Size.gibibytes(4)"
        )
    sizes: dict[str, Any] = {"vcpus": job.vcpus, "gpus": job.gpus}
    for name, value in sizes.items():
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known:
            raise TypeError(f"{parameter}.{name} is {described(value)}; expected a number")
        if is_token(value):
            raise ValueError(
                f"{parameter}.{name} is a token, which only CloudFormation knows; expected a number"
            )
        if not (0 <= value < math.inf):
            raise ValueError(f"{parameter}.{name} is {shown(value)}; allowed: numbers from 0")
    if job.memory.is_unresolved():
        raise ValueError(f"{parameter}.memory is a token; expected a size that is known")
    return {**sizes, "memory": job.memory.to_mebibytes()}


def _largest(needs: Sequence[dict[str, float]]) -> str:
    most = {name: max(need[name] for need in needs) for name in ("vcpus", "memory", "gpus")}
    gpus = f" and {most['gpus']:g} GPUs" if most["gpus"] else ""
    return f"{most['vcpus']:g} vCPUs, {most['memory']:.0f} MiB{gpus}"
