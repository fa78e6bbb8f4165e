"""What stands beside the properties of an old resource stays with it: attributes and exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from tests.adopt.kept_ids import empty_stack, keep, stack_of, template

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "AWS::SNS::Topic"
IF = {"Production": {"Fn::Equals": [{"Ref": "Stage"}, "live"]}}
STAGE = {"Stage": {"Type": "String"}}
NAMED = {"Type": TOPIC, "Properties": {"TopicName": "jobs"}}


def kept(directory: Path, **attributes: Any) -> dict[str, Any]:
    """Give a template with a topic that had some attributes, and was written anew without."""
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})
    old = {"Parameters": STAGE, "Conditions": IF, "Resources": {"Old": {**NAMED, **attributes}}}
    keep(stack, directory, old)
    return template(stack)


@pytest.mark.parametrize(
    "attributes",
    [
        {"DeletionPolicy": "Retain"},
        {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Snapshot"},
        {"Metadata": {"Owner": {"Team": "a"}}},
        {"CreationPolicy": {"ResourceSignal": {"Count": 2}}},
        {"UpdatePolicy": {"UseOnlineResharding": True}},
    ],
)
def test_an_attribute_stays_where_the_new_resource_says_nothing(
    attributes: dict[str, Any], tmp_path: Path
) -> None:
    assert kept(tmp_path, **attributes)["Resources"]["Old"] == {**NAMED, **attributes}


def test_a_condition_stays_with_what_it_is_made_of(tmp_path: Path) -> None:
    found = kept(tmp_path, Condition="Production")

    assert found["Resources"]["Old"]["Condition"] == "Production"
    assert (found["Conditions"], found["Parameters"]["Stage"]) == (IF, STAGE["Stage"])


def test_what_the_new_resource_says_itself_counts(tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})
    l1: Any = stack.node.find_child("Mine")
    l1.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    l1.add_metadata("Owner", "b")
    own = cdk.CfnCondition(stack, "Own", expression=cdk.Fn.condition_equals("a", "a"))
    l1.cfn_options.condition = own
    said = {"DeletionPolicy": "Retain", "Metadata": {"Owner": "a"}, "Condition": "Production"}

    keep(stack, tmp_path, {"Conditions": IF, "Resources": {"Old": {**NAMED, **said}}})

    found = template(stack)["Resources"]["Old"]
    assert (found["DeletionPolicy"], found["Condition"]) == ("Delete", "Own")
    assert found["Metadata"]["Owner"] == "b"


def test_an_override_of_the_new_resource_counts(tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})
    l1: Any = stack.node.find_child("Mine")
    l1.add_override("DeletionPolicy", "Retain")

    keep(stack, tmp_path, {"Resources": {"Old": {**NAMED, "DeletionPolicy": "Delete"}}})

    assert template(stack)["Resources"]["Old"]["DeletionPolicy"] == "Retain"


def exporting(name: Any, value: Any, **beside: Any) -> dict[str, Any]:
    output = {"Value": value, "Export": {"Name": name}, **beside}
    return {
        "Parameters": STAGE,
        "Conditions": IF,
        "Resources": {"Old": NAMED},
        "Outputs": {"Given": output, "Seen": {"Value": "a"}},
    }


@pytest.mark.parametrize("name", ["jobs-topic", {"Fn::Sub": "${AWS::StackName}-topic"}])
def test_an_export_stays_and_an_output_that_nobody_imports_goes(name: Any, tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})
    old = exporting(name, {"Fn::Sub": "${Old} of ${Stage}"}, Condition="Production")

    keep(stack, tmp_path, old)

    found = template(stack)
    assert found["Outputs"] == {"Given": old["Outputs"]["Given"]}
    assert (found["Conditions"], found["Parameters"]["Stage"]) == (IF, STAGE["Stage"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("jobs-topic", "jobs-topic"),
        ({"Fn::Sub": "${AWS::StackName}-topic"}, f"{cdk.Aws.STACK_NAME}-topic"),
        ({"Fn::Join": ["", [{"Ref": "AWS::StackName"}, "-topic"]]}, "{name}-topic"),
    ],
    ids=["a text", "Fn::Sub", "Fn::Join"],
)
def test_an_export_that_the_stack_has_is_not_made_twice(old: Any, new: str, tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})
    name = new.replace("{name}", stack.stack_name)
    cdk.CfnOutput(stack, "Mine2", value="a", export_name=name)

    keep(stack, tmp_path, exporting(old, {"Ref": "Old"}))

    assert list(template(stack)["Outputs"]) == ["Mine2"]


def test_an_export_is_let_go_by_its_id(tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": TOPIC, "Properties": {"TopicName": "jobs"}})

    keep(stack, tmp_path, exporting("jobs-topic", {"Ref": "Old"}), let_go=["Given"])

    assert "Outputs" not in template(stack)


def test_an_export_of_what_goes_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the export Given, which stays and names Old, which let"):
        keep(empty_stack(), tmp_path, exporting("a", {"Ref": "Old"}), let_go=["Old"])


@pytest.mark.parametrize("imported", [True, False])
def test_an_export_that_the_cdk_made_is_the_one_that_it_makes_again(
    tmp_path: Path, *, imported: bool
) -> None:
    def app(name: str, *, read: bool) -> tuple[cdk.Stack, Any]:
        app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
        stack, other = cdk.Stack(app, "Stack"), cdk.Stack(app, "Other")
        topic: Any = cdk.CfnResource(stack, name, type=TOPIC, properties={"TopicName": "jobs"})
        used = topic.ref if read else "a"
        cdk.CfnResource(other, "Q", type="AWS::SQS::Queue", properties={"QueueName": used})
        return stack, other

    before = template(app("Old", read=True)[0])
    stack, other = app("Mine", read=imported)

    keep(stack, tmp_path, before)

    assert template(stack)["Outputs"] == before["Outputs"]
    (export,) = (one["Export"]["Name"] for one in before["Outputs"].values())
    queue = template(other)["Resources"]["Q"]["Properties"]["QueueName"]
    assert queue == ({"Fn::ImportValue": export} if imported else "a")
