"""``batch-constructs submit | watch | logs | redrive``."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.submit_job import ARRAY_SIZE, TIMEOUT_SECONDS
from batch_constructs.client.batch_client import BatchClient
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from batch_constructs.client.plain_errors import command, plain_errors, same_command, say

if TYPE_CHECKING:
    from collections.abc import Mapping

_FAILED = 1

_ARRAY_SIZE = click.IntRange(ARRAY_SIZE.low, ARRAY_SIZE.high)
_SECONDS = click.IntRange(TIMEOUT_SECONDS.low)

_definition = partial(click.option, "job_definition", "--definition", "--job-definition")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object per line.")
_environment = click.option(
    "-e", "--environment", multiple=True, metavar="NAME=VALUE", help="Set an environment variable."
)
_parameters = click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter of the definition.",
)


def _client() -> BatchClient:
    return BatchClient()


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise click.UsageError(f"{', '.join(wrong)}: write NAME=VALUE")
    return dict(text.split("=", 1) for text in texts)


def _time(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _print(data: dict[str, Any], *, as_json: bool, text: str) -> None:
    say(json.dumps(data) if as_json else text)


def _submit_again(*, name: str | None, queue: str | None, graph: Path | None, **_: object) -> str:
    if graph is not None:
        return _once_listed()
    # a job that was submitted just before the interruption would run twice
    return f"look whether the job is there before you submit it again: {_named_watch(name, queue)}"


def _once_listed(**_: object) -> str:
    """Say how to go on with what finds its own jobs by their names."""
    return f"wait a minute, until AWS Batch lists what was submitted, then: {same_command()}"


def _named_watch(name: str | None, queue: str | None) -> str:
    return shlex.join(["batch-constructs", "watch", str(name), "--queue", str(queue)])


class _WithCommand(click.Command):
    """A command of which what follows ``--`` is a command itself: the parameter ``words``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words: list[str] | None = None
        if "--" in args:
            at = args.index("--")
            args, words = args[:at], args[at + 1 :]
            if not words:
                raise click.UsageError("write the job's command after --", ctx)
        ctx.params["words"] = words
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


