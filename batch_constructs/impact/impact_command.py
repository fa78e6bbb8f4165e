"""``batch-constructs impact``: what a deployment would do, before it is made."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from batch_constructs.check.findings_report import terminal_width
from batch_constructs.client.plain_errors import plain_errors, same_command
from batch_constructs.impact import cloud_assembly, deployed_stack, impact_report
from batch_constructs.impact.assembly_impact import impacts
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.stack_outputs import EXPORT
from batch_constructs.impact.verdict import Effect
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.impact.verdict import Impact

_FORMATS: Final[dict[str, Callable[[Mapping[str, Impact]], str]]] = {
    "text": lambda found: impact_report.as_text(found, terminal_width()),
    "json": impact_report.as_json,
    "markdown": impact_report.as_markdown,
}
_SOMETHING_GOES: Final = 1
_UNREADABLE: Final = 2
_UNTOLD: Final = 2

_Stacks = dict[str, DescribedStack]


@click.command("impact", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("old", metavar="OLD|STACK")
@click.argument("new", metavar="NEW")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    default="text",
    help="The output format; markdown is meant for comments on pull requests.",
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
def impact_command(old: str, new: str, format_: str, *, as_json: bool) -> None:
    """Show what deploying NEW over OLD does to each resource, and which property causes it.

    OLD and NEW are CloudFormation templates in JSON or YAML, from any tool, or directories written
    by cdk synth (cdk.out), in which stacks of one name, account and Region are compared, or
    directories of templates, compared by file name. OLD may also be the name of a deployed stack,
    whose template is read with the AWS CLI's credentials.

    Exits with 0 if nothing is replaced or deleted, with 1 if something is or the deployment fails,
    and with 2 if a file cannot be read, AWS cannot be asked, or what a macro makes of the change
    cannot be told.
    """
    if as_json and format_ not in ("text", "json"):
        raise click.UsageError(f"--json is given with --format {format_}: give one")
    try:
        found = _impacts(*_sides(old, new))
        if deployed_stack.is_meant(old):
            found = {name: _with_importers(name, one) for name, one in found.items()}
    except template_files.UnreadableTemplateError as error:
        click.echo(str(error), err=True)
        sys.exit(_UNREADABLE)
    click.echo(_FORMATS["json" if as_json else format_](found))
    goes = {Effect.REPLACE, Effect.DELETE}
    if any(one.fails or one.effect in goes for one in found.values()):
        sys.exit(_SOMETHING_GOES)
    sys.exit(_UNTOLD if any(one.effect is Effect.UNKNOWN for one in found.values()) else 0)


def _sides(old: str, new: str) -> tuple[_Stacks, _Stacks]:
    """Read both; of several, beside one template or a deployed stack, the one of its name."""
    after = _templates(Path(new))
    if not deployed_stack.is_meant(old):
        before = _templates(Path(old))
        if Path(old).is_file():
            return before, _of_its_name(after, before, new)
        return (_of_its_name(before, after, old) if Path(new).is_file() else before), after
    try:
        with plain_errors(same_command(), only_reads=True):
            deployed = {old: deployed_stack.read(old)}
    except template_files.UnreadableTemplateError as error:
        raise template_files.UnreadableTemplateError(f"{old}: {error}") from None
    return deployed, _of_its_name(after, deployed, new)


def _of_its_name(several: _Stacks, one: _Stacks, where: str) -> _Stacks:
    """Give the template of a directory that is compared with one of another place."""
    [(name, known)] = one.items()
    called = name.partition(".")[0]
    if len(several) == 1:
        return several
    found = {key: stack for key, stack in several.items() if key.partition(".")[0] == called} or {
        key: stack
        for key, stack in several.items()
        if stack.name == called
        and all(stack.place.get(pseudo, value) == value for pseudo, value in known.place.items())
    }
    if len(found) > 1:
        raise template_files.UnreadableTemplateError(
            f"{where}: several of its templates ({', '.join(found)}) are of stacks called {called}:"
            " name the template"
        )
    if not found:
        raise template_files.UnreadableTemplateError(
            f"{where}: none of its templates ({', '.join(several)}) is called "
            f"{called}.template.json: name the template"
        )
    return found


def _with_importers(name: str, one: Impact) -> Impact:
    """Say which stacks of the account import an export that changes or goes."""
    if one.type != EXPORT:
        return one
    with plain_errors(same_command(), only_reads=True):
        stacks, unasked = deployed_stack.importers(name.partition("/")[2])
    if unasked:
        note = f"who imports it is not known ({unasked}): if a stack does, the deployment fails"
        return replace(one, notes=[note, *one.notes])
    if not stacks:
        return one
    note = (
        f"{', '.join(stacks)} imports it: the deployment fails, unless it is deployed without that "
        "first"
    )
    return replace(one, notes=[note, *one.notes], fails=True)


def _templates(path: Path) -> _Stacks:
    try:
        return cloud_assembly.templates(path)
    except template_files.UnreadableTemplateError as error:
        raise template_files.UnreadableTemplateError(f"{path}: {error}") from None


def _impacts(old: _Stacks, new: _Stacks) -> dict[str, Impact]:
    """Compare stacks; of several, the logical IDs begin with the name of their file."""
    if len(old) == len(new) == 1:
        [one], [other] = old.values(), new.values()
        return impacts({"": one}, {"": other})[""]
    return {
        f"{name.partition('.')[0]}/{logical_id}": one
        for name, found in impacts(old, new).items()
        for logical_id, one in found.items()
    }
