"""Of each rule a mutant that weakens it dies by the rule's own cases."""

from __future__ import annotations

import random

import pytest

from batch_constructs.rules.rulebook import RULES
from tests.rules.weakened_rules import UNNOTICED, is_noticed, mutants

SEED = 20261128


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_that_is_weakened_turns_its_cases_red(rule: str) -> None:
    known = [one for one in mutants(RULES[rule]) if one.change not in UNNOTICED]
    own = [one for one in known if is_its_own(rule, one.change)]
    # what rules have in common is noticed by one of them
    drawn = [random.Random(f"{SEED} {rule}").choice(own)] if own else known  # noqa: S311

    assert any(is_noticed(rule, one) for one in drawn), drawn


def is_its_own(rule: str, change: str) -> bool:
    name = getattr(RULES[rule].find, "__name__", "")
    return change.startswith(f"{rule}:") or change.partition(":")[0].endswith(f".{name}")
