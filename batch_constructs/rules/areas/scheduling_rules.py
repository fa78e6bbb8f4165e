"""Rules about scheduling: fair shares, quota shares, consumable resources, service environments."""

from __future__ import annotations

from bisect import bisect_left, insort

from batch_constructs.aws import scheduling
from batch_constructs.aws.source import api, guide
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
    JobDefinition,
    JobQueue,
    Resource,
)
from batch_constructs.rules.template.values import entries, given, mapping, number, show, text

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
    seen: set[tuple[str, object]] = set()
    for within in scheduling.CONSUMED:
        for path, entry in job.places.at(within):
            wanted = entry.get("ConsumableResource")
            resource = job.neighbour(wanted, CONSUMABLE_RESOURCE)
            got = number(entry, "Quantity")
            if resource is not None and got is not None:
                total = number(resource.properties, "TotalQuantity")
                if total is not None and got > total:
                    yield (
                        f"{path}Quantity",
                        f"the job needs {got} of {resource.id}, which has only {total}",
                    )
            name = resource.id if resource is not None else wanted
            identity = (path[:-1].rpartition("/")[0], name)
            if isinstance(name, str):
                if identity in seen:
                    said = f"{show(name)} is required twice"
                    yield f"{path}ConsumableResource", said, "add them up"
                seen.add(identity)
