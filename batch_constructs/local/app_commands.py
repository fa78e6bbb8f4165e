"""``batch-constructs local deploy``, ``watch`` and ``destroy``: an app on the embedded AWS."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.image_builds import BUILDERS
from batch_constructs.local.running_server import STATE, reported, running
from batch_constructs.working import working

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.cdk_deployment import CdkDeployer
    from batch_constructs.local.clients import Clients
    from batch_constructs.local.server import ServerRecord

_APP = click.option(
    "--app", help="The command that runs the app. Default: that of cdk.json, or app.py."
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

_STACKS = click.argument("stacks", nargs=-1)


def _deploying(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what both ways to deploy an app take."""
    return STATE(_APP(_RECORD(_BUILD(_STACKS(command)))))


@click.command()
@_deploying
def deploy(
    state_directory: Path,
    app: str | None,
    stacks: tuple[str, ...],
    *,
    record: bool,
    build: str | None,
) -> None:
    """Synthesize the app here, and deploy it with the cdk CLI.

    Whatever cannot be emulated here is reported before anything is created. Afterwards each
    service is asked for what was deployed.
    """
    with working("deploying") as show, reported():
        from batch_constructs.local.inventory import inventory_lines, take_inventory

        server, clients = running(state_directory)
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


@click.command()
@_deploying
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
    Which files count is up to "watch" in cdk.json, as with cdk watch.
    """
    from batch_constructs.local.watch import watch as watch_files

    server, clients = running(state_directory)
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
        if running(state_directory)[0] != server:
            raise LocalAwsError("another embedded AWS runs here by now; start local watch again")
        try:
            names = deployer.redeploy(stacks, record=record)
        except LocalAwsError as problem:
            click.echo(f"not deployed: {problem}", err=True)
            return
        click.echo(f"{', '.join(names)} deployed in {time.monotonic() - began:.1f} s")

    with reported(), suppress(KeyboardInterrupt):
        watch_files(Path.cwd(), redeploy)


@click.command()
@STATE
@_APP
@_STACKS
def destroy(state_directory: Path, app: str | None, stacks: tuple[str, ...]) -> None:
    """Destroy the app's stacks with the real cdk CLI.

    Without STACKS, all of them.
    """
    with working("destroying") as line, reported():
        server, clients = running(state_directory)
        _deployer(server, clients, state_directory, app, line).destroy(stacks)


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
