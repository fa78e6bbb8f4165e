"""CloudFormation's registry schemas judge every resource that this run rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from batch_constructs.tokens import is_made_up
from tests import rendered
from tests.everything import template_of_everything
from tests.judged_by_cfn_lint import cfn_lint_errors

SCHEMA_RULES = {"E3002", "E3003", "E3012", *(f"E30{number}" for number in range(14, 19))} | {
    f"E30{number}" for number in range(30, 41)
}
"""cfn-lint's rules that read the registry's schemas: names, types, what is required, ranges."""

SERVICES = [
    "BCMDataExports",
    "Batch",
    "CloudFormation::Stack",
    "CloudTrail",
    "CloudWatch",
    "DynamoDB",
    "EC2::LaunchTemplate",
    "EC2::SecurityGroup",
    "EC2::VPCEndpoint",
    "EKS::AccessEntry",
    "Events",
    "IAM",
    "KMS",
    "Lambda",
    "Logs",
    "S3::Bucket",
    "Scheduler",
    "SNS",
    "SQS",
    "StepFunctions",
]

GIVEN = re.compile(
    r"AWS::(EC2::(?!LaunchT|Sec|VPCEnd)\w+|EFS::\w+|SecretsManager::Secret)|Custom::.*"
)
"""Types of what the tests give our constructs, and those that have no schema."""

ID = re.compile(r"\w+[0-9A-F]{8}\b")
"""A logical ID, as the CDK makes it."""

WORD = re.compile(r"[A-Z][A-Z0-9_]+")
"""A value on which another may depend, such as FARGATE."""


def findings(template: dict[str, Any]) -> list[str]:
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or ()))}: {match.message}"
        for match in cfn_lint_errors(template)
        if match.rule.id in SCHEMA_RULES and not is_made_up(match.message)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_resource_fits_its_schema(service: str) -> None:
    found = {name: one for _, name, one in rendered.resources(f"AWS::{service}")}
    assert found

    assert findings({"Resources": saying_something_new(found)}) == []


def test_whatever_our_constructs_make_is_judged() -> None:
    judged = tuple(f"AWS::{service}" for service in SERVICES)
    made = {one["Type"] for one in template_of_everything()["Resources"].values()}

    assert {one for one in made if not one.startswith(judged) and not GIVEN.fullmatch(one)} == set()
    assert len(made) > 40


def saying_something_new(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out each resource of which every part stands in another: schemas judge by parts."""
    seen: set[str] = set()
    new = {}
    for name, resource in resources.items():
        parts = set(parts_of(resource["Type"], resource))
        if not parts <= seen:
            new[name] = resource
        seen |= parts
    return new


def parts_of(path: str, value: Any) -> Iterator[str]:
    """Give the values with their paths, and which members and words of AWS's stand together.

    Logical IDs are alike: no schema looks at them.
    """
    if isinstance(value, dict):
        words = [one for one in value.values() if isinstance(one, str) and WORD.fullmatch(one)]
        yield f"{path} has {sorted(value)}, {words}"
        for name, below in value.items():
            yield from parts_of(f"{path}/{name}", below)
    elif isinstance(value, list):
        yield f"{path} has {len(value)}, {len({str(one) for one in value})} of them different"
        for below in value:
            yield from parts_of(f"{path}/*", below)
    else:
        yield f"{path} is {re.sub(ID, 'ID', value) if isinstance(value, str) else value!r}"


def test_what_differs_in_any_value_is_judged() -> None:
    properties = {"Priority": 1, "State": "ENABLED"}
    one: dict[str, Any] = {"Type": "AWS::Batch::JobQueue", "Properties": properties}
    more: list[dict[str, Any]] = [
        {"Priority": 2, "State": "ENABLED"},
        {"Priority": 1},
        {"Priority": "1", "State": "ENABLED"},
        {"Priority": [1], "State": "ENABLED"},
    ]
    resources = {"One": one, "Same": one}
    resources |= {f"R{number}": {**one, "Properties": each} for number, each in enumerate(more)}

    assert [*saying_something_new(resources)] == ["One", "R0", "R1", "R2", "R3"]


def test_the_judge_can_refuse() -> None:
    wrong = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 5000, "Colour": "red"}}

    assert len(findings({"Resources": {"Queue": wrong}})) >= 2
