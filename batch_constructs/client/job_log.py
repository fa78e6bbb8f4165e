"""What a job wrote: its log streams in CloudWatch Logs, as they grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, LOG_GROUP_OPTION, LOG_REGION_OPTION
from batch_constructs.client.log_stream import LogStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.client.batch_client import BatchClient

_POLL_SECONDS = 2.0
QUIET_SECONDS = 10.0
"""So long nothing new must come after a job's end until its log is taken for whole."""


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of a job's log.

    Attributes:
        job_id: the job.
        timestamp: when it was written, in milliseconds since 1970.
        message: the text.
        stream: the log stream; each attempt and each container has its own.
    """

    job_id: str
    timestamp: int
    message: str
    stream: str


@dataclass(frozen=True)
class JobStream:
    """Where a container of a job writes.

    Attributes:
        group: the log group.
        name: the log stream.
        region: the Region of the log group; None: the job's.
    """

    group: str
    name: str
    region: str | None


def read_logs(client: BatchClient, job_id: str, *, follow: bool = False) -> Iterator[LogLine]:
    """Read the log of all attempts and containers of a job.

    Args:
        client: who reads.
        job_id: a job, or the child of an array (``parent:index``).
        follow: go on until the job is done, seven days at most, and what it wrote last is read:
            until nothing new came for ten seconds after its end.

    Raises:
        TimeoutError: the job is not done in time.
    """
    from batch_constructs.client.deadline import may_pass  # noqa: PLC0415  # loaded when used
    from batch_constructs.client.patience import Patience  # noqa: PLC0415  # as above

    seconds_left = client._deadline()  # noqa: SLF001  # of the same room
    patience, end = Patience(client), _End(client)
    read: dict[JobStream, LogStream] = {}
    while True:
        done = news = False
        for detail in patience.look([job_id]):
            try:
                for where in streams(detail):
                    for event in _opened(client, where, read).new():
                        news = True
                        yield LogLine(
                            job_id=job_id,
                            timestamp=event["timestamp"],
                            message=event["message"],
                            stream=where.name,
                        )
                done = JobState(detail["status"]).is_final
            except Exception as error:
                if not (follow and may_pass(error)):
                    raise
            if not follow or (done and not streams(detail)):
                return
        if end.is_reached(done=done, news=news):
            return
        left = _POLL_SECONDS if done else seconds_left([job_id])
        client._pause(min(_POLL_SECONDS, left))  # noqa: SLF001  # of the same room


class _End:
    """Tells whether all that a job wrote was read."""

    def __init__(self, client: BatchClient) -> None:
        self._client = client
        self._quiet_since: float | None = None

    def is_reached(self, *, done: bool, news: bool) -> bool:
        """Take in a look: whether the job is done and all streams were read, and whether they grew.

        Drivers of logs send, and CloudWatch shows, some seconds late.
        """
        now = self._client._clock()  # noqa: SLF001  # of the same room
        if not done:
            self._quiet_since = None
        elif news or self._quiet_since is None:
            self._quiet_since = now
        else:
            return now - self._quiet_since >= QUIET_SECONDS
        return False


def where_logs_are(client: BatchClient, job_id: str) -> str | None:
    """Name the jobs that have the log of an array, or of a job of several nodes.

    Returns None where the job has a log of its own.
    """
    (detail,) = client.describe([job_id])
    array, nodes = detail.get("arrayProperties", {}), detail.get("nodeProperties", {})
    kind, sign, size = ("nodes", "#", nodes.get("numNodes", 0))
    if array.get("size") and "index" not in array:
        kind, sign, size = "children", ":", array["size"]
    if not size or detail["jobId"] != job_id or sign in job_id:
        return None
    told = f"{job_id} has no log of its own; its {size} {kind} have: {job_id}{sign}0"
    told += f" to {job_id}{sign}{size - 1}" if size > 1 else ""
    counts = array.get("statusSummary", {})
    states = ", ".join(f"{counts[state]} {state}" for state in JobState if counts.get(state))
    return f"{told} ({states})" if states else told


def nothing_written(job_id: str) -> str:
    """Say that a job has no line of log, and who knows why."""
    return f"{job_id} has written nothing so far; to see why: batch-constructs why {job_id}"


def streams(detail: Mapping[str, Any]) -> list[JobStream]:
    """List the log streams of a job's attempts, the oldest first, as AWS Batch describes it."""
    containers = [detail["container"]] if "container" in detail else []
    for task in detail.get("ecsProperties", {}).get("taskProperties", []):
        containers += task.get("containers", [])
    attempts = [
        attempt["container"] for attempt in detail.get("attempts", []) if "container" in attempt
    ]
    for attempt in detail.get("attempts", []):
        for task in attempt.get("taskProperties", []):
            attempts += task.get("containers", [])
    where = [_where(container) for container in containers] or [(DEFAULT_LOG_GROUP, None)]
    found: dict[JobStream, None] = {}
    for container in [*attempts, *containers]:
        name = container.get("logStreamName")
        if name:
            group, region = _where(container) if "logConfiguration" in container else where[0]
            found[JobStream(group, name, region)] = None
    return list(found)


def _where(container: Mapping[str, Any]) -> tuple[str, str | None]:
    options = container.get("logConfiguration", {}).get("options", {})
    return options.get(LOG_GROUP_OPTION, DEFAULT_LOG_GROUP), options.get(LOG_REGION_OPTION)


def _opened(client: BatchClient, where: JobStream, read: dict[JobStream, LogStream]) -> LogStream:
    if where not in read:
        logs = client._logs(where.region)  # noqa: SLF001  # of the same room
        clock = client._clock  # noqa: SLF001  # of the same room
        read[where] = LogStream(logs, where.group, where.name, clock)
    return read[where]
