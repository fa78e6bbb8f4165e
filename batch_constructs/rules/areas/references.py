"""Rules about references that give something else than what is wanted: a name for an ARN, a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.source import api
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_QUEUE, JobQueue
from batch_constructs.rules.template.values import Text, text

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    "environment-by-name",
    JOB_QUEUE,
    severity=Severity.WARNING,
    title="environment of the template given by its name",
    fix="use Ref of the compute environment",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"Compute environments must be in the VALID state before you can associate them with a job'
        ' queue." CloudFormation orders resources by their references.',
    ),
)
def environment_by_name(queue: JobQueue) -> Iterator[Fault]:
    """CloudFormation may make the queue before the environment, and fails."""
    waits = queue.template.raw(queue.id).get("DependsOn")
    for position, entry in queue.order:
        value = entry.get("ComputeEnvironment")
        if not isinstance(value, str | Text):
            continue
        for environment in queue.environments:
            name = text(environment.properties, "ComputeEnvironmentName")
            written = value if isinstance(value, str) else value.pattern
            mine = written.rpartition("/")[2] == name
            if mine and environment.id not in (waits if isinstance(waits, list) else [waits]):
                yield (
                    f"ComputeEnvironmentOrder/{position}/ComputeEnvironment",
                    f"{environment.id} is given by its name, so the queue does not wait for it",
                )
