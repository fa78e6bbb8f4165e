"""Rules about what is paid for and left unused: a job on the instances of its queue."""

from __future__ import annotations

from batch_constructs.aws import instance_prices
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.instance_types import MEMORY_SOURCE
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
)
from batch_constructs.rules.template.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.aws.instance_types import Packing
    from batch_constructs.rules.rule import Fault

_USED: Final = 2 / 3
"""Less than this of what an instance has least of, and more than a third is paid for in vain."""

_AS_MANY_LOOK_UPS: Final = 4
"""As long as to look other resources up does it take to see how jobs fit an instance."""

_Size = tuple[float, float, float]


@job_rule(
    "packing-waste",
    severity=Severity.INFO,
    title="job that leaves much of every instance of its queue unused",
    fix="request a little less, or allow instance types that fit (cheapest_instance_types)",
    source=MEMORY_SOURCE,
)
def packing_waste(job: JobDefinition) -> Iterator[Fault]:
    """A job of 9 GiB takes a whole instance of 16 GiB, because no second one fits.

    The finding names the best-filled type. It appears only if all types of the queue are known by
    name and no other job of the template fits into the rest.
    """
    if not job.template.ids.get(COMPUTE_ENVIRONMENT):
        return
    size = _size(job)
    if size is None or _others_may_fill(job):
        return

    def problem(environment: ComputeEnvironment) -> str | None:
        offered = environment.offered if environment.is_ec2 else None
        if not offered:
            return None
        environment.template.count(_AS_MANY_LOOK_UPS * len(offered))
        packed = [one.packed(vcpus=size[0], memory=size[1], gpus=size[2]) for one in offered]
        fitting = [one for one in packed if one is not None]
        if not fitting:
            return None  # job-instance-fit says so
        best = max(fitting, key=lambda one: one.used)
        return None if best.used >= _USED else _told(size, best)

    yield from on_environments(job, problem, job.tasks[0].path)


def _told(size: _Size, best: Packing) -> str:
    type_ = best.type_
    memory = type_.job_memory_mib
    assert memory is not None  # what packs is known  # noqa: S101
    vcpus, mebibytes, _ = size
    unused = round(100 * (1 - best.used))
    price = instance_prices.hourly(type_.name)
    money = ""
    if price is not None:
        money = (
            f", {price * (1 - best.used):.3f} of {price:.3f} USD an hour on demand "
            f"({instance_prices.region()}, {instance_prices.date()})"
        )
    return (
        f"{best.jobs} of these jobs ({show(vcpus)} vCPUs, {show(mebibytes)} MiB) run on a "
        f"{type_.name}, which has {type_.vcpus} vCPUs and {memory:.0f} MiB for jobs; you pay "
        f"for {unused} % of it without using it{money}; one more job fits with at most "
        f"{_one_more(best)}"
    )


def _one_more(best: Packing) -> str:
    type_, jobs = best.type_, best.jobs + 1
    return f"{(type_.vcpus or 0) // jobs} vCPUs and {int((type_.job_memory_mib or 0) // jobs)} MiB"


def _size(job: JobDefinition) -> _Size | None:
    """Give what a job of one task asks for, where all of it is known."""
    if job.platform != PlatformCapability.EC2 or job.is_multi_node or len(job.tasks) != 1:
        return None
    task = job.tasks[0]
    vcpus, memory = task.requires(SizeType.VCPU), task.requires(SizeType.MEMORY)
    if not vcpus or not memory:
        return None
    return vcpus, memory, task.requires(SizeType.GPU) or 0


def _others_may_fill(job: JobDefinition) -> bool:
    """Whether a smaller job of the template, or one whose size is not known, may run beside it."""
    known = job.template.memory.get(_SIZES)
    sizes = known if isinstance(known, list) else _sizes(job)
    job.template.memory[_SIZES] = sizes
    mine = _size(job)
    return mine is None or any(least < own for least, own in zip(sizes, mine, strict=False))


_SIZES: Final = "the least of what jobs on instances ask for"


def _sizes(job: JobDefinition) -> list[float]:
    """Give the fewest vCPUs and the least memory of the template's jobs; 0 where one is unknown."""
    sizes = [
        _size(other) or (0, 0, 0)
        for other in job.template.all(JOB_DEFINITION)
        if isinstance(other, JobDefinition)
        and other.platform == PlatformCapability.EC2
        and not other.is_multi_node
    ]
    return [min(size[place] for size in sizes) for place in (0, 1)]
