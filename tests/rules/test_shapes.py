"""Names and types of properties: what CloudFormation converts, and what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import UNKNOWN, Finding, check_resource

TYPE = "AWS::Batch::JobDefinition"


def found(rule: str, properties: dict[str, Any], kind: str = TYPE) -> list[Finding]:
    return [one for one in check_resource(kind, properties) if one.rule == rule]


RIGHT = {
    "text": ["x", 1, 1.5, True, UNKNOWN, None],
    "boolean": [True, False, "true", "FALSE", UNKNOWN],
    "integer": [1, "1", 1.0, "2.0", UNKNOWN],
    "a list of text": [[], ["x", 1, UNKNOWN], UNKNOWN],
    "a mapping": [{}, {"x": "y", "z": 1}, UNKNOWN],
    "an object": [{"OptionName": "x"}, UNKNOWN],
}
WRONG: dict[str, dict[str, Any]] = {
    "text": {"an object": {"x": "y"}, "a list": ["x"]},
    "boolean": {'"yes"': "yes", '"1"': 1, "a list": [True], "an object": {}},
    "integer": {"true": True, "a list": [1]},
    "a list of text": {"a text": "x", "an object": {"x": "y"}, "true": True},
    "a mapping": {"a text": "x", "a list": ["x"], "false": False},
    "an object": {'"x"': "x", "a list": ["x"]},
}
CONTAINER = {
    "text": "Image",
    "boolean": "Privileged",
    "integer": "Memory",
    "a list of text": "Command",
    "an object": "LogConfiguration",
}
BELONGS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "a list of text": "a list",
}


def holding(kind: str, value: Any) -> dict[str, Any]:
    if kind == "a mapping":
        return {"Parameters": value}
    return {"ContainerProperties": {CONTAINER[kind]: value}}


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in RIGHT.items() for value in values]
)
def test_what_cloudformation_converts_is_of_the_right_type(kind: str, value: Any) -> None:
    assert not found("property-type", holding(kind, value))


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [(kind, *pair) for kind, values in WRONG.items() for pair in values.items()],
)
def test_a_wrong_type_is_named_with_what_belongs_there(kind: str, written: str, value: Any) -> None:
    (one,) = found("property-type", holding(kind, value))

    assert one.message == f"{written} is used where {BELONGS.get(kind, kind)} is needed"


@pytest.mark.parametrize("value", ["one", 1.5])
def test_where_a_rule_says_what_a_number_may_be_its_type_is_not_told_too(value: Any) -> None:
    wrong = check_resource(TYPE, holding("integer", value))

    assert [one.rule for one in wrong if one.path.endswith("/Memory")] == ["memory-minimum"]


@pytest.mark.parametrize("value", [["x"], {"x": "y"}])
def test_an_entry_of_a_list_or_a_mapping_of_text_is_text(value: Any) -> None:
    (first,) = found("property-type", holding("a list of text", ["a", value]))
    (second,) = found("property-type", holding("a mapping", {"a": "b", "c": value}))

    assert first.path == "Properties/ContainerProperties/Command/1"
    assert second.path == "Properties/Parameters/c"


def test_an_entry_of_a_list_of_objects_is_an_object() -> None:
    (one,) = found("property-type", {"ContainerProperties": {"Volumes": [{}, "x"]}})

    assert one.path == "Properties/ContainerProperties/Volumes/1"
    assert one.message == '"x" is used where an object is needed'


def test_a_number_that_need_not_be_whole_may_have_a_fraction() -> None:
    kind = "AWS::Batch::SchedulingPolicy"

    def weighing(weight: Any) -> dict[str, Any]:
        return {"FairsharePolicy": {"ShareDistribution": [{"WeightFactor": weight}]}}

    assert not found("property-type", weighing(0.5), kind)
    (one,) = found("property-type", weighing("half"), kind)
    assert one.message == '"half" is used where a number is needed'


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("image", "Image"), ("EXECUTIONROLEARN", "ExecutionRoleArn"), ("JobRoleArns", "JobRoleArn")],
)
def test_a_slip_of_the_pen_is_told_what_was_meant(name: str, nearest: str) -> None:
    (one,) = found("property-name", {"ContainerProperties": {name: "x"}})

    assert one.message == f"there is no property {name}; the nearest is {nearest}"
    assert one.fix == f"write {nearest}"
    assert one.path == f"Properties/ContainerProperties/{name}"


@pytest.mark.parametrize("name", ["Gibberish", ""])
def test_another_name_is_perhaps_newer_than_this_library(name: str) -> None:
    (one,) = found("property-unknown", {"RetryStrategy": {name: "x"}})

    assert one.message == (f"there is no property {name}; there are Attempts or EvaluateOnExit")


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (TYPE, "aws-resource-batch-jobdefinition"),
        ("AWS::Batch::QuotaShare", "aws-resource-batch-quotashare"),
    ],
)
def test_the_source_of_a_wrong_property_is_the_page_of_its_resource(kind: str, page: str) -> None:
    (one,) = found("property-unknown", {"Gibberish": 1}, kind)

    assert one.source.endswith(f"/TemplateReference/{page}.html")


@pytest.mark.parametrize("name", ["ContainerProperties", "containerProperties"])
def test_what_follows_from_an_object_inside_of_itself_is_not_told(name: str) -> None:
    inner = {"Image": "busybox", "Vcpus": 1, "Memory": 512}
    job = {"Type": "container", "ContainerProperties": {name: inner, "Privileged": "perhaps"}}

    found = check_resource("AWS::Batch::JobDefinition", job)

    assert [(one.rule, one.path) for one in found if one.severity != "info"] == [
        ("property-doubled", f"Properties/ContainerProperties/{name}")
    ]
    assert found[0].severity == "error"


def test_a_whole_resource_may_be_doubled_too() -> None:
    queue = {"Properties": {"Priority": 1, "ComputeEnvironmentOrder": []}}

    [found] = check_resource("AWS::Batch::JobQueue", queue)
    assert (found.rule, found.path) == ("property-doubled", "Properties/Properties")


def test_what_is_wrong_beside_it_is_told() -> None:
    job = {"Type": "nothing", "ContainerProperties": {"ContainerProperties": {}}}

    found = {one.rule for one in check_resource("AWS::Batch::JobDefinition", job)}
    assert "property-doubled" in found
    assert len(found) > 1
