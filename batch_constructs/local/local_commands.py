"""``batch-constructs local``: the embedded AWS on the command line."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from batch_constructs.aws.names import ACCOUNT
from batch_constructs.aws.storage import PORT
from batch_constructs.local.environment_variables import ACCOUNT_ID, REGION
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.extra import require_extra
from batch_constructs.local.image_builds import BUILDERS
from batch_constructs.local.image_sources import ENGINES, SOURCES, is_source
from batch_constructs.working import working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.local.cdk_deployment import CdkDeployer
    from batch_constructs.local.clients import Clients
    from batch_constructs.local.server import ServerRecord

STATE_DIRECTORY = ".batch-constructs"
_REFRESH_SECONDS = 1.0


@click.group()
def local() -> None:
    """Run AWS on this machine: deploy with the real cdk CLI, and run jobs for real.

    While the server runs, its state is in .batch-constructs in the current directory.
    """


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


_STATE = click.option(
    "--state-directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(STATE_DIRECTORY),
    show_default=True,
    help="Where the server keeps its log and jobs their files; `down` removes it.",
)


_RECORD = click.option(
    "--record",
    is_flag=True,
    help="Accept resources that cannot be emulated here, and skip stacks for other places.",
)


_BUILD = click.option(
    "--build",
    type=click.Choice(BUILDERS),
    help="Builds the app's images that jobs run in and that have no substitute. Default: the "
    "engine of `local up`; without one they are not built.",
)


@local.command()
@_STATE
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
        from batch_constructs.local.server import LocalServer, ServerRecord

        record = ServerRecord.load(state_directory.absolute())
        if record is None or record.process() is None:
            record = (
                LocalServer(
                    state_directory.absolute(),
                    port=port,
                    account_id=account,
                    region=region,
                    enforce_iam=iam,
                    outlives_caller=True,
                    images=images,
                    engine=engine,
                )
                .start()
                .record
            )
        else:
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
@_STATE
@click.option("--app", help="The command that runs the app. Default: that of cdk.json, or app.py.")
@_RECORD
@_BUILD
@click.argument("stacks", nargs=-1)
def deploy(
    state_directory: Path,
    app: str | None,
    stacks: tuple[str, ...],
    *,
    record: bool,
    build: str | None,
) -> None:
    """Deploy the app in this directory with the real cdk CLI.

    Whatever cannot be emulated here is reported before anything is created. Afterwards each
    service is asked for what was deployed.
    """
    with working("deploying") as show, reported():
        from batch_constructs.local.inventory import inventory_lines, take_inventory

        server, clients = _running(state_directory)
        deployer = _deployer(server, clients, state_directory, app, show, build=build)
        deployer.bootstrap()
        inventories = {
            name: take_inventory(clients.client, name)
            for name in deployer.deploy(stacks, record=record)
        }
    for name, found in inventories.items():
        for line in inventory_lines(name, found):
            click.echo(line)
    if any(one.answer == "missing" for found in inventories.values() for one in found):
        click.echo("Error: resources are missing, although the cdk CLI reported success", err=True)
        sys.exit(1)


@local.command()
@_STATE
@click.option("--app", help="The command that runs the app. Default: that of cdk.json, or app.py.")
@_RECORD
@_BUILD
@click.argument("stacks", nargs=-1)
def watch(
    state_directory: Path,
    app: str | None,
    stacks: tuple[str, ...],
    *,
    record: bool,
    build: str | None,
) -> None:
    """Deploy the app now and whenever you save one of its files.

    Stop it with Ctrl-C. The stacks are deployed without the cdk CLI, which is several times faster.
    """
    from batch_constructs.local.watch import watch as watch_files

    server, clients = _running(state_directory)
    with reported():
        deployer = _deployer(
            server,
            clients,
            state_directory,
            app,
            lambda line: click.echo(line, err=True),
            build=build,
        )

    def redeploy() -> None:
        began = time.monotonic()
        try:
            names = deployer.redeploy(stacks, record=record)
        except LocalAwsError as problem:
            click.echo(f"not deployed: {problem}", err=True)
            return
        click.echo(f"{', '.join(names)} deployed in {time.monotonic() - began:.1f} s")

    with reported(), suppress(KeyboardInterrupt):
        watch_files(Path.cwd(), redeploy)


@local.command()
@_STATE
@click.option("--app", help="The command that runs the app. Default: that of cdk.json, or app.py.")
@click.argument("stacks", nargs=-1)
def destroy(state_directory: Path, app: str | None, stacks: tuple[str, ...]) -> None:
    """Destroy the app's stacks with the real cdk CLI.

    Without STACKS, all of them.
    """
    with working("destroying") as line, reported():
        server, clients = _running(state_directory)
        _deployer(server, clients, state_directory, app, line).destroy(stacks)


@local.command()
@_STATE
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

    record, clients = _running(state_directory)
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
@_STATE
@click.option("--once", is_flag=True, help="Print once; do not refresh.")
@click.option("--json", "as_json", is_flag=True, help="Print once, as JSON.")
def status(state_directory: Path, *, once: bool, as_json: bool) -> None:
    """Show compute environments, definitions, queues and jobs.

    In a terminal it refreshes every second; stop it with Ctrl-C.
    """
    from rich.console import Console
    from rich.live import Live

    from batch_constructs.local.status_tables import status_document, status_tables

    _, clients = _running(state_directory)
    console, batch = Console(emoji=False), clients.client("batch")
    with reported():
        if as_json:
            click.echo(json.dumps(status_document(batch), default=str, indent=2))
            return
        if once or not console.is_terminal:
            console.print(status_tables(batch))
            return
        try:
            with Live(status_tables(batch), console=console, auto_refresh=False) as live:
                while True:
                    time.sleep(_REFRESH_SECONDS)
                    live.update(status_tables(batch), refresh=True)
        except KeyboardInterrupt:
            return


@local.command()
@_STATE
@click.argument("job_id")
def logs(state_directory: Path, job_id: str) -> None:
    """Print what a job has written so far, in all attempts."""
    from batch_constructs.client.job_log import nothing_written

    _, clients = _running(state_directory)
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
@_STATE
@click.argument("job_id")
def reclaim(state_directory: Path, job_id: str) -> None:
    """Reclaim the Spot instance of a running job, as EC2 would.

    The job's retry strategy then applies.
    """
    record, _ = _running(state_directory)
    with reported():
        record.access.control("reclaim", {"jobId": job_id})
    click.echo(f"the host of job {job_id} is gone")


@local.command()
@_STATE
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
    record, _ = _running(state_directory)
    with reported():
        request = {"environment": environment, "kind": kind, "reason": reason}
        record.access.control("fault", request)
    click.echo(f"{environment}: {kind}")


@local.command()
@_STATE
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
            f"the embedded AWS at {endpoint_url} runs already, and only a start takes "
            f"{', '.join(given)}; stop it first: batch-constructs local down"
        )


def _deployer(
    server: ServerRecord,
    clients: Clients,
    state_directory: Path,
    app: str | None,
    show: Callable[[str], None],
    *,
    build: str | None = None,
) -> CdkDeployer:
    from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer

    return CdkDeployer(
        server,
        CdkApp.find(Path.cwd(), app),
        output=state_directory.absolute() / "cdk.out",
        show=show,
        client=clients.client,
        build=build,
    )


@contextmanager
def reported() -> Iterator[None]:
    """Turn what went wrong into a message, and a SIGTERM into an end with everything cleaned up."""
    from botocore.exceptions import BotoCoreError, ClientError

    before = signal.signal(signal.SIGTERM, _end)
    try:
        require_extra()
        yield
    except (LocalAwsError, BotoCoreError, ClientError) as problem:
        raise click.ClickException(str(problem)) from problem
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        where = problem.filename if problem.filename is not None else os.getcwd()  # noqa: PTH109
        raise click.ClickException(
            f"the disk that holds {where} is full; free some space and try again"
        ) from problem
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def _running(state_directory: Path) -> tuple[ServerRecord, Clients]:
    """Return the running server and clients of it.

    Raises:
        ClickException: none runs, with what became of it and what to do.
    """
    from batch_constructs.local.clients import Clients
    from batch_constructs.local.server import LOG_NAME, ServerRecord

    with reported():
        record = ServerRecord.load(state_directory.absolute())
    if record is None:
        raise click.ClickException(
            f"no embedded AWS is running here (there is none in {state_directory}); "
            "start one: batch-constructs local up"
        )
    if record.process() is None:
        raise click.ClickException(
            f"the embedded AWS at {record.endpoint_url} has ended unexpectedly, and its state with "
            f"it (see {state_directory / LOG_NAME}); start a new one: batch-constructs local up, "
            "and deploy again"
        )
    return record, Clients(record.access)
