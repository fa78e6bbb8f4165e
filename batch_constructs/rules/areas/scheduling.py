"""Rules about scheduling: fair shares, quota shares, consumable resources, service environments."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Severity
from batch_constructs.rules.old_limits import Limit, at
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
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
from batch_constructs.rules.template.values import entries, given, mapping, number, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "scheduling"
_rule = partial(rule, area=AREA)
_limit = partial(Limit, area=AREA)
_shares = at("FairsharePolicy/ShareDistribution/*")

for _subject, _key, _noun, _id, _source in (
    (
        SCHEDULING_POLICY,
        "Name",
        "the scheduling policy name",
        "scheduling-policy-name",
        "CreateSchedulingPolicyRequest.name",
    ),
    (
        QUOTA_SHARE,
        "QuotaShareName",
        "the quota share name",
        "quota-share-name",
        "CreateQuotaShareRequest.quotaShareName",
    ),
    (
        SERVICE_ENVIRONMENT,
        "ServiceEnvironmentName",
        "the service environment name",
        "service-environment-name",
        "CreateServiceEnvironmentRequest.serviceEnvironmentName",
    ),
    (
        CONSUMABLE_RESOURCE,
        "ConsumableResourceName",
        "the consumable resource name",
        "consumable-resource-name",
        "CreateConsumableResourceRequest.consumableResourceName",
    ),
):
    _limit(
        id=_id,
        subject=_subject,
        where=at(""),
        key=_key,
        noun=_noun,
        title=f"{_noun.removeprefix('the ')} of a wrong shape",
        source=f'{_source}: "up to 128 letters long. It can contain uppercase and lowercase'
        " letters,"
        ' numbers, hyphens (-), and underscores (_)."',
        why="Batch refuses the name when the resource is created.",
    ).matching(r"[A-Za-z0-9_-]+", "1 to 128 letters, digits, hyphens and underscores", 128)

_limit(
    id="share-decay",
    subject=SCHEDULING_POLICY,
    where=at("FairsharePolicy"),
    key="ShareDecaySeconds",
    noun="the share decay",
    title="share decay out of range",
    source='FairsharePolicy.shareDecaySeconds: "A value of zero (0) indicates the default minimum'
    " time"
    ' window (600 seconds). The maximum supported value is 604800 (1 week)."',
    why="How long a job that has run still counts, in whole seconds.",
).between(0, 604800)

_limit(
    id="compute-reservation",
    subject=SCHEDULING_POLICY,
    where=at("FairsharePolicy"),
    key="ComputeReservation",
    noun="the compute reservation",
    title="compute reservation out of range",
    source='FairsharePolicy.computeReservation: "The minimum value is 0 and the maximum value is'
    ' 99."',
    why="A percentage of the vCPUs that is kept for shares that are not in use yet.",
).between(0, 99)

_limit(
    id="share-weight",
    subject=SCHEDULING_POLICY,
    where=_shares,
    key="WeightFactor",
    noun="the weight factor",
    title="weight factor out of range",
    source='ShareAttributes.weightFactor: "The smallest supported value is 0.0001, and the largest'
    ' supported value is 999.9999."',
    why="A lower weight gets more; zero would get everything.",
).between(0.0001, 999.9999, whole=False)

_limit(
    id="share-identifier",
    subject=SCHEDULING_POLICY,
    where=_shares,
    key="ShareIdentifier",
    noun="the share identifier",
    title="share identifier of a wrong shape",
    source='ShareAttributes.shareIdentifier: "The string is limited to 255 alphanumeric'
    " characters, and"
    ' can be followed by an asterisk (*)."',
    why="No hyphen, no underscore; an asterisk stands for a prefix, at the end only.",
).matching(
    r"[A-Za-z0-9]{1,255}\*?|\*",
    "1 to 255 letters and digits, with an asterisk at the end if need be",
)

_limit(
    id="share-count",
    subject=SCHEDULING_POLICY,
    where=at("FairsharePolicy"),
    key="ShareDistribution",
    noun="the policy",
    title="too many shares",
    source='FairsharePolicy.shareDistribution, ShareAttributes.shareIdentifier: "There can be no'
    " more"
    ' than 500 share identifiers active in a job queue."',
    why="500 shares are the limit.",
).counting(0, 500, "shares")


@_rule(
    "share-overlap",
    SCHEDULING_POLICY,
    title="share identifiers that overlap",
    fix="keep one of the two",
    source='ShareAttributes.shareIdentifier: "The list of share identifiers in a fair-share policy'
    " can't overlap. For example, you can't have one that specifies a shareIdentifier of UserA* and"
    ' another that specifies a shareIdentifier of UserA1."',
)
def share_overlap(policy: Resource) -> Iterator[Fault]:
    """A job would belong to two shares."""
    seen: set[str] = set()
    prefixes: list[str] = []
    shares = list(entries(mapping(policy.properties, "FairsharePolicy"), "ShareDistribution"))
    for position, share in shares:
        name = text(share, "ShareIdentifier")
        if not name:
            continue
        stem = name.removesuffix("*")
        other = next((one for one in prefixes if stem.startswith(one[:-1])), None)
        if other is None and name.endswith("*"):
            other = next((one for one in seen if one.startswith(stem)), None)
        if name in seen:
            other = name
        if other is not None:
            yield (
                f"FairsharePolicy/ShareDistribution/{position}/ShareIdentifier",
                f'the share identifiers "{show(name)}" and "{show(other)}" overlap',
            )
        seen.add(name)
        if name.endswith("*"):
            prefixes.append(name)


@_rule(
    "one-scheduling-policy",
    SCHEDULING_POLICY,
    title="fair shares and quota shares in one policy",
    fix="keep one of FairsharePolicy and QuotaSharePolicy",
    source="CreateSchedulingPolicyRequest.fairsharePolicy,"
    ' CreateSchedulingPolicyRequest.quotaSharePolicy: "Only one of fairsharePolicy or'
    ' quotaSharePolicy can be set."',
)
def one_scheduling_policy(policy: Resource) -> Iterator[Fault]:
    """A queue is shared in one way."""
    if all(given(policy.properties, key) for key in ("FairsharePolicy", "QuotaSharePolicy")):
        yield "QuotaSharePolicy", "FairsharePolicy and QuotaSharePolicy are both given"


_limit(
    id="idle-resource-strategy",
    subject=SCHEDULING_POLICY,
    where=at("QuotaSharePolicy"),
    key="IdleResourceAssignmentStrategy",
    noun="the idle resource assignment strategy",
    title="unknown idle resource assignment strategy",
    source='QuotaSharePolicy.idleResourceAssignmentStrategy: "Currently, only FIFO is supported."',
    why="There is one strategy.",
).one_of(("FIFO",))

_limit(
    id="resource-sharing-strategy",
    subject=QUOTA_SHARE,
    where=at("ResourceSharingConfiguration"),
    key="Strategy",
    noun="the resource sharing strategy",
    title="unknown resource sharing strategy",
    source="QuotaShareResourceSharingConfiguration.strategy: RESERVE, LEND or LEND_AND_BORROW;"
    " CreateQuotaShareRequest.resourceSharingConfiguration",
    why="What happens with capacity that the share does not use.",
).one_of(("RESERVE", "LEND", "LEND_AND_BORROW"))

_limit(
    id="borrow-limit",
    subject=QUOTA_SHARE,
    where=at("ResourceSharingConfiguration"),
    key="BorrowLimit",
    noun="the borrow limit",
    title="borrow limit out of range",
    source='QuotaShareResourceSharingConfiguration.borrowLimit: "The default borrowLimit is -1,'
    " which"
    ' indicates unlimited borrowing."',
    why="A percentage of the share's own capacity.",
).between(-1, None)

_limit(
    id="in-share-preemption",
    subject=QUOTA_SHARE,
    where=at("PreemptionConfiguration"),
    key="InSharePreemption",
    noun="the preemption within the share",
    title="unknown value for preemption",
    source="QuotaSharePreemptionConfiguration.inSharePreemption,"
    " CreateQuotaShareRequest.preemptionConfiguration: ENABLED or DISABLED",
    why="A word, not a boolean.",
).one_of(("ENABLED", "DISABLED"))

for _subject, _id, _source in (
    (QUOTA_SHARE, "quota-share-state", "CreateQuotaShareRequest.state"),
    (SERVICE_ENVIRONMENT, "service-environment-state", "CreateServiceEnvironmentRequest.state"),
):
    _limit(
        id=_id,
        subject=_subject,
        where=at(""),
        key="State",
        noun="the state",
        title="unknown state",
        source=f"{_source}: ENABLED or DISABLED",
        why="It takes jobs or it does not.",
    ).one_of(("ENABLED", "DISABLED"))

_limit(
    id="quota-share-capacity",
    subject=QUOTA_SHARE,
    where=at("CapacityLimits/*"),
    key="MaxCapacity",
    noun="the maximum capacity",
    title="capacity out of range",
    source="QuotaShareCapacityLimit.maxCapacity, QuotaShareCapacityLimit.capacityUnit,"
    " CreateQuotaShareRequest.capacityLimits: the maximum quantity of a resource",
    why="A whole number of the unit.",
).between(0, None)

_limit(
    id="service-environment-capacity",
    subject=SERVICE_ENVIRONMENT,
    where=at("CapacityLimits/*"),
    key="MaxCapacity",
    noun="the maximum capacity",
    title="capacity out of range",
    source="CapacityLimit.maxCapacity, CreateServiceEnvironmentRequest.capacityLimits: the maximum"
    " quantity of a resource",
    why="A whole number of instances, at least one.",
).between(1, None)

_limit(
    id="service-environment-unit",
    subject=SERVICE_ENVIRONMENT,
    where=at("CapacityLimits/*"),
    key="CapacityUnit",
    noun="the capacity unit",
    title="unknown capacity unit",
    source='CapacityLimit.capacityUnit: "specify the instance type (for example, ml.m5.large).'
    ' Otherwise, use NUM_INSTANCES."',
    why="Capacity is counted in instances.",
).matching(
    r"NUM_INSTANCES|ml\.[a-z0-9.-]+", "NUM_INSTANCES or an instance type such as ml.m5.large"
)

_limit(
    id="service-environment-type",
    subject=SERVICE_ENVIRONMENT,
    where=at(""),
    key="ServiceEnvironmentType",
    noun="the service environment type",
    title="unknown type of service environment",
    source="CreateServiceEnvironmentRequest.serviceEnvironmentType: SAGEMAKER_TRAINING",
    why="There is one type.",
).one_of(("SAGEMAKER_TRAINING",))


@_rule(
    "borrow-limit-strategy",
    QUOTA_SHARE,
    title="borrow limit on a share that does not borrow",
    fix="leave BorrowLimit out, or set Strategy to LEND_AND_BORROW",
    source='QuotaShareResourceSharingConfiguration.borrowLimit: "borrowLimit can only be applied to'
    ' quota shares with a strategy of LEND_AND_BORROW."',
)
def borrow_limit_strategy(share: Resource) -> Iterator[Fault]:
    """Only one of the strategies borrows."""
    sharing = mapping(share.properties, "ResourceSharingConfiguration")
    strategy = text(sharing, "Strategy")
    if given(sharing, "BorrowLimit") and strategy in ("RESERVE", "LEND"):
        yield (
            "ResourceSharingConfiguration/BorrowLimit",
            f"BorrowLimit is given with the strategy {strategy}; allowed is LEND_AND_BORROW",
        )


@_rule(
    "quota-share-queue",
    QUOTA_SHARE,
    title="quota share of a queue without a quota-share policy",
    fix="give the queue a scheduling policy with QuotaSharePolicy",
    source="CreateQuotaShareRequest.jobQueue: the queue must have a quota-share scheduling policy;"
    " CreateJobQueueRequest.schedulingPolicyArn",
)
def quota_share_queue(share: Resource) -> Iterator[Fault]:
    """Quotas are part of the queue's policy."""
    queue = share.neighbour(share.properties.get("JobQueue"), JOB_QUEUE)
    if not isinstance(queue, JobQueue):
        return
    policy = queue.scheduling_policy
    fair = policy is not None and "QuotaSharePolicy" not in policy.properties
    if queue.is_fifo or fair:
        kind = "no scheduling policy" if queue.is_fifo else "a fair-share policy"
        yield (
            "JobQueue",
            f"the queue {queue.id} has {kind}; a quota share needs a quota-share policy",
        )


