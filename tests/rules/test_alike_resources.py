"""Of resources that differ in their logical ID alone, two are looked at, and each is told of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.rules import engine
from batch_constructs.rules.alike_resources import AlikeResources
from batch_constructs.rules.engine import examine
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.template.loops import unroll
from batch_constructs.rules.template.template_files import document
from batch_constructs.rules.template.whole import Whole

QUEUE: dict[str, Any] = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": -1}}
SIX = {f"Q{n}": QUEUE for n in range(6)}


def looked_at(resources: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Check a file; give what was looked at itself. What is told is what each tells by itself."""
    seen: list[str] = []
    check = engine._check

    def noted(subject: Any, *rest: Any, **more: Any) -> Any:
        seen.append(subject.id)
        return check(subject, *rest, **more)

    template = {"Resources": resources}
    monkeypatch.setattr(engine, "_check", noted)
    read = document(json.dumps(template))
    told = examine(read.template, read).findings
    each = [*seen]
    assert told == examine(json.loads(json.dumps(template))).findings
    assert {one.resource for one in told} >= SIX.keys()
    return [one for one in each if one in SIX]


def test_two_tell_of_all_that_are_written_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_at(SIX, monkeypatch) == ["Q0", "Q1"]


@pytest.mark.parametrize(
    ("more", "itself"),
    [
        ({"T": {"Type": "AWS::SNS::Topic", "DependsOn": "Q4"}}, ["Q0", "Q1", "Q4"]),
        ({"T": {"Type": "AWS::SNS::Topic", "DependsOn": ["Q4"]}}, ["Q0", "Q1", "Q4"]),
        (
            {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Q0"}}}},
            ["Q0", "Q1", "Q2"],
        ),
        (
            {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${Q5}"}}}},
            ["Q0", "Q1", "Q5"],
        ),
        ({"Q3": {**QUEUE, "Properties": {"Priority": -2}}}, ["Q0", "Q1", "Q3"]),
        ({"Q3": {**QUEUE, "DependsOn": "Q0"}}, ["Q0", "Q1", "Q2", "Q3"]),
        (
            {name: {**QUEUE, "Properties": {"Priority": -1, "JobQueueName": "q"}} for name in SIX},
            [*SIX],
        ),
    ],
)
def test_what_something_names_or_is_written_otherwise_is_looked_at_itself(
    more: dict[str, Any], itself: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looked_at({**SIX, **more}, monkeypatch) == itself


@pytest.mark.parametrize(
    ("second", "told"), [("wrong", True), ("wrong beside Q0", False), ("", False)]
)
def test_where_a_rule_speaks_of_one_among_several_each_is_looked_at(
    second: str, *, told: bool
) -> None:
    alike = AlikeResources(Whole(unroll({"Resources": SIX})))
    one = Finding("r", Severity.ERROR, "Q0", "p", "wrong", "f", "s")
    other = {one.replaced(resource="Q1", message=second): None} if second else {}
    known = {("Q0", "world"): {one: None}, ("Q1", "world"): other}

    found = alike.found("Q2", "world", known)

    assert found == ({one.replaced(resource="Q2"): None} if told else None)
    assert alike.found("Q2", "another world", known) is None
    assert alike.found("Q1", "world", known) is None
