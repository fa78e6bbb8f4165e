"""The rules as cfn-lint runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from batch_constructs.rules.rulebook import RULES

TEMPLATE = """\
Resources:
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: 1
      ComputeEnvironmentOrder:
        - {Order: 1, ComputeEnvironment: !ImportValue a}
        - {Order: 1, ComputeEnvironment: !ImportValue b}
  Quiet:
    Type: AWS::Batch::JobQueue
    Metadata: {cfn-lint: {config: {ignore_checks: [E9-duplicate-order]}}}
    Properties:
      Priority: 1
      ComputeEnvironmentOrder:
        - {Order: 1, ComputeEnvironment: !ImportValue a}
        - {Order: 1, ComputeEnvironment: !ImportValue b}
"""


def lint(file: Path, *more: str) -> list[dict[str, Any]]:
    command = [str(Path(sys.executable).parent / "cfn-lint"), *more, "--format", "json"]
    pack = ["-a", "batch_constructs.rules.cfn_lint_rules", "--", str(file)]
    done = subprocess.run([*command, *pack], capture_output=True, text=True, check=False)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_cfn_lint_tells_our_findings_with_its_line_numbers_and_ignores(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TEMPLATE)

    [found] = lint(file)

    assert found["Rule"]["Id"] == "E9-duplicate-order"
    assert found["Rule"]["ShortDescription"] == RULES["duplicate-order"].title
    assert found["Rule"]["Source"].startswith("https://docs.aws.amazon.com/")
    assert found["Level"] == "Error"
    assert found["Location"]["Start"] == {"LineNumber": 8, "ColumnNumber": 12}
    assert found["Message"].startswith("two environments have the order 1; fix: ")
    assert lint(file, "--ignore-checks", "E9-duplicate-order") == []


def test_every_rule_about_a_resource_is_in_the_pack() -> None:
    from cfnlint.rules import Rules

    rules = Rules.create_from_module("batch_constructs.rules.cfn_lint_rules")

    own = {rule.id for rule in RULES.values() if "template" not in rule.subjects}
    assert {name[3:] for name in rules if name} == own
    assert {name[:2] for name in rules if name} == {"E9", "W9", "I9"}