@click.command(cls=_WithCommand)
@click.argument("name", required=False)
@click.option("--queue", help="The queue, by name or ARN.")
@click.option(
    "job_definition",
    "--definition",
    "--job-definition",
    help="The job definition, by name, name:revision or ARN.",
)
@click.option("--array-size", type=_ARRAY_SIZE, help="How many children the array job has.")
@_parameters
@_environment
@click.option("--share-identifier", help="The share; required on a fair-share queue.")
@click.option("--timeout-seconds", "timeout", type=_SECONDS, help="How long one attempt may take.")
@click.option(
    "--depends-on", multiple=True, metavar="JOB_ID", help="Start once this job has succeeded."
)
@click.option(
    "--graph",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file that describes jobs and their dependencies.",
)
@click.option("--input", "input_json", help="JSON for the `$.` paths in the graph. Default: {}.")
@click.option("--run", help="Name of this run of the graph; repeating it submits nothing twice.")
@_json
@command(_submit_again)
def submit(
    *,
    name: str | None,
    words: list[str] | None,
    queue: str | None,
    job_definition: str | None,
    graph: Path | None,
    input_json: str | None,
    run: str | None,
    parameters: tuple[str, ...],
    environment: tuple[str, ...],
    depends_on: tuple[str, ...],
    timeout: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Submit a job, an array job, or a graph of jobs.

    What follows -- replaces the definition's command.
    """
    client = _client()
    if graph is not None:
        if name or job_definition:
            raise click.UsageError("--graph names jobs and definitions itself")
        of_one = {**options, "parameter": parameters, "environment": environment}
        of_one |= {"timeout_seconds": timeout, "depends_on": depends_on}
        of_one |= {"": words}  # what follows --
        _expect_none(of_one, "the file of --graph sets this for each job")
        read = "{}" if input_json is None else input_json
        _submit_graph(client, graph, queue=queue, input_json=read, run=run, as_json=as_json)
        return
    _expect_none({"input": input_json, "run": run}, "it needs --graph")
    if not (name and queue and job_definition):
        raise click.UsageError("give NAME, --queue and --job-definition, or --graph")
    job_id = client.submit(
        name,
        queue=queue,
        job_definition=job_definition,
        command=words,
        parameters=_pairs(parameters),
        environment=_pairs(environment),
        depends_on=[{"jobId": each} for each in depends_on],
        timeout=_time(timeout),
        **options,
    )
    _print({"jobName": name, "jobId": job_id}, as_json=as_json, text=job_id)


def _expect_none(options: Mapping[str, object], why: str) -> None:
    """Refuse options that would have no effect."""
    given = [
        f"--{name.replace('_', '-')}" for name, value in options.items() if value not in (None, ())
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)}: leave it out, {why}")


def _submit_graph(
    client: BatchClient,
    path: Path,
    *,
    queue: str | None,
    input_json: str,
    run: str | None,
    as_json: bool,
) -> None:
    from uuid import uuid4  # noqa: PLC0415 - loaded when used

    from batch_constructs.client.graph import RunFailedError, submit_graph  # noqa: PLC0415 - as above
    from batch_constructs.client.graph_file import read_graph  # noqa: PLC0415 - as above

    jobs = read_graph(path.read_text(encoding="utf-8"))
    run = f"run-{uuid4().hex[:12]}" if run is None else run
    click.get_current_context().params["run"] = run
    with plain_errors(_once_listed(), finds_its_jobs=True):
        try:
            ids = submit_graph(client, jobs, queue=queue, input=json.loads(input_json), run=run)
        except RunFailedError as error:
            _say_graph(run, error.submitted, as_json=as_json)
            raise
    _say_graph(run, ids, as_json=as_json)


def _say_graph(run: str, submitted: Mapping[str, str], *, as_json: bool) -> None:
    lines = [
        json.dumps({"run": run, "name": name, "jobId": job_id}) if as_json else f"{name}\t{job_id}"
        for name, job_id in submitted.items()
    ]
    say("\n".join(lines))


@click.command
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@click.option("--queue", help="The queue to look in if JOB is a name rather than an ID.")
@_json
@command()
def watch(*, job_ids: tuple[str, ...], queue: str | None, as_json: bool) -> None:
    """Wait until all jobs have ended, and show their progress.

    Exits with 1 if any of them failed.
    """
    client = _client()
    ids = _by_name(client, job_ids, queue)
    if as_json:
        last = client.wait(ids, on_change=lambda status: say(json.dumps(status.as_json())))
    else:
        from batch_constructs.client.progress import in_words  # noqa: PLC0415 - loaded when used
        from batch_constructs.client.progress import watch as watch_bars  # noqa: PLC0415

        last = watch_bars(client, ids)
        for status in last:
            say(f"{status.job_id}\t{status.name}\t{in_words(status)}")
    if any(status.state == JobState.FAILED for status in last):
        sys.exit(_FAILED)


@click.command
@click.argument("job_id", metavar="JOB")
@click.option("--queue", help="The queue to look in if JOB is a name rather than an ID.")
@click.option("-f", "--follow", is_flag=True, help="Keep printing until the job has ended.")
@_json
@command()
def logs(*, job_id: str, queue: str | None, follow: bool, as_json: bool) -> None:
    """Print what a job wrote. JOB:INDEX is one child of an array."""
    from batch_constructs.client.job_log import (  # noqa: PLC0415 - loaded when used
        nothing_written,
        read_logs,
        where_logs_are,
    )

    client = _client()
    (job_id,) = _by_name(client, (job_id,), queue)
    elsewhere = where_logs_are(client, job_id)
    if elsewhere is not None:
        click.echo(elsewhere, err=True)
    line = None
    for line in read_logs(client, job_id, follow=follow):
        data = {
            "jobId": line.job_id,
            "timestamp": line.timestamp,
            "message": line.message,
            "stream": line.stream,
        }
        _print(data, as_json=as_json, text=line.message)
    if line is None and elsewhere is None:
        click.echo(nothing_written(job_id), err=True)


@click.command
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@click.option("--to-queue", "queue", help="Submit to this queue instead.")
@click.option(
    "job_definition",
    "--definition",
    "--job-definition",
    help="Use this definition instead.",
)
@_parameters
@_environment
@click.option("--vcpus", type=float, help="Give the jobs this many vCPUs.")
@click.option("--memory-mebibytes", type=int, help="Give the jobs this much memory.")
@click.option("--timeout-seconds", "timeout", type=_SECONDS, help="How long one attempt may take.")
@click.option("--share-identifier", help="Use this share of a fair-share queue.")
@click.option("--whole-array", is_flag=True, help="Run all children, not only failed ones.")
@_json
@command(_once_listed, finds_its_jobs=True)
def redrive(
    *,
    job_ids: tuple[str, ...],
    parameters: tuple[str, ...],
    environment: tuple[str, ...],
    timeout: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Submit failed jobs, or the failed children of arrays, again."""
    from batch_constructs.client.redrive import RedrivenFailedError  # noqa: PLC0415 - when used
    from batch_constructs.client.redrive import redrive as redrive_one  # noqa: PLC0415 - as above

    client = _client()
    changes = {"parameters": _pairs(parameters), "environment": _pairs(environment), **options}
    changes["timeout"] = _time(timeout)
    failed = []
    for job_id in job_ids:
        try:
            jobs = redrive_one(client, job_id, **changes)
        except RedrivenFailedError as error:
            jobs = error.others
            failed.append(str(error))
        for new in jobs:
            _print({"jobId": new, "redriven": job_id}, as_json=as_json, text=new)
    if failed:
        raise ValueError("; ".join(failed))


def _by_name(client: BatchClient, jobs: tuple[str, ...], queue: str | None) -> list[str]:
    if queue is None:
        return list(jobs)
    found = []
    for name in jobs:
        named = client.named(name, queue=queue)
        if name not in named:
            raise JobsNotFoundError(
                f"no job is called {name!r} in queue {queue}; AWS Batch lists one within a minute "
                "of its submission"
            )
        found.append(named[name])
    return found