@_rule(
    "quota-policy-queue",
    JOB_QUEUE,
    title="quota-share policy of a queue of compute environments",
    fix="give the queue a fair-share policy, or service environments",
    source='User Guide, Quota management: "Quota management is only supported for job queues'
    ' connected to a SAGEMAKER_TRAINING service environment."',
)
def quota_policy_queue(queue: JobQueue) -> Iterator[Fault]:
    """Only SageMaker training jobs have quotas."""
    policy = queue.scheduling_policy
    if policy is None or not given(policy.properties, "QuotaSharePolicy"):
        return
    if given(queue.properties, "ComputeEnvironmentOrder"):
        yield (
            "SchedulingPolicyArn",
            f"the policy {policy.id} shares quotas; a queue of compute environments has none",
        )


@_rule(
    "duplicate-quota-share",
    QUOTA_SHARE,
    title="two quota shares of one name on one queue",
    fix="give each quota share of the queue a name of its own",
    source='CreateQuotaShareRequest.quotaShareName: "The name of the quota share.";'
    " CreateQuotaShareRequest.jobQueue",
)
def duplicate_quota_share(share: Resource) -> Iterator[Fault]:
    """Jobs name their share by this name."""
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
                f'the quota share {other.id} of the same queue is called "{show(name)}" too',
            )


