"""What nobody can know yet is never a finding, and no input makes a check fall over."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_constructs.rules import UNKNOWN, check_resource, check_template
from batch_constructs.rules.areas.shape_rules import model
from batch_constructs.rules.rulebook import BY_SUBJECT

CORPUS = Path(__file__).parent / "corpus"
TYPES = sorted(BY_SUBJECT)
TEMPLATES = sorted(CORPUS.glob("*/*.json"))

FUNCTIONS: list[Any] = [
    {"Ref": "AParameter"},
    {"Fn::ImportValue": "other-stack"},
    {"Fn::GetAtt": ["Custom", "Value"]},
    {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Key"]},
    {"Fn::If": ["Somehow", {"Ref": "AParameter"}, {"Ref": "AnotherParameter"}]},
    {"Fn::Sub": "${AParameter}"},
    {"Fn::Transform": {"Name": "Include"}},
    "{{resolve:ssm:/some/parameter}}",
    "${Token[TOKEN.123]}",
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where the scalars of a value are."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, entry in pairs:
        if isinstance(entry, dict | list):
            found += leaves(entry, (*path, key))
        else:
            found.append((*path, key))
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Copy a value with another one in one place."""
    changed = copy.deepcopy(value)
    within = changed
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = new
    return changed


def unknown_everywhere(node: Any) -> Any:
    """Make properties of which only the names are known."""
    if isinstance(node, dict):
        return {name: unknown_everywhere(entry) for name, entry in node.items() if name}
    return [unknown_everywhere(node[0])] if isinstance(node, list) else UNKNOWN


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
@pytest.mark.parametrize("kind", ["Fargate", "Ec2", "All"])
def test_an_unknown_value_in_any_place_of_a_good_template_is_no_finding(
    function: Any, kind: str
) -> None:
    names = {
        "Fargate": "good-secrets.json",
        "Ec2": "good-ec2-linux.json",
        "All": "good-net-isolated-ec2.json",
    }
    good = json.loads((CORPUS / "good" / names[kind]).read_text())
    good["Resources"]["Custom"] = {"Type": "Custom::Value"}
    good.setdefault("Conditions", {})["Somehow"] = {
        "Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]
    }
    good.setdefault("Mappings", {})["Map"] = {"eu-west-1": {"Key": {"Ref": "AParameter"}}}
    names_of_parameters = ("AParameter", "AnotherParameter")
    good.setdefault("Parameters", {})
    good["Parameters"] |= {
        name: {"Type": "String", "Default": "-1"} for name in names_of_parameters
    }
    for id_, resource in good["Resources"].items():
        if not str(resource["Type"]).startswith("AWS::Batch"):
            continue
        for path in leaves(resource.get("Properties", {})):
            whole = ("Resources", id_, "Properties", *path)
            if {"Type", "PlatformCapabilities", "Ref", "Fn::GetAtt", "Fn::Sub"} & set(path):
                continue
            changed = replaced(good, whole, function)
            worse = [one for one in check_template(changed) if one.severity != "info"]
            assert worse == [], whole


@pytest.mark.parametrize("type_", sorted(model()))
def test_properties_of_which_nothing_is_known_are_no_finding(type_: str) -> None:
    properties = unknown_everywhere(model()[type_])

    found = [one for one in check_resource(type_, properties) if one.rule not in STRUCTURE]

    assert found == []


STRUCTURE = {
    # these look at which properties are given, not at their values: with all of them given at
    # once, several are too many
    "job-definition-properties",
    "eks-ecs-settings",
    "eks-job-parameters",
    "launch-template-reference",
    "node-properties",
    "one-scheduling-policy",
    "pod-volume-kind",
    "queue-both-orders",
    "volume-kinds",
}


@pytest.mark.parametrize("type_", sorted(model()))
def test_properties_that_are_unknown_as_a_whole_are_no_finding(type_: str) -> None:
    properties = {name: UNKNOWN for name in model()[type_] if name}

    found = [one for one in check_resource(type_, properties) if one.rule not in STRUCTURE]

    assert found == []


def test_objects_that_are_no_data_are_unknown() -> None:
    properties = {
        "Type": object(),
        "ContainerProperties": {"Image": object(), "ResourceRequirements": object()},
    }

    assert check_resource("AWS::Batch::JobDefinition", properties) == []


def test_tokens_of_the_cdk_are_unknown() -> None:
    properties = {
        "Type": "MANAGED",
        "ComputeResources": {
            "Type": "SPOT",
            "AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
            "MaxvCpus": -1.8881545897087626e289,
            "BidPercentage": -1.8881545897087626e289,
            "InstanceTypes": ["#{Token[TOKEN.7]}"],
            "InstanceRole": "${Token[Role.Arn.8]}",
            "Subnets": ["#{Token[TOKEN.9]}"],
            "SecurityGroupIds": ["${Token[TOKEN.10]}"],
        },
    }

    assert check_resource("AWS::Batch::ComputeEnvironment", properties) == []


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["EC2", "FARGATE", "SPOT", "multinode", "container", "1:3", "Ref::x", "$."])
)
names = st.sampled_from(
    sorted(
        {
            *[
                "Ref",
                "Fn::GetAtt",
                "Fn::Sub",
                "Fn::If",
                "Fn::Join",
                "Fn::Select",
                "Fn::Split",
                "Fn::FindInMap",
                "Fn::Base64",
                "Fn::ToJsonString",
                "Condition",
                "Statement",
                "Principal",
                "Service",
                "Action",
                "Resource",
                "Targets",
                "Arn",
                "Id",
                "BatchParameters",
                "Definition",
                "States",
                "Parameters",
                "Roles",
                "Policies",
                "PolicyDocument",
            ],
            *(name for node in model().values() for name in node if name),
        }
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.fixed_dictionaries(
            {"Type": st.sampled_from(TYPES)}, optional={"Properties": values, "Condition": values}
        )
        | values,
        max_size=3,
    ),
    values,
    values,
)
def test_no_template_makes_a_check_fall_over(
    resources: Any, conditions: Any, parameters: Any
) -> None:
    template = {"Resources": resources, "Conditions": conditions, "Parameters": parameters}

    for one in check_template(template):
        assert one.message


