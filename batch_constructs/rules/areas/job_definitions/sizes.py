"""Rules about vCPUs, memory and GPUs of a job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import in_containers, job_limit, job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import (
    UNKNOWN,
    entries,
    given,
    listing,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import Container, JobDefinition

AREA: Final = "job_definitions.sizes"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)

FARGATE_SIZES: Final[dict[float, tuple[int, ...]]] = {
    0.25: (512, 1024, 2048),
    0.5: (1024, 2048, 3072, 4096),
    1: tuple(range(2048, 8192 + 1, 1024)),
    2: tuple(range(4096, 16384 + 1, 1024)),
    4: tuple(range(8192, 30720 + 1, 1024)),
    8: tuple(range(16384, 61440 + 1, 4096)),
    16: tuple(range(32768, 122880 + 1, 8192)),
    32: (61440, 122880, 249856),
}
"""vCPUs → the memory that goes with them on Fargate, in MiB (ResourceRequirement.value)."""

_SMALLEST_MEMORY: Final = 4

_limit(
    id="resource-requirement-type",
    where=in_containers("ResourceRequirements/*"),
    key="Type",
    noun="the type of a resource requirement",
    title="unknown resource requirement",
    source="ResourceRequirement.type: GPU, MEMORY or VCPU",
    why="Batch places jobs by these three.",
).one_of(("GPU", "MEMORY", "VCPU"))


def _values(container: Container, type: str) -> Iterator[tuple[str, object]]:
    for position, entry in entries(container.properties, "ResourceRequirements"):
        if text(entry, "Type") == type:
            path = f"{container.path}/ResourceRequirements/{position}/Value"
            yield path, entry.get("Value", UNKNOWN)


@_rule(
    "resource-requirement-twice",
    title="resource requirement given twice",
    fix="give each type once",
    source="ContainerProperties.resourceRequirements, TaskContainerProperties.resourceRequirements:"
    " one entry for each of GPU, MEMORY and VCPU",
)
def resource_requirement_twice(job: JobDefinition) -> Iterator[Fault]:
    """Which of the two would count is not defined."""
    for container in job.containers:
        seen: set[str] = set()
        for position, entry in entries(container.properties, "ResourceRequirements"):
            kind = text(entry, "Type")
            if kind in seen:
                yield (
                    f"{container.path}/ResourceRequirements/{position}",
                    f"{show(kind)} is required twice",
                )
            if kind:
                seen.add(kind)


@_rule(
    "resource-requirement-missing",
    title="job without vCPUs or memory",
    fix="give ResourceRequirements a VCPU and a MEMORY entry",
    source='ResourceRequirement.value: "You must specify at least 4 MiB of memory for a job. This'
    " is"
    ' required"; the same for VCPU',
)
def resource_requirement_missing(job: JobDefinition) -> Iterator[Fault]:
    """Batch cannot place a job whose size it does not know."""
    for container in job.containers:
        properties = container.properties
        if not container.names_every_requirement:
            continue
        wanted = listing(properties, "ResourceRequirements") or ()
        kinds = {entry.get("Type") for entry in wanted if isinstance(entry, dict)}
        for kind, legacy in (("VCPU", "Vcpus"), ("MEMORY", "Memory")):
            if kind not in kinds and legacy not in properties:
                yield f"{container.path}/ResourceRequirements", f"no {kind} requirement is given"


@_rule(
    "memory-minimum",
    title="less memory than a job needs",
    fix="give the memory in MiB, at least 4",
    source='ResourceRequirement.value: "You must specify at least 4 MiB of memory for a job.";'
    " ContainerProperties.memory",
)
def memory_minimum(job: JobDefinition) -> Iterator[Fault]:
    """The unit is MiB, not GiB."""
    for container in job.containers:
        if container.task.platform == "FARGATE":
            continue
        values = [*_values(container, "MEMORY")]
        if "Memory" in container.properties:
            values.append((f"{container.path}/Memory", container.properties["Memory"]))
        for path, value in values:
            got = number({"": value}, "")
            if isinstance(value, str) and got is None:
                yield path, f'the memory is "{show(value)}"; allowed are whole numbers of MiB'
            elif got is not None and (got < _SMALLEST_MEMORY or got != int(got)):
                yield path, f"the memory is {show(got)} MiB; allowed are whole numbers from 4"


@_rule(
    "vcpu-minimum",
    title="less than one vCPU on EC2",
    fix="give whole vCPUs, at least 1",
    source='ResourceRequirement.value: "For Amazon EC2 resources, you must specify at least one'
    ' vCPU."; ContainerProperties.vcpus',
)
def vcpu_minimum(job: JobDefinition) -> Iterator[Fault]:
    """Parts of a vCPU are for Fargate and EKS."""
    for container in job.containers:
        if container.task.platform != "EC2":
            continue
        values = [*_values(container, "VCPU")]
        if "Vcpus" in container.properties:
            values.append((f"{container.path}/Vcpus", container.properties["Vcpus"]))
        for path, value in values:
            got = number({"": value}, "")
            if isinstance(value, str) and got is None:
                yield path, f'the vCPUs are "{show(value)}"; allowed are whole numbers from 1'
            elif got is not None and (got < 1 or not _is_whole(value)):
                yield path, f"the vCPUs are {show(value)}; on EC2 whole numbers from 1 are allowed"


def _is_whole(value: object) -> bool:
    """Tell whether a number is written as a whole one: EC2 jobs refuse "1.0"."""
    return value.isdigit() if isinstance(value, str) else value == int(value)  # type: ignore[call-overload]


@_rule(
    "gpu-count",
    title="GPUs that are no whole number",
    fix="give a whole number of GPUs, at least 1, or leave the requirement out",
    source='ResourceRequirement.value: "The number of physical GPUs to reserve for the container."',
)
def gpu_count(job: JobDefinition) -> Iterator[Fault]:
    """GPUs are not divided."""
    for container in job.containers:
        for path, value in _values(container, "GPU"):
            got = number({"": value}, "")
            if isinstance(value, str) and got is None:
                yield path, f'the GPUs are "{show(value)}"; allowed are whole numbers from 1'
            elif got is not None and (got < 1 or got != int(got)):
                yield path, f"the GPUs are {show(got)}; allowed are whole numbers from 1"


@_rule(
    "fargate-gpu",
    title="GPU on Fargate",
    fix="run the job on EC2",
    source="ResourceRequirement.value: \"GPUs aren't available for jobs that are running on Fargate"
    ' resources."',
)
def fargate_gpu(job: JobDefinition) -> Iterator[Fault]:
    """Fargate has no GPUs."""
    for container in job.containers:
        if container.task.platform == "FARGATE":
            for path, _ in _values(container, "GPU"):
                yield path, "a GPU is required, and Fargate has none"


@_rule(
    "fargate-legacy-size",
    title="deprecated vCPU and memory fields on Fargate",
    fix="use ResourceRequirements",
    source="ContainerProperties.vcpus, ContainerProperties.memory: \"It's not supported for jobs"
    ' running on Fargate resources."',
)
def fargate_legacy_size(job: JobDefinition) -> Iterator[Fault]:
    """Batch answers *vcpus is not applicable for Fargate. Use resource requirements instead*."""
    for container in job.containers:
        if container.task.platform == "FARGATE":
            for key in ("Vcpus", "Memory"):
                if given(container.properties, key):
                    yield f"{container.path}/{key}", f"{key} is given, which Fargate does not take"


@_rule(
    "fargate-size",
    title="vCPUs and memory that Fargate does not offer together",
    fix="choose a memory that goes with the vCPUs",
    source='ResourceRequirement.value: "must match one of the supported values and the VCPU values'
    ' must be one of the values supported for that memory value"',
)
def fargate_size(job: JobDefinition) -> Iterator[Fault]:
    """Fargate offers fixed pairs. The memory is in MiB."""
    for task in job.tasks:
        containers = task.containers
        if task.platform != "FARGATE" or len(containers) != 1:
            continue
        vcpu = next(_values(containers[0], "VCPU"), None)
        memory = next(_values(containers[0], "MEMORY"), None)
        vcpus = None if vcpu is None else number({"": vcpu[1]}, "")
        mib = None if memory is None else number({"": memory[1]}, "")
        if vcpu is not None and isinstance(vcpu[1], str) and vcpus is None:
            yield vcpu[0], _not_vcpus(vcpu[1]), _VCPUS_FIX
        if memory is not None and isinstance(memory[1], str) and mib is None:
            yield memory[0], f'the memory is "{show(memory[1])}"; allowed are numbers of MiB'
        if vcpu is not None and vcpus is not None and vcpus not in FARGATE_SIZES:
            yield vcpu[0], _not_vcpus(vcpus), _VCPUS_FIX
        elif memory is not None and mib is not None:
            yield from _memory_fault(memory[0], vcpus, mib)


_VCPUS_FIX: Final = f"set VCPU to {one_of(FARGATE_SIZES)}"


def _not_vcpus(got: object) -> str:
    return f"the vCPUs are {show(got)}; on Fargate {one_of(FARGATE_SIZES)} are allowed"


def _memory_fault(path: str, vcpus: float | None, mib: float) -> Iterator[Fault]:
    if vcpus is None:
        if not any(mib in sizes for sizes in FARGATE_SIZES.values()):
            yield path, f"the memory is {show(mib)} MiB, which Fargate offers with no vCPU count"
        return
    sizes = FARGATE_SIZES[vcpus]
    if mib not in sizes:
        nearest = min(sizes, key=lambda size: (abs(size - mib), size))
        yield (
            path,
            (
                f"the memory is {show(mib)} MiB; with {vcpus} vCPU Fargate allows {_written(sizes)}"
                " MiB"
            ),
            f"set MEMORY to {nearest}, or change the vCPUs",
        )


_SPELLED_OUT: Final = 8


def _written(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= _SPELLED_OUT:
        return one_of(sizes)
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


_WINDOWS_VCPUS: Final = (1, 2, 4)


@_rule(
    "windows-size",
    title="vCPUs that Fargate does not offer for Windows",
    fix="set VCPU to 1, 2 or 4",
    source="Amazon ECS, Task definition parameters for Fargate, Task size: 1, 2 and 4 vCPU are for"
    ' Linux and Windows, the others for Linux; "For Windows containers on Fargate, the value cannot'
    ' be less than 1 vCPU"; ResourceRequirement.value',
)
def windows_size(job: JobDefinition) -> Iterator[Fault]:
    """The smallest and the largest sizes are for Linux."""
    for task in job.tasks:
        if task.platform != "FARGATE" or not task.is_windows or len(task.containers) != 1:
            continue
        for path, value in _values(task.containers[0], "VCPU"):
            got = number({"": value}, "")
            if got in FARGATE_SIZES and got not in _WINDOWS_VCPUS:
                allowed = one_of(_WINDOWS_VCPUS)
                yield path, f"the vCPUs are {show(got)}; for Windows {allowed} are allowed"


@_rule(
    "legacy-size-and-requirements",
    severity=Severity.WARNING,
    title="vCPUs or memory said in two ways",
    fix="keep ResourceRequirements",
    source='ContainerProperties.vcpus: "This parameter is deprecated, use resourceRequirements"',
)
def legacy_size_and_requirements(job: JobDefinition) -> Iterator[Fault]:
    """The two disagree sooner or later."""
    for container in job.containers:
        if container.task.platform == "FARGATE":
            continue
        for kind, legacy in (("VCPU", "Vcpus"), ("MEMORY", "Memory")):
            old = number(container.properties, legacy)
            for _, value in _values(container, kind):
                new = number({"": value}, "")
                if old is not None and new is not None and old != new:
                    yield (
                        f"{container.path}/{legacy}",
                        f"{legacy} is {old}, and the {kind} requirement is {new}",
                    )
