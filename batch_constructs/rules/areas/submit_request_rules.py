"""Rules about what a submission says: its form, its bounds, and what it refers to."""

from __future__ import annotations

import re
from functools import partial

from batch_constructs.aws import container_facts, fargate_sizes, overridden_limits, submit_job, tags
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.bound import Counting, Matching, shown
from batch_constructs.aws.container_facts import SizeType
from batch_constructs.aws.names import JOB_NAME, JOB_NAME_SOURCE, RESOURCE_NAME, marker
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.platforms import PLATFORM_CAPABILITY_SOURCE, PlatformCapability
from batch_constructs.aws.property_paths import Places
from batch_constructs.aws.record import Record
from batch_constructs.aws.resource_states import State
from batch_constructs.aws.source import api, cloudformation
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.areas.job_on_queue_rules import platform_mismatch
from batch_constructs.rules.areas.shape_rules import problems_with
from batch_constructs.rules.areas.submitter_rules import SUBMITTERS
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import faults_in
from batch_constructs.rules.rule import Fault, Rule, add, rule
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JOB_QUEUE,
    JobDefinition,
    Resource,
)
from batch_constructs.rules.template.resource_view import names_in
from batch_constructs.rules.template.submitted_jobs import (
    FUNCTION,
    Submission,
    submissions_from,
    variables_of,
)
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Reference,
    entries,
    flag,
    listing,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.aws.limits import Limit
    from batch_constructs.aws.source import Source
    from batch_constructs.rules.template.values import Properties

AREA: Final = "submit_request"
_rule = partial(rule, subject=SUBMITTERS)


class _Bound(Record):
    """What one member of a submission may be; of a list, its length."""

    rule: str
    member: str
    noun: str
    source: Source
    title: str
    why: str
    fix: str


_BOUNDS: Final = (
    _Bound(
        "array-size",
        "ArrayProperties/Size",
        "the array size",
        submit_job.ARRAY_SIZE_SOURCE,
        "array size out of range",
        "An array needs at least two children.",
        f"set Size to a number from {submit_job.ARRAY_SIZE.low} to {submit_job.ARRAY_SIZE.high}, or"
        " leave ArrayProperties out for a single job",
    ),
    _Bound(
        "job-name",
        "JobName",
        "the job name",
        JOB_NAME_SOURCE,
        "malformed job name",
        "Every submission is refused.",
        f"give JobName {JOB_NAME.allowed}",
    ),
    _Bound(
        "submission-attempts",
        "RetryStrategy/Attempts",
        "the number of attempts",
        submit_job.ATTEMPTS_SOURCE,
        "number of attempts out of range",
        "The first run counts in SubmitJobRequest.retryStrategy too.",
        f"set Attempts to a number from {submit_job.ATTEMPTS.low} to {submit_job.ATTEMPTS.high}",
    ),
    _Bound(
        "submission-timeout",
        "Timeout/AttemptDurationSeconds",
        "the timeout",
        submit_job.TIMEOUT_SOURCE,
        "timeout below a minute",
        "SubmitJobRequest.timeout is in seconds.",
        f"set AttemptDurationSeconds to {submit_job.TIMEOUT_SECONDS.low} or more",
    ),
    _Bound(
        "dependency-count",
        "DependsOn",
        "the job",
        submit_job.DEPENDENCIES_SOURCE,
        "too many dependencies",
        "A job can depend on no more than that.",
        "split the job, or depend on fewer jobs",
    ),
    _Bound(
        "submission-share-identifier",
        "ShareIdentifier",
        "the share identifier",
        submit_job.SHARE_IDENTIFIER_SOURCE,
        "malformed share identifier",
        "Every submission is refused.",
        f"give ShareIdentifier {submit_job.SHARE_IDENTIFIER.allowed}",
    ),
    _Bound(
        "submission-priority",
        "SchedulingPriorityOverride",
        "the scheduling priority",
        submit_job.SCHEDULING_PRIORITY_SOURCE,
        "scheduling priority out of range",
        "Every submission is refused.",
        submit_job.SCHEDULING_PRIORITY.fix("SchedulingPriorityOverride"),
    ),
)


def _out_of_bounds(one: _Bound, source: Resource) -> Iterator[Fault]:
    way, _, key = one.member.rpartition("/")
    bound = overridden_limits.BOUNDS[one.member]
    for submission in submissions_from(source):
        within = mapping(submission.request, way) if way else submission.request
        if key not in within:
            continue
        got: Any
        if isinstance(bound, Matching):
            got = text(_settled(within), key)
        elif isinstance(bound, Counting):
            got = listing(within, key)
        else:
            got = number(within, key)
        wrong = None if got is None else bound.wrong(got)
        if wrong:
            yield submission.at(one.member), f"{one.noun} {wrong}"


