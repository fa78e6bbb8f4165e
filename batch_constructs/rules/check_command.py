"""``batch-constructs check``: name what AWS Batch would refuse, in any template."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from batch_constructs.rules import check_template, report
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.template import reading

_FINDINGS: Final = 1
_UNREADABLE: Final = 2
_STANDARD_INPUT: Final = "-"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE|CDK_OUT…")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the findings.",
)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def check(templates: tuple[str, ...], format_: str, *, strict: bool) -> None:
    """Name what AWS Batch would refuse, or what would leave a job stuck, with the fix.

    TEMPLATE is a CloudFormation template in JSON or YAML, whoever wrote it, or - for standard
    input. CDK_OUT is the output of cdk synth, or any directory of templates.

    Exits with 0 if there is no error (with --strict, no warning either), with 1 if there is, and
    with 2 if a file cannot be read.
    """
    gc.disable()  # a short life, with many small objects that are all in use
    findings: dict[str, list[Finding]] = {}
    labels: dict[tuple[str, str], str] = {}
    unreadable = False
    for name in templates:
        try:
            files = [Path(name)] if name == _STANDARD_INPUT else reading.find(Path(name))
        except reading.UnreadableTemplateError as error:
            click.echo(f"{name}: {error}", err=True)
            unreadable = True
            continue
        for file in files:
            try:
                template = _read(file)
            except reading.UnreadableTemplateError as error:
                click.echo(f"{file}: {error}", err=True)
                unreadable = True
                continue
            found = check_template(template)
            findings[str(file)] = found
            for one in found:
                labels[str(file), one.resource] = _label(template, one.resource)
    _write(findings, labels, format_)
    sys.exit(_UNREADABLE if unreadable else _exit_code(findings, strict=strict))


def _read(file: Path) -> reading.Template:
    if str(file) != _STANDARD_INPUT:
        return reading.read(file)
    return reading.template(sys.stdin.read())


def _label(template: Mapping[str, object], resource: str) -> str:
    """Give the type of a resource, and its construct path if the CDK wrote one."""
    resources = template.get("Resources")
    raw = resources.get(resource) if isinstance(resources, Mapping) else None
    if not isinstance(raw, Mapping):
        return ""
    metadata = raw.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
    type_ = str(raw.get("Type", ""))
    return f"{type_}  {path}" if isinstance(path, str) else type_


def _write(
    findings: dict[str, list[Finding]], labels: dict[tuple[str, str], str], format_: str
) -> None:
    if format_ == "json":
        click.echo(report.as_json(findings))
    elif any(findings.values()):
        from rich.console import Console  # noqa: PLC0415  # only where text goes out

        width = None if sys.stdout.isatty() else _UNWRAPPED
        console = Console(width=width, highlight=False, soft_wrap=width is not None)
        report.write_text(findings, labels, console)
    elif findings:
        click.secho(report.summary(findings), fg="green")


_UNWRAPPED: Final = 10_000
"""Text for a file or a pipe is not wrapped."""


def _exit_code(findings: Mapping[str, list[Finding]], *, strict: bool) -> int:
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    wrong = any(one.severity in failing for found in findings.values() for one in found)
    return _FINDINGS if wrong else 0
