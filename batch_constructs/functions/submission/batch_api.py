"""Submitting to AWS Batch: paced below the API's rate, backing off, never twice by accident."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from batch_constructs.aws.error_names import SERVER_FAULT, THROTTLING, TOO_MANY_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SETTINGS = ("job queue", "jobqueue", "job definition", "jobdefinition", "not authorized")
"""What a ClientException speaks of when the gateway's own settings are at fault."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0

Client = Any
"""A boto3 client."""


class OutOfTimeError(Exception):
    """Not submitted: throttled until the function's time ran out."""


class UnsureError(Exception):
    """No clear answer: the job may exist."""


class RefusedError(Exception):
    """Not submitted: Batch said no."""

    def __init__(self, reason: str, *, by_message: bool) -> None:
        """Keep Batch's words, and whether the message is to blame or the gateway's settings."""
        super().__init__(reason)
        self.by_message = by_message


class BatchApi:
    """Submits jobs, at most so many a second, until a deadline; and finds them by name."""

    def __init__(
        self,
        batch: Client,
        lister: Client,
        *,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Take a client that never retries by itself: a retry after a lost answer is a twin.

        The second client only lists jobs and may retry.
        """
        self._batch = batch
        self._lister = lister
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    def submit(self, request: dict[str, Any], *, deadline: float) -> str:
        """Submit one job and return its ID.

        Raises:
            OutOfTimeError: throttled until the deadline; surely not submitted.
            UnsureError: the answer got lost or the service failed; perhaps submitted.
            RefusedError: surely not submitted, and why.
        """
        longest = _FIRST_PAUSE_SECONDS
        while True:
            self._wait_for_turn(deadline)
            try:
                return str(self._batch.submit_job(**request)["jobId"])
            except (EndpointConnectionError, ConnectTimeoutError):
                pass  # nothing was sent
            except (ParamValidationError, RecursionError, UnicodeError) as error:
                # botocore could not write it down; nothing was sent
                raise RefusedError(str(error), by_message=True) from error
            except ClientError as error:
                _raise_unless_throttled(error)
            except BotoCoreError as error:
                raise UnsureError(str(error)) from error
            self._pause(random.uniform(0, longest), deadline)  # noqa: S311 - jitter, not a secret
            longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)

    def named(self, queue: str, name: str) -> dict[str, str]:
        """Find the jobs of a queue with this name (``*`` at its end: prefix): name → newest ID."""
        found: dict[str, str] = {}
        for job in self._listed(queue, name):
            found.setdefault(job["jobName"], job["jobId"])
        return found

    def _listed(self, queue: str, name: str) -> Iterator[dict[str, Any]]:
        """List jobs, the newest first; AWS Batch takes capital and small letters for the same."""
        pages = self._lister.get_paginator("list_jobs").paginate(
            jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [name]}]
        )
        for page in pages:
            yield from page["jobSummaryList"]

    def _wait_for_turn(self, deadline: float) -> None:
        now = self._clock()
        turn = max(now, self._next)
        self._pause(turn - now, deadline)
        self._next = turn + self._interval

    def _pause(self, seconds: float, deadline: float) -> None:
        if self._clock() + seconds >= deadline:
            raise OutOfTimeError
        if seconds > 0:
            self._sleep(seconds)


def _raise_unless_throttled(error: ClientError) -> None:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLING or status == TOO_MANY_REQUESTS:
        return
    if status >= SERVER_FAULT:
        raise UnsureError(str(error)) from error
    reason = str(error)
    by_message = code == "ClientException" and not any(word in reason.lower() for word in _SETTINGS)
    raise RefusedError(reason, by_message=by_message) from error