def _settled(value: Any) -> Any:
    """Make unknown what an input transformer or a schedule puts in when it submits."""
    if isinstance(value, str):
        return UNKNOWN if "<" in value else value
    if isinstance(value, list):
        return [_settled(one) for one in value]
    if isinstance(value, dict):
        return type(value)({name: _settled(one) for name, one in value.items()})
    return value


for _one in _BOUNDS:
    add(
        Rule(
            id=_one.rule,
            area=AREA,
            severity=Severity.ERROR,
            title=_one.title,
            fix=_one.fix,
            source=_one.source,
            explanation=_one.why,
            subjects=SUBMITTERS,
            find=partial(_out_of_bounds, _one),
        )
    )


@_rule(
    "submission-limit",
    title="override that is not possible in a job definition either",
    fix="use a value that a job definition can have there",
    source=api(
        "SubmitJobRequest.containerOverrides",
        "Overrides have the same limits as the job definition, including "
        "SubmitJobRequest.timeout and SubmitJobRequest.retryStrategy.",
    ),
)
def submission_limit(source: Resource) -> Iterator[Fault]:
    """Every submission is refused."""
    for limit, path, message in _beyond_limits(source):
        if limit.bound is not submit_job.VARIABLE_NAME:
            yield path, message, limit.bound.fix(limit.way[1])


@once
def _beyond_limits(source: Resource) -> list[tuple[Limit, str, str]]:
    found: list[tuple[Limit, str, str]] = []
    for one in submissions_from(source):
        request, names = Places(_settled(one.request)), names_in(one.request)
        for limit in overridden_limits.overridden_limits():
            if limit.way[1] not in names:
                continue
            found += [
                (limit, one.at(path), message)
                for path, message in faults_in(limit, request)
                if path not in overridden_limits.BOUNDS and limit.severity == Severity.ERROR
            ]
    return found


@_rule(
    "submission-size",
    title="memory or GPUs that no container can have",
    fix=f"give the memory in MiB, at least {container_facts.MEMORY_MIB.low}, and at least "
    f"{container_facts.GPUS.low} GPU or none",
    source=container_facts.SIZE_SOURCE,
)
def submission_size(source: Resource) -> Iterator[Fault]:
    """Every submission is refused."""
    for one in submissions_from(source):
        for way in overridden_limits.CONTAINERS:
            for place, container in one.places.at(way):
                for n, entry in entries(container, "ResourceRequirements"):
                    kind = text(entry, "Type") or ""
                    got = number(entry, "Value")
                    bound = None if kind == SizeType.VCPU else container_facts.AMOUNTS.get(kind)
                    wrong = None if got is None or bound is None else bound.wrong(got)
                    if wrong:
                        yield one.at(f"{place}ResourceRequirements/{n}/Value"), f"{kind} {wrong}"


@_rule(
    "submission-tag",
    title="tag of a job that AWS does not allow",
    fix=f"use {tags.COUNT.allowed} tags, {tags.KEY.allowed}, and {tags.VALUE.allowed}",
    source=tags.SOURCE,
)
def submission_tag(source: Resource) -> Iterator[Fault]:
    """Keys that begin with ``aws:`` are reserved for AWS."""
    for one in submissions_from(source):
        given = mapping(one.request, "Tags")
        if wrong := tags.COUNT.wrong(given):
            yield one.at("Tags"), f"the job {wrong}"
        for key in given:
            if wrong := tags.KEY.wrong(key):
                yield one.at(f"Tags/{show(key)}"), f"the key of a tag {wrong}"
            value = text(given, key)
            if value is not None and (wrong := tags.VALUE.wrong(value)):
                yield one.at(f"Tags/{show(key)}"), f"the value of the tag {shown(key)} {wrong}"


def _misshapen(kinds: tuple[str, ...], source: Resource) -> Iterator[Fault]:
    for one in submissions_from(source):
        for kind, path, message, fix in problems_with(overridden_limits.members(), one.request):
            if kind in kinds and (kind != "missing" or "/" in path):
                yield (one.at(path), message, fix) if fix else (one.at(path), message)


_SHAPE: Final = api(
    "SubmitJobRequest.jobName", "The members of SubmitJob are those listed on its page."
)


