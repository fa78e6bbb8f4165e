"""Rules about job queues: their environments, their order, their time limits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.bound import OneOf, one_of
from batch_constructs.aws.job_queues import (
    CONTAINER_JOBS,
    ORDER,
    QUEUE_KINDS,
    QUEUE_TYPES,
    SERVICE_JOBS,
    SERVICE_QUEUE_TYPE,
    QueueKind,
)
from batch_constructs.aws.source import api, guide
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limits import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_QUEUE, JobQueue
from batch_constructs.rules.template.values import (
    UNKNOWN,
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

AREA: Final = "job_queues"
_rule = partial(rule, subject=JOB_QUEUE, area=AREA)

register("job_queues", area=AREA)


def _kind(queue: JobQueue) -> QueueKind | None:
    """Tell which jobs a queue holds, by the environments that it has for sure."""
    return next((kind for kind in QUEUE_KINDS if given(queue.properties, kind.order)), None)


@_rule(
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
    """What can be done with a job that waits too long depends on where it waits."""
    kind = _kind(queue)
    allowed = OneOf(tuple(one.action for one in QUEUE_KINDS if kind in (None, one)))
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        got = text(action, "Action")
        wrong = None if got is None else allowed.wrong(got)
        if wrong:
            path = f"JobStateTimeLimitActions/{position}/Action"
            yield path, f"the action {wrong}", f"set Action to {allowed.allowed}"


@_rule(
    "time-limit-reason-queue",
    title="time limit action on a reason that the queue's jobs never have",
    fix="give one of the reasons that its jobs have",
    source=guide(
        "sm_job_stuck_in_runnable_time_limit_actions",
        '"The following reason values support jobStateTimeLimitActions" of service jobs; the page'
        " on container jobs has other values of JobStateTimeLimitAction.reason.",
    ),
)
def time_limit_reason_queue(queue: JobQueue) -> Iterator[Fault]:
    """Service jobs are blocked for reasons of their own, which container jobs do not have."""
    kind = _kind(queue)
    if kind is None:
        return
    others = {reason for one in QUEUE_KINDS for reason in one.reasons} - {*kind.reasons}
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        reason = text(action, "Reason")
        if reason in others:
            yield (
                f"JobStateTimeLimitActions/{position}/Reason",
                f"the queue holds {kind.jobs}, which never have the reason {reason}",
                f"set Reason to {one_of(kind.reasons)}",
            )


@_rule(
    "duplicate-time-limit",
    severity=Severity.WARNING,
    title="two time limit actions for one reason",
    fix="keep one action for each Reason",
    source=guide(
        "job_stuck_in_runnable_time_limit_actions",
        '"When a job has been in a RUNNABLE state with the defined statusReason, AWS Batch performs'
        ' the action specified after maxTimeSeconds have elapsed." JobStateTimeLimitAction.reason'
        " is that reason.",
    ),
)
def duplicate_time_limit(queue: JobQueue) -> Iterator[Fault]:
    """The shorter one always comes first, the other never."""
    seen: set[str] = set()
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        reason = text(action, "Reason")
        if reason in seen:
            yield (
                f"JobStateTimeLimitActions/{position}/Reason",
                f"there are two actions for the reason {show(reason)}",
            )
        if reason:
            seen.add(reason)


@_rule(
    "queue-environment-count",
    title="queue without environments, or with more than it may have",
    fix="list 1 to 3 in ComputeEnvironmentOrder",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"You can associate up to three compute environments with a job queue." The service quotas'
        " allow a queue of service jobs one service environment.",
    ),
)
def queue_environment_count(queue: JobQueue) -> Iterator[Fault]:
    """Jobs in a queue without an environment wait for ever."""
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


@_rule(
    "queue-both-orders",
    title="queue with compute and service environments",
    fix="keep one of ComputeEnvironmentOrder and ServiceEnvironmentOrder",
    source=api(
        "CreateJobQueueRequest.serviceEnvironmentOrder",
        "\"A job queue can't have both a serviceEnvironmentOrder and a computeEnvironmentOrder"
        ' field."',
    ),
)
def queue_both_orders(queue: JobQueue) -> Iterator[Fault]:
    """A queue holds jobs or service jobs."""
    orders = [kind.order for kind in QUEUE_KINDS]
    if all(given(queue.properties, key) and queue.properties[key] != [] for key in orders):
        yield orders[1], "the queue has compute environments and service environments"


@_rule(
    "duplicate-order",
    title="two environments of a queue in one place",
    fix="give each environment an Order of its own",
    source=api(
        "ComputeEnvironmentOrder.order",
        '"Compute environments are tried in ascending order." ServiceEnvironmentOrder.order is the'
        " place of a service environment.",
    ),
)
def duplicate_order(queue: JobQueue) -> Iterator[Fault]:
    """Environments are tried one after the other; there is no spreading."""
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


@_rule(
    "duplicate-queue-environment",
    title="the same environment twice in a queue",
    fix="name each environment once",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"The set of compute environments mapped to a job queue and their order relative to each'
        ' other." ComputeEnvironmentOrder.computeEnvironment and'
        " ServiceEnvironmentOrder.serviceEnvironment name them.",
    ),
)
def duplicate_queue_environment(queue: JobQueue) -> Iterator[Fault]:
    """An environment is attached to a queue once."""
    for kind in QUEUE_KINDS:
        seen: list[object] = []
        for position, entry in entries(queue.properties, kind.order):
            value = entry.get(kind.environment, UNKNOWN)
            target = queue.neighbour(value)
            identity = value if target is None else target.id
            if identity is UNKNOWN:
                continue
            if identity in seen:
                path = f"{kind.order}/{position}/{kind.environment}"
                yield path, "the same environment is in the queue twice"
            seen.append(identity)


_PLATFORMS: Final = {
    "EC2": "EC2",
    "FARGATE": "Fargate",
    "MANAGED_INSTANCES": "Managed Instances",
    "EKS": "EKS",
}


@_rule(
    "queue-mixed-platforms",
    title="environments of different kinds in one queue",
    fix="make a queue for each kind of environment",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"All of the compute environments must be either EC2 (EC2 or SPOT) or Fargate (FARGATE or'
        " FARGATE_SPOT); EC2 and Fargate compute environments can't be mixed.\" The user guide says"
        " so of Managed Instances and either.",
    ),
)
def queue_mixed_platforms(queue: JobQueue) -> Iterator[Fault]:
    """A job definition is for one platform, so its queue offers one."""
    found: dict[str, str] = {}
    for environment in queue.environments:
        if environment.platform is not None:
            found.setdefault(environment.platform, environment.id)
    if len(found) > 1:
        kinds = " and ".join(f"{_PLATFORMS[kind]} ({name})" for kind, name in found.items())
        yield "ComputeEnvironmentOrder", f"the queue mixes {kinds} environments"


@_rule(
    "queue-mixed-architectures",
    title="x86 and Arm environments in one queue",
    fix="make a queue for each architecture",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"All compute environments that are associated with a job queue must share the same'
        ' architecture."',
    ),
)
def queue_mixed_architectures(queue: JobQueue) -> Iterator[Fault]:
    """An image runs on one architecture, whichever environment a job lands in."""
    found: dict[str, str] = {}
    for environment in queue.environments:
        if environment.architecture is not None:
            found.setdefault(environment.architecture, environment.id)
    if len(found) > 1:
        yield (
            "ComputeEnvironmentOrder",
            f"the queue mixes x86_64 ({found['X86_64']}) and Arm ({found['ARM64']}) environments",
        )


@_rule(
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
    """The opposite of the usual order on EC2."""
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


@_rule(
    "job-queue-type-environments",
    title="type of the queue that its environments do not have",
    fix="leave JobQueueType out, or set it to what the environments are",
    source=api(
        "CreateJobQueueRequest.jobQueueType",
        '"For service jobs that run on SageMaker Training, this value is SAGEMAKER_TRAINING. For'
        " regular container jobs, this value is EKS, ECS, or ECS_FARGATE depending on the compute"
        ' environment."',
    ),
)
def job_queue_type_environments(queue: JobQueue) -> Iterator[Fault]:
    """Batch derives the type from the environments when it is left out."""
    got = text(queue.properties, "JobQueueType")
    if got is None:
        return
    if got == SERVICE_QUEUE_TYPE:
        if given(queue.properties, CONTAINER_JOBS.order):
            yield "JobQueueType", f"the type is {got}, but the queue has compute environments"
        return
    for environment in queue.environments:
        expected = QUEUE_TYPES.get(environment.platform or "")
        if expected is not None and got != expected:
            yield (
                "JobQueueType",
                f"the type is {show(got)}, but {environment.id} makes it {expected}",
                f"set JobQueueType to {expected}",
            )
            return


@_rule(
    "queue-disabled-environments",
    severity=Severity.WARNING,
    title="enabled queue whose environments are all disabled",
    fix="enable an environment, or disable the queue",
    source=api(
        "CreateComputeEnvironmentRequest.state",
        "\"If the state is DISABLED, then the Batch scheduler doesn't attempt to place jobs within"
        ' the environment."',
    ),
)
def queue_disabled_environments(queue: JobQueue) -> Iterator[Fault]:
    """Jobs are taken and wait for ever."""
    if not queue.is_known_in_full or text(queue.properties, "State") == "DISABLED":
        return
    if all(text(one.properties, "State") == "DISABLED" for one in queue.environments):
        yield "ComputeEnvironmentOrder", "every compute environment of the queue is DISABLED"
