"""``local drill``: let go wrong what goes wrong in AWS while jobs are under way; say what was lost.

A changed revision of each job definition is deployed, the hosts of running jobs are taken away,
then all that is left of them at once; what has failed is redriven.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.execution_events import RUNNING, SUCCEEDED
from batch_constructs.aws.job_states import FINAL, UNFINISHED, JobState
from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE
from batch_constructs.aws.template_facts import STACK_COMPLETE
from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from batch_constructs.local.clients import Clients
    from batch_constructs.local.direct_deployment import DirectDeployment

_JOB_DEFINITION = "AWS::Batch::JobDefinition"
_LOOK_AGAIN_SECONDS = 0.2
_SOON_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class DrillReport:
    """What a drill came to.

    Args:
        jobs: how many jobs there were.
        retried: those of them that lost an attempt, and came through by their retry strategies.
        redriven: those that had failed, and came through when they were submitted again.
        workflows: how many executions of state machines there were.
        lost: what did not come through, a line each, with why.
    """

    jobs: int
    retried: int
    redriven: int
    workflows: int
    lost: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield what is to be printed."""
        yield f"{self.jobs} jobs, {self.workflows} workflows were in progress"
        yield f"{self.retried} jobs lost an attempt and were retried"
        yield f"{self.redriven} jobs failed, and succeeded when they were redriven"
        yield "nothing was lost" if not self.lost else f"{len(self.lost)} lost:"
        yield from (f"  {line}" for line in self.lost)


