"""The site's page of the commands, made of the commands themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from batch_constructs.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Commands

All commands are subcommands of `batch-constructs`. They have these things in common:

| exit code | means |
|---|---|
| 0 | it worked, and nothing is wrong |
| 1 | the answer is bad news: a finding, a failed job, a replacement, something lost |
| 2 | it could not be done: an option is wrong, a file is unreadable, AWS cannot be asked |
| 130 | you pressed Ctrl-C; jobs in AWS keep running; whatever `demo` started is stopped |

Results go to standard output, everything else to standard error. There are no colors when the
output goes to a file or a pipe, or when `NO_COLOR` is set. An error is one line and
says what to do.
"""


def page() -> str:
    """Write the page."""
    entries = (line for words, one in commands() for line in _entry(one, words))
    return "\n".join([_HEAD, *entries])


def commands(group: click.Group = main, words: str = "") -> Iterator[tuple[str, click.Command]]:
    """Give every command with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        if isinstance(one, click.Group):
            yield from commands(one, f"{words}{name} ")
        elif one is not None:
            yield f"{words}{name}", one


def _entry(one: click.Command, words: str) -> Iterator[str]:
    context = click.Context(one, info_name=f"batch-constructs {words}")
    usage = one.get_usage(context).removeprefix("Usage: ")
    yield f"## {words}\n\n```text\n{' '.join(usage.split())}\n```\n"
    told = "" if one.help is None else re.sub(r"\n +", "\n", one.help).strip()
    yield told.replace("<", "&lt;") + "\n"
    rows = [
        parameter.get_help_record(context)
        for parameter in one.params
        if isinstance(parameter, click.Option)
    ]
    if rows:
        yield "| option | |\n|---|---|"
        yield from (f"| `{_cell(row[0])}` | {_cell(row[1])} |" for row in rows if row is not None)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
