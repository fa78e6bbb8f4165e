"""AWS's published text judges what the floor says it says."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

from batch_constructs import aws
from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.limits import Limit, tables
from batch_constructs.aws.source import Source
from batch_constructs.rules.areas import load
from batch_constructs.rules.rulebook import RULES
from tests.judges import published_api as published

load()


def sources() -> Iterator[tuple[str, Source]]:
    """Give every source, with the rule or the fact that it belongs to."""
    for rule in RULES.values():
        if isinstance(rule.source, Source):
            yield rule.id, rule.source
    for module in floor():
        for name, value in vars(module).items():
            if isinstance(value, Source):
                yield f"{module.__name__}.{name}", value


def floor() -> list[Any]:
    return [
        importlib.import_module(f"{aws.__name__}.{module.name}")
        for module in pkgutil.iter_modules(aws.__path__)
    ]


def limits() -> list[Limit]:
    return [limit for table in tables().values() for limit in table]


def fragments(sentence: str) -> list[str]:
    """Give the quoted parts of a sentence, without what was left out of them."""
    quoted = re.findall(r'"([^"]+)"', sentence)
    parts = [part for text in quoted for part in re.split("…|\\[[^\\]]*\\]", text)]
    return [plain for part in parts if (plain := published.plain(part).strip(" .,"))]


def test_every_rule_names_a_page() -> None:
    without = [name for name, rule in RULES.items() if not isinstance(rule.source, Source)]

    assert without == []
    assert all(source.page.startswith("https://") for _, source in sources())


def test_every_member_of_the_api_that_is_named_exists() -> None:
    wrong = []
    for owner, source in sources():
        shape, _, member = source.member.partition(".")
        if shape and not published.has_shape(shape):
            wrong.append((owner, shape))
        elif member and member not in published.members(shape):
            wrong.append((owner, source.member))

    assert wrong == []


def test_what_is_quoted_from_the_api_reference_stands_there() -> None:
    """A quotation is AWS's own, to the letter but for case, quotation marks and parentheses."""
    wrong = [
        (owner, source.member, fragment)
        for owner, source in sources()
        if source.member
        for fragment in fragments(source.says)
        if fragment not in published.text_around(source.member)
    ]

    assert wrong == []


def _written(value: float | str) -> str:
    return published.plain(str(value))


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: limit.rule)
def test_the_sentence_of_a_limit_says_its_numbers_and_words(limit: Limit) -> None:
    """Whoever changes a bound has to change AWS's sentence, which the test above compares."""
    says = published.plain(str(limit.source.says)).replace(",", "")
    words = set(re.findall(r"[\w.*/:$-]+", says)) | {
        word.strip(".:") for word in re.findall(r"[\w.*/:$-]+", says)
    }
    bound = limit.bound
    wanted: list[Any]
    match bound:
        case Whole():
            wanted = [n for n in (bound.low, bound.high, *bound.also) if n not in {None, 0, 1}]
        case Decimal():
            wanted = [bound.low, bound.high]
        case OneOf():
            enum = {value.lower() for value in published.values_of(limit.source.member)}
            wanted = [value for value in bound.values if value and value.lower() not in enum]
        case Matching():
            wanted = [bound.longest] if bound.longest else []
        case Counting():
            wanted = [n for n in (bound.low, bound.high) if n not in {0, 1}]

    spelled = {"two": 2, "three": 3, "five": 5, "ten": 10}
    numbers = {str(number) for word, number in spelled.items() if word in words}
    missing = [one for one in wanted if _written(one) not in words | numbers]

    assert missing == [], limit.source.says
