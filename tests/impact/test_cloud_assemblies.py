"""What is said of two cloud assemblies that no template tells by itself: other stacks, and tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main

if TYPE_CHECKING:
    from pathlib import Path

NAME = "Jobs:Definition"
Made = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def definition(image: str) -> dict[str, Any]:
    properties = {"Type": "container", "ContainerProperties": {"Image": image}}
    return {"Type": "AWS::Batch::JobDefinition", "Properties": properties}


def jobs(
    image: str = "a", *, export: Any = NAME, value: Any = None, **properties: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a stack with a definition that it hands on, with what the manifest says of it."""
    output: dict[str, Any] = {"Value": value or {"Ref": "D"}}
    if export is not None:
        output["Export"] = {"Name": export}
    return {"Resources": {"D": definition(image)}, "Outputs": {"Given": output}}, properties


def alone(**properties: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"Resources": {"D": definition("a")}}, properties


def user(value: Any, **properties: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a stack with a queue that is given a value."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": value}}
    return {"Resources": {"Q": queue}}, properties


IMPORTS = {"Fn::ImportValue": NAME}
READS = {"Fn::GetStackOutput": {"StackName": "Jobs", "OutputName": "Given"}}


def assembly(directory: Path, stacks: Made) -> Path:
    artifacts = {}
    directory.mkdir(parents=True)
    for name, (template, properties) in stacks.items():
        waits = properties.pop("dependencies", [])
        place = properties.pop("environment", "aws://unknown-account/unknown-region")
        file = f"{name}.template.json"
        (directory / file).write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": place,
            "properties": {"templateFile": file, **properties},
            "dependencies": waits,
        }
    (directory / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return directory


def told(tmp_path: Path, old: Made, new: Made) -> dict[str, Any]:
    """Give what the command says of two assemblies."""
    paths = [str(assembly(tmp_path / name, one)) for name, one in (("o", old), ("n", new))]
    said = CliRunner().invoke(main, ["impact", "--json", *paths])
    found: dict[str, Any] = json.loads(said.stdout)
    if any(one["fails"] for one in found.values()):
        assert said.exit_code == 1
    return found


GIVEN = f"Jobs/Exports/{NAME}"


@pytest.mark.parametrize(
    ("assets", "code"),
    [
        ("{", 2),
        ("[1]", 2),
        ('{"files": {"a": {}}}', 0),
        ('{"files": {"a": {"destinations": {}}}}', 0),
    ],
)
def test_a_manifest_of_assets_that_is_broken_is_said(
    assets: str, code: int, tmp_path: Path
) -> None:
    place = assembly(tmp_path / "o", {"Jobs": alone(dependencies=["Jobs.assets"])})
    (place / "Jobs.assets.json").write_text(assets)
    manifest = json.loads((place / "manifest.json").read_text())
    said = {"type": "cdk:asset-manifest", "properties": {"file": "Jobs.assets.json"}}
    manifest["artifacts"]["Jobs.assets"] = said
    (place / "manifest.json").write_text(json.dumps(manifest))

    done = CliRunner().invoke(main, ["impact", str(place), str(place)])

    assert done.exit_code == code
    assert ("its manifest cannot be read" in done.output) == (code == 2)


@pytest.mark.parametrize(
    "now",
    [
        jobs("b"),
        jobs(value="arn:aws:batch:eu-central-1:111122223333:job-definition/other:1"),
        alone(),
    ],
    ids=["of a new revision", "of another value", "that goes"],
)
def test_an_export_that_another_stack_imports_fails(now: Any, tmp_path: Path) -> None:
    found = told(
        tmp_path,
        {"Jobs": jobs(), "User": user(IMPORTS)},
        {"Jobs": now, "User": user(IMPORTS)},
    )

    assert found[GIVEN]["fails"]
    assert found[GIVEN]["notes"][0].startswith("User imports it: the deployment fails")
    assert [name for name, one in found.items() if one["fails"]] == [GIVEN]


@pytest.mark.parametrize("now", [jobs(), jobs(tags={"a": "b"})])
def test_an_export_that_stays_is_not_told(now: Any, tmp_path: Path) -> None:
    old = {"Jobs": jobs(), "User": user(IMPORTS)}

    assert GIVEN not in told(tmp_path, old, {"Jobs": now, "User": user(IMPORTS)})


def test_an_export_under_another_output_stays(tmp_path: Path) -> None:
    template, _ = jobs()
    renamed = {**template, "Outputs": {"Other": template["Outputs"]["Given"]}}
    old, new = ({"Jobs": (one, {}), "User": user(IMPORTS)} for one in (template, renamed))

    assert GIVEN not in told(tmp_path, old, new)


def test_a_name_is_known_with_the_name_of_its_stack(tmp_path: Path) -> None:
    named = {"Fn::Sub": "${AWS::StackName}:Definition"}
    old, new = ({"Jobs": jobs(one, export=named), "User": user(IMPORTS)} for one in "ab")

    assert told(tmp_path, old, new)[GIVEN]["fails"]


@pytest.mark.parametrize(
    ("after", "note"),
    [
        (["Jobs"], "User imports it until its own deployment, which comes after this one"),
        ([], "User imports it, and has to be deployed before this stack is"),
    ],
)
def test_an_export_that_nobody_imports_any_more_fails_where_its_stack_is_first(
    after: list[str], note: str, tmp_path: Path
) -> None:
    new = {"Jobs": alone(), "User": user("a", dependencies=after)}

    found = told(tmp_path, {"Jobs": jobs(), "User": user(IMPORTS)}, new)[GIVEN]

    assert found["notes"][0].startswith(note)
    assert found["fails"] is bool(after)


def test_a_stack_that_imports_stays_until_somebody_deletes_it(tmp_path: Path) -> None:
    found = told(tmp_path, {"Jobs": jobs(), "User": user(IMPORTS)}, {"Jobs": alone()})

    assert found[GIVEN]["fails"]
    assert found[GIVEN]["notes"][0].startswith("User imports it, and stays: the deployment fails")


def test_a_stack_that_an_app_no_longer_has_keeps_what_it_exports(tmp_path: Path) -> None:
    old = {"Jobs": jobs(), "User": user(IMPORTS)}

    found = told(tmp_path, old, {"User": user(IMPORTS)})

    assert not any(one["fails"] for one in found.values())
    assert found["Jobs/Stack"]["effect"] == "none"


def test_an_export_of_another_region_is_another_one(tmp_path: Path) -> None:
    place = {"environment": "aws://unknown-account/eu-central-1"}
    far = {"environment": "aws://unknown-account/us-east-1"}
    old, new = ({"Jobs": jobs(one, **place), "User": user(IMPORTS, **far)} for one in "ab")

    found = told(tmp_path, old, new)[GIVEN]

    assert found["notes"][0] == "if another stack imports it, the deployment fails"
    assert not found["fails"]


def test_an_output_that_is_read_changes_what_reads_it_and_fails_nowhere(tmp_path: Path) -> None:
    old, new = ({"Jobs": jobs(one, export=None), "User": user(READS)} for one in "ab")

    found = told(tmp_path, old, new)

    assert (found["User/Q"]["effect"], found["User/Q"]["because"]) == (
        "in-place",
        ["KmsMasterKeyId"],
    )
    assert "KmsMasterKeyId changes because Given of Jobs does" in found["User/Q"]["notes"][0]
    assert not any(one["fails"] for one in found.values())


@pytest.mark.parametrize(
    ("reads", "image"),
    [
        (READS, "a"),
        ({"Fn::GetStackOutput": {**READS["Fn::GetStackOutput"], "RoleArn": "of another"}}, "b"),
        ({"Fn::GetStackOutput": {**READS["Fn::GetStackOutput"], "StackName": "Elsewhere"}}, "b"),
    ],
    ids=["that stays", "of another account", "of a stack that is not there"],
)
def test_an_output_changes_nothing(reads: Any, image: str, tmp_path: Path) -> None:
    old, new = ({"Jobs": jobs(one, export=None), "User": user(reads)} for one in ("a", image))

    found = told(tmp_path, old, new)

    assert (found["User/Q"]["effect"], found["User/Q"]["fails"]) == ("none", False)


@pytest.mark.parametrize("gone", [False, True])
def test_outputs_of_stacks_of_one_name_are_known_by_their_region(
    tmp_path: Path,
    gone: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    near = {"environment": "aws://unknown-account/us-east-1"}
    far = {"environment": "aws://unknown-account/eu-west-1"}

    def stacks(image: str) -> Made:
        there, _ = alone() if gone and image == "b" else jobs(image, export=None)
        away = (there, {"stackName": "Jobs", **far})
        user_here = user(READS, **near)
        return {"Far": away, "Jobs": jobs("a", export=None, **near), "User": user_here}

    found = told(tmp_path, stacks("a"), stacks("b"))

    assert (found["User/Q"]["effect"], found["User/Q"]["fails"]) == ("none", False)


def test_an_output_that_is_missing_here_is_not_found_in_another_region(tmp_path: Path) -> None:
    near = {"environment": "aws://unknown-account/us-east-1"}
    far = {"environment": "aws://unknown-account/eu-west-1"}

    def stacks(here: Any) -> Made:
        away = (jobs("a", export=None)[0], {"stackName": "Jobs", **far})
        return {"Far": away, "Jobs": (here, dict(near)), "User": user(READS, **near)}

    found = told(tmp_path, stacks(jobs("a", export=None)[0]), stacks(alone()[0]))

    assert found["User/Q"]["fails"]


def test_an_output_that_is_read_through_another_stack_changes_that_too(tmp_path: Path) -> None:
    between = {"Resources": {}, "Outputs": {"Handed": {"Value": READS}}}
    reads = {"Fn::GetStackOutput": {"StackName": "Between", "OutputName": "Handed"}}
    old, new = (
        {"User": user(reads), "Between": (between, {}), "Jobs": jobs(one, export=None)}
        for one in "ab"
    )

    assert told(tmp_path, old, new)["User/Q"]["effect"] == "in-place"


def test_what_reads_an_output_that_is_not_there_fails(tmp_path: Path) -> None:
    old = {"Jobs": jobs(export=None), "User": user(READS)}

    found = told(tmp_path, old, {"Jobs": alone(), "User": user(READS)})

    assert [name for name, one in found.items() if one["fails"]] == ["User/Q"]
    assert "KmsMasterKeyId reads Given of Jobs, which has no such output" in str(found["User/Q"])


def test_an_export_of_an_output_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    hands_on = {"Value": READS, "Export": {"Name": "handed"}}
    user_of: Any = ({"Resources": {}, "Outputs": {"Handed": hands_on}}, {})
    old = {"Jobs": jobs(export=None), "User": user_of}

    found = told(tmp_path, old, {"Jobs": alone(), "User": user_of})

    assert [name for name, one in found.items() if one["fails"]] == ["User/Outputs/Handed"]


def test_an_output_of_what_is_no_longer_there_fails(tmp_path: Path) -> None:
    template, _ = jobs(export=None)
    new = {"Resources": {"Other": definition("a")}, "Outputs": template["Outputs"]}

    found = told(tmp_path, {"Jobs": (template, {})}, {"Jobs": (new, {})})

    assert [name for name, one in found.items() if one["fails"]] == ["Outputs/Given"]


def pair(tags: Any) -> dict[str, Any]:
    return {"Resources": {"E": {"Type": "AWS::EC2::KeyPair", "Properties": {"Tags": tags}}}}


@pytest.mark.parametrize(("key", "effect"), [("Team", "none"), ("Other", "replace")])
def test_a_resources_own_tag_in_a_list_stands_before_that_of_the_stack(
    key: str, effect: str, tmp_path: Path
) -> None:
    template = pair([{"Key": key, "Value": "a"}])
    old, new = ({"Jobs": (template, {"tags": {"Team": one}})} for one in "ab")

    assert told(tmp_path, old, new)["E"]["effect"] == effect


def environment(tags: Any = None, **beside: Any) -> dict[str, Any]:
    properties = {
        "Type": "MANAGED",
        "ReplaceComputeEnvironment": False,
        "ComputeResources": {"Type": "FARGATE", "MaxvCpus": 4},
        **beside,
        **({} if tags is None else {"Tags": tags}),
    }
    resource = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}
    return {"Resources": {"E": resource, "T": {"Type": "AWS::SNS::Topic"}}}


@pytest.mark.parametrize(
    ("own", "effect"),
    [(None, "replace"), ({"Team": "a"}, "none"), ({"Other": "a"}, "replace")],
)
def test_a_tag_of_the_stack_replaces_environments_that_have_none_of_that_name(
    own: Any, effect: str, tmp_path: Path
) -> None:
    old, new = ({"Jobs": (environment(own), {"tags": {"Team": one}})} for one in "ab")

    found = told(tmp_path, old, new)

    assert found["E"]["effect"] == effect
    assert found["T"]["effect"] == "none"
    assert found["Stack/Tags"]["because"] == ["Tags/Team"]


@pytest.mark.parametrize(("was", "becomes"), [({}, {"Team": "a"}), ({"Team": "a"}, {})])
def test_a_tag_that_a_stack_gets_or_loses_is_a_change(
    was: dict[str, str], becomes: dict[str, str], tmp_path: Path
) -> None:
    old, new = ({"Jobs": (environment(), {"tags": one})} for one in (was, becomes))

    assert told(tmp_path, old, new)["E"]["because"] == ["Tags"]


def test_an_exact_name_clashes_with_itself_where_a_tag_of_the_stack_changes(tmp_path: Path) -> None:
    template = environment(ComputeEnvironmentName="nightly")
    old, new = ({"Jobs": (template, {"tags": {"Team": one}})} for one in "ab")

    assert told(tmp_path, old, new)["E"]["fails"]


def test_tags_reach_what_is_nested_in_what_is_nested(tmp_path: Path) -> None:
    def around(file: str) -> dict[str, Any]:
        nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": file}}
        return {"Resources": {"N": nested}}

    for name in "ab":
        stack = (around("Mid.nested.template.json"), {"tags": {"Team": name}})
        directory = assembly(tmp_path / name, {"Jobs": stack})
        mid, inner = around("In.nested.template.json"), environment()
        (directory / "Mid.nested.template.json").write_text(json.dumps(mid))
        (directory / "In.nested.template.json").write_text(json.dumps(inner))

    said = CliRunner().invoke(main, ["impact", "--json", str(tmp_path / "a"), str(tmp_path / "b")])

    assert json.loads(said.stdout)["In/E"]["effect"] == "replace"


def test_templates_by_themselves_say_nothing_of_tags_and_imports(tmp_path: Path) -> None:
    files = []
    for name in "ab":
        files.append(str(tmp_path / f"{name}.json"))
        (tmp_path / f"{name}.json").write_text(json.dumps(jobs(name)[0]))

    said = CliRunner().invoke(main, ["impact", "--json", *files])

    export = json.loads(said.stdout)[f"Exports/{NAME}"]
    assert (said.exit_code, export["fails"], export["effect"]) == (0, False, "in-place")
    assert export["notes"][0] == "if another stack imports it, the deployment fails"