def _queue_of(share: Resource) -> str | None:
    """Give what tells the queue of a share from others, if it is known."""
    queue = share.neighbour(share.properties.get("JobQueue"), JOB_QUEUE)
    return text(share.properties, "JobQueue") if queue is None else queue.id


@_rule(
    "duplicate-capacity-unit",
    (QUOTA_SHARE, SERVICE_ENVIRONMENT),
    title="two capacity limits of one unit",
    fix="give one limit for each unit",
    source="QuotaShareCapacityLimit.capacityUnit, CapacityLimit.capacityUnit: what is limited",
)
def duplicate_capacity_unit(limited: Resource) -> Iterator[Fault]:
    """A limit is looked up by its unit."""
    seen: set[str] = set()
    for position, limit in entries(limited.properties, "CapacityLimits"):
        unit = text(limit, "CapacityUnit")
        if unit in seen:
            yield (
                f"CapacityLimits/{position}/CapacityUnit",
                f"two limits have the unit {show(unit)}",
            )
        if unit is not None:
            seen.add(unit)


_limit(
    id="consumable-resource-type",
    subject=CONSUMABLE_RESOURCE,
    where=at(""),
    key="ResourceType",
    noun="the resource type",
    title="unknown type of consumable resource",
    source="CreateConsumableResourceRequest.resourceType: REPLENISHABLE or NON_REPLENISHABLE",
    why="A licence comes back when the job ends, a quantity of data does not.",
).one_of(("REPLENISHABLE", "NON_REPLENISHABLE"))

