"""Two resources of one kind with one name are found, and never where their names may differ."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template

ALARM = "AWS::CloudWatch::Alarm"
RULE = "AWS::Events::Rule"
PARAMETERS = {"Stage": {"Type": "String"}, "Bus": {"Type": "String"}}
CONDITIONS = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsNot": {"Fn::Not": [{"Condition": "IsProd"}]},
}


def said(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    written = {
        "Parameters": PARAMETERS,
        "Conditions": CONDITIONS,
        "Resources": {"First": first, "Second": second},
    }
    return [
        f"{one.path}: {one.message}"
        for one in check_template(written)
        if one.rule == "duplicate-name"
    ]


def one(type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type, "Properties": properties}


@pytest.mark.parametrize(
    ("type", "key"),
    [
        (ALARM, "AlarmName"),
        ("AWS::CloudWatch::CompositeAlarm", "AlarmName"),
        ("AWS::CloudWatch::Dashboard", "DashboardName"),
        (RULE, "Name"),
        ("AWS::Lambda::Function", "FunctionName"),
        ("AWS::Logs::LogGroup", "LogGroupName"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::Scheduler::Schedule", "Name"),
        ("AWS::StepFunctions::StateMachine", "StateMachineName"),
        ("AWS::SNS::Topic", "TopicName"),
    ],
)
def test_two_of_one_name_are_found(type: str, key: str) -> None:
    named = one(type, **{key: "nightly"})

    assert said(named, named) == [f'Properties/{key}: First is also called "nightly"']


def test_names_that_are_written_alike_are_the_same_whatever_they_come_to() -> None:
    staged = one(ALARM, AlarmName={"Fn::Sub": "${Stage}-failures"})
    bussed = one(ALARM, AlarmName={"Fn::Sub": "${Bus}-failures"})

    assert said(staged, staged) == ["Properties/AlarmName: First has the same AlarmName"]
    assert said(staged, bussed) == []


def test_alarms_of_both_kinds_share_their_names() -> None:
    composite = one("AWS::CloudWatch::CompositeAlarm", AlarmName="nightly")

    assert said(one(ALARM, AlarmName="nightly"), composite)


def test_roles_whose_names_differ_in_case_alone_are_of_one_name() -> None:
    role = "AWS::IAM::Role"

    assert said(one(role, RoleName="Nightly"), one(role, RoleName="nightly"))
    assert said(one(ALARM, AlarmName="Nightly"), one(ALARM, AlarmName="nightly")) == []


@pytest.mark.parametrize(
    ("type", "among"), [(RULE, "EventBusName"), ("AWS::Scheduler::Schedule", "GroupName")]
)
def test_a_rule_has_its_name_on_its_bus_and_a_schedule_in_its_group(type: str, among: str) -> None:
    plain = one(type, Name="nightly")
    elsewhere = one(type, Name="nightly", **{among: {"Ref": "Bus"}})

    assert said(plain, one(type, Name="nightly", **{among: "default"}))
    assert said(elsewhere, elsewhere)
    assert said(plain, elsewhere) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            {**one(ALARM, AlarmName="a"), "Condition": "IsProd"},
            {**one(ALARM, AlarmName="a"), "Condition": "IsNot"},
        ),
        (
            one(ALARM, AlarmName={"Fn::If": ["IsProd", "a", {"Ref": "AWS::NoValue"}]}),
            one(ALARM, AlarmName={"Fn::If": ["IsProd", {"Ref": "AWS::NoValue"}, "a"]}),
        ),
        (one(ALARM, AlarmName={"Ref": "AWS::NoValue"}),) * 2,
        (one(ALARM, AlarmName={"Fn::Transform": {"Name": "Random"}}),) * 2,
        (one(ALARM), one(ALARM)),
    ],
)
def test_two_that_are_never_there_together_are_not(first: Any, second: Any) -> None:
    assert said(first, second) == []


def test_one_under_a_condition_is_beside_one_that_is_always_there() -> None:
    always = one(ALARM, AlarmName="a")

    assert said({**always, "Condition": "IsProd"}, always)
    assert said(always, {**always, "Condition": "IsProd"})
