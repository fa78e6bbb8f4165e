"""YAML as CloudFormation writes it: short forms of intrinsic functions, no dates.

It is built from the parser's events, in time that grows with the text, and each value can tell
where it stands. A name is text whatever it looks like, as account IDs in mappings want it.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from math import isfinite

import yaml
from yaml.constructor import SafeConstructor

from batch_constructs.aws.quotas import TEMPLATE_BYTES
from batch_constructs.aws.typing_names import Any, Final
from batch_constructs.rules.template.source_map import BEHIND, Node

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover  # a PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # the same, slower

DEEPEST: Final = 400
_FULL_NAMES: Final = {"Ref": "Ref", "Condition": "Condition"}
_STANDARD: Final = "tag:yaml.org,2002:"
_MERGE: Final = "<<"


class YamlError(ValueError):
    """Text that is no YAML, or that no template can be.

    Attributes:
        line: where, counted from 1.
    """

    def __init__(self, message: str, mark: Any = None) -> None:
        super().__init__(message)
        self.line: int | None = None if mark is None else mark.line + 1


class TooManyObjectsError(Exception):
    """Text of more objects and lists than are read."""


class Reading:
    """What a text of YAML holds.

    Attributes:
        value: the document.
        node: where its parts stand.
        repeats: whether a name stands twice in a mapping.
        has_aliases: whether parts of it stand in several places, which are counted once.
    """

    def __init__(
        self, text: str, *, in_full: bool = False, most_objects: int = sys.maxsize
    ) -> None:
        """Read a text.

        Args:
            text: the text.
            in_full: whether it is asked where each value ends, and not only where each begins, or
                the name of one: half of a dense file is small values.
            most_objects: with how many objects and lists reading ends.

        Raises:
            YamlError: the text is no YAML, or no template.
            TooManyObjectsError: it has more objects and lists.
        """
        self.value: Any = None
        self.node = Node(0)
        self.repeats = self.has_aliases = False
        self._in_full = in_full
        self._objects_left = most_objects
        self._open: list[_Collection] = []
        self._anchors: dict[str, _Part | None] = {}
        self._repeated = 0
        self._begun = False
        try:
            self._read(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise YamlError(error.problem or error.context or "", mark) from None
        except yaml.YAMLError as error:
            raise YamlError(str(error)) from None

    def _read(self, text: str) -> None:
        for event in iter(_SafeLoader(text).get_event, None):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._begin(event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end(event)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                if self._begun:
                    problem = "a second document begins; a template is one document"
                    raise YamlError(problem, event.start_mark)
                self._begun = True

    def _scalar(self, event: Any) -> None:
        within = self._open[-1] if self._open else None
        if within is not None and within.is_mapping and within.name is None:
            within.name, within.name_at = event.value, event.start_mark
            within.merges = event.value == _MERGE and event.implicit[0]
            within.size += len(event.value)
            if event.anchor:
                self._anchors[event.anchor] = _Part(event.value, len(event.value), BEHIND)
            return
        value, tag = event.value, event.tag
        if self._in_full or (tag is not None and tag != "!"):
            node = Node(event.start_mark.index, event.end_mark.index, event.style or "")
        elif within is not None and within.is_mapping:
            node = BEHIND
        else:
            node = Node(event.start_mark.index)
        if tag is None or tag == "!":
            if event.implicit[0] and tag is None:
                value = _plain(value)
        elif tag.startswith(_STANDARD):
            value = _of_type(tag, value, event.start_mark)
        else:
            self._count_object()
            value, node = _function(tag, value, node)
        size = len(event.value) + 1
        if event.anchor:
            self._anchors[event.anchor] = _Part(value, size, node)
        self._put(value, size, node, event)

    def _begin(self, event: Any) -> None:
        if len(self._open) >= DEEPEST:
            raise YamlError("it is nested too deeply", event.start_mark)
        self._count_object()
        tag = event.tag or ""
        if tag.startswith(_STANDARD) and tag.removeprefix(_STANDARD) not in ("map", "seq"):
            raise YamlError(f"CloudFormation does not support {tag}", event.start_mark)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Collection(event))

    def _count_object(self) -> None:
        self._objects_left -= 1
        if self._objects_left < 0:
            raise TooManyObjectsError

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        value, node = done.value, done.node
        node.end = event.end_mark.index
        for merged in done.merged:
            for key, entry in merged.value.items():
                value.setdefault(key, entry)
            for key, place in merged.node.named.items():
                node.named.setdefault(key, place)
        if done.tag and not done.tag.startswith(_STANDARD):
            self._count_object()
            value, node = _function(done.tag, value, node)
        if done.anchor:
            self._anchors[done.anchor] = _Part(value, done.size, node)
        self._put(value, done.size, node, event)

    def _alias(self, event: Any) -> None:
        part = self._anchors.get(event.anchor)
        if part is None:
            is_open = event.anchor in self._anchors
            problem = "contains itself" if is_open else "is not defined"
            raise YamlError(f"the alias *{event.anchor} {problem}", event.start_mark)
        self.has_aliases = True
        self._repeated += part.size
        if self._repeated > TEMPLATE_BYTES:
            problem = f"its aliases expand to more than the {TEMPLATE_BYTES} bytes of a template"
            raise YamlError(problem, event.start_mark)
        within = self._open[-1] if self._open else None
        if within is not None and within.is_mapping and within.name is None:
            if not isinstance(part.value, str):
                raise YamlError(_NO_NAME, event.start_mark)
            within.name, within.name_at = part.value, event.start_mark
            return
        self._put(part.value, part.size, part.node, event)

    def _put(self, value: Any, size: int, node: Node, event: Any) -> None:
        if not self._open:
            self.value, self.node = value, node
            return
        within = self._open[-1]
        within.size += size
        if not within.is_mapping:
            within.value.append(value)
            within.node.listed.append(node)
            return
        name = within.name
        if name is None:
            raise YamlError(_NO_NAME, event.start_mark)
        within.name = None
        if within.merges:
            within.merges = False
            within.merge(value, node, event)
            return
        if name in within.value:
            self.repeats = True
            within.node.repeats.append((name, within.name_at.index))
        within.value[name] = value
        within.node.named[name] = (within.name_at.index, node)


_NO_NAME: Final = "a name is a mapping or a list; a name is text"


class _Part:
    """A value, how many characters it is written out, and where it stands."""

    __slots__ = ("node", "size", "value")

    def __init__(self, value: Any, size: int, node: Node) -> None:
        self.value, self.size, self.node = value, size, node


class _Collection:
    """A mapping or list that is being read."""

    __slots__ = (
        "anchor",
        "is_mapping",
        "merged",
        "merges",
        "name",
        "name_at",
        "node",
        "size",
        "tag",
        "value",
    )

    def __init__(self, event: Any) -> None:
        self.is_mapping = type(event) is yaml.MappingStartEvent
        self.value: Any = {} if self.is_mapping else []
        self.anchor, self.tag = event.anchor, event.tag or ""
        self.name: str | None = None
        self.name_at: Any = None
        self.merges = False
        self.merged: list[_Part] = []
        self.size = 2
        self.node = Node.of_several(event.start_mark.index)

    def merge(self, value: Any, node: Node, event: Any) -> None:
        """Note the mappings whose members this one takes; its own count first."""
        several = isinstance(value, list)
        for position, one in enumerate(value if several else [value]):
            if not isinstance(one, dict):
                raise YamlError("<< takes a mapping, or a list of them", event.start_mark)
            place = node.listed[position] if several else node
            self.merged.append(_Part(one, 0, place))


def _function(tag: str, value: Any, node: Node) -> tuple[Any, Node]:
    """Make ``!Sub …`` a mapping with ``Fn::Sub``."""
    name = _full_name(tag)
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    whole = Node.of_several(node.start, node.end)
    whole.named[name] = (node.start, node)
    return {name: value}, whole


def _full_name(tag: str) -> str:
    short = tag.lstrip("!")
    return _FULL_NAMES.get(short, f"Fn::{short}")


_LONGEST_WORD: Final = 200
"""Characters of what may be a number, or true or false."""


@lru_cache(maxsize=4096)
def _plain(written: str) -> Any:
    """Give what a word without quotation marks means; infinity is no number that AWS takes."""
    if len(written) > _LONGEST_WORD:
        return written
    resolvers = _SafeLoader.yaml_implicit_resolvers
    for tag, pattern in resolvers.get(written[:1], ()):
        if tag in _READ and pattern.match(written):
            value = _READ[tag](SafeConstructor(), yaml.ScalarNode(tag, written))
            return value if type(value) is not float or isfinite(value) else written
    return written


_READ: Final[dict[str, Any]] = {
    f"{_STANDARD}null": SafeConstructor.construct_yaml_null,
    f"{_STANDARD}bool": SafeConstructor.construct_yaml_bool,
    f"{_STANDARD}int": SafeConstructor.construct_yaml_int,
    f"{_STANDARD}float": SafeConstructor.construct_yaml_float,
}


def _of_type(tag: str, written: str, mark: Any) -> Any:
    if tag == f"{_STANDARD}str":
        return written
    if tag not in _READ:
        raise YamlError(f"CloudFormation does not support {tag}", mark)
    try:
        return _READ[tag](SafeConstructor(), yaml.ScalarNode(tag, written))
    except (KeyError, ValueError):
        raise YamlError(f"the value is not of the type {tag}", mark) from None
