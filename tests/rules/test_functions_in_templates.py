"""What functions make is judged, not what they are made of; loops are written out."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_resource, check_template
from batch_constructs.rules.engine import examine
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.loops import unroll
from batch_constructs.rules.template.values import UNKNOWN, Reference, Text

MAPPINGS = {"M": {"a": {"secret": "{{resolve:ssm:/x}}", "plain": "x"}}}
PERHAPS = {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]}
OTHERWISE = {"DefaultValue": {"Fn::Sub": "y"}}


def resolved(value: Any) -> Any:
    return Resolver({"R": {}}, mappings=MAPPINGS).resolve(value)


UNKNOWNS = [
    "{{resolve:ssm:/x}}",
    {"Fn::Sub": "{{resolve:ssm:/x}}"},
    {"Fn::Sub": "{{resolve:ssm:${P}/x}}"},
    {"Fn::Sub": ["{{resolve:ssm:${A}}}", {"A": "/x"}]},
    {"Fn::Join": ["", ["{{resolve:ssm:", "/x", "}}"]]},
    {"Fn::Join": [":", ["{{resolve", "ssm", {"Ref": "P"}]]},
    {"Fn::Select": [1, ["a", {"Fn::Sub": "{{resolve:ssm:/x}}"}]]},
    {"Fn::FindInMap": ["M", "a", "secret"]},
    {"Fn::Split": [",", "{{resolve:ssm:/x}}"]},
    "${Token[TOKEN.1]}",
    "#{Token[TOKEN.1]}",
    "${self:custom.x}",
    "${file(a.yml):x}",
    "{{ jinja }}",
    "{% jinja %}",
    "#{AWS::Region}",
]


@pytest.mark.parametrize("value", UNKNOWNS, ids=str)
def test_what_comes_out_as_a_placeholder_is_unknown(value: Any) -> None:
    assert resolved(value) is UNKNOWN


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("a-{{resolve:ssm:/x}}-b", Text(("a-", UNKNOWN, "-b"))),
        ({"Fn::Sub": "${R}/{{resolve:x}}"}, Text((Reference("R"), "/", UNKNOWN))),
        ({"Fn::Sub": "{{resolve:${R}}}/${R}"}, Text((UNKNOWN, "/", Reference("R")))),
        ({"Fn::Sub": "${!R}"}, "${R}"),
        ({"Fn::Sub": "a${"}, "a${"),
        ("{{resolve:ssm", "{{resolve:ssm"),
        ("${Token[", "${Token["),
        ("${HOME}/x", "${HOME}/x"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ({"Fn::FindInMap": ["M", "a", "plain"]}, "x"),
        ({"Fn::FindInMap": ["M", "a", "plain", OTHERWISE]}, "x"),
        ({"Fn::FindInMap": ["M", "b", "plain", OTHERWISE]}, "y"),
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "plain", OTHERWISE]}, UNKNOWN),
        ({"Fn::FindInMap": ["M", "b", "plain"]}, UNKNOWN),
        ({"Fn::Length": ["a", {"Ref": "P"}]}, 2),
        ({"Fn::Length": ["a", PERHAPS]}, UNKNOWN),
        ({"Fn::Length": {"Ref": "P"}}, UNKNOWN),
    ],
    ids=str,
)
def test_what_is_no_placeholder_stays(value: Any, result: Any) -> None:
    assert resolved(value) == result


QUEUE: dict[str, Any] = {"Priority": 1, "ComputeEnvironmentOrder": [{"Order": 1}]}
MORE = {"Fn::Transform": {"Name": "AWS::Include"}}


@pytest.mark.parametrize("member", ["Fn::Transform", "Fn::ForEach::More"])
def test_an_object_with_a_function_beside_its_members_may_have_any_further_member(
    member: str,
) -> None:
    found = check_resource("AWS::Batch::JobQueue", {member: {}, "Priority": 5})

    assert found == []


@pytest.mark.parametrize("properties", [MORE, {"Fn::ImportValue": "x"}], ids=str)
def test_properties_that_a_function_brings_may_be_any(properties: Any) -> None:
    nouns = ("ComputeEnvironment", "JobQueue", "JobDefinition", "SchedulingPolicy")
    resources = {noun: {"Type": f"AWS::Batch::{noun}", "Properties": properties} for noun in nouns}

    assert check_template({"Resources": resources}) == []


def test_what_an_object_with_a_function_has_is_judged() -> None:
    found = check_resource("AWS::Batch::JobQueue", {**MORE, "Priority": -5})

    assert [one.rule for one in found] == ["job-queue-priority"]


def loop(collection: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "Transform": "AWS::LanguageExtensions",
        "Mappings": {"M": {"a": {"Names": ["x", "y"]}}},
        "Resources": {"Fn::ForEach::Loop": ["Name", collection, body]},
    }


TOPIC = {"Topic${Name}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}}


@pytest.mark.parametrize(
    "collection",
    [["x", "y"], {"Fn::FindInMap": ["M", "a", "Names"]}, {"Fn::Split": [",", "x,y"]}],
    ids=str,
)
def test_a_loop_is_written_out_where_its_collection_is_known(collection: Any) -> None:
    made = unroll(loop(collection, TOPIC)).template["Resources"]

    assert made == {
        f"Topic{name}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
        for name in ("x", "y")
    }


@pytest.mark.parametrize(
    ("priority", "told"),
    [
        (-1, {"Qx": "(also in Qy and Qz)"}),
        ({"Fn::FindInMap": ["P", {"Ref": "Name"}, "it"]}, {"Qy": "1000"}),
    ],
)
def test_a_fault_of_a_loop_is_told_once(priority: Any, told: dict[str, str]) -> None:
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {**QUEUE, "Priority": priority}}
    template = loop(["x", "y", "z"], {"Q${Name}": queue})
    template["Mappings"]["P"] = {"x": {"it": 1}, "y": {"it": 1001}, "z": {"it": 2}}

    found = {
        one.resource: one.message
        for one in check_template(template)
        if one.rule == "job-queue-priority"
    }

    assert {id_: message[-len(told[id_]) :] for id_, message in found.items()} == told


def test_a_misspelled_name_of_a_loop_is_told_once() -> None:
    order = [{"Order": 1, "ComputeEnvironment": "e"}]
    properties = {"Priority": 1, "ComputeEnvironmentOrder": order, "state": "Off"}
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": properties}

    found = check_template(loop(["x", "y"], {"Q${Name}": queue}))

    assert [(one.resource, one.rule, one.path) for one in found] == [
        ("Qx", "property-name", "Properties/state"),
        ("Qx", "job-queue-state", "Properties/state"),
    ]
    assert all("(also in Qy)" in one.message for one in found)


def test_an_ampersand_takes_only_letters_and_digits() -> None:
    made = unroll(loop(["10.0.0.0/8"], {"Net&{Name}": {"Cidr": "${Name} &{Name}"}})).template

    assert made["Resources"] == {"Net100008": {"Cidr": "10.0.0.0/8 100008"}}


def test_loops_in_loops_and_in_properties_are_written_out() -> None:
    inner = {"Fn::ForEach::Inner": ["Key", ["A", "B"], {"${Key}": "${Name}${Key}"}]}
    outer = {"Fn::ForEach::Outer": ["Part", ["1"], {"R${Name}${Part}": {"Tags": inner}}]}

    made = unroll(loop(["x"], outer)).template

    assert made["Resources"] == {"Rx1": {"Tags": {"A": "xA", "B": "xB"}}}


@pytest.mark.parametrize("type", ["CommaDelimitedList", "List<String>"])
def test_a_loop_over_a_parameter_is_written_out_with_its_default(type: str) -> None:
    names = {"P": {"Type": type, "Default": "A, B"}}
    nested = {"Fn::ForEach::Inner": ["Part", ["1", "2"], {"${Name}${Part}": {"Type": "T"}}]}

    made: Any = unroll({**loop({"Ref": "P"}, nested), "Parameters": names}).template["Resources"]

    assert list(made) == ["A1", "A2", "B1", "B2"]


@pytest.mark.parametrize(
    "parameter", [{"Type": "String", "Default": "A,B"}, {"Type": "CommaDelimitedList"}], ids=str
)
def test_a_loop_over_another_parameter_is_not_looked_at(parameter: dict[str, str]) -> None:
    seen = examine({**loop({"Ref": "P"}, TOPIC), "Parameters": {"P": parameter}})

    assert seen.not_looked_at == ["1 resource in Fn::ForEach"]


def test_a_loop_over_a_parameter_stays_and_its_resources_are_counted() -> None:
    body = {**TOPIC, "Fn::ForEach::Inner": ["X", {"Ref": "P"}, TOPIC]}

    seen = examine({**loop({"Ref": "P"}, body), "Parameters": {"P": {}}})

    assert seen.not_looked_at == ["2 resources in Fn::ForEach"]


def test_loops_that_would_make_more_than_a_template_holds_stay() -> None:
    names = [f"n{number}" for number in range(400)]
    body = {"Fn::ForEach::Inner": ["Other", names, {"T${Name}${Other}": {"Type": "A"}}]}

    seen = examine(loop(names, body))

    assert seen.not_looked_at == ["1 resource in Fn::ForEach"]


NOT_LOOKED_AT = {
    "Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31", "Mine"],
    "Resources": {
        "Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": "{}"}},
        "Stack": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}},
        "App": {"Type": "AWS::Serverless::Application"},
        "Module": {"Type": "My::Batch::Queue::MODULE"},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Fn::Transform": {"Name": "Other"}}},
    },
}


def test_what_was_not_looked_at_is_said() -> None:
    assert examine(NOT_LOOKED_AT).not_looked_at == [
        "1 StackSet body",
        "2 nested stacks",
        "2 macros",
        "1 module",
    ]


def test_nested_stacks_whose_templates_stand_beside_are_looked_at() -> None:
    assert "1 nested stack" in examine(NOT_LOOKED_AT, nested_known=True).not_looked_at


class Listed(list[Any]):
    """As cfn-lint and ruamel have them."""


class Mapped(dict[str, Any]):
    """As above."""


def subclassed(value: Any) -> Any:
    if isinstance(value, dict):
        return Mapped({key: subclassed(entry) for key, entry in value.items()})
    if isinstance(value, list):
        return Listed(subclassed(entry) for entry in value)
    return type("Written", (str,), {})(value) if isinstance(value, str) else value


def test_lists_and_mappings_of_other_classes_are_read_as_what_they_are() -> None:
    order = [{"Order": n, "ComputeEnvironment": "x"} for n in (1, 1)]
    properties = {"Priority": -1, "State": "x", "ComputeEnvironmentOrder": order}
    template = {"Resources": {"Q": {"Type": "AWS::Batch::JobQueue", "Properties": properties}}}

    assert check_template(subclassed(template)) == check_template(template)
    assert len(check_template(template)) > 2
