"""`Fn::ForEach`, written out where its collection is known, or is the default of a parameter.

A loop whose collection is not known stays where it is; how many resources it describes is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.quotas import TEMPLATE_BYTES
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import Any, Final
from batch_constructs.rules.template.intrinsics import Resolver

PREFIX: Final = "Fn::ForEach::"
_MOST_VALUES: Final = 100_000
"""Values that all loops of a template may make; a template of 1 MB has about as many."""

_MOST_CHARACTERS: Final = TEMPLATE_BYTES
"""Characters of these values: CloudFormation takes no more."""

_DEEPEST: Final = 60
_NO_LETTER_OR_DIGIT: Final = pattern(r"[^A-Za-z0-9]")

Path = tuple[str, ...]


class Unrolled(Record):
    """A template without loops, as far as that is possible.

    Attributes:
        template: the template.
        origins: logical ID of a resource that a loop made → where its text stands.
        left: how many resources stand in loops that are still there.
    """

    template: Mapping[str, object]
    origins: Mapping[str, Path]
    left: int


def unroll(template: Mapping[str, object]) -> Unrolled:
    """Write out the loops of a template."""
    if not _may_loop(template):
        return Unrolled(template, {}, 0)
    written = template.get("Mappings")
    mappings = written if isinstance(written, Mapping) else None
    lists = _lists(template.get("Parameters"))
    loops = _Loops(lambda one: Resolver({}, mappings=mappings, parameters=lists).resolve(one))
    made = dict(template)
    for section in ("Conditions", "Resources"):
        here = template.get(section)
        if isinstance(here, Mapping):
            made[section] = loops.members(here, {}, (), 0)
    resources = made.get("Resources")
    names = resources if isinstance(resources, Mapping) else {}
    origins = {path[0]: origin for path, origin in loops.origins.items() if len(path) == 1}
    left = sum(_described(body) for name, body in names.items() if str(name).startswith(PREFIX))
    return Unrolled(made, origins, left)


def _lists(parameters: object) -> dict[str, object]:
    """Give the default of each parameter that is a list."""
    written = parameters if isinstance(parameters, Mapping) else {}
    return {
        name: [entry.strip() for entry in default.split(",")]
        for name, one in written.items()
        if isinstance(one, Mapping) and str(one.get("Type")).startswith(_LISTS)
        if isinstance(default := one.get("Default"), str) and default
    }


_LISTS: Final = ("CommaDelimitedList", "List<")


def _may_loop(template: Mapping[str, object]) -> bool:
    if "LanguageExtensions" in str(template.get("Transform", "")):
        return True
    resources = template.get("Resources")
    return isinstance(resources, Mapping) and any(str(one).startswith(PREFIX) for one in resources)


def _described(loop: object) -> int:
    """Count the resources that the body of a loop describes."""
    body = loop[2] if isinstance(loop, list) and len(loop) > 2 else None  # noqa: PLR2004  # its body
    if not isinstance(body, Mapping):
        return 1
    return sum(_described(one) if str(n).startswith(PREFIX) else 1 for n, one in body.items())


class _Loops:
    def __init__(self, resolve: Callable[[object], object]) -> None:
        self._resolve = resolve
        self._left, self._characters_left = _MOST_VALUES, _MOST_CHARACTERS
        self.origins: dict[Path, Path] = {}

    def members(
        self, written: Mapping[Any, object], known: Mapping[str, str], origin: Path, depth: int
    ) -> dict[str, object]:
        """Write out an object, with what the loops around it stand for."""
        made: dict[str, object] = {}
        for name, value in written.items():
            if not isinstance(name, str):
                continue
            if name.startswith(PREFIX) and depth < _DEEPEST:
                unrolled = self._loop(name, value, known, origin, depth)
                if unrolled is not None:
                    made.update(unrolled)
                    continue
            key = self._filled(name, known)
            if known and depth <= len(known) + 1:
                self.origins.setdefault((key,), (*origin, name))
            made[key] = self.value(value, known, depth + 1)
        return made

    def value(self, written: object, known: Mapping[str, str], depth: int) -> object:
        """Write out a value."""
        self._left -= 1
        if isinstance(written, str):
            return self._filled(written, known) if known else written
        if depth > _DEEPEST * 4:
            return written
        if isinstance(written, Mapping):
            if len(written) == 1 and known:
                [(name, argument)] = written.items()
                if name == "Ref" and isinstance(argument, str) and argument in known:
                    return known[argument]
            return self.members(written, known, (), depth)
        if isinstance(written, list):
            return [self.value(entry, known, depth + 1) for entry in written]
        return written

    def _loop(
        self, name: str, loop: object, known: Mapping[str, str], origin: Path, depth: int
    ) -> dict[str, object] | None:
        """Write out a loop; None if its collection is not known."""
        match loop:
            case [str(identifier), collection, {**body}]:
                values = self._collection(self.value(collection, known, depth + 1))
            case _:
                return None
        if values is None:
            return None
        made: dict[str, object] = {}
        for value in values:
            if self._left < 0 or self._characters_left < 0:
                return None
            inner = {**known, identifier: value}
            made.update(self.members(body, inner, (*origin, name, "2"), depth + 1))
        return made

    def _collection(self, written: object) -> list[str] | None:
        resolved = self._resolve(written)
        if not isinstance(resolved, list):
            return None
        values = [str(one) for one in resolved if isinstance(one, str | int)]
        return values if len(values) == len(resolved) else None

    def _filled(self, written: str, known: Mapping[str, str]) -> str:
        """Put the values of loops into a text, as long as there is room for what comes of it."""
        self._characters_left -= len(written)
        if "{" not in written:
            return written
        for identifier, value in known.items():
            for sign in ("$", "&"):
                place = f"{sign}{{{identifier}}}"
                self._characters_left -= written.count(place) * len(value)
                if self._characters_left < 0:
                    return written
                if place in written:
                    plain = value if sign == "$" else _NO_LETTER_OR_DIGIT.sub("", value)
                    written = written.replace(place, plain)
        return written
