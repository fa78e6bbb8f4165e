"""Waiting that one can watch: a bar for each job, with the states of an array's children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from batch_constructs.aws.job_states import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from batch_constructs.client.batch_client import BatchClient
    from batch_constructs.client.job_status import JobStatus


def watch(client: BatchClient, job_ids: Sequence[str], *, console: Console) -> list[JobStatus]:
    """Wait until all jobs are done and show how far they are."""
    columns = (
        TextColumn("{task.description}", markup=False),  # square brackets are AWS's own here
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[states]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars = {job_id: progress.add_task(job_id, total=1, states="") for job_id in job_ids}

        def show(status: JobStatus) -> None:
            progress.update(
                bars[status.job_id],
                description=status.name,
                total=status.total,
                completed=status.finished,
                states=in_words(status),
            )

        return client.wait(job_ids, on_change=show)


def in_words(status: JobStatus) -> str:
    """Say the state of a job, and how many of an array's children are in which."""
    if not status.children:
        return f"{status.state} {status.reason}".strip()
    return "  ".join(
        f"{state} {status.children[state]}" for state in JobState if status.children.get(state)
    )
