"""Of each rule a mutant that weakens it dies by the rule's own cases."""

from __future__ import annotations

import random

import pytest

from batch_constructs.rules.rule import RULES
from tests.rules.weakened_rules import is_noticed, mutants

SEED = 20261128


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_condition_of_a_rule_that_is_weakened_turns_its_cases_red(rule: str) -> None:
    drawn = mutants(RULES[rule])
    random.Random(f"{SEED} {rule}").shuffle(drawn)

    assert any(is_noticed(rule, mutant) for mutant in drawn)
