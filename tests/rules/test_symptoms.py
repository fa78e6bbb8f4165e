"""Every finding leads to what one would see of it in AWS, and troubleshooting tells of that."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from batch_constructs.cli import main
from batch_constructs.rules import symptoms
from batch_constructs.rules.areas import AREAS
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.symptoms import symptom_of

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
HEADINGS = set(re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE))


def test_what_every_rule_finds_has_a_heading_in_troubleshooting() -> None:
    assert {symptom_of(rule) for rule in RULES.values()} - HEADINGS == set()


def test_no_symptom_is_of_a_rule_or_a_chapter_that_there_is_not() -> None:
    assert set(symptoms._OF_RULE) <= set(RULES)
    assert set(symptoms._OF_AREA) <= set(AREAS)


def test_what_never_works_is_not_said_to_be_refused() -> None:
    found = {symptom_of(RULES[name]) for name in ("instance-profile", "unknown-volume")}

    assert found == {"My environment is `INVALID`", "`ResourceInitializationError`"}


def test_explain_says_what_one_would_see() -> None:
    said = CliRunner().invoke(main, ["explain", "job-instance-fit"]).output

    assert "\n  what you would see: My job stays in `RUNNABLE`\n" in said
