"""Patterns whose matching takes exponential time, found before a message does.

A pattern is an automaton of its characters' positions. It is exponential where a position comes
back to itself by one text in two ways: each repetition of that text doubles the ways, and a match
that fails tries them all. (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991.)
It is as bad as exponential where what may be empty is repeated many times and must be: ``(a?){30}``
may leave out any of its thirty; and where a text of one character alone goes through in millions of
ways, as through ``a?`` written thirty times.
"""

from __future__ import annotations

from _sre import unicode_tolower  # type: ignore[import-not-found]  # what re itself uses
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from re import IGNORECASE
from re import _casefix as casefix  # type: ignore[attr-defined]  # the table that re itself uses
from re import _constants as kinds  # type: ignore[attr-defined]  # the parser that re itself uses
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_Node = TypeVar("_Node")

_MANY = 10
"""A repetition of as many takes as long as one without end, and is looked at as such."""

_MOST_POSITIONS, _MOST_STEPS = 2_000, 2_000
"""Of a larger pattern nothing is said; the time of each message is bounded all the same."""

_MOST_WAYS, _WAYS_OF = 1_000_000, 64
"""So many ways through so many equal characters take a second or more to try."""

_MOST_FOLLOWING = 100_000
"""Of more steps from one position to another the ways are not counted."""

_SEVERAL = 2
"""More ways are counted as two."""

_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_INSIDE = (kinds.ASSERT, kinds.ASSERT_NOT)
_NEVER_BACK: dict[Any, Callable[[Any], Any]] = {
    kinds.ATOMIC_GROUP: lambda value: value,
    kinds.POSSESSIVE_REPEAT: lambda value: value[2],
}
"""What is left in one way alone, once it has matched; inside, it is tried as any other."""

_SAMPLES = "aAzZ0_ \t\n-.\x00\u00e9\u65e5"
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    kinds.CATEGORY_DIGIT: str.isdecimal,
    kinds.CATEGORY_SPACE: str.isspace,
    kinds.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    kinds.CATEGORY_NOT_DIGIT: lambda one: not one.isdecimal(),
    kinds.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    kinds.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}


class _TooLargeError(Exception):
    """The pattern has more positions than are looked at."""


def is_exponential(pattern: str) -> bool:
    """Whether matching a pattern may take time that doubles with each few characters.

    Raises:
        re.error: it is no pattern.
    """
    parsed = parser.parse(pattern)
    named = frozenset(_SAMPLES) | frozenset(_named(parsed))
    alphabet = named.union(*(_alike(one) for one in named))
    everywhere = bool(parsed.state.flags & IGNORECASE)
    somewhere = everywhere or any(
        kind is kinds.SUBPATTERN and value[1] & IGNORECASE for kind, value in _nodes(parsed)
    )
    inside = [inner for node in _nodes(parsed) for inner in _bodies_inside(node)]
    return (
        any(_leaves_out_many(body) for body in (parsed, *inside))
        or _Automaton(alphabet, everywhere).is_ambiguous(parsed)
        or any(_Automaton(alphabet, somewhere).is_ambiguous(body) for body in inside)
    )


def _leaves_out_many(body: Any, times: int = 1) -> bool:
    """Whether something that may be empty, and may not, is demanded many times."""
    for kind, value in body:
        if kind in _REPEATS:
            least, _, inner = value
            again = times * max(least, 1)
            many = again >= _MANY and _may_be_empty(inner)
            if many or _leaves_out_many(inner, again):
                return True
        elif kind is kinds.SUBPATTERN:
            if _leaves_out_many(value[-1], times):
                return True
        elif any(_leaves_out_many(each, times) for each in _alternatives(kind, value)):
            return True
    return False


def _may_be_empty(body: Any) -> bool:
    return bool(body.getwidth()[0] == 0 and body.getwidth()[1] > 0)


