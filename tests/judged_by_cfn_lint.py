"""cfn-lint, whose rules are read once a process: that takes longer than most templates."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.rules import Match
from cfnlint.runner import Runner, run_template_by_data


@cache
def _runner(without: tuple[str, ...]) -> Runner:
    return Runner(ConfigMixIn(regions=["us-east-1"], ignore_checks=list(without)))


def cfn_lint_findings(template: Path | dict[str, Any]) -> list[Match]:
    """Return what cfn-lint finds in a template, without what only informs."""
    return _judged(template, ("I",))


def cfn_lint_errors(template: Path | dict[str, Any]) -> list[Match]:
    """Return the errors that cfn-lint finds in a template."""
    return _judged(template, ("I", "W"))


def _judged(template: Path | dict[str, Any], without: tuple[str, ...]) -> list[Match]:
    runner = _runner(without)
    text = template.read_text() if isinstance(template, Path) else json.dumps(template)
    decoded, unreadable = decode_str(text)
    return unreadable or list(run_template_by_data(decoded, runner.config, runner.rules))
