"""Every limit holds at both sides of both ends, in every place where its property stands."""

from __future__ import annotations

import re
from typing import Any

import pytest

from batch_constructs.aws.bound import Bound, Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.limits import Limit
from batch_constructs.rules import check_resource
from tests.judges.test_sources import limits

LIMITS = [(limit, within) for limit in limits() for within in limit.within]
STRANGE = ("!", " ", "é", "", "a b", "/", ":", "\n", "9" * 3, "-", "x?", "AWS_BATCH_X")
USUAL = (
    *("busybox", "true", "1", "/data", "ro", "fs-0123456789abcdef0", "ml.m5.large"),
    *("arn:aws:eks:eu-west-1:111122223333:cluster/one", "arn:aws:s3files:eu-west-1:1:x"),
    *("ami-0123456789abcdef0", "lt-0123456789abcdef0", "ECS_AL2023"),
    *("arn:aws:batch:eu-west-1:111122223333:scheduling-policy/one", "arn:aws:sqs:eu-west-1:1:x"),
    *("$.detail", "/jobs/", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    *("arn:aws:lambda:eu-west-1:1:function:f", "arn:aws:logs:eu-west-1:1:log-group:g:*"),
)


def admitted_and_refused(bound: Bound) -> tuple[list[Any], list[Any]]:
    """Give values at the near and the far side of each end of a bound."""
    match bound:
        case Whole():
            ends = [end for end in (bound.low, bound.high) if end is not None]
            outside = [bound.low - 1, *([] if bound.high is None else [bound.high + 1])]
            refused = [one for one in outside if one not in bound.also]
            return [*ends, *bound.also], [*refused, bound.low + 0.5]
        case Decimal():
            step = bound.low / 10
            pairs = [(bound.low, bound.low - step)]
            pairs += [] if bound.high is None else [(bound.high, bound.high + step)]
            return [end for end, _ in pairs], [beyond for _, beyond in pairs]
        case OneOf():
            swapped = [value.swapcase() for value in bound.values if value.swapcase() != value]
            other = [value for value in swapped if value not in bound.values]
            if bound.any_case:
                return [*bound.values, *swapped], [f"{value}X" for value in bound.values]
            return list(bound.values), [*(f"{value}X" for value in bound.values), *other]
        case Matching():
            strange = [text for text in STRANGE if bound.wrong(text)]
            longest = [] if bound.longest is None else [bound.longest]
            fits = [text for n in longest for text in of_length(bound, n)]
            fits += [text for text in USUAL if bound.wrong(text) is None][:1]
            return fits, [*strange, *(text for n in longest for text in too_long(bound, n))]
        case Counting():
            refused = [bound.low - 1] if bound.low else []
            return [bound.low, bound.high], [*refused, bound.high + 1]


def of_length(bound: Matching, length: int) -> list[str]:
    return [text for text in padded(length) if bound.wrong(text) is None][:1]


def too_long(bound: Matching, length: int) -> list[str]:
    """Give a text that is wrong for its length only."""
    shape = Matching(bound.pattern, bound.allowed)
    return [text for text in padded(length + 1) if shape.wrong(text) is None][:1]


def padded(length: int) -> list[str]:
    """Give texts of a length in the usual shapes."""
    return [
        "a" * length,
        "1" * length,
        "/" + "a" * (length - 1),
        "a" * (length - 2) + ":*",
        "arn:aws:" + "a" * (length - 8),
    ]


def resource(limit: Limit, within: str, value: Any) -> dict[str, Any]:
    """Make the least properties that have a value in the place of a limit."""
    steps = [step for step in (*within.split("/"), *limit.name.split("/")) if step]
    made: Any = value
    for step in reversed(steps):
        made = [made] if step == "*" else {step: made}
    properties: dict[str, Any] = made
    return properties


def values(limit: Limit, amount: Any) -> list[Any]:
    """Give the values that a bound's amount stands for."""
    if isinstance(limit.bound, Counting):
        return [[f"x{n}" for n in range(amount)], {f"x{n}": "x" for n in range(amount)}]
    return [amount]


def found(limit: Limit, within: str, value: Any) -> list[str]:
    """Give what is told of a value; of a word that is wrong by its case alone a rule of its own."""
    rules = {limit.rule, "word-case"}
    told = check_resource(limit.type, resource(limit, within, value))
    return [one.message for one in told if one.rule in rules and limit.noun in one.message]


@pytest.mark.parametrize(
    ("limit", "within"), LIMITS, ids=[f"{limit.rule}-{within}" for limit, within in LIMITS]
)
def test_a_limit_admits_its_ends_and_refuses_what_lies_beyond(limit: Limit, within: str) -> None:
    admitted, refused = admitted_and_refused(limit.bound)
    assert refused

    for amount in admitted:
        assert any(not found(limit, within, value) for value in values(limit, amount)), amount
    for amount in refused:
        messages = [found(limit, within, value) for value in values(limit, amount)]
        assert all(len(each) == 1 for each in messages), (amount, messages)


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: limit.rule)
def test_the_sentence_of_a_limit_says_where_it_begins(limit: Limit) -> None:
    """Nearly every sentence has a 0 or a 1 in it; these say that it is the end."""
    low = getattr(limit.bound, "low", None)
    if low not in {-1, 0, 1} or (isinstance(limit.bound, Counting) and low == 0):
        return
    begins = "the minimum is|between|from|minimum(?: supported)? value is|values are|allows|port,"

    assert re.search(rf"(?:{begins}) {low}\b", limit.source.says), limit.source.says


def test_where_a_number_of_entries_ends_that_no_sentence_says() -> None:
    counts = {one.rule: one.bound for one in limits() if isinstance(one.bound, Counting)}

    assert {rule: bound.high for rule, bound in counts.items() if bound.high in {1, 2}} == {
        "ec2-configuration-count": 2,
        "instance-profile-roles": 1,
        "one-task": 1,
        "platform-count": 1,
        "state-machine-log-count": 1,
    }


def test_a_limit_in_any_case_says_who_says_so() -> None:
    """The embedded AWS takes the same words in any case, by the same lines."""
    lines = {one.rule: one.source.says for one in limits() if getattr(one.bound, "any_case", False)}

    assert sorted(lines) == [
        "compute-environment-type",
        "evaluate-on-exit-action",
        "job-definition-type",
    ]
    assert [rule for rule, says in lines.items() if " case" not in says] == []


def test_a_word_in_another_case_is_an_error_only_where_cloudformations_schema_lists_the_words() -> (
    None
):
    exact = {one.rule for one in limits() if one.exact_case}

    assert exact == {
        "capacity-option-type",
        "job-queue-state",
        "provider-propagate-tags",
        "time-limit-state",
    }
    for type_, state, rule in (
        ("AWS::Batch::JobQueue", "Enabled", "job-queue-state"),
        ("AWS::Batch::ComputeEnvironment", "Enabled", "word-case"),
        ("AWS::Batch::ComputeEnvironment", "ON", "compute-environment-state"),
    ):
        assert rule in {one.rule for one in check_resource(type_, {"State": state})}
