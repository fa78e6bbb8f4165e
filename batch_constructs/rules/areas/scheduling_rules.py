"""Rules about scheduling: fair shares, quota shares, consumable resources, service environments."""

from __future__ import annotations

from bisect import bisect_left, insort

from batch_constructs.aws import scheduling
from batch_constructs.aws.source import api, guide, probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
    JobDefinition,
    JobQueue,
    Resource,
)
from batch_constructs.rules.template.values import (
    Properties,
    entries,
    given,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


register("scheduling", area="scheduling")


@rule(
    "share-overlap",
    SCHEDULING_POLICY,
    title="share identifiers that overlap",
    fix="keep one of the two",
    source=api(
        "ShareAttributes.shareIdentifier",
        "\"The list of share identifiers in a fair-share policy can't overlap. For example, you"
        " can't have one that specifies a shareIdentifier of UserA* and another that specifies a"
        ' shareIdentifier of UserA1."',
    ),
)
def share_overlap(policy: Resource) -> Iterator[Fault]:
    """A job would belong to two shares."""
    seen: list[str] = []
    prefixes: dict[int, set[str]] = {}
    shares = entries(mapping(policy.properties, "FairsharePolicy"), "ShareDistribution")
    for position, share in shares:
        name = text(share, "ShareIdentifier")
        if not name:
            continue
        stem = name.removesuffix("*")
        begin = (stem[:length] for length, some in prefixes.items() if stem[:length] in some)
        other = next((f"{one}*" for one in begin), None)
        place = bisect_left(seen, stem)
        following = seen[place : place + 1]
        if other is None and name.endswith("*") and following and following[0].startswith(stem):
            other = following[0]
        elif name in following:
            other = name
        if other is not None:
            yield (
                f"FairsharePolicy/ShareDistribution/{position}/ShareIdentifier",
                f'the share identifier "{show(name)}" is given twice'
                if name == other
                else f'the share identifiers "{show(name)}" and "{show(other)}" overlap',
            )
        insort(seen, name)
        if name.endswith("*"):
            prefixes.setdefault(len(stem), set()).add(stem)


@rule(
    "quota-share-queue",
    QUOTA_SHARE,
    title="quota share of a queue without a quota-share policy",
    fix="give the queue a scheduling policy with QuotaSharePolicy",
    source=guide(
        "create-quota-management-resources",
        '"Quota management requires specific settings when creating an associated scheduling'
        ' policy, service environment, and job queue." They are CreateQuotaShareRequest.jobQueue'
        " and CreateJobQueueRequest.schedulingPolicyArn.",
    ),
)
def quota_share_queue(share: Resource) -> Iterator[Fault]:
    """Quotas are part of the queue's policy."""
    queue = share.neighbour(share.properties.get("JobQueue"), JOB_QUEUE)
    if not isinstance(queue, JobQueue):
        return
    policy = queue.scheduling_policy
    fair = policy is not None and policy.properties.get("QuotaSharePolicy") is None
    if queue.is_fifo or fair:
        kind = "no scheduling policy" if queue.is_fifo else "a fair-share policy"
        yield (
            "JobQueue",
            f"the queue {queue.id} has {kind}; a quota share needs a quota-share policy",
        )


@rule(
    "quota-policy-queue",
    JOB_QUEUE,
    title="quota-share policy of a queue of compute environments",
    fix="give the queue a fair-share policy, or service environments",
    source=guide(
        "quota-management",
        '"Quota management is only supported for job queues connected to a SAGEMAKER_TRAINING'
        ' service environment."',
    ),
)
def quota_policy_queue(queue: JobQueue) -> Iterator[Fault]:
    """Only SageMaker training jobs have quotas."""
    policy = queue.scheduling_policy
    if policy is None or not given(policy.properties, "QuotaSharePolicy"):
        return
    if given(queue.properties, "ComputeEnvironmentOrder"):
        yield (
            "SchedulingPolicyArn",
            (
                f"the policy {policy.id} is for quota shares, which a queue of compute "
                "environments does not have"
            ),
        )


@rule(
    "duplicate-quota-share",
    QUOTA_SHARE,
    severity=Severity.WARNING,
    title="two quota shares with one name in one queue",
    fix="give each quota share of the queue its own name",
    source=api(
        "CreateQuotaShareRequest.quotaShareName",
        '"The name of the quota share." Its ARN consists of CreateQuotaShareRequest.jobQueue '
        "and the name.",
    ),
)
def duplicate_quota_share(share: Resource) -> Iterator[Fault]:
    """Jobs refer to their share by this name."""
    name = text(share.properties, "QuotaShareName")
    queue = _queue_of(share)
    if name is None or queue is None:
        return
    for other in share.template.all(QUOTA_SHARE):
        if other.id == share.id:
            return
        if text(other.properties, "QuotaShareName") == name and _queue_of(other) == queue:
            yield (
                "QuotaShareName",
                f'the quota share {other.id} of the same queue is also called "{show(name)}"',
            )


def _queue_of(share: Resource) -> str | None:
    """Give what tells the queue of a share from others, if it is known."""
    queue = share.neighbour(share.properties.get("JobQueue"), JOB_QUEUE)
    return text(share.properties, "JobQueue") if queue is None else queue.id


@rule(
    "consumable-too-much",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="job that needs more of a resource than exists",
    fix="lower Quantity, or raise TotalQuantity of the resource",
    source=guide(
        "resource-aware-scheduling",
        "A job is scheduled only when all the resources that it requires are available; "
        "ConsumableResourceRequirement.consumableResource names one.",
    ),
)
def consumable_too_much(job: JobDefinition) -> Iterator[Fault]:
    """The job would wait indefinitely."""
    for path, entry, resource in _consumed(job):
        got = number(entry, "Quantity")
        if resource is not None and got is not None:
            total = number(resource.properties, "TotalQuantity")
            if total is not None and got > total:
                yield (
                    f"{path}Quantity",
                    f"the job needs {got} of {resource.id}, which has only {total}",
                )


def _consumed(job: JobDefinition) -> Iterator[tuple[str, Properties, Resource | None]]:
    """Go through what a job consumes: path, entry, and the resource if it is in the template."""
    for within in scheduling.CONSUMED:
        for path, entry in job.places.at(within):
            yield path, entry, job.neighbour(entry.get("ConsumableResource"), CONSUMABLE_RESOURCE)


@rule(
    "consumable-twice",
    JOB_DEFINITION,
    title="consumable resource required twice",
    fix="add the two quantities up",
    source=probed(
        "batch/pf-batch-jd-consumable-resource-duplicate",
        "AWS Batch answers: Cannot have duplicate consumableResource in"
        " consumableResourceProperties.",
    ),
)
def consumable_twice(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition."""
    seen: set[tuple[str, str]] = set()
    for path, entry, resource in _consumed(job):
        name = entry.get("ConsumableResource") if resource is None else resource.id
        if isinstance(name, str):
            identity = (path[:-1].rpartition("/")[0], name)
            if identity in seen:
                yield f"{path}ConsumableResource", f"{show(name)} is required twice"
            seen.add(identity)


@rule(
    "capacity-unit-mix",
    SERVICE_ENVIRONMENT,
    title="capacity in instances of any type, and of one",
    fix=f"limit either {scheduling.NUMBER_OF_INSTANCES} or instance types",
    source=probed(
        "batch/pf-batch-se-capacity-unit-mix",
        "AWS Batch answers: Capacity units must specify either number of instances OR instance"
        " type, but not both.",
    ),
)
def capacity_unit_mix(environment: Resource) -> Iterator[Fault]:
    """Batch refuses the environment."""
    units = {
        position: unit
        for position, limit in entries(environment.properties, "CapacityLimits")
        if (unit := text(limit, "CapacityUnit"))
    }
    if scheduling.NUMBER_OF_INSTANCES in units.values():
        for position, unit in units.items():
            if unit != scheduling.NUMBER_OF_INSTANCES:
                said = f"limits have the units {scheduling.NUMBER_OF_INSTANCES} and {show(unit)}"
                yield f"CapacityLimits/{position}/CapacityUnit", said
                return
