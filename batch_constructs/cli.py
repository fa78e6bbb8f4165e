"""The ``batch-constructs`` command: a table of subcommands, each loaded when it is asked for."""

from __future__ import annotations

import os
import shlex
import sys
from importlib import import_module, metadata
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "submit": (
        "batch_constructs.client.client_commands:submit",
        "Submit a job, an array or a graph.",
    ),
    "watch": (
        "batch_constructs.client.client_commands:watch",
        "Wait for jobs and follow their progress.",
    ),
    "logs": ("batch_constructs.client.client_commands:logs", "Print what a job wrote."),
    "redrive": ("batch_constructs.client.client_commands:redrive", "Run failed jobs again."),
    "why": (
        "batch_constructs.client.why_command:why_command",
        "Say why a job is waiting or has failed, and what to do.",
    ),
    "cost": (
        "batch_constructs.client.cost_command:cost_command",
        "Add up what jobs used and cost, by queue, share, definition or tag.",
    ),
    "check": (
        "batch_constructs.check.check_command:check",
        "Find what AWS Batch would reject in a template, with the fix.",
    ),
    "explain": (
        "batch_constructs.check.check_command:explain",
        "Explain a rule, with AWS's own words and page.",
    ),
    "init": (
        "batch_constructs.project.init_command:init",
        "Create a working project: an app, its test, its CI file.",
    ),
    "impact": (
        "batch_constructs.impact.impact_command:impact_command",
        "Show what a deployment would replace, update or delete, and why.",
    ),
    "adopt": (
        "batch_constructs.adopt.adopt_command:adopt_command",
        "Turn a template into Python that declares the same.",
    ),
    "diagram": (
        "batch_constructs.diagram.diagram_command:diagram_command",
        "Draw what starts jobs, where they wait and run, and who gets told.",
    ),
    "demo": (
        "batch_constructs.local.demo_command:demo",
        "See it all work on this machine: deploy, trigger, run, notify.",
    ),
    "local": (
        "batch_constructs.local.local_commands:local",
        "Run AWS on this machine: up, deploy, status, logs, and more.",
    ),
}
"""Subcommand → where it lives (``module:attribute``), and its line in the overview."""


_INTERRUPTED = 130


class _NotDoneError(click.ClickException):
    """What was asked could not be done; 1 is an answer: a finding, a failed job, something lost."""

    exit_code = 2


class _Commands(click.Group):
    """Subcommands that are imported when used, so that ``--help`` and ``check`` start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: Any = getattr(import_module(module), attribute)
        return command  # type: ignore[no-any-return]  # import_module is untyped by nature

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and say how to go on after an interruption meanwhile."""
        try:
            return super().resolve_command(ctx, args)
        except KeyboardInterrupt:
            again = shlex.join(["batch-constructs", *args])
            click.echo(f"interrupted before anything was done. To continue here: {again}", err=True)
            sys.exit(_INTERRUPTED)

    def invoke(self, ctx: click.Context) -> Any:
        """Say in one line what went wrong, and end with 2; with 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # jsii would pass on where Node was
            sys.exit(_INTERRUPTED)
        except ModuleNotFoundError as error:
            raise _NotDoneError(_lacking(str(error.name))) from None
        except click.UsageError:
            raise
        except click.ClickException as error:
            raise _NotDoneError(error.message) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _lacking(module: str) -> str:
    """Say what to install for a command that this installation is too small for."""
    of_client = module.partition(".")[0] in ("boto3", "botocore", "rich")
    what = "'batch-constructs-check[client]'" if of_client else "batch-constructs"
    return f"{module} is not installed, which this command needs: pip install {what}"


def _version() -> str:
    """Give the version, of whichever distribution is installed."""
    for name in ("batch-constructs", "batch-constructs-check"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="batch-constructs")
def main() -> None:
    """AWS Batch on the AWS CDK: check templates, run on the laptop, submit and watch jobs."""
