"""For random pairs of our constructs under one ID with a name: what replaces them changes the name.

Environments and consumable resources, which options of theirs replace, have properties of their own
(`compute/test_names_by_property.py`, `queues/test_names_of_consumable_resources.py`). No option of
the others does, but for the name itself, and the queue of a share, whose name it is.
"""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.aws.updates import create_only
from batch_constructs.impact.verdict import Effect, impact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from constructs import Construct

SEED, VARIANTS = 17, 8
IMAGES = ["public.ecr.aws/docker/library/busybox:stable", "public.ecr.aws/docker/library/bash:5"]
NAMES = ["nightly", "daily"]
TAGS = [None, {"Team": "a"}, {"Team": "b"}]


def environment(scope: Construct, id: str) -> bc.FargateComputeEnvironment:
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        f"{id}Vpc",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    groups = [ec2.SecurityGroup.from_security_group_id(scope, f"{id}Group", "sg-1")]
    return bc.FargateComputeEnvironment(scope, id, vpc=vpc, security_groups=groups)


def queue(scope: Construct, *, second: bool, **options: Any) -> object:
    environments = [environment(scope, "A")] + ([environment(scope, "B")] if second else [])
    return bc.JobQueue(scope, "It", compute_environments=environments, **options)


def definition(kind: Any) -> Callable[..., object]:
    def make(scope: Construct, *, minutes: int, **options: Any) -> object:
        timeout = cdk.Duration.minutes(minutes)
        memory = cdk.Size.gibibytes(2)
        return kind(scope, "It", vcpus=1, memory=memory, timeout=timeout, **options)

    return make


def limits(most: int) -> list[bc.CapacityLimit]:
    return [bc.CapacityLimit(max_capacity=most, capacity_unit="ml.m5.large")]


def service_environment(scope: Construct, *, most: int, id: str = "It", **options: Any) -> Any:
    return bc.ServiceEnvironment(
        scope, id, capacity_limits=[bc.CapacityLimit(max_capacity=most)], **options
    )


def service_queue(scope: Construct, *, id: str = "It", **options: Any) -> Any:
    of = service_environment(scope, most=4, id=f"{id}Capacity")
    return bc.ServiceJobQueue(scope, id, service_environments=[of], **options)


def share(scope: Construct, *, most: int, of: str, **options: Any) -> object:
    policy = bc.QuotaSharePolicy(scope, "Policy")
    queues = {one: service_queue(scope, id=one, scheduling_policy=policy) for one in ("A", "B")}
    return bc.QuotaShare(scope, "It", queue=queues[of], capacity_limits=limits(most), **options)


KINDS: dict[str, tuple[Callable[..., object], Mapping[str, list[Any]]]] = {
    "JobQueue": (
        queue,
        {
            "job_queue_name": NAMES,
            "priority": [1, 2],
            "enabled": [True, False],
            "second": [True, False],
            "tags": TAGS,
        },
    ),
    "ServiceJobQueue": (
        service_queue,
        {"job_queue_name": NAMES, "priority": [1, 2], "enabled": [True, False], "tags": TAGS},
    ),
    "ServiceEnvironment": (
        service_environment,
        {
            "service_environment_name": NAMES,
            "most": [1, 2],
            "enabled": [True, False],
            "tags": TAGS,
        },
    ),
    "FairSharePolicy": (
        lambda scope, **options: bc.FairSharePolicy(scope, "It", **options),
        {
            "scheduling_policy_name": NAMES,
            "compute_reservation_percentage": [10, 20],
            "tags": TAGS,
        },
    ),
    "FargateJobDefinition": (
        definition(bc.FargateJobDefinition),
        {"job_definition_name": NAMES, "image": IMAGES, "minutes": [5, 10], "tags": TAGS},
    ),
    "Ec2JobDefinition": (
        definition(bc.Ec2JobDefinition),
        {
            "job_definition_name": NAMES,
            "image": IMAGES,
            "minutes": [5, 10],
            "privileged": [True, False],
        },
    ),
    "QuotaShare": (
        share,
        {
            "quota_share_name": NAMES,
            "most": [1, 2],
            "of": ["A", "B"],
            "in_share_preemption": [True, False],
            "tags": TAGS,
        },
    ),
}


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[dict[str, Any]]]:
    """Give templates of each kind, drawn by chance, in one synthesis."""
    draw = random.Random(SEED)  # noqa: S311  # a draw that can be repeated
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    for kind, (make, fields) in KINDS.items():
        for place in range(VARIANTS):
            stack = cdk.Stack(app, f"{kind}{place}")
            make(stack, **{name: draw.choice(values) for name, values in fields.items()})
    assembly = app.synth()
    return {
        kind: [assembly.get_stack_by_name(f"{kind}{place}").template for place in range(VARIANTS)]
        for kind in KINDS
    }


def it(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    ((logical_id, resource),) = (
        (name, one)
        for name, one in template["Resources"].items()
        if name.startswith("It")
        and one["Type"].startswith("AWS::Batch::")
        and "Capacity" not in name
    )
    return logical_id, resource


@pytest.mark.parametrize("kind", KINDS)
def test_what_replaces_it_changes_its_name_and_nothing_else_does(
    kind: str, rendered: dict[str, list[dict[str, Any]]]
) -> None:
    replaced = 0
    for old, new in combinations(rendered[kind], 2):
        (old_id, was), (new_id, is_now) = it(old), it(new)
        (name,) = (
            one
            for one in create_only(was["Type"]).always
            if one.endswith("Name") and one in was["Properties"]
        )
        others = create_only(was["Type"]).always - {name}
        told = impact(old, new)[new_id]

        names = {one["Properties"][name] for one in (was, is_now)}
        moved = any(was["Properties"].get(one) != is_now["Properties"].get(one) for one in others)
        assert old_id == new_id
        assert (told.effect is Effect.REPLACE) is (len(names) == 2 or moved)
        assert not told.fails
        assert kind == "QuotaShare" or not moved
        replaced += told.effect is Effect.REPLACE

    assert 0 < replaced < len([*combinations(range(VARIANTS), 2)])
