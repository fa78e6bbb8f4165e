"""Run again what failed: a job, or the failed children of an array, and nothing else."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import JOB_NAME_LENGTH
from batch_constructs.aws.overridden_containers import OVERRIDES, overridden_containers
from batch_constructs.aws.resource_states import DefinitionStatus
from batch_constructs.aws.submit_job import ARRAY_SIZE, OVERRIDES_BYTES
from batch_constructs.client.submit_request import for_containers
from batch_constructs.functions.claims.ranges import ranges_of
from batch_constructs.functions.submission.batch_api import jobs_named
from batch_constructs.functions.submission.defaults import joined
from batch_constructs.functions.submission.repeat import (
    fit_share,
    indices_of,
    longest_overrides,
    newest_revision,
    original,
    repeat,
    with_indices,
    with_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from batch_constructs.aws.overridden_containers import OverriddenContainer
    from batch_constructs.client.batch_client import BatchClient

_SUFFIX = re.compile(
    r"-redrive-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-[0-9a-f]{8})?(-\d{1,4}|-part\d+)?$"
)
_LONGEST_ENDING = "-redrive-00000000-0000-0000-0000-000000000000-00000000-part0000"
_BATCHS_OWN_CHARACTERS = 800
"""What AWS Batch adds to the overrides: the names of the job, its queue and its environment."""

_LEAST_ROOM = 20
_INACTIVE = DefinitionStatus.INACTIVE


class NothingToRedriveError(ValueError):
    """The job did not fail, or AWS Batch does not say which children of the array did."""


class RedrivenFailedError(NothingToRedriveError):
    """The job was redriven before, and the redriven job FAILED.

    Attributes:
        others: The IDs of redriven jobs that did not fail.
    """

    def __init__(self, message: str, *, others: list[str]) -> None:
        super().__init__(message)
        self.others = others


def redrive(
    client: BatchClient,
    job_id: str,
    *,
    queue: str | None = None,
    job_definition: str | None = None,
    environment: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    vcpus: float | None = None,
    memory_mebibytes: int | None = None,
    timeout: timedelta | None = None,
    share_identifier: str | None = None,
    whole_array: bool = False,
) -> list[str]:
    """Submit a failed job again and return the IDs of the new jobs, usually one.

    Of an array only the failed children run again, as a new array whose ``ARRAY_INDICES``
    (``3,17-20``) tells child *i* which index to work on; ``client.message.array_index()`` reads
    it. The new jobs are named after the failed one and what is changed, so that calling this again
    with the same changes, a minute later, once AWS Batch lists them, finds them.

    Args:
        client: who submits.
        job_id: a failed job, array, or child (``parent:index``).
        queue: another queue; one without a scheduling policy gets the job without its share
            identifier. Default: the same.
        job_definition: another definition or revision; one of other containers than the several of
            the failed job is told only what is changed here. Default: the same revision.
        environment: variables to add or change.
        parameters: parameters to add or change.
        command: another command.
        vcpus: other vCPUs.
        memory_mebibytes: other memory in MiB.
        timeout: another limit of one attempt.
        share_identifier: another share; a queue with a scheduling policy demands one.
        whole_array: run all children again, with their own indices, whether they failed or not;
            for containers that read ``AWS_BATCH_JOB_ARRAY_INDEX`` themselves.

    Raises:
        NothingToRedriveError: the job did not fail, or AWS Batch does not list each failed child
            of the array; nothing was submitted.
        RedrivenFailedError: it was redriven before, with the same changes, as a job that FAILED,
            which is the one to redrive; whatever of several was missing is submitted.
        LookupError: there is no such job or queue.
        ValueError: the queue demands a share identifier and there is none, or refuses the given;
            or the job's revision of its definition is not active any more.
    """
    (detail,) = client.describe([job_id])
    if detail["status"] != JobState.FAILED:
        raise NothingToRedriveError(
            f"job {job_id} is {detail['status']}; only FAILED jobs can be redriven"
        )
    request = _changed(
        detail,
        _other_containers(client, detail, job_definition),
        parameters=parameters,
        environment=environment,
        command=command,
        vcpus=vcpus,
        memory_mebibytes=memory_mebibytes,
    )
    if share_identifier is not None:
        request["shareIdentifier"] = share_identifier
    if queue is not None:
        request["jobQueue"] = queue
        fit_share(request, _queue(client, queue), share_identifier=share_identifier)
    if job_definition is not None:
        request["jobDefinition"] = job_definition
    seconds = None if timeout is None else int(timeout.total_seconds())
    if seconds is not None:
        request["timeout"] = {"attemptDurationSeconds": seconds}
    base = _SUFFIX.sub("", detail["jobName"])[: JOB_NAME_LENGTH - len(_LONGEST_ENDING)]
    name = f"{base}-redrive-{job_id.partition(':')[0]}"
    changes = {
        "definition": job_definition,
        "environment": None if environment is None else dict(environment),
        "parameters": None if parameters is None else dict(parameters),
        "command": None if command is None else list(command),
        "vcpus": None if vcpus is None else float(vcpus),
        "memory": memory_mebibytes,
        "timeout": seconds,
        "share": share_identifier,
        "whole": whole_array,
    }
    given = {key: value for key, value in changes.items() if value not in (None, False, {})}
    if given:  # not the queue, which may be a name or an ARN: each queue has its own jobs anyway
        name += f"-{sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:8]}"
    requests = list(_requests(client, detail, request, name, whole_array=whole_array))
    for each in requests:
        _refuse_what_ecs_refuses(each)
    there = _there(client, f"{name}*", request["jobQueue"])
    states = {each["jobId"]: each.get("status") for each in there.values()}
    jobs = [
        there[each["jobName"]]["jobId"]
        if each["jobName"] in there
        else _submit(client, each, job_definition)
        for each in requests
    ]
    failed = [each for each in jobs if states.get(each) == JobState.FAILED]
    if failed:
        raise RedrivenFailedError(
            f"job {job_id} was redriven as {', '.join(failed)} before, which FAILED: redrive that: "
            f"batch-constructs redrive {' '.join(failed)}",
            others=[each for each in jobs if each not in failed],
        )
    return jobs


def _there(client: BatchClient, name: str, queue: str) -> dict[str, Mapping[str, Any]]:
    """Find the newest job of each name."""
    found: dict[str, Mapping[str, Any]] = {}
    for job in jobs_named(client._batch, queue, name):  # noqa: SLF001  # of the same room
        found.setdefault(job["jobName"], job)
    return found


def _submit(client: BatchClient, request: dict[str, Any], job_definition: str | None) -> str:
    """Submit a job; say it where its revision is one that a deployment has deregistered."""
    try:
        return client._submit_once(request)  # noqa: SLF001  # of the same room
    except ClientError as error:
        named = request["jobDefinition"]
        if job_definition is not None or not _is_inactive(client, named):
            raise
        newest = newest_revision(named).rpartition("/")[2]
        raise ValueError(
            f"the job's definition {named} is no longer active, for example because a deployment "
            f'changed it; run it with the newest: job_definition="{newest}", --job-definition '
            f"{newest}"
        ) from error


def _is_inactive(client: BatchClient, definition: str) -> bool:
    batch = client._batch  # noqa: SLF001  # of the same room
    found = batch.describe_job_definitions(jobDefinitions=[definition])["jobDefinitions"]
    return any(one.get("status") == _INACTIVE for one in found)


def _queue(client: BatchClient, name: str) -> Mapping[str, Any]:
    batch = client._batch  # noqa: SLF001  # of the same room
    queues: list[Mapping[str, Any]] = batch.describe_job_queues(jobQueues=[name])["jobQueues"]
    if not queues:
        raise LookupError(f"there is no job queue {name}")
    return queues[0]


def _requests(
    client: BatchClient,
    detail: Mapping[str, Any],
    request: dict[str, Any],
    name: str,
    *,
    whole_array: bool,
) -> Iterator[dict[str, Any]]:
    array = detail.get("arrayProperties", {})
    if "index" in array:
        numbers = [original(detail, array["index"])]
        yield _array_of({**request, "jobName": f"{name}-{numbers[0]}"}, numbers)
    elif "size" not in array:
        before = indices_of(detail)
        single = {**request, "jobName": name}
        yield single if before is None else _array_of(single, before)
    else:
        failed = range(array["size"]) if whole_array else _failed(client, detail)
        before = indices_of(detail)
        numbers = [index if before is None else before[index] for index in failed]
        if numbers == list(range(array["size"])):
            yield {**request, "jobName": name, "arrayProperties": {"size": array["size"]}}
            return
        for part, some in enumerate(_parts(numbers, _room(request))):
            part_name = name if part == 0 else f"{name}-part{part}"
            yield _array_of({**request, "jobName": part_name}, some)


def _failed(client: BatchClient, detail: Mapping[str, Any]) -> list[int]:
    """Name the failed children of an array, all of them or none.

    What is submitted now has the name by which it is found later: the rest would never run.
    """
    array_id, array = detail["jobId"], detail["arrayProperties"]
    children = client.children(array_id, state=JobState.FAILED)
    failed = sorted({child["arrayProperties"]["index"] for child in children})
    summary = array.get("statusSummary")
    # none is under way any more, whatever the summary says of others: it may be older
    counted = array["size"] - summary.get(JobState.SUCCEEDED, 0) if summary else 0
    if failed and len(failed) >= counted:
        return failed
    listed = (
        f"lists {len(failed)} of its {counted} failed children"
        if failed
        else "lists no child of it as FAILED, for example because it failed before they began"
    )
    raise NothingToRedriveError(
        f"array {array_id} is {detail['status']}, but AWS Batch {listed}; nothing was submitted: "
        f"redrive it again in a minute, or run all its {array['size']} children again: "
        f"whole_array=True, batch-constructs redrive {array_id} --whole-array"
    )


def _array_of(request: dict[str, Any], numbers: list[int]) -> dict[str, Any]:
    full = with_indices(request, numbers)
    if len(numbers) >= ARRAY_SIZE.low:
        full["arrayProperties"] = {"size": len(numbers)}
    return full


def _room(request: Mapping[str, Any]) -> int:
    """Count the characters that a job's overrides leave for indices."""
    taken = longest_overrides(request) + _BATCHS_OWN_CHARACTERS
    return max(_LEAST_ROOM, OVERRIDES_BYTES - taken)


