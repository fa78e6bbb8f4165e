"""The project keeps its own rules: lint, format and types are clean."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check"], ids=["lint", "format"])
def test_the_code_is_clean(command: str) -> None:
    assert said(*command.split()) == ""


def test_the_code_and_the_code_of_the_pages_have_the_right_types(tmp_path: Path) -> None:
    """In one run, since most of its time goes to what both import."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    files = settings["files"]
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        code = "\n".join(BLOCK.findall(page.read_text()))
        # what a page lets somebody try is refused, by mypy as well
        tried = re.sub(r"(?<=^try:\n)(    .*)$", r"\1  # type: ignore", code, flags=re.MULTILINE)
        name = re.sub(r"\W", "_", page.stem)
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages" / f"{name}.py").write_text(tried)

    assert said("mypy", *files, str(tmp_path / "pages"), MYPYPATH=str(tmp_path)) == ""


def said(*command: str, **variables: str) -> str:
    """What a program that finds mistakes says; nothing where it finds none."""
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if run.returncode == 0 else run.stdout + run.stderr
