"""Rules about who may submit jobs, and to what."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.authorization import (
    SUBMIT_BOTH_SOURCE,
    SUBMIT_REVISION_SOURCE,
)
from batch_constructs.aws.service_principals import SUBMITTER_ROLES
from batch_constructs.aws.source import docs, guide
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JOB_QUEUE, Resource
from batch_constructs.rules.template.role_policies import (
    ROLE,
    TRUST,
    literal,
    permissions,
    refers_to,
    role_of,
    untrusted,
)
from batch_constructs.rules.template.submitted_jobs import (
    FUNCTION,
    STATE_MACHINE,
    batch_tasks,
    submissions,
    submissions_from,
    variables_of,
)
from batch_constructs.rules.template.values import Reference, one_of, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "submit_permissions"
_rule = partial(rule, area=AREA)
_warning = partial(_rule, severity=Severity.WARNING)
_SUBMIT: Final = "batch:SubmitJob"
_FIX: Final = "allow it on the queue, job-definition/NAME, job-definition/NAME:* and job/*"


@_warning(
    "submit-resources",
    ROLE,
    title="permission to submit that lacks the queue or the definition",
    fix=_FIX,
    source=SUBMIT_BOTH_SOURCE,
)
def submit_resources(role: Resource) -> Iterator[Fault]:
    """Every submission is denied.

    The service authorization reference requires job/* too, which the user guide's own policies
    leave out: whether it takes that is open, and no fault here.
    """
    allowed = permissions(role)
    resources = allowed.resources_for(_SUBMIT)
    if not resources or not allowed.complete:
        return
    for type_, noun, what in (
        (JOB_QUEUE, "job-queue", "job queue"),
        (JOB_DEFINITION, "job-definition", "job definition"),
    ):
        if all(refers_to(one, role.template, type_, noun) is False for one in resources):
            yield "Policies", f"{_SUBMIT} is allowed on no {what}; both are needed"


@_warning(
    "submit-revision",
    ROLE,
    title="permission for revisions, submission by name",
    fix=_FIX,
    source=SUBMIT_REVISION_SOURCE,
)
def submit_revision(role: Resource) -> Iterator[Fault]:
    """Allow both the name and its revisions.

    Open is what a submission by name is checked against: the user guide says the newest revision,
    and others were denied on the bare name.
    """
    allowed = permissions(role)
    tails = _definition_tails(allowed.resources_for(_SUBMIT), role)
    if not tails or not allowed.complete:
        return
    for wanted in dict.fromkeys(_requested(role)):
        if not any(fnmatchcase(wanted, tail) for tail in tails):
            form = "by name" if ":" not in wanted else "by revision"
            yield (
                "Policies",
                f'jobs are submitted {form} ("{show(wanted)}"), allowed is {one_of(tails)}',
            )


def _definition_tails(resources: list[object], role: Resource) -> list[str] | None:
    """Give the part after job-definition/ of each resource; None if one may be anything."""
    tails: list[str] = []
    for value in resources:
        if refers_to(value, role.template, JOB_DEFINITION, "job-definition") is False:
            continue
        _, known, tail = (literal(value) or "").partition(":job-definition/")
        if known:
            tails.append(tail.replace("\0", "*"))
        elif name := _referred(role, value):
            tails.append(name)
        else:
            return None
    return tails


def _referred(role: Resource, value: object) -> str | None:
    """Give ``NAME:REVISION`` of the definition that ``Ref`` means, if its name is known."""
    target = role.template.target(value, JOB_DEFINITION) if isinstance(value, Reference) else None
    name = text(target.properties, "JobDefinitionName") if target is not None else None
    return name and f"{name}:1"


def _requested(role: Resource) -> Iterator[str]:
    """Give the definitions that are submitted with a role, as name or name:revision."""
    template = role.template
    values = [one.request.get("JobDefinition") for one in submissions(template) if one.role is role]
    names = {text(job.properties, "JobDefinitionName") for job in template.all(JOB_DEFINITION)}
    for function in template.all(FUNCTION):
        if role_of(function, function.properties.get("Role")) is role:
            values += [
                value
                for value in variables_of(function).values()
                if template.target(value, JOB_DEFINITION) or (value and value in names)
            ]
    for value in values:
        written = literal(value)
        if isinstance(value, Reference):
            if name := _referred(role, value):
                yield name
        elif written is not None and "\0" not in written.rpartition("/")[2]:
            yield written.rpartition("/")[2]


@_warning(
    "submitter-permission",
    (*SUBMITTER_ROLES, FUNCTION),
    title="submitter whose role may not submit",
    fix=f"allow the role {_SUBMIT} on the queue and the definition",
    source=guide(
        "CWE_IAM_role",
        "\"Make sure that the policy that's attached to your EventBridge IAM role allows"
        ' batch:SubmitJob permissions on your resources."',
    ),
)
def submitter_permission(source: Resource) -> Iterator[Fault]:
    """Every submission is denied."""
    roles = [(one.path, one.role) for one in submissions_from(source)]
    if source.type == FUNCTION:
        targets = [source.neighbour(value) for value in variables_of(source).values()]
        if {JOB_QUEUE, JOB_DEFINITION} <= {one.type for one in targets if one is not None}:
            roles.append(("Role", role_of(source, source.properties.get("Role"))))
    seen: set[str] = set()
    for path, role in roles:
        if role is not None and role.id not in seen and not permissions(role).may(_SUBMIT):
            seen.add(role.id)
            yield path, f"{role.id} does not allow {_SUBMIT}"


@_rule(
    "submitter-trust",
    tuple(SUBMITTER_ROLES),
    title="role that the submitter may not assume",
    fix=TRUST,
    source=SUBMITTER_ROLES["AWS::Events::Rule"].source,
)
def submitter_trust(source: Resource) -> Iterator[Fault]:
    """Each service assumes the role that it is given."""
    seen: set[str] = set()
    for one in submissions_from(source):
        message = untrusted(one.role, SUBMITTER_ROLES[source.type].service)
        if message and message not in seen:
            seen.add(message)
            yield one.path, message


_MANAGED_RULE: Final = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


@_warning(
    "state-machine-wait",
    STATE_MACHINE,
    title="state machine that may not wait for its jobs",
    fix=f"allow {', '.join(_MANAGED_RULE)} on StepFunctionsGetEventsForBatchJobsRule",
    source=docs(
        "step-functions/latest/dg/connect-batch.html",
        "IAM policies for AWS Batch: running a job (.sync) needs a managed EventBridge rule.",
    ),
)
def state_machine_wait(machine: Resource) -> Iterator[Fault]:
    """Creating the state machine is refused: it is *not authorized to create managed-rule*."""
    role = role_of(machine, machine.properties.get("RoleArn"))
    waits = any(".sync" in (literal(one["Resource"]) or "") for _, one in batch_tasks(machine))
    if role is None or not waits:
        return
    missing = [action for action in _MANAGED_RULE if not permissions(role).may(action)]
    if missing:
        yield "RoleArn", f"{role.id} does not allow {', '.join(missing)}"
