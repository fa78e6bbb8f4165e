"""A stack that is deployed is named by its name alone: its template is read from CloudFormation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from botocore.exceptions import ClientError
from botocore.paginate import PageIterator
from click.testing import CliRunner

from batch_constructs.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws

TEMPLATE: dict[str, Any] = {
    "Resources": {"Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}}
}


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> str:
    """Give the name of a stack that CloudFormation has."""
    local_aws.client("cloudformation").create_stack(
        StackName="Deployed", TemplateBody=json.dumps(TEMPLATE)
    )
    return "Deployed"


def run(aws: LocalAws, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, list(arguments), env=dict(aws.environment))
    return done.exit_code, done.stdout, done.stderr


def new_file(path: Path) -> Path:
    changed = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 2}}
    path.write_text(json.dumps({"Resources": {"Inbox": changed}}))
    return path


def test_impact_compares_a_deployed_stack_with_a_template(
    deployed: str, local_aws: LocalAws, tmp_path: Path
) -> None:
    code, said, _ = run(local_aws, "impact", deployed, str(new_file(tmp_path / "new.json")))

    assert (code, said.splitlines()[0].split()) == (0, ["in-place", "Inbox", "AWS::SQS::Queue"])


def test_impact_takes_the_template_of_the_stacks_name_from_an_assembly(
    deployed: str, local_aws: LocalAws, tmp_path: Path
) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    for name in ("Deployed", "Other"):
        new_file(tmp_path / f"{name}.template.json")

    assert run(local_aws, "impact", deployed, str(tmp_path))[1].endswith("1 in-place\n")

    (tmp_path / "Deployed.template.json").rename(tmp_path / "Third.template.json")
    code, _, why = run(local_aws, "impact", deployed, str(tmp_path))
    assert (code, ") is called Deployed.template.json" in why) == (2, True)


def test_who_imports_what_a_deployed_stack_exports_is_asked(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    def exporting(name: str, delay: int) -> dict[str, Any]:
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
        outputs = {
            one: {"Value": f"{name}-{delay}", "Export": {"Name": f"{one}-of-exporting"}}
            for one in ("Used", "Unused")
        }
        return {"Resources": {"Inbox": queue}, "Outputs": outputs}

    imports = {"DisplayName": {"Fn::ImportValue": "Used-of-exporting"}}
    importing = {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": imports}}}
    cloudformation = local_aws.client("cloudformation")
    for name, template in (("Exporting", exporting("exported", 1)), ("Importing", importing)):
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    (tmp_path / "new.json").write_text(json.dumps(exporting("exported", 2)))

    code, said, _ = run(local_aws, "impact", "Exporting", str(tmp_path / "new.json"), "--json")

    found = {name: one["fails"] for name, one in json.loads(said).items()}
    assert (code, found) == (
        1,
        {
            "Inbox": False,
            "Exports/Used-of-exporting": True,
            "Exports/Unused-of-exporting": False,
        },
    )


def test_who_may_not_ask_for_importers_is_told_so(
    local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(value: str) -> dict[str, Any]:
        return {**TEMPLATE, "Outputs": {"A": {"Value": value, "Export": {"Name": "a-of-asked"}}}}

    def denied(_: object) -> NoReturn:
        said = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
        raise ClientError(said, "ListImports")

    local_aws.client("cloudformation").create_stack(
        StackName="Asked", TemplateBody=json.dumps(export("1"))
    )
    (tmp_path / "new.json").write_text(json.dumps(export("2")))
    monkeypatch.setattr(PageIterator, "__iter__", denied)

    code, said, _ = run(local_aws, "impact", "Asked", str(tmp_path / "new.json"))

    assert code == 0
    assert "who imports it is not known (" in said
    assert "not authorized" in said


def test_tags_of_a_deployed_stack_are_compared_with_those_of_an_assembly(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    local_aws.client("cloudformation").create_stack(
        StackName="Tagged",
        TemplateBody=json.dumps(TEMPLATE),
        Tags=[{"Key": "Team", "Value": "a"}],
    )
    (tmp_path / "Tagged.template.json").write_text(json.dumps(TEMPLATE))
    properties = {"templateFile": "Tagged.template.json", "tags": {"Team": "b"}}
    artifacts = {"Tagged": {"type": "aws:cloudformation:stack", "properties": properties}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))

    _, said, _ = run(local_aws, "impact", "Tagged", str(tmp_path), "--json")

    assert json.loads(said)["Stack/Tags"]["because"] == ["Tags/Team"]


def test_adopt_prints_the_program_of_a_deployed_stack(deployed: str, local_aws: LocalAws) -> None:
    code, source, why = run(local_aws, "adopt", deployed)

    assert (code, why) == (
        0,
        "other services stay as L1s: 1 AWS::SQS::Queue\n",
    )
    assert "class DeployedStack(" in source
    assert 'region="us-east-1"' in source


@pytest.mark.parametrize("command", [["impact", "Unknown", "."], ["adopt", "Unknown"]])
def test_what_is_neither_a_file_nor_a_stack_is_said(
    command: list[str], local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file(tmp_path / "new.json")
    monkeypatch.chdir(tmp_path)

    code, _, why = run(local_aws, *command)

    assert code == 2
    assert why.startswith("Unknown: there is no such file, and CloudFormation has no stack")
