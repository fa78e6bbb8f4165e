"""For any two environments of one ID: another name where AWS makes another one, else the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import batch_constructs as bc
from batch_constructs.compute.managed_compute_environment import NamedEnvironment
from batch_constructs.impact.verdict import Effect, impact

ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
KINDS: dict[str, Any] = {
    "fargate": bc.FargateComputeEnvironment,
    "ec2": bc.Ec2ComputeEnvironment,
    "spot": bc.SpotComputeEnvironment,
    "eks": bc.EksComputeEnvironment,
    "managed instances": bc.ManagedInstancesComputeEnvironment,
    "unmanaged": bc.UnmanagedComputeEnvironment,
}
CLUSTER = "arn:aws:eks:us-east-1:111122223333:cluster"


@dataclass(frozen=True)
class Environment:
    """What an environment may be made of, and what stands around it."""

    kind: str
    max_vcpus: int
    tags: bool
    stack_tags: bool
    own_role: bool
    on_spot: bool
    instance_types: str
    best_fit: bool
    enabled: bool
    cluster: str
    namespace: str
    fips: bool

    def template(self) -> dict[str, Any]:
        app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
        tags = {"Stage": "test"} if self.stack_tags else None
        stack = cdk.Stack(app, "Stack", tags=tags)
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a"],
            private_subnet_ids=["subnet-1"],
            private_subnet_route_table_ids=["rtb-1"],
        )
        options: dict[str, Any] = {"enabled": self.enabled}
        if self.tags:
            options["tags"] = {"Team": "a"}
        if self.own_role and self.kind not in {"eks", "managed instances"}:  # these take none
            arn = "arn:aws:iam::111122223333:role/own"
            options["service_role"] = iam.Role.from_role_arn(stack, "Own", arn)
        if self.kind != "unmanaged":
            options |= {"vpc": vpc, "max_vcpus": self.max_vcpus}
        if self.kind in {"fargate", "managed instances"}:
            options["spot"] = self.on_spot
        if self.kind == "managed instances":
            options["fips_enabled"] = self.fips
        if self.kind in {"ec2", "spot", "eks"}:
            options["instance_types"] = [self.instance_types]
        if self.kind in {"ec2", "spot"} and self.best_fit:
            options["allocation_strategy"] = "BEST_FIT"
        if self.kind == "eks":
            options["cluster"] = f"{CLUSTER}/{self.cluster}"
            options["kubernetes_namespace"] = self.namespace
        KINDS[self.kind](stack, "E", compute_environment_name="nightly", **options)
        template: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
        return template


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(sorted(KINDS)),
    "max_vcpus": st.sampled_from([16, 512]),
    "tags": st.booleans(),
    "stack_tags": st.booleans(),
    "own_role": st.booleans(),
    "on_spot": st.booleans(),
    "instance_types": st.sampled_from(["c7i", "m7i"]),
    "best_fit": st.booleans(),
    "enabled": st.booleans(),
    "cluster": st.sampled_from(["a", "b"]),
    "namespace": st.sampled_from(["jobs", "others"]),
    "fips": st.booleans(),
}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Environment, Environment]:
    """Draw an environment, and it with one or two things changed."""
    one = draw(st.builds(Environment, **FIELDS))
    changed = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=2, unique=True))
    return one, replace(one, **{name: draw(FIELDS[name]) for name in changed})


def named(template: dict[str, Any]) -> tuple[str, str]:
    ((logical_id, resource),) = (
        item for item in template["Resources"].items() if item[1]["Type"] == ENVIRONMENT
    )
    return logical_id, resource["Properties"]["ComputeEnvironmentName"]


def with_one_name(template: dict[str, Any]) -> dict[str, Any]:
    """Give both environments one name, so that only their other properties are judged."""
    logical_id, _ = named(template)
    resource = template["Resources"][logical_id]
    return {
        "Resources": {
            **template["Resources"],
            logical_id: {
                **resource,
                "Properties": {**resource["Properties"], "ComputeEnvironmentName": "nightly"},
            },
        }
    }


BASE = Environment(
    kind="eks",
    max_vcpus=16,
    tags=False,
    stack_tags=False,
    own_role=False,
    on_spot=False,
    instance_types="c7i",
    best_fit=False,
    enabled=True,
    cluster="a",
    namespace="jobs",
    fips=False,
)
MANAGED = replace(BASE, kind="managed instances")
UNMANAGED = replace(BASE, kind="unmanaged")
EC2 = replace(BASE, kind="ec2")


@example(pair=(BASE, replace(BASE, cluster="b")))
@example(pair=(BASE, replace(BASE, namespace="others")))
@example(pair=(MANAGED, replace(MANAGED, on_spot=True)))
@example(pair=(MANAGED, replace(MANAGED, fips=True)))
@example(pair=(UNMANAGED, replace(UNMANAGED, own_role=True)))
@example(pair=(UNMANAGED, replace(UNMANAGED, tags=True)))
@example(pair=(replace(EC2, best_fit=True), EC2))
@settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(pair=pairs())
def test_the_name_differs_exactly_where_another_environment_is_needed(
    pair: tuple[Environment, Environment],
) -> None:
    one, other = pair
    old, new = one.template(), other.template()
    (old_id, old_name), (new_id, new_name) = named(old), named(new)

    judged = impact(with_one_name(old), with_one_name(new))[new_id]

    fails = any("the deployment fails; create an environment" in note for note in judged.notes)
    needs_another = judged.effect is Effect.REPLACE or fails or one.stack_tags != other.stack_tags
    assert old_id == new_id
    assert (old_name != new_name) is needs_another, (asdict(one), asdict(other), judged)


def _overridden(kind: str, change: Callable[[Any], object] | None, **options: Any) -> str:
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    made = KINDS[kind](stack, "E", vpc=vpc, compute_environment_name="nightly", **options)
    if change is not None:
        change(made.resource)
    found = app.synth().get_stack_by_name("Stack").template["Resources"].values()
    (name,) = (
        one["Properties"]["ComputeEnvironmentName"] for one in found if one["Type"] == ENVIRONMENT
    )
    return str(name)


OWN_ROLE = "arn:aws:iam::111122223333:role/own"


def _put(path: str, value: object) -> Callable[[Any], object]:
    return lambda resource: resource.add_property_override(path, value)


@pytest.mark.parametrize(
    ("kind", "change", "is_another"),
    [
        ("fargate", _put("ComputeResources.Type", "FARGATE_SPOT"), True),
        ("fargate", _put("ComputeResources.Type", "FARGATE"), False),
        ("ec2", _put("ComputeResources.Type", "SPOT"), False),
        ("ec2", _put("ServiceRole", OWN_ROLE), True),
        ("ec2", lambda one: setattr(one, "service_role", OWN_ROLE), True),
        ("ec2", _put("ComputeResources.MaxvCpus", 7), False),
        ("fargate", _put("ComputeResources", {"Type": "FARGATE_SPOT"}), True),
        ("ec2", _put("ComputeResources.AllocationStrategy", "BEST_FIT"), True),
        ("ec2", lambda one: one.add_override("Properties", {"ServiceRole": OWN_ROLE}), True),
        ("ec2", lambda one: setattr(one, "type", "managed"), True),
        ("ec2", lambda one: one.add_override("Metadata.Tags", "x"), False),
        ("ec2", lambda one: one.add_property_deletion_override("Tags"), False),
        ("ec2", _put("ComputeResources.AllocationStrategy", None), True),
        ("fargate", _put("ComputeResources.AllocationStrategy", None), False),
        (
            "ec2",
            lambda one: (
                one.add_property_override("Tags.team", "a"),
                one.add_property_override("Tags", {}),
            ),
            False,
        ),
    ],
)
def test_what_is_put_over_counts_as_what_was_given(
    kind: str,
    change: Callable[[Any], object],
    is_another: bool,  # noqa: FBT001 - a case
) -> None:
    assert (_overridden(kind, change) != _overridden(kind, None)) is is_another


@pytest.mark.parametrize(
    "replaces",
    [
        _put("ReplaceComputeEnvironment", True),  # noqa: FBT003 - a value of CloudFormation
        lambda one: setattr(one, "replace_compute_environment", True),
    ],
)
def test_where_every_change_replaces_an_environment_what_is_put_over_counts_too(
    replaces: Callable[[Any], object],
) -> None:
    def changed(path: str, value: object) -> str:
        return _overridden("ec2", lambda one: (replaces(one), _put(path, value)(one)))

    before = _overridden("ec2", replaces)

    assert _overridden("ec2", replaces, instance_types=["c7g"]) != before
    assert changed("ComputeResources.InstanceTypes.0", "c7g") != before
    assert changed("ComputeResources.Ec2KeyPair", "operators") != before
    assert changed("ComputeResources.MaxvCpus", 7) == before
    assert changed("ComputeResources.MinvCpus", 1) == before


def test_a_kind_that_is_put_over_gives_the_name_of_that_kind() -> None:
    put_over = _overridden("fargate", _put("ComputeResources.Type", "FARGATE_SPOT"))
    assert put_over == _overridden("fargate", None, spot=True)


def test_what_is_put_over_what_was_put_over_takes_its_place_as_in_the_template() -> None:
    stack = cdk.Stack()
    one = NamedEnvironment(stack, "E", type="MANAGED")
    inner = {"B": {"C": 1}}
    one.add_property_override("Tags", inner)
    one.add_property_override("Tags.B.D", 2)
    both = one.with_overrides({})
    one.add_property_override("Tags.B", {"E": 3})

    assert both == {"Tags": {"B": {"C": 1, "D": 2}}}
    assert inner == {"B": {"C": 1}}
    assert one.with_overrides({}) == {"Tags": {"B": {"E": 3}}}
    one.add_override("Properties", None)
    assert one.with_overrides({"Type": "MANAGED"}) == {}
