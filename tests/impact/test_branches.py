"""A change under a condition that only the deployment knows is judged branch by branch."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.impact.verdict import Effect, impact

NONE = {"Ref": "AWS::NoValue"}


def either(one: Any, other: Any, condition: str = "It") -> dict[str, Any]:
    return {"Fn::If": [condition, one, other]}


def capacity(kind: Any, most: int = 4) -> dict[str, Any]:
    return {"Type": kind, "MaxvCpus": most, "AllocationStrategy": "BEST_FIT_PROGRESSIVE"}


def template(compute: Any, value: str = "a", **properties: Any) -> dict[str, Any]:
    environment = {"ReplaceComputeEnvironment": False, "ComputeResources": compute, **properties}
    return {
        "Conditions": {
            "It": {"Fn::Equals": [{"Ref": "Env"}, value]},
            "That": {"Fn::Equals": [{"Ref": "Env"}, "z"]},
        },
        "Resources": {
            "P": {"Type": "AWS::EC2::PlacementGroup"},
            "E": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": environment},
        },
    }


@pytest.mark.parametrize(
    ("old", "new", "effect", "because", "fails"),
    [
        (
            either(capacity("EC2"), capacity("FARGATE")),
            either(capacity("EC2", 8), capacity("FARGATE")),
            Effect.IN_PLACE,
            ["ComputeResources/MaxvCpus"],
            False,
        ),
        (
            capacity(either("EC2", "SPOT")),
            capacity(either("FARGATE", "SPOT")),
            Effect.REPLACE,
            ["ComputeResources/Type"],
            True,
        ),
        (
            capacity(either("SPOT", "FARGATE")),
            capacity(either("SPOT", either("FARGATE", "EC2", "That"))),
            Effect.REPLACE,
            ["ComputeResources/Type"],
            True,
        ),
        (capacity(either("EC2", "EC2")), capacity("EC2"), Effect.NONE, [], False),
        (either(capacity("EC2"), NONE), either(capacity("EC2"), NONE), Effect.NONE, [], False),
    ],
)
def test_the_worst_branch_counts(
    old: Any,
    new: Any,
    effect: Effect,
    because: list[str],
    fails: bool,  # noqa: FBT001 - a case
) -> None:
    found = impact(template(old), template(new))["E"]

    assert (found.effect, found.because, found.fails) == (effect, because, fails)


def test_a_condition_that_is_defined_otherwise_may_turn_out_otherwise() -> None:
    compute = capacity(either("EC2", "FARGATE"))

    assert impact(template(compute), template(compute, "b"))["E"].fails


def test_a_name_that_is_there_in_one_branch_only_is_judged_in_it() -> None:
    old, new = (
        template(capacity("EC2"), ComputeEnvironmentName=either("a", NONE), Tags=tags)
        for tags in ({"a": "1"}, {"a": "2"})
    )

    found = impact(old, new)["E"]

    assert (found.effect, found.fails) == (Effect.REPLACE, True)


def test_what_a_branch_refers_to_changes_it() -> None:
    old = template(either({**capacity("EC2"), "PlacementGroup": {"Ref": "P"}}, NONE))
    group = {"Type": "AWS::EC2::PlacementGroup", "Properties": {"Strategy": "cluster"}}
    new = {**old, "Resources": {**old["Resources"], "P": group}}

    found = impact(old, new)["E"]

    assert found.effect is Effect.INFRASTRUCTURE_UPDATE
    assert found.because == ["ComputeResources/PlacementGroup"]
