"""Conditions compare what functions and pseudo parameters give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

HOLD: dict[str, Any] = {
    "Region": {"Fn::Equals": ["us-east-1", {"Ref": "AWS::Region"}]},
    "Partition": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]},
    "Join": {"Fn::Equals": ["a-b", {"Fn::Join": ["-", ["a", {"Ref": "Letter"}]]}]},
    "EmptyList": {"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "None"}]}]},
    "Sub": {"Fn::Equals": ["us-east-1/b", {"Fn::Sub": "${AWS::Region}/${Letter}"}]},
    "FindInMap": {"Fn::Equals": ["v", {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}]},
    "Split": {"Fn::Equals": ["b", {"Fn::Select": [1, {"Fn::Split": ["-", "a-b"]}]}]},
    "Select": {"Fn::Equals": ["b", {"Fn::Select": ["1", {"Ref": "Letters"}]}]},
    "Not": {"Fn::Not": [{"Fn::Equals": ["eu-west-1", {"Ref": "AWS::Region"}]}]},
    "And": {"Fn::And": [{"Condition": "Join"}, {"Fn::Equals": ["b", {"Ref": "Letter"}]}]},
    "Or": {"Fn::Or": [{"Fn::Equals": ["x", "y"]}, {"Fn::Equals": [{"Ref": "Letter"}, "b"]}]},
}


@pytest.mark.local_aws
def test_a_condition_holds_where_it_holds_on_aws(local_aws: LocalAws) -> None:
    stacks = local_aws.client("cloudformation")
    template = {
        "Mappings": {"M": {"us-east-1": {"k": "v"}}},
        "Parameters": {
            "Letter": {"Type": "String", "Default": "b"},
            "Letters": {"Type": "CommaDelimitedList", "Default": "a,b"},
            "None": {"Type": "CommaDelimitedList", "Default": ""},
        },
        "Conditions": HOLD | {f"Other{name}": {"Fn::Not": [one]} for name, one in HOLD.items()},
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "Region"}},
        "Outputs": {
            name: {"Value": {"Fn::If": [name, "yes", "no"]}}
            for name in [*HOLD, *(f"Other{name}" for name in HOLD)]
        },
    }
    stacks.create_stack(StackName="conditions", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(
        StackName="conditions", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    [stack] = stacks.describe_stacks(StackName="conditions")["Stacks"]

    expected = dict.fromkeys(HOLD, "yes") | {f"Other{name}": "no" for name in HOLD}
    assert {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]} == expected
