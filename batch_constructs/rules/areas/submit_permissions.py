"""Rules about who may submit jobs, and to what."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.iam import TRUST, role_value, untrusted
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    JOB_DEFINITION,
    JOB_QUEUE,
    Resource,
)
from batch_constructs.rules.template.role_policies import (
    ROLE,
    literal,
    permissions,
    refers_to,
    role_of,
)
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    FUNCTION,
    PIPE,
    SCHEDULE,
    STATE_MACHINE,
    submissions,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    Reference,
    mapping,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "submit_permissions"
_rule = partial(rule, area=AREA)


def _definition_tails(values: list[object], role: Resource) -> list[str] | None:
    """Give the part after job-definition/ of each resource; None if one may be anything."""
    tails: list[str] = []
    for value in values:
        if value == "*":
            return None
        kind = refers_to(value, role.template, JOB_DEFINITION, "job-definition")
        if kind is False:
            continue
        written = literal(value)
        if isinstance(value, Reference) or written is None:
            target = role.template.target(value, JOB_DEFINITION)
            name = text(target.properties, "JobDefinitionName") if target is not None else None
            if name is None:
                return None
            tails.append(f"{name}:1")
            continue
        if ":job-definition/" not in written:
            return None
        tails.append(written.partition(":job-definition/")[2].replace("\0", "*"))
    return tails


@_rule(
    "submit-resources",
    ROLE,
    severity=Severity.WARNING,
    title="permission to submit that lacks the queue or the definition",
    fix="name both the ARN of the job queue and the ARNs of the job definition",
    source='User Guide, Restrict to job queue: "When scoping resource-level access for job'
    " submission, you must"
    ' provide both job queue and job definition resource types."; SubmitJobRequest.jobQueue',
)
def submit_resources(role: Resource) -> Iterator[Fault]:
    """SubmitJob is checked against both; with one of them every submission is denied."""
    allowed = permissions(role)
    resources = [
        resource
        for one in allowed.statements
        if one.allows and one.covers("batch:SubmitJob")
        for resource in one.resources
    ]
    if not resources or not allowed.complete:
        return
    for type_, noun, what in (
        (JOB_QUEUE, "job-queue", "job queue"),
        (JOB_DEFINITION, "job-definition", "job definition"),
    ):
        kinds = [refers_to(value, role.template, type_, noun) for value in resources]
        if all(kind is False for kind in kinds):
            yield "Policies", f"batch:SubmitJob is allowed on no {what}; both are needed"


@_rule(
    "submit-revision",
    ROLE,
    severity=Severity.WARNING,
    title="permission for revisions, submission by name",
    fix="allow job-definition/name as well as job-definition/name:*",
    source="SubmitJobRequest.jobDefinition: name, name:revision or ARN; a bare name is authorized"
    " as"
    " job-definition/name, which job-definition/name:* does not match",
)
def submit_revision(role: Resource) -> Iterator[Fault]:
    """A submission by name is denied where only revisions are allowed, and the other way round."""
    allowed = permissions(role)
    if not allowed.complete:
        return
    values = [
        resource
        for one in allowed.statements
        if one.allows and one.covers("batch:SubmitJob")
        for resource in one.resources
    ]
    tails = _definition_tails(values, role)
    if not tails:
        return
    for wanted in dict.fromkeys(_requested(role)):
        if not any(fnmatchcase(wanted, tail) for tail in tails):
            form = "by name" if ":" not in wanted else "by revision"
            yield (
                "Policies",
                f'jobs are submitted {form} ("{show(wanted)}"), allowed is {one_of(tails)}',
            )


def _requested(role: Resource) -> Iterator[str]:
    """Give the definitions that are submitted with a role, as name or name:revision."""
    template = role.template
    for one in submissions(template):
        if role_of(role, role_value(one.source, one.path)) is role:
            yield from _as_requested(role, one.request.get("JobDefinition"))
    for function in template.all(FUNCTION):
        if role_of(role, function.properties.get("Role")) is role:
            variables = mapping(mapping(function.properties, "Environment"), "Variables")
            for value in variables.values():
                names = {
                    text(job.properties, "JobDefinitionName")
                    for job in template.all(JOB_DEFINITION)
                }
                target = template.target(value, JOB_DEFINITION)
                if target is not None or (isinstance(value, str) and value in names):
                    yield from _as_requested(role, value)


def _as_requested(role: Resource, value: object) -> Iterator[str]:
    target = role.template.target(value, JOB_DEFINITION)
    if target is not None and isinstance(value, Reference):
        name = text(target.properties, "JobDefinitionName")
        if name is not None:
            yield f"{name}:1"
        return
    written = literal(value)
    if written is None or "\0" in written.rpartition("/")[2]:
        return
    yield written.rpartition("/")[2]


@_rule(
    "submitter-permission",
    (EVENT_RULE, SCHEDULE, PIPE, STATE_MACHINE, FUNCTION),
    severity=Severity.WARNING,
    title="submitter whose role may not submit",
    fix="allow the role batch:SubmitJob on the queue and the definition",
    source="User Guide, EventBridge IAM role: batch:SubmitJob; SubmitJobRequest.jobQueue",
)
def submitter_permission(source: Resource) -> Iterator[Fault]:
    """Every submission is denied."""
    seen: set[str] = set()
    if source.type == FUNCTION:
        role = role_of(source, source.properties.get("Role"))
        variables = mapping(mapping(source.properties, "Environment"), "Variables")
        knows = {
            found.type
            for value in variables.values()
            if (found := source.neighbour(value)) is not None
        }
        submits = {JOB_QUEUE, JOB_DEFINITION} <= knows
        if submits and role is not None and not permissions(role).may("batch:SubmitJob"):
            yield "Role", f"{role.id} does not allow batch:SubmitJob"
    for submission in submissions_from(source):
        role = role_of(source, role_value(source, submission.path))
        if role is None or role.id in seen:
            continue
        seen.add(role.id)
        allowed = permissions(role)
        if not allowed.may("batch:SubmitJob"):
            yield submission.path, f"{role.id} does not allow batch:SubmitJob"


_SERVICES: Final = {
    EVENT_RULE: "events",
    SCHEDULE: "scheduler",
    PIPE: "pipes",
    STATE_MACHINE: "states",
}


@_rule(
    "submitter-trust",
    tuple(_SERVICES),
    title="role that the submitter may not assume",
    fix=TRUST,
    source="User Guide, EventBridge IAM role: a trust policy for events.amazonaws.com; the same for"
    " scheduler, pipes and states; SubmitJobRequest.jobName",
)
def submitter_trust(source: Resource) -> Iterator[Fault]:
    """Each service assumes the role that it is given."""
    seen: set[str] = set()
    for submission in submissions_from(source):
        value = role_value(source, submission.path)
        message = untrusted(source, value, _SERVICES[source.type])
        if message and message not in seen:
            seen.add(message)
            yield submission.path, message
