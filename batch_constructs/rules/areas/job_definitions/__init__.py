"""Rules about job definitions, a module for each part of one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.old_limits import Limit, below
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JobDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.values import Properties

job_rule = partial(rule, subject=JOB_DEFINITION)
"""Register a rule about job definitions."""

job_limit = partial(Limit, subject=JOB_DEFINITION)
"""Register a rule of one sentence about job definitions."""


def every_container(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    """Look at every ECS container."""
    for container in job.containers:
        yield f"{container.path}/", container.properties


def every_task(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    """Look at every ECS task."""
    for task in job.tasks:
        yield f"{task.path}/", task.properties


def every_pod(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    """Look at every pod."""
    for pod in job.pods:
        yield f"{pod.path}/", pod.properties


in_containers: Final = partial(below, every_container)
in_tasks: Final = partial(below, every_task)
in_pods: Final = partial(below, every_pod)
