"""Rules about what only the whole template shows: a job on the queues that it can be sent to.

Where a rule, schedule, pipe or state machine of the template submits the job, it is looked at on
that queue. Where nothing does, every queue of the template may be meant, and only a job that fits
none of them is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from batch_constructs.aws import instance_types
from batch_constructs.aws.compute_environment_facts import ResourceType
from batch_constructs.aws.container_facts import SIZES, SizeType
from batch_constructs.aws.job_definition_facts import NODE_COUNT, CpuArchitecture
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.platforms import KINDS, PLATFORM_CAPABILITY_SOURCE, PlatformCapability
from batch_constructs.aws.source import api, guide
from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.areas.multi_node_rules import node_span
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JOB_QUEUE,
    ComputeEnvironment,
    JobDefinition,
    JobQueue,
    Task,
)
from batch_constructs.rules.template.submitted_jobs import submissions_of
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Text,
    mapping,
    number,
    show,
    text,
)
from batch_constructs.rules.template.whole import are_too_many

_rule = partial(rule, subject=JOB_DEFINITION, severity=Severity.WARNING)

Problem = Callable[[JobQueue], str | None]


def _wired(job: JobDefinition) -> list[JobQueue]:
    """Give the queues that the template itself sends a job to."""
    found = submissions_of(job)
    if not found:  # as of most
        return []
    queues = (submission.queue for submission in found)
    return list({queue.id: queue for queue in queues if queue is not None}.values())


def _unwired(job: JobDefinition) -> Iterator[JobQueue]:
    """Give all queues of the template, unless all of its jobs on all of them are too many."""
    ids = job.template.ids
    queues = ids.get(JOB_QUEUE, ())
    if are_too_many(jobs=len(ids[JOB_DEFINITION]), queues=len(queues)):
        return
    for id_ in queues:
        queue = job.template.get(id_)
        if isinstance(queue, JobQueue):
            yield queue


def on_queues(
    job: JobDefinition, problem: Problem, path: str = "", *, of_its_platform: bool = True
) -> Iterator[Fault]:
    """Report what is wrong on a wired queue, or on every queue of the template."""
    wired = _wired(job)
    for queue in wired:
        message = problem(queue)
        if message:
            yield path, f"{message} (queue {queue.id})"
    if wired:
        return
    found: list[tuple[JobQueue, str]] = []
    for queue in _unwired(job):
        if of_its_platform and _everywhere(queue, partial(_mismatch, job)):
            continue
        message = problem(queue)
        if not message:
            return  # it may be meant for this one
        found.append((queue, message))
    if found:
        queue, message = found[0]
        where = f"queue {queue.id}" if len(found) == 1 else "every queue of the template"
        yield path, f"{message} ({where})"


def on_environments(
    job: JobDefinition, problem: Callable[[ComputeEnvironment], str | None], path: str = ""
) -> Iterator[Fault]:
    """Report what is wrong in every environment of a queue that the job can be sent to."""
    yield from on_queues(job, partial(_everywhere, problem=problem), path)


def _everywhere(queue: JobQueue, problem: Callable[[ComputeEnvironment], str | None]) -> str | None:
    """Say what is wrong in every environment of a queue, if all of them are known."""
    if not queue.is_known_in_full:
        return None
    queue.template.count(len(queue.environments))
    found = [problem(environment) for environment in queue.environments]
    return found[0] if found and all(found) else None


@_rule(
    "job-platform",
    title="job on a queue of another platform",
    fix="set PlatformCapabilities to what the queue offers, or send the job to another queue",
    source=PLATFORM_CAPABILITY_SOURCE,
)
def job_platform(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the submission: a Fargate job needs Fargate, an EKS job a cluster."""
    path = "EksProperties" if "EksProperties" in job.properties else "PlatformCapabilities"
    if not _wired(job):  # what the template submits is looked at there
        yield from on_queues(job, partial(platform_mismatch, job), path, of_its_platform=False)


def platform_mismatch(job: JobDefinition, queue: JobQueue) -> str | None:
    """Say that every environment of a queue is of another platform than a job."""
    return _everywhere(queue, partial(_mismatch, job))


def _mismatch(job: JobDefinition, environment: ComputeEnvironment) -> str | None:
    wanted, offered = job.platform, environment.platform
    if wanted is None or offered is None or offered == wanted:
        return None
    return f"the job is for {KINDS.get(wanted, wanted)}, the queue offers {KINDS[offered]}"


