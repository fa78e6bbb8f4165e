"""Patterns of schemas that would keep a function busy for ever, told by counted steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import IGNORECASE
from re import _constants as kinds  # type: ignore[attr-defined]  # as the code that is tested
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from batch_constructs.triggers.exponential_pattern import _alike, _takes, is_exponential


def _is_at(value: Any, text: str, at: int) -> bool:
    edge = value is kinds.AT_BOUNDARY and text[at - 1 : at + 1] in ("-a", "a-")
    return edge or at == (len(text) if value is kinds.AT_END else 0)


class Matcher:
    """Matches as ``re`` does, by trying, and counts what it tries."""

    def __init__(self, most: int) -> None:
        self.steps, self.most = 0, most
        self.ignores_case = False

    def tried(self, pattern: str, text: str) -> int:
        """Return how many steps a match takes from the beginning, ``most`` at most."""
        parsed = parser.parse(pattern)
        self.ignores_case = bool(parsed.state.flags & IGNORECASE)
        try:
            next(self.sequence(list(parsed), text, 0), None)
        except StopIteration:
            raise AssertionError from None
        except OverflowError:
            return self.most
        return self.steps

    def sequence(self, nodes: list[Any], text: str, at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        for after in self.node(nodes[0], text, at):
            yield from self.sequence(nodes[1:], text, after)

    def node(self, node: Any, text: str, at: int) -> Iterator[int]:
        self.steps += 1
        if self.steps >= self.most:
            raise OverflowError
        kind, value = node
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            yield from self.repeat(value, text, at, 0)
        elif kind is kinds.SUBPATTERN:
            yield from self.group(value, text, at)
        elif kind is kinds.GROUPREF_EXISTS:  # no text here has the group
            yield from self.sequence(list(value[2] or ()), text, at)
        elif kind is kinds.BRANCH:
            for each in value[1]:
                yield from self.sequence(list(each), text, at)
        elif kind is kinds.AT:
            yield from [at] * _is_at(value, text, at)
        elif at < len(text):
            one = text[at]
            if _takes(node, _alike(one) if self.ignores_case else one):
                yield at + 1

    def group(self, value: Any, text: str, at: int) -> Iterator[int]:
        before = self.ignores_case
        within = bool(value[1] & IGNORECASE or (before and not value[2]))
        self.ignores_case = within
        for after in self.sequence(list(value[-1]), text, at):
            self.ignores_case = before
            yield after
            self.ignores_case = within
        self.ignores_case = before

    def repeat(self, value: Any, text: str, at: int, times: int) -> Iterator[int]:
        least, most, body = value
        if times < most:
            for after in self.sequence(list(body), text, at):
                if after > at or times < least:
                    yield from self.repeat(value, text, after, times + 1)
                else:
                    yield at  # once empty, and no more of it
        if times >= least:
            yield at


def steps(pattern: str, pump: str, times: int) -> int:
    return Matcher(22_000).tried(pattern, pump * times + "\x00")


@pytest.mark.parametrize(
    ("pattern", "pump"),
    [
        (r"^(a+)+$", "a"),
        (r"^(a|a)*$", "a"),
        (r"^(.*a){20}$", "a"),
        (r"^(a|ab|b)*$", "ab"),
        (r"^(\w|\d\w)*$", "1"),
        (r"^((a?)?b)*$", "b"),
        (r"^(a*b*)*$", "a"),
        (r"^(a?b?|a)*$", "a"),
        (r"^(\s*\w+\s*)*$", "a "),
        (r"^([\w.-]+\.?)+$", "a"),
        (r"^(a{1,3})+$", "a"),
        (r"^(a|b|ab)*c$", "ab"),
        (r"^((a+),?)*$", "a"),
        (r"^(x(a|a)*y)*$|^(a|aa)+$", "a"),
        (r"^(aa|aaa)*$", "a"),
        (r"^(a+?)+?$", "a"),
        (r"^(\S|\ba)*=$", "-a"),
        (r"^(a?){26}a{26}$", "a"),
        (r"^(?:(?:a?){30})a{30}$", "a"),
        (r"^((a?){6}){6}a{36}$", "a"),
        (r"^(a|(b?){24})a$", "b"),
        (r"^(((ab)?){6}){6}$", "ab"),
        (r"^((((ab)?){6}){6})?$", "ab"),
        (r"^((a?){9}b){9}$", "aaaab"),
        (r"^((a?|b)c?){24}a{24}$", "a"),
        ("^" + "a?" * 30 + "a" * 30 + "$", "a"),
        (r"(?i)^(ab|AB)*$", "aB"),
        (r"(?i)^(abc|ABC)*$", "abc"),
        (r"^(?i:(a|[A]b?))*$", "a"),
        ("(?i)^(ka|\u212aa)*$", "\u212aa"),
        ("(?i)^(sa|\u017fa)*$", "\u017fa"),
        (r"^(?i:a|(?-i:A))*$", "A"),
        (r"^(x)?(?(1)a|(ab|ab)*)$", "ab"),
        (r"^(x)?(?(1)b|(a?){24}a{24})$", "a"),
        ("^" + "(ab)?" * 4 + "a?" * 26 + "$", "a"),
    ],
)
def test_a_pattern_whose_steps_double_is_refused(pattern: str, pump: str) -> None:
    assert is_exponential(pattern)
    assert steps(pattern, pump, 60) == 22_000


@pytest.mark.parametrize(
    ("pattern", "pump"),
    [
        (r"^a+$", "a"),
        (r"^(ab)*$", "ab"),
        (r"^[a-z]+(-[a-z]+)*$", "a-"),
        (r"^\d{4}-\d{2}-\d{2}$", "2026-11-28"),
        (r"^(a{2})*$", "a"),
        (r"^([^,]*,)*$", "a,"),
        (r"^(\w+\s)*$", "a "),
        (r"^s3://[a-z0-9.-]{3,63}/.+$", "s3://aaa/"),
        (r"^(a|b)*$", "ab"),
        (r"^(0|[1-9]\d*)(\.\d+)?$", "1"),
        (r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", "a@a."),
        (r"^([01]\d|2[0-3])(:[0-5]\d){2}$", "12:"),
        (r"^(?:a(?:b|c)){0,9}$", "ab"),
        (r"^a*b*$", "a"),
        (r"^(\w|\d)*$", "1"),
        (r"^(a?b)*$", "ab"),
        (r"^(a?){3}$", "a"),
        (r"^(\b){40}a$", "a"),
        (r"^(x?y){0,9}((a?){2}|b){4}$", "a"),
        (r"^(a?){0,40}$", "a"),
        (r"^(ab?){40}$", "ab"),
        (r"^a?b?c?d?e?f?g?h?i?j?k?l?$", "a"),
        (r"^\w{0,8}-?\w{0,8}$", "a"),
        (r"^(\d{1,3}\.){3}\d{1,3}$", "1."),
        (r"^(ab|AB)*$", "ab"),
        (r"(?i)^(?-i:(ab|AB)*)$", "ab"),
        (r"(?i)^([^a]b|Ab)*$", "ab"),
        (r"(?i)^([b-z]b|Ab)*$", "ab"),
        (r"^(x)?(?(1)a|(ab|ba)*)$", "ab"),
        (r"^(x)?(?(1)a)$", "a"),
    ],
)
def test_a_pattern_whose_steps_grow_little_is_taken(pattern: str, pump: str) -> None:
    assert not is_exponential(pattern)
    assert steps(pattern, pump, 60) < 20_000


def test_a_pattern_of_thousands_of_words_is_looked_at() -> None:
    """Its size is bounded before anything is multiplied."""
    assert not is_exponential("^(" + "|".join(f"word{n}" for n in range(3000)) + ")*$")


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?=(a+)+$)",
        r"x(?!(a|a)*$)",
        r"(?i)x(?!(ab|AB)*$)",
        r"x(?i:(?!(ab|AB)*$))",
        r"^(?>(a|a)*b)$",
        r"^((a|a)*b)++$",
    ],
)
def test_what_is_looked_ahead_is_looked_at_too(pattern: str) -> None:
    assert is_exponential(pattern)


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("[\u0130]a", "ia", "ia"),
        ("\u0390a", "\u1fd3a", "\u0390a"),
        ("\ufb05a", "\ufb06a", "\ufb05a"),
        ("\u0432a", "\u1c80a", "\u0432a"),
    ],
)
def test_what_re_takes_for_the_same_in_any_case_is_the_same(
    one: str, other: str, text: str
) -> None:
    assert [re.fullmatch(each, text, IGNORECASE) is None for each in (one, other)] == [False, False]

    assert is_exponential(f"(?i)^(?:{one}|{other})*$")
    assert not is_exponential(f"^(?:{one}|{other})*$")
