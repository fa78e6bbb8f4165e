"""Rules about job queues: their environments, their order, their time limits."""

from __future__ import annotations

from batch_constructs.aws.bound import OneOf, one_of
from batch_constructs.aws.job_definition_facts import CpuArchitecture
from batch_constructs.aws.job_queue_facts import (
    CONTAINER_JOBS,
    ORDER,
    QUEUE_KINDS,
    QUEUE_TYPES,
    SERVICE_JOBS,
    SERVICE_QUEUE_TYPE,
    QueueKind,
)
from batch_constructs.aws.platforms import KINDS
from batch_constructs.aws.resource_states import DISABLED_SOURCE, State
from batch_constructs.aws.source import api, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import queue_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.values import (
    Text,
    absent,
    count,
    entries,
    given,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobQueue


register("job_queues", area="job_queue")


def _kind(queue: JobQueue) -> QueueKind | None:
    """Tell which jobs a queue holds, by the environments that it has for sure."""
    return next((kind for kind in QUEUE_KINDS if given(queue.properties, kind.order)), None)


@queue_rule(
    "time-limit-action",
    title="time limit action that the queue does not support",
    fix="set Action to CANCEL (TERMINATE for a queue of service environments)",
    source=api(
        "JobStateTimeLimitAction.action",
        '"For job queues connected to a ECS, FARGATE or EKS compute environment, the only supported'
        " value is CANCEL … For job queues connected to a SAGEMAKER_TRAINING service environment,"
        ' the only supported value is TERMINATE"',
    ),
)
def time_limit_action(queue: JobQueue) -> Iterator[Fault]:
    """What can be done with a job that waits too long depends on the kind of queue."""
    kind = _kind(queue)
    allowed = OneOf(tuple(one.action for one in QUEUE_KINDS if kind in (None, one)))
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        got = text(action, "Action")
        wrong = None if got is None else allowed.wrong(got)
        if wrong:
            path = f"JobStateTimeLimitActions/{position}/Action"
            yield path, f"the action {wrong}", f"set Action to {allowed.allowed}"


@queue_rule(
    "time-limit-reason-queue",
    severity=Severity.WARNING,
    title="time limit action on a reason that never applies to the queue's jobs",
    fix="use one of the reasons that apply to its jobs",
    source=guide(
        "sm_job_stuck_in_runnable_time_limit_actions",
        '"The following reason values support jobStateTimeLimitActions" of service jobs; the page'
        " on container jobs has other values of JobStateTimeLimitAction.reason.",
    ),
)
def time_limit_reason_queue(queue: JobQueue) -> Iterator[Fault]:
    """Service jobs are blocked for reasons that container jobs do not have."""
    kind = _kind(queue)
    if kind is None:
        return
    others = {reason for one in QUEUE_KINDS for reason in one.reasons} - {*kind.reasons}
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        reason = text(action, "Reason")
        if reason in others:
            yield (
                f"JobStateTimeLimitActions/{position}/Reason",
                f"the queue holds {kind.jobs}, to which the reason {reason} never applies",
                f"set Reason to {one_of(kind.reasons)}",
            )


@queue_rule(
    "queue-environment-count",
    title="queue without environments, or with too many",
    fix=f"list {CONTAINER_JOBS.environments.allowed} in ComputeEnvironmentOrder",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"You can associate up to three compute environments with a job queue." The service quotas'
        " allow a queue of service jobs one service environment.",
    ),
)
def queue_environment_count(queue: JobQueue) -> Iterator[Fault]:
    """Jobs in a queue without an environment wait indefinitely."""
    has_none = all(absent(queue.properties, kind.order) for kind in QUEUE_KINDS)
    is_service = queue.properties.get("JobQueueType") == SERVICE_QUEUE_TYPE
    for kind in QUEUE_KINDS:
        got = count(queue.properties, kind.order)
        if has_none and kind is (SERVICE_JOBS if is_service else CONTAINER_JOBS):
            got = 0
        wrong = kind.environments.wrong(range(got)) if got or (got == 0 and has_none) else None
        if wrong:
            fix = f"list {kind.environments.allowed} in {kind.order}"
            yield kind.order, f"the queue {wrong}", fix


