"""Sceptre, which deploys CloudFormation templates: https://docs.sceptre-project.org"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program


def template(word: str) -> str:
    container = {
        "Image": "busybox",
        "Command": ["echo", word],
        "ResourceRequirements": [
            {"Type": "VCPU", "Value": "1"},
            {"Type": "MEMORY", "Value": "256"},
        ],
    }
    definition = {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {"Type": "container", "ContainerProperties": container},
    }
    outputs = {"Arn": {"Value": {"Ref": "Definition"}}}
    return json.dumps({"Resources": {"Definition": definition}, "Outputs": outputs})


def test_it_launches_compares_changes_and_deletes_a_stack(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    sceptre, here = program("sceptre"), account()
    aws = here.aws.environment
    (sceptre.home / "config" / "dev").mkdir(parents=True)
    (sceptre.home / "templates").mkdir()
    (sceptre.home / "config" / "config.yaml").write_text(
        f"project_code: laptop\nregion: {aws['AWS_REGION']}\n"
    )
    (sceptre.home / "config" / "dev" / "jobs.yaml").write_text(
        "template: {path: jobs.json, type: file}\n"
    )
    file = sceptre.home / "templates" / "jobs.json"

    file.write_text(template("first"))
    sceptre.run("sceptre", "launch", "-y", "dev", aws=aws)
    file.write_text(template("second"))
    differs = sceptre.run("sceptre", "--no-colour", "diff", "dev", aws=aws)
    sceptre.run("sceptre", "launch", "-y", "dev", aws=aws)
    outputs = sceptre.run("sceptre", "list", "outputs", "dev", aws=aws)
    sceptre.run("sceptre", "delete", "-y", "dev", aws=aws)

    assert "new_value: second" in differs
    assert ":2" in outputs
    left = here.client("cloudformation").list_stacks()["StackSummaries"]
    statuses = {one["StackName"]: one["StackStatus"] for one in left}
    assert statuses["laptop-dev-jobs"] == "DELETE_COMPLETE"
