"""What a rule of ours calls an error is judged by nobody, and only where a test wants it so."""

from __future__ import annotations

from tests import rendered

WHY = {
    "fargate-size": "tests of `testing.synth` show it a job that Fargate has no size for",
    "secret-resolved": "tests of the synthesis hide a secret's value from constructors",
    "job-queue-priority": "tests of the synthesis show it a queue of a negative priority",
    "queue-environment-count": "the same queue, without an environment",
    "resource-count": "a test of limits renders one resource too many",
}
"""Rule → why a test renders what it refuses."""


def test_every_rule_that_keeps_something_from_the_judges_has_a_reason() -> None:
    assert {rule: test for rule, test in rendered.LEFT_OUT.items() if rule not in WHY} == {}
