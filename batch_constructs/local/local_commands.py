"""``batch-constructs local``: the embedded AWS on the command line."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from batch_constructs.aws.names import ACCOUNT
from batch_constructs.aws.storage import PORT
from batch_constructs.local.app_commands import deploy, destroy, watch
from batch_constructs.local.environment_variables import ACCOUNT_ID, REGION
from batch_constructs.local.image_sources import ENGINES, SOURCES, is_source
from batch_constructs.local.running_server import STATE, reported, running
from batch_constructs.working import working

_REFRESH_SECONDS = 1.0


@click.group()
def local() -> None:
    """Run AWS on this machine: deploy with the real cdk CLI, and run jobs for real.

    While the server runs, its state is in .batch-constructs in the current directory.
    """


local.add_command(deploy)
local.add_command(watch)
local.add_command(destroy)


def _twelve_digits(context: click.Context, option: click.Parameter, account: str) -> str:
    if not ACCOUNT.admits(account):
        said = f"{account!r} is not an account; allowed: 12 digits"
        raise click.BadParameter(said, context, option)
    return account


def _images(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    found = {}
    for one in given:
        pattern, equals, place = one.partition("=")
        if not equals or not (is_source(place) or Path(place).exists()):
            said = (
                f"{one!r} is not PATTERN=PLACE: PLACE must be an existing folder or file, or "
                f"begin with {', '.join(SOURCES)}"
            )
            raise click.BadParameter(said, context, option)
        found[pattern] = place
    return found


@local.command()
@STATE
@click.option("--port", type=click.IntRange(1, PORT.high), help="TCP port. Default: a free one.")
@click.option(
    "--account",
    default=ACCOUNT_ID,
    show_default=True,
    callback=_twelve_digits,
    help="The ID of the account that it emulates.",
)
@click.option("--region", default=REGION, show_default=True, help="The Region that it emulates.")
@click.option(
    "--iam/--no-iam",
    default=True,
    help="Enforce IAM policies (the default), or allow all.",
)
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="PATTERN=PLACE",
    callback=_images,
    help="What to use for images that match PATTERN: a virtual environment, a conda prefix, an OCI "
    "layout, a root file system, or a source for skopeo, such as docker:// for their registry.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What runs jobs with other images. Default: they run as processes on this machine.",
)
def up(
    state_directory: Path,
    port: int | None,
    account: str,
    region: str,
    *,
    images: dict[str, str],
    engine: str | None,
    iam: bool,
) -> None:
    """Start the embedded AWS, and print how to reach it.

    If it is running already, it stays as it is.

    To point your shell at it: eval "$(batch-constructs local up)". You can repeat this as often as
    you like.
    """
    with working("starting AWS on this machine"), reported():
        from batch_constructs.local.server import AlreadyRunningError, LocalServer

        server = LocalServer(
            state_directory.absolute(),
            port=port,
            account_id=account,
            region=region,
            enforce_iam=iam,
            outlives_caller=True,
            images=images,
            engine=engine,
        )
        try:
            record = server.start().record
        except AlreadyRunningError as other:
            record = other.record
            _refuse_settings_of_a_start(record.endpoint_url)
    click.echo(
        f"# AWS is running at {record.endpoint_url}; stop it: batch-constructs local down", err=True
    )
    exported = record.access.variables()
    # A profile, a session token or an endpoint of one service would outrank what is exported.
    for name in sorted(os.environ):
        if name.startswith("AWS_") and name not in exported:
            click.echo(f"unset {name}")
    for name, value in exported.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@local.command()
@STATE
@click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="How long to wait for jobs and workflows to end.",
)
def drill(state_directory: Path, timeout_seconds: float) -> None:
    """Make things go wrong while jobs run, and report what was lost.

    It deploys a changed revision of each job definition, reclaims the hosts of running jobs,
    restarts whatever jobs run on, and redrives failed jobs. Exits with 1 if anything was lost.
    """
    from batch_constructs.local.direct_deployment import DirectDeployment
    from batch_constructs.local.drill import Drill

    record, clients = running(state_directory)
    with reported():
        report = Drill(
            clients,
            DirectDeployment(record, clients.client),
            control=record.access.control,
            directory=state_directory.absolute(),
            show=lambda line: click.echo(line, err=True),
            timeout_seconds=timeout_seconds,
        ).run()
    for line in report.lines():
        click.echo(line)
    if report.lost:
        sys.exit(1)


@local.command()
@STATE
@click.option("--once", is_flag=True, help="Print once; do not refresh.")
@click.option("--json", "as_json", is_flag=True, help="Print once, as JSON.")
def status(state_directory: Path, *, once: bool, as_json: bool) -> None:
    """Show compute environments, definitions, queues and jobs.

    In a terminal it refreshes every second; stop it with Ctrl-C.
    """
    with reported():
        with working("asking AWS Batch on this machine"):
            from rich.console import Console
            from rich.live import Live

            from batch_constructs.local.status_tables import status_document, status_tables

            _, clients = running(state_directory)
            console, batch = Console(emoji=False), clients.client("batch")
            shown: Any = (
                json.dumps(status_document(batch), default=str, indent=2)
                if as_json
                else status_tables(batch)
            )
        if as_json:
            click.echo(shown)
            return
        if once or not console.is_terminal:
            console.print(shown)
            return
        try:
            with Live(shown, console=console, auto_refresh=False) as live:
                while True:
                    time.sleep(_REFRESH_SECONDS)
                    live.update(status_tables(batch), refresh=True)
        except KeyboardInterrupt:
            return


@local.command()
@STATE
@click.argument("job_id")
def logs(state_directory: Path, job_id: str) -> None:
    """Print what a job has written so far, in all attempts."""
    from batch_constructs.client.job_log import nothing_written

    _, clients = running(state_directory)
    with reported():
        elsewhere = clients.where_logs_are(job_id)
        if elsewhere is not None:
            click.echo(elsewhere, err=True)
        line = None
        for line in clients.log_lines(job_id):
            click.echo(line)
        if line is None and elsewhere is None:
            click.echo(nothing_written(job_id), err=True)


@local.command()
@STATE
@click.argument("job_id")
def reclaim(state_directory: Path, job_id: str) -> None:
    """Reclaim the Spot instance of a running job, as EC2 would.

    The job's retry strategy then applies.
    """
    record, _ = running(state_directory)
    with reported():
        record.access.control("reclaim", {"jobId": job_id})
    click.echo(f"the host of job {job_id} was reclaimed")


@local.command()
@STATE
@click.argument("environment")
@click.argument(
    "kind",
    type=click.Choice(["invalid", "creating", "updating", "deleting", "capacity", "none"]),
)
@click.option("--reason", help="The status reason that the environment then has.")
def fault(state_directory: Path, environment: str, kind: str, reason: str | None) -> None:
    """Give a compute environment a fault, or heal it.

    Use it to see what alarms, time limits and `why` make of the fault. invalid, creating, updating
    and deleting set its status: it starts no jobs, and a deployment that changes it waits or fails
    as it would in AWS. capacity: EC2 has none, so the job at the head of each queue is stuck.
    none: everything works again.
    """
    record, _ = running(state_directory)
    with reported():
        request = {"environment": environment, "kind": kind, "reason": reason}
        record.access.control("fault", request)
    click.echo(f"{environment}: {kind}")


@local.command()
@STATE
def down(state_directory: Path) -> None:
    """Stop the embedded AWS and all jobs, and remove its state."""
    with working("stopping"), reported():
        from batch_constructs.local.server import stop_recorded

        record = stop_recorded(state_directory.absolute())
    click.echo("nothing was running" if record is None else f"stopped {record.endpoint_url}")


def _refuse_settings_of_a_start(endpoint_url: str) -> None:
    """Say so where options were given that only a start takes, and the server runs already."""
    context = click.get_current_context()
    given = [
        option.opts[0]
        for option in context.command.params
        if option.name != "state_directory"
        and context.get_parameter_source(str(option.name)) is not ParameterSource.DEFAULT
    ]
    if given:
        raise click.ClickException(
            f"the embedded AWS at {endpoint_url} is already running, and {', '.join(given)} can "
            "only be set when it starts; stop it first: batch-constructs local down"
        )
