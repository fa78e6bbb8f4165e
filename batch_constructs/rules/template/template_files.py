"""Reads templates: JSON or YAML, one file or a directory such as ``cdk.out``."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.quotas import TEMPLATE_BYTES
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.other_tools import first_placeholder, jinja_line

if TYPE_CHECKING:
    from typing import BinaryIO

    from batch_constructs.rules.template.source_map import Node, SourceMap
    from batch_constructs.rules.template.yaml_loader import Reading

_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_VALUES: Final = 100_000
"""Commas or lines: a template of 500 resources has a few thousand."""

_MOST_OBJECTS: Final = 20_000
"""Objects and lists: more than any template known here of some size would have, were it of 1 MB:
those that the CDK writes have 13,000, and small ones, whatever wrote them, 19,000."""

_TOO_MANY: Final = (
    f"it has more than {_MOST_OBJECTS} {{}}, which are more than are looked at; split the template"
)
_TOO_MANY_OBJECTS: Final = _TOO_MANY.format("objects and lists")

LONGEST_NUMBER: Final = 200
"""Characters of a number, with which every float can still be compared."""

_SUFFIXES: Final = (".json", ".yaml", ".yml", ".template")
_TEMPLATE_SUFFIXES: Final = (".template.json", ".template.yaml", ".template.yml")
_MANIFEST: Final = "manifest.json"
_NOT_OURS: Final = frozenset(("node_modules", ".venv", ".git"))

Template = Mapping[str, object]
PathLike = str | os.PathLike[str]


class UnreadableTemplateError(Exception):
    """A file that is no template; the message says why, in one line."""


class NoTemplateError(UnreadableTemplateError):
    """A file of JSON or YAML that is something else than a template."""


class Document:
    """A template as it was read.

    Attributes:
        text: the text.
        template: what it holds; of a name that stands twice, the last value.
        repeats: whether a name stands twice in an object.
    """

    def __init__(
        self,
        text: str,
        template: Template,
        *,
        is_json: bool,
        repeats: bool,
        root: Node | None = None,
    ) -> None:
        self.text, self.template, self.repeats = text, template, repeats
        self.is_json = is_json
        self._root = root  # of YAML: where names and entries of lists stand

    @cached_property
    def placeholder(self) -> int:
        """Give where the first placeholder of another tool stands, -1 where there is none."""
        return first_placeholder(self.text)

    @cached_property
    def source_map(self) -> SourceMap:
        """Tell where everything stands; nobody asks where there is nothing to report."""
        from batch_constructs.rules.template import source_map  # noqa: PLC0415  # see above

        if self.is_json:
            return source_map.SourceMap(self.text, source_map.of_json(self.text))
        from batch_constructs.rules.template.yaml_loader import Reading  # noqa: PLC0415

        node = Reading(self.text, in_full=True).node
        return source_map.SourceMap(self.text, node)

    def source_map_of(self, paths: Collection[Sequence[str]]) -> SourceMap:
        """Tell where some paths begin, which is sooner told than where everything stands."""
        if self.is_json and self.repeats:
            return self.source_map
        from batch_constructs.rules.template import source_map  # noqa: PLC0415  # as above

        root = self._root or source_map.of_json(self.text, paths)
        return source_map.SourceMap(self.text, root)


def find(path: PathLike) -> list[str]:
    """List the templates that a path means: itself, or those of a directory.

    Args:
        path: a template, a cloud assembly (``cdk.out``), or a directory of templates.

    Raises:
        UnreadableTemplateError: there is no such path, or no template in it.
    """
    name = os.fspath(path)
    try:
        if not os.path.isdir(name):
            expect_regular(name)
            return [name]
        assembly = os.path.isfile(os.path.join(name, _MANIFEST))
        suffixes = _TEMPLATE_SUFFIXES if assembly else _SUFFIXES
        found = [
            file
            for file in _files(name)
            if file.endswith(suffixes) and (assembly or _looks_like_one(file))
        ]
    except FileNotFoundError:
        raise UnreadableTemplateError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise UnreadableTemplateError(reason(error)) from None
    if not found:
        raise UnreadableTemplateError("there is no template in this directory")
    return sorted(found)


def is_in_assembly(file: str) -> bool:
    """Tell whether a file is one of those that ``cdk synth`` wrote."""
    return file.endswith(_TEMPLATE_SUFFIXES) and is_assembly(os.path.dirname(file))


def is_assembly(folder: str) -> bool:
    """Tell whether ``cdk synth`` wrote a directory."""
    return os.path.isfile(os.path.join(folder, _MANIFEST))


def _files(folder: str) -> Iterator[str]:
    """Go through the regular files below a directory; a pipe would never end."""
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in _NOT_OURS]
        for name in names:
            file = os.path.join(where, name)
            if os.path.isfile(file):
                yield file


def _looks_like_one(file: str) -> bool:
    """Tell whether a file of a directory is meant as a template."""
    with open(file, encoding="utf-8", errors="replace") as stream:
        head = stream.read(200_000)
    return "Resources" in head and "AWS::" in head


def read(file: PathLike) -> Template:
    """Read a template.

    Args:
        file: a CloudFormation template as JSON or YAML, its short forms (``!Ref``) included.

    Raises:
        UnreadableTemplateError: the file cannot be read, or holds no template.
    """
    return document(text_of(file)).template


def text_of(file: PathLike) -> str:
    """Read the text of a file.

    Raises:
        UnreadableTemplateError: there is none, or far too much.
    """
    try:
        expect_regular(file)
        with open(file, "rb") as stream:
            return text_in(stream)
    except OSError as error:
        raise UnreadableTemplateError(reason(error)) from None


def expect_regular(file: PathLike) -> None:
    """Refuse what is no regular file: a pipe would never end.

    Raises:
        UnreadableTemplateError: it is none.
        OSError: there is none.
    """
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise UnreadableTemplateError("this is not a regular file")


def text_in(stream: BinaryIO) -> str:
    """Read the text of a stream, such as standard input, which may have no end.

    Raises:
        UnreadableTemplateError: it is none, or far too much.
    """
    return decoded(stream.read(_MOST_BYTES + 1))


def decoded(raw: bytes) -> str:
    """Make text of bytes.

    Raises:
        UnreadableTemplateError: they are none, or far too many.
    """
    if len(raw) > _MOST_BYTES:
        raise UnreadableTemplateError(
            f"it has more than {_MOST_BYTES} bytes; CloudFormation takes {TEMPLATE_BYTES}"
        )
    try:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        return raw.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        raise UnreadableTemplateError("it is not text in UTF-8") from None


def document(text: str) -> Document:
    """Parse a template.

    Raises:
        UnreadableTemplateError: the text is none.
    """
    if max(text.count(","), text.count("\n")) > _MOST_VALUES:
        raise UnreadableTemplateError(
            f"it has more than {_MOST_VALUES} values; no template that CloudFormation takes has"
        )
    if not text.strip():
        raise NoTemplateError("it is empty")
    if text.count("${") > _MOST_OBJECTS:
        raise UnreadableTemplateError(_TOO_MANY.format("placeholders (${…})"))
    repeats: list[str] = []
    parsed, reading = _parsed(text, repeats)
    if not isinstance(parsed, dict):
        raise NoTemplateError("it is not a template: an object with Resources is expected")
    if not isinstance(parsed.get("Resources"), dict):
        raise NoTemplateError("it is not a template: it has no Resources")
    are_counted = _has_few_brackets(text) if reading is None else not reading.has_aliases
    if not are_counted and _has_too_many_objects(parsed):
        raise UnreadableTemplateError(_TOO_MANY_OBJECTS)
    if reading is None:
        return Document(text, parsed, is_json=True, repeats=bool(repeats))
    return Document(text, parsed, is_json=False, repeats=reading.repeats, root=reading.node)


def _parsed(text: str, repeats: list[str]) -> tuple[object, Reading | None]:
    """Read JSON, or YAML, which some write with braces; and give how YAML was read."""
    problem = None
    if text.lstrip()[:1] == "{":
        try:
            return _json(text, repeats), None
        except _NoJsonError as error:
            problem = error
    try:
        reading = _yaml(text)
    except NoTemplateError:
        raise
    except UnreadableTemplateError:
        if problem is None:
            raise
        raise UnreadableTemplateError(f"it is not JSON: {problem}") from None
    return reading.value, reading


def _has_few_brackets(text: str) -> bool:
    """Tell by the text alone that there are few objects: each of JSON has a bracket of its own."""
    return text.count("{") + text.count("[") <= _MOST_OBJECTS


def _has_too_many_objects(template: Template) -> bool:
    """Count the objects and lists of a template, each where it stands."""
    count = 0
    waiting: list[object] = [template]
    while waiting and count <= _MOST_OBJECTS:
        value = waiting.pop()
        count += 1
        below = value.values() if isinstance(value, dict) else value
        waiting += [one for one in below if isinstance(one, _HOLDERS)]  # type: ignore[attr-defined]  # a list
    return count > _MOST_OBJECTS


_HOLDERS: Final = (dict, list)


class _NoJsonError(Exception):
    """Text that is no JSON, and may be YAML."""


def _json(text: str, repeats: list[str]) -> object:
    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            repeats.append("")
        return made

    try:
        parsed: object = json.loads(
            text, object_pairs_hook=members, parse_constant=_no_constant, parse_int=_whole_number
        )
    except json.JSONDecodeError as error:
        raise _NoJsonError(f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise UnreadableTemplateError("it is nested too deeply") from None
    except ValueError as error:
        raise UnreadableTemplateError(f"it is not JSON: {_one_line(str(error))}") from None
    return parsed


def _whole_number(digits: str) -> int | str:
    """Read a number; of very many digits it is none that anything takes."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a value")


