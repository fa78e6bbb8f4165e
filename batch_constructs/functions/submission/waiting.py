"""What a job waited for that failed since another one was lost, and what it waits for instead.

Of all functions that rescue jobs one sees to such a job: the one of the queue that lost what it
waited for, whatever queue it waits in itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import CAPACITY_LOST, DEPENDENCY_FAILED, JobState
from batch_constructs.aws.submit_job import DEPENDENCIES, ArrayDependency

from .repeat import MOST_RESCUES, rescues_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .submit import Submitter

FAILED, _N_TO_N = JobState.FAILED, ArrayDependency.N_TO_N
_Job = dict[str, Any]


class NotYetError(Exception):
    """What a job waits for is not there yet; the same event again, later, finds it."""


class LeftToPeopleError(Exception):
    """A job that waited for a lost one and that no function can submit again; says why."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A job that failed with one that it waited for; ``spot_queue`` is the ARN of our queue."""

    by: Submitter
    job: Mapping[str, Any]
    spot_queue: str
    request: Callable[[Mapping[str, Any]], dict[str, Any] | None]
    """Builds the request that runs a lost job again."""

    _listed: dict[str, list[_Job]] = field(default_factory=dict)
    """The failed children of arrays that were listed, by the array's ID."""

    def dependencies(self) -> list[dict[str, str]] | None:
        """Say what it waits for when it runs again; None where that is not ours to do.

        Raises:
            NotYetError: one that it waits for was lost and is not submitted again yet.
            LeftToPeopleError: AWS Batch cannot be told what it waits for.
        """
        if self._fails_as_a_whole():
            return None  # its array has an event of its own
        wanted = self._wanted(self.job)
        known = {job["jobId"]: job for job in self._described(each["jobId"] for each in wanted)}
        plain = [each["jobId"] for each in wanted if each.get("type") != _N_TO_N]
        failed = [known[one] for one in plain if known.get(one, {}).get("status") == FAILED]
        if not failed:
            self._refuse_silence(plain, known)
            return None
        losers = self._losers(failed)
        if losers is None:
            return None  # what it waited for failed of its own
        if losers != {self.spot_queue}:
            if self.spot_queue != min(losers):
                return None  # another function sees to it, or says so
            raise LeftToPeopleError(
                f"job {self.job['jobId']} waited for jobs that {', '.join(sorted(losers))} lost; "
                "each queue's rescue only knows its own jobs: submit it again yourself, to wait "
                "for what runs instead of them"
            )
        found: dict[str, dict[str, str]] = {}
        asked = {each["jobId"]: each for each in wanted}
        for job in self._to_wait_for(known[one] for one in asked if one in known):
            instead = self._instead_of(job)
            found[instead] = asked.get(instead, {"jobId": instead})
        one_by_one = [each for each in self.job.get("dependsOn") or () if "jobId" not in each]
        return [*found.values(), *(one_by_one if is_array(self.job) else [])]

    def _wanted(self, job: Mapping[str, Any]) -> list[dict[str, str]]:
        """Name what a job waits for; of an array's child, what it waits for child by child."""
        parent, _, index = job["jobId"].partition(":")
        given = job.get("dependsOn") or []
        if not index:
            return [dict(each) for each in given if "jobId" in each]
        if not given:  # AWS publishes no sample of the event of a child
            given = self._given_to(parent)
        wanted = []
        for each in given:
            other = each.get("jobId")
            if other is None:  # one by one
                if int(index) > 0:
                    wanted.append({"jobId": f"{parent}:{int(index) - 1}"})
            elif ":" in other:
                wanted.append({"jobId": other})
            elif each.get("type") == _N_TO_N:
                wanted.append({"jobId": f"{other}:{index}"})
        return wanted

    def _refuse_silence(self, plain: Sequence[str], known: Mapping[str, _Job]) -> None:
        """Say so where it cannot be seen with which job this one failed."""
        ours = self.job["jobQueue"] == self.spot_queue
        forgotten = any(one not in known for one in plain)
        if not plain:
            of_its_array = ":" in self.job["jobId"] or bool(self.job.get("dependsOn"))
            forgotten = ours and not of_its_array
        if forgotten:
            raise LeftToPeopleError(
                f"job {self.job['jobId']} failed with one that it waited for, and AWS Batch no "
                "longer says with which; check, and submit it again yourself"
            )
        if any(ours or known[one]["jobQueue"] == self.spot_queue for one in plain):
            raise NotYetError(
                f"AWS Batch does not say yet with which job {self.job['jobId']} failed"
            )

    def _fails_as_a_whole(self) -> bool:
        """Whether a child failed since its whole array did."""
        parent, _, index = self.job["jobId"].partition(":")
        given = self.job.get("dependsOn") or self._given_to(parent) if index else []
        whole = [
            each["jobId"]
            for each in given
            if "jobId" in each and ":" not in each["jobId"] and each.get("type") != _N_TO_N
        ]
        return any(job["status"] == FAILED for job in self._described(whole))

    def _given_to(self, job_id: str) -> list[dict[str, str]]:
        return [each for job in self._described([job_id]) for each in job.get("dependsOn", ())]

    def _losers(self, failed: Iterable[Mapping[str, Any]]) -> set[str] | None:
        """Name the queues that lost the jobs these failed with; None: some were their own."""
        found: set[str] = set()
        for job in failed:
            if is_lost(job):
                losers = {job["jobQueue"]} if rescues_of(job) < MOST_RESCUES else None
            elif failed_with_another(job):
                before = self._described(each["jobId"] for each in self._wanted(job))
                losers = self._losers(one for one in before if one["status"] == FAILED)
            elif is_array(job):
                losers = self._losers(self._some_failed_children(job))
            else:
                losers = None
            if not losers:
                return None
            found |= losers
        return found

    def _to_wait_for(self, jobs: Iterable[_Job]) -> list[_Job]:
        """Name the jobs that these come down to: what goes on, and what failed.

        Raises:
            LeftToPeopleError: they are more than AWS Batch takes; none of them is looked up.
            NotYetError: AWS Batch lists some and does not tell of them.
        """
        found: dict[str, _Job] = {}
        children: list[str] = []
        for job in jobs:
            if job["status"] == FAILED and is_array(job) and not failed_with_another(job):
                listed = {child["jobId"]: child for child in self._failed_children(job)}
                children += listed
                found |= listed
            elif job["status"] != JobState.SUCCEEDED:
                found[job["jobId"]] = job
        if not DEPENDENCIES.admits(len(found)):
            raise LeftToPeopleError(
                f"job {self.job['jobId']} would have to wait for {len(found)} jobs, but AWS "
                f"Batch allows {DEPENDENCIES.high}; submit it again yourself when they have ended"
            )
        told_of = {child["jobId"]: child for child in self._described(children)}
        for untold in (child for child in children if child not in told_of):
            raise NotYetError(f"AWS Batch lists {untold} and does not describe it")
        return [*(found | told_of).values()]

    def _instead_of(self, job: Mapping[str, Any]) -> str:
        """Name what runs instead of a job that failed, or the job."""
        if job["status"] != FAILED:
            return str(job["jobId"])
        identity, request = ("rescue", job["jobQueue"], job["jobId"]), self.request(job)
        again = None if request is None else self.by.submitted(*identity, request=request)
        if again is None:
            raise NotYetError(f"{job['jobId']} was lost and is not submitted again yet")
        return again

    def _failed_children(self, array: Mapping[str, Any]) -> list[_Job]:
        """List the children of an array that failed, once."""
        if array["jobId"] not in self._listed:
            self._listed[array["jobId"]] = self.by.batch_api.failed_children(array["jobId"])
        return self._listed[array["jobId"]]

    def _some_failed_children(self, array: Mapping[str, Any]) -> list[_Job]:
        """Tell of no more children than AWS takes to wait for, those that were not lost first.

        What waits for more is left to people; of so many it is enough to know who lost some, and
        of one that failed of its own, of which the list says so.
        """
        suspects_first = sorted(
            self._failed_children(array),
            key=lambda child: is_lost(child) or failed_with_another(child),
        )
        return self._described(child["jobId"] for child in suspects_first[: DEPENDENCIES.high])

    def _described(self, ids: Iterable[str]) -> list[_Job]:
        return self.by.batch_api.described(list(ids))


def is_array(job: Mapping[str, Any]) -> bool:
    """Whether a job is an array as a whole."""
    return "size" in job.get("arrayProperties", {}) and ":" not in job["jobId"]


def is_lost(job: Mapping[str, Any]) -> bool:
    """Whether a failed job lost its host, or Fargate Spot took it back."""
    return str(job.get("statusReason") or "").startswith(CAPACITY_LOST)


def failed_with_another(job: Mapping[str, Any]) -> bool:
    """Whether a failed job never ran, since one that it waited for failed."""
    return str(job.get("statusReason") or "").startswith(DEPENDENCY_FAILED)
