"""Each line of the threat model is held by a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threat-model.md"


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }

    assert len(named) > 15
    assert named - written == set()


def test_every_line_of_a_table_and_every_section_names_its_test() -> None:
    page, _, _ = PAGE.read_text().partition("## What is not covered")
    sections = page.split("\n## ")[1:]
    lines = [one for one in page.splitlines() if one.startswith("|") and "held by" not in one]

    assert len(sections) > 6
    assert [one for one in [*sections, *lines] if "`test_" not in one and "---" not in one] == []


def test_every_paragraph_names_its_test_or_stands_before_a_table() -> None:
    page, _, _ = PAGE.read_text().partition("## What is not covered")
    _, heading, body = page.partition("\n## ")
    parts = [one.strip() for one in (heading + body).strip().split("\n\n")]
    unheld = [
        part
        for part, after in zip(parts, [*parts[1:], ""], strict=True)
        if not part.startswith(("|", "##")) and "`test_" not in part and not after.startswith("|")
    ]

    assert len(parts) > 20
    assert unheld == []


def test_the_page_has_room_on_two_sheets() -> None:
    """A sheet of A4 has about sixty lines of a hundred characters."""
    assert len(PAGE.read_text().splitlines()) <= 120