@dataclass(frozen=True)
class _Part:
    """A part of a pattern: where it begins and ends, each way once, and the ways to be empty."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    empty: int = 1


@dataclass
class _Automaton:
    alphabet: frozenset[str]
    ignores_case: bool
    takes: list[frozenset[str]] = field(default_factory=list)
    """Which of the alphabet each position takes."""
    follows: dict[int, Counter[int]] = field(default_factory=dict)
    """Which position follows which, in how many ways."""

    def is_ambiguous(self, body: Any) -> bool:
        """Whether a position comes back to itself by one text in two ways."""
        try:
            whole = self._sequence(body)
        except _TooLargeError:
            return False
        if self._has_many_ways(whole.first):
            return True
        graph = {at: set(after) for at, after in self.follows.items()}
        loops = [set(one) for one in _components(graph)]
        return any(self._is_ambiguous_loop(loop) for loop in loops)

    def _has_many_ways(self, first: tuple[int, ...]) -> bool:
        """Whether a text of one character alone goes through in very many ways."""
        by_one = {
            frozenset(at for at, takes in enumerate(self.takes) if one in takes)
            for one in self.alphabet
        }
        return any(self._ways(first, taking) for taking in by_one)

    def _ways(self, first: tuple[int, ...], taking: frozenset[int]) -> bool:
        follows = {
            at: [(to, n) for to, n in self.follows[at].items() if to in taking] for at in taking
        }
        if sum(map(len, follows.values())) > _MOST_FOLLOWING:
            return False
        ways = Counter(at for at in first if at in taking)
        for _ in range(_WAYS_OF):
            if ways.total() > _MOST_WAYS:
                return True
            after: Counter[int] = Counter()
            for at, n in ways.items():
                for to, joins in follows[at]:
                    after[to] += n * joins
            ways = after
        return False

    def _is_ambiguous_loop(self, loop: set[int]) -> bool:
        inside = {at: self.follows[at].keys() & loop for at in loop}
        if any(self.follows[at][after] > 1 for at in loop for after in inside[at]):
            return True
        if sum(map(len, inside.values())) > _MOST_STEPS:
            return False
        pairs = {
            (one, other): {
                (after, beside)
                for after in inside[one]
                for beside in inside[other]
                if self.takes[after] & self.takes[beside]
            }
            for one in loop
            for other in loop
            if self.takes[one] & self.takes[other]
        }
        return any(
            any(one == other for one, other in component)
            and any(one != other for one, other in component)
            for component in _components(pairs)
        )

    def _sequence(self, body: Any) -> _Part:
        whole = _Part()
        for node in body:
            whole = self._then(whole, self._node(node))
        return whole

    def _then(self, one: _Part, other: _Part) -> _Part:
        self._join(one.last, other.first)
        return _Part(
            first=one.first + other.first * one.empty,
            last=other.last + one.last * other.empty,
            empty=min(one.empty * other.empty, _SEVERAL),
        )

    def _join(self, last: Collection[int], first: Collection[int]) -> None:
        for at in last:
            self.follows[at].update(first)

    def _node(self, node: Any) -> _Part:
        kind, value = node
        if kind in _REPEATS:
            return self._repeated(*value)
        if kind is kinds.SUBPATTERN:
            return self._group(*value)
        if alternatives := _alternatives(kind, value):
            parts = [self._sequence(each) for each in alternatives]
            return _Part(
                first=tuple(at for part in parts for at in part.first),
                last=tuple(at for part in parts for at in part.last),
                empty=min(sum(part.empty for part in parts), _SEVERAL),
            )
        if kind is kinds.AT or kind in _INSIDE:
            return _Part()
        alike = self._alike if self.ignores_case else frozenset
        return self._position(frozenset(c for c in self.alphabet if _takes(node, alike(c))))

    def _alike(self, one: str) -> frozenset[str]:
        return _alike(one) | self._by_case[_case(one)]

    @cached_property
    def _by_case(self) -> dict[frozenset[int], set[str]]:
        found: dict[frozenset[int], set[str]] = {}
        for one in self.alphabet:
            found.setdefault(_case(one), set()).add(one)
        return found

    def _group(self, _: object, sets: int, clears: int, body: Any) -> _Part:
        """Read a group, in which flags may be others: ``(?i:…)``."""
        before = self.ignores_case
        self.ignores_case = bool(sets & IGNORECASE or (before and not clears & IGNORECASE))
        part = self._sequence(body)
        self.ignores_case = before
        return part

    def _repeated(self, least: int, most: int, body: Any) -> _Part:
        if most >= _MANY:
            once = self._sequence(body)
            self._join(once.last, once.first)
            empty = _SEVERAL if once.empty else int(least == 0)  # empty once, or twice
            return _Part(once.first, once.last, empty)
        whole = _Part()
        for number in reversed(range(most)):  # a(a(a)?)?: as it is matched, each count in one way
            whole = self._then(self._sequence(body), whole)
            if number >= least:
                whole = _Part(whole.first, whole.last, min(whole.empty + 1, _SEVERAL))
        return whole

    def _position(self, takes: frozenset[str]) -> _Part:
        at = len(self.takes)
        if at == _MOST_POSITIONS:
            raise _TooLargeError
        self.takes.append(takes)
        self.follows[at] = Counter()
        return _Part((at,), (at,), empty=0)


def _takes(node: Any, ones: Collection[str]) -> bool:
    """Whether a node of one character takes one, or what is alike; what is not known takes all."""
    kind, value = node
    if kind is kinds.LITERAL:
        return chr(value) in ones
    if kind is kinds.NOT_LITERAL:
        return chr(value) not in ones
    if kind is kinds.RANGE:
        return any(value[0] <= ord(one) <= value[1] for one in ones)
    if kind is kinds.CATEGORY:
        return any(map(_CATEGORIES[value], ones))
    if kind is kinds.IN:
        negated = value[0][0] is kinds.NEGATE
        return any(_takes(each, ones) for each in value[negated:]) is not negated
    return kind is not kinds.ANY or "\n" not in ones


def _case(one: str) -> frozenset[int]:
    """Return what re takes a character for where case is ignored."""
    lower = unicode_tolower(ord(one))
    return frozenset({lower, *casefix._EXTRA_CASES.get(lower, ())})  # noqa: SLF001  # re's own


def _alike(one: str) -> frozenset[str]:
    """Return the characters that are the same where case is ignored."""
    large = {one, one.upper()}
    return frozenset(each for each in (*large, *(c.lower() for c in large)) if len(each) == 1)


def _alternatives(kind: Any, value: Any) -> list[Any]:
    """Return the bodies of which a node is one; a condition is taken to go either way."""
    if kind is kinds.BRANCH:
        return list(value[1])
    return [value[1], value[2] or ()] if kind is kinds.GROUPREF_EXISTS else []


def _named(body: Any) -> Iterator[str]:
    """Yield the characters that a pattern names, and those beside the ends of its ranges."""
    for kind, value in _nodes(body):
        if kind in (kinds.LITERAL, kinds.NOT_LITERAL):
            yield chr(value)
        elif kind is kinds.RANGE:
            for end in value:
                yield from (chr(each) for each in (end - 1, end, end + 1) if 0 <= each < 0x110000)  # noqa: PLR2004 - Unicode


def _bodies_inside(node: Any) -> list[Any]:
    """Return what is tried by itself: what is looked ahead for, and what is never gone back to."""
    kind, value = node
    if kind in _NEVER_BACK:
        return [_NEVER_BACK[kind](value)]
    return [value[1]] if kind in _INSIDE else []


def _nodes(body: Any) -> Iterator[Any]:
    for node in body:
        yield node
        kind, value = node
        if kind in _REPEATS:
            yield from _nodes(value[2])
        elif kind is kinds.SUBPATTERN:
            yield from _nodes(value[-1])
        elif kind is kinds.IN:
            yield from value
        else:
            for inner in (*_alternatives(kind, value), *_bodies_inside(node)):
                yield from _nodes(inner)


def _components(graph: Mapping[_Node, Collection[_Node]]) -> list[list[_Node]]:
    """Return what of a graph leads to each other (Kosaraju's way, without recursion)."""
    back: dict[_Node, list[_Node]] = {node: [] for node in graph}
    for node, after in graph.items():
        for each in after:
            back[each].append(node)
    seen: set[_Node] = set()
    ended = [node for start in graph for node in _reached(start, graph, seen)]
    seen.clear()
    return [found for start in reversed(ended) if (found := _reached(start, back, seen))]


def _reached(
    start: _Node, graph: Mapping[_Node, Collection[_Node]], seen: set[_Node]
) -> list[_Node]:
    """Return what can be reached from a node and was not seen, in the order in which it ends."""
    if start in seen:
        return []
    seen.add(start)
    ended, way = [], [(start, iter(graph[start]))]
    while way:
        node, rest = way[-1]
        unseen = next((each for each in rest if each not in seen), None)
        if unseen is None:
            ended.append(node)
            way.pop()
        else:
            seen.add(unseen)
            way.append((unseen, iter(graph[unseen])))
    return ended
