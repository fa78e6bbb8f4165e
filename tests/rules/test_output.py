"""A report that cannot be written says so in a line, and is not taken for findings."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.rules import check_template

if TYPE_CHECKING:
    from pathlib import Path

CHECK = f'"{sys.executable}" -m batch_constructs check'
WRONG = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": "a\ud800b…"}}


@pytest.fixture
def template(tmp_path: Path) -> str:
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"Q": WRONG}}))
    return str(file)


def run(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S602  # what people write in a shell
        command, shell=True, capture_output=True, text=True, check=False, env=environment or None
    )


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_a_report_that_finds_no_room_is_no_finding(where: str, template: str) -> None:
    done = run(f"{CHECK} {template} {where}")

    assert done.returncode == 2
    assert done.stderr.startswith("standard output: ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_ends_a_report(template: str) -> None:
    done = run(f"({CHECK} --format json {template}; echo $? >&2) | true")

    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("2\n") or done.stderr == "1\n"


def test_a_standard_input_that_is_closed_cannot_be_read() -> None:
    done = run(f"{CHECK} - <&-")

    assert (done.returncode, done.stderr) == (2, "-: standard input is closed\n")


@pytest.mark.parametrize("format_", ["text", "github", "junit", "sarif", "json"])
def test_what_an_encoding_has_not_is_written_as_an_escape(format_: str, template: str) -> None:
    done = run(f"PYTHONIOENCODING=ascii {CHECK} --format {format_} {template}")

    assert (done.returncode, done.stderr) == (1, "")
    assert "u2026" in done.stdout or "ud800" in done.stdout


DEEP = "[" * 2000


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("AWS::CloudWatch::Dashboard", {"DashboardBody": DEEP}),
        ("AWS::CloudWatch::Dashboard", {"DashboardBody": {"Fn::Join": ["", [DEEP, DEEP]]}}),
        ("AWS::Events::Rule", {"EventPattern": DEEP}),
    ],
)
def test_a_text_that_is_nested_too_deep_is_no_traceback(
    type_: str, properties: dict[str, Any]
) -> None:
    found = check_template({"Resources": {"A": {"Type": type_, "Properties": properties}}})

    assert {one.rule for one in found} <= {"event-pattern-syntax"}
