"""Rules about what a submission has room for."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import overridden_limits, submit_job, tags
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.areas.submitter_rules import SUBMITTERS
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.submitted_jobs import submissions_from
from batch_constructs.rules.template.values import Text, flag, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource
    from batch_constructs.rules.template.values import Properties

_rule = partial(rule, subject=SUBMITTERS)


@_rule(
    "submission-length",
    title="overrides that are longer than ECS allows",
    fix="put long values into the job definition or into S3",
    source=submit_job.OVERRIDES_SOURCE,
)
def submission_length(source: Resource) -> Iterator[Fault]:
    """The submission is accepted, but the job fails."""
    for one in submissions_from(source):
        for way in overridden_limits.CONTAINERS:
            for place, container in one.places.at(way):
                length = submit_job.overrides_length(_least(container))
                if length > submit_job.OVERRIDES_BYTES:
                    most = f"ECS allows {submit_job.OVERRIDES_BYTES} at most"
                    yield (
                        one.at(place.rstrip("/")),
                        f"the overrides have {length} characters; {most}",
                    )


@_rule(
    "submission-payload",
    title="submission that is longer than AWS Batch allows",
    fix="put long values into an S3 object, and pass its key as a parameter",
    source=submit_job.JOB_BYTES_SOURCE,
)
def submission_payload(source: Resource) -> Iterator[Fault]:
    """Every submission is refused. Values known only at submission are not counted."""
    for one in submissions_from(source):
        length = submit_job.job_length(_least(one.request))
        if length > submit_job.JOB_BYTES:
            most = f"AWS Batch allows {submit_job.JOB_BYTES}"
            yield one.path, f"the submission has {length} bytes or more; {most}"


@_rule(
    "propagated-tag-count",
    title="more tags from a job and its definition than a task can have",
    fix="remove tags from one of them, or set PropagateTags to false",
    source=tags.PROPAGATED_SOURCE,
)
def propagated_tag_count(source: Resource) -> Iterator[Fault]:
    """The submission is accepted, but the job fails: its task gets the tags of both."""
    for one in submissions_from(source):
        job = one.definition
        if job is None or not _propagates(one.request, job.properties):
            continue
        together = {*mapping(one.request, "Tags"), *mapping(job.properties, "Tags")}
        if len(together) > tags.COUNT.high:
            said = f"the job and {job.id} have {len(together)} tags together"
            yield one.at("Tags"), f"{said}; a task can have {tags.COUNT.high} at most"


def _propagates(request: Properties, definition: Properties) -> bool:
    said = request if "PropagateTags" in request else definition
    return flag(said, "PropagateTags") is True


_PUT_IN: Final = pattern(r"<[^<>]*>")
"""What an input transformer or a schedule replaces when it submits."""


def _least(value: Any) -> Any:
    """Give the least that a value may turn out to be; nobody knows how long an unknown one is."""
    if isinstance(value, list):
        return [_least(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _least(one) for name, one in value.items()}
    if isinstance(value, Text):
        return _least("".join(part for part in value.parts if isinstance(part, str)))
    if isinstance(value, str):
        return _PUT_IN.sub("", value)
    return value if isinstance(value, int | float) else ""