@_rule(
    "submission-shape",
    title="invalid SubmitJob request",
    fix="write the request as described on the page of SubmitJob",
    source=_SHAPE,
)
def submission_shape(source: Resource) -> Iterator[Fault]:
    """Every submission is refused because of misspelled members or values of the wrong type."""
    return _misshapen(("misspelled", "type", "missing", "doubled"), source)


@_rule(
    "submission-unknown",
    severity=Severity.WARNING,
    title="unknown member of a submission",
    fix="remove it, or upgrade batch-constructs if AWS has it",
    source=_SHAPE,
)
def submission_unknown(source: Resource) -> Iterator[Fault]:
    """No member with this name is known. AWS may have added it since."""
    return _misshapen(("unknown",), source)


_NOUNS: Final = {JOB_DEFINITION: "job definition", JOB_QUEUE: "job queue"}


@_rule(
    "submission-reference",
    title="queue instead of a job definition, or the other way around",
    fix="refer to a job definition under JobDefinition, and to a job queue under JobQueue",
    source=api(
        "SubmitJobRequest.jobDefinition",
        '"The job definition used by this job."; SubmitJobRequest.jobQueue: "The job queue where'
        ' the job is submitted."',
    ),
)
def submission_reference(source: Resource) -> Iterator[Fault]:
    """Every submission fails."""
    for one in submissions_from(source):
        for key, wanted in (("JobDefinition", JOB_DEFINITION), ("JobQueue", JOB_QUEUE)):
            value = one.request.get(key)
            found = source.neighbour(value) if isinstance(value, Reference) else None
            if found is not None and found.type in _NOUNS and found.type != wanted:
                message = f"{key} is {found.id}, which is a {_NOUNS[found.type]}"
                yield one.path, message, f"refer to a {_NOUNS[wanted]}"


@_rule(
    "share-identifier-missing",
    title="submission to a fair-share queue without a share identifier",
    fix="send a ShareIdentifier, from EventBridge Scheduler, Step Functions or a function",
    source=api(
        "SubmitJobRequest.shareIdentifier",
        '"If the job queue has a fair-share scheduling policy, then this parameter must be'
        ' specified." BatchParameters of EventBridge have no field for it.',
    ),
)
def share_identifier_missing(source: Resource) -> Iterator[Fault]:
    """Every submission fails. Rules and pipes cannot send a share identifier at all."""
    for one in submissions_from(source):
        queue = one.queue
        if queue is None or not queue.is_fair_share or "ShareIdentifier" in one.request:
            continue
        why = "" if one.takes_share else ", which this target cannot send"
        yield one.path, f"the queue {queue.id} needs a share identifier{why}"


@_rule(
    "share-identifier-fifo",
    title="share identifier for a FIFO queue",
    fix="remove ShareIdentifier, or give the queue a fair-share policy",
    source=api(
        "SubmitJobRequest.shareIdentifier",
        "\"Don't specify this parameter if the job queue doesn't have a fair-share scheduling"
        ' policy."; SubmitJobRequest.schedulingPriorityOverride has no effect there.',
    ),
)
def share_identifier_fifo(source: Resource) -> Iterator[Fault]:
    """Batch refuses the submission."""
    for one in submissions_from(source):
        queue = one.queue
        if queue is not None and queue.is_fifo and one.request.get("ShareIdentifier"):
            yield one.path, f"a share identifier is sent, but the queue {queue.id} is FIFO"


@_rule(
    "disabled-queue",
    severity=Severity.WARNING,
    title="submission to a disabled queue",
    fix="set the State of the queue to ENABLED",
    source=api(
        "CreateJobQueueRequest.state",
        "\"If the job queue state is DISABLED, new jobs can't be added to the queue, but jobs"
        ' already in the queue can finish."',
    ),
)
def disabled_queue(source: Resource) -> Iterator[Fault]:
    """Every submission fails."""
    if text(source.properties, "State") == State.DISABLED:
        return
    for one in submissions_from(source):
        queue = one.queue
        if queue is not None and text(queue.properties, "State") == State.DISABLED:
            yield one.path, f"the queue {queue.id} is DISABLED"


_PINNED: Final = pattern(
    rf"(?:.*{marker(kinds.JOB_DEFINITION)})?({RESOURCE_NAME.pattern}):(\d+)", re.DOTALL
)


