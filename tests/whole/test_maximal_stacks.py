"""Everything at once: stacks with every argument are clean by every checker, and stable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from batch_constructs.rules import check_template
from tests.judged_by_cfn_lint import cfn_lint_errors
from tests.whole.stacks import STACKS

TemplatePath = Callable[[str], Path]
HASH = re.compile(r"[0-9a-f]{64}")
every_stack = pytest.mark.parametrize("name", STACKS)


@every_stack
def test_our_rules_find_nothing_in_a_maximal_stack(name: str, template_path: TemplatePath) -> None:
    found = check_template(json.loads(template_path(name).read_text()))

    assert [f"{one.rule} {one.resource} {one.message}" for one in found] == []


@every_stack
def test_the_cdks_validation_finds_nothing_in_a_maximal_stack(
    name: str, template_path: TemplatePath
) -> None:
    """An error would fail the synthesis; a warning stands in its report."""
    report = template_path(name).parent / "validation-report.json"
    plugins = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    found = [
        f"{one['ruleName']} {one['description']}"
        for entry in plugins
        for one in entry["violations"]
    ]

    assert found == []


@every_stack
def test_cfn_lint_finds_no_error_in_a_maximal_stack(name: str, template_path: TemplatePath) -> None:
    found = [
        f"{match.rule.id} {match.path} {match.message}"
        for match in cfn_lint_errors(template_path(name))
    ]
    assert found == []


@every_stack
def test_a_maximal_stack_renders_what_it_rendered_before(
    name: str, template_path: TemplatePath, snapshot: SnapshotAssertion
) -> None:
    rendered = json.loads(HASH.sub("HASH", template_path(name).read_text()))

    assert rendered == snapshot(extension_class=JSONSnapshotExtension)


TAKE_NO_RESOURCE = {
    "batch:DescribeComputeEnvironments",
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""Actions for which AWS takes no resource."""


@every_stack
def test_no_statement_is_for_everything_where_aws_takes_resources(
    name: str, template_path: TemplatePath
) -> None:
    resources = json.loads(template_path(name).read_text())["Resources"]

    for id_, statement in statements(resources):
        named = statement["Resource"]
        actions = statement["Action"]
        if "*" in (named if isinstance(named, list) else [named]):
            listed = set(actions if isinstance(actions, list) else [actions])
            assert listed <= TAKE_NO_RESOURCE, f"{id_}: {listed}"


def statements(resources: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the statements of all identity policies."""
    found = []
    for id_, resource in resources.items():
        properties = resource.get("Properties", {})
        documents = [one["PolicyDocument"] for one in properties.get("Policies", ())]
        if resource["Type"] == "AWS::IAM::Policy":
            documents.append(properties["PolicyDocument"])
        found += [(id_, statement) for one in documents for statement in one["Statement"]]
    return found