@queue_rule(
    "duplicate-order",
    title="two environments of a queue with the same order",
    fix="give each environment its own Order",
    source=api(
        "ComputeEnvironmentOrder.order",
        '"Compute environments are tried in ascending order." ServiceEnvironmentOrder.order '
        "is the place of a service environment. The API does not accept equal orders, as "
        "hashicorp/terraform-provider-aws#20764 reports.",
    ),
)
def duplicate_order(queue: JobQueue) -> Iterator[Fault]:
    """Batch refuses the queue.

    Environments are tried one after the other; jobs are not spread across them.
    """
    for kind in QUEUE_KINDS:
        seen: set[float] = set()
        for position, entry in entries(queue.properties, kind.order):
            order = number(entry, "Order")
            if order is None:
                continue
            path, wrong = f"{kind.order}/{position}/Order", ORDER.wrong(order)
            if order in seen:
                yield path, f"two environments have the order {order}"
            elif wrong:
                yield path, f"the order {wrong}", f"set Order to {ORDER.allowed}"
            seen.add(order)


@queue_rule(
    "queue-mixed-platforms",
    title="environments of different kinds in one queue",
    fix="create a queue for each kind of environment",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"All of the compute environments must be either EC2 (EC2 or SPOT) or Fargate '
        "(FARGATE or FARGATE_SPOT); EC2 and Fargate compute environments can't be mixed.\" "
        "The user guide says the same of Managed Instances and the others.",
    ),
)
def queue_mixed_platforms(queue: JobQueue) -> Iterator[Fault]:
    """A job definition is for one platform, so its queue should offer only one."""
    found: dict[str, str] = {}
    for environment in queue.environments:
        if environment.platform is not None:
            found.setdefault(environment.platform, environment.id)
    if len(found) > 1:
        kinds = " and ".join(f"{KINDS[kind]} ({name})" for kind, name in found.items())
        yield "ComputeEnvironmentOrder", f"the queue mixes {kinds} environments"


@queue_rule(
    "queue-mixed-architectures",
    title="x86 and Arm environments in one queue",
    fix="create a queue for each architecture",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"All compute environments that are associated with a job queue must share the same'
        ' architecture."',
    ),
)
def queue_mixed_architectures(queue: JobQueue) -> Iterator[Fault]:
    """An image runs on one architecture, whichever environment a job is placed in."""
    found: dict[str, str] = {}
    for environment in queue.environments:
        if environment.architecture is not None:
            found.setdefault(environment.architecture, environment.id)
    if len(found) > 1:
        x86_64, arm = found[CpuArchitecture.X86_64], found[CpuArchitecture.ARM64]
        yield (
            "ComputeEnvironmentOrder",
            f"the queue mixes x86_64 ({x86_64}) and Arm ({arm}) environments",
        )


@queue_rule(
    "managed-instances-spot-first",
    title="Managed Instances Spot before On-Demand",
    fix="give the On-Demand environments the lower Order",
    source=guide(
        "ecs-managed-instances-job-queues",
        '"Spot compute environments cannot be ordered before On-Demand compute environments in the'
        ' computeEnvironmentOrder."',
    ),
)
def managed_instances_spot_first(queue: JobQueue) -> Iterator[Fault]:
    """This is the opposite of the usual order on EC2."""
    spot: str | None = None
    for environment in queue.environments:
        if not environment.is_managed_instances:
            continue
        if environment.is_spot:
            spot = environment.id
        elif environment.is_spot is False and spot is not None:
            yield (
                "ComputeEnvironmentOrder",
                f"Spot ({spot}) is tried before On-Demand ({environment.id})",
            )


