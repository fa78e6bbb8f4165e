"""Trials of what retires old revisions of a job definition, as CloudFormation invokes it."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from batch_constructs.functions.claims.outcome import PATIENT
from batch_constructs.functions.revisions import retire
from tests.functions.interleaving import QUEUE, Instance, World, play, refused

_DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/report"
_LIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
_BUSES = ("default", "partner")


def _arn(revision: int) -> str:
    return f"{_DEFINITION}:{revision}"


@dataclass
class _Job:
    queue: str
    revision: int
    status: str

    @property
    def is_live(self) -> bool:
        return self.status in _LIVE


class _Definitions(World):
    """Revisions of a definition, and who names them: jobs, rules and schedules."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.keep = self.rng.randint(1, 2)
        self.active = set(range(1, self.rng.randint(4, 8)))
        self.jobs_of_revisions = [self._job() for _ in range(self.rng.randint(0, 3))]
        self.rules = {bus: self._named() for bus in _BUSES}
        self.schedules = self._named()
        self.deployed = self.rng.choice(sorted(self.active))
        """Where CloudFormation returns to: an old one where deployments failed since."""

    def _job(self) -> _Job:
        """Begin a job that is tried twice, and ends."""
        job = _Job(
            self.rng.choice((QUEUE, f"{QUEUE}2")),
            self.rng.choice(sorted(self.active)),
            self.rng.choice(_LIVE),
        )
        at = self.now
        for status in ("RUNNING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"):
            at += self.rng.choice((0.1, 1.0, 20.0, 400.0))
            self.at(at, partial(setattr, job, "status", status))
        return job

    def _named(self) -> dict[str, int]:
        some = self.rng.sample(sorted(self.active), self.rng.choice((0, 0, 1)))
        return {f"names-{revision}": revision for revision in some}

    @property
    def named(self) -> set[int]:
        return {*self.schedules.values(), *(r for bus in self.rules.values() for r in bus.values())}

    def is_in_use(self, revision: int) -> bool:
        of_a_job = any(j.is_live and j.revision == revision for j in self.jobs_of_revisions)
        return of_a_job or revision in self.named or revision == self.deployed

    def register(self) -> int:
        newest = max(self.active) + 1
        self.active.add(newest)
        return newest

    # -- AWS

    def _batch_describe_job_definitions(self, request: dict[str, Any]) -> Any:
        assert request == {"jobDefinitionName": "report", "status": "ACTIVE"}
        found = [{"revision": one, "jobDefinitionArn": _arn(one)} for one in self.active]
        return {"jobDefinitions": found}

    def _batch_describe_job_queues(self, _: dict[str, Any]) -> Any:
        training = {"jobQueueArn": "training", "jobQueueType": "SAGEMAKER_TRAINING"}
        return {"jobQueues": [training, *({"jobQueueArn": arn} for arn in self.queues)]}

    def _batch_list_jobs(self, request: dict[str, Any]) -> Any:
        assert request["jobQueue"] in self.queues
        found = [
            {"jobDefinition": _arn(job.revision), "status": job.status}
            for job in self.jobs_of_revisions
            if job.queue == request["jobQueue"]
            and (
                request["filters"] == [{"name": "JOB_DEFINITION", "values": [_arn(job.revision)]}]
                if "filters" in request
                else request["jobStatus"] == job.status
            )
        ]
        return {"jobSummaryList": found}

    def _batch_deregister_job_definition(self, request: dict[str, Any]) -> Any:
        revision = int(request["jobDefinition"].removeprefix(f"{_DEFINITION}:"))
        if self.is_in_use(revision):
            self.wrong.append(f"{revision} is in use")
        if revision in sorted(self.active)[-1 - self.keep :]:
            self.wrong.append(f"{revision} is one of the newest")
        if revision not in self.active:  # the worse of what AWS may answer
            raise refused("DeregisterJobDefinition", 400, "ClientException")
        self.active.remove(revision)
        return {}

    def _events_list_event_buses(self, request: dict[str, Any]) -> Any:
        first, last = ({"EventBuses": [{"Name": name}]} for name in _BUSES)
        return last if request else {**first, "NextToken": "more"}

    def _events_list_rules(self, request: dict[str, Any]) -> Any:
        return {"Rules": [{"Name": name} for name in self.rules[request["EventBusName"]]]}

    def _events_list_targets_by_rule(self, request: dict[str, Any]) -> Any:
        revision = self.rules[request["EventBusName"]][request["Rule"]]
        parameters = {"JobDefinition": _arn(revision), "JobName": "other-report:1"}
        return {"Targets": [{"Arn": QUEUE, "BatchParameters": parameters}]}

    def _scheduler_list_schedules(self, _: dict[str, Any]) -> Any:
        target = {"Arn": "arn:aws:scheduler:::aws-sdk:batch:submitJob"}
        other = {"Name": "other", "GroupName": "g", "Target": {"Arn": "arn:aws:lambda:::f"}}
        ours = [{"Name": name, "GroupName": "g", "Target": target} for name in self.schedules]
        bare = {"Name": "bare", "GroupName": "g", "Target": target}  # of somebody who tries
        return {"Schedules": [other, bare, *ours]}

    def _scheduler_get_schedule(self, request: dict[str, Any]) -> Any:
        assert request["GroupName"] == "g"
        if request["Name"] == "bare":
            return {"Target": {}}
        asked = json.dumps({"JobDefinition": f"report:{self.schedules[request['Name']]}"})
        return {"Target": {"Input": asked}}


def old_revisions(seed: int) -> World:
    """What is in use and the newest stay; who does not fail has retired all others."""
    world = _Definitions(seed)
    world.trouble("batch", "events", "scheduler", "cloudformation")
    answers: dict[Instance, dict[str, Any]] = {}

    def answer(request: Any, timeout: float) -> None:
        del timeout
        world.client("cloudformation", patient=False).answer(body=json.loads(request.data))
        answers[world.me()] = json.loads(request.data)

    def client(of: str, config: object) -> Any:
        assert world.me() in answers, "CloudFormation waits"
        return world.client(of, patient=config is PATIENT)

    def work(me: Instance, _: Any, __: str) -> None:
        newest = int(me.works_on)
        used = {one for one in world.active if world.is_in_use(one)}
        retire.handler(_event(_arn(newest), world.keep, _arn(world.deployed)), None)
        assert answers[me]["Status"] == "SUCCESS"
        left = {*sorted(one for one in world.active if one < newest)[: -world.keep]}
        assert left <= used, f"lost {left - used}"

    with (
        patch.object(retire, "boto3", SimpleNamespace(client=client)),
        patch.object(urllib.request, "urlopen", answer),
    ):
        two = (world.register(), world.register())
        play(world, {str(newest): {} for newest in two}, work, seconds=900)
        play(world, {str(world.register()): {}}, work, seconds=900)
    newest = sorted(world.active)[-1 - world.keep :]
    assert world.active == {*newest, world.deployed, *(world.named & world.active)}
    return world


def _event(newest: str, keep: int, before: str) -> dict[str, Any]:
    return {
        "RequestType": "Update",
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "OldRevisions",
        "PhysicalResourceId": "request",
        "ResponseURL": "https://answer",
        "ResourceProperties": {"JobDefinition": newest, "Keep": str(keep)},
        "OldResourceProperties": {"JobDefinition": before, "Keep": str(keep)},
    }
