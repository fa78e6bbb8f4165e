"""What jobs used and cost, from what AWS Batch remembers of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_definition_facts import CpuArchitecture, OperatingSystemFamily
from batch_constructs.aws.job_filters import JobFilter
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.prices import FARGATE, FARGATE_LEAST_SECONDS
from batch_constructs.functions.job_events.job_event import Job
from batch_constructs.functions.submission.batch_api import jobs_described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from batch_constructs.functions.job_events.job_size import JobSize

_MILLISECONDS: Final = 1000
_SECONDS_AN_HOUR: Final = 3600
_MIB_A_GIB: Final = 1024
_LINUX: Final = OperatingSystemFamily.LINUX
_TAG: Final = "tag:"
_BEGUN: Final = (JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED)
"""States of a job that may have used something."""

NONE: Final = "-"
"""The group of the jobs that have no such share or tag."""


@dataclass(kw_only=True)
class Usage:
    """What a group of jobs used.

    Attributes:
        jobs: how many jobs ran; each child of an array counts.
        vcpu_hours: vCPUs times hours, all attempts together.
        memory_gib_hours: GiB of memory times hours.
        gpu_hours: GPUs times hours.
        dollars: what the jobs with a price cost.
        unpriced: how many jobs have no price.
    """

    jobs: int = 0
    vcpu_hours: float = 0.0
    memory_gib_hours: float = 0.0
    gpu_hours: float = 0.0
    dollars: float = 0.0
    unpriced: int = 0

    def add(self, size: JobSize, hours: float, dollars: float | None) -> None:
        """Count one job that ran for this long."""
        self.jobs += 1
        self.vcpu_hours += size.vcpus * hours
        self.memory_gib_hours += size.memory_mib / _MIB_A_GIB * hours
        self.gpu_hours += size.gpus * hours
        self.dollars += dollars or 0.0
        self.unpriced += dollars is None


class Groups(dict[str, Usage]):
    """What groups of jobs used, the most expensive first.

    Attributes:
        not_told: how many jobs and children are missing, since AWS Batch lists or counts them and
            does not tell of them.
    """

    not_told: int = 0


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What an hour costs.

    Args:
        vcpu_hour: dollars for an hour of a vCPU on instances, memory included. Default: jobs on
            instances have no price, since Batch does not say on which instance a job ran.
        fargate: CPU architecture → dollars for an hour of a vCPU and of a GiB of memory. Default:
            the prices of Fargate in us-east-1, as of ``batch_constructs.aws.prices.DATE``.
    """

    vcpu_hour: float | None = None
    fargate: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {name: (one.vcpu, one.gib) for name, one in FARGATE.items()}
    )

    def of(
        self, detail: Mapping[str, Any], size: JobSize, seconds: Iterable[float]
    ) -> float | None:
        """Price the attempts of a job that ran so long each; None where there is no price."""
        if PlatformCapability.FARGATE not in (detail.get("platformCapabilities") or ()):
            if self.vcpu_hour is None:
                return None
            return self.vcpu_hour * size.vcpus * sum(seconds) / _SECONDS_AN_HOUR
        system = _runtime_platform(detail)
        price = self.fargate.get(system.get("cpuArchitecture") or CpuArchitecture.X86_64)
        if price is None or system.get("operatingSystemFamily", _LINUX) != _LINUX:
            return None
        vcpu, gib = price
        paid = sum(max(one, FARGATE_LEAST_SECONDS) for one in seconds) / _SECONDS_AN_HOUR
        return paid * (vcpu * size.vcpus + gib * size.memory_mib / _MIB_A_GIB)


