"""Roles and policies of an old template that stay have what they need of it, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from tests.adopt.kept_ids import empty_stack, keep, stack_of, template, warnings

PARAMETERS: dict[str, dict[str, Any]] = {
    "Bucket": {
        "Type": "String",
        "Default": "in",
        "AllowedValues": [1, True, "in"],
        "MaxLength": "20",
        "NoEcho": "true",
        "ConstraintDescription": "a bucket",
    },
    "Stage": {"Type": "String"},
    "Unused": {"Type": "String"},
}
CONDITIONS = {
    "IsProd": {"Fn::And": [{"Condition": "IsNamed"}, {"Condition": "IsNamed"}]},
    "IsNamed": {"Fn::Equals": [{"Ref": "Stage"}, {"Fn::FindInMap": ["Names", "prod", "name"]}]},
    "Unused": {"Fn::Equals": ["a", "b"]},
}
MAPPINGS = {"Names": {"prod": {"name": "prod"}}, "Unused": {"a": {"b": "c"}}}
RESOURCE = {"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}
OLD = {
    "Parameters": PARAMETERS,
    "Conditions": CONDITIONS,
    "Mappings": MAPPINGS,
    "Resources": {
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Condition": "IsProd",
            "DependsOn": ["Gone", "Role"],
            "Properties": {"PolicyDocument": {"Statement": [{"Resource": RESOURCE}]}},
        },
        "Role": {"Type": "AWS::IAM::Role", "DependsOn": "Gone"},
        "Gone": {"Type": "AWS::SQS::Queue"},
    },
}


def without(section: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: one for name, one in section.items() if name not in names}


def test_what_stays_has_the_parameters_conditions_and_mappings_that_it_uses(
    tmp_path: Path,
) -> None:
    stack = stack_of()

    keep(stack, tmp_path, OLD, let_go=["Gone"])

    found = template(stack)
    bucket = {
        **PARAMETERS["Bucket"],
        "AllowedValues": ["1", "true", "in"],
        "MaxLength": 20,
        "NoEcho": True,
    }
    bootstrap = "BootstrapVersion"
    assert without(found["Parameters"], bootstrap) == {
        "Bucket": bucket,
        "Stage": PARAMETERS["Stage"],
    }
    assert found["Conditions"] == without(CONDITIONS, "Unused")
    assert found["Mappings"] == without(MAPPINGS, "Unused")
    assert found["Resources"]["Policy"]["Condition"] == "IsProd"


def test_what_stays_waits_for_nothing_that_goes(tmp_path: Path) -> None:
    stack = stack_of()

    keep(stack, tmp_path, OLD, let_go=["Gone"])

    found = template(stack)["Resources"]
    assert found["Policy"]["DependsOn"] == ["Role"]
    assert "DependsOn" not in found["Role"]


def test_what_the_stack_declares_by_itself_is_not_declared_once_more(tmp_path: Path) -> None:
    stack = stack_of()
    cdk.CfnParameter(stack, "Bucket", default="mine")
    cdk.CfnMapping(stack, "Names", mapping={"prod": {"name": "mine"}})
    cdk.CfnCondition(stack, "IsNamed", expression=cdk.Fn.condition_equals("a", "b"))

    keep(stack, tmp_path, OLD, let_go=["Gone"])

    found = template(stack)
    assert found["Parameters"]["Bucket"]["Default"] == "mine"
    assert found["Mappings"] == {"Names": {"prod": {"name": "mine"}}}
    assert found["Conditions"]["IsNamed"] == {"Fn::Equals": ["a", "b"]}
    assert len(found["Conditions"]) == 2


@pytest.mark.parametrize("stage", ["prod", "test"])
def test_a_condition_that_says_something_else_than_what_stays_knew_is_told(
    stage: str, tmp_path: Path
) -> None:
    stack = stack_of()
    expression = cdk.Fn.condition_equals(cdk.Fn.ref("AWS::Region"), stage)
    cdk.CfnCondition(stack, "IsProd", expression=expression)
    expected = {"Fn::Equals": [{"Ref": "AWS::Region"}, "prod"]}

    keep(stack, tmp_path, {**OLD, "Conditions": {"IsProd": expected}}, let_go=["Gone"])

    told = ["uses the condition IsProd, which is different" in one for one in warnings(stack)]
    assert told == ([] if stage == "prod" else [True])


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"prod": {"name": "mine"}}, True),
        ({"test": {"name": "prod"}}, True),
        ({"prod": {"name": "prod", "size": 1}, "test": {"name": "test"}}, False),
    ],
)
def test_a_mapping_that_says_something_else_than_what_stays_knew_is_told(
    mapping: dict[str, dict[str, Any]], tmp_path: Path, *, says: bool
) -> None:
    stack = stack_of()
    cdk.CfnMapping(stack, "Names", mapping=mapping)

    keep(stack, tmp_path, OLD, let_go=["Gone"])

    told = [one for one in warnings(stack) if "uses the mapping Names, which is" in one]
    assert ["Rename this one to keep both" in one for one in told] == [True] * says


def test_a_resource_with_the_name_of_a_parameter_of_what_stays_gets_another_one(
    tmp_path: Path,
) -> None:
    stack = stack_of(Bucket={"Type": "AWS::S3::Bucket"})

    keep(stack, tmp_path, OLD, let_go=["Gone"])

    assert set(template(stack)["Resources"]) == {"Policy", "Role", "BucketBucket"}


TAGS = {
    "Type": "MANAGED",
    "Tags": {"Stage": {"Ref": "Stage"}},
}
NAME = {"ComputeEnvironmentName": {"Ref": "Stage"}, "Type": "MANAGED"}


@pytest.mark.parametrize("held", [TAGS, NAME])
def test_a_parameter_of_what_is_held_is_there(held: dict[str, Any], tmp_path: Path) -> None:
    kind = "AWS::Batch::ComputeEnvironment"
    stack = empty_stack()
    cdk.aws_batch.CfnComputeEnvironment(stack, "Mine", type="MANAGED")
    old = {"Resources": {"Env": {"Type": kind, "Properties": held}}, "Parameters": PARAMETERS}

    keep(stack, tmp_path, old, hold=["Env"])

    found = template(stack)
    assert found["Resources"]["Env"]["Properties"] == held
    assert found["Parameters"]["Stage"] == PARAMETERS["Stage"]


def test_what_is_held_names_nothing_that_is_let_go(tmp_path: Path) -> None:
    kind = "AWS::EC2::Instance"
    stack = stack_of(Mine={"Type": kind, "Properties": {"SubnetId": "subnet-1"}})
    subnet = {"Ref": "Subnet"}
    resources = {
        "Old": {"Type": kind, "Properties": {"SubnetId": subnet}},
        "Subnet": {"Type": "AWS::EC2::Subnet"},
    }

    with pytest.raises(ValueError, match="whose SubnetId stays and names Subnet, which let_go"):
        keep(stack, tmp_path, {"Resources": resources}, hold=["Old"], let_go=["Subnet"])
