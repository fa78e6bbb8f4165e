"""Parameters that are declared otherwise: what of them is told, and what refers to them."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.impact.changed_parameters import changed_parameters
from batch_constructs.impact.impact_report import as_text
from batch_constructs.impact.verdict import Effect, impact

SSM = "AWS::SSM::Parameter::Value<String>"


def of(parameter: dict[str, Any] | None, priority: Any = 1) -> dict[str, Any]:
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": priority}}
    given = {} if parameter is None else {"P": parameter}
    return {"Parameters": given, "Resources": {"Q": queue}}


@pytest.mark.parametrize(
    ("old", "new", "because", "says"),
    [
        ({"Default": "a"}, {"Default": "b"}, ["Default"], "the parameter keeps its value, unless"),
        ({"Default": "a"}, {}, [], ""),
        ({"AllowedValues": ["a", "b"]}, {"AllowedValues": ["b"]}, ["AllowedValues"], "value is a,"),
        ({"AllowedValues": ["a"]}, {"AllowedValues": ["a", "b"]}, [], ""),
        ({"AllowedValues": [1]}, {"AllowedValues": ["1"]}, [], ""),
        ({"AllowedValues": ["a"]}, {}, [], ""),
        ({}, {"AllowedValues": ["a"]}, ["AllowedValues"], "does not allow its value"),
        ({}, {"MaxValue": 3}, ["MaxValue"], "if MaxValue does not allow"),
        ({"MinLength": 3}, {"MinLength": "3"}, [], ""),
        ({"AllowedPattern": "a"}, {"AllowedPattern": "b"}, ["AllowedPattern"], "does not allow"),
        ({}, {"Type": "Number"}, ["Type"], "if its value is not of the type Number"),
        ({}, {"Description": "a", "NoEcho": True}, [], ""),
        (None, {}, ["Default"], "it is new, and has no default: the deployment fails unless"),
        (None, {"Default": "a"}, [], ""),
    ],
)
def test_what_the_value_of_a_parameter_may_no_longer_be_is_told(
    old: dict[str, Any] | None, new: dict[str, Any], because: list[str], says: str
) -> None:
    before, after = (of(None if one is None else {"Type": "String", **one}) for one in (old, new))

    found = impact(before, after)

    told = found.get("Parameters/P")
    assert (told.because if told else []) == because
    assert says in as_text(found)
    assert (told.effect if told else Effect.NONE) is Effect.NONE


def test_a_new_stack_is_told_no_parameters() -> None:
    assert [*changed_parameters({}, of({"Type": "String"}))] == []


@pytest.mark.parametrize(
    ("was", "becomes", "effect"),
    [
        ("String", SSM, Effect.IN_PLACE),
        (SSM, "String", Effect.IN_PLACE),
        ("String", "CommaDelimitedList", Effect.IN_PLACE),
        ("CommaDelimitedList", "List<Number>", Effect.NONE),
        ("String", "Number", Effect.NONE),
        (SSM, SSM, Effect.NONE),
    ],
)
def test_a_type_by_which_the_same_text_is_another_value_changes_what_refers_to_it(
    was: str, becomes: str, effect: Effect
) -> None:
    old, new = (of({"Type": one}, {"Ref": "P"}) for one in (was, becomes))

    assert impact(old, new)["Q"].effect is effect


def test_what_is_changed_by_a_type_says_so() -> None:
    old, new = (of({"Type": one}, {"Ref": "P"}) for one in ("String", SSM))

    assert "Priority changes because the Type of P does" in impact(old, new)["Q"].notes


def test_a_condition_on_a_parameter_of_another_type_may_be_another_one() -> None:
    def template(kind: str) -> dict[str, Any]:
        made = of({"Type": kind})
        made["Resources"]["Q"]["Condition"] = "C"
        return {**made, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}}

    assert impact(template("String"), template(SSM))["Q"].because == ["Condition"]


def test_below_changed_defaults_it_does_not_say_that_nothing_changes() -> None:
    text = as_text(
        impact(of({"Type": "String", "Default": "a"}), of({"Type": "String", "Default": "b"}))
    )

    assert "Parameters/P" in text
    assert text.endswith("no resource changes")
    assert as_text(impact(of(None), of(None))) == "nothing changes"
