"""A template with conditions is looked at in each of the worlds that they allow."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template
from batch_constructs.rules.template.template_conditions import Worlds

MOST = 32
"""As many worlds are looked at: five conditions, each on a parameter of its own."""


def template(conditions: int) -> dict[str, Any]:
    """A queue that is wrong where none of so many conditions holds."""
    names = [f"Is{number}" for number in range(conditions)]
    priority: Any = -1
    for name in names:
        priority = {"Fn::If": [name, 1, priority]}
    return {
        "Parameters": {f"P{name}": {"Type": "String"} for name in names},
        "Conditions": {name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in names},
        "Resources": {
            "Queue": {
                "Type": "AWS::Batch::JobQueue",
                "Properties": {"Priority": priority, "ComputeEnvironmentOrder": [{}]},
            }
        },
    }


def found(written: dict[str, Any]) -> bool:
    return "job-queue-priority" in {one.rule for one in check_template(written)}


def number_of_worlds(written: dict[str, Any]) -> int:
    return len(list(Worlds(written, written["Resources"])))


def test_a_fault_in_the_last_world_of_five_conditions_is_found() -> None:
    assert number_of_worlds(template(5)) == MOST
    assert found(template(5))


@pytest.mark.parametrize("conditions", [6, 40])
def test_a_template_of_more_conditions_is_looked_at_in_no_more_worlds(conditions: int) -> None:
    assert number_of_worlds(template(conditions)) <= MOST
    assert found(template(conditions))


@pytest.mark.parametrize(("conditions", "worlds"), [(16, 17), (6_000, 2)])
def test_very_many_conditions_are_looked_at_in_few_worlds(conditions: int, worlds: int) -> None:
    """Nine thousand of one parameter took two seconds."""
    names = {f"C{n}": {"Fn::Equals": [{"Ref": "P"}, f"v{n}"]} for n in range(conditions)}
    written = {**template(0), "Parameters": {"P": {"Type": "String"}}, "Conditions": names}

    assert number_of_worlds(written) == worlds


def test_one_world_more_than_thirty_two_is_not_looked_at() -> None:
    written = template(0)
    for name, values in {"Few": 2, "Many": 10}.items():  # and what none asks for: 3 times 11
        written["Parameters"][name] = {"Type": "String"}
        for value in range(values):
            equals = {"Fn::Equals": [{"Ref": name}, str(value)]}
            written["Conditions"][f"{name}{value}"] = equals

    assert 0 < number_of_worlds(written) <= MOST


def among(resources: int, written: dict[str, Any]) -> dict[str, Any]:
    """Put a template's queue among so many resources."""
    topics = {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(resources - 1)}
    return {**written, "Resources": {**written["Resources"], **topics}}


def test_the_more_resources_the_fewer_worlds_are_looked_at() -> None:
    assert number_of_worlds(among(225, template(3))) == 8
    assert number_of_worlds(among(226, template(3))) < 8


def test_four_worlds_are_looked_at_however_many_resources_there_are() -> None:
    assert number_of_worlds(among(900, template(2))) == 4


def test_a_value_that_a_parameter_does_not_allow_makes_no_world() -> None:
    written = template(1)
    written["Parameters"]["PIs0"]["AllowedValues"] = ["yes"]

    assert number_of_worlds(written) == 1
    assert not found(written)


def test_the_one_value_that_no_condition_asks_for_is_known() -> None:
    written = template(1)
    written["Parameters"]["PIs0"]["AllowedValues"] = ["yes", "-5"]
    written["Resources"]["Queue"]["Properties"]["Priority"] = {"Ref": "PIs0"}

    assert found(written)


def test_of_several_values_that_no_condition_asks_for_none_is_known() -> None:
    written = template(1)
    written["Parameters"]["PIs0"]["AllowedValues"] = ["yes", "-5", "-6"]
    written["Resources"]["Queue"]["Properties"]["Priority"] = {"Ref": "PIs0"}

    assert number_of_worlds(written) == 2
    assert not found(written)


YES: Any = {"Fn::Equals": ["a", "a"]}
NO: Any = {"Fn::Equals": ["a", "b"]}
WHO_KNOWS: Any = {"Fn::Equals": [{"Fn::ImportValue": "x"}, "a"]}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (YES, True),
        (NO, False),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Not": [NO]}, True),
        ({"Fn::Not": [YES]}, False),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::And": [YES, NO]}, False),
        ({"Fn::And": [WHO_KNOWS, NO]}, False),
        ({"Fn::Or": [NO, YES]}, True),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Fn::Or": [WHO_KNOWS, YES]}, True),
        ({"Condition": "Other"}, True),
    ],
    ids=str,
)
def test_conditions_are_reckoned_as_cloudformation_does(condition: Any, *, holds: bool) -> None:
    written = template(1)
    written["Conditions"] = {"Other": YES, "Is0": condition}

    assert found(written) is not holds


