"""The tests of AWS Batch that other emulators have, run from their sources against ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from batch_constructs.local.server import LocalServer
from clients.signing_proxy import SigningProxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.program import Program

_FOLDER = Path(__file__).parent
_KNOWN: dict[str, dict[str, str]] = json.loads((_FOLDER / "known_differences.json").read_text())
_OF_MOTO_ITSELF = ("test_server.py", "test_utils.py")
_OF_FLOCI = (
    "BatchIntegrationTest",
    "CloudFormationBatchIntegrationTest",
    "EventBridgeBatchIntegrationTest",
)
"""Its tests over HTTP; the others of AWS Batch look into its own classes."""

_JARS = [
    f"/usr/share/java/{name}.jar"
    for name in ("groovy-all", "hamcrest", "junit-platform-console-standalone")
]
_CONSOLE = "org.junit.platform.console.ConsoleLauncher"


def test_motos_tests_fail_only_where_it_is_known_and_said_why(
    program: Callable[[str], Program], sources: Callable[[str], Path]
) -> None:
    folder, moto = sources("moto"), program("moto")
    results = moto.home.with_suffix(".xml")

    with LocalServer(region="eu-central-1") as server:  # the one in moto's tests
        moto.run(
            *("python", "-m", "pytest", "-q", "-p", "clients.moto_elsewhere", "--tb=short"),
            *("-c", "/dev/null", "--rootdir", folder, "--junitxml", results),
            *(folder / "tests" / "test_batch", folder / "tests" / "test_batch_simple"),
            *(f"--ignore={folder / 'tests' / 'test_batch' / name}" for name in _OF_MOTO_ITSELF),
            aws=server.environment,
            ends_with=(0, 1),
            PYTHONPATH=f"{_FOLDER.parent}:{folder}",
        )

    by_chance = set(_KNOWN["sometimes"])
    assert _failed(results) - by_chance == set(_KNOWN["moto"]) - by_chance


def test_flocis_tests_fail_only_where_it_is_known_and_said_why(
    sources: Callable[[str], Path], tmp_path: Path
) -> None:
    tests = sources("floci") / "src" / "test" / "java"
    missing = [path for path in _JARS if not Path(path).exists()]
    if missing or shutil.which("javac") is None:
        pytest.skip("needs apt-get install default-jdk-headless groovy junit5 libhamcrest-java")
    jars = ":".join([*_JARS, str(tmp_path)])
    standins = _FOLDER / "floci_standins"
    classes = [name for kind in _OF_FLOCI for name in tests.rglob(f"{kind}.java")]
    compiler = ["javac", "-nowarn", "-d", str(tmp_path), "-cp", jars]
    subprocess.run([*compiler, *classes, *standins.rglob("*.java")], check=True)

    with LocalServer(account_id="000000000000") as server, SigningProxy(server) as endpoint:
        subprocess.run(
            [
                *("java", f"-Dendpoint={endpoint}", "-cp", jars, _CONSOLE, "--details=none"),
                *("--include-classname=.*", "--scan-classpath", tmp_path),
                *("--reports-dir", tmp_path),
            ],
            check=False,  # 1 where a test failed, as some do
        )

    failed = _failed(tmp_path / "TEST-junit-jupiter.xml")
    assert {name.removesuffix("()") for name in failed} == set(_KNOWN["floci"])


def _failed(results: Path) -> set[str]:
    """Return the names of the tests that did not pass."""
    return {
        f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        for case in ET.parse(results).iter("testcase")  # noqa: S314 - pytest wrote it
        if case.find("failure") is not None or case.find("error") is not None
    }