@_rule(
    "pinned-revision",
    subject=(*SUBMITTERS, FUNCTION),
    severity=Severity.WARNING,
    title="hard-coded revision of a job definition",
    fix="use Ref of the job definition, or its name without a revision",
    source=cloudformation(
        "aws-properties-batch-jobdefinition-resourceretentionpolicy",
        'SkipDeregisterOnUpdate: "When the property is set to false, the previous revision of the'
        ' job definition is de-registered"',
    ),
)
def pinned_revision(source: Resource) -> Iterator[Fault]:
    """The first update of the stack registers the next revision and deregisters the old one."""
    values = [(one.path, one.request.get("JobDefinition")) for one in submissions_from(source)]
    if source.type == FUNCTION:
        variables = variables_of(source).items()
        values += [(f"Environment/Variables/{name}", value) for name, value in variables]
    for path, value in values:
        written = literal(value) or ""
        job = _pinned(source, written)
        if job is not None:
            fixed = f'the revision in "{show(written)}" is fixed'
            yield path, f"{fixed}, but {job.id} gets a new one on update"


def _pinned(source: Resource, written: str) -> JobDefinition | None:
    """Give the definition of the template that is named by a revision that does not last."""
    match = _PINNED.fullmatch(written)
    for job in source.template.all(JOB_DEFINITION) if match else ():
        if isinstance(job, JobDefinition) and text(job.properties, "JobDefinitionName") == match[1]:  # type: ignore[index]  # none are looked at without
            retention = mapping(job.properties, "ResourceRetentionPolicy")
            return None if flag(retention, "SkipDeregisterOnUpdate") else job
    return None


def overridden_containers(one: Submission) -> Iterator[Properties]:
    """Give what a submission overrides of each container."""
    yield mapping(one.request, "ContainerOverrides")
    for _, task in entries(mapping(one.request, "EcsPropertiesOverride"), "TaskProperties"):
        for _, container in entries(task, "Containers"):
            yield container
    nodes = mapping(one.request, "NodeOverrides")
    for _, node in entries(nodes, "NodePropertyOverrides"):
        yield mapping(node, "ContainerOverrides")


@_rule(
    "reserved-override",
    title="reserved environment variable in a submission",
    fix=f"choose a name that does not begin with {submit_job.RESERVED_VARIABLES}",
    source=submit_job.RESERVED_VARIABLES_SOURCE,
)
def reserved_override(source: Resource) -> Iterator[Fault]:
    """Batch itself sets the variables with this prefix."""
    for limit, path, message in _beyond_limits(source):
        if limit.bound is submit_job.VARIABLE_NAME:
            yield path, message


@_rule(
    "override-size",
    title="size that Fargate does not offer",
    fix="use ResourceRequirements, with a combination that Fargate offers",
    source=api(
        "ContainerOverrides.vcpus",
        '"It\'s not supported for jobs running on Fargate resources."; the same for'
        " ContainerOverrides.memory. SubmitJobRequest.containerOverrides",
    ),
)
def override_size(source: Resource) -> Iterator[Fault]:
    """A submission has the same restrictions on Fargate as a definition."""
    for one in submissions_from(source):
        if one.definition is None or one.definition.platform != PlatformCapability.FARGATE:
            continue
        for overrides in overridden_containers(one):
            for key in ("Vcpus", "Memory"):
                if key in overrides:
                    yield one.path, f"{key} is overridden, which Fargate does not support"
            wanted = {
                text(entry, "Type"): number(entry, "Value")
                for _, entry in entries(overrides, "ResourceRequirements")
            }
            vcpus, memory = wanted.get(SizeType.VCPU), wanted.get(SizeType.MEMORY)
            if vcpus is None or memory is None or memory in fargate_sizes.MEMORY.get(vcpus, ()):
                continue
            yield one.path, f"Fargate does not offer {show(vcpus)} vCPU with {show(memory)} MiB"


@_rule(
    "submission-platform",
    title="submission to a queue of another platform",
    fix="send the job to a queue of its platform, or change PlatformCapabilities of the definition",
    source=PLATFORM_CAPABILITY_SOURCE,
)
def submission_platform(source: Resource) -> Iterator[Fault]:
    """Every submission is refused: a Fargate job needs Fargate, an EKS job a cluster."""
    for one in submissions_from(source):
        queue, job = one.queue, one.definition
        wrong = platform_mismatch(job, queue) if queue is not None and job is not None else None
        if wrong and queue is not None and job is not None:
            yield one.path, f"{job.id} cannot run on {queue.id}: {wrong}"
