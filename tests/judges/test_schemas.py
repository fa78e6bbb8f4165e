"""CloudFormation's registry schemas judge every resource that this run rendered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from batch_constructs.tokens import is_made_up
from tests import rendered

SCHEMA_RULES = {"E3002", "E3003", "E3012", *(f"E30{number}" for number in range(14, 19))} | {
    f"E30{number}" for number in range(30, 41)
}
"""cfn-lint's rules that read the registry's schemas: names, types, what is required, ranges."""

SERVICES = [
    "BCMDataExports",
    "Batch",
    "CloudFormation::StackSet",
    "CloudWatch",
    "DynamoDB",
    "EC2::LaunchTemplate",
    "EC2::SecurityGroup",
    "EKS::AccessEntry",
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
    settings = ManualArgs(regions=["us-east-1"], ignore_checks=["W", "I"])
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or ()))}: {match.message}"
        for match in lint(json.dumps(template), config=settings)
        if match.rule.id in SCHEMA_RULES and not is_made_up(match.message)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_resource_fits_its_schema(service: str) -> None:
    found = {
        without_ids(one): (name, one) for _, name, one in rendered.resources(f"AWS::{service}")
    }
    assert found

    assert findings({"Resources": dict(found.values())}) == []


def without_ids(resource: dict[str, Any]) -> str:
    """Write a resource with all logical IDs alike, which no schema looks at."""
    return re.sub(r"\w+[0-9A-F]{8}\b", "ID", json.dumps(resource))


def test_the_judge_can_refuse() -> None:
    wrong = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 5000, "Colour": "red"}}

    assert len(findings({"Resources": {"Queue": wrong}})) >= 2
