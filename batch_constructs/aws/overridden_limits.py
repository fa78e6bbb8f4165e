"""Which limits of a job definition hold for what a submission says instead, member by member.

What a job definition may say, a submission may say instead, so the limits of ``limits.json`` hold
at both ends; here stands which member overrides which part. What a submission says of its own is
bounded in ``submit_job.py``.
https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws import submit_job
from batch_constructs.aws.bound import Counting
from batch_constructs.aws.limits import limits_of
from batch_constructs.aws.names import JOB_NAME
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.aws.bound import Bound
    from batch_constructs.aws.limits import Limit

BOUNDS: Final[Mapping[str, Bound]] = {
    "JobName": JOB_NAME,
    "ArrayProperties/Size": submit_job.ARRAY_SIZE,
    "ShareIdentifier": submit_job.SHARE_IDENTIFIER,
    "DependsOn": Counting(0, submit_job.DEPENDENCIES.high or 0, "dependencies"),
    "SchedulingPriorityOverride": submit_job.SCHEDULING_PRIORITY,
    "RetryStrategy/Attempts": submit_job.ATTEMPTS,
    "Timeout/AttemptDurationSeconds": submit_job.TIMEOUT_SECONDS,
}
"""Member of a submission → what it may be."""

_NODES: Final = "NodeProperties/NodeRangeProperties/*"
_OVERRIDDEN_NODES: Final = "NodeOverrides/NodePropertyOverrides/*"
OVERRIDDEN: Final = {
    "ConsumableResourceProperties": "ConsumableResourcePropertiesOverride",
    "ContainerProperties": "ContainerOverrides",
    "EcsProperties": "EcsPropertiesOverride",
    "EksProperties": "EksPropertiesOverride",
    f"{_NODES}/Container": f"{_OVERRIDDEN_NODES}/ContainerOverrides",
    f"{_NODES}/EcsProperties": f"{_OVERRIDDEN_NODES}/EcsPropertiesOverride",
    f"{_NODES}/EksProperties": f"{_OVERRIDDEN_NODES}/EksPropertiesOverride",
    "RetryStrategy": "RetryStrategy",
    "Timeout": "Timeout",
}
"""Part of a job definition → the member of a submission that says it instead."""

CONTAINERS: Final = (
    "ContainerOverrides",
    "EcsPropertiesOverride/TaskProperties/*/Containers/*",
    f"{_OVERRIDDEN_NODES}/ContainerOverrides",
    f"{_OVERRIDDEN_NODES}/EcsPropertiesOverride/TaskProperties/*/Containers/*",
)
"""Where a submission overrides a container."""


@cache
def members() -> Any:
    """Give the members of ``SubmitJob``, as `model.json` gives the properties of a resource."""
    return read("submit_job")


@cache
def overridden_limits() -> tuple[Limit, ...]:
    """Give the limits of job definitions at the members that a submission overrides."""
    found = []
    for limit in limits_of("AWS::Batch::JobDefinition"):
        below, key = limit.way
        within = (_overriding(f"{way}/{below}".strip("/")) for way in limit.within)
        there = tuple(way for way in within if way and _has(way, key))
        if there:
            name = f"{key}/*" if limit.name.endswith("/*") else key
            found.append(limit.replaced(within=there, name=name))
    return tuple(found)


def _overriding(way: str) -> str | None:
    for part, override in OVERRIDDEN.items():
        if f"{way}/".startswith(f"{part}/"):
            return f"{override}{way.removeprefix(part)}"
    return None


def _has(way: str, key: str) -> bool:
    """Tell whether ``SubmitJob`` has a member."""
    node = members()
    for step in (*way.split("/"), key):
        if step == "*":
            node = node[0] if isinstance(node, list) else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node is not None
