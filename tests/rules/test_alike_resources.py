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
    ("said", "itself"),
    [
        (["wrong"] * 5, "01"),
        (["wrong", "wrong as Q0", "wrong", "wrong", ""], "0123"),
        (["wrong", "", "", "wrong"], "012"),
        (["", "wrong", "", "wrong", ""], "01234"),
    ],
)
def test_each_is_looked_at_until_two_in_a_row_have_the_same_findings(
    said: list[str], itself: str
) -> None:
    """As a rule may speak of the first of several, or of each with another."""
    alike = AlikeResources(Whole(unroll({"Resources": SIX})))
    known: dict[tuple[str, object], dict[Finding, None]] = {}
    looked_at = ""
    for number, message in enumerate(said):
        one = Finding("r", Severity.ERROR, f"Q{number}", "p", message, "f", "s")
        found = alike.found(one.resource, "world", known, 100)
        looked_at += str(number) if found is None else ""
        known[one.resource, "world"] = ({one: None} if message else {}) if found is None else found

    assert looked_at == itself
    assert all(one.resource == id_ for (id_, _), found in known.items() for one in found)
    assert alike.found("Q5", "another world", known, 100) is None
    assert alike.found("Q5", "world", known, 1) is None
