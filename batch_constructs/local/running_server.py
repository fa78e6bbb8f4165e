"""What every command on the embedded AWS does alike: find it, and say what went wrong."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.extra import require_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.local.clients import Clients
    from batch_constructs.local.server import ServerRecord

STATE = click.option(
    "--state-directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".batch-constructs"),
    show_default=True,
    help="Where the server keeps its log and jobs their files; `down` removes it.",
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


def running(state_directory: Path) -> tuple[ServerRecord, Clients]:
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
            f"the embedded AWS at {record.endpoint_url} has ended unexpectedly, and its state is "
            f"lost (see {state_directory / LOG_NAME}); start a new one: batch-constructs local "
            "up, and deploy again"
        )
    return record, Clients(record.access)