def _yaml(text: str) -> Reading:
    from batch_constructs.rules.template.yaml_loader import (  # noqa: PLC0415  # JSON needs none
        Reading,
        TooManyObjectsError,
        YamlError,
    )

    try:
        return Reading(text, most_objects=_MOST_OBJECTS)
    except TooManyObjectsError:
        raise UnreadableTemplateError(_TOO_MANY_OBJECTS) from None
    except YamlError as error:
        line = jinja_line(text)
        if line is not None:
            problem = "a template of Jinja begins here; render it, and check the result"
            raise NoTemplateError(f"line {line}: {problem}") from None
        where = f"line {error.line}: " if error.line else ""
        raise UnreadableTemplateError(f"it is not YAML: {where}{_one_line(str(error))}") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise UnreadableTemplateError(f"it is not YAML: {_one_line(str(error))}") from None


def reason(error: Exception) -> str:
    """Say in one line why a file cannot be read or written."""
    said = getattr(error, "strerror", None) or str(error)
    return _one_line(said[:1].lower() + said[1:])


_LONGEST: Final = 200
_SPACE: Final = pattern(r"[\s\x00-\x1f\x7f-\x9f]+")


def _one_line(message: str) -> str:
    return _SPACE.sub(" ", message)[:_LONGEST]
