"""Writes findings: for a person, for programs, for GitHub, for what reads JUnit or SARIF."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.check import output_stream
from batch_constructs.rules.error_outcomes import TAKEN
from batch_constructs.rules.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

Findings = Mapping[str, Sequence[Finding]]
"""Path of a template → its findings."""

Labels = Mapping[str, Mapping[str, str]]
"""Path of a template → logical ID → its type."""

FORMATS: Final = ("text", "json", "sarif", "github", "junit")


def written(findings: Findings, labels: Labels, format: str, *, color: bool, width: int) -> str:
    """Write findings in one of the formats.

    Args:
        findings: the findings of each template.
        labels: what to call a resource, in text.
        format: one of `FORMATS`.
        color: of text, whether to color it.
        width: of text, the characters of a line; 0 for lines of any length.
    """
    if format == "json":
        return as_json(findings)
    if format == "sarif":
        return as_sarif(findings)
    if format == "github":
        return "\n".join(_annotations(findings))
    if format == "junit":
        return as_junit(findings)
    return "\n".join(_Text(color=color, width=width).lines(findings, labels))


_KEYS: Final = (
    "rule",
    "severity",
    "resource",
    "path",
    "message",
    "fix",
    "source",
    "line",
    "column",
)


def as_json(findings: Findings) -> str:
    """Write one object: path → list of findings."""
    files = [
        f"  {json.dumps(path)}: [{_listed_in_json(found)}]" for path, found in findings.items()
    ]
    return "{\n" + ",\n".join(files) + "\n}" if files else "{}"


def _listed_in_json(found: Sequence[Finding]) -> str:
    """Write findings as `json.dumps` does with an indent, which takes ten times as long."""
    written = [
        json.dumps({key: getattr(one, key) for key in _KEYS}, separators=(",\n      ", ": "))
        for one in found
    ]
    several = [f"    {{\n      {one[1:-1]}\n    }}" for one in written]
    return "\n" + ",\n".join(several) + "\n  " if several else ""


def summary(findings: Findings) -> str:
    """Write the last line: how many findings there are, and where."""
    counts = dict.fromkeys(Severity, 0)
    for found in findings.values():
        for one in found:
            counts[one.severity] += 1
    words = [
        f"{count} {severity}{'s' if count != 1 and severity is not Severity.INFO else ''}"
        for severity, count in counts.items()
        if count
    ]
    templates = f"{len(findings)} template{'s' if len(findings) != 1 else ''}"
    if not words:
        return f"{templates} checked, nothing to report"
    wrong = sum(1 for found in findings.values() if found)
    return f"{', '.join(words)} in {wrong} of {templates}"


_STYLES: Final = {
    "": "",
    "file": "1;4",
    "resource": "1;36",
    "dim": "2",
    "fix": "32",
    Severity.ERROR: "1;31",
    Severity.WARNING: "33",
    Severity.INFO: "2",
}
Piece = tuple[str, str]
"""Text and its style."""


class _Text:
    def __init__(self, *, color: bool, width: int) -> None:
        self._color, self._width = color, width

    def lines(self, findings: Findings, labels: Labels) -> Iterator[str]:
        """Group by template and resource, the fix under the fault, a summary last."""
        for path, found in findings.items():
            if not found:
                continue
            yield self._styled(path, "file")
            resource: str | None = None
            for one in found:
                if one.resource != resource:
                    resource = one.resource
                    yield from self._heading(resource, labels.get(path, {}).get(resource, ""))
                fault = [(f"{one.severity:<8}", one.severity), (one.message, "")]
                yield from self._indented(4, 8, [*fault, (f"  {one.rule}", "dim")])
                becomes = TAKEN.get(one.rule)
                if becomes and one.severity is Severity.ERROR:
                    yield from self._indented(12, 0, [(becomes, "")])
                where = f"line {one.line}: {one.path}" if one.line else one.path
                yield from self._indented(12, 0, [(where.removesuffix(": "), "dim")])
                yield from self._indented(12, 5, [("fix: ", "fix"), (one.fix, "")])
            yield ""
        severities = {one.severity for found in findings.values() for one in found}
        worst = next((one for one in (Severity.ERROR, Severity.WARNING) if one in severities), None)
        yield self._styled(summary(findings), worst or "fix")

    def _heading(self, resource: str, label: str) -> Iterator[str]:
        if resource:
            yield from self._indented(2, 0, [(resource, "resource"), (f"  {label}", "dim")])

    def _indented(self, by: int, further: int, pieces: Sequence[Piece]) -> Iterator[str]:
        """Lay out a line, broken at the width; what is broken off stands under its text."""
        line, used = " " * by, by
        for text, style in pieces:
            words = [text] if not self._width else _words(text)
            for word in words:
                if self._width and used > by and used + len(word.rstrip()) > self._width:
                    yield line.rstrip()
                    line, used = " " * (by + further), by + further
                    word = word.lstrip()  # noqa: PLW2901  # it begins a line
                line += self._styled(word, style)
                used += len(word)
        yield line.rstrip() if not self._color else line

    def _styled(self, text: str, style: str) -> str:
        if not text.isprintable():  # no escape sequence
            text = "".join(sign if sign.isprintable() else " " for sign in text)
        code = _STYLES[style]
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and code and text.strip() else text


def _words(text: str) -> list[str]:
    """Cut text in front of each word, with the spaces before it."""
    words: list[str] = []
    for word in text.split(" "):
        words.append(word if not words else f" {word}")
    return words


_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def _annotations(findings: Findings) -> Iterator[str]:
    """Write the workflow commands that put findings beside the lines of a pull request."""
    for path, found in findings.items():
        for one in found:
            title = f"batch-constructs {one.rule}"
            properties = {"file": path, "line": one.line, "col": one.column, "title": title}
            where = ",".join(
                f"{key}={_escaped(str(value), also=':,')}" for key, value in properties.items()
            )
            resource = f"{one.resource}: " if one.resource else ""
            message = _escaped(f"{resource}{one.message}; fix: {one.fix}")
            yield f"::{_GITHUB[one.severity]} {where}::{message}"


def _escaped(text: str, also: str = "") -> str:
    for sign in "%\r\n" + also:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def as_junit(findings: Findings) -> str:
    """Write a test suite for each template, a failed case for each error or warning."""
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415  # only here

    def clean(text: str) -> str:
        return "".join(max(sign, " ") for sign in text)

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for path, found in findings.items():
        told = [one for one in found if one.severity is not Severity.INFO]
        name = quoteattr(clean(path))
        count = f'tests="{max(1, len(told))}" failures="{len(told)}"'
        lines.append(f'  <testsuite name={name} {count} errors="0">')
        if not told:
            lines.append(f'    <testcase classname={name} name="check"/>')
        for one in told:
            case = quoteattr(clean(f"{one.rule} {one.resource} {one.path}".strip()))
            message = quoteattr(clean(one.message))
            text = escape(clean(f"{path}:{one.line}:{one.column}: fix: {one.fix}. {one.source}"))
            lines += [
                f'    <testcase classname={name} name={case} file={name} line="{one.line}">',
                f'      <failure type="{one.severity}" message={message}>{text}</failure>',
                "    </testcase>",
            ]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"])


_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def as_sarif(findings: Findings) -> str:
    """Write SARIF 2.1.0, as code scanning and editors read it."""
    from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # only here

    told = sorted({one.rule for found in findings.values() for one in found})
    rules = [_sarif_rule(name, RULES[name]) for name in told]
    results = [
        {
            "ruleId": one.rule,
            "ruleIndex": told.index(one.rule),
            "level": _LEVELS[one.severity],
            "message": {"text": f"{one.message}. Fix: {one.fix}."},
            "locations": [_sarif_location(path, one)],
            "partialFingerprints": {"place": f"{one.rule}/{one.resource}/{one.path}"},
        }
        for path, found in findings.items()
        for one in found
    ]
    driver = {"name": "batch-constructs", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def _sarif_rule(name: str, rule: Any) -> dict[str, Any]:
    page = getattr(rule.source, "page", "")
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.fix}. {rule.source}"},
        **({"helpUri": page} if page else {}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_location(path: str, one: Finding) -> dict[str, Any]:
    from urllib.parse import quote  # noqa: PLC0415  # only here

    uri = quote(path.replace("\\", "/"))
    region = {"startLine": one.line, "startColumn": one.column}
    place = {"artifactLocation": {"uri": uri}, "region": region}
    logical = {"fullyQualifiedName": "/".join(one.parts), "kind": "resource"}
    return {"physicalLocation": place, "logicalLocations": [logical]}


def terminal_width() -> int:
    """Give how wide text may be: 0 for a file or a pipe."""
    if not output_stream.is_terminal(sys.stdout):
        return 0
    import shutil  # noqa: PLC0415  # only on a terminal

    return shutil.get_terminal_size().columns
