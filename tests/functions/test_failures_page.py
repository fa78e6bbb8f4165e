"""Each row of ``docs/failures.md`` names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "failures.md"
_TEST = re.compile(r"`((?:\w+/)+test_\w+\.py)::(test_\w+)`")


def test_every_row_names_a_test_that_is_there() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Piece by piece")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25

    missing = []
    for row in rows:
        found = _TEST.search(row)
        if found is None or f"def {found[2]}(" not in (TESTS / found[1]).read_text("utf-8"):
            missing.append(row)
    assert missing == []
