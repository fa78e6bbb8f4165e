"""What the tests of other people's programs share: an account, and environments to install in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_constructs.testing.local_aws import LocalAws
from clients.engine_account import EngineAccount
from clients.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parent
PROGRAMS: dict[str, list[str]] = json.loads((FOLDER / "programs.json").read_text())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the sources of other emulators be given."""
    for name in ("moto", "floci"):
        parser.addoption(
            f"--{name}",
            type=Path,
            default=os.environ.get(f"CLIENTS_{name.upper()}"),
            help=f"a folder with the sources of {name}, whose tests of AWS Batch are run",
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it installs programs from PyPI."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.clients)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Program]:
    """Install a program of programs.json, unmodified, in a virtual environment of its own."""
    uv = shutil.which("uv")
    assert uv is not None, "the programs are installed with uv: pip install uv"
    folder = tmp_path_factory.mktemp("programs")
    installed: dict[str, Program] = {}

    def install(name: str) -> Program:
        if name not in installed:
            place = folder / name
            variables = {**os.environ, "VIRTUAL_ENV": str(place), "UV_NO_CONFIG": "1"}
            for command in (
                ["venv", "--seed", "--python", sys.executable, place],
                ["pip", "install", *PROGRAMS[name]],
            ):
                # Elsewhere: it is to know nothing of what this project is pinned to.
                subprocess.run([uv, "-q", *command], check=True, env=variables, cwd=folder)
            installed[name] = Program(place, folder / f"{name}-home")
        return installed[name]

    return install


@pytest.fixture
def sources(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Return the folder with the sources of another emulator, or skip the test without one."""

    def find(name: str) -> Path:
        folder = request.config.getoption(f"--{name}")
        if folder is None:
            pytest.skip(f"no sources of {name}: give a folder with --{name}")
        return Path(folder).resolve()

    return find


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[Callable[..., EngineAccount]]:
    """Start an embedded AWS and deploy what an engine needs there, with this library.

    Its arguments are `images` of the server: what stands for the images of the jobs.
    """
    running: list[LocalAws] = []

    def start(**images: Path) -> EngineAccount:
        from batch_constructs.local.server import LocalServer

        aws = LocalAws(LocalServer(images={f"{name}*": place for name, place in images.items()}))
        running.append(aws)
        return EngineAccount.deploy(aws.__enter__())

    yield start
    for aws in running:
        aws.__exit__()
