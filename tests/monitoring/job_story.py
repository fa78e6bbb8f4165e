"""The events of a job's life, in the shape of AWS's published sample, for the tests to play.

AWS publishes one sample of a job's event, in ``RUNNABLE``. What follows in a life is filled in from
``JobDetail`` of the API reference, and from delivered events that people have published.
"""

from __future__ import annotations

import copy
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"
QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/import-orders:7"
BORN = 1_780_000_000_000

Event = dict[str, Any]


def sample(name: str) -> Event:
    """Read one of AWS's published samples."""
    event: Event = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


@dataclass(kw_only=True)
class Story:
    """Builds a job's events one after another; each method returns the event of that moment."""

    id: str = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
    name: str = "import-orders"
    attempts_allowed: int = 1
    vcpus: str = "2"
    extra: dict[str, Any] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    now: int = BORN
    _started: int | None = None

    def moves_to(self, status: str, **detail: object) -> Event:
        """Move to a state, a minute after the last."""
        self.now += 60_000
        if status == "RUNNING":
            self._started = self.now
        event = sample("job_state_change")
        event["id"] = str(uuid.uuid4())
        event["resources"] = [f"arn:aws:batch:us-east-1:123456789012:job/{self.id}"]
        job = event["detail"]
        job["container"]["resourceRequirements"][0]["value"] = self.vcpus
        job["container"]["logConfiguration"] = {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/batch/import-orders"},
        }
        job |= {
            "jobArn": event["resources"][0],
            "jobId": self.id,
            "jobName": self.name,
            "jobQueue": QUEUE,
            "jobDefinition": DEFINITION,
            "createdAt": BORN,
            "status": status,
            "attempts": copy.deepcopy(self.attempts),
            "retryStrategy": {"attempts": self.attempts_allowed, "evaluateOnExit": []},
            **self.extra,
            **detail,
        }
        return event

    def starts(self) -> list[Event]:
        """Get from ``RUNNABLE`` to ``RUNNING``."""
        return [self.moves_to(state) for state in ("RUNNABLE", "STARTING", "RUNNING")]

    def attempt_ends(
        self, *, said: str = "Essential container in task exited", **container: object
    ) -> None:
        """End the attempt that runs, five minutes after it started."""
        started, self._started = self._started, None
        self.now = self.now + 300_000 if started is not None else self.now
        stream = f"import-orders/default/{len(self.attempts) + 1:032x}"
        self.attempts.append(
            {
                "container": {"networkInterfaces": [], "logStreamName": stream, **container},
                **({} if started is None else {"startedAt": started}),
                "stoppedAt": self.now,
                "statusReason": said,
            }
        )

    def ends(self, status: str, *, reason: str | None = None, **detail: object) -> Event:
        """End the job, with the last attempt's reason unless another is given."""
        said = reason if reason is not None else self.attempts[-1]["statusReason"]
        return self.moves_to(status, statusReason=said, stoppedAt=self.now, **detail)


def retried_job() -> list[Event]:
    """A job that fails twice and then succeeds."""
    job = Story(attempts_allowed=3)
    events = job.starts()
    for _ in range(2):
        job.attempt_ends(exitCode=1)
        events += job.starts()
    job.attempt_ends(exitCode=0)
    return [*events, job.ends("SUCCEEDED")]


def exhausted_job() -> list[Event]:
    """A job whose two attempts both exit with code 3."""
    job = Story(attempts_allowed=2)
    events = job.starts()
    job.attempt_ends(exitCode=1)
    events += job.starts()
    job.attempt_ends(exitCode=3)
    return [*events, job.ends("FAILED")]


def array_job(size: int = 3, failing: tuple[int, ...] = (1,)) -> list[Event]:
    """An array: the parent's events around its children's."""
    parent = Story(extra={"arrayProperties": {"size": size, "statusSummary": {}}})
    events = [parent.moves_to("PENDING")]
    for index in range(size):
        child = Story(id=f"{parent.id}:{index}", extra={"arrayProperties": {"index": index}})
        events += child.starts()
        code = 1 if index in failing else 0
        child.attempt_ends(exitCode=code)
        events.append(child.ends("FAILED" if code else "SUCCEEDED"))
    summary = {"SUCCEEDED": size - len(failing), "FAILED": len(failing), "RUNNING": 0}
    end = parent.ends(
        "FAILED" if failing else "SUCCEEDED",
        reason="Array Child Job failed" if failing else "",
        arrayProperties={"size": size, "statusSummary": summary},
    )
    return [*events, end]


def reclaimed_spot_job() -> list[Event]:
    """A job whose instance is taken away on its only attempt."""
    job = Story()
    events = job.starts()
    job.attempt_ends(said="Host EC2 (instance i-0282b396e52b4c95d) terminated.")
    return [*events, job.ends("FAILED")]


def interrupted_fargate_spot_job() -> list[Event]:
    """A job on Fargate Spot that is interrupted; its container is killed with SIGTERM."""
    job = Story()
    events = job.starts()
    job.attempt_ends(said="Your Spot Task was interrupted.", exitCode=143)
    return [*events, job.ends("FAILED")]


def timed_out_job() -> list[Event]:
    """A job that Batch kills when its timeout passes."""
    job = Story(attempts_allowed=3)
    events = job.starts()
    job.attempt_ends(said="Job attempt duration exceeded timeout", exitCode=137)
    return [*events, job.ends("FAILED")]


def out_of_memory_job() -> list[Event]:
    """A job whose container the kernel kills."""
    job = Story()
    events = job.starts()
    killed = "OutOfMemoryError: Container killed due to memory usage"
    job.attempt_ends(exitCode=137, reason=killed)
    return [*events, job.ends("FAILED")]


def never_started_job() -> list[Event]:
    """A job whose image cannot be pulled."""
    job = Story()
    events = [job.moves_to("RUNNABLE"), job.moves_to("STARTING")]
    pull = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
    job.attempt_ends(said=f"Task failed to start: {pull}")
    del job.attempts[-1]["container"]["logStreamName"]
    return [*events, job.ends("FAILED")]


def command_not_found_job() -> list[Event]:
    """A job whose command is not in its image: ECS gives it an exit code all the same."""
    job = Story()
    events = [job.moves_to("RUNNABLE"), job.moves_to("STARTING")]
    reason = 'CannotStartContainerError: exec: "improt": executable file not found in $PATH'
    job.attempt_ends(said="Task failed to start", exitCode=127, reason=reason)
    return [*events, job.ends("FAILED")]


def stuck_job() -> list[Event]:
    """A job that a time limit of the queue cancels in ``RUNNABLE``."""
    job = Story()
    reason = (
        "Canceled by JobStateTimeLimit action due to reason: "
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
    )
    return [job.moves_to("RUNNABLE"), job.ends("FAILED", reason=reason)]


def cancelled_job() -> list[Event]:
    """A job that somebody cancels while it waits."""
    job = Story()
    events = [job.moves_to("RUNNABLE")]
    return [*events, job.ends("FAILED", reason="not needed any more", isCancelled=True)]


def terminated_job() -> list[Event]:
    """A job that somebody terminates while it runs."""
    job = Story()
    events = job.starts()
    job.attempt_ends(said="not needed any more", exitCode=137)
    return [*events, job.ends("FAILED", isTerminated=True)]


def orphaned_job() -> list[Event]:
    """A job that waits for another, which fails."""
    job = Story()
    return [job.moves_to("PENDING"), job.ends("FAILED", reason="Dependent Job failed")]