@_rule(
    "job-vcpus-over-maximum",
    title="job that needs more vCPUs than its environments can have",
    fix="raise MaxvCpus, or lower the vCPUs of the job",
    source=guide(
        "troubleshooting",
        "Jobs stuck in RUNNABLE: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE;"
        " ComputeResource.maxvCpus",
    ),
)
def job_vcpus_over_maximum(job: JobDefinition) -> Iterator[Fault]:
    """It stays RUNNABLE indefinitely and blocks the jobs behind it."""
    needed = _vcpus(job)
    if needed is None:
        return

    def problem(environment: ComputeEnvironment) -> str | None:
        most = environment.max_vcpus
        if most is None or needed <= most:
            return None
        return (
            f"the job needs {show(needed)} vCPUs, but its environments can have only {show(most)}"
        )

    yield from on_environments(job, problem)


def _vcpus(job: JobDefinition) -> float | None:
    """Give the vCPUs that the whole job needs at once."""
    if not job.is_multi_node:
        return job.tasks[0].requires(SizeType.VCPU) if len(job.tasks) == 1 else None
    total = number(mapping(job.properties, "NodeProperties"), "NumNodes")
    if total is None or not NODE_COUNT.admits(total):
        return None
    needed: dict[int, float] = {}
    for task in job.tasks:
        written = text(task.node or {}, "TargetNodes")
        span = node_span(written, total) if written is not None else None
        vcpus = task.requires(SizeType.VCPU)
        if span is None or vcpus is None:
            return None
        needed |= dict.fromkeys(range(span[0], min(span[1] + 1, int(total))), vcpus)
    return sum(needed.values()) if len(needed) == total else None


def _fits(task: Task, type_: instance_types.InstanceType) -> bool:
    """Tell whether a task may fit an instance type, as far as both are known."""
    vcpus, memory, gpus = (task.requires(kind) for kind in SIZES)
    return type_.holds(vcpus=vcpus, memory=memory, gpus=gpus)


@_rule(
    "job-instance-fit",
    title="job that fits no instance type of its queue",
    fix="allow larger instance types, or request less for the job",
    source=guide(
        "memory-management",
        "An instance registers less memory than it has. A job that fits no instance of "
        "ComputeResource.instanceTypes is stuck with "
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT.",
    ),
)
def job_instance_fit(job: JobDefinition) -> Iterator[Fault]:
    """The agent and the kernel need some memory, so a job that requests all of it never fits."""
    if job.platform != PlatformCapability.EC2:
        return
    for task in job.tasks:

        def problem(environment: ComputeEnvironment, task: Task = task) -> str | None:
            if not environment.is_ec2:
                return None
            offered = environment.offered
            if offered is None or any(_fits(task, type_) for type_ in offered):
                return None
            return _misfit(task, environment, offered)

        yield from on_environments(job, problem, task.path)


def _misfit(
    task: Task, environment: ComputeEnvironment, offered: list[instance_types.InstanceType]
) -> str:
    vcpus, memory, gpus = (task.requires(kind) for kind in SIZES)
    wanted = [f"{show(vcpus)} vCPUs"] if vcpus is not None else []
    wanted += [f"{show(memory)} MiB"] if memory is not None else []
    wanted += [f"{show(gpus)} GPUs"] if gpus else []
    if gpus and not any(one.gpus for one in offered):
        return f"the job requests {', '.join(wanted)}, but {environment.id} has no GPU instances"
    largest = max(offered, key=lambda one: (one.gpus or 0 if gpus else 0, one.memory_mib or 0))
    sold = f"{largest.vcpus} vCPUs, {largest.memory_mib} MiB (less what the agent keeps)"
    if gpus:
        sold += f", {largest.gpus} GPUs"
    return (
        f"the job requests {', '.join(wanted)}, which fits no instance type of "
        f"{environment.id}; the largest, {largest.name}, has {sold}"
    )


@_rule(
    "job-gpu-queue",
    title="GPU job on a queue without GPU instances",
    fix="add an environment with GPU instances, such as g5 or g6",
    source=api(
        "ResourceRequirement.value",
        "\"Make sure that the number of GPUs reserved for all containers in a job doesn't exceed"
        ' the number of available GPUs on the compute resource that the job is launched on."'
        " ComputeResource.instanceTypes says which.",
    ),
)
def job_gpu_queue(job: JobDefinition) -> Iterator[Fault]:
    """It stays RUNNABLE indefinitely."""
    for task in job.tasks:
        gpus = task.requires(SizeType.GPU)
        if not gpus or task.platform not in (PlatformCapability.EC2, None):
            continue

        def problem(environment: ComputeEnvironment) -> str | None:
            if not environment.is_ec2 or not environment.instance_types:
                return None
            if environment.offered is not None:
                return None
            if all(_has_no_gpu(name) for name in environment.instance_types):
                return f"the job needs a GPU, but {environment.id} has no GPU instances"
            return None

        yield from on_environments(job, problem, task.path)


