"""``batch-constructs why``: why a job waits, or why it failed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import Final

import click

from batch_constructs.aws.job_states import JobState
from batch_constructs.client.plain_errors import command, say

_SOMETHING_IS_WRONG: Final = 1


@click.command("why", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("job", metavar="JOB")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@command()
def why_command(job: str, *, as_json: bool) -> None:
    """Say why JOB (a job ID) is still waiting or has failed, and what to do about it.

    Exits with 0 if nothing is in its way, with 1 if something is or was, and with 2 if AWS cannot
    be asked or does not know the job.
    """
    import boto3  # noqa: PLC0415  # loaded when used

    from batch_constructs.client.deadline import patient_client  # noqa: PLC0415  # as boto3
    from batch_constructs.client.why import why  # noqa: PLC0415  # as boto3

    client = partial(patient_client, boto3.client)
    answer = why(client("batch"), job, client=client)
    if as_json:
        say(json.dumps(asdict(answer)))
        sys.exit(_SOMETHING_IS_WRONG if answer.reasons else 0)
    say(f"{answer.job_id} is {answer.status}")
    for reason in answer.reasons:
        say(f"  {reason}")
    if not answer.reasons and answer.status == JobState.RUNNABLE:
        say("  AWS shows no problem: the job is waiting for capacity or for its turn")
    for note in answer.notes:
        say(f"  ({note})")
    for line in answer.log:
        say(f"  | {line}")
    sys.exit(_SOMETHING_IS_WRONG if answer.reasons else 0)
