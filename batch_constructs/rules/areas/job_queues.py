"""Rules about job queues: their environments, their order, their time limits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import job_queues
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
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "job_queues"
_rule = partial(rule, subject=JOB_QUEUE, area=AREA)
_MOST: Final = 3

register(job_queues.LIMITS, area=AREA)


@_rule(
    "time-limit-action",
    title="time limit action that the queue does not support",
    fix="set Action to CANCEL (TERMINATE for a queue of service environments)",
    source='JobStateTimeLimitAction.action: "For job queues connected to a ECS, FARGATE or EKS'
    ' compute environment, the only supported value is CANCEL … SAGEMAKER_TRAINING … TERMINATE"',
)
def time_limit_action(queue: JobQueue) -> Iterator[Fault]:
    """What can be done with a job that waits too long depends on where it waits."""
    for position, action in entries(queue.properties, "JobStateTimeLimitActions"):
        got = text(action, "Action")
        if got is None:
            continue
        allowed = ["CANCEL", "TERMINATE"]
        if given(queue.properties, "ComputeEnvironmentOrder"):
            allowed = ["CANCEL"]
        elif given(queue.properties, "ServiceEnvironmentOrder"):
            allowed = ["TERMINATE"]
        if got not in allowed:
            yield (
                f"JobStateTimeLimitActions/{position}/Action",
                f"the action is {show(got)}; allowed is {one_of(allowed)}",
                f"set Action to {one_of(allowed)}",
            )


@_rule(
    "duplicate-time-limit",
    severity=Severity.WARNING,
    title="two time limit actions for one reason",
    fix="keep one action for each reason",
    source="JobStateTimeLimitAction.reason: the action is chosen by the reason",
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
    title="queue with no compute environment, or more than three",
    fix="give 1 to 3 compute environments",
    source='CreateJobQueueRequest.computeEnvironmentOrder: "You can associate up to three compute'
    ' environments with a job queue."',
)
def queue_environment_count(queue: JobQueue) -> Iterator[Fault]:
    """Jobs in a queue without an environment wait for ever."""
    got = count(queue.properties, "ComputeEnvironmentOrder")
    if "ComputeEnvironmentOrder" not in queue.properties:
        got = 0
    if got == 0 and absent(queue.properties, "ServiceEnvironmentOrder"):
        yield "ComputeEnvironmentOrder", "the queue has no compute environment; allowed are 1 to 3"
    elif got is not None and got > _MOST:  # the number stands in the message
        yield (
            "ComputeEnvironmentOrder",
            f"the queue has {got} compute environments; allowed are 1 to {_MOST}",
        )


@_rule(
    "queue-both-orders",
    title="queue with compute and service environments",
    fix="keep one of ComputeEnvironmentOrder and ServiceEnvironmentOrder",
    source="CreateJobQueueRequest.serviceEnvironmentOrder: \"A job queue can't have both a"
    ' serviceEnvironmentOrder and a computeEnvironmentOrder field."',
)
def queue_both_orders(queue: JobQueue) -> Iterator[Fault]:
    """A queue holds jobs or service jobs."""
    keys = ("ComputeEnvironmentOrder", "ServiceEnvironmentOrder")
    if all(given(queue.properties, key) and queue.properties[key] != [] for key in keys):
        yield (
            "ServiceEnvironmentOrder",
            "the queue has compute environments and service environments",
        )


@_rule(
    "duplicate-order",
    title="two environments of a queue in one place",
    fix="give each environment an Order of its own",
    source='ComputeEnvironmentOrder.order: "Compute environments are tried in ascending order";'
    " ServiceEnvironmentOrder.order",
)
def duplicate_order(queue: JobQueue) -> Iterator[Fault]:
    """Environments are tried one after the other; there is no spreading."""
    for key in ("ComputeEnvironmentOrder", "ServiceEnvironmentOrder"):
        seen: set[float] = set()
        for position, entry in entries(queue.properties, key):
            order = number(entry, "Order")
            if order is None:
                continue
            if order in seen:
                yield f"{key}/{position}/Order", f"two environments have the order {order}"
            if order < 0:
                yield f"{key}/{position}/Order", f"the order is {order}; allowed are 0 and more"
            seen.add(order)


@_rule(
    "duplicate-queue-environment",
    title="the same environment twice in a queue",
    fix="name each environment once",
    source="ComputeEnvironmentOrder.computeEnvironment, ServiceEnvironmentOrder.serviceEnvironment:"
    " a set of environments mapped to the queue",
)
def duplicate_queue_environment(queue: JobQueue) -> Iterator[Fault]:
    """An environment is attached to a queue once."""
    for key, member in (
        ("ComputeEnvironmentOrder", "ComputeEnvironment"),
        ("ServiceEnvironmentOrder", "ServiceEnvironment"),
    ):
        seen: list[object] = []
        for position, entry in entries(queue.properties, key):
            value = entry.get(member, UNKNOWN)
            target = queue.neighbour(value)
            identity = value if target is None else target.id
            if identity is UNKNOWN:
                continue
            if identity in seen:
                yield f"{key}/{position}/{member}", "the same environment is in the queue twice"
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
    source='CreateJobQueueRequest.computeEnvironmentOrder: "All of the compute environments must be'
    " either EC2 (EC2 or SPOT) or Fargate (FARGATE or FARGATE_SPOT); EC2 and Fargate compute"
    " environments can't be mixed.\"; User Guide: Managed Instances cannot be mixed with either",
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
    source='CreateJobQueueRequest.computeEnvironmentOrder: "All compute environments that are'
    ' associated with a job queue must share the same architecture."',
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
    source='User Guide, Job queues on Amazon ECS Managed Instances: "Spot compute environments'
    ' cannot be ordered before On-Demand compute environments in the computeEnvironmentOrder."',
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


_TYPES: Final = {
    "EC2": "ECS",
    "FARGATE": "ECS_FARGATE",
    "EKS": "EKS",
    "MANAGED_INSTANCES": "ECS_MANAGED_INSTANCES",
}


@_rule(
    "job-queue-type-environments",
    title="type of the queue that its environments do not have",
    fix="leave JobQueueType out, or set it to what the environments are",
    source='CreateJobQueueRequest.jobQueueType: "For regular container jobs, this value is EKS,'
    " ECS,"
    ' or ECS_FARGATE depending on the compute environment."',
)
def job_queue_type_environments(queue: JobQueue) -> Iterator[Fault]:
    """Batch derives the type from the environments when it is left out."""
    got = text(queue.properties, "JobQueueType")
    if got is None:
        return
    if got == "SAGEMAKER_TRAINING":
        if given(queue.properties, "ComputeEnvironmentOrder"):
            yield (
                "JobQueueType",
                "the type is SAGEMAKER_TRAINING, but the queue has compute environments",
            )
        return
    for environment in queue.environments:
        expected = _TYPES.get(environment.platform or "")
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
    source='CreateComputeEnvironmentRequest.state: "If the state is DISABLED, then the Batch'
    " scheduler"
    " doesn't attempt to place jobs within the environment.\"",
)
def queue_disabled_environments(queue: JobQueue) -> Iterator[Fault]:
    """Jobs are taken and wait for ever."""
    if not queue.is_known_in_full or text(queue.properties, "State") == "DISABLED":
        return
    if all(text(one.properties, "State") == "DISABLED" for one in queue.environments):
        yield "ComputeEnvironmentOrder", "every compute environment of the queue is DISABLED"