@queue_rule(
    "job-queue-type-environments",
    title="queue type that does not match its environments",
    fix="remove JobQueueType, or set it to the type of the environments",
    source=api(
        "CreateJobQueueRequest.jobQueueType",
        '"For service jobs that run on SageMaker Training, this value is SAGEMAKER_TRAINING. For'
        " regular container jobs, this value is EKS, ECS, or ECS_FARGATE depending on the compute"
        ' environment."',
    ),
)
def job_queue_type_environments(queue: JobQueue) -> Iterator[Fault]:
    """Batch derives the type from the environments if you leave it out."""
    got = text(queue.properties, "JobQueueType")
    if got is None:
        return
    if got == SERVICE_QUEUE_TYPE:
        if given(queue.properties, CONTAINER_JOBS.order):
            yield "JobQueueType", f"the type is {got}, but the queue has compute environments"
        return
    if given(queue.properties, SERVICE_JOBS.order):
        said = f"the type is {show(got)}, but the queue has service environments"
        yield "JobQueueType", said, f"set JobQueueType to {SERVICE_QUEUE_TYPE}"
    for environment in queue.environments:
        expected = QUEUE_TYPES.get(environment.platform or "")
        if expected is not None and got != expected:
            yield (
                "JobQueueType",
                f"the type is {show(got)}, but {environment.id} makes it {expected}",
                f"set JobQueueType to {expected}",
            )
            return


@queue_rule(
    "queue-disabled-environments",
    severity=Severity.WARNING,
    title="enabled queue whose environments are all disabled",
    fix="enable an environment, or disable the queue",
    source=DISABLED_SOURCE,
)
def queue_disabled_environments(queue: JobQueue) -> Iterator[Fault]:
    """Jobs are accepted but wait indefinitely."""
    if not queue.is_known_in_full or text(queue.properties, "State") == State.DISABLED:
        return
    if all(text(one.properties, "State") == State.DISABLED for one in queue.environments):
        yield "ComputeEnvironmentOrder", "every compute environment of the queue is DISABLED"


@queue_rule(
    "disabled-environment",
    severity=Severity.INFO,
    title="enabled queue with a disabled environment",
    fix="enable the environment, or remove it from the queue",
    source=DISABLED_SOURCE,
)
def disabled_environment(queue: JobQueue) -> Iterator[Fault]:
    """Jobs never move on to it, however full the others are."""
    off = [one for one in queue.environments if text(one.properties, "State") == State.DISABLED]
    all_off = queue.is_known_in_full and len(off) == len(queue.environments)
    if text(queue.properties, "State") != State.DISABLED and not all_off:
        for one in off:
            yield "ComputeEnvironmentOrder", f"{one.id} is DISABLED, so it accepts no job"


@queue_rule(
    "environment-by-name",
    area="reference",
    severity=Severity.WARNING,
    title="environment of the template referred to by its name",
    fix="use Ref of the compute environment",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"Compute environments must be in the VALID state before you can associate them with a job'
        ' queue." CloudFormation orders resources by their references.',
    ),
)
def environment_by_name(queue: JobQueue) -> Iterator[Fault]:
    """CloudFormation may create the queue before the environment, which fails."""
    waits = queue.template.raw(queue.id).get("DependsOn")
    for position, entry in queue.order:
        value = entry.get("ComputeEnvironment")
        if not isinstance(value, str | Text):
            continue
        for environment in queue.environments:
            name = text(environment.properties, "ComputeEnvironmentName")
            written = value if isinstance(value, str) else value.pattern
            mine = written.rpartition("/")[2] == name
            if mine and environment.id not in (waits if isinstance(waits, list) else [waits]):
                yield (
                    f"ComputeEnvironmentOrder/{position}/ComputeEnvironment",
                    (
                        f"{environment.id} is referred to by its name, so the queue does not wait "
                        "for it"
                    ),
                )