def _has_no_gpu(name: str) -> bool:
    types = instance_types.expand(name)
    return types is not None and all(type_.gpus == 0 for type_ in types)


_ARM_IMAGE: Final = pattern(r"(^|/)arm64v8/|[:._-](arm64|aarch64)\b", re.IGNORECASE)
_X86_IMAGE: Final = pattern(r"(^|/)amd64/|[:._-](amd64|x86[_-]64)\b", re.IGNORECASE)


def _asked(task: Task) -> tuple[str, str] | None:
    """Give the architecture that a task is built for, and where that is said."""
    if task.architecture is not None:
        return task.architecture, "RuntimePlatform"
    for container in task.containers:
        image = container.properties.get("Image")
        literal = image.pattern if isinstance(image, Text) else image
        if isinstance(literal, str) and "64" in literal:
            if _ARM_IMAGE.search(literal):
                return CpuArchitecture.ARM64, "Image"
            if _X86_IMAGE.search(literal):
                return CpuArchitecture.X86_64, "Image"
    return None


@_rule(
    "job-architecture",
    title="job for a different architecture than its queue's",
    fix="build the image for the architecture of the queue, or send the job to another queue",
    source=api(
        "ContainerProperties.image",
        '"Docker image architecture must match the processor architecture of the compute resources'
        " that they're scheduled on.\"; RuntimePlatform.cpuArchitecture",
    ),
)
def job_architecture(job: JobDefinition) -> Iterator[Fault]:
    """The program ends at once with *exec format error*."""
    for task in job.tasks:
        asked = _asked(task)
        if asked is None:
            continue
        wanted, where = asked
        if task.on_fargate:
            image_only = where == "Image"
            if image_only and wanted == CpuArchitecture.ARM64 and not _unknown_runtime(task):
                yield (
                    f"{task.path}/Image",
                    "the image is for ARM64, but the job runs on X86_64 (default)",
                )
            continue

        def problem(environment: ComputeEnvironment, wanted: str = wanted) -> str | None:
            offered = environment.architecture
            if offered is None or offered == wanted:
                return None
            return f"the job is for {wanted}, but the instances of {environment.id} are {offered}"

        yield from on_environments(job, problem, f"{task.path}/{where}")


def _unknown_runtime(task: Task) -> bool:
    runtime = task.properties.get("RuntimePlatform", {})
    return runtime is UNKNOWN or (
        isinstance(runtime, dict) and runtime.get("CpuArchitecture") is UNKNOWN
    )


@_rule(
    "windows-fargate-spot",
    title="Windows job on Fargate Spot only",
    fix="add a FARGATE environment to the queue",
    source=api(
        "RuntimePlatform.operatingSystemFamily",
        '"A job queue will be blocked if a Windows job is submitted to a job queue with only'
        ' Fargate Spot compute environments."',
    ),
)
def windows_fargate_spot(job: JobDefinition) -> Iterator[Fault]:
    """The job blocks the queue."""
    for task in job.tasks:
        if not task.is_windows:
            continue

        def problem(environment: ComputeEnvironment) -> str | None:
            if environment.kind == ResourceType.FARGATE_SPOT:
                return "a Windows job does not run on Fargate Spot, and the queue has nothing else"
            return None

        path = f"{task.path}/RuntimePlatform/OperatingSystemFamily"
        yield from on_environments(job, problem, path)


@_rule(
    "priority-on-fifo-queue",
    title="scheduling priority on a FIFO queue",
    fix="give the queue a fair-share policy, or leave SchedulingPriority out",
    source=api(
        "RegisterJobDefinitionRequest.schedulingPriority",
        '"This only affects jobs in job queues with a fair-share policy."',
    ),
)
def priority_on_fifo_queue(job: JobDefinition) -> Iterator[Fault]:
    """Urgent jobs wait like any other, without any message."""
    got = number(job.properties, "SchedulingPriority")
    if not got:
        return

    def problem(queue: JobQueue) -> str | None:
        if queue.is_fifo:
            return f"the scheduling priority {show(got)} has no effect on a FIFO queue"
        return None

    yield from on_queues(job, problem, "SchedulingPriority")
