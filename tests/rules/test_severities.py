"""An error is what AWS refuses or what can never work, and says which; all else is a warning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from batch_constructs.aws.source import Source
from batch_constructs.check.check_command import explanation
from batch_constructs.rules import Severity
from batch_constructs.rules.error_outcomes import (
    INVALID,
    NEVER_STARTS,
    NEVER_SUBMITS,
    REFUSED,
    TAKEN,
    UNPROVEN,
    outcome_of_error,
)
from batch_constructs.rules.rule import Rule
from batch_constructs.rules.rulebook import RULES
from tests.rules.test_command import run

ERRORS = [one for one in RULES.values() if one.severity is Severity.ERROR]
PROOF = re.compile(r'"[^"]+"|\d|\bmust\b|refuse|answers|require|\bneeds\b|valid|trust|ARN|values')
"""AWS's own words, a number or a list of words of its model, or what it was seen to answer."""

IN_WORDS = {
    "becomes INVALID": INVALID,
    "Every submission": NEVER_SUBMITS,
    "never submitted": NEVER_SUBMITS,
    "does not start": NEVER_STARTS,
    "refuses to start": NEVER_STARTS,
    "task fails as it starts": NEVER_STARTS,
}


@pytest.mark.parametrize("rule", ERRORS, ids=lambda rule: rule.id)
def test_an_error_has_a_source_that_can_prove_it(rule: Rule) -> None:
    assert isinstance(rule.source, Source)
    assert rule.source.page.startswith("https://")
    assert rule.source.member or PROOF.search(rule.source.says) or rule.id in CLOSED_LISTS


CLOSED_LISTS = {
    "log-group-reference",
    "property-doubled",
    "property-missing",
    "property-name",
    "property-type",
    "schedule-expression",
    "state-machine-callback",
}
"""Errors whose source is a schema, a grammar or a list as a whole."""


@pytest.mark.parametrize("rule", ERRORS, ids=lambda rule: rule.id)
def test_an_error_says_whether_aws_refuses_it_or_it_never_works(rule: Rule) -> None:
    becomes = outcome_of_error(rule.id)

    assert f"error ({becomes}), about" in explanation(rule.id)
    said = {one for words, one in IN_WORDS.items() if words in rule.explanation}
    assert said <= {becomes}


def test_what_is_taken_and_never_works_is_an_error_of_a_rule() -> None:
    assert set(TAKEN) <= {one.id for one in ERRORS}
    assert REFUSED not in TAKEN.values()


def test_what_no_page_says_that_aws_refuses_is_a_warning() -> None:
    assert {RULES[one].severity for one in UNPROVEN} == {Severity.WARNING}


def test_a_warning_says_nothing_of_what_becomes_of_it() -> None:
    assert "  warning, about AWS::Batch::ComputeEnvironment" in explanation(
        "duplicate-instance-type"
    )


def test_the_report_says_what_is_taken_and_never_works(tmp_path: Path) -> None:
    role = {"AssumeRolePolicyDocument": {"Statement": [_trust("lambda.amazonaws.com")]}}
    container = {"Image": "busybox", "JobRoleArn": {"Fn::GetAtt": ["R", "Arn"]}}
    job = {"Type": "container", "ContainerProperties": container}
    resources = {
        "R": {"Type": "AWS::IAM::Role", "Properties": role},
        "J": {"Type": "AWS::Batch::JobDefinition", "Properties": job},
    }
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"Resources": resources}))

    assert NEVER_STARTS in run(file).stdout


def _trust(service: str) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
