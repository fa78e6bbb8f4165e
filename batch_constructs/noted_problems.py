"""What is wrong with the arguments of one construct: noted as it is found, told all at once."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import A_KEY
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.jsii_objects import described, kind_of
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aws_cdk import Duration
    from constructs import Construct

_PARAMETER = re.compile(r"[a-z]\w+(?:\[[^\]]*\]|\.[a-z]\w+)*(?= is | has |: |, | or )")
"""The parameter that a problem begins with, such as ``containers[1].environment['A']``."""

_COMBINED = re.compile(rf"{_PARAMETER.pattern} (?:is|are) given(?:,| with| without)")
"""How a problem begins that is about two parameters together, and not about the value of one."""

_BESIDES = "; besides, "
"""What stands between these two where both are wrong."""

_TOKEN = re.compile(r"""['"]?[$#]\{Token\[[^\]]*\]\}['"]?|-\d(?:\.\d+)?e\+2\d\d""")
"""How the CDK writes a token, and what nobody can read: a number of it is far below any other."""

_OF_THE_CALL: ContextVar[tuple[str, ...]] = ContextVar("_OF_THE_CALL", default=())


@contextmanager
def known_already(problems: Sequence[str]) -> Iterator[None]:
    """Let readers that are made within know problems of the call, and tell them with their own."""
    before = _OF_THE_CALL.set(tuple(problems))
    try:
        yield
    finally:
        _OF_THE_CALL.reset(before)


