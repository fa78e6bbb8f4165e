"""What a change does: each property on each kind of resource, by AWS's published texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from batch_constructs.aws import updates
from batch_constructs.aws.source import Source
from batch_constructs.aws.updates import create_only
from batch_constructs.cli import main
from batch_constructs.impact.impact_report import as_text
from batch_constructs.impact.verdict import Effect, Impact, impact
from scripts import make_changes_page
from tests.impact.changed_properties import (
    BASES,
    EC2,
    ENVIRONMENT,
    ENVIRONMENTS,
    FARGATE,
    IN_PLACE,
    KINDS,
    NONE,
    OTHERS,
    OWN_ROLE,
    REPLACE,
    UPDATE,
    put,
)
from tests.judges.test_coverage import script


def template(type_: str, properties: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": type_, "Properties": properties}, **others}}


def it(old: dict[str, Any], new: dict[str, Any]) -> Impact:
    return impact(old, new)["It"]


@pytest.mark.parametrize(("kind", "path", "value", "effect", "source"), ENVIRONMENTS)
def test_a_change_of_an_environment_has_its_effect_and_names_its_source(
    kind: str, path: str, value: Any, effect: Effect, source: Source
) -> None:
    old = KINDS[kind]
    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, path, value)))

    assert found.effect is effect
    assert [path.startswith(one) or one.startswith(path) for one in found.because] == [True]
    pages = [note for note in found.notes if note.startswith("see ")]
    assert pages == [f"see {source.page}"]


@pytest.mark.parametrize(("noun", "path", "value", "effect"), OTHERS)
def test_a_change_of_another_resource_has_its_effect_and_names_its_source(
    noun: str, path: str, value: Any, effect: Effect
) -> None:
    type_ = f"AWS::Batch::{noun}"
    old = BASES[noun]
    found = it(template(type_, old), template(type_, put(old, path, value)))

    assert found.effect is effect
    assert [one.startswith(path) for one in found.because] == [True]
    assert f"see {updates.registry(type_).page}" in found.notes


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("EC2", "ServiceRole", OWN_ROLE),
        ("EC2", "ComputeResources/Type", "FARGATE"),
        ("EC2", "ComputeResources/AllocationStrategy", "BEST_FIT"),
        ("Fargate", "ComputeResources/Type", "FARGATE_SPOT"),
    ],
)
def test_what_cannot_be_done_in_place_is_said_to_fail(kind: str, path: str, value: Any) -> None:
    old = KINDS[kind]
    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, path, value)))

    assert found.fails


def test_an_environment_leaves_best_fit_only_by_a_replacement() -> None:
    """UpdateComputeEnvironment refuses the strategy, too, where it is BEST_FIT."""
    old = {**KINDS["BEST_FIT"], "ReplaceComputeEnvironment": False}
    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, EC2))

    assert (found.effect, found.fails) == (REPLACE, True)
    assert any("the allocation strategy BEST_FIT does not support" in one for one in found.notes)
    assert f"see {updates.NOT_FROM_BEST_FIT.page}" in found.notes


@pytest.mark.parametrize(("kind", "fails"), [("EC2", True), ("Managed", False)])
def test_no_strategy_is_best_fit_on_instances_only(kind: str, *, fails: bool) -> None:
    old = put(KINDS[kind], "ComputeResources/AllocationStrategy", None)

    found = it(
        template(ENVIRONMENT, old),
        template(ENVIRONMENT, put(old, "ComputeResources/Subnets", ["subnet-2"])),
    )

    assert found.fails is fails


def test_a_queue_gets_no_policy_later() -> None:
    found = it(
        template("AWS::Batch::JobQueue", {}),
        template("AWS::Batch::JobQueue", {"SchedulingPolicyArn": "a"}),
    )

    assert any("cannot get one later: the deployment fails" in note for note in found.notes)
    assert f"see {updates.NO_POLICY_LATER.page}" in found.notes


def test_a_share_that_moves_to_another_queue_keeps_its_name() -> None:
    share = {"QuotaShareName": "research", "JobQueue": "a"}
    found = it(
        template("AWS::Batch::QuotaShare", share),
        template("AWS::Batch::QuotaShare", {**share, "JobQueue": "b"}),
    )

    assert found.effect is REPLACE
    assert not found.fails


@pytest.mark.parametrize(("policy", "refused"), [({}, True), (None, False)])
def test_an_update_policy_on_fargate_is_said_to_be_refused(
    policy: dict[str, Any] | None, *, refused: bool
) -> None:
    old = FARGATE if policy is None else {**FARGATE, "UpdatePolicy": policy}
    new = put(old, "ComputeResources/MaxvCpus", 8)

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert any("seen to refuse the update" in note for note in found.notes) is refused


def test_images_that_are_asked_for_on_fargate_take_no_instances_and_may_be_refused() -> None:
    new = put(FARGATE, "ComputeResources/UpdateToLatestImageVersion", value=True)

    found = impact(template(ENVIRONMENT, FARGATE), template(ENVIRONMENT, new))["It"]

    assert found.effect is Effect.IN_PLACE
    assert any("seen to refuse the update" in note for note in found.notes)


@pytest.mark.parametrize("written", [{"ReplaceComputeEnvironment": True}, {}])
def test_an_environment_that_may_be_replaced_is_replaced_for_new_instances(
    written: dict[str, Any],
) -> None:
    old = {**{key: EC2[key] for key in ("Type", "ComputeResources")}, **written}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    assert it(template(ENVIRONMENT, old), template(ENVIRONMENT, new)).effect is REPLACE


def test_a_service_role_of_its_own_admits_no_infrastructure_update() -> None:
    old = {**EC2, "ServiceRole": "arn:aws:iam::123456789012:role/own"}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert found.effect is REPLACE
    assert found.fails


def test_the_service_linked_role_admits_an_infrastructure_update() -> None:
    role = "arn:aws:iam::1:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    old = {**EC2, "ServiceRole": role}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    assert it(template(ENVIRONMENT, old), template(ENVIRONMENT, new)).effect is UPDATE


def test_a_name_that_stays_clashes_with_itself_in_a_replacement() -> None:
    old = {**EC2, "ComputeEnvironmentName": "fixed"}

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, "Tags", {"a": "b"})))

    assert found.notes[0].startswith("ComputeEnvironmentName stays as it is: the deployment fails")


def test_a_queue_moves_when_its_environment_is_replaced() -> None:
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {"ComputeEnvironmentOrder": [{"ComputeEnvironment": {"Ref": "It"}}]},
    }
    old = template(ENVIRONMENT, EC2, Queue=queue)
    new = template(ENVIRONMENT, put(EC2, "Type", "managed"), Queue=queue)

    found = impact(old, new)["Queue"]

    assert found.effect is IN_PLACE
    assert found.because == ["ComputeEnvironmentOrder/ComputeEnvironment"]
    assert "because It is replaced" in found.notes[0]


def test_what_is_made_of_a_replaced_name_is_replaced_too() -> None:
    policy = {"Type": "AWS::Batch::QuotaShare", "Properties": {"JobQueue": {"Ref": "It"}}}
    old = template("AWS::Batch::JobQueue", {"JobQueueType": "ECS"}, Share=policy)
    new = template("AWS::Batch::JobQueue", {"JobQueueType": "EKS"}, Share=policy)

    assert impact(old, new)["Share"].effect is REPLACE


def test_a_new_version_of_a_launch_template_updates_the_instances() -> None:
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    properties = put(EC2, "ComputeResources/LaunchTemplate/Version", version)
    kind = "AWS::EC2::LaunchTemplate"
    old, new = (
        template(
            ENVIRONMENT,
            properties,
            Template={"Type": kind, "Properties": {"LaunchTemplateData": {"UserData": data}}},
        )
        for data in "ab"
    )

    assert it(old, new).effect is UPDATE


def test_a_new_revision_changes_those_that_name_it_and_no_others() -> None:
    by_ref = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Job": {"Ref": "It"}}]}}
    by_name = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Job": "it"}]}}
    old = template("AWS::Batch::JobDefinition", {}, A=by_ref, B=by_name)
    new = template("AWS::Batch::JobDefinition", {"Type": "container"}, A=by_ref, B=by_name)

    found = impact(old, new)

    assert (found["A"].effect, found["B"].effect) == (IN_PLACE, NONE)
    assert any("deregistered" in note for note in found["It"].notes)


def test_a_policy_that_is_taken_from_a_queue_fails_the_deployment() -> None:
    found = it(
        template("AWS::Batch::JobQueue", {"SchedulingPolicyArn": "a"}),
        template("AWS::Batch::JobQueue", {}),
    )

    assert any("can be replaced but not removed" in note for note in found.notes)
    assert f"see {updates.POLICY_STAYS.page}" in found.notes


@pytest.mark.parametrize(
    ("type_", "old", "change"),
    [
        (
            "AWS::Batch::JobQueue",
            {"SchedulingPolicyArn": "a", "JobQueueType": "ECS"},
            {"JobQueueType": "EKS"},
        ),
        (ENVIRONMENT, EC2, {**EC2, "ServiceRole": OWN_ROLE, "Tags": {"Team": "a"}}),
    ],
)
def test_what_is_replaced_takes_what_the_old_one_would_not(
    type_: str, old: dict[str, Any], change: dict[str, Any]
) -> None:
    found = it(template(type_, old), template(type_, change))

    assert found.effect is REPLACE
    assert not found.fails


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({}, "have 30 minutes to end"),
        ({"JobExecutionTimeoutMinutes": 90}, "have 90 minutes to end"),
        ({"TerminateJobsOnUpdate": True}, "are ended"),
    ],
)
def test_what_becomes_of_running_jobs_is_said(policy: dict[str, Any], said: str) -> None:
    old = {**EC2, "UpdatePolicy": policy}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert found.notes[0].endswith(said)


@pytest.mark.parametrize(("kind", "said"), [("EC2", "are ended"), ("Fargate", "becomes INVALID")])
def test_what_becomes_of_jobs_in_an_environment_that_goes_is_said(kind: str, said: str) -> None:
    found = it(template(ENVIRONMENT, KINDS[kind]), {"Resources": {}})

    assert said in found.notes[0]


def test_what_is_new_and_what_goes_are_said() -> None:
    one: dict[str, Any] = template("AWS::SQS::Queue", {})
    other: dict[str, Any] = {"Resources": {}}

    assert it(other, one).effect is Effect.CREATE
    assert it(one, other).effect is Effect.DELETE


def test_metadata_alone_changes_nothing() -> None:
    new = template("AWS::SQS::Queue", {})
    new["Resources"]["It"]["Metadata"] = {"aws:cdk:path": "x"}

    assert it(template("AWS::SQS::Queue", {}), new).effect is NONE


def test_what_the_cdk_counts_itself_with_is_no_resource() -> None:
    counted = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:a"}}
    one = template("AWS::SQS::Queue", {})
    other = template("AWS::SQS::Queue", {}, CDKMetadata=counted)

    assert set(impact(one, other)) == set(impact(other, one)) == {"It"}


def test_the_table_of_the_registry_is_what_the_script_makes() -> None:
    made = script("make_create_only").text()
    path = Path(__file__).parents[2] / "batch_constructs" / "aws" / "create_only.json"

    assert made == path.read_text()
    assert "ComputeResources/InstanceTypes" in create_only(ENVIRONMENT).perhaps


def test_the_page_of_changes_is_what_the_script_makes() -> None:
    made = make_changes_page.page()

    assert made == make_changes_page.PAGE.read_text(), "uv run python -m scripts.make_changes_page"
    assert made.count("\n| ") > 100


def run(tmp_path: Path, old: Any, new: Any, *options: str) -> tuple[int, str]:
    for name, content in (("old.json", old), ("new.json", new)):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    files = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    result = CliRunner().invoke(main, ["impact", *files, *options])
    return result.exit_code, result.output


def test_the_command_fails_when_something_is_replaced_or_deleted(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Type", "managed"))

    assert run(tmp_path, old, old) == (0, "nothing changes\n")
    assert run(tmp_path, old, put(old, "Resources/It/Properties/State", "DISABLED"))[0] == 0
    assert run(tmp_path, old, new)[0] == 1
    assert run(tmp_path, old, {"Resources": {}})[0] == 1
    assert run(tmp_path, old, "no template")[0] == 2


def test_the_command_fails_when_the_deployment_does_though_nothing_is_replaced(
    tmp_path: Path,
) -> None:
    old, new = (template("AWS::Batch::JobQueue", one) for one in ({"SchedulingPolicyArn": "a"}, {}))

    code, output = run(tmp_path, old, new)

    assert code == 1
    assert output.endswith("1 in-place, and the deployment fails at It\n")


def test_json_is_one_object_of_logical_ids(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Tags", {"a": "b"}))

    found = json.loads(run(tmp_path, old, new, "--format", "json")[1])["It"]

    assert (found["type"], found["effect"], found["because"]) == (ENVIRONMENT, "replace", ["Tags"])
    assert set(found) == {"type", "effect", "because", "notes", "fails"}


def test_markdown_is_a_table_for_a_comment(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Tags", {"a": "b"}))

    lines = run(tmp_path, old, new, "--format", "markdown")[1].splitlines()

    assert lines[2].startswith(f"| replace | `It` | {ENVIRONMENT} | `Tags`")
    assert lines[-1] == "1 replace"


@pytest.mark.parametrize("swapped", [False, True])
def test_one_template_is_compared_with_the_one_of_its_name_among_several(
    tmp_path: Path, *, swapped: bool
) -> None:
    for folder, names in (("several", "AB"), ("one", "AC")):
        (tmp_path / folder).mkdir()
        for name in names:
            written = json.dumps(template("AWS::SQS::Queue", {}))
            (tmp_path / folder / f"{name}.template.json").write_text(written)

    def compared(name: str) -> tuple[int, str]:
        paths = [str(tmp_path / "several"), str(tmp_path / "one" / f"{name}.template.json")]
        done = CliRunner().invoke(main, ["impact", *(reversed(paths) if swapped else paths)])
        return done.exit_code, done.output

    assert compared("A") == (0, "nothing changes\n")
    assert compared("C")[0] == 2
    assert (
        "templates (A.template.json, B.template.json) is called C.template.json"
        in (compared("C")[1])
    )


def test_of_several_stacks_of_one_name_a_template_has_to_be_named(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack"}
    artifacts = {}
    new = tmp_path / "new"
    new.mkdir()
    for name, region in (("One", "eu-west-1"), ("Two", "us-east-1")):
        written = json.dumps(template("AWS::SQS::Queue", {}))
        (new / f"{name}.template.json").write_text(written)
        said = {"stackName": "Jobs", "templateFile": f"{name}.template.json"}
        place = f"aws://unknown-account/{region}"
        artifacts[name] = {**stack, "environment": place, "properties": said}
    (new / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    old = tmp_path / "Jobs.template.json"
    old.write_text(json.dumps(template("AWS::SQS::Queue", {})))

    done = CliRunner().invoke(main, ["impact", str(old), str(new)])

    assert done.exit_code == 2
    assert "(One.template.json, Two.template.json) are of stacks called Jobs" in done.output


def test_text_is_broken_at_the_width_of_a_terminal_and_addresses_stay_whole() -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Tags", {"a": "b"}))

    lines = as_text(impact(old, new), 60).splitlines()

    assert [one for one in lines if len(one) > 60 and " " in one.strip()] == []
    assert [one for one in lines if one.strip() == updates.registry(ENVIRONMENT).page]
    assert all(one.startswith(" " * 22) for one in lines[1:-1])
    assert " ".join(" ".join(lines).split()) == " ".join(as_text(impact(old, new)).split())


def test_two_assemblies_are_compared_template_by_template(tmp_path: Path) -> None:
    for folder, names in (("old", "AB"), ("new", "BC")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manifest.json").write_text("{}")
        for name in names:
            written = json.dumps(template("AWS::SQS::Queue", {}))
            (tmp_path / folder / f"{name}.template.json").write_text(written)

    result = CliRunner().invoke(
        main, ["impact", str(tmp_path / "old"), str(tmp_path / "new"), "--format", "json"]
    )

    effects = {name: one["effect"] for name, one in json.loads(result.output).items()}
    assert effects == {"A/It": "delete", "B/It": "none", "C/It": "create"}


@pytest.mark.parametrize("command", ["impact", "check"])
def test_two_formats_are_one_too_many(command: str, tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text('{"Resources": {}}')
    files = [str(file)] * (2 if command == "impact" else 1)
    other = "markdown" if command == "impact" else "github"

    ended = CliRunner().invoke(main, [command, *files, "--json", "--format", other])

    assert ended.exit_code == 2
    assert f"--json is given with --format {other}: give one" in ended.output
