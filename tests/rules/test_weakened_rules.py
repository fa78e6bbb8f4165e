"""Of each rule every mutant that weakens it dies by the cases of the rules."""

from __future__ import annotations

import pytest

from tests.rules.weakened_rules import AREAS, unnoticed


@pytest.mark.parametrize("area", AREAS)
def test_a_rule_that_is_weakened_turns_its_cases_red(area: str) -> None:
    assert unnoticed(area) == []
