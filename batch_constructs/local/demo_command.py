"""``batch-constructs demo``: the demo on the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from batch_constructs.aws.job_states import JobState
from batch_constructs.local.running_server import reported

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from batch_constructs.local.demo import Demo, Step


@click.command()
@click.option("--verbose", is_flag=True, help="Show what the cdk CLI prints.")
def demo(*, verbose: bool) -> None:
    """See it all work on this machine: deploy an app, trigger its jobs, watch them run, clean up.

    It needs no AWS account and no container engine, and it leaves nothing behind.
    """
    from rich.console import Console

    from batch_constructs.local.demo import Demo
    from batch_constructs.local.server import LocalServer

    console = Console(emoji=False, highlight=False)
    server = LocalServer()
    started = time.monotonic()

    def show(line: str) -> None:
        if verbose:
            console.print(f"      {line}", markup=False, style="dim")

    shown = Demo(server, show)
    try:
        with reported():
            steps = shown.steps()
            for number, step in enumerate(steps, start=1):
                _perform(console, f"{number}/{len(steps)}", step)
            console.print(_summary(shown))
    except KeyboardInterrupt:
        console.print("interrupted; everything that was started has been stopped")
        raise SystemExit(130) from None
    finally:
        server.stop()
    console.print(
        f"Everything is stopped and removed; it took {time.monotonic() - started:.0f} s. Jobs ran "
        "as processes on this machine; in AWS they run in their container image."
    )


def _perform(console: Console, place: str, step: Step) -> None:
    began = time.monotonic()
    with console.status(f"{place}  {step.title} ..."):
        came_of_it = step.act()
    console.print(
        f"{place}  [bold]{step.title}[/bold]  [dim]{time.monotonic() - began:.1f} s[/dim]"
    )
    console.print(f"      {came_of_it}", markup=False, soft_wrap=True)


def _summary(shown: Demo) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="The jobs", title_justify="left")
    for column in ("job", "status", "exit code", "last line"):
        table.add_column(column)
    for job in shown.jobs():
        code = job.get("container", {}).get("exitCode")
        table.add_row(
            job["jobName"],
            Text(job["status"], "green" if job["status"] == JobState.SUCCEEDED else "red"),
            "" if code is None else str(code),
            Text(shown.last_line(job["jobId"])),
        )
    return table
