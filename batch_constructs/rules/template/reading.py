"""Reads templates: JSON or YAML, one file or a directory such as ``cdk.out``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 16 * 1024 * 1024
_DEEPEST: Final = 400
_SUFFIXES: Final = (".json", ".yaml", ".yml", ".template")
_TEMPLATE_NAMES: Final = ("*.template.json", "*.template.yaml", "*.template.yml")

Template = Mapping[str, object]


class UnreadableTemplateError(Exception):
    """A file that is no template; the message says why, in one line."""


def find(path: Path) -> list[Path]:
    """List the templates that a path means: itself, or those of a directory.

    Args:
        path: a template, a cloud assembly (``cdk.out``), or a directory of templates.

    Raises:
        UnreadableTemplateError: there is no such path, or no template in it.
    """
    try:
        if not path.is_dir():
            if not path.exists():
                raise UnreadableTemplateError("there is no such file")
            if not path.is_file():
                raise UnreadableTemplateError("this is not a regular file")
            return [path]
        if (path / "manifest.json").is_file():
            found = {file for name in _TEMPLATE_NAMES for file in path.rglob(name)}
        else:
            found = {
                file
                for file in path.rglob("*")
                if file.suffix in _SUFFIXES and file.is_file() and _looks_like_one(file)
            }
    except (OSError, ValueError) as error:
        raise UnreadableTemplateError(_reason(error)) from None
    if not found:
        raise UnreadableTemplateError("there is no template in this directory")
    return sorted(found)


def _looks_like_one(file: Path) -> bool:
    """Tell whether a file of a directory is meant as a template."""
    if any(part in _NOT_OURS for part in file.parts):
        return False
    with file.open(encoding="utf-8", errors="replace") as stream:
        head = stream.read(200_000)
    return "Resources" in head and "AWS::" in head


_NOT_OURS: Final = ("node_modules", ".venv", ".git")


def read(file: Path) -> Template:
    """Read a template.

    Args:
        file: a CloudFormation template as JSON or YAML, its short forms (``!Ref``) included.

    Raises:
        UnreadableTemplateError: the file cannot be read, or holds no template.
    """
    try:
        size = file.stat().st_size
        if size > _MOST_BYTES:
            raise UnreadableTemplateError(
                f"it has {size // 1024 // 1024} MiB; CloudFormation takes templates of 1 MB"
            )
        raw = file.read_bytes()
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as error:
        raise UnreadableTemplateError(_reason(error)) from None
    except UnicodeDecodeError:
        raise UnreadableTemplateError("it is not text in UTF-8") from None
    return template(text)


def template(text: str) -> Template:
    """Parse a template.

    Raises:
        UnreadableTemplateError: the text is none.
    """
    parsed = _parse(text)
    if not isinstance(parsed, dict):
        raise UnreadableTemplateError("it is not a template: an object with Resources is expected")
    if not isinstance(parsed.get("Resources"), dict):
        raise UnreadableTemplateError("it is not a template: it has no Resources")
    return parsed


def _parse(text: str) -> object:
    start = text.lstrip()[:1]
    if not start:
        raise UnreadableTemplateError("it is empty")
    if start == "{":
        try:
            parsed: object = json.loads(text, object_pairs_hook=_once)
        except _TwiceError as error:
            raise UnreadableTemplateError(_twice(text, str(error))) from None
        except RecursionError:
            raise UnreadableTemplateError("it is nested too deeply") from None
        except json.JSONDecodeError as error:
            return _parse_flow(text, f"line {error.lineno}: {error.msg}")
        except ValueError as error:
            raise UnreadableTemplateError(f"it is not JSON: {_one_line(str(error))}") from None
        return parsed
    return _parse_yaml(text)


class _TwiceError(Exception):
    """A name stands twice in one object."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its members; of two with one name the first would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return made


def _twice(text: str, name: str) -> str:
    """Say where a name stands twice; several objects may have it, so all its lines are named."""
    written = re.compile(re.escape(json.dumps(name)) + r"\s*:")
    lines = [str(text.count("\n", 0, one.start()) + 1) for one in written.finditer(text)]
    where = f" (it stands in the lines {_some(lines)})" if lines else ""
    name = _one_line(json.dumps(name))
    return f"an object has the name {name} twice{where}; keep one, or rename one"


_SHOWN: Final = 8


def _some(lines: list[str]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more


def _parse_flow(text: str, problem: str) -> object:
    """Parse YAML that is written with braces, as some templates are."""
    try:
        return _parse_yaml(text)
    except UnreadableTemplateError:
        raise UnreadableTemplateError(f"it is not JSON: {problem}") from None


def _parse_yaml(text: str) -> object:
    import yaml  # noqa: PLC0415  # JSON needs none

    from batch_constructs.rules.template.yaml_loader import loader  # noqa: PLC0415  # as above

    try:
        if _may_be_deep(text):
            _refuse_depth(yaml.parse(text, Loader=yaml.SafeLoader))
        parsed: object = yaml.load(text, Loader=loader())  # noqa: S506  # a safe loader, with tags
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        problem = _one_line(error.problem or error.context or "")
        if error.context == _ANOTHER_DOCUMENT:
            problem = "a second document begins; a template is one document"
        raise UnreadableTemplateError(f"it is not YAML: {where}{problem}") from None
    except yaml.YAMLError as error:
        raise UnreadableTemplateError(f"it is not YAML: {_one_line(str(error))}") from None
    except RecursionError:
        raise UnreadableTemplateError("it is nested too deeply") from None
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise UnreadableTemplateError(f"it is not YAML: {_one_line(str(error))}") from None
    if "&" in text and "*" in text and _size(parsed, {}) > _MOST_NODES:
        raise UnreadableTemplateError("its aliases repeat too much")
    return parsed


_ANOTHER_DOCUMENT: Final = "expected a single document in the stream"
_MOST_NODES: Final = 1_000_000


def _size(value: object, known: dict[int, int]) -> int:
    """Count the nodes of a value with its aliases written out; endless is very many."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_NODES + 1
        entries = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(entry, known) for entry in entries)
    return known[id(value)]


_DEEP: Final = re.compile(rf"^ {{{_DEEPEST},}}|(?:[-?] ){{{_DEEPEST // 4},}}", re.MULTILINE)


def _may_be_deep(text: str) -> bool:
    """Tell whether a text could be nested so deeply that a parser would run out of stack."""
    braces = text.count("[") + text.count("{")
    return braces > _DEEPEST or _DEEP.search(text) is not None


def _refuse_depth(events: Iterator[Any]) -> None:
    depth = 0
    for event in events:
        kind = type(event).__name__
        if kind in ("SequenceStartEvent", "MappingStartEvent"):
            depth += 1
            if depth > _DEEPEST:
                raise UnreadableTemplateError("it is nested too deeply")
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            depth -= 1


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return _one_line(reason[:1].lower() + reason[1:])


_LONGEST: Final = 200


def _one_line(message: str) -> str:
    return " ".join(message.split())[:_LONGEST]
