"""Stacks are the same by name, account and Region: what is called otherwise is another stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.paired_stacks import paired
from tests.impact.test_cloud_assemblies import Made, assembly, told

if TYPE_CHECKING:
    from pathlib import Path

HERE = "aws://111122223333/eu-central-1"


def queue(name: str | None = None, **properties: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a stack with a queue, and what the manifest says of it."""
    resource: dict[str, Any] = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}}
    if name is not None:
        resource["Properties"]["JobQueueName"] = name
    return {"Resources": {"Q": resource}}, {"environment": HERE, **properties}


def effects(found: dict[str, Any]) -> dict[str, str]:
    return {name: one["effect"] for name, one in found.items()}


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"stackName": "Other"}, ["StackName"]),
        ({"environment": "aws://111122223333/us-east-1"}, ["Region"]),
        ({"environment": "aws://444455556666/eu-central-1"}, ["Account"]),
        ({"stackName": "Other", "environment": "aws://444455556666/us-east-1"}, None),
    ],
)
def test_a_stack_of_another_name_or_place_is_made_beside_the_one_that_stays(
    changed: dict[str, Any], because: list[str] | None, tmp_path: Path
) -> None:
    old, new = (
        {"Jobs": queue(stackName="Jobs")},
        {"Jobs": queue(**{"stackName": "Jobs", **changed})},
    )

    found = told(tmp_path, old, new)

    assert effects(found) == {"Stack": "none", "Q": "create"}
    assert found["Stack"]["because"] == (because or ["StackName", "Account", "Region"])
    assert "a new stack is created, with everything in it" in found["Stack"]["notes"][0]
    assert "the CDK leaves Jobs as it is" in found["Stack"]["notes"][1]


def test_a_stack_that_keeps_its_name_under_another_id_is_updated(tmp_path: Path) -> None:
    old, new = {"Before": queue(stackName="Jobs")}, {"After": queue(stackName="Jobs")}

    assert effects(told(tmp_path, old, new)) == {"Q": "none"}


@pytest.mark.parametrize("place", [HERE, "aws://unknown-account/unknown-region"])
def test_a_place_that_becomes_known_or_unknown_may_be_the_same(place: str, tmp_path: Path) -> None:
    old, new = {"Jobs": queue()}, {"Jobs": queue(environment=place)}

    assert effects(told(tmp_path, old, new)) == {"Q": "none"}


def test_stacks_of_one_name_in_several_regions_are_each_compared_with_their_own(
    tmp_path: Path,
) -> None:
    def stacks(*regions: str) -> Made:
        return {
            f"S{place}": queue(stackName="Jobs", environment=f"aws://111122223333/{region}")
            for place, region in enumerate(regions)
        }

    found = told(tmp_path, stacks("eu-central-1", "us-east-1"), stacks("us-east-1", "eu-west-1"))

    assert effects(found) == {"S0/Stack": "none", "S0/Q": "none", "S1/Q": "create"}


def test_a_stack_that_an_app_no_longer_has_stays(tmp_path: Path) -> None:
    found = told(tmp_path, {"Jobs": queue(), "Left": queue()}, {"Jobs": queue()})

    assert effects(found) == {"Jobs/Q": "none", "Left/Stack": "none"}
    assert found["Left/Stack"]["notes"][0].startswith("the CDK leaves Left as it is")


def test_a_template_of_a_directory_that_is_gone_is_told_as_deleted(tmp_path: Path) -> None:
    for side, names in (("o", "ab"), ("n", "a")):
        (tmp_path / side).mkdir()
        for name in names:
            (tmp_path / side / f"{name}.json").write_text(json.dumps(queue()[0]))

    said = CliRunner().invoke(main, ["impact", "--json", str(tmp_path / "o"), str(tmp_path / "n")])

    assert effects(json.loads(said.stdout)) == {"a/Q": "none", "b/Q": "delete"}


def test_what_stays_is_no_reason_to_say_that_nothing_changes(tmp_path: Path) -> None:
    directory = assembly(tmp_path / "o", {"Jobs": queue(), "Left": queue()})
    other = assembly(tmp_path / "n", {"Jobs": queue()})

    said = CliRunner().invoke(main, ["impact", str(directory), str(other)])

    assert said.exit_code == 0
    assert said.stdout.endswith("no resource changes\n")


