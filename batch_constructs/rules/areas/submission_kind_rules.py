"""Rules about what only some kinds of jobs take of a submission: arrays, and each its override."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import submit_job
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas.submitter_rules import SUBMITTERS
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.submitted_jobs import submissions_from
from batch_constructs.rules.template.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import JobDefinition, Resource

AREA: Final = "submission_kind"
_rule = partial(rule, subject=SUBMITTERS)


@_rule(
    "override-kind",
    title="override for another kind of job",
    fix="use the override that goes with the job definition",
    source=submit_job.OVERRIDES_OF_KINDS_SOURCE,
)
def override_kind(source: Resource) -> Iterator[Fault]:
    """Every submission is refused."""
    for one in submissions_from(source):
        job = one.definition
        properties = _properties(job) if job is not None else None
        if job is None or properties is None:
            continue
        taken = submit_job.OVERRIDES[properties]
        for key in submit_job.ALL_OVERRIDES:
            if key in one.request and key not in taken:
                message = f"{key} is set, but {job.id} has {properties}"
                yield one.path, message, f"use {taken[0]}"


def _properties(job: JobDefinition) -> str | None:
    """Give the property of a definition that says what its kind is; None where nobody knows."""
    held = [name for name in submit_job.OVERRIDES if name in job.properties]
    known = [name for name in held if job.properties[name] is not UNKNOWN]
    return known[0] if len(held) == len(known) == 1 else None


@_rule(
    "multi-node-array",
    title="array of multi-node jobs",
    fix="remove ArrayProperties, and submit each job separately",
    source=submit_job.MULTI_NODE_ARRAY_SOURCE,
)
def multi_node_array(source: Resource) -> Iterator[Fault]:
    """Every submission is refused."""
    for one in submissions_from(source):
        job = one.definition
        size = one.request.get("ArrayProperties")
        if job is not None and job.is_multi_node and isinstance(size, dict) and size:
            yield one.at("ArrayProperties"), f"an array is submitted, but {job.id} is multi-node"
