"""Hold queues or compute environments back while a budget is spent.

What the guard did stands in a tag on the thing it did it to: people see it there, and the guard
undoes only what it did itself. It compares what is with what should be at every run, so a deploy in
between neither breaks it nor is undone by it.

Environment: ``NAMESPACE``, ``QUEUES`` and ``COMPUTE_ENVIRONMENTS`` (ARNs separated by commas),
``VCPU_HOURS``, ``PERIOD``, ``WARN_AT_PERCENT``, ``ACTION`` (``NOTIFY``, ``DISABLE_QUEUES`` or
``LOWER_MAX_VCPUS``), ``LOWERED_MAX_VCPUS``, ``TOPIC_ARN``, ``BUDGET`` (how people call it).
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from .budget import Budget, Level, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTE = "batch-constructs:cost-guard"
"""The tag that says what the guard did."""
_log = logging.getLogger()
_log.setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One budget, and what it holds back. ``batch`` and ``sns`` are boto3 clients."""

    batch: Any
    sns: Any
    usage: Usage
    budget: Budget
    called: str
    """How people call the budget, such as ``500 vCPU-hours a day``."""
    topic_arn: str
    queues: Sequence[str]
    environments: Sequence[str]
    action: str
    lowered_max_vcpus: int

    def run(self, now: datetime) -> Level:
        """Compare, tell, and hold back or let go; return how far the budget is used up."""
        queues = self.batch.describe_job_queues(jobQueues=list(self.queues))["jobQueues"]
        names = [queue["jobQueueName"] for queue in queues]
        used = self.usage.vcpu_hours(names, start=self.budget.start(now), now=now)
        period = self.budget.label(now)
        noted = max((_noted(queue, period) for queue in queues), default=Level.FINE)
        level = max(self.budget.level(used), noted)
        if level > noted:
            self._tell(level, used, period, names)
        for queue in queues:
            self._keep(queue, level, period)
        if self.action == "LOWER_MAX_VCPUS":
            self._limit_environments(level)
        return level

    def _keep(self, queue: Mapping[str, Any], level: Level, period: str) -> None:
        """Bring one queue and its note to where ``level`` wants them."""
        arn, note = queue["jobQueueArn"], (queue.get("tags") or {}).get(NOTE, "")
        disabled_here = note.endswith("disabled")
        disable = level is Level.OVER and self.action == "DISABLE_QUEUES"
        if disable and queue["state"] == "ENABLED":
            self.batch.tag_resource(resourceArn=arn, tags={NOTE: f"{period} OVER disabled"})
            self.batch.update_job_queue(jobQueue=arn, state="DISABLED")
            return
        if disabled_here and not disable:
            self.batch.update_job_queue(jobQueue=arn, state="ENABLED")
        wanted = f"{period} {level.name}" + (" disabled" if disable and disabled_here else "")
        if level is Level.FINE and note:
            self.batch.untag_resource(resourceArn=arn, tagKeys=[NOTE])
        elif level is not Level.FINE and note != wanted:
            self.batch.tag_resource(resourceArn=arn, tags={NOTE: wanted})

    def _limit_environments(self, level: Level) -> None:
        described = self.batch.describe_compute_environments(
            computeEnvironments=list(self.environments)
        )["computeEnvironments"]
        for environment in described:
            arn = environment["computeEnvironmentArn"]
            is_now = environment["computeResources"]["maxvCpus"]
            note = (environment.get("tags") or {}).get(NOTE)
            if level is Level.OVER and is_now > self.lowered_max_vcpus:
                self.batch.tag_resource(resourceArn=arn, tags={NOTE: f"maxvCpus was {is_now}"})
                self._set_max_vcpus(arn, self.lowered_max_vcpus)
            elif level is not Level.OVER and note is not None:
                if is_now == self.lowered_max_vcpus:
                    self._set_max_vcpus(arn, int(note.rpartition(" ")[2]))
                self.batch.untag_resource(resourceArn=arn, tagKeys=[NOTE])

    def _set_max_vcpus(self, environment: str, max_vcpus: int) -> None:
        self.batch.update_compute_environment(
            computeEnvironment=environment, computeResources={"maxvCpus": max_vcpus}
        )

    def _tell(self, level: Level, used: float, period: str, queues: Sequence[str]) -> None:
        spent = "is spent" if level is Level.OVER else f"is {self._percent(used)} % spent"
        subject = f"Batch budget of {self.called} {spent}"
        done = {
            "DISABLE_QUEUES": "The queues take no new jobs until the next period; "
            "jobs already in them run to their end.",
            "LOWER_MAX_VCPUS": f"The compute environments are lowered to {self.lowered_max_vcpus} "
            "vCPUs until the next period; jobs that run keep running.",
        }
        lines = [
            f"{used:.1f} of {self.budget.vcpu_hours:g} vCPU-hours used in {period} (UTC).",
            f"Queues: {', '.join(queues)}",
        ]
        if level is Level.OVER and self.action in done:
            lines.append(done[self.action])
        _log.info("%s: %s", subject, lines[0])
        self.sns.publish(
            TopicArn=self.topic_arn, Subject=subject[:100], Message="\n".join([subject, "", *lines])
        )

    def _percent(self, used: float) -> int:
        return int(used / self.budget.vcpu_hours * 100)


def _noted(queue: Mapping[str, Any], period: str) -> Level:
    """Read the level that the guard noted for this period."""
    said = (queue.get("tags") or {}).get(NOTE, "").split(" ")
    return Level[said[1]] if said[0] == period else Level.FINE


@cache
def _guard() -> Guard:
    environment = os.environ
    return Guard(
        batch=boto3.client("batch"),
        sns=boto3.client("sns"),
        usage=Usage(cloudwatch=boto3.client("cloudwatch"), namespace=environment["NAMESPACE"]),
        budget=Budget(
            vcpu_hours=float(environment["VCPU_HOURS"]),
            period=environment["PERIOD"],
            warn_at_percent=float(environment["WARN_AT_PERCENT"]),
        ),
        called=environment["BUDGET"],
        topic_arn=environment["TOPIC_ARN"],
        queues=environment["QUEUES"].split(","),
        environments=[arn for arn in environment["COMPUTE_ENVIRONMENTS"].split(",") if arn],
        action=environment["ACTION"],
        lowered_max_vcpus=int(environment["LOWERED_MAX_VCPUS"]),
    )


def handler(event: object, context: Any) -> None:
    """Run once."""
    del event, context
    _guard().run(datetime.now(UTC))