def usage(
    batch: Any,
    queues: Sequence[str],
    *,
    since_milliseconds: int,
    now_milliseconds: int,
    by: str,
    prices: Prices,
) -> Groups:
    """Reckon what jobs used, group by group, the dearest first.

    Only reads. AWS Batch forgets jobs some days after their end, so that what is older is missing;
    ``not_told`` of what is returned counts those that are listed and not told of.

    Args:
        batch: a boto3 client of AWS Batch.
        queues: names or ARNs of the queues; one that is given twice counts once.
        since_milliseconds: jobs that were created later count, in milliseconds since 1970.
        now_milliseconds: until when a job counts that still runs.
        by: ``queue``, ``share``, ``definition``, ``job`` or ``tag:KEY``; a job that was submitted
            without the tag counts with that of its definition.
        prices: what an hour costs.

    Raises:
        ValueError: ``by`` is none of these.
    """
    group_of = _grouping(by, batch)
    groups: dict[str, Usage] = defaultdict(Usage)
    telling = _Telling(batch)
    for queue in {queue.rpartition("/")[2]: queue for queue in queues}.values():
        for detail in telling.jobs(queue, since_milliseconds):
            job = Job.of(detail, region="")
            seconds = list(_seconds(job, detail, now_milliseconds))
            if seconds:
                dollars = prices.of(detail, job.size, seconds)
                group = groups[group_of(job)]
                group.add(job.size, sum(seconds) / _SECONDS_AN_HOUR, dollars)
    by_weight = sorted(
        groups.items(), key=lambda one: (-one[1].dollars, -one[1].vcpu_hours, one[0])
    )
    reckoned = Groups(by_weight)
    reckoned.not_told = telling.not_told
    return reckoned


def _grouping(by: str, batch: Any) -> Callable[[Job], str]:
    if by.startswith(_TAG) and by != _TAG:
        return _Tag(by.removeprefix(_TAG), batch).of
    read: dict[str, Callable[[Job], str]] = {
        "queue": lambda job: job.queue,
        "share": lambda job: job.share or NONE,
        "definition": lambda job: job.definition_name,
        "job": lambda job: f"{job.name} {job.id.partition(':')[0]}",
    }
    if by not in read:
        raise ValueError(
            f'by is "{by}"; allowed: queue, share, definition, job and tag:KEY, such as tag:team'
        )
    return read[by]


class _Tag:
    """Reads a tag of jobs: their own, or else that of their definition, as it is billed."""

    def __init__(self, key: str, batch: Any) -> None:
        self._key = key
        self._batch = batch
        self._of_definitions: dict[str, str] = {}

    def of(self, job: Job) -> str:
        own = job.tags.get(self._key)
        return self._of_definition(job.definition_arn) if own is None else own

    def _of_definition(self, arn: str) -> str:
        if arn not in self._of_definitions:
            found = self._batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
            tags = (found[0].get("tags") if found else None) or {}
            self._of_definitions[arn] = tags.get(self._key, NONE)
        return self._of_definitions[arn]


class _Telling:
    """Asks AWS Batch for jobs, and counts those of which it does not tell."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self.not_told = 0

    def jobs(self, queue: str, since_milliseconds: int) -> Iterator[Mapping[str, Any]]:
        """Describe the jobs that run or ran; of an array its children, which are paid for."""
        pages = self._batch.get_paginator("list_jobs").paginate(
            jobQueue=queue,
            filters=[{"name": JobFilter.AFTER_CREATED_AT, "values": [str(since_milliseconds)]}],
        )
        for page in pages:
            listed = [one["jobId"] for one in page["jobSummaryList"]]
            self.not_told += len(set(listed))
            for detail in jobs_described(self._batch, listed):
                self.not_told -= 1
                array = detail.get("arrayProperties") or {}
                if "size" in array and "index" not in array:
                    yield from self._children(detail, array)
                else:
                    yield detail

    def _children(
        self, detail: Mapping[str, Any], array: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Describe the children of an array; those that have not begun are perhaps not there."""
        begun = 0
        children = [f"{detail['jobId']}:{index}" for index in range(array["size"])]
        for child in jobs_described(self._batch, children):
            begun += child["status"] in _BEGUN
            yield {**child, "tags": child.get("tags") or detail.get("tags")}
        counts = array.get("statusSummary") or {}
        counted = sum(counts.get(state, 0) for state in _BEGUN)
        self.not_told += max(0, counted - begun)


def _seconds(job: Job, detail: Mapping[str, Any], now_milliseconds: int) -> Iterator[float]:
    """Yield how long each attempt ran, the one that runs now included."""
    attempts = [one.milliseconds for one in job.attempts]
    started = detail.get("startedAt")
    runs = detail["status"] == JobState.RUNNING
    if started is not None and (runs or not attempts):
        stopped = now_milliseconds if runs else detail.get("stoppedAt", started)
        attempts.append(max(0, stopped - started))
    yield from (one / _MILLISECONDS for one in attempts if one)


def _runtime_platform(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    tasks = (detail.get("ecsProperties") or {}).get("taskProperties") or ()
    for part in (detail.get("container") or {}, *tasks):
        if part.get("runtimePlatform"):
            platform: Mapping[str, Any] = part["runtimePlatform"]
            return platform
    return {}
