"""Rules about who may submit jobs, and to what."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.authorization import (
    ACTIONS,
    RESOURCE_FORMS,
    STATE_MACHINE_JOBS,
    STATE_MACHINE_JOBS_SOURCE,
    STATE_MACHINE_RULE,
    STATE_MACHINE_RULE_ACTIONS,
    SUBMIT,
    SUBMIT_BOTH_SOURCE,
    SUBMIT_JOB_RIGHTS,
    SUBMIT_REVISION_SOURCE,
)
from batch_constructs.aws.names import every, marker
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import LOOK_AT_QUEUE_ACTIONS
from batch_constructs.aws.service_principals import SUBMITTER_ROLES
from batch_constructs.aws.source import guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.arn_patterns import CLOSED, HOLE, arn
from batch_constructs.rules.access.rights import Rights, rights, rights_of
from batch_constructs.rules.access.submit_access import context, forms, lacking
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import ROLE, TRUST, literal, untrusted
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.resource_graph import JOB_DEFINITION, JOB_QUEUE, Resource
from batch_constructs.rules.template.state_machine_view import (
    SERVERLESS_STATE_MACHINE,
    STATE_MACHINES,
    batch_tasks,
)
from batch_constructs.rules.template.submitted_jobs import (
    FUNCTION,
    SERVERLESS_FUNCTION,
    named,
    submissions,
    submissions_from,
    variables_of,
)
from batch_constructs.rules.template.values import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Iterator

_warning = partial(rule, severity=Severity.WARNING)
_FUNCTIONS: Final = (FUNCTION, SERVERLESS_FUNCTION)
_SUBMITTERS: Final = (*SUBMITTER_ROLES, SERVERLESS_STATE_MACHINE, *_FUNCTIONS)


class _Use(Record):
    """A submission with the rights it is made with."""

    path: str
    role: Resource
    rights: Rights
    request: Properties


@once
def _uses(source: Resource) -> list[_Use]:
    """Give the submissions of a resource whose role is known."""
    return [*_found_uses(source)]


def _found_uses(source: Resource) -> Iterator[_Use]:
    for one in submissions_from(source):
        if one.role is not None:
            yield _Use(one.path, one.role, rights(one.role), one.request)
        elif source.type in STATE_MACHINES and (owner := rights_of(source)) is not None:
            yield _Use(one.path, *owner, one.request)
    if source.type in _FUNCTIONS and (owner := rights_of(source)) is not None:
        for request in _requests_of_function(source, owner[1]):
            yield _Use("Role" if "Role" in source.properties else "Policies", *owner, request)


def _requests_of_function(function: Resource, held: Rights) -> Iterator[Properties]:
    """Guess what a function submits from the queues and definitions in its environment.

    One that has both at hand submits, and so does one that may; a queue of several may be there for
    something else.
    """
    values = list(variables_of(function).values())
    queues = [one for one in values if _is(one, JOB_QUEUE, function)]
    jobs = [one for one in values if _is(one, JOB_DEFINITION, function)]
    if not held.mention(SUBMIT):
        if queues and jobs:
            yield {"JobQueue": queues[0], "JobDefinition": jobs[0]}
        return
    if any(held.mention(action) for action in LOOK_AT_QUEUE_ACTIONS) and len(queues) > 1:
        queues = []
    if len(queues) == len(jobs) == 1:
        yield {"JobQueue": queues[0], "JobDefinition": jobs[0]}
        return
    for queue in queues:
        yield {"JobQueue": queue}
    for job in jobs:
        yield {"JobDefinition": job}


def _is(value: object, type: str, near: Resource) -> bool:
    """Tell whether a variable of a function is a queue or a definition."""
    target = near.neighbour(value)
    if target is not None:
        return target.type == type
    noun = marker(kinds.JOB_QUEUE if type == JOB_QUEUE else kinds.JOB_DEFINITION)
    return noun in (literal(value) or "") or named(near.template, type, value) is not None


def _any_job(wildcard: str) -> str:
    return RESOURCE_FORMS[kinds.JOB].replace("${JobId}", wildcard)


@_warning(
    "submitter-permission",
    _SUBMITTERS,
    title="submitter whose role cannot submit",
    fix=SUBMIT_JOB_RIGHTS,
    source=guide(
        "CWE_IAM_role",
        "\"Make sure that the policy that's attached to your EventBridge IAM role allows"
        ' batch:SubmitJob permissions on your resources."',
    ),
)
def submitter_permission(source: Resource) -> Iterator[Fault]:
    """Every submission is denied.

    AWS checks a submission against its queue and its definition, and the role may only be allowed
    to submit to others.
    """
    seen: set[str] = set()
    for use in _uses(source):
        lacks = lacking(use.rights, use.request, source)
        if source.type in _FUNCTIONS and use.rights.mention(SUBMIT):
            lacks = [one for one in lacks if not one.what.startswith("its ")]
        if not lacks:
            continue
        message = f"{use.role.id} does not allow {SUBMIT}"
        if use.rights.mention(SUBMIT):
            message += " on " + " and ".join(one.what for one in lacks)
        if message in seen:
            continue
        seen.add(message)
        wanted = [resource for one in lacks for resource in one.resources]
        if use.rights.deny(SUBMIT, arn("batch", _any_job(CLOSED))):
            # the reference requires it as well: who adds a statement adds what works either way
            wanted.append(missing_statement.arn("batch", _any_job("*")))
        statement = missing_statement.statement([SUBMIT], list(wanted))
        hindrance = next((one.hindrance for one in lacks if one.hindrance), "")
        if hindrance:
            yield (
                use.path,
                f"{message}: {hindrance} forbids it",
                f"let {hindrance} admit {statement}",
            )
        else:
            yield use.path, message, missing_statement.fix(use.role.id, [SUBMIT], *wanted)


@_warning(
    "submit-resources",
    ROLE,
    title="permission to submit without the queue or the definition",
    fix=SUBMIT_JOB_RIGHTS,
    source=SUBMIT_BOTH_SOURCE,
)
def submit_resources(role: Resource) -> Iterator[Fault]:
    """Every submission is denied.

    If the template contains a submission with this role, it is checked there.
    """
    held = rights(role)
    if not held.surely_mention(SUBMIT) or role.id in _looked_at(role):
        return
    lacks = [
        what
        for type_, what in ((JOB_QUEUE, "job queue"), (JOB_DEFINITION, "job definition"))
        if held.deny(SUBMIT, *forms(UNKNOWN, type_, role))
    ]
    if lacks:
        yield "Policies", f"{SUBMIT} is allowed on no {' and no '.join(lacks)}; both are needed"


@rule(
    "submit-any-job",
    _SUBMITTERS,
    severity=Severity.INFO,
    title="permission to submit without the job",
    fix=SUBMIT_JOB_RIGHTS,
    source=SUBMIT_BOTH_SOURCE,
)
def submit_any_job(source: Resource) -> Iterator[Fault]:
    """It is unclear whether AWS requires job/*.

    The service authorization reference requires it, but the user guide's own policies do not
    include it. The embedded AWS requires it.
    """
    seen: set[str] = set()
    for use in _uses(source):
        denied = use.rights.mention(SUBMIT) and use.rights.deny(
            SUBMIT, arn("batch", _any_job(CLOSED))
        )
        if not denied or use.role.id in seen or lacking(use.rights, use.request, source):
            continue
        seen.add(use.role.id)
        wanted = missing_statement.arn("batch", _any_job("*"))
        fix = missing_statement.fix(use.role.id, [SUBMIT], wanted)
        yield use.path, f"{use.role.id} does not allow {SUBMIT} on job/*", fix


def _looked_at(role: Resource) -> set[str]:
    """Give the roles of the submissions of the template."""
    memory = role.template.memory
    known = memory.get("roles of submissions")
    if not isinstance(known, set):
        known = {
            use.role.id
            for type_ in _SUBMITTERS
            for source in role.template.all(type_)
            for use in _uses(source)
        }
        memory["roles of submissions"] = known
    return known


@rule(
    "submit-revision",
    ROLE,
    severity=Severity.INFO,
    title="permission for a name or for revisions, but submission by name",
    fix=SUBMIT_JOB_RIGHTS,
    source=SUBMIT_REVISION_SOURCE,
)
def submit_revision(role: Resource) -> Iterator[Fault]:
    """Allow both the name and its revisions.

    It is unclear what AWS checks when a job is submitted by name: the user guide says the newest
    revision, but some users were denied on the bare name.
    """
    held = rights(role)
    for one in submissions(role.template):
        if one.role is not role:
            continue
        wanted = forms(one.request.get("JobDefinition", UNKNOWN), JOB_DEFINITION, role)
        denied = [held.deny(SUBMIT, form, context=context(one.request)) for form in wanted]
        if len(wanted) > 1 and any(denied) and not all(denied):
            name = wanted[0].rpartition("/")[2]
            allowed = "its revisions" if denied[0] else "the bare name"
            yield (
                "Policies",
                f'"{name}" is submitted by name, but {SUBMIT} is allowed on {allowed} only',
            )
            return


@rule(
    "submitter-trust",
    tuple(SUBMITTER_ROLES),
    title="role that the submitter cannot assume",
    fix=TRUST,
    source=SUBMITTER_ROLES["AWS::Events::Rule"].source,
)
def submitter_trust(source: Resource) -> Iterator[Fault]:
    """Each service assumes the role that you give it."""
    seen: set[str] = set()
    for one in submissions_from(source):
        message = untrusted(one.role, SUBMITTER_ROLES[source.type].service)
        if message and message not in seen:
            seen.add(message)
            yield one.path, message


def waits_for_jobs(machine: Resource) -> bool:
    """Tell whether a state machine waits for a job that it submits."""
    return any(".sync" in (literal(state["Resource"]) or "") for _, state in batch_tasks(machine))


@_warning(
    "state-machine-wait",
    STATE_MACHINES,
    title="state machine that cannot wait for its jobs",
    fix=f"allow {', '.join(STATE_MACHINE_RULE_ACTIONS)} on {STATE_MACHINE_RULE}",
    source=STATE_MACHINE_JOBS_SOURCE,
)
def state_machine_wait(machine: Resource) -> Iterator[Fault]:
    """A managed rule of EventBridge tells the state machine that a job has ended.

    Without the permission to create that rule, the state machine cannot be created: it is *not
    authorized to create managed-rule*.
    """
    if not waits_for_jobs(machine):
        return
    yield from _lacking(machine, STATE_MACHINE_RULE_ACTIONS, "events", STATE_MACHINE_RULE)


@rule(
    "state-machine-job-rights",
    STATE_MACHINES,
    severity=Severity.INFO,
    title="state machine that cannot describe or terminate its jobs",
    fix=f"allow {' and '.join(STATE_MACHINE_JOBS)} on every job",
    source=STATE_MACHINE_JOBS_SOURCE,
)
def state_machine_job_rights(machine: Resource) -> Iterator[Fault]:
    """Step Functions describes a job that it waits for, and terminates it if the execution stops.

    Without batch:TerminateJob, the job of a stopped execution keeps running, and you pay for it.
    The CDK's own task grants neither.
    """
    if waits_for_jobs(machine):
        yield from _lacking(machine, STATE_MACHINE_JOBS, "batch", every(kinds.JOB, HOLE))


def _lacking(
    machine: Resource, actions: tuple[str, ...], service: str, resource: str
) -> Iterator[Fault]:
    owner = rights_of(machine)
    if owner is None:
        return
    role, held = owner
    wanted = arn(service, resource)
    lacks = [one for one in actions if held.deny(one, "*" if one in _UNRESTRICTED else wanted)]
    if lacks:
        on_all = service == "batch"  # a job has no ARN before it is submitted
        what = "*" if on_all else missing_statement.arn(service, resource)
        yield (
            "RoleArn" if "RoleArn" in machine.properties else "Policies",
            f"{role.id} does not allow {', '.join(lacks)}",
            missing_statement.fix(role.id, lacks, what),
        )


_UNRESTRICTED: Final = tuple(f"batch:{name}" for name, one in ACTIONS.items() if not one.kinds)
"""Actions that go with every resource only."""
