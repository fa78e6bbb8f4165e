"""CloudFormation's registry schemas judge every resource that this run rendered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests import rendered

OTHERS = ["W", "I", "E0", "E1", "E2", "E4", "E5", "E6", "E7"]
"""cfn-lint's rules that are not made of the registry's schemas, which are E3."""


SERVICES = [
    "Batch",
    "CloudWatch",
    "DynamoDB",
    "EC2::LaunchTemplate",
    "EC2::SecurityGroup",
    "Events",
    "IAM",
    "Lambda",
    "Logs",
    "Scheduler",
    "SNS",
    "SQS",
    "StepFunctions",
]


def findings(template: dict[str, Any]) -> list[str]:
    settings = ManualArgs(regions=["us-east-1"], ignore_checks=OTHERS)
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or ()))}: {match.message}"
        for match in lint(json.dumps(template), config=settings)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_resource_fits_its_schema(service: str) -> None:
    resources = {name: one for _, name, one in rendered.resources(f"AWS::{service}")}
    assert resources

    assert findings({"Resources": resources}) == []


def test_the_judge_can_refuse() -> None:
    wrong = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 5000, "Colour": "red"}}

    assert len(findings({"Resources": {"Queue": wrong}})) >= 2
