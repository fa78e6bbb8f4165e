"""All commands alike: help that fits the terminal, JSON, what ends with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from batch_constructs.cli import COMMANDS, main
from scripts.command_page import commands

PICTURES_AND_PROGRAMS = {
    *("adopt", "diagram", "init"),  # what they print is Python, a picture, or names of files
    *("demo", "local deploy", "local destroy", "local drill", "local watch"),  # what they did
    *("local up", "local down", "local fault", "local reclaim"),  # a line, or lines for a shell
    "local logs",  # what a job wrote, as it wrote it; `logs` speaks JSON
}
"""Commands that answer no question with data."""


ALL = dict(commands())


def text(*words: str) -> str:
    done = CliRunner().invoke(main, [*words, "--help"], terminal_width=80)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("words", [(), ("local",)])
def test_in_an_overview_of_80_columns_no_line_is_cut(words: tuple[str, ...]) -> None:
    overview = text(*words)

    assert max(map(len, overview.splitlines())) <= 80
    assert "..." not in overview.replace("[ARGS]...", "")


def test_every_command_has_a_line_for_each_of_its_options() -> None:
    silent = [
        f"{words} {parameter.opts[0]}"
        for words, one in ALL.items()
        for parameter in one.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]

    assert silent == []


def test_what_answers_with_data_speaks_json() -> None:
    without = {
        words
        for words, one in ALL.items()
        if not any("--json" in parameter.opts for parameter in one.params)
    }

    assert without == PICTURES_AND_PROGRAMS


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_no_option_ends_every_command_with_2(name: str) -> None:
    assert CliRunner().invoke(main, [name, "--no-such-option"]).exit_code == 2


def test_json_beside_another_format_is_refused() -> None:
    told = CliRunner().invoke(main, ["check", "--json", "--format", "sarif", "t.json"])

    assert told.exit_code == 2
    assert "--json is given with --format sarif: give one" in told.output


def test_json_is_short_for_the_format_of_that_name(tmp_path: Path) -> None:
    template = tmp_path / "t.json"
    template.write_text('{"Resources": {"Q": {"Type": "AWS::Batch::JobQueue"}}}')
    file = str(template)
    run = CliRunner().invoke

    checked, impact = (
        run(main, ["check", "--json", file]),
        run(main, ["impact", "--json"] + [file] * 2),
    )
    explained = run(main, ["explain", "--json", "job-queue-priority"])

    assert checked.output == run(main, ["check", "--format", "json", file]).output
    assert [one["resource"] for one in json.loads(checked.output)[file]] == ["Q"] * 2
    assert json.loads(impact.output)["Q"]["effect"] == "none"
    assert json.loads(explained.output)["whatYouWouldSee"].startswith("My template is rejected")
