"""AWS's own validator of CloudFormation judges every event pattern that this run rendered.

It knows EventBridge's grammar from the service's matcher, and nothing of `aws/event_pattern.py`.
https://github.com/aws-cloudformation/cloudformation-validate
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from cloudformation_validate import CelEngine

from tests import rendered
from tests.aws.test_event_pattern import COMPARISONS, REFUSED
from tests.judges.written import written

RULE_ID = "E9014"
"""What the validator calls its look at event patterns."""

MOST_CHARACTERS = 2048
"""https://docs.aws.amazon.com/general/latest/gr/ev.html, "Event pattern size"; not looked at."""

STRICTER: list[Any] = [
    {"anything-but": {"prefix": []}},
    {"numeric": [">", 5_000_000_001]},
    {"numeric": [">=", -5_000_000_001, "<", 0]},
]
"""What the floor refuses alone: nothing to compare with, and numbers out of the guide's range."""

Pattern = Any


def refused(patterns: Sequence[Pattern]) -> dict[int, str]:
    """Ask about all of them at once: number → what it says."""
    rules = {
        f"R{number}": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern}}
        for number, pattern in enumerate(patterns)
    }
    report = CelEngine().validate_template(json.dumps({"Resources": rules}).encode())
    said = {
        int(one.entity.logical_id[1:]): one.message
        for one in report.diagnostics
        if one.rule_id == RULE_ID
    }
    long = [json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in patterns]
    too_long = {
        number: f"{len(text)} characters"
        for number, text in enumerate(long)
        if len(text) > MOST_CHARACTERS
    }
    return said | too_long


def patterns() -> Iterator[Pattern]:
    """Give the pattern of every rule and archive, with a word for what CloudFormation knows."""
    for _, _, resource in rendered.resources("AWS::Events::Rule", "AWS::Events::Archive"):
        pattern = written(resource["Properties"].get("EventPattern"))
        if pattern is not None:
            yield json.loads(pattern) if isinstance(pattern, str) else pattern
    for service, operation, request in rendered.REQUESTS:
        if (service, operation) == ("events", "PutRule") and "EventPattern" in request:
            yield json.loads(request["EventPattern"])


def test_every_pattern_is_one_that_event_bridge_takes() -> None:
    found = list(patterns())

    assert {json.dumps(found[number]): said for number, said in refused(found).items()} == {}
    assert len(found) > 20


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": [{"startswith": "x"}]},
        {"$or": [{"source": ["x"]}]},
        {"source": "x"},
        {"source": []},
        {"source": [{"wildcard": "a**b"}]},
        {"detail": {"x": [{"numeric": [">", "5"]}]}},
        {"source": ["x" * MOST_CHARACTERS]},
        {},
    ],
    ids=lambda one: json.dumps(one)[:40],
)
def test_the_judge_can_refuse(pattern: Pattern) -> None:
    assert list(refused([{"source": ["x"]}, pattern])) == [1]


def test_what_the_floor_takes_aws_takes() -> None:
    assert refused([{"detail": {"x": [value, "other"]}} for value in COMPARISONS]) == {}


def test_what_the_floor_refuses_aws_refuses() -> None:
    values = [value for value, _, _ in REFUSED if "Infinity" not in json.dumps(value)]
    said = refused([{"detail": {"x": [value, "other"]}} for value in values])

    assert [value for number, value in enumerate(values) if number not in said] == STRICTER