@pytest.mark.parametrize(
    "asked",
    [
        {"Ref": "AWS::Region"},
        {"Ref": "AWS::AccountId"},
        {"Fn::Join": ["", {"Ref": "Elsewhere"}]},
        {"Fn::Select": [0, {"Ref": "Elsewhere"}]},
    ],
    ids=str,
)
def test_what_a_deployment_decides_may_be_so_or_otherwise(asked: Any) -> None:
    equal = [{"Fn::Equals": sides} for sides in ([asked, "a"], ["a", asked], [asked, "b"])]
    for condition in (*equal, {"Fn::Not": equal[:1]}):
        for values in ([1, -1], [-1, 1]):
            written = template(1)
            written["Conditions"] = {"Is0": condition}
            written["Resources"]["Queue"]["Properties"]["Priority"] = {"Fn::If": ["Is0", *values]}
            assert found(written)

    written["Conditions"] = {"Is0": {"Fn::And": [equal[0], equal[2]]}}
    assert not found(written)


@pytest.mark.parametrize(
    "condition",
    [
        WHO_KNOWS,
        {"Fn::Not": [WHO_KNOWS]},
        {"Fn::And": [WHO_KNOWS, YES]},
        {"Fn::Or": [WHO_KNOWS, NO]},
        {"Condition": "Is0"},
        {"Condition": "Missing"},
    ],
    ids=str,
)
def test_what_depends_on_a_condition_that_nobody_knows_is_unknown(condition: Any) -> None:
    for always in ([-1, -1], [1, -1]):
        written = template(1)
        written["Conditions"] = {"Is0": condition}
        written["Resources"]["Queue"]["Properties"]["Priority"] = {"Fn::If": ["Is0", *always]}

        assert not found(written)


def test_a_parameter_that_is_none_of_the_values_asked_for_equals_none_of_them() -> None:
    written = template(2)
    written["Conditions"]["Is1"] = {"Fn::Equals": ["no", {"Ref": "PIs0"}]}
    written["Resources"]["Queue"]["Properties"]["Priority"] = {
        "Fn::If": ["Is0", 1, {"Fn::If": ["Is1", 1, -1]}]
    }

    assert number_of_worlds(written) == 3
    assert found(written)


def test_a_parameter_that_two_conditions_ask_for_has_one_value_in_a_world() -> None:
    written = template(1)
    written["Conditions"]["Twin"] = written["Conditions"]["Is0"]
    written["Resources"]["Queue"]["Properties"]["Priority"] = {
        "Fn::If": ["Is0", {"Fn::If": ["Twin", 1, -1]}, {"Fn::If": ["Twin", -1, 1]}]
    }

    assert not found(written)


@pytest.mark.parametrize("kind", [{"Condition": "Is0"}, {"Condition": {}}, {}])
def test_a_resource_is_there_unless_its_condition_does_not_hold(kind: dict[str, Any]) -> None:
    written = template(1)
    written["Conditions"]["Is0"] = NO
    written["Resources"]["Queue"]["Properties"]["Priority"] = -1
    written["Resources"]["Queue"] |= kind

    assert found(written) is (kind != {"Condition": "Is0"})


class TestTheConditionThatAFindingNeeds:
    """It is named, unless it is the resource's own or any would do."""

    def messages(self, priority: Any, *conditions: str, own: str = "") -> list[str]:
        written = template(0)
        written["Parameters"] = {f"P{name}": {"Type": "String"} for name in conditions}
        written["Conditions"] = {
            name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in conditions
        }
        queue = written["Resources"]["Queue"]
        queue["Properties"]["Priority"] = priority
        if own:
            queue["Condition"] = own
        wrong = (one for one in check_template(written) if one.rule == "job-queue-priority")
        return [one.message.partition("(")[2] for one in wrong]

    def test_one_condition(self) -> None:
        spot = {"Fn::If": ["Spot", -1, 1]}

        assert self.messages(spot, "Spot", "Prod") == ["when Spot is true)"]
        assert self.messages({"Fn::If": ["Spot", 1, -1]}, "Spot") == ["when Spot is false)"]

    def test_two_conditions(self) -> None:
        both = {"Fn::If": ["Spot", {"Fn::If": ["Prod", 1, -1]}, 1]}

        assert self.messages(both, "Spot", "Prod") == ["when Spot is true and Prod is false)"]

    def test_no_condition_where_it_is_always_so(self) -> None:
        assert self.messages(-1, "Spot") == [""]
        assert self.messages({"Fn::If": ["Spot", -1, -1]}, "Spot") == [""]

    def test_a_resource_s_own_condition_goes_without_saying(self) -> None:
        assert self.messages(-1, "Spot", own="Spot") == [""]
