"""Where the parts of a template stand in its text."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Node:
    """A value of the text.

    Attributes:
        start: where it begins, in characters.
        end: where it has ended.
        style: its first sign if that is a bracket or a quotation mark; of YAML ``|`` or ``>``, too.
        named: of a mapping: name → where the name stands, and its value.
        listed: of a list: its entries.
        repeats: names that stood before in the mapping, and where they stand again.
    """

    __slots__ = ("end", "listed", "named", "repeats", "start", "style")

    def __init__(self, start: int, end: int = 0, style: str = "") -> None:
        self.start, self.end, self.style = start, end, style
        self.named = _NO_NAMES
        self.listed = _NO_ENTRIES
        self.repeats = _NO_REPEATS

    @classmethod
    def of_several(cls, start: int, end: int = 0, style: str = "") -> Node:
        """Make a node of a mapping or a list."""
        made = cls(start, end, style)
        made.named, made.listed, made.repeats = {}, [], []
        return made


_NO_NAMES: Final[dict[str, tuple[int, Node]]] = {}
_NO_ENTRIES: Final[list[Node]] = []
_NO_REPEATS: Final[list[tuple[str, int]]] = []
"""What a scalar has: most nodes are scalars."""


class SourceMap:
    """The lines and columns of a template."""

    def __init__(self, text: str, root: Node) -> None:
        self._text, self._root = text, root
        self._has_choices = IF in text or _SHORT_IF in text
        lines = text.replace("\r\n", " \n").replace("\r", "\n").split("\n")
        self._lines = [0, *accumulate([len(line) + 1 for line in lines])]

    def position(self, offset: int) -> tuple[int, int]:
        """Give the line and the column of a character, counted from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def chain(self, path: Sequence[str]) -> list[int]:
        """Give where each part of a path stands, as far as it is written."""
        return [offset for offset, _ in self._walk(self._root, path, [_MOST_BRANCHES])[0]]

    def node(self, path: Sequence[str]) -> tuple[int, Node] | None:
        """Give where the name at the end of a path stands, and its value, if it is written."""
        found, rest = self._walk(self._root, path, [_MOST_BRANCHES])
        return found[-1] if found and not rest else None

    def _walk(
        self, node: Node, path: Sequence[str], left: list[int]
    ) -> tuple[list[tuple[int, Node]], Sequence[str]]:
        """Go down a path: what was found, and the rest of the path that was not."""
        found: list[tuple[int, Node]] = []
        while path:
            step = self._step(node, path)
            if step is None:
                break
            offset, node, length = step
            found.append((offset, node))
            path = path[length:]
        branches = node.named[IF][1].listed[1:] if path and IF in node.named else []
        best: tuple[list[tuple[int, Node]], Sequence[str]] = ([], path)
        for branch in branches:
            left[0] -= 1
            if left[0] > 0:
                further = self._walk(branch, path, left)
                best = min(best, further, key=lambda one: len(one[1]))
        return found + best[0], best[1]

    def _step(self, node: Node, path: Sequence[str]) -> tuple[int, Node, int] | None:
        """Take one step; a name may have a slash in it."""
        for length in range(1, min(len(path), _MOST_SLASHES) + 1 if node.named else 1):
            named = node.named.get("/".join(path[:length]))
            if named is not None:
                return *named, length
        place = int(path[0]) if path[0].isdecimal() and len(path[0]) < _LONGEST_INDEX else None
        if place is None or place >= len(node.listed):
            return None
        if self._has_choices and any(self._may_vanish(entry) for entry in node.listed[:place]):
            return None
        entry = node.listed[place]
        return entry.start, entry, 1

    def _may_vanish(self, entry: Node) -> bool:
        """Tell whether an entry of a list may turn out not to be there."""
        return IF in entry.named and "AWS::NoValue" in self._text[entry.start : entry.end]

    @cached_property
    def repeats(self) -> list[tuple[tuple[str, ...], str, int]]:
        """Give the names that stand twice: path of the mapping, name, where it stands again."""
        found: list[tuple[tuple[str, ...], str, int]] = []
        waiting: list[tuple[Node, tuple[object, ...]]] = [(self._root, ())]
        seen: set[int] = set()
        while waiting:
            node, place = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if node.repeats:
                path = _path(place)
                found += [(path, name, offset) for name, offset in node.repeats]
            waiting += [(inner, (name, place)) for name, (_, inner) in node.named.items()]
            waiting += [(inner, (str(n), place)) for n, inner in enumerate(node.listed)]
        return sorted(found, key=lambda one: one[2])


