"""Rules about vCPUs, memory and GPUs of a job."""

from __future__ import annotations

from batch_constructs.aws import container_facts, fargate_sizes
from batch_constructs.aws.bound import one_of, shown
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.source import api, probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.template.values import UNKNOWN, as_number, given, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition, Task


def _amounts(
    job: JobDefinition, type: SizeType, takes: Callable[[Task], bool] = lambda _: True
) -> Iterator[Fault]:
    """Hold what containers ask for to AWS's bound, in some tasks."""
    bound = container_facts.AMOUNTS[type]
    legacy = container_facts.LEGACY_SIZES.get(type, "")
    for container in job.containers:
        if not takes(container.task):
            continue
        values: list[tuple[str, str, object]] = [
            (path, type, value) for path, value in container.requirements(type)
        ]
        if legacy in container.properties:
            values.append((f"{container.path}/{legacy}", legacy, container.properties[legacy]))
        for path, key, value in values:
            got = as_number(value)
            # EC2 jobs refuse vCPUs that are written "1.0".
            spelt_out = type == SizeType.VCPU and isinstance(value, str) and not value.isdigit()
            if got is None and not isinstance(value, str):
                continue
            wrong = None if got is None or spelt_out else bound.wrong(got)
            if got is None or got % 1 or spelt_out:
                is_fraction = got is not None and got % 1
                written = shown(got if is_fraction else value)
                wrong = f"is {written}; allowed: whole numbers from {bound.low}"
            if wrong:
                yield path, f"{key} {wrong}"


@job_rule(
    "memory-minimum",
    title="less memory than a job needs",
    fix=f"give the memory in MiB, at least {container_facts.MEMORY_MIB.low}",
    source=container_facts.SIZE_SOURCE,
)
def memory_minimum(job: JobDefinition) -> Iterator[Fault]:
    """The unit is MiB, not GiB."""
    yield from _amounts(job, SizeType.MEMORY, lambda task: not task.on_fargate)


@job_rule(
    "vcpu-minimum",
    title="less than one vCPU on EC2",
    fix=f"give whole vCPUs, at least {container_facts.VCPUS.low}",
    source=container_facts.SIZE_SOURCE,
)
def vcpu_minimum(job: JobDefinition) -> Iterator[Fault]:
    """Fractions of a vCPU are for Fargate and EKS."""
    yield from _amounts(job, SizeType.VCPU, lambda task: task.platform == PlatformCapability.EC2)


@job_rule(
    "gpu-count",
    title="number of GPUs that is not a whole number",
    fix=f"give a whole number of GPUs, at least {container_facts.GPUS.low}",
    source=container_facts.SIZE_SOURCE,
)
def gpu_count(job: JobDefinition) -> Iterator[Fault]:
    """A GPU cannot be divided."""
    yield from _amounts(job, SizeType.GPU)


@job_rule(
    "resource-requirement-missing",
    title="job without vCPUs or memory",
    fix="add a VCPU and a MEMORY entry to ResourceRequirements",
    source=api(
        "ResourceRequirement.value",
        '"This is required but can be specified in several places"; both for MEMORY and VCPU.',
    ),
)
def resource_requirement_missing(job: JobDefinition) -> Iterator[Fault]:
    """Batch cannot place a job of unknown size."""
    for container in job.containers:
        properties = container.properties
        if not container.names_every_requirement:
            continue
        wanted = listing(properties, "ResourceRequirements") or ()
        kinds = {entry.get("Type") for entry in wanted if isinstance(entry, dict)}
        missing = [
            kind
            for kind, legacy in container_facts.LEGACY_SIZES.items()
            if kind not in kinds and properties.get(legacy) is None
        ]
        if missing:
            said = " and ".join(f"no {kind}" for kind in missing)
            yield f"{container.path}/ResourceRequirements", f"{said} requirement is given"


@job_rule(
    "fargate-size",
    title="vCPUs and memory that Fargate does not offer together",
    fix="choose a memory size that goes with the vCPUs",
    source=fargate_sizes.SOURCE,
)
def fargate_size(job: JobDefinition) -> Iterator[Fault]:
    """Fargate offers fixed combinations. The memory is in MiB."""
    for task in job.tasks:
        if not task.on_fargate:
            continue
        if len(task.containers) != 1:
            yield from _no_numbers(task)
            continue
        container = task.containers[0]
        vcpu_path, vcpu = next(iter(container.requirements(SizeType.VCPU)), ("", UNKNOWN))
        memory_path, memory = next(iter(container.requirements(SizeType.MEMORY)), ("", UNKNOWN))
        vcpus, mib = as_number(vcpu), as_number(memory)
        if isinstance(vcpu, str) or vcpus is not None:
            wrong = fargate_sizes.wrong_vcpus(vcpu if vcpus is None else vcpus)
            if wrong:
                vcpus = None
                yield vcpu_path, f"VCPU {wrong}", f"set VCPU to {one_of(fargate_sizes.MEMORY)}"
        if mib is None and isinstance(memory, str):
            yield memory_path, f"MEMORY is {shown(memory)}; allowed: numbers of MiB"
        wrong = None if mib is None else fargate_sizes.wrong_memory(mib, vcpus)
        if mib is not None and wrong:
            fix = () if vcpus is None else (_nearest(mib, vcpus),)
            yield (memory_path, f"MEMORY {wrong}", *fix)


def _no_numbers(task: Task) -> Iterator[Fault]:
    """Find sizes of several containers that are no numbers; what they may add up to is not told."""
    for container in task.containers:
        for kind in container_facts.LEGACY_SIZES:
            for path, value in container.requirements(kind):
                if isinstance(value, str) and as_number(value) is None:
                    yield path, f"{kind} is {shown(value)}; allowed: numbers"


def _nearest(mib: float, vcpus: float) -> str:
    return f"set MEMORY to {fargate_sizes.nearest_memory(mib, vcpus)} MiB, or change VCPU"


@job_rule(
    "windows-size",
    title="vCPUs that Fargate does not offer for Windows",
    fix=f"set VCPU to {one_of(fargate_sizes.WINDOWS_VCPUS)}",
    source=fargate_sizes.WINDOWS_SOURCE,
)
def windows_size(job: JobDefinition) -> Iterator[Fault]:
    """The smallest and the largest sizes are for Linux only."""
    for task in job.tasks:
        if not task.on_fargate or not task.is_windows or len(task.containers) != 1:
            continue
        for path, value in task.containers[0].requirements(SizeType.VCPU):
            got = as_number(value)
            wrong = fargate_sizes.wrong_vcpus(got, windows=True)
            if got in fargate_sizes.MEMORY and wrong:
                yield path, f"VCPU {wrong}"


@job_rule(
    "legacy-size-and-requirements",
    title="vCPUs or memory given in two ways",
    fix="keep the entry of ResourceRequirements",
    source=probed(
        "batch/pf-batch-jd-legacy-and-resource-requirements",
        "AWS Batch answers: Cannot use both ECS containerProperties vcpus and resourceRequirement"
        " VCPU.",
    ),
)
def legacy_size_and_requirements(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition, even where both are the same."""
    for container in job.containers:
        if container.task.on_fargate:
            continue
        for kind, legacy in container_facts.LEGACY_SIZES.items():
            if given(container.properties, legacy) and any(container.requirements(kind)):
                said = f"{legacy} is given, and so is a resource requirement of the type {kind}"
                yield f"{container.path}/{legacy}", said, f"leave {legacy} out"