class Drill:
    """A drill on the stacks that are deployed, and on the jobs that are under way.

    Args:
        clients: of the embedded AWS.
        deployment: deploys changed templates.
        control: does what AWS has no API for.
        directory: where templates are written.
        show: is given a line on each step.
        timeout_seconds: how long jobs and workflows may take to come to their ends.
    """

    def __init__(
        self,
        clients: Clients,
        deployment: DirectDeployment,
        *,
        control: Callable[[str, Mapping[str, Any]], object],
        directory: Path,
        show: Callable[[str], None],
        timeout_seconds: float,
    ) -> None:
        self._clients = clients
        self._batch = clients.client("batch")
        self._machines = clients.client("stepfunctions")
        self._deployment = deployment
        self._control = control
        self._directory = directory
        self._show = show
        self._timeout_seconds = timeout_seconds

    def run(self) -> DrillReport:
        """Let it all go wrong, wait for the ends, and report.

        Raises:
            LocalAwsError: nothing is under way.
        """
        began = {job["jobId"] for job in self._jobs(UNFINISHED)}
        executions = [
            execution["executionArn"]
            for machine in self._machines.list_state_machines()["stateMachines"]
            for execution in self._machines.list_executions(
                stateMachineArn=machine["stateMachineArn"], statusFilter=RUNNING
            )["executions"]
        ]
        if not began and not executions:
            raise LocalAwsError(
                "nothing is running: submit jobs, or start a workflow, and start the drill "
                "while they run"
            )
        ended_before = {job["jobId"] for job in self._jobs(FINAL)}
        originals = dict(self._templates())
        self._revise(originals)
        self._reclaim()
        self._restart()
        unfinished = self._wait(executions)
        jobs = self._described(
            {job["jobId"] for job in self._jobs(tuple(JobState))} - ended_before | began
        )
        redriven, lost = self._redrive(job for job in jobs if job["status"] == JobState.FAILED)
        self._put_back(originals)
        known = {job["jobId"] for job in jobs}
        return DrillReport(
            jobs=len(jobs),
            retried=sum(any(map(_was_retried, self._family(job))) for job in jobs),
            redriven=redriven,
            workflows=len(executions),
            lost=(
                *(f"job {job_id} is no longer known" for job_id in sorted(began - known)),
                *unfinished,
                *lost,
                *self._lost_executions(executions),
            ),
        )

    def _jobs(self, states: Sequence[JobState]) -> Iterator[dict[str, Any]]:
        pages = self._batch.get_paginator("list_jobs")
        for queue in self._batch.describe_job_queues()["jobQueues"]:
            for state in states:
                arn = queue["jobQueueArn"]
                for page in pages.paginate(jobQueue=arn, jobStatus=state.value):
                    yield from page["jobSummaryList"]

    def _described(self, job_ids: set[str]) -> list[dict[str, Any]]:
        ids = sorted(job_ids)
        return [
            job
            for start in range(0, len(ids), DESCRIBED_AT_ONCE)
            for job in self._batch.describe_jobs(jobs=ids[start : start + DESCRIBED_AT_ONCE])[
                "jobs"
            ]
        ]

    def _family(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what has attempts of a job: itself, or the children of an array."""
        size = job.get("arrayProperties", {}).get("size", 0)
        return self._described({f"{job['jobId']}:{n}" for n in range(size)}) if size else [job]

    def _templates(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the stacks that have job definitions, each with its template."""
        from batch_constructs.rules.template.template_files import document

        cloudformation = self._clients.client("cloudformation")
        for stack in cloudformation.describe_stacks()["Stacks"]:
            if stack["StackStatus"] in STACK_COMPLETE:
                body = cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"]
                template: Any = document(body).template if isinstance(body, str) else body
                kinds = [resource["Type"] for resource in template["Resources"].values()]
                if _JOB_DEFINITION in kinds:
                    yield stack["StackName"], template

    def _revise(self, originals: Mapping[str, dict[str, Any]]) -> None:
        for name, template in originals.items():
            changed = json.loads(json.dumps(template))
            for resource in changed["Resources"].values():
                if resource["Type"] == _JOB_DEFINITION:
                    resource["Properties"].setdefault("Parameters", {})["drill"] = "changed"
            self._deploy(name, changed)
            self._show(f"{name}: new revisions of its job definitions are deployed")

    def _put_back(self, originals: Mapping[str, dict[str, Any]]) -> None:
        for name, template in originals.items():
            self._deploy(name, template)

    def _deploy(self, name: str, template: dict[str, Any]) -> None:
        path = self._directory / f"drill-{name}.template.json"
        path.write_text(json.dumps(template))
        self._deployment.deploy(name, path, None)

    def _running(self) -> list[str]:
        """Return the jobs that run, children of arrays each by itself; waits for some."""
        deadline = time.monotonic() + _SOON_SECONDS
        while True:
            found = [job["jobId"] for job in self._jobs([JobState.RUNNING])]
            for parent in self._jobs([JobState.PENDING]):
                if parent.get("arrayProperties", {}).get("size"):
                    children = self._batch.list_jobs(arrayJobId=parent["jobId"])
                    found += [child["jobId"] for child in children["jobSummaryList"]]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _reclaim(self) -> None:
        reclaimed = 0
        for job_id in self._running():
            with suppress(LocalAwsError):  # it has ended meanwhile
                self._control("reclaim", {"jobId": job_id})
                reclaimed += 1
        self._show(f"the hosts of {reclaimed} running jobs were reclaimed")

    def _restart(self) -> None:
        running = self._running()
        self._control("restart", {})
        self._show(f"the service was restarted, with {len(running)} jobs running")

    def _wait(self, executions: Sequence[str]) -> list[str]:
        """Wait until all has ended; return what has not, a line each."""
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            jobs = [f"job {job['jobId']} is {job['status']}" for job in self._jobs(UNFINISHED)]
            running = [
                f"workflow {arn} is RUNNING"
                for arn in executions
                if self._machines.describe_execution(executionArn=arn)["status"] == RUNNING
            ]
            if not jobs and not running:
                return []
            if time.monotonic() > deadline:
                return [
                    f"{line} after {self._timeout_seconds:g} seconds" for line in [*jobs, *running]
                ]
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _redrive(self, failed: Iterator[dict[str, Any]]) -> tuple[int, list[str]]:
        """Redrive what has failed; return how many came through, and what did not."""
        from batch_constructs.client.batch_client import BatchClient
        from batch_constructs.client.redrive import redrive

        client, again = BatchClient(self._clients), {}
        lost, redriven = [], 0
        for job in failed:
            definition = job["jobDefinition"].rpartition(":")[0]
            try:
                again[job["jobId"]] = redrive(client, job["jobId"], job_definition=definition)
            except (ValueError, LookupError) as problem:
                lost.append(f"job {job['jobId']} cannot be redriven: {problem}")
        self._wait([])
        for job_id, ids in again.items():
            bad = [job for job in self._described(set(ids)) if job["status"] != JobState.SUCCEEDED]
            redriven += not bad
            lost += [
                f"job {job_id} failed, and so did {one['jobId']}: {one.get('statusReason', '')}"
                for one in bad[:1]
            ]
        return redriven, lost

    def _lost_executions(self, executions: Sequence[str]) -> Iterator[str]:
        for arn in executions:
            found = self._machines.describe_execution(executionArn=arn)
            if found["status"] not in (SUCCEEDED, RUNNING):
                why = found.get("cause", found.get("error", ""))
                yield f"workflow {arn} is {found['status']}: {why}"


def _was_retried(job: Mapping[str, Any]) -> bool:
    return job["status"] == JobState.SUCCEEDED and len(job.get("attempts", ())) > 1