_limit(
    id="consumable-resource-total",
    subject=CONSUMABLE_RESOURCE,
    where=at(""),
    key="TotalQuantity",
    noun="the total quantity",
    title="negative quantity",
    source='CreateConsumableResourceRequest.totalQuantity: "Must be non-negative."',
    why="How much there is of it.",
).between(0, None)


def _requirements(job: JobDefinition) -> Iterator[tuple[str, dict[str, object]]]:
    owners = [("", job.properties), *((f"{path}/", node) for path, node in job.node_ranges)]
    for path, owner in owners:
        wanted = mapping(owner, "ConsumableResourceProperties")
        for position, entry in entries(wanted, "ConsumableResourceList"):
            where = f"{path}ConsumableResourceProperties/ConsumableResourceList/{position}"
            yield where, dict(entry)


@_rule(
    "consumable-quantity",
    JOB_DEFINITION,
    title="consumable quantity of nothing",
    fix="give a whole number, at least 1",
    source='ConsumableResourceRequirement.quantity: "The quantity of the consumable resource that'
    " is"
    ' needed."; ConsumableResourceProperties.consumableResourceList,'
    " RegisterJobDefinitionRequest.consumableResourceProperties,"
    " NodeRangeProperty.consumableResourceProperties",
)
def consumable_quantity(job: JobDefinition) -> Iterator[Fault]:
    """A job that needs none need not say so."""
    for path, entry in _requirements(job):
        got = number(entry, "Quantity")
        if got is not None and (got < 1 or got != int(got)):
            yield (
                f"{path}/Quantity",
                f"the quantity is {show(got)}; allowed are whole numbers from 1",
            )


@_rule(
    "consumable-too-much",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="job that needs more of a resource than there is",
    fix="lower the quantity, or raise the TotalQuantity of the resource",
    source="User Guide, Resource-aware scheduling: a job is scheduled only when all the required"
    " resources are available; ConsumableResourceRequirement.consumableResource",
)
def consumable_too_much(job: JobDefinition) -> Iterator[Fault]:
    """It would wait for ever."""
    seen: list[object] = []
    for path, entry in _requirements(job):
        wanted = entry.get("ConsumableResource")
        resource = job.neighbour(wanted, CONSUMABLE_RESOURCE)
        got = number(entry, "Quantity")
        if resource is not None and got is not None:
            total = number(resource.properties, "TotalQuantity")
            if total is not None and got > total:
                yield f"{path}/Quantity", f"the job needs {got} of {resource.id}, which has {total}"
        name = resource.id if resource is not None else wanted
        identity = (path.rpartition("/")[0], name)
        if isinstance(name, str) and identity in seen:
            yield f"{path}/ConsumableResource", f"{show(name)} is required twice", "add them up"
        seen.append(identity)
