"""The pre-commit hook and the page about checking say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from batch_constructs.cli import main

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")


def test_the_pre_commit_hook_runs_the_command_over_templates() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    assert hook["entry"].split() == ["batch-constructs", "check"]
    assert re.search(hook["files"], "deploy/stack.template.json")
    assert re.search(hook["files"], "templates/batch-queue.yaml")
    assert not re.search(hook["files"], "package.json")
    assert f"id: {hook['id']}" in PAGE


def test_the_output_on_the_page_is_what_the_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [template] = re.findall(r"<<'YAML'\n(.*?)YAML\n", PAGE, re.DOTALL)
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("stack.yaml").write_text(template)

    done = CliRunner().invoke(main, ["check", "stack.yaml"])

    assert (done.stdout, done.exit_code) == (shown, 1)


def test_the_steps_on_the_page_are_valid_yaml() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]

    assert [sorted(map(str, block)) for block in blocks] == [["repos"], ["True", "jobs", "name"]]
