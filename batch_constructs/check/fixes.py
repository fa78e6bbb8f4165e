"""Mends what has one answer: a value or a name, put into the text where the fault stands.

The rest of the file stays as it is, to the byte.
"""

from __future__ import annotations

import json
import re

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_constructs.check.one_file import Checker, FileCheck
    from batch_constructs.rules.findings import Finding
    from batch_constructs.rules.template.source_map import Node

Edit = tuple[int, int, str]
"""From, to, and what to write there."""

_SET: Final = re.compile(
    r"set (?:the property|(?P<name>\w+)) to (?P<values>[\w.]+(?:(?:, | or )[\w.]+)*)"
)
_WRITE: Final = re.compile(r"write (?P<name>\w+)")
_BETWEEN: Final = re.compile(r", | or ")
_SCALAR: Final = re.compile(r"[\w.+-]+")


def fix_file(file: str, checker: Checker) -> FileCheck:
    """Check a file, mend what has one answer, and check it again, as long as that helps."""
    checked = checker(file)
    if not checked.findings:
        return checked
    raw = _bytes(file)
    text = written = template_files.decoded(raw)
    document = template_files.document(text)
    while edits := sorted(set(_edits(checked.findings, document))):
        mended = _applied(text, edits)
        try:
            document = template_files.document(mended)
            after = checker.of(file, document)
        except template_files.UnreadableTemplateError:
            break
        if len(after.findings) >= len(checked.findings):
            break
        text, checked = mended, after  # a name that is mended shows what is behind it
    if text != written:
        mark, encoding = next(one for one in _ENCODINGS if raw.startswith(one[0]))
        with open(file, "wb") as stream:
            stream.write(mark + text.encode(encoding))
    return checked


_ENCODINGS: Final = (
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"", "utf-8"),
)
"""What a file begins with, and how the rest of it is written."""


def _bytes(file: str) -> bytes:
    with open(file, "rb") as stream:
        return stream.read()


def _edits(found: Sequence[Finding], document: template_files.Document) -> Iterator[Edit]:
    for one in found:
        place = document.source_map.node(one.parts)
        if place is None:
            continue
        name_at, node = place
        if one.rule == "property-name":
            edit = _renamed(one, name_at, document.text)
        else:
            edit = _set(one, node, document)
        if edit is not None:
            yield edit


def _renamed(one: Finding, name_at: int, text: str) -> Edit | None:
    match = _WRITE.fullmatch(one.fix)
    written = one.parts[-1]
    start = text.find(written, name_at, name_at + len(written) + 1)
    return (start, start + len(written), match["name"]) if match and start >= 0 else None


def _set(one: Finding, node: Node, document: template_files.Document) -> Edit | None:
    match = _SET.fullmatch(one.fix)
    last = next((part for part in reversed(one.parts) if not part.isdecimal()), "")
    if match is None or node.named or node.listed or (match["name"] or last) != last:
        return None
    raw = document.text[node.start : node.end]
    quote = raw[:1] if raw[:1] in ("'", '"') else ""
    got = raw.strip("'\"")
    if not _SCALAR.fullmatch(got) or (quote and raw[-1] != quote):
        return None
    values = _BETWEEN.split(match["values"])
    same = [value for value in values if value.lower() == got.lower()]
    [value] = same if len(same) == 1 else values if len(values) == 1 else [None]
    if value is None:
        return None
    if document.is_json and not quote and not value.isdecimal():
        return node.start, node.end, json.dumps(value)
    return node.start, node.end, f"{quote}{value}{quote}"


def _applied(text: str, edits: list[Edit]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop, value in edits:
        if start >= end:
            pieces += [text[end:start], value]
            end = stop
    return "".join([*pieces, text[end:]])
