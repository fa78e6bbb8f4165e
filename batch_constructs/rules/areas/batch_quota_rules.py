"""Rules about how much of AWS Batch an account has in a Region, as far as one template shows."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from batch_constructs.aws.quotas import (
    BATCH_SOURCE,
    ENVIRONMENTS_A_CLUSTER,
    QUEUES_WITH_QUOTAS,
    SHARES_A_QUEUE,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.regional_quotas import (
    COMPUTE_ENVIRONMENTS,
    JOB_QUEUES,
    SERVICE_ENVIRONMENTS,
)
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
)
from batch_constructs.rules.template.values import spelled_out
from batch_constructs.rules.template.whole import Whole
from batch_constructs.rules.template.written_lengths import (
    listed,
    of_type,
    referred,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_rule = partial(rule, subject=Whole.type, severity=Severity.WARNING, source=BATCH_SOURCE)


@_rule(
    "batch-resource-count",
    title="more queues or environments than an account can have",
    fix="let teams share a queue with fair shares, or ask AWS to raise the quota",
)
def batch_resource_count(whole: Whole) -> Iterator[Fault]:
    """AWS Batch refuses the next one. Those in other stacks in the Region count as well."""
    for quota in (JOB_QUEUES, COMPUTE_ENVIRONMENTS, SERVICE_ENVIRONMENTS):
        yield from quota.too_many(whole.by_type)


@_rule(
    "eks-cluster-environments",
    title="more compute environments than an EKS cluster can have",
    fix="use fewer environments, or another cluster",
)
def eks_cluster_environments(whole: Whole) -> Iterator[Fault]:
    """AWS Batch refuses the next one."""
    found: dict[str, list[str]] = defaultdict(list)
    for id_, properties in of_type(whole, COMPUTE_ENVIRONMENT, surely=True):
        of_eks = properties.get("EksConfiguration")
        cluster = of_eks.get("EksClusterArn") if isinstance(of_eks, dict) else None
        if cluster is not None:
            found[spelled_out(cluster)].append(id_)
    yield from _beyond(found, ENVIRONMENTS_A_CLUSTER, "compute environments of one EKS cluster")


@_rule(
    "quota-share-count",
    title="more quota shares than a queue can have",
    fix="let several teams share one quota share, or use another queue",
)
def quota_share_count(whole: Whole) -> Iterator[Fault]:
    """AWS Batch refuses the next one."""
    found: dict[str, list[str]] = defaultdict(list)
    for id_, properties in of_type(whole, QUOTA_SHARE, surely=True):
        if "JobQueue" in properties:
            found[spelled_out(properties["JobQueue"])].append(id_)
    yield from _beyond(found, SHARES_A_QUEUE, "quota shares of one queue")


@_rule(
    "quota-queue-count",
    title="service environment with several queues that have quotas",
    fix="give each queue with quotas its own service environment",
)
def quota_queue_count(whole: Whole) -> Iterator[Fault]:
    """AWS Batch refuses the second one."""
    policies = {
        id_
        for id_, properties in of_type(whole, SCHEDULING_POLICY)
        if isinstance(properties.get("QuotaSharePolicy"), dict)
    }
    found: dict[str, list[str]] = defaultdict(list)
    for id_, properties in of_type(whole, JOB_QUEUE, surely=True):
        if referred(properties.get("SchedulingPolicyArn"))[0] not in policies:
            continue
        for entry in listed(properties.get("ServiceEnvironmentOrder")):
            if isinstance(entry, dict) and "ServiceEnvironment" in entry:
                found[spelled_out(entry["ServiceEnvironment"])].append(id_)
    queues = "queues with quotas of one service environment"
    yield from _beyond(found, QUEUES_WITH_QUOTAS, queues)


def _beyond(found: Mapping[str, list[str]], most: int, things: str) -> Iterator[Fault]:
    for ids in found.values():
        if len(ids) > most:
            yield f"Resources/{ids[most]}", f"there are {len(ids)} {things}; it has at most {most}"
