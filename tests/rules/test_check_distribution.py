"""`batch-constructs-check` is whole: its files run beside click and PyYAML alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent / "packages" / "check"
WITH_IT = ("click", "yaml")
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the wheel holds, and what it depends on."""
    folder = tmp_path_factory.mktemp("site")
    included = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in included.items():
        here, there = PROJECT / source, folder / target
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, there)
    for name in WITH_IT:
        file = import_module(name).__file__
        assert file is not None
        (folder / name).symlink_to(Path(file).parent)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing but what is installed."""
    command = [sys.executable, "-S", "-m", "batch_constructs", *arguments]
    return subprocess.run(
        command, cwd=installed, env={}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("options", [[], ["--ignore", "job-queue-state"], ["--format", "sarif"]])
def test_it_checks(installed: Path, tmp_path: Path, options: list[str]) -> None:
    queue = "{Type: 'AWS::Batch::JobQueue', Properties: {Priority: -1}}"
    file = tmp_path / "a.yaml"
    file.write_text(f"Resources: {{Q: {queue}}}")

    done = run(installed, "check", str(file), *options)

    assert (done.returncode, done.stderr) == (1, "")
    assert "the priority is -1" in done.stdout


def test_it_explains_and_tells_what_an_update_does(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')

    assert run(installed, "explain", "max-vcpus").stdout.startswith("max-vcpus: ")
    assert run(installed, "impact", str(file), str(file)).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["submit", "x"], "'batch-constructs-check[client]'"),
        (["local", "up"], "batch-constructs"),
    ],
)
def test_it_says_what_it_is_too_small_for(installed: Path, arguments: list[str], what: str) -> None:
    done = run(installed, *arguments)

    assert done.returncode == 2
    assert done.stderr.endswith(f"pip install {what}\n")
    assert done.stderr.count("\n") == 1


def test_it_depends_on_what_the_test_gives_it() -> None:
    assert SETTINGS["project"]["dependencies"] == ["click>=8.1", "pyyaml>=6"]


def test_its_version_is_the_librarys_own() -> None:
    place = SETTINGS["tool"]["hatch"]["version"]
    whole = tomllib.loads((PROJECT / place["path"]).read_text())

    import re

    found = re.search(place["pattern"], (PROJECT / place["path"]).read_text())
    assert found is not None
    assert found["version"] == whole["project"]["version"]
