"""What a queue's capacity is divided by: shares, quota shares, service environments, consumables.

https://docs.aws.amazon.com/batch/latest/userguide/job_scheduling.html
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.job_queues import SERVICE_QUEUE_TYPE
from batch_constructs.aws.limit import Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.source import Source, api, guide

SHARE_DECAY: Final = Whole(0, 604_800, unit="seconds")
"""How long a job that has run counts against its share."""

DEFAULT_SHARE_DECAY_SECONDS: Final = 600
"""The window that counts where the share decay is 0, or is left out."""

COMPUTE_RESERVATION: Final = Whole(0, 99)
"""The percentage that is kept for shares without jobs; see ``reserved_vcpus``."""

SHARE_WEIGHT: Final = Decimal(0.0001, 999.9999)
"""The lower it is, the more a share gets."""

DEFAULT_SHARE_WEIGHT: Final = 1.0
"""The weight of a share that the policy does not list."""

SHARE_OR_PREFIX: Final = Matching(
    r"[A-Za-z0-9]{1,255}\*?|\*", "1 to 255 letters and digits, perhaps with an asterisk at the end"
)
"""A share as a policy lists it; an asterisk stands for every identifier that begins so."""

SHARES: Final = Counting(0, 500, "shares")
"""The shares of one policy."""

NUMBER_OF_INSTANCES: Final = "NUM_INSTANCES"
"""The unit of a capacity limit that counts instances of whatever type."""

CAPACITY_UNIT: Final = Matching(
    rf"{NUMBER_OF_INSTANCES}|ml\.[a-z0-9.-]+",
    f"{NUMBER_OF_INSTANCES} or an instance type such as ml.m5.large",
)
"""What a capacity limit of a service environment counts."""

IDLE_RESOURCE_STRATEGY: Final = "FIFO"
"""How idle capacity is given to the quota shares that borrow."""

REPLENISHABLE: Final = "REPLENISHABLE"
NON_REPLENISHABLE: Final = "NON_REPLENISHABLE"
"""Whether a job gives back what it took of a consumable resource."""


_CONSUMED: Final = "ConsumableResourceProperties/ConsumableResourceList/*"
CONSUMED: Final = (_CONSUMED, f"NodeProperties/NodeRangeProperties/*/{_CONSUMED}")
"""Where a job definition says what it takes of consumable resources."""


class SharingStrategy(StrEnum):
    """What becomes of capacity that a quota share does not use.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_QuotaShareResourceSharingConfiguration.html
    """

    RESERVE = "RESERVE"
    LEND = "LEND"
    LEND_AND_BORROW = "LEND_AND_BORROW"


RESERVATION_SOURCE: Final[Source] = api(
    "FairsharePolicy.computeReservation",
    '"The reserved ratio is (computeReservation/100)^ActiveFairShares where ActiveFairShares is the'
    ' number of active share identifiers."',
)


def reserved_vcpus(max_vcpus: float, compute_reservation: float, active_shares: int) -> float:
    """Reckon the vCPUs that are kept for shares that have no jobs yet."""
    return float(max_vcpus * (compute_reservation / 100) ** active_shares)


_policy = partial(Limit, type="AWS::Batch::SchedulingPolicy")
_fair_share = partial(_policy, within=("FairsharePolicy",))
_share = partial(_policy, within=("FairsharePolicy/ShareDistribution/*",))
_quota_share = partial(Limit, type="AWS::Batch::QuotaShare")
_environment = partial(Limit, type="AWS::Batch::ServiceEnvironment")
_consumable = partial(Limit, type="AWS::Batch::ConsumableResource")
_name = partial(
    Limit, bound=RESOURCE_NAME, why="Batch refuses the name when the resource is created."
)
_capacity = partial(
    Limit, within=("CapacityLimits/*",), name="MaxCapacity", noun="the maximum capacity"
)
_state = partial(
    Limit,
    name="State",
    noun="the state",
    bound=OneOf(("ENABLED", "DISABLED")),
    title="unknown state",
    why="It takes jobs or it does not.",
)

LIMITS: Final = (
    _name(
        rule="scheduling-policy-name",
        type="AWS::Batch::SchedulingPolicy",
        name="Name",
        noun="the scheduling policy name",
        source=api(
            "CreateSchedulingPolicyRequest.name",
            '"It can be up to 128 letters long. It can contain uppercase and lowercase letters,'
            ' numbers, hyphens (-), and underscores (_)."',
        ),
        title="scheduling policy name of a wrong shape",
    ),
    _name(
        rule="quota-share-name",
        type="AWS::Batch::QuotaShare",
        name="QuotaShareName",
        noun="the quota share name",
        source=api(
            "CreateQuotaShareRequest.quotaShareName",
            '"It can be up to 128 characters long. It can contain uppercase and lowercase letters,'
            ' numbers, hyphens (-), and underscores (_)."',
        ),
        title="quota share name of a wrong shape",
    ),
    _name(
        rule="service-environment-name",
        type="AWS::Batch::ServiceEnvironment",
        name="ServiceEnvironmentName",
        noun="the service environment name",
        source=api(
            "CreateServiceEnvironmentRequest.serviceEnvironmentName",
            '"It can be up to 128 characters long and can contain letters, numbers, hyphens (-),'
            ' and underscores (_)."',
        ),
        title="service environment name of a wrong shape",
    ),
    _name(
        rule="consumable-resource-name",
        type="AWS::Batch::ConsumableResource",
        name="ConsumableResourceName",
        noun="the consumable resource name",
        source=api(
            "CreateConsumableResourceRequest.consumableResourceName",
            '"Must be unique." AWS gives it no shape of its own; all other names of AWS Batch have'
            " up to 128 letters, digits, hyphens and underscores.",
        ),
        title="consumable resource name of a wrong shape",
    ),
    _fair_share(
        rule="share-decay",
        name="ShareDecaySeconds",
        noun="the share decay",
        bound=SHARE_DECAY,
        source=api(
            "FairsharePolicy.shareDecaySeconds",
            '"A value of zero (0) indicates the default minimum time window (600 seconds). The'
            ' maximum supported value is 604800 (1 week)."',
        ),
        title="share decay out of range",
        why="How long a job that has run still counts, in whole seconds.",
    ),
    _fair_share(
        rule="compute-reservation",
        name="ComputeReservation",
        noun="the compute reservation",
        bound=COMPUTE_RESERVATION,
        source=api(
            "FairsharePolicy.computeReservation",
            '"The minimum value is 0 and the maximum value is 99."',
        ),
        title="compute reservation out of range",
        why="A percentage of the vCPUs that is kept for shares that are not in use yet.",
    ),
    _fair_share(
        rule="share-count",
        name="ShareDistribution",
        noun="the policy",
        bound=SHARES,
        source=api(
            "ShareAttributes.shareIdentifier",
            '"There can be no more than 500 share identifiers active in a job queue."'
            " FairsharePolicy.shareDistribution lists them.",
        ),
        title="too many shares",
        why="A queue has no room for more shares than that.",
    ),
    _share(
        rule="share-weight",
        name="WeightFactor",
        noun="the weight factor",
        bound=SHARE_WEIGHT,
        source=api(
            "ShareAttributes.weightFactor",
            '"The smallest supported value is 0.0001, and the largest supported value is'
            ' 999.9999."',
        ),
        title="weight factor out of range",
        why="A lower weight gets more; zero would get everything.",
    ),
    _share(
        rule="share-identifier",
        name="ShareIdentifier",
        noun="the share identifier",
        bound=SHARE_OR_PREFIX,
        source=api(
            "ShareAttributes.shareIdentifier",
            '"The string is limited to 255 alphanumeric characters, and can be followed by an'
            ' asterisk (*)."',
        ),
        title="share identifier of a wrong shape",
        why="No hyphen, no underscore; an asterisk stands for a prefix, at the end only.",
    ),
    _policy(
        rule="idle-resource-strategy",
        within=("QuotaSharePolicy",),
        name="IdleResourceAssignmentStrategy",
        noun="the idle resource assignment strategy",
        bound=OneOf((IDLE_RESOURCE_STRATEGY,)),
        source=api(
            "QuotaSharePolicy.idleResourceAssignmentStrategy",
            '"Currently, only FIFO is supported."',
        ),
        title="unknown idle resource assignment strategy",
        why="There is one strategy.",
    ),
    _quota_share(
        rule="resource-sharing-strategy",
        within=("ResourceSharingConfiguration",),
        name="Strategy",
        noun="the resource sharing strategy",
        bound=OneOf(tuple(SharingStrategy)),
        source=api(
            "QuotaShareResourceSharingConfiguration.strategy",
            "Valid values are RESERVE, LEND and LEND_AND_BORROW."
            " CreateQuotaShareRequest.resourceSharingConfiguration holds it.",
        ),
        title="unknown resource sharing strategy",
        why="What happens with capacity that the share does not use.",
    ),
    _quota_share(
        rule="borrow-limit",
        within=("ResourceSharingConfiguration",),
        name="BorrowLimit",
        noun="the borrow limit",
        bound=Whole(-1),
        source=api(
            "QuotaShareResourceSharingConfiguration.borrowLimit",
            '"The default borrowLimit is -1, which indicates unlimited borrowing."',
        ),
        title="borrow limit out of range",
        why="A percentage of the share's own capacity; -1 sets no limit.",
    ),
    _quota_share(
        rule="in-share-preemption",
        within=("PreemptionConfiguration",),
        name="InSharePreemption",
        noun="the preemption within the share",
        bound=OneOf(("ENABLED", "DISABLED")),
        source=api(
            "QuotaSharePreemptionConfiguration.inSharePreemption",
            "Valid values are ENABLED and DISABLED."
            " CreateQuotaShareRequest.preemptionConfiguration holds it.",
        ),
        title="unknown value for preemption",
        why="A word, not a boolean.",
    ),
    _state(
        rule="quota-share-state",
        type="AWS::Batch::QuotaShare",
        source=api("CreateQuotaShareRequest.state", "Valid values are ENABLED and DISABLED."),
    ),
    _state(
        rule="service-environment-state",
        type="AWS::Batch::ServiceEnvironment",
        source=api(
            "CreateServiceEnvironmentRequest.state", '"Valid values are ENABLED and DISABLED."'
        ),
    ),
    _quota_share(
        rule="quota-share-capacity-count",
        name="CapacityLimits",
        noun="the quota share",
        bound=Counting(1, 5, "capacity limits"),
        source=guide(
            "create-quota-shares",
            '"At least one capacity limit must be specified."; "attach at most five capacity'
            ' limits". CreateQuotaShareRequest.capacityLimits lists them.',
        ),
        title="quota share without capacity limits, or with too many",
        why="One limit for each instance type that the share may use.",
    ),
    _capacity(
        rule="quota-share-capacity",
        type="AWS::Batch::QuotaShare",
        bound=Whole(1),
        source=api(
            "QuotaShareCapacityLimit.maxCapacity",
            '"The maximum capacity available for the quota share."; the CloudFormation schema of'
            " AWS::Batch::QuotaShare has 1 as its minimum.",
        ),
        title="capacity out of range",
        why="A whole number of instances of the unit's type, at least one.",
    ),
    _capacity(
        rule="service-environment-capacity",
        type="AWS::Batch::ServiceEnvironment",
        bound=Whole(1),
        source=api(
            "CapacityLimit.maxCapacity",
            '"The maximum capacity available for the service environment."'
            " CreateServiceEnvironmentRequest.capacityLimits lists them.",
        ),
        title="capacity out of range",
        why="A whole number of instances, at least one.",
    ),
    _environment(
        rule="service-environment-unit",
        within=("CapacityLimits/*",),
        name="CapacityUnit",
        noun="the capacity unit",
        bound=CAPACITY_UNIT,
        source=api(
            "CapacityLimit.capacityUnit",
            '"specify the instance type (for example, ml.m5.large). Otherwise, use NUM_INSTANCES."',
        ),
        title="unknown capacity unit",
        why="Capacity is counted in instances.",
    ),
    _environment(
        rule="service-environment-type",
        name="ServiceEnvironmentType",
        noun="the service environment type",
        bound=OneOf((SERVICE_QUEUE_TYPE,)),
        source=api(
            "CreateServiceEnvironmentRequest.serviceEnvironmentType",
            '"For SageMaker Training jobs, specify SAGEMAKER_TRAINING."',
        ),
        title="unknown type of service environment",
        why="There is one type.",
    ),
    _consumable(
        rule="consumable-resource-type",
        name="ResourceType",
        noun="the resource type",
        bound=OneOf((REPLENISHABLE, NON_REPLENISHABLE)),
        source=api(
            "CreateConsumableResourceRequest.resourceType",
            '"Can be one of:" REPLENISHABLE and NON_REPLENISHABLE.',
        ),
        title="unknown type of consumable resource",
        why="A licence comes back when the job ends, a quantity of data does not.",
    ),
    _consumable(
        rule="consumable-resource-total",
        name="TotalQuantity",
        noun="the total quantity",
        bound=Whole(0),
        source=api("CreateConsumableResourceRequest.totalQuantity", '"Must be non-negative."'),
        title="negative quantity",
        why="How much there is of it.",
    ),
    Limit(
        rule="consumable-quantity",
        type="AWS::Batch::JobDefinition",
        within=CONSUMED,
        name="Quantity",
        noun="the quantity",
        bound=Whole(1),
        source=api(
            "ConsumableResourceRequirement.quantity",
            '"The quantity of the consumable resource that is needed."'
            " ConsumableResourceProperties.consumableResourceList lists them, in"
            " RegisterJobDefinitionRequest.consumableResourceProperties and in"
            " NodeRangeProperty.consumableResourceProperties.",
        ),
        title="consumable quantity of nothing",
        why="A job that needs none need not say so.",
    ),
)
