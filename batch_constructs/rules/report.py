"""Writes findings for a person, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Finding, Severity

if TYPE_CHECKING:
    from rich.console import Console

Findings = Mapping[str, Sequence[Finding]]
"""Path of a template → its findings."""

_STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}


def as_json(findings: Findings) -> str:
    """Write one object: path → list of findings."""
    written = {path: [asdict(one) for one in found] for path, found in findings.items()}
    return json.dumps(written, indent=2)


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


def write_text(findings: Findings, labels: Mapping[tuple[str, str], str], console: Console) -> None:
    """Write findings grouped by template and resource, the fix under the fault, a summary last.

    Args:
        findings: the findings of each template.
        labels: what to call a resource of a template, for example its type and construct path.
        console: where to write.
    """
    from rich.padding import Padding  # noqa: PLC0415  # only where text goes out
    from rich.text import Text  # noqa: PLC0415  # as above

    for path, found in findings.items():
        if not found:
            continue
        console.print(Text(path, style="bold underline"))
        resource: str | None = None
        for one in found:
            if one.resource != resource:
                resource = one.resource
                label = labels.get((path, resource), "")
                heading = Text.assemble((resource, "bold cyan"), ("  " + label, "dim"))
                console.print(Padding(heading, (0, 0, 0, 2), expand=False))
            fault = Text.assemble(
                (f"{one.severity:<8}", _STYLES[one.severity]), one.message, (f"  {one.rule}", "dim")
            )
            console.print(Padding(fault, (0, 0, 0, 4), expand=False))
            console.print(Padding(Text(one.path, style="dim"), (0, 0, 0, 12), expand=False))
            fix = Text.assemble(("fix: ", "green"), one.fix)
            console.print(Padding(fix, (0, 0, 0, 12), expand=False))
        console.print()
    worst = {one.severity for found in findings.values() for one in found}
    style = "green"
    if Severity.WARNING in worst:
        style = "yellow"
    if Severity.ERROR in worst:
        style = "bold red"
    console.print(Text(summary(findings), style=style))
