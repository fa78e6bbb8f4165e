"""The wheel: what a package index shows of it, and that it works outside of the repository."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parent.parent
_MEBIBYTE = 1024 * 1024


def runs(python: str) -> bool:
    """Whether a command is a Python, and not what says how to install one."""
    return subprocess.run([python, "--version"], check=False, capture_output=True).returncode == 0


_NEWER = [f"python3.{minor}" for minor in range(12, 20)]
_PYTHONS = [sys.executable, *(one for one in _NEWER if shutil.which(one) and runs(one))]
"""The Pythons of this machine that are new enough."""


def run(*command: str, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, as GitHub Actions would build it for somebody's repository."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("uv", "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
    run(*build, cwd=folder, GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="some/body")
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What a package index reads."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_an_index_links_to_the_repository_that_built_the_wheel(metadata: Message) -> None:
    links = dict(link.split(", ", 1) for link in metadata.get_all("Project-URL", []))

    assert links["Source"] == "https://github.com/some/body"
    assert {"Issues", "Changelog", "Documentation"} < links.keys()
    within = [link.partition("/blob/HEAD/")[2] for link in links.values()]
    assert all((ROOT / path).exists() for path in within)


def test_an_index_links_the_readme_to_that_repository_too(metadata: Message) -> None:
    shown = str(metadata.get_payload())
    home = "https://github.com/some/body/"
    within = re.findall(rf"\]\({home}(blob|tree|raw)/HEAD/([^)]+)\)", shown)

    assert "# batch-constructs" in shown
    assert ("raw", "docs/quickstart.svg") in within
    assert ("blob", "docs/tutorial.md") in within
    assert [path for kind, path in within if (ROOT / path).is_dir() is not (kind == "tree")] == []
    assert re.findall(r"\]\((?!https://)", shown) == []


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What hatch_build.py declares; hatchling is only there while a wheel is built."""
    backend = ModuleType("hatchling.metadata.plugin.interface")
    backend.__dict__["MetadataHookInterface"] = object
    monkeypatch.setitem(sys.modules, backend.__name__, backend)
    return runpy.run_path(str(ROOT / "hatch_build.py"))


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/some/body.git", "https://github.com/some/body"),
        ("https://user:token@gitlab.example.org/a/b/c", "https://gitlab.example.org/a/b/c"),
        ("git@github.com:some/body.git", "https://github.com/some/body"),
        ("ssh://git@github.com/some/body", "https://github.com/some/body"),
        ("/srv/git/body", None),
        ("http://localhost/body", None),
    ],
)
def test_a_wheel_that_somebody_builds_links_to_where_the_checkout_came_from(
    remote: str,
    address: str | None,
    builds: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    run("git", "init", "--quiet", cwd=tmp_path)
    run("git", "remote", "add", "origin", remote, cwd=tmp_path)

    assert builds["address"](tmp_path) == address


def test_without_a_repository_the_readme_links_to_nothing(builds: dict[str, Any]) -> None:
    assert re.findall(r"\]\((?!https://)", builds["readme"](ROOT, None)) == []


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 2 * _MEBIBYTE


@pytest.mark.parametrize("python", _PYTHONS, ids=[Path(one).name for one in _PYTHONS])
def test_a_first_project_works_with_nothing_but_the_wheel(
    wheel: Path, python: str, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    run("uv", "venv", "--quiet", "--python", python, str(environment), cwd=tmp_path)
    binaries = environment / "bin"
    at = str(binaries / "python")
    wanted = (f"{wheel}[local]", "pytest")
    run("uv", "pip", "install", "--quiet", "--python", at, *wanted, cwd=tmp_path)
    command = str(binaries / "batch-constructs")

    on_its_own = {"PATH": f"{binaries}:/usr/bin:/bin", "CDK_OUTDIR": "cdk.out"}
    project = tmp_path / "project"
    run(command, "init", "project", cwd=tmp_path, **on_its_own)
    assert "2 passed" in run(at, "-m", "pytest", cwd=project, **on_its_own)
    run(at, "app.py", cwd=project, **on_its_own)

    assert run(command, "check", "--strict", "cdk.out", cwd=project, **on_its_own) == (
        "1 template checked, nothing to report\n"
    )
