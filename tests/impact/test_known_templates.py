"""Conditions, mappings and values that are none: what a template tells by itself is known."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.known_template import known
from batch_constructs.impact.verdict import Comparison, Effect, impact

QUEUE = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}}
ENV = {"Env": {"Type": "String", "Default": "dev"}}
SAME = {"Fn::Equals": ["a", "a"]}
OTHER = {"Fn::Equals": ["a", "b"]}
OPEN = {"Fn::Equals": [{"Ref": "Env"}, "prod"]}


def template(*, conditions: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    resources = more.pop("resources", {"Q": QUEUE})
    return {"Parameters": ENV, "Conditions": conditions or {}, "Resources": resources, **more}


def with_condition(name: str) -> dict[str, Any]:
    return {"Q": {**QUEUE, "Condition": name}}


def effect(old: dict[str, Any], new: dict[str, Any]) -> Effect:
    return impact(old, new)["Q"].effect


@pytest.mark.parametrize(
    ("definition", "becomes"),
    [
        (SAME, Effect.NONE),
        (OTHER, Effect.DELETE),
        (OPEN, Effect.DELETE),
        ({"Fn::Not": [SAME]}, Effect.DELETE),
        ({"Fn::Not": [OTHER]}, Effect.NONE),
        ({"Fn::And": [SAME, {"Condition": "Same"}]}, Effect.NONE),
        ({"Fn::And": [OPEN, OTHER]}, Effect.DELETE),
        ({"Fn::Or": [OPEN, SAME]}, Effect.NONE),
        ({"Fn::Or": [OPEN, OTHER]}, Effect.DELETE),
        ({"Fn::Equals": [True, "true"]}, Effect.NONE),
        ({"Fn::Equals": [1, "1"]}, Effect.NONE),
        ({"Condition": "It"}, Effect.DELETE),  # of itself: nobody knows
    ],
)
def test_a_condition_that_a_resource_gets_may_delete_it(
    definition: dict[str, Any], becomes: Effect
) -> None:
    conditions = {"It": definition, "Same": SAME}
    new = template(conditions=conditions, resources=with_condition("It"))

    assert effect(template(), new) is becomes


def test_a_condition_that_only_the_deployment_knows_is_told_as_one() -> None:
    new = template(conditions={"It": OPEN}, resources=with_condition("It"))

    found = impact(template(), new)["Q"]

    assert found.because == ["Condition"]
    assert "it is deleted if its Condition is false, which only the deployment knows" in found.notes


@pytest.mark.parametrize("definition", [OPEN, SAME])
def test_a_condition_that_stays_changes_nothing(definition: dict[str, Any]) -> None:
    one = template(conditions={"It": definition}, resources=with_condition("It"))

    assert effect(one, one) is Effect.NONE


def test_a_condition_whose_definition_changes_may_delete_what_has_it() -> None:
    old, new = (
        template(conditions={"It": {"Condition": "Of"}, "Of": of}, resources=with_condition("It"))
        for of in (OPEN, {"Fn::Equals": [{"Ref": "Env"}, "test"]})
    )

    assert effect(old, new) is Effect.DELETE


def test_a_resource_whose_condition_becomes_true_is_created() -> None:
    old, new = (
        template(conditions={"It": one}, resources=with_condition("It")) for one in (OTHER, SAME)
    )

    assert effect(old, new) is Effect.CREATE


def priority(value: Any) -> dict[str, Any]:
    return {"Q": {**QUEUE, "Properties": {"Priority": value}}}


@pytest.mark.parametrize(
    ("before", "after", "becomes"),
    [
        (SAME, SAME, Effect.NONE),
        (SAME, OTHER, Effect.IN_PLACE),
        (OPEN, OPEN, Effect.NONE),
        (OPEN, SAME, Effect.IN_PLACE),
    ],
)
def test_a_property_changes_with_the_condition_it_depends_on(
    before: dict[str, Any], after: dict[str, Any], becomes: Effect
) -> None:
    old, new = (
        template(conditions={"It": one}, resources=priority({"Fn::If": ["It", 1, 2]}))
        for one in (before, after)
    )

    assert effect(old, new) is becomes


@pytest.mark.parametrize(
    ("key", "after", "becomes"),
    [("b", 1, Effect.NONE), ("b", 2, Effect.IN_PLACE), ({"Ref": "Env"}, 2, Effect.IN_PLACE)],
)
def test_a_property_changes_with_the_mapping_it_is_read_from(
    key: Any, after: int, becomes: Effect
) -> None:
    find = priority({"Fn::FindInMap": ["M", "a", key]})
    old, new = (template(resources=find, Mappings={"M": {"a": {"b": one}}}) for one in (1, after))

    assert effect(old, new) is becomes


IN_MAP: dict[str, dict[str, int]] = {"a": {"b": 1, "c": 1}, "d": {"b": 1}}
OPEN_KEY = {"Ref": "Env"}


@pytest.mark.parametrize(
    ("arguments", "changed", "becomes"),
    [
        (["M", "a", "b", {"DefaultValue": 5}], ("a", "b"), Effect.IN_PLACE),
        (["M", "x", "b", {"DefaultValue": 5}], ("a", "b"), Effect.NONE),
        (["M", OPEN_KEY, "b", {"DefaultValue": 5}], ("d", "b"), Effect.IN_PLACE),
        (["M", OPEN_KEY, "b"], ("a", "c"), Effect.NONE),
        (["M", "a", OPEN_KEY], ("a", "c"), Effect.IN_PLACE),
        (["M", "a", OPEN_KEY], ("d", "b"), Effect.NONE),
        ([OPEN_KEY, "a", "b"], ("d", "b"), Effect.IN_PLACE),
        ([{"Fn::Sub": "M"}, "a", "b"], ("a", "b"), Effect.IN_PLACE),
        ([{"Fn::Sub": "M"}, "a", "b"], ("a", "c"), Effect.NONE),
    ],
)
def test_a_property_changes_with_what_a_look_up_may_mean(
    arguments: list[Any], changed: tuple[str, str], becomes: Effect
) -> None:
    first, second = changed
    now = {"M": {**IN_MAP, first: {**IN_MAP[first], second: 2}}}
    old, new = (
        template(resources=priority({"Fn::FindInMap": arguments}), Mappings=maps)
        for maps in ({"M": IN_MAP}, now)
    )
    assert effect(old, new) is becomes


def test_a_default_that_a_look_up_falls_back_to_is_a_value() -> None:
    def looked_up(default: int) -> dict[str, Any]:
        find = {"Fn::FindInMap": ["M", "x", "b", {"DefaultValue": default}]}
        return template(resources=priority(find), Mappings={"M": IN_MAP})

    assert effect(looked_up(1), looked_up(2)) is Effect.IN_PLACE
    assert effect(looked_up(1), template(resources=priority(1))) is Effect.NONE


def test_keys_of_a_mapping_may_be_numbers_which_yaml_reads() -> None:
    find = priority({"Fn::FindInMap": ["M", "111122223333", "b"]})
    old, new = (
        template(resources=find, Mappings={"M": {111122223333: {"b": one}}}) for one in (1, 2)
    )

    assert effect(old, new) is Effect.IN_PLACE


@pytest.mark.parametrize(
    ("old_region", "new_region", "becomes"),
    [
        ("eu-central-1", None, Effect.IN_PLACE),
        (None, "eu-central-1", Effect.IN_PLACE),
        ("us-east-1", None, Effect.NONE),
        (None, None, Effect.IN_PLACE),
        ("us-east-1", "eu-central-1", Effect.IN_PLACE),
    ],
)
def test_what_depends_on_the_region_is_known_where_the_region_is(
    old_region: str | None, new_region: str | None, becomes: Effect
) -> None:
    find = priority({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "b"]})
    old, new = (
        template(
            resources=find, Mappings={"M": {"eu-central-1": {"b": one}, "us-east-1": {"b": 1}}}
        )
        for one in (1, 2)
    )

    compared = Comparison(
        DescribedStack(name="S", template=old, region=old_region),
        DescribedStack(name="S", template=new, region=new_region),
    )

    assert compared.impacts()["Q"].effect is becomes


def test_a_condition_on_the_region_is_known_where_the_region_is() -> None:
    here = {"It": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]}}
    stacks = (template(), template(conditions=here, resources=with_condition("It")))

    old, new = (DescribedStack(name="S", template=one, region="eu-central-1") for one in stacks)

    assert Comparison(old, new).impacts()["Q"].effect is Effect.NONE


def test_a_value_that_is_none_is_none() -> None:
    none = {"Ref": "AWS::NoValue"}
    properties = {"Priority": 1, "SchedulingPolicyArn": none, "Names": ["a", none]}
    written = known({"Resources": {"Q": {**QUEUE, "Properties": properties}}})

    assert written["Resources"]["Q"]["Properties"] == {"Priority": 1, "Names": ["a"]}


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ({"FairsharePolicy": {}}, {"QuotaSharePolicy": {}}, True),
        ({"QuotaSharePolicy": {}}, {"FairsharePolicy": {}}, True),
        ({"FairsharePolicy": {}}, {}, True),
        ({"FairsharePolicy": {}}, {"FairsharePolicy": {"ComputeReservation": 1}}, False),
    ],
)
def test_a_scheduling_policy_keeps_its_kind(
    old: dict[str, Any], new: dict[str, Any], *, fails: bool
) -> None:
    before, after = (
        {"Resources": {"P": {"Type": "AWS::Batch::SchedulingPolicy", "Properties": one}}}
        for one in (old, new)
    )

    assert impact(before, after)["P"].fails is fails


@pytest.mark.parametrize(
    ("before", "types", "is_told"),
    [(True, ["m5"], True), (None, ["m5"], True), (False, ["m5"], False), (True, ["c5"], False)],
)
def test_what_may_wedge_the_stack_is_told(
    before: bool | None,  # noqa: FBT001 - a property
    types: list[str],
    is_told: bool,  # noqa: FBT001 - a case
) -> None:
    def environment(replaced: bool | None, types: list[str]) -> dict[str, Any]:  # noqa: FBT001
        strategy = {"AllocationStrategy": "BEST_FIT_PROGRESSIVE", "InstanceTypes": types}
        properties: dict[str, Any] = {"ComputeResources": {"Type": "EC2", **strategy}}
        if replaced is not None:
            properties["ReplaceComputeEnvironment"] = replaced
        return {
            "Resources": {"E": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}}
        }

    found = impact(environment(before, ["c5"]), environment(False, types))["E"]  # noqa: FBT003

    assert any("UPDATE_ROLLBACK_FAILED" in note for note in found.notes) is is_told


def test_a_parameter_that_is_new_takes_its_default() -> None:
    assert list(impact({**template(), "Parameters": {}}, template())) == ["Q"]
