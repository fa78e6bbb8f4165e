"""Waiting that one can watch: a bar for each job, with the states of an array's children."""

from __future__ import annotations

import os
from errno import EPIPE
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from batch_constructs.aws.job_states import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.client.batch_client import BatchClient
    from batch_constructs.client.job_status import JobStatus


class _Screen(Console):
    """What people look at; rich would end the program with 1 when they turn away."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(EPIPE, os.strerror(EPIPE))


def watch(
    client: BatchClient, job_ids: Sequence[str], *, console: Console | None = None
) -> list[JobStatus]:
    """Wait until all jobs are done and show how far they are."""
    columns = (
        TextColumn("{task.description}", markup=False),  # square brackets are AWS's own here
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[states]}", markup=False),
        TimeElapsedColumn(),
    )
    screen = _Screen(stderr=True) if console is None else console
    with Progress(*columns, console=screen) as progress:
        bars = {job_id: progress.add_task(job_id, total=1, states="") for job_id in job_ids}

        def show(status: JobStatus) -> None:
            progress.update(
                bars[status.job_id],
                description=status.name,
                total=status.total,
                completed=status.finished,
                states=_counts(status) if status.children else status.state,
            )

        return client.wait(job_ids, on_change=show)


def in_words(status: JobStatus) -> str:
    """Say the state of a job, and how many of an array's children are in which."""
    return _counts(status) if status.children else f"{status.state} {status.reason}".strip()


def _counts(status: JobStatus) -> str:
    return "  ".join(
        f"{state} {status.children[state]}" for state in JobState if status.children.get(state)
    )