class NotedProblems:
    """What is wrong with the arguments of one construct.

    Of what follows from another problem, only that one is told.

    Attributes:
        construct: The construct whose arguments they are.
    """

    def __init__(self, construct: Construct) -> None:
        self.construct = construct
        self._wrong_types: list[str] = [*_OF_THE_CALL.get()]
        self._wrong_values: list[str] = []
        self._durations: dict[str, tuple[str, Duration]] = {}
        self._within = ""

    def wrong_type(
        self, parameter: str, value: object, expected: str, *, secret: bool = False
    ) -> Any:
        """Note that an argument has the wrong type; ``expected`` says what it takes, and how.

        What may be ``secret`` is not shown.
        """
        got = kind_of(value) if secret and value is not None else described(value)
        expected = _ours(type(value).__name__, expected)
        problem = self._placed(f"{parameter} is {got}; expected {expected}")
        # Whatever it was meant to be: what it does not go with is said of the right one.
        self._wrong_values[:] = [
            one
            for one in self._wrong_values
            if not (_combined(one) and _is_about_the_same(problem, one))
        ]
        self._wrong_types += self._but_for_known([problem])
        return UNKNOWN

    def wrong_value(self, problem: str) -> Any:
        """Note a wrong value: the parameter first, what is wrong, what is allowed, the fix."""
        self._wrong_values += self._but_for_known([self._placed(problem)])
        return UNKNOWN

    @property
    def types_are_right(self) -> bool:
        """Whether no argument so far has a wrong type."""
        return not self._wrong_types

    def only_one(self, parameter: str, other: str, why: str = "") -> Any:
        """Note that two parameters are given of which only one may be; ``why`` where it helps."""
        return self.wrong_value(f"{parameter} is given with {other}{why}: leave one of them out")

    def named(self, parameter: str) -> str:
        """Return a parameter as the caller gave it: with that of which it is a field."""
        return f"{self._within.rpartition(': ')[2]}{parameter}"

    def _placed(self, problem: str) -> str:
        """Say of what a parameter is a field, in front of it."""
        before = A_KEY if problem.startswith(A_KEY) else ""
        whose, colon, of = self._within.rpartition(": ")
        return f"{whose}{colon}{before}{of}{problem.removeprefix(before)}"

    def _but_for_known(self, problems: Sequence[str]) -> list[str]:
        """Leave out what only follows from a problem that is known of the same parameter.

        That a parameter does not go with another one says nothing of its value, and the other way
        round: both are told, in one line.
        """
        told = []
        for problem in (_TOKEN.sub("a token", one) for one in problems):
            causes = [
                one
                for one in (*self._wrong_types, *self._wrong_values)
                if _is_about_the_same(problem, one)
            ]
            if not causes:
                told.append(problem)
            elif len(causes) == 1 and causes[0] in self._wrong_values:
                place = self._wrong_values.index(causes[0])
                self._wrong_values[place] = _both(causes[0], problem)
        return told

    def is_wrong(self, parameter: str) -> bool:
        """Whether a problem of a parameter, or of a part of it, is known already."""
        known = (_PARAMETER.match(one) for one in (*self._wrong_types, *self._wrong_values))
        return any(_is_part(one[0], f"{self._within}{parameter}") for one in known if one)

    @property
    def problems(self) -> list[str]:
        """All that is wrong so far, a line each, without credentials."""
        problems = self._wrong_types + self._wrong_values
        return [without_credentials(self._as_given(one)) for one in problems]

    def _as_given(self, problem: str) -> str:
        """Say a duration as somebody would, where AWS counts it in a smaller unit."""
        about = _PARAMETER.match(problem)
        read, duration = self._durations.get(about[0] if about else "", ("", None))
        before, amount, rest = problem.partition(f" is {read}")
        if duration is None or not amount or about is None or before != about[0]:
            return problem
        given = duration.to_human_string()
        return problem if given == read else f"{before} is {given} ({read}){rest}"

    def refuse(self, id: str | None = None, *, added: tuple[str, str] | None = None) -> None:
        """Raise one error with all problems, and leave the construct tree as it was before.

        ``id`` names what a method of the construct makes below it; ``added`` an entry that it adds
        to a parameter's, and what the method calls it.

        Raises:
            ValueError: a value is wrong.
            TypeError: only types are wrong.
        """
        problems = [one.replace(*added) if added else one for one in self.problems]
        if not problems:
            return
        path = "/".join(
            one for one in (self.construct.node.path, id) if one and isinstance(one, str)
        )
        listed = problems[0] if len(problems) == 1 else "".join(f"\n  - {p}" for p in problems)
        kind = ValueError if self._wrong_values else TypeError
        raise kind(f"{path}:{listed}" if len(problems) > 1 else f"{path}: {listed}")

    def refuse_call(self) -> None:
        """Raise one error with all problems of a call that is about no construct, a line each.

        Raises:
            ValueError: a value is wrong.
            TypeError: only types are wrong.
        """
        if self.problems:
            raise (ValueError if self._wrong_values else TypeError)("\n".join(self.problems))


def _ours(name: str, expected: str) -> str:
    """Say of a class of ours that is expected whose it is, where what was given is called alike."""
    return re.sub(rf"(?<![\w.]){name}(?=\()", f"batch_constructs.{name}", expected)


def _combined(problem: str) -> bool:
    """Whether a problem says that a parameter does not go with another, or not without it."""
    return _COMBINED.match(problem) is not None


def _both(known: str, problem: str) -> str:
    """Say in one line what a parameter does not go with, and what is wrong with its value."""
    if _combined(known) == _combined(problem) or _BESIDES in known:
        return known
    together, alone = (known, problem) if _combined(known) else (problem, known)
    whole, part = (_PARAMETER.match(one) for one in (alone, together))
    if whole and part and len(part[0]) > len(whole[0]):
        return alone  # what holds the part is wrong already
    return _BESIDES.join((together, alone))


def _is_about_the_same(problem: str, known: str) -> bool:
    """Whether two problems are of one parameter, or of one and a part of it."""
    parameters = [_PARAMETER.match(one) for one in (problem, known)]
    return all(parameters) and _is_part(*(one[0] for one in parameters if one))


def _is_part(parameter: str, of: str) -> bool:
    """Whether one of two parameters is the other, or a part of it."""
    shorter, longer = sorted((parameter, of), key=len)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
