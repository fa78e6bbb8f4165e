"""Rules about what submits jobs: EventBridge, Scheduler, Pipes, Step Functions."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import batch_events
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    JOB_DEFINITION,
    JobDefinition,
    JobQueue,
    Resource,
)
from batch_constructs.rules.template.role_policies import literal, permissions, role_of
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    FUNCTION,
    PIPE,
    SCHEDULE,
    SERVERLESS_STATE_MACHINE,
    STATE_MACHINE,
    is_batch_target,
    state_machine_definition,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    Properties,
    absent,
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

AREA: Final = "submitters"
SUBMITTERS: Final = (EVENT_RULE, SCHEDULE, PIPE, STATE_MACHINE, SERVERLESS_STATE_MACHINE)
_rule = partial(rule, area=AREA)
_MOST_TARGETS: Final = 5
_ARRAY: Final = (2, 10_000)


def _batch_targets(source: Resource) -> Iterator[tuple[str, Properties]]:
    for position, target in entries(source.properties, "Targets"):
        if is_batch_target(target) or source.neighbour(target.get("Arn"), "AWS::Batch::JobQueue"):
            yield f"Targets/{position}", target


@_rule(
    "event-target-role",
    EVENT_RULE,
    title="job queue target without a role",
    fix="give the target RoleArn: a role that may submit to the queue",
    source='EventBridge Target.RoleArn; User Guide, EventBridge IAM role: "Before you can submit'
    " AWS Batch jobs"
    ' with EventBridge rules and targets, EventBridge must have permissions"',
)
def event_target_role(source: Resource) -> Iterator[Fault]:
    """EventBridge answers *RoleArn is required for target*."""
    for path, target in _batch_targets(source):
        if absent(target, "RoleArn"):
            yield f"{path}/RoleArn", "RoleArn is missing; a job queue target needs it"


@_rule(
    "event-target-parameters",
    EVENT_RULE,
    title="job queue target without job parameters",
    fix="give the target BatchParameters with JobDefinition and JobName",
    source="EventBridge Target.BatchParameters: JobDefinition and JobName are required",
)
def event_target_parameters(source: Resource) -> Iterator[Fault]:
    """EventBridge answers *Parameter(s) BatchParameters must be specified for target*."""
    for path, target in _batch_targets(source):
        given = target.get("BatchParameters")
        if given is None:
            yield (
                f"{path}/BatchParameters",
                "BatchParameters is missing; a job queue target needs it",
            )
        elif isinstance(given, dict):
            for key in ("JobDefinition", "JobName"):
                if absent(given, key):
                    yield f"{path}/BatchParameters/{key}", f"{key} is missing"


@_rule(
    "event-target-count",
    EVENT_RULE,
    title="more than five targets on a rule",
    fix="make a second rule",
    source='EventBridge PutTargets: "Each rule can have up to five (5) targets associated with it'
    ' at one time."',
)
def event_target_count(source: Resource) -> Iterator[Fault]:
    """Five targets are the limit."""
    targets = listing(source.properties, "Targets") or []
    ids: set[str] = set()
    if len(targets) > _MOST_TARGETS:  # the number stands in the message
        yield "Targets", f"the rule has {len(targets)} targets; allowed are {_MOST_TARGETS}"
    for position, target in entries(source.properties, "Targets"):
        id_ = text(target, "Id")
        if id_ in ids:
            yield f"Targets/{position}/Id", f'two targets have the id "{show(id_)}"', "rename one"
        if id_:
            ids.add(id_)


@_rule(
    "event-target-dead-letter-queue",
    (EVENT_RULE, SCHEDULE),
    severity=Severity.WARNING,
    title="job submissions without a dead-letter queue",
    fix="give the target DeadLetterConfig with the ARN of an SQS queue",
    source="EventBridge, Using dead-letter queues to process undelivered events: a target without"
    " one drops"
    " events that could not be delivered",
)
def event_target_dead_letter_queue(source: Resource) -> Iterator[Fault]:
    """A submission that is refused is dropped after the retries, with no trace but a metric."""
    if source.type == SCHEDULE:
        target = mapping(source.properties, "Target")
        if submissions_from(source) and "DeadLetterConfig" not in target:
            yield "Target/DeadLetterConfig", "the schedule has no dead-letter queue"
        return
    for path, target in _batch_targets(source):
        config = target.get("DeadLetterConfig", {})
        if isinstance(config, dict) and absent(config, "Arn"):
            yield f"{path}/DeadLetterConfig", "the target has no dead-letter queue"


@_rule(
    "array-size",
    SUBMITTERS,
    title="array size out of range",
    fix="set the size to a value from 2 to 10000, or leave it out for a single job",
    source='SubmitJobRequest.arrayProperties: "The array size can be between 2 and 10,000.";'
    " EventBridge"
    ' BatchArrayProperties.Size: "Valid values are integers between 2 and 10,000."',
)
def array_size(source: Resource) -> Iterator[Fault]:
    """An array of one is not an array."""
    for one in submissions_from(source):
        size = number(mapping(one.request, "ArrayProperties"), "Size")
        if size is not None and (
            not _ARRAY[0] <= size <= _ARRAY[1] or size != int(size)
        ):  # in the message
            path = "BatchParameters/ArrayProperties/Size"
            where = path if source.type == EVENT_RULE else "ArrayProperties/Size"
            yield (
                f"{one.path}/{where}",
                f"the array size is {show(size)}; allowed are {_ARRAY[0]} to {_ARRAY[1]}",
            )


_JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


@_rule(
    "job-name",
    SUBMITTERS,
    title="job name of a wrong shape",
    fix="use up to 128 letters, digits, hyphens and underscores, beginning with a letter or digit",
    source='SubmitJobRequest.jobName: "It can be up to 128 letters long. The first character must'
    " be"
    " alphanumeric, can contain uppercase and lowercase letters, numbers, hyphens (-), and"
    ' underscores (_)."',
)
def job_name(source: Resource) -> Iterator[Fault]:
    """Every submission is refused."""
    for one in submissions_from(source):
        name = text(one.request, "JobName")
        if name is not None and not _JOB_NAME.fullmatch(name) and "<" not in name:
            yield one.path, f'the job name is "{show(name)}"; allowed are letters, digits, - and _'


@_rule(
    "share-identifier-missing",
    SUBMITTERS,
    title="submission to a fair-share queue without a share identifier",
    fix="send a ShareIdentifier, from EventBridge Scheduler, Step Functions or a function",
    source='SubmitJobRequest.shareIdentifier: "If the job queue has a fair-share scheduling'
    " policy, then this"
    ' parameter must be specified."; EventBridge BatchParameters have no field for it',
)
def share_identifier_missing(source: Resource) -> Iterator[Fault]:
    """Every submission fails. Rules and pipes cannot send one at all."""
    for one in submissions_from(source):
        queue = one.queue
        if queue is None or not queue.is_fair_share or "ShareIdentifier" in one.request:
            continue
        why = "" if one.takes_share else ", and this target cannot send one"
        yield one.path, f"the queue {queue.id} needs a share identifier{why}"


@_rule(
    "share-identifier-fifo",
    SUBMITTERS,
    title="share identifier for a FIFO queue",
    fix="leave ShareIdentifier out, or give the queue a fair-share policy",
    source="SubmitJobRequest.shareIdentifier: \"Don't specify this parameter if the job queue"
    " doesn't have a"
    ' fair-share scheduling policy."; SubmitJobRequest.schedulingPriorityOverride',
)
def share_identifier_fifo(source: Resource) -> Iterator[Fault]:
    """Batch refuses the submission."""
    for one in submissions_from(source):
        queue = one.queue
        if queue is not None and queue.is_fifo and one.request.get("ShareIdentifier"):
            yield one.path, f"a share identifier is sent, but the queue {queue.id} is FIFO"


@_rule(
    "disabled-queue",
    SUBMITTERS,
    title="submission to a disabled queue",
    fix="set the State of the queue to ENABLED",
    source="CreateJobQueueRequest.state: \"If the job queue state is DISABLED, new jobs can't be"
    " added to the"
    ' queue"',
    severity=Severity.WARNING,
)
def disabled_queue(source: Resource) -> Iterator[Fault]:
    """Every submission fails."""
    if text(source.properties, "State") == "DISABLED":
        return
    for one in submissions_from(source):
        queue = one.queue
        if queue is not None and text(queue.properties, "State") == "DISABLED":
            yield one.path, f"the queue {queue.id} is DISABLED"


_PINNED: Final = re.compile(r"(?:.*:job-definition/)?([A-Za-z0-9_-]+):(\d+)", re.DOTALL)


def _pinned(template_owner: Resource, value: object) -> JobDefinition | None:
    """Give the definition of the template that a value names by a fixed revision."""
    written = literal(value)
    match = _PINNED.fullmatch(written) if written else None
    if not match:
        return None
    for job in template_owner.template.all(JOB_DEFINITION):
        if isinstance(job, JobDefinition) and text(job.properties, "JobDefinitionName") == match[1]:
            retention = mapping(job.properties, "ResourceRetentionPolicy")
            return None if flag(retention, "SkipDeregisterOnUpdate") else job
    return None


@_rule(
    "pinned-revision",
    (*SUBMITTERS, FUNCTION),
    severity=Severity.WARNING,
    title="revision of a job definition written by hand",
    fix="use Ref of the job definition, or its name without a revision",
    source='AWS::Batch::JobDefinition ResourceRetentionPolicy.skipDeregisterOnUpdate: "When the'
    " property is set"
    ' to false, the previous revision of the job definition is de-registered"',
)
def pinned_revision(source: Resource) -> Iterator[Fault]:
    """The first update of the stack registers the next revision and takes the old one away."""
    for one in submissions_from(source):
        job = _pinned(source, one.request.get("JobDefinition"))
        if job is not None:
            got = show(literal(one.request.get("JobDefinition")) or "")
            yield (
                one.path,
                f'the revision in "{got}" is fixed, but {job.id} gets a new one on update',
            )
    if source.type == FUNCTION:
        variables = mapping(mapping(source.properties, "Environment"), "Variables")
        for name, value in variables.items():
            job = _pinned(source, value)
            if job is not None:
                yield (
                    f"Environment/Variables/{name}",
                    (
                        f'the revision in "{show(literal(value) or "")}" is fixed, but {job.id}'
                        " gets a"
                        " new"
                        " one on update"
                    ),
                )


@_rule(
    "event-bus",
    EVENT_RULE,
    severity=Severity.WARNING,
    title="rule about AWS events on a bus of its own",
    fix="leave EventBusName out",
    source="EventBridge, Events from AWS services: they are sent to the default event bus;"
    " schedules too are for the"
    " default event bus only",
)
def event_bus(source: Resource) -> Iterator[Fault]:
    """Batch, Amazon S3 and schedules send to the default bus."""
    bus = source.properties.get("EventBusName")
    own = source.neighbour(bus, "AWS::Events::EventBus") is not None
    if not own and (not isinstance(bus, str) or bus.rpartition("/")[2] == "default"):
        return
    sources = listing(mapping(source.properties, "EventPattern"), "source") or []
    from_aws = any(isinstance(one, str) and one.startswith("aws.") for one in sources)
    schedule = "ScheduleExpression" in source.properties and submissions_from(source)
    if schedule or (from_aws and (batch_events.SOURCE in sources or submissions_from(source))):
        yield "EventBusName", "the rule is on a bus of its own, where no such event arrives"


@_rule(
    "state-machine-wait",
    STATE_MACHINE,
    severity=Severity.WARNING,
    title="state machine that may not wait for its jobs",
    fix="allow events:PutTargets, events:PutRule and events:DescribeRule on"
    " StepFunctionsGetEventsForBatchJobsRule",
    source="Step Functions, IAM policies for AWS Batch: run a job (.sync) needs a managed"
    " EventBridge rule",
)
def state_machine_wait(source: Resource) -> Iterator[Fault]:
    """Creating the state machine is refused: it is *not authorized to create managed-rule*."""
    role = role_of(source, source.properties.get("RoleArn"))
    if role is None or not submissions_from(source):
        return
    if not any(".sync" in resource for resource in _task_resources(source)):
        return
    allowed = permissions(role)
    missing = [
        action
        for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule")
        if not allowed.may(action)
    ]
    if missing:
        yield "RoleArn", f"{role.id} does not allow {', '.join(missing)}"


def _task_resources(source: Resource) -> Iterator[str]:
    waiting: list[object] = [state_machine_definition(source)]
    for _ in range(10_000):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            resource = literal(value.get("Resource"))
            if resource and "batch:submitJob" in resource:
                yield resource
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


_RATE: Final = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)(s?)\s*\)")
_CRON: Final = re.compile(r"cron\((.*)\)")
_CRON_FIELDS: Final = 6


@_rule(
    "schedule-expression",
    (EVENT_RULE, SCHEDULE),
    title="schedule expression that EventBridge refuses",
    fix="write cron(minute hour day month weekday year) with ? for one of the days, or rate(n"
    " units)",
    source="EventBridge, Schedule expressions: six fields; one of day-of-month and day-of-week is"
    " ?; rate(1 day)",
)
def schedule_expression(source: Resource) -> Iterator[Fault]:
    """Unlike cron elsewhere, there is a year, and one of the two day fields is a question mark."""
    if not submissions_from(source):
        return
    got = text(source.properties, "ScheduleExpression")
    if got is None or got.startswith("at("):
        return
    path = "ScheduleExpression"
    if cron := _CRON.fullmatch(got):
        fields = cron[1].split()
        if len(fields) != _CRON_FIELDS:
            yield path, f'"{show(got)}" has {len(fields)} fields; allowed are 6'
        elif (fields[2] == "?") == (fields[4] == "?"):
            yield path, f'"{show(got)}" must have ? for exactly one of day-of-month and day-of-week'
    elif rate := _RATE.fullmatch(got):
        value, plural = int(rate[1]), bool(rate[3])
        if value < 1 or plural == (value == 1):
            yield path, f'"{show(got)}" mixes singular and plural, or is not positive'
    else:
        yield path, f'"{show(got)}" is neither cron(…) nor rate(…)'


def batch_functions(owner: Resource) -> list[Resource]:
    """Give the Lambda functions of the template that submit jobs."""
    memory = owner.template.memory
    known = memory.get("batch functions")
    if known is None:
        known = [one for one in owner.template.all(FUNCTION) if _submits(one)]
        memory["batch functions"] = known
    return known  # type: ignore[return-value]  # what was put there


def _submits(function: Resource) -> bool:
    role = role_of(function, function.properties.get("Role"))
    if role is not None and any(
        one.allows and one.covers("batch:SubmitJob") and "*" not in one.actions
        for one in permissions(role).statements
    ):
        return True
    variables = mapping(mapping(function.properties, "Environment"), "Variables")
    return any(
        isinstance(function.neighbour(value), JobQueue | JobDefinition)
        for value in variables.values()
    )
