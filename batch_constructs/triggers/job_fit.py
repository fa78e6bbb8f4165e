"""Whether a job fits the queue and the parameters that it is submitted with.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import checked
from batch_constructs.aws.bound import A_KEY, shown
from batch_constructs.aws.overridden_containers import not_sayable, with_sizes
from batch_constructs.jobs.submitted_containers import containers_of
from batch_constructs.refusal import told
from batch_constructs.rules import check_resource
from batch_constructs.rules.areas.job_on_queue_rules import platform_mismatch
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.resource_graph import (
    JobDefinition,
    JobQueue,
    Template,
)
from batch_constructs.rules.template.submitted_jobs import command_words, placeholders
from batch_constructs.tokens import without_tokens
from batch_constructs.triggers.event_fields import OBJECT_CREATED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.arguments import Arguments, Checked
    from batch_constructs.submission_overrides import Requirements


def check_platform(arguments: Arguments, queue: Any, job_definition: Any) -> None:
    """Note a definition that no environment of the queue takes; only ours are known well enough."""
    seen_queue, seen_job = checked(queue), checked(job_definition)
    if seen_queue is None or seen_job is None:
        return
    template = _template(queue=seen_queue, job=seen_job)
    known_queue, job = template.get("queue"), template.get("job")
    if not isinstance(known_queue, JobQueue) or not isinstance(job, JobDefinition):
        return
    wrong = platform_mismatch(job, known_queue)
    if wrong:
        arguments.wrong_value(
            f"job_definition does not fit the queue: {wrong}, so AWS Batch refuses every "
            "submission: give a definition of the queue's platform, or another queue"
        )


def check_parameters(
    arguments: Arguments, job_definition: Any, parameters: Any, *, command_is_known: bool
) -> None:
    """Note a parameter that the command of a definition of ours never refers to."""
    seen = checked(job_definition)
    if not isinstance(parameters, dict) or seen is None or not command_is_known:
        return
    job = _template(job=seen).get("job")
    if not isinstance(job, JobDefinition) or not all(
        isinstance(word, str) for word in command_words(job)
    ):
        return
    taken = list(dict.fromkeys(name for _, name in placeholders(job)))
    for name, value in parameters.items():
        if name and name not in taken and OBJECT_CREATED_FIELDS.get(name) != value:
            takes = f"it refers to {', '.join(taken)}" if taken else "it refers to none"
            arguments.wrong_value(
                f"{A_KEY}parameters is {shown(name)}, to which the command of the job definition "
                f"does not refer; {takes}: write Ref::{name} in the command, or leave the "
                "parameter out"
            )


def check_sizes(
    view: Arguments, job_definition: Any, requirements: Requirements, *, memory: str
) -> None:
    """Note sizes that a definition of ours could not have.

    ``view`` is that of the overrides, ``memory`` which of their fields says how much of it.
    """
    seen = checked(job_definition)
    if seen is None or not requirements.resources:
        return
    containers = containers_of(job_definition)
    if containers is not None and not_sayable("resourceRequirements", containers):
        return
    overridden = without_tokens(with_sizes(seen.properties, requirements.resources))
    found = check_resource(seen.type, overridden, beside=seen.beside)
    wrong = [one for one in found if _SIZES.search(one.path)]
    for problem in told(wrong, "JobDefinition", overridden):
        own = _OF_A_CONTAINER.sub("", problem)
        view.wrong_value(re.sub(r"^memory\b", memory, own))


_SIZES = re.compile("/(ResourceRequirements|Resources)/")
"""Where a container's sizes are."""

_OF_A_CONTAINER = re.compile(r"^\S+\.(?=(vcpus|memory|gpus)\b)")
"""What a parameter of a container has before its name, and overrides have not."""


def _template(**shown: Checked) -> Template:
    """Show constructs to the rules as a template."""
    resources: dict[str, Mapping[str, object]] = {}
    for id_, one in shown.items():
        resources |= {**one.beside, id_: one.resource}
    return Template(resources, Resolver(resources))