@pytest.mark.parametrize(
    ("environment", "fails"),
    [
        (HERE, True),
        ("aws://111122223333/us-east-1", False),
        ("aws://unknown-account/eu-central-1", False),
    ],
)
def test_a_name_that_a_stack_keeps_is_free_for_no_other(
    environment: str,
    fails: bool,  # noqa: FBT001  # a case
    tmp_path: Path,
) -> None:
    old, new = {"Jobs": queue("q")}, {"Other": queue("q", environment=environment)}

    found = told(tmp_path, old, new)["Q"]

    assert found["fails"] is fails
    assert ("Jobs has this name (Q), and keeps it" in str(found["notes"])) is (
        "us-east" not in environment
    )


@pytest.mark.parametrize(
    ("stays", "waits", "says"),
    [
        ("q", [], "A has this name (Q), and keeps it: the deployment fails"),
        ("other", [], "A has this name (Q), and has to be deployed before this one"),
        ("other", ["A"], None),
    ],
)
def test_a_name_that_moves_to_another_stack_waits_for_the_one_that_has_it(
    stays: str, waits: list[str], says: str | None, tmp_path: Path
) -> None:
    old = {"A": queue("q"), "B": queue("b")}

    found = told(tmp_path, old, {"A": queue(stays), "B": queue("q", dependencies=waits)})["B/Q"]

    assert found["fails"] is (stays == "q")
    assert [one for one in found["notes"] if one.startswith("A has")] == ([says] if says else [])


def test_a_name_that_moves_before_its_stack_lets_it_go_is_still_taken(tmp_path: Path) -> None:
    old = {"A": queue("q"), "B": queue("b")}

    found = told(tmp_path, old, {"A": queue("a", dependencies=["B"]), "B": queue("q")})["B/Q"]

    assert found["fails"]
    assert found["notes"][0].startswith("A has this name (Q) until its own deployment")


def test_a_name_that_two_stacks_have_already_is_one_of_two_places(tmp_path: Path) -> None:
    both = {name: queue("q", environment="aws://unknown-account/a") for name in "AB"}

    assert not any(one["notes"] for one in told(tmp_path, both, both).values())


def test_a_name_that_is_made_of_that_of_the_stack_is_another_one(tmp_path: Path) -> None:
    name: Any = {"Fn::Sub": "${AWS::StackName}-q"}
    place: Any = {"Fn::Sub": "${AWS::Region}-q"}

    of_stack = told(tmp_path / "a", {"Jobs": queue(name)}, {"Other": queue(name)})["Q"]
    of_place = told(tmp_path / "b", {"Jobs": queue(place)}, {"Other": queue(place)})["Q"]

    assert (of_stack["fails"], of_place["fails"]) == (False, True)


def test_an_export_that_another_stack_keeps_is_taken(tmp_path: Path) -> None:
    def exporting() -> tuple[dict[str, Any], dict[str, Any]]:
        template, properties = queue()
        output = {"Value": {"Ref": "Q"}, "Export": {"Name": "given"}}
        return {**template, "Outputs": {"O": output}}, properties

    found = told(tmp_path, {"Jobs": exporting()}, {"Other": exporting()})

    assert "Jobs has this export (Exports/given), and keeps it" in str(found["Exports/given"])
    assert [name for name, one in found.items() if one["fails"]] == ["Exports/given"]


def test_a_nested_stack_stays_with_the_one_around_it() -> None:
    template: dict[str, Any] = {"Resources": {}}
    outer = DescribedStack(name="Jobs", template=template, options={"templateFile": "a"})
    inside = DescribedStack(name="in", template=template, within=("a", "N"))
    another = DescribedStack(name="Other", template=template, options={"templateFile": "b"})

    found = paired({"a": outer, "in": inside}, {"b": another})

    assert ([*found.pairs], [*found.staying]) == (["b"], ["a", "in"])


def unplaced(name: str, *keys: str) -> dict[str, DescribedStack]:
    """Give stacks of one name of which nobody knows the Region."""
    return {
        key: DescribedStack(name=name, template={"Description": key}, options={"templateFile": key})
        for key in keys
    }


def test_stacks_of_one_name_and_unknown_regions_are_compared_by_their_files() -> None:
    found = paired(unplaced("Jobs", "a", "b"), unplaced("Jobs", "b", "a")).pairs

    assert {key: old.template["Description"] for key, (old, _) in found.items()} == {
        "a": "a",
        "b": "b",
    }


def test_a_stack_is_updated_by_one_other_alone() -> None:
    found = paired(unplaced("Jobs", "a"), unplaced("Jobs", "b", "c"))

    assert [old.name for old, _ in found.pairs.values()] == ["Jobs", ""]
