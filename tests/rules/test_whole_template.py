"""What CloudFormation refuses of any template, and what only a file shows."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template
from batch_constructs.rules.areas import ABOUT, AREAS, subjects
from batch_constructs.rules.engine import examine
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.template import template_files

TOPIC = {"Type": "AWS::SNS::Topic"}


def found(template: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.resource, one.path) for one in check_template(template)]


def with_value(value: Any) -> dict[str, Any]:
    return {"Resources": {"T": {**TOPIC, "Properties": {"TopicName": value}}}}


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "no resource": ({"Resources": {}}, ("template-resources", "", "Resources")),
    "a resource that is none": ({"Resources": {"T": "x"}}, ("template-resources", "T", "")),
    "no type": ({"Resources": {"T": {}}}, ("template-resources", "T", "")),
    "a hyphen": ({"Resources": {"a-b": TOPIC}}, ("template-resources", "a-b", "")),
    "a section": (
        {"Resources": {"T": TOPIC}, "Resource": {}},
        ("template-section", "", "Resource"),
    ),
    "a section of text": (
        {"Resources": {"T": TOPIC}, "Outputs": "x"},
        ("template-section", "", "Outputs"),
    ),
    "a list of parameters": (
        {"Resources": {"T": TOPIC}, "Parameters": ["x"]},
        ("template-section", "", "Parameters"),
    ),
    "an empty section": (
        {"Resources": {"T": TOPIC}, "Outputs": None},
        ("null-value", "", "Outputs"),
    ),
    "null": (with_value([1, None]), ("null-value", "T", "Properties/TopicName/1")),
    "Ref": (with_value({"Ref": "X"}), ("unresolved-reference", "T", "Properties/TopicName")),
    "GetAtt": (
        with_value({"Fn::GetAtt": "X.Arn"}),
        ("unresolved-reference", "T", "Properties/TopicName"),
    ),
    "Sub": (
        with_value({"Fn::Sub": ["${A}${X.Arn}", {"A": "a"}]}),
        ("unresolved-reference", "T", "Properties/TopicName"),
    ),
    "If": (
        with_value({"Fn::If": ["X", "a", "b"]}),
        ("unresolved-reference", "T", "Properties/TopicName"),
    ),
    "Condition": (
        {"Resources": {"T": {**TOPIC, "Condition": "X"}}},
        ("unresolved-reference", "T", "Condition"),
    ),
    "DependsOn": (
        {"Resources": {"T": {**TOPIC, "DependsOn": ["X"]}}},
        ("unresolved-reference", "T", "DependsOn"),
    ),
    "FindInMap": (
        with_value({"Fn::FindInMap": ["X", "a", "b"]}),
        ("unresolved-reference", "T", "Properties/TopicName"),
    ),
    "a condition of a condition": (
        {"Resources": {"T": TOPIC}, "Conditions": {"C": {"Fn::Not": [{"Condition": "X"}]}}},
        ("unresolved-reference", "", "Conditions/C"),
    ),
    "the condition of an output": (
        {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": "a", "Condition": "X"}}},
        ("unresolved-reference", "", "Outputs/O/Condition"),
    ),
    "an output": (
        {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Ref": "X"}}}},
        ("unresolved-reference", "", "Outputs/O/Value"),
    ),
    "a pseudo parameter": (
        with_value({"Ref": "AWS::AccountID"}),
        ("unresolved-reference", "T", "Properties/TopicName"),
    ),
    "a version": (
        {"Resources": {"T": TOPIC}, "AWSTemplateFormatVersion": "2010-09-10"},
        ("template-section", "", "AWSTemplateFormatVersion"),
    ),
    "a parameter without a type": (
        {"Resources": {"T": TOPIC}, "Parameters": {"P": {"Default": "x"}}},
        ("template-section", "", "Parameters/P"),
    ),
    "an output without a value": (
        {"Resources": {"T": TOPIC}, "Outputs": {"O": "x"}},
        ("template-section", "", "Outputs/O"),
    ),
    "no type at all": (
        {"Resources": {"T": {"Type": "JobQueue"}}},
        ("template-resources", "T", "Type"),
    ),
}


@pytest.mark.parametrize(
    ("type_", "attribute", "told"),
    [
        ("JobQueue", "Arn", True),
        ("JobQueue", "JobQueueName", True),
        ("JobQueue", "JobQueueArn", False),
        ("SchedulingPolicy", "SchedulingPolicyArn", True),
        ("SchedulingPolicy", "Arn", False),
        ("ConsumableResource", "InUseQuantity", False),
        ("LaterOne", "Arn", False),
    ],
)
@pytest.mark.parametrize(
    "named",
    [
        lambda one: {"Fn::GetAtt": one.split(".")},
        lambda one: {"Fn::GetAtt": one},
        lambda one: {"Fn::Sub": f"${{{one}}}"},
    ],
)
def test_an_attribute_that_a_batch_resource_has_under_another_name_is_an_error(
    type_: str, attribute: str, named: Any, *, told: bool
) -> None:
    template = with_value(named(f"X.{attribute}"))
    template["Resources"]["X"] = {"Type": f"AWS::Batch::{type_}", "Properties": {}}

    messages = [one.message for one in check_template(template) if one.resource == "T"]

    assert messages == ([f"X has no attribute {attribute}"] if told else [])


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        ("AWS::Serverless-2016-10-31", True),
        (["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], True),
        ("OfTheirOwn", False),
    ],
)
def test_a_transform_of_aws_leaves_the_types_of_resources_alone(
    transform: Any, *, told: bool
) -> None:
    template = {"Transform": transform, **with_value({"Fn::GetAtt": ["X", "Arn"]})}
    template["Resources"]["X"] = {"Type": "AWS::Batch::JobQueue", "Properties": {}}

    messages = [one.message for one in check_template(template) if one.resource == "T"]

    assert messages == (["X has no attribute Arn"] if told else [])


@pytest.mark.parametrize(("template", "finding"), REFUSED.values(), ids=REFUSED)
def test_what_cloudformation_refuses_is_an_error(
    template: dict[str, Any], finding: tuple[str, str, str]
) -> None:
    assert found(template) == [finding]
    assert RULES[finding[0]].severity == "error"


LATER: dict[str, dict[str, Any]] = {
    "a transform": {"Transform": "AWS::Serverless-2016-10-31"},
    "a macro in the resources": {"Resources": {"Fn::Transform": {"Name": "X"}}},
    "a module": {"Resources": {"M": {"Type": "My::Own::Thing::MODULE"}}},
    "a loop": {"Resources": {"Fn::ForEach::L": ["N", {"Ref": "P"}, {"${N}": TOPIC}]}},
}


@pytest.mark.parametrize("more", LATER.values(), ids=LATER)
@pytest.mark.parametrize("case", ["Ref", "a section", "no type", "null"])
def test_where_something_is_made_later_nobody_can_tell(more: dict[str, Any], case: str) -> None:
    template, _ = REFUSED[case]
    resources = {**template["Resources"], **more.get("Resources", {})}

    assert found({**template, **more, "Resources": resources}) == []


def test_known_names_of_all_kinds_are_resolved() -> None:
    value = {"Fn::Sub": ["${P}${T}${T.Arn}${AWS::Region}${!x}${Own}", {"Own": "a"}]}
    otherwise = {"Fn::FindInMap": ["X", "a", "b", {"DefaultValue": "c"}]}
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Mappings": {"M": {"a": {"b": "c"}}},
        "Conditions": {
            "C": {"Fn::Equals": [{"Ref": "P"}, {"Fn::FindInMap": ["M", "a", "b"]}]},
            "D": {"Fn::And": [{"Condition": "C"}, {"Fn::Equals": [otherwise, "c"]}]},
        },
        "Resources": {
            "T": {**TOPIC, "Condition": "C"},
            "U": {**TOPIC, "DependsOn": "T", "Properties": {"TopicName": value}},
        },
    }

    assert found(template) == []


def test_a_template_inside_a_template_has_names_of_its_own() -> None:
    body = {"Resources": {"T": {**TOPIC, "Properties": {"TopicName": {"Ref": "Inner"}}}}}
    stack_set = {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": body}}

    assert found({"Resources": {"S": stack_set}}) == []


@pytest.mark.parametrize(
    ("head", "rules"),
    [("", []), ("AWSTemplateFormatVersion: 2010-09-09\n", ["unresolved-reference"])],
)
def test_a_file_without_a_version_may_be_a_part_of_a_template(head: str, rules: list[str]) -> None:
    resources = "Resources: {T: {Type: 'AWS::SNS::Topic', DependsOn: Elsewhere}}"
    document = template_files.document(head + resources)

    assert [one.rule for one in examine(document.template, document).findings] == rules


def test_the_nearest_name_is_offered() -> None:
    template = with_value({"Ref": "Quueue"})
    template["Resources"]["Queue"] = TOPIC

    [one] = check_template(template)

    assert one.fix == "refer to Queue"


@pytest.mark.parametrize(("count", "more"), [(100, False), (101, True), (1000, True)])
def test_of_very_many_faults_of_one_kind_some_are_told(count: int, *, more: bool) -> None:
    found = check_template(with_value([None] * count))

    assert len(found) == 100
    assert found[-1].message.endswith("(and there are more)") is more


def test_the_source_of_another_tool_is_one_line_and_its_placeholders_are_unknown() -> None:
    text = (
        "Resources:\n  E:\n    Type: AWS::Batch::ComputeEnvironment\n    Properties:\n"
        '      Type: "{{ kind }}"\n      ComputeResources:\n        Type: FARGATE\n'
        '        MaxvCpus: "${self:custom.max}"\n        Subnets: "${self:custom.subnets}"\n'
        '        SecurityGroupIds: ["${env:SG}"]\n  E-mail: {}\n'
    )
    document = template_files.document(text)

    [one] = examine(document.template, document).findings

    assert (one.rule, one.severity, one.resource) == ("other-tool", "info", "")


@pytest.mark.parametrize(
    "value",
    [
        "${aws:InstanceId}${aws:ImageId}",
        "{% 5 + $floor($random() * 56) %}",
        "system:node:{{EC2PrivateDNSName}}",
        "docker ps --format {{.Names}}",
    ],
)
def test_what_a_service_or_a_program_reads_at_run_time_is_no_other_tool_s(value: str) -> None:
    text = f"Resources: {{P: {{Type: A::B::C, Properties: {{V: '{value}'}}}}}}"
    document = template_files.document(text)

    assert examine(document.template, document).findings == []


@pytest.mark.parametrize(("value", "found"), [("{{.Priority}}", 0), ("no {{.Priority}}", 1)])
def test_a_placeholder_of_go_is_unknown_where_it_is_the_whole_value(value: str, found: int) -> None:
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "Priority": value,
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "environment"}],
        },
    }

    assert [one.rule for one in check_template({"Resources": {"Queue": queue}})] == (
        ["property-type"] * found
    )


def test_the_index_of_areas_names_the_subjects_of_their_rules() -> None:
    about: dict[str, set[str]] = {}
    for rule in RULES.values():
        about.setdefault(rule.area, set()).update(rule.subjects)

    assert {area: subjects(area) for area in ABOUT} == about
    assert set(ABOUT) == set(AREAS)