def shaped(node: Any) -> st.SearchStrategy[Any]:
    """Draw properties that are shaped as the model says, or nearly so."""
    if isinstance(node, dict):
        members = {name: shaped(entry) for name, entry in node.items() if name}
        return st.fixed_dictionaries({}, optional=members) | values
    if isinstance(node, list):
        return st.lists(shaped(node[0]), max_size=3)
    return values


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(model())).flatmap(
        lambda type_: st.tuples(st.just(type_), shaped(model()[type_]))
    )
)
def test_no_properties_make_a_check_fall_over(drawn: tuple[str, Any]) -> None:
    type_, properties = drawn

    found = check_template({"Resources": {"It": {"Type": type_, "Properties": properties}}})

    for one in found:
        assert one.resource == "It"


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEMPLATES), st.data())
def test_no_change_of_a_template_makes_a_check_fall_over(file: Path, data: st.DataObject) -> None:
    template = json.loads(file.read_text())
    for _ in range(data.draw(st.integers(1, 4))):
        places = leaves(template)
        place = data.draw(st.sampled_from(places))
        cut = data.draw(st.integers(1, len(place)))
        template = replaced(template, place[:cut], data.draw(values))
        if not leaves(template):
            return

    if isinstance(template, dict):
        check_template(template)


def test_a_template_that_contains_itself_is_no_trouble() -> None:
    properties: dict[str, Any] = {"Type": "container"}
    properties["ContainerProperties"] = properties
    properties["Tags"] = {"a": [properties, properties]}
    template = {"Resources": {"J": {"Type": "AWS::Batch::JobDefinition", "Properties": properties}}}

    found = [(one.rule, one.path) for one in check_template(template)]
    assert found == [("property-type", "Properties/Tags/a")]


def test_conditions_mappings_and_references_in_a_circle_are_no_trouble() -> None:
    template = {
        "Conditions": {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Condition": "A"}},
        "Mappings": {"M": {"a": {"b": {"Fn::FindInMap": ["M", "a", "b"]}}}},
        "Resources": {
            "Q": {
                "Type": "AWS::Batch::JobQueue",
                "Condition": "A",
                "Properties": {
                    "Priority": {"Fn::FindInMap": ["M", "a", "b"]},
                    "JobQueueName": {"Ref": "Q"},
                    "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Q"}}],
                },
            }
        },
    }

    assert [one.rule for one in check_template(template)] == ["circular-dependency"]


def test_what_is_nested_deeper_than_anything_is_no_trouble() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"Fn::Join": ["", [deep]]}
    template = {"Resources": {"J": {"Type": "AWS::Batch::JobQueue", "Properties": {"State": deep}}}}

    check_template(template)


LATER = {
    "a transform": {"Transform": "AWS::Serverless-2016-10-31"},
    "a loop": {"Resources": {"Fn::ForEach::Environments": ["N", ["a"], {}]}},
    "a module": {"Resources": {"M": {"Type": "My::Batch::Environment::MODULE"}}},
}


@pytest.mark.parametrize("more", LATER.values(), ids=LATER)
def test_a_name_that_cloudformation_may_yet_make_is_not_missed(
    more: dict[str, dict[str, object]],
) -> None:
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {"ComputeEnvironmentOrder": [{"ComputeEnvironment": {"Ref": "Ea"}}]},
    }
    resources = {"Q": queue, **more.get("Resources", {})}

    found = check_template({**more, "Resources": resources})

    assert "unknown-reference" not in {one.rule for one in found}


def test_dynamic_references_made_with_one_resource_are_neither_it_nor_each_other() -> None:
    made = [{"Fn::Sub": f"{{{{resolve:ssm:${{Env}}/{name}}}}}"} for name in ("a", "b")]
    secret = {"Name": "A", "ValueFrom": made[0]}
    template = {
        "Resources": {
            "Env": {
                "Type": "AWS::Batch::ComputeEnvironment",
                "Properties": {"ComputeResources": {"Subnets": made}},
            },
            "Job": {
                "Type": "AWS::Batch::JobDefinition",
                "Properties": {"ContainerProperties": {"Secrets": [secret]}},
            },
        }
    }

    found = {one.rule for one in check_template(template)}

    assert found.isdisjoint({"duplicate-network", "secret-source"})


@pytest.mark.parametrize("content", [[], {}, ["a"]])
def test_a_value_that_cloudformation_encodes_may_stand_among_those_that_are_compared(
    content: Any,
) -> None:
    types = [{"Fn::Base64": content}, {"Fn::Base64": content}]

    check_resource("AWS::Batch::ComputeEnvironment", {"ComputeResources": {"InstanceTypes": types}})
