"""Wait for jobs to end, on their events."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOOK_AGAIN_SECONDS = 30.0


class EndedJobs:
    """Tells waiters that a job has ended.

    Args:
        describe: returns a job's description by its ID.
    """

    def __init__(self, describe: Callable[[str], Mapping[str, Any]]) -> None:
        self._describe = describe
        self._event = threading.Condition()

    def see(self, event: Mapping[str, Any]) -> None:
        """Take note of an event of AWS Batch."""
        if event["detail"].get("status") in FINAL:
            with self._event:
                self._event.notify_all()

    def wait_for(self, job_id: str) -> Mapping[str, Any]:
        """Return a job's description as soon as it has ended."""
        while True:
            with self._event:
                job = self._describe(job_id)
                if job["status"] in FINAL:
                    return job
                self._event.wait(_LOOK_AGAIN_SECONDS)
