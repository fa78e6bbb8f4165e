"""What a stack gives the stacks nested in it by parameters, and reads of their outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from tests.impact.test_cloud_assemblies import assembly, definition

if TYPE_CHECKING:
    from pathlib import Path

INNER = "In.nested.template.json"
Templates = dict[str, dict[str, Any]]


def nested(parameters: Any = None, file: str = INNER) -> dict[str, Any]:
    """Give a nested stack as the CDK writes it."""
    given = {} if parameters is None else {"Parameters": parameters}
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://a"}, **given},
        "Metadata": {"aws:asset:path": file},
    }


def around(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def inner(resource: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    """Give the template of a nested stack with parameters of these names."""
    parameters = {name: {"Type": "String"} for name in names}
    return {"Parameters": parameters, "Resources": {"It": resource}, **more}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Batch::JobQueue", "Properties": properties}


def command(*arguments: Path | str) -> dict[str, Any]:
    said = CliRunner().invoke(main, ["impact", "--json", *map(str, arguments)])
    found: dict[str, Any] = json.loads(said.stdout)
    goes = {"delete", "replace"}
    failing = any(one["fails"] or one["effect"] in goes for one in found.values())
    assert said.exit_code == int(failing)
    return found


def told(tmp_path: Path, old: tuple[Any, Templates], new: tuple[Any, Templates]) -> dict[str, Any]:
    """Give what is said of two assemblies with one stack, and templates nested in it."""
    for name, (template, files) in (("o", old), ("n", new)):
        directory = assembly(tmp_path / name, {"Jobs": (template, {})})
        for file, one in files.items():
            (directory / file).write_text(json.dumps(one))
    return command(tmp_path / "o", tmp_path / "n")


def given(tmp_path: Path, was: Any, becomes: Any, within: dict[str, Any]) -> dict[str, Any]:
    """Give what is said where a nested template stays, and its parameters become others."""
    old, new = (
        (around(N=nested(one), T={"Type": "AWS::SNS::Topic"}), {INNER: within})
        for one in (was, becomes)
    )
    return told(tmp_path, old, new)


@pytest.mark.parametrize(
    ("resource", "effect", "path"),
    [
        (queue(JobQueueName={"Ref": "P"}), "replace", "JobQueueName"),
        (queue(JobQueueName={"Fn::Sub": "${P}-jobs"}), "replace", "JobQueueName"),
        (queue(Priority={"Ref": "P"}), "in-place", "Priority"),
        (queue(Priority={"Fn::If": ["C", 1, 2]}), "in-place", "Priority"),
        (queue(Priority={"Fn::FindInMap": ["M", {"Ref": "P"}, "x"]}), "in-place", "Priority"),
        ({**queue(Priority=1), "Condition": "C"}, "delete", ""),
        (queue(Priority=1), "none", ""),
    ],
)
def test_a_parameter_changes_what_is_made_of_it_in_the_nested_stack(
    resource: dict[str, Any], effect: str, path: str, tmp_path: Path
) -> None:
    within = inner(
        resource,
        "P",
        Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}},
        Mappings={"M": {"a": {"x": 1}, "b": {"x": 2}}},
    )

    found = given(tmp_path, {"P": "a"}, {"P": "b"}, within)["In/It"]

    assert (found["effect"], found["because"]) == (effect, [path] if path else [])


def test_a_name_that_a_parameter_leaves_clashes_no_less(tmp_path: Path) -> None:
    named = queue(JobQueueName="fixed", JobQueueType={"Ref": "P"})

    found = given(tmp_path, {"P": "ECS"}, {"P": "EKS"}, inner(named, "P"))["In/It"]

    assert (found["effect"], found["fails"]) == ("replace", True)


TOPIC = {"Ref": "T"}


@pytest.mark.parametrize(
    "resource",
    [
        queue(JobQueueName={"Ref": "P"}),
        {**queue(), "Condition": "C"},
    ],
    ids=["a property", "a condition"],
)
def test_a_parameter_follows_what_the_stack_around_replaces(
    resource: dict[str, Any], tmp_path: Path
) -> None:
    within = inner(resource, "P", Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}})
    old, new = (
        (
            around(
                N=nested({"P": TOPIC}),
                T={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
            ),
            {INNER: within},
        )
        for name in "ab"
    )

    found = told(tmp_path, old, new)

    assert found["Jobs/N"]["because"] == ["Parameters/P"]
    assert found["In/It"]["effect"] in ("replace", "delete")
    if found["In/It"]["effect"] == "replace":
        assert "JobQueueName changes because P does, which Jobs passes" in found["In/It"]["notes"]


def test_what_one_nested_stack_gives_another_is_followed(tmp_path: Path) -> None:
    """As the CDK passes a reference on: out by an output, in by a parameter."""
    passed = {"P": {"Fn::GetAtt": ["N", "Outputs.Given"]}}
    stack = around(N=nested(), User=nested(passed, "User.nested.template.json"))
    schedule = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {"Target": {"Arn": {"Ref": "P"}}},
    }
    old, new = (
        (
            stack,
            {
                INNER: inner(definition(image), Outputs={"Given": {"Value": {"Ref": "It"}}}),
                "User.nested.template.json": inner(schedule, "P"),
            },
        )
        for image in "ab"
    )

    found = told(tmp_path, old, new)

    assert found["Jobs/User"]["because"] == ["Parameters/P"]
    assert "Parameters/P changes because Given of N does" in found["Jobs/User"]["notes"]
    assert (found["User/It"]["effect"], found["User/It"]["because"]) == ("in-place", ["Target/Arn"])


def test_a_default_counts_in_a_nested_stack_that_is_given_no_value(tmp_path: Path) -> None:
    def within(default: str) -> dict[str, Any]:
        parameters = {"P": {"Type": "String", "Default": default}}
        return {"Parameters": parameters, "Resources": {"It": queue(JobQueueName={"Ref": "P"})}}

    old, new = ((around(N=nested()), {INNER: within(one)}) for one in "ab")
    found = told(tmp_path / "without", old, new)
    old, new = ((around(N=nested({"P": "c"})), {INNER: within(one)}) for one in "ab")
    given_one = told(tmp_path / "with", old, new)

    assert found["In/It"]["effect"] == "replace"
    assert "In/Parameters/P" not in found
    assert given_one["In/It"]["effect"] == "none"


@pytest.mark.parametrize(("was", "becomes", "effect"), [("b", "c", "replace"), ("a", "a", "none")])
def test_the_name_of_what_is_looked_up_is_no_value(
    was: str, becomes: str, effect: str, tmp_path: Path
) -> None:
    parameters = {"P": {"Type": "AWS::SSM::Parameter::Value<String>"}}
    within = {
        "Parameters": parameters,
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}},
        "Resources": {"It": queue(JobQueueName={"Fn::If": ["C", "x", "y"]})},
    }

    assert given(tmp_path, {"P": was}, {"P": becomes}, within)["In/It"]["effect"] == effect


def test_a_list_is_divided_at_its_commas(tmp_path: Path) -> None:
    within = {
        "Parameters": {"P": {"Type": "CommaDelimitedList"}},
        "Resources": {"It": queue(JobQueueName={"Fn::Select": [0, {"Ref": "P"}]})},
    }

    found = given(tmp_path, {"P": "a,b"}, {"P": "a, c"}, within)

    assert found["In/It"]["effect"] == "none"


ALLOWED = {"P": {"Type": "String", "AllowedValues": ["a", "b"]}}


@pytest.mark.parametrize(
    ("parameters", "passed", "says"),
    [
        ({}, {"P": "a"}, "it has no parameter P"),
        ({"P": {"Type": "String"}}, None, "it gets no P, which has no default"),
        (ALLOWED, {"P": "c"}, "P is c, which is not in its AllowedValues"),
        (ALLOWED, {"P": "b"}, None),
        ({"P": {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}}, {"P": "a,b"}, None),
        (ALLOWED, {"P": {"Ref": "T"}}, None),
        ({"P": {"Type": "String", "Default": "a"}}, None, None),
    ],
)
def test_parameters_that_do_not_fit_the_nested_template_fail(
    parameters: Any, passed: Any, says: str | None, tmp_path: Path
) -> None:
    within = {"Parameters": parameters, "Resources": {"It": queue()}}
    stack = around(N=nested(passed), T={"Type": "AWS::SNS::Topic"})
    before = around(N=nested(), T={"Type": "AWS::SNS::Topic"})

    found = told(tmp_path, (before, {INNER: around(It=queue())}), (stack, {INNER: within}))

    assert [name for name, one in found.items() if one["fails"]] == ["Jobs/N"] * (says is not None)
    assert says is None or found["Jobs/N"]["notes"][0] == f"{says}: the deployment fails"


@pytest.mark.parametrize("name", ["Given", "Other"])
def test_an_output_that_a_nested_stack_does_not_have_fails_where_it_is_read(
    name: str, tmp_path: Path
) -> None:
    stack = around(N=nested(), R=queue(JobQueueName={"Fn::GetAtt": ["N", f"Outputs.{name}"]}))
    within = inner(queue(), Outputs={"Given": {"Value": {"Ref": "It"}}})

    found = told(tmp_path, (stack, {INNER: within}), (stack, {INNER: within}))

    assert found["Jobs/R"]["fails"] is (name == "Other")


def test_a_nested_stack_goes_with_its_logical_id(tmp_path: Path) -> None:
    within = {INNER: inner(queue(Priority=1))}

    found = told(tmp_path, (around(N=nested()), within), (around(M=nested()), within))

    effects = {name: one["effect"] for name, one in found.items()}
    assert effects == {
        "Jobs/M": "create",
        "Jobs/N": "delete",
        "In/It": "create",
        "N/It": "delete",
    }


@pytest.mark.parametrize(("becomes", "effect"), [("b", "delete"), ("a", "none")])
def test_a_nested_stack_goes_with_a_condition_that_is_known_to_fail(
    becomes: str, effect: str, tmp_path: Path
) -> None:
    within = {INNER: inner(queue(Priority=1))}
    old, new = (
        (
            {
                "Conditions": {"C": {"Fn::Equals": ["a", one]}},
                **around(N={**nested(), "Condition": "C"}),
            },
            within,
        )
        for one in ("a", becomes)
    )

    assert told(tmp_path, old, new)["In/It"]["effect"] == effect


def test_a_template_that_is_nested_twice_is_told_for_each(tmp_path: Path) -> None:
    def written(size: int) -> dict[str, Any]:
        return around(A=nested({"P": "1"}), B=nested({"P": str(size)}))

    within = {INNER: inner(queue(Priority={"Ref": "P"}), "P")}

    found = told(tmp_path, (written(1), within), (written(2), within))

    effects = {name: one["effect"] for name, one in found.items() if name.endswith("/It")}
    assert effects == {"In/It": "none", "Jobs-B/It": "in-place"}


def test_a_nested_template_is_found_by_the_address_of_its_asset(tmp_path: Path) -> None:
    """As the CDK writes it where the CLI does not run it."""
    for side in "ab":
        stack = nested({"P": side})
        stack["Properties"]["TemplateURL"] = {"Fn::Join": ["", ["https://s3.", "/0123.json"]]}
        del stack["Metadata"]
        directory = assembly(tmp_path / side, {"Jobs": (around(N=stack), {})})
        within = inner(queue(JobQueueName={"Ref": "P"}), "P")
        (directory / INNER).write_text(json.dumps(within))
        asset = {"source": {"path": INNER}, "destinations": {"here": {"objectKey": "0123.json"}}}
        (directory / "assets.json").write_text(json.dumps({"files": {"0123": asset}}))
        manifest = json.loads((directory / "manifest.json").read_text())
        manifest["artifacts"]["Jobs"]["dependencies"] = ["Jobs.assets"]
        manifest["artifacts"]["Jobs.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": "assets.json"},
        }
        (directory / "manifest.json").write_text(json.dumps(manifest))

    assert command(tmp_path / "a", tmp_path / "b")["In/It"]["effect"] == "replace"


def test_templates_that_name_each_other_end(tmp_path: Path) -> None:
    one, other = around(N=nested(file="b.json")), around(N=nested(file="a.json"))
    for side in ("o", "n"):
        (tmp_path / side).mkdir()
        for file, template in (("a.json", one), ("b.json", other)):
            (tmp_path / side / file).write_text(json.dumps(template))

    assert {one["effect"] for one in command(tmp_path / "o", tmp_path / "n").values()} == {"none"}


def test_a_nested_template_is_found_by_its_file_in_any_directory(tmp_path: Path) -> None:
    for side in "ab":
        (tmp_path / side).mkdir()
        stack = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "./child.json", "Parameters": {"P": side}},
        }
        within = inner(queue(JobQueueName={"Ref": "P"}), "P")
        for file, template in (("main.json", around(N=stack)), ("child.json", within)):
            (tmp_path / side / file).write_text(json.dumps(template))

    assert command(tmp_path / "a", tmp_path / "b")["child/It"]["effect"] == "replace"