def _parts(numbers: list[int], room: int) -> list[list[int]]:
    """Cut indices into as few lists as fit, so that each finds room in the overrides of a job."""
    for count in range(1, len(numbers) + 1):
        size = -(-len(numbers) // count)
        parts = [numbers[at : at + size] for at in range(0, len(numbers), size)]
        if max(len(ranges_of(part)) for part in parts) <= room:
            return parts
    return [[number] for number in numbers]


def _refuse_what_ecs_refuses(request: Mapping[str, Any]) -> None:
    length = longest_overrides(request)
    if length > OVERRIDES_BYTES:
        raise ValueError(
            f"the command and the environment of {request['jobName']} have {length} characters; "
            f"ECS allows {OVERRIDES_BYTES} as overrides, so the job would fail: give it a "
            "definition with fewer variables"
        )


def _other_containers(
    client: BatchClient, detail: Mapping[str, Any], job_definition: str | None
) -> Mapping[str, Any] | None:
    """Describe another definition, if it has not the several containers of the failed job."""
    had = overridden_containers(detail, str)
    if job_definition is None or had is None:
        return None
    definition = client._definition(job_definition)  # noqa: SLF001  # of the same room
    if definition is None:
        return None
    has = overridden_containers(definition, str) or ()
    return None if {*map(_whose, has)} == {*map(_whose, had)} else definition


def _whose(container: OverriddenContainer) -> tuple[str, str | None, str | None]:
    return container.kind, container.name, container.nodes


def _changed(
    detail: Mapping[str, Any],
    other: Mapping[str, Any] | None,
    *,
    parameters: Mapping[str, str] | None,
    environment: Mapping[str, str] | None,
    command: Sequence[str] | None,
    vcpus: float | None,
    memory_mebibytes: int | None,
) -> dict[str, Any]:
    request = repeat(detail)
    overrides: dict[str, Any] = {}
    if other is not None:  # what is said to containers by name is for those of the failed job
        request = {member: value for member, value in request.items() if member not in OVERRIDES}
    if parameters:
        request["parameters"] = {**request.get("parameters", {}), **parameters}
    if other is not None and environment:
        overrides["environment"] = [{"name": n, "value": v} for n, v in environment.items()]
    elif environment:
        for name, value in environment.items():
            request |= with_variable(request, name, value)
    sizes = [] if vcpus is None else [{"type": SizeType.VCPU, "value": f"{vcpus:g}"}]
    if memory_mebibytes is not None:
        sizes.append({"type": SizeType.MEMORY, "value": str(memory_mebibytes)})
    if sizes:
        overrides["resourceRequirements"] = sizes
    if command is not None:
        overrides["command"] = list(command)
    return joined(request, for_containers(overrides, other or detail)) if overrides else request
