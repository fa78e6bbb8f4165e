"""``batch-constructs adopt``: the Python that declares what a template does."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from batch_constructs.adopt.old_stack import read_stack, whole
from batch_constructs.client.plain_errors import plain_errors, same_command
from batch_constructs.impact import deployed_stack
from batch_constructs.rules.template import template_files
from batch_constructs.working import working

if TYPE_CHECKING:
    from batch_constructs.impact.described_stack import DescribedStack

_UNREADABLE: Final = 2


@click.command("adopt", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("template", metavar="TEMPLATE|CDK_OUT|STACK")
@click.option(
    "--stack",
    "stack",
    metavar="NAME",
    help="Which stack of CDK_OUT to adopt; for a TEMPLATE, the name of its stack.",
)
def adopt_command(template: str, stack: str | None) -> None:
    """Turn a template into a Python app that declares the same with this library's constructs.

    For a stack that is deployed, its name is enough: the template is read with the credentials of
    the AWS CLI, as CloudFormation has expanded it.

    Logical IDs, names and spelling are kept, so that deploying the app changes nothing. The app
    was run, and its template compared, before it is printed. Resources that no construct can
    declare stay L1s and are listed on standard error, as are the counts of other services'.

    Exits with 0, or with 2 if the template cannot be read, AWS cannot be asked, or the CDK cannot
    declare it.
    """
    try:
        old = _old_stack(template, stack)
    except template_files.UnreadableTemplateError as error:
        _end(template, error)
    with working("loading the CDK"):
        from batch_constructs.adopt.printed_stack import NOT_OURS  # noqa: PLC0415
        from batch_constructs.adopt.rehearsal import CannotAdoptError, adopted  # noqa: PLC0415
    try:
        with working("writing and running the app"):
            printed = adopted(old)
    except CannotAdoptError as error:
        _end(template, error)
    click.echo(printed.source(), nl=False)
    others: Counter[str] = Counter()
    for logical_id, reason in printed.as_l1.items():
        type_ = printed.resources[logical_id]["Type"]
        if reason == NOT_OURS:
            others[type_] += 1
        else:
            click.echo(f"{logical_id} ({type_}) stays as an L1: {reason}", err=True)
    if others:
        counts = ", ".join(f"{count} {type_}" for type_, count in sorted(others.items()))
        click.echo(f"other services stay as L1s: {counts}", err=True)


def _end(template: str, error: Exception) -> NoReturn:
    click.echo(f"{template}: {error}", err=True)
    sys.exit(_UNREADABLE)


def _old_stack(template: str, stack: str | None) -> DescribedStack:
    """Read what an argument means: a file, an assembly, or a stack that is deployed."""
    if not deployed_stack.is_meant(template):
        return read_stack(Path(template), stack)
    with plain_errors(same_command(), only_reads=True):
        found = deployed_stack.read(template)
    return whole(found if stack is None else replace(found, name=stack))