def _path(place: Any) -> tuple[str, ...]:
    parts: list[str] = []
    while place:
        name, place = place
        parts.append(name)
    return tuple(reversed(parts))


IF: Final = "Fn::If"
_SHORT_IF: Final = "!If"
_LONGEST_INDEX: Final = 7
_MOST_SLASHES: Final = 30
"""Slashes in a name that is found in the text; with more, what it stands in is pointed to."""
_MOST_BRANCHES: Final = 64
"""Branches of Fn::If that are looked into for one path."""


def of_json(text: str, paths: Collection[Sequence[str]] | None = None) -> Node:
    """Find where everything stands in a text that is known to be JSON.

    Args:
        text: the text.
        paths: what is looked for: mappings and lists to which none leads are passed over.
    """
    root = Node.of_several(0, len(text))
    around = [(root, None if paths is None else ways_of(paths))]
    within, ways = around[0]
    name: tuple[str, int] | None = None
    end = 0
    while match := _TOKEN.match(text, end):
        start, end = match.span(1)
        sign = text[start]
        if sign == '"' and name is None and within.style == "{":
            raw = text[start:end]
            name = (json.loads(raw) if "\\" in raw else raw[1:-1], start)
        elif sign in "]}":
            around.pop()[0].end = end
            within, ways = around[-1]
        elif sign in "{[":
            node = Node.of_several(start, end, sign)
            if ways is not None and within is not root:
                ways = further(ways, str(len(within.listed)) if name is None else name[0])
            if ways is NO_WAYS and IF not in text[start : (over := _SCAN(text, start)[1])]:
                end = node.end = over
                _put(within, name, node)
                ways = around[-1][1]
            else:
                around.append((node, ways))
                _put(within, name, node)
                within = node
            name = None
        elif name is None:
            within.listed.append(Node(start, end, '"' if sign == '"' else ""))
        else:
            in_full = paths is None
            _put(within, name, Node(start, end, '"' if sign == '"' else "") if in_full else BEHIND)
            name = None
    return root.listed[0]


def _put(within: Node, name: tuple[str, int] | None, node: Node) -> None:
    """Put a value into what is around it, below its name if it has one."""
    if name is None:
        within.listed.append(node)
        return
    if name[0] in within.named:
        within.repeats.append(name)
    within.named[name[0]] = (name[1], node)


BEHIND: Final = Node(0)
"""A value of a mapping that holds no others, where it is asked only where names stand."""

Ways = dict[str, "Ways"]
"""The steps that paths go from a place, and those from there."""

NO_WAYS: Final[Ways] = {}


def ways_of(paths: Iterable[Sequence[str]]) -> Ways:
    """Give the steps that paths go."""
    first: Ways = {}
    for path in paths:
        ways = first
        for step in path:
            ways = ways.setdefault(step, {})
    return first


def further(ways: Ways, step: str) -> Ways | None:
    """Take a step: None where everything further on is looked at."""
    if step == IF:
        return None
    found = ways.get(step, NO_WAYS)
    if found is NO_WAYS and step.partition("/")[0] in ways:
        return None  # a name with a slash: a path has it in pieces
    return found


_SCAN: Final = json.JSONDecoder(parse_int=str).raw_decode
"""Nobody looks at what is passed over; Python would not read numbers of any length."""

_TOKEN: Final = re.compile(
    r'[ \t\r\n,:]*([{}\[\]]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+)', re.DOTALL
)
