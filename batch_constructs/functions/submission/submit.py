"""SubmitFunction's handler: one event, one job.

The event holds ``parameters``, ``environment`` as a plain map, and those members of ``SubmitJob``
that ``ALLOW`` names. Who gives a ``jobName`` may send the event again, as EventBridge and Lambda's
retries do: of all events with one name the first becomes a job.

Environment: ``JOB_QUEUE``, ``JOB_DEFINITION``, ``NAME_PREFIX``, ``CLAIMS_TABLE``; ``DEFAULTS`` (see
``defaults``), ``CONTAINERS`` (see ``overridden_containers``) and ``ALLOW``; ``SHARE_IDENTIFIER``
and ``SCHEDULING_PRIORITY`` of events that say none.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.aws.job_states import REMEMBERED_DAYS
from batch_constructs.aws.names import JOB_NAME, JOB_NAME_LENGTH, NOT_IN_A_JOB_NAME
from batch_constructs.aws.overridden_containers import from_text
from batch_constructs.aws.submit_job import SUBMISSIONS_PER_SECOND
from batch_constructs.aws.tags import COUNT
from batch_constructs.functions.claims.effect import UnsureError
from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.invocation import (
    Invocation,
    TooLateError,
    each_event,
    is_of_event_bridge,
)
from batch_constructs.functions.claims.outcome import ONCE, PATIENT
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.submission.batch_api import REMEMBERED_SECONDS

from .batch_api import BatchApi
from .defaults import defaults, merged, said_of_containers
from .message_reader import Poison, read_request, text
from .repeat import WHOSE
from .settings import allowed

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Submitter:
    """Submits each job once: what claims it, and what submits it and finds it by its name."""

    claims: Claims
    batch_api: BatchApi

    def once(
        self, *identity: str, request: Mapping[str, Any], invocation: Invocation
    ) -> dict[str, str]:
        """Submit the job of an identity unless it was submitted; return its name and ID.

        A job whose submitter died is found by its name and by its tag, which says whose it is:
        others may give their jobs the same name.

        Raises:
            TooLateError: perhaps it was submitted, so long ago that AWS Batch may have forgotten.
        """
        name, whose = request["jobName"], self._whose(*identity)
        tags = request.get("tags", {})
        full = {**request, "tags": {**tags, WHOSE: whose} if _has_room(tags) else tags}

        def submit(perhaps_done: bool) -> str:  # noqa: FBT001 - as claims call it
            there = self._found(*identity, request=request) if perhaps_done else None
            if perhaps_done and there is None:
                self._refuse_what_is_forgotten(name, self.claims.since(*identity))
            return there or self.batch_api.submit(full, deadline=invocation.deadline)

        job_id, _ = self.claims.once(
            *identity, work=submit, deadline=invocation.deadline, place=request["jobQueue"]
        )
        return {"jobName": name, "jobId": job_id}

    def submitted(self, *identity: str, request: Mapping[str, Any]) -> str | None:
        """Return the ID of the job of an identity, also where its end could not be noted."""
        return self.claims.result_of(*identity) or self._found(*identity, request=request)

    def _whose(self, *identity: str) -> str:
        return digest(self.claims.table, *identity).hex()

    def _found(self, *identity: str, request: Mapping[str, Any]) -> str | None:
        """Look for the job in its queue, and in those that deployments before had for it.

        Raises:
            UnsureError: AWS Batch lists jobs of its name and does not tell of them.
        """
        whose = self._whose(*identity)
        for queue in dict.fromkeys([request["jobQueue"], *self.claims.places(*identity)]):
            named = self.batch_api.all_named(queue, request["jobName"])
            described = self.batch_api.described(named)
            for job in described:
                if _is_of(job, request, whose):
                    return str(job["jobId"])
            if len(described) < len(named):
                raise UnsureError(
                    f"jobs are called {request['jobName']}, and AWS Batch does "
                    "not describe all of them"
                )
        return None

    def _refuse_what_is_forgotten(self, name: str, since: float) -> None:
        if self.claims.clock() - since > REMEMBERED_SECONDS:
            at = datetime.fromtimestamp(since, UTC)
            raise TooLateError(
                f"job {name} was perhaps submitted at {at:%Y-%m-%d %H:%M} UTC, and AWS Batch "
                f"forgets jobs {REMEMBERED_DAYS} days after their end; check whether it ran, and "
                "if not, send the event under another name"
            )


def _has_room(tags: Mapping[str, str]) -> bool:
    """Whether a job with these tags may have one more."""
    return len(tags) < COUNT.high


def _is_of(job: Mapping[str, Any], request: Mapping[str, Any], whose: str) -> bool:
    """Whether a job of its name is this submission's: by its tag, or by all that it has."""
    tags, given = job.get("tags", {}), request.get("tags", {})
    return bool(tags.get(WHOSE) == whose or (not _has_room(given) and tags == given))


@cache
def submitter() -> Submitter:
    """Return what submits, one for the life of the function."""
    return Submitter(
        claims=Claims.of_this_function(),
        batch_api=BatchApi(
            boto3.client("batch", config=ONCE),
            boto3.client("batch", config=PATIENT),
            per_second=SUBMISSIONS_PER_SECOND,
            clock=time.time,
            sleep=time.sleep,
        ),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Submit the job an event asks for and return its name and ID."""
    invocation, request_id = Invocation.of(context), context.aws_request_id
    made: list[dict[str, str]] = []
    again = each_event(
        event,
        lambda each, before: made.append(
            submit(submitter(), each, request_id if before is None else before, invocation)
        ),
    )
    return made[0] if again is None else again


def submit(
    by: Submitter, event: Mapping[str, Any], request_id: str, invocation: Invocation
) -> dict[str, str]:
    """Submit the job that an event asks for."""
    if is_of_event_bridge(event):
        raise Poison(
            "this is the original event, before a rule turned it into a submission: EventBridge "
            "could not deliver it; submit the job yourself, with what the rule's input "
            "transformer takes from it"
        )
    members = dict(event)
    given = members.pop("jobName", None)
    if isinstance(given, float):  # Lambda has read it, and of two names may have made one
        raise Poison(f"jobName is {given}: some of its digits are lost here; send it as a string")
    name = f"{os.environ['NAME_PREFIX']}-{request_id}" if given is None else text("jobName", given)
    if not name:
        raise Poison(
            "jobName is empty, so it does not identify an event; leave it out, or give one"
        )
    containers = from_text(os.environ.get("CONTAINERS"))
    asked = read_request(members, allowed(os.environ), containers)
    request = {
        "jobQueue": os.environ["JOB_QUEUE"],
        "jobDefinition": os.environ["JOB_DEFINITION"],
        **said_of_containers(merged({**defaults(), **_share()}, asked), containers),
        "jobName": job_name(name),
    }
    return by.once("submit", name, request=request, invocation=invocation)


def job_name(given: str) -> str:
    """Return a name that AWS Batch takes: as it is given, or with a digest of what was given."""
    if JOB_NAME.wrong(given) is None:
        return given
    ending = f"-{digest(given).hex()}"
    readable = NOT_IN_A_JOB_NAME.sub("-", given).strip("-_") or "job"
    return readable[: JOB_NAME_LENGTH - len(ending)] + ending


def _share() -> dict[str, Any]:
    share: dict[str, Any] = {}
    if "SHARE_IDENTIFIER" in os.environ:
        share["shareIdentifier"] = os.environ["SHARE_IDENTIFIER"]
    if "SCHEDULING_PRIORITY" in os.environ:
        share["schedulingPriorityOverride"] = int(os.environ["SCHEDULING_PRIORITY"])
    return share
