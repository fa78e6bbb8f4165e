"""A project that was just written works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from batch_constructs.cli import main


def init(directory: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["init", str(directory)])
    return result.exit_code, result.output


def run(directory: Path, *command: str) -> str:
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_a_new_project_pass(tmp_path: Path) -> None:
    init(tmp_path)

    assert "2 passed" in run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider")


def test_the_template_of_a_new_project_has_nothing_to_report(tmp_path: Path) -> None:
    init(tmp_path)
    app = json.loads((tmp_path / "cdk.json").read_text())
    assert app["app"] == "python app.py"

    run(
        tmp_path, "-c", "import aws_cdk as c, app; a = c.App(outdir='out'); app.build(a); a.synth()"
    )
    checked = run(tmp_path, "-m", "batch_constructs", "check", "--strict", "out")

    assert checked == "1 template checked, nothing to report\n"


def test_the_quickstart_is_run_with_the_settings_of_a_new_project(tmp_path: Path) -> None:
    init(tmp_path)

    settings = Path(__file__).parents[2] / "examples" / "quickstart" / "cdk.json"
    assert settings.read_text() == (tmp_path / "cdk.json").read_text()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("mine")

    code, output = init(tmp_path)

    assert (code, output) == (
        2,
        f"Error: {tmp_path} already has app.py; name another directory\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
    assert (tmp_path / "app.py").read_text() == "mine"


def test_a_new_directory_is_made(tmp_path: Path) -> None:
    code, output = init(tmp_path / "new" / "project")

    assert code == 0
    assert output.endswith(
        f"Next: cd {tmp_path / 'new' / 'project'} && pip install uv && uv run pytest\n"
    )
