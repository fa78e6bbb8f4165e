"""The pre-commit hook, the action and the page about checking say what is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from batch_constructs.check.check_command import check
from batch_constructs.check.findings_report import FORMATS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
QUEUE = """\
Resources:
  Queue:
    Type: AWS::Batch::JobQueue
    Properties: {Priority: -1, ComputeEnvironmentOrder: !ImportValue order}
"""


def command(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_on_the_page_write_what_it_shows(tmp_path: Path) -> None:
    blocks = re.findall(r"```(bash|text)\n(.*?)```", PAGE, re.DOTALL)

    shown = [text for language, text in blocks if language == "text"]
    written = []
    for language, text in blocks:
        if language == "bash":
            done = command("bash", "-ec", text, folder=tmp_path)
            assert done.returncode == 0, text + done.stderr
            written.append(done.stdout)

    assert written == shown


def test_the_configurations_on_the_page_are_valid() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]

    hooks, workflow = blocks
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hooks["repos"][0]["hooks"][0]["id"] == hook["id"]
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    given = workflow["jobs"]["check"]["steps"][1]["with"]
    assert set(given) <= set(action["inputs"])
    for name in action["inputs"]:
        assert name in PAGE


def test_the_pre_commit_hook_tells_findings_and_passes_over_other_files(tmp_path: Path) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (tmp_path / "stack.yaml").write_text(QUEUE)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "notes.yaml").write_text("a: b")
    entry = ROOT / hook["entry"]
    assert os.access(entry, os.X_OK)

    files = ("stack.yaml", "package.json", "notes.yaml")
    done = command(sys.executable, "-S", str(entry), *files, folder=tmp_path, PYTHONPATH=packages())

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("1 error in 1 of 1 template\n")


def packages() -> str:
    import yaml as installed

    return str(Path(installed.__file__).parent.parent)


def test_the_action_writes_annotations(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    script = action["runs"]["steps"][1]["run"]
    assert "venv" in script
    checking = script[script.index("[ ") :].replace("$RUNNER_TEMP/batch-constructs/bin/", "")
    (tmp_path / "stack.yaml").write_text(QUEUE)
    defaults = {name.upper(): one["default"] for name, one in action["inputs"].items()}

    done = command(
        "bash", "-eo", "pipefail", "-c", checking, folder=tmp_path, ACTION=str(ROOT), **defaults
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=./stack.yaml,line=4,")


def test_the_actions_inputs_are_options_of_the_command() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs, script = action["inputs"], action["runs"]["steps"][1]["run"]
    options = {name for one in check.params for name in one.opts}
    [hook] = (ROOT / "scripts" / "check_hook.py").read_text().split("sys.argv[1:1] = ")[1:]

    said = " ".join([script, hook, *(one["description"] for one in inputs.values())])
    assert {word for word in re.findall(r"--[a-z-]+", said) if word != "--quiet"} <= options
    assert {f"--{name}" for name in inputs} & options == {"--strict", "--format"}
    formats = re.findall(r"\b(?:text|json|sarif|github|junit)\b", inputs["format"]["description"])
    assert sorted(formats) == sorted(FORMATS)
    environment = action["runs"]["steps"][1]["env"]
    assert {f"${{{{ inputs.{name} }}}}" for name in inputs} <= set(environment.values())
    for name in environment:
        assert f"${name}" in script or f"${{{name}" in script
