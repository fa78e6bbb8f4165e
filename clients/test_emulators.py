"""The tests of AWS Batch that other emulators have, run from their sources against ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from batch_constructs.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.program import Program

_FOLDER = Path(__file__).parent
_KNOWN: dict[str, dict[str, str]] = json.loads((_FOLDER / "known_differences.json").read_text())
_OF_MOTO_ITSELF = ("test_server.py", "test_utils.py")


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


def _failed(results: Path) -> set[str]:
    """Return the names of the tests that did not pass."""
    return {
        f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        for case in ET.parse(results).iter("testcase")  # noqa: S314 - pytest wrote it
        if case.find("failure") is not None or case.find("error") is not None
    }
