"""What a submission is checked against, and what its role lacks for it."""

from __future__ import annotations

from batch_constructs.aws.authorization import SUBMIT
from batch_constructs.aws.names import is_arn
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.arn_patterns import HOLE, arn, spelled
from batch_constructs.rules.template.resource_graph import JOB_DEFINITION, JOB_QUEUE, Resource
from batch_constructs.rules.template.submitted_jobs import NAME_PROPERTIES, named
from batch_constructs.rules.template.values import UNKNOWN, Reference, Text, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.access.rights import Rights

_NOUNS: Final = {JOB_QUEUE: "job queue", JOB_DEFINITION: "job definition"}


class Lack(Record):
    """What a submission is denied.

    Attributes:
        what: the queue or the definition, as its author calls it.
        resources: what to allow it on, as a template writes it.
        hindrance: what stands against it where a policy allows it.
    """

    what: str
    resources: list[object]
    hindrance: str


def forms(value: object, type: str, near: Resource) -> list[str]:
    """Spell what a queue or a definition of a submission may be checked against.

    A definition that is given without a revision is looked up by AWS Batch; whether its bare name
    or its newest revision counts is open, so both are given.
    """
    kind = _NOUNS[type].replace(" ", "-")
    written = spelled(value, near.template)
    if ":job-" not in written and not is_arn(written):
        written = arn("batch", f"{kind}/{written}")
    name = written.rpartition("/")[2]
    if type == JOB_QUEUE or ":" in name or HOLE in name:
        return [written]
    return [written, f"{written}:{HOLE}"]


def context(request: Mapping[str, object]) -> dict[str, str | None]:
    """Give the condition keys of AWS Batch's that a request has."""
    share = request.get("ShareIdentifier")
    return {"batch:shareidentifier": share} if share is None or isinstance(share, str) else {}


def lacking(rights: Rights, request: Mapping[str, object], near: Resource) -> list[Lack]:
    """Give what a submission is surely denied with certain rights."""
    found: list[Lack] = []
    keys = context(request)
    for key, type_ in (("JobQueue", JOB_QUEUE), ("JobDefinition", JOB_DEFINITION)):
        value = request.get(key, UNKNOWN)
        wanted = forms(value, type_, near)
        if rights.deny(SUBMIT, *wanted, context=keys):
            hindrance = rights.hindrance(SUBMIT, wanted[0], keys)
            found.append(
                Lack(_called(value, type_, near), _resources(value, type_, near), hindrance)
            )
    return found


def _called(value: object, type: str, near: Resource) -> str:
    """Call a queue or a definition as its author does."""
    target = named(near.template, type, value)
    if target is not None:
        return f"the {_NOUNS[type]} {target.id}"
    name = value.rpartition("/")[2] if isinstance(value, str) else ""
    return f'the {_NOUNS[type]} "{name}"' if name else f"its {_NOUNS[type]}"


def _resources(value: object, type: str, near: Resource) -> list[object]:
    """Write what to allow a submission on."""
    kind = _NOUNS[type].replace(" ", "-")
    target = named(near.template, type, value)
    name = text(target.properties, NAME_PROPERTIES[type]) if target is not None else None
    if isinstance(value, Reference) and (type == JOB_QUEUE or name is None):
        return [missing_statement.written(value)]
    if isinstance(value, str) and name is None:
        if is_arn(value) and type == JOB_QUEUE:
            return [value]
        name = value.rpartition("/")[2].partition(":")[0]
    if name is None:
        return [
            missing_statement.written(value)
            if isinstance(value, Text)
            else missing_statement.arn("batch", f"{kind}/*")
        ]
    tails = [name] if type == JOB_QUEUE else [name, f"{name}:*"]
    return [missing_statement.arn("batch", f"{kind}/{tail}") for tail in tails]
