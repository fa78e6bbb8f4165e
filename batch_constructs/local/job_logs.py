"""What a job printed, from CloudWatch Logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEFAULT_GROUP = "/aws/batch/job"


def job_lines(client: Callable[[str], Any], job_id: str) -> Iterator[str]:
    """Yield the lines of a job, attempt by attempt.

    Raises:
        LocalAwsError: there is no such job.
    """
    jobs = client("batch").describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise LocalAwsError(f"there is no job {job_id}")
    container = jobs[0].get("container", {})
    options = container.get("logConfiguration", {}).get("options", {})
    group = options.get("awslogs-group", _DEFAULT_GROUP)
    streams = [
        attempt.get("container", {}).get("logStreamName") for attempt in jobs[0].get("attempts", [])
    ]
    streams.append(container.get("logStreamName"))
    for stream in dict.fromkeys(name for name in streams if name):
        yield from _lines(client("logs"), group, stream)


def _lines(logs: Any, group: str, stream: str) -> Iterator[str]:
    from botocore.exceptions import ClientError

    request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    token = None
    while True:
        try:
            page = logs.get_log_events(**request, **({"nextToken": token} if token else {}))
        except ClientError as problem:
            if problem.response["Error"]["Code"] == "ResourceNotFoundException":
                return  # it has printed nothing yet
            raise
        yield from (event["message"] for event in page["events"])
        if page["nextForwardToken"] == token or not page["events"]:
            return
        token = page["nextForwardToken"]
