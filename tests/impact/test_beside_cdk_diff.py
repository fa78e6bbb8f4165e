"""The same changes, told by the real ``cdk diff`` and by ``impact``, which says more."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from scripts.real_cdk_diff import real_diff

pytestmark = pytest.mark.cdk_cli

APP = """
import json, sys
import aws_cdk as cdk
app = cdk.App(post_cli_context={"aws:cdk:enable-path-metadata": False})
stack = cdk.Stack(
    app,
    "Stack",
    analytics_reporting=False,
    synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
)
for name, one in json.load(open("new.json"))["Resources"].items():
    cdk.CfnResource(stack, name, type=one["Type"], properties=one["Properties"])
app.synth()
"""
FARGATE = {
    "Type": "AWS::Batch::ComputeEnvironment",
    "Properties": {
        "Type": "MANAGED",
        "ReplaceComputeEnvironment": False,
        "ComputeResources": {
            "Type": "FARGATE",
            "MaxvCpus": 4,
            "Subnets": ["subnet-0123456789abcdef0"],
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
        },
    },
}
QUEUE = {
    "Type": "AWS::Batch::JobQueue",
    "Properties": {
        "Priority": 1,
        "SchedulingPolicyArn": "arn:aws:batch:eu-central-1:111122223333:scheduling-policy/a",
        "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Fargate"}}],
    },
}
SPOT = {**FARGATE["Properties"]["ComputeResources"], "Type": "FARGATE_SPOT"}  # type: ignore[index]  # a mapping
OLD: dict[str, Any] = {"Resources": {"Fargate": FARGATE, "Queue": QUEUE}}


def changed(name: str, **properties: Any) -> dict[str, Any]:
    resource = OLD["Resources"][name]
    kept = {
        key: value
        for key, value in {**resource["Properties"], **properties}.items()
        if value is not None
    }
    return {"Resources": {**OLD["Resources"], name: {**resource, "Properties": kept}}}


@pytest.mark.parametrize(
    ("new", "only_impact_says"),
    [
        (changed("Fargate", ComputeResources=SPOT), "the deployment fails"),
        (changed("Queue", SchedulingPolicyArn=None), "the deployment fails"),
        (changed("Fargate", Tags={"Team": "a"}), "its queues leave it first"),
    ],
)
def test_impact_says_what_cdk_diff_does_not(
    new: dict[str, Any], only_impact_says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_VALIDATION", "false")
    app = tmp_path / "app.py"
    app.write_text(APP)
    for name, template in (("old", OLD), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(template))

    diff, _ = real_diff(tmp_path / "old.json", f"{sys.executable} {app}")
    files = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    told = CliRunner().invoke(main, ["impact", *files]).output

    assert "Number of stacks with differences: 1" in diff
    assert only_impact_says not in diff
    assert only_impact_says in told
