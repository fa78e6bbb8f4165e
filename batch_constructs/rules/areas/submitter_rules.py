"""Rules about what submits jobs: EventBridge, Scheduler, Pipes, Step Functions."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import batch_events, schedule_expression
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.names import (
    STATES_CALL,
    STATES_CALL_BACK,
    STATES_SUBMIT_JOB,
    STATES_WAIT,
    marker,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api, docs, guide, probed
from batch_constructs.aws.states_language import EXPRESS
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.resource_graph import (
    JOB_QUEUE,
    Resource,
)
from batch_constructs.rules.template.state_machine_view import (
    SERVERLESS_STATE_MACHINE,
    STATE_MACHINES,
    batch_tasks,
    calls_of_batch,
)
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    PIPE,
    SCHEDULE,
    is_batch_target,
    schedule_request,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    absent,
    entries,
    given,
    listing,
    mapping,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "submitter"
SUBMITTERS: Final = (EVENT_RULE, SCHEDULE, PIPE, *STATE_MACHINES)
_warning = partial(rule, severity=Severity.WARNING)
_REQUIRED: Final = ("JobDefinition", "JobName")
_MISSING: Final = "is missing; a job queue target needs it"

register("delivery", area=AREA)


def _batch_targets(source: Resource) -> Iterator[tuple[str, Properties]]:
    for position, target in entries(source.properties, "Targets"):
        if is_batch_target(target) or source.neighbour(target.get("Arn"), JOB_QUEUE):
            yield f"Targets/{position}", target


@rule(
    "event-target-role",
    EVENT_RULE,
    title="job queue target without a role",
    fix="give the target RoleArn: a role that may submit to the queue",
    source=guide(
        "CWE_IAM_role",
        '"Before you can submit AWS Batch jobs with EventBridge rules and targets, EventBridge must'
        ' have permissions to run AWS Batch jobs on your behalf."',
    ),
)
def event_target_role(source: Resource) -> Iterator[Fault]:
    """EventBridge answers *RoleArn is required for target*."""
    for path, target in _batch_targets(source):
        if absent(target, "RoleArn"):
            yield f"{path}/RoleArn", f"RoleArn {_MISSING}"


@rule(
    "event-target-parameters",
    EVENT_RULE,
    title="job queue target without job parameters",
    fix="give the target BatchParameters with JobDefinition and JobName",
    source=docs(
        "eventbridge/latest/APIReference/API_BatchParameters.html",
        "JobDefinition and JobName are required.",
    ),
)
def event_target_parameters(source: Resource) -> Iterator[Fault]:
    """EventBridge answers *Parameter(s) BatchParameters must be specified for target*."""
    for path, target in _batch_targets(source):
        yield from _lacking(target, "BatchParameters", path)


@rule(
    "pipe-parameters",
    PIPE,
    title="pipe to a job queue without job parameters",
    fix="give TargetParameters BatchJobParameters with JobDefinition and JobName",
    source=docs(
        "eventbridge/latest/pipes-reference/API_PipeTargetBatchJobParameters.html",
        "JobDefinition and JobName are required.",
    ),
)
def pipe_parameters(pipe: Resource) -> Iterator[Fault]:
    """A queue alone does not say which job to run."""
    target = pipe.properties.get("Target")
    parameters = pipe.properties.get("TargetParameters", {})
    to_queue = pipe.neighbour(target, JOB_QUEUE) is not None
    if isinstance(parameters, dict) and (
        to_queue or marker(kinds.JOB_QUEUE) in (literal(target) or "")
    ):
        yield from _lacking(parameters, "BatchJobParameters", "TargetParameters")


def _lacking(within: Properties, name: str, path: str) -> Iterator[Fault]:
    """Say which parameters of a job are not given."""
    given = within.get(name)
    if absent(within, name):
        yield f"{path}/{name}", f"{name} {_MISSING}"
    elif isinstance(given, dict):
        for key in _REQUIRED:
            if absent(given, key):
                yield f"{path}/{name}/{key}", f"{key} {_MISSING}"


@rule(
    "submission-required",
    (*STATE_MACHINES, SCHEDULE),
    title="submission without a required field",
    fix="give JobDefinition, JobName and JobQueue",
    source=api(
        "SubmitJobRequest.jobDefinition",
        "SubmitJobRequest.jobDefinition, SubmitJobRequest.jobName and SubmitJobRequest.jobQueue are"
        " required.",
    ),
)
def submission_required(source: Resource) -> Iterator[Fault]:
    """No job is ever submitted."""
    for one in submissions_from(source):
        for key in (*_REQUIRED, "JobQueue"):
            if absent(one.request, key):
                yield one.at(key), f"{key} is missing, which SubmitJob requires"


_EVENT_BUS: Final = "AWS::Events::EventBus"


@_warning(
    "event-target-dead-letter-queue",
    (EVENT_RULE, SCHEDULE),
    title="job submissions without a dead-letter queue",
    fix="give the target DeadLetterConfig with the ARN of an SQS queue",
    source=docs(
        "eventbridge/latest/userguide/eb-rule-dlq.html",
        "A target without a dead-letter queue drops events that could not be delivered.",
    ),
)
def event_target_dead_letter_queue(source: Resource) -> Iterator[Fault]:
    """A refused submission is dropped after the retries, and only a metric shows it."""
    if source.type == SCHEDULE:
        target = mapping(source.properties, "Target")
        if submissions_from(source) and "DeadLetterConfig" not in target:
            yield "Target/DeadLetterConfig", "the schedule has no dead-letter queue"
        return
    for path, target in _batch_targets(source):
        if target.get("Arn") is UNKNOWN:
            continue  # a queue of somebody else's, who may look after what is lost
        config = target.get("DeadLetterConfig", {})
        if isinstance(config, dict) and absent(config, "Arn"):
            yield f"{path}/DeadLetterConfig", "the target has no dead-letter queue"


@rule(
    "schedule-bus",
    EVENT_RULE,
    title="schedule on a custom event bus",
    fix="remove EventBusName",
    source=probed(
        "events/pf-events-rule-schedule-default-bus",
        '"ScheduleExpression is supported only on the default event bus" is what EventBridge'
        " answers.",
    ),
)
def schedule_bus(source: Resource) -> Iterator[Fault]:
    """EventBridge refuses the rule."""
    if given(source.properties, "ScheduleExpression") and _is_custom(source):
        yield "EventBusName", "the rule has ScheduleExpression, and is on a custom bus"


def _is_custom(source: Resource) -> bool:
    """Tell whether a rule is on a bus that is known to be another than the default one."""
    bus = source.properties.get("EventBusName")
    if isinstance(bus, str):
        return bool(bus) and "${" not in bus and bus.rpartition("/")[2] != _DEFAULT
    return source.neighbour(bus, _EVENT_BUS) is not None


_DEFAULT: Final = "default"


@_warning(
    "event-bus",
    EVENT_RULE,
    title="rule for AWS events on a custom event bus",
    fix="remove EventBusName, or let a rule on the default bus forward the events to that bus",
    source=docs(
        "eventbridge/latest/userguide/eb-service-event.html",
        "AWS services send their events to the default event bus.",
    ),
)
def event_bus(source: Resource) -> Iterator[Fault]:
    """Batch and Amazon S3 send to the default bus.

    There is no finding for a bus whose policy allows other accounts, because it may receive their
    events.
    """
    own = source.neighbour(source.properties.get("EventBusName"), _EVENT_BUS)
    if not _is_custom(source) or (own is not None and _lets_others_in(own)):
        return
    sources = listing(mapping(source.properties, "EventPattern"), "source") or []
    from_aws = any(isinstance(one, str) and one.startswith("aws.") for one in sources)
    if from_aws and (batch_events.SOURCE in sources or submissions_from(source)):
        yield "EventBusName", "the rule is on a custom bus, where no such event arrives"


def _lets_others_in(bus: Resource) -> bool:
    """Whether a policy of the template lets somebody send to a bus."""
    for id_ in bus.template.ids.get("AWS::Events::EventBusPolicy", ()):
        policy = bus.template.get(id_)
        named = policy and policy.neighbour(policy.properties.get("EventBusName"), _EVENT_BUS)
        if named is not None and named.id == bus.id:
            return True
    return False


@rule(
    "schedule-expression",
    (EVENT_RULE, SCHEDULE),
    title="schedule expression that EventBridge refuses",
    fix="write cron(minute hour day month weekday year) with ? for one of the days, or rate(n"
    " units)",
    source=schedule_expression.SOURCE,
)
def schedule_expression_form(source: Resource) -> Iterator[Fault]:
    """Unlike elsewhere, cron has a year, and one of the two day fields must be ?."""
    got = text(source.properties, "ScheduleExpression")
    if not got or not submissions_from(source):
        return
    is_rule = source.type == EVENT_RULE
    find = schedule_expression.problem_in_a_rule if is_rule else schedule_expression.problem_with
    problem = find(got)
    if problem:
        yield "ScheduleExpression", f'ScheduleExpression is "{show(got)}": {problem}'


@rule(
    "schedule-input",
    SCHEDULE,
    title="schedule whose input is not a SubmitJob request",
    fix='write Input as JSON: {"JobDefinition": …, "JobName": …, "JobQueue": …}',
    source=probed(
        "scheduler/pf-scheduler-universal-target",
        '"You must provide an input to set this target for your schedule" is what Scheduler'
        ' answers, and "JSON syntax error in input for the target"'
        " (pf-scheduler-target-input-json).",
    ),
)
def schedule_input(schedule: Resource) -> Iterator[Fault]:
    """EventBridge Scheduler refuses the schedule, or no job is ever submitted."""
    request = schedule_request(schedule)
    target = mapping(schedule.properties, "Target")
    if request is None:
        return
    written = target.get("Input")
    if absent(target, "Input"):
        yield "Target/Input", "Input is missing, so SubmitJob gets no request"
    elif isinstance(written, str) and not isinstance(request, dict):
        yield "Target/Input", f'Input is "{show(written)}", which is not a JSON object'


@rule(
    "schedule-operation",
    SCHEDULE,
    title="operation that EventBridge Scheduler does not call",
    fix="call an operation that changes something, such as batch:submitJob",
    source=probed(
        "scheduler/pf-scheduler-universal-target",
        '"listQueues API is not supported" is what Scheduler answers, and so of what gets or'
        " describes.",
    ),
)
def schedule_operation(schedule: Resource) -> Iterator[Fault]:
    """EventBridge Scheduler refuses the schedule."""
    arn = literal(mapping(schedule.properties, "Target").get("Arn"))
    found = None if arn is None else _CALLED.search(arn)
    if found is not None:
        yield "Target/Arn", f"{show(found[1])} only reads"


_CALLED: Final = pattern(r":aws-sdk:\w+:((?:describe|get|list)[A-Z]\w*)$")


@rule(
    "state-machine-callback",
    STATE_MACHINES,
    title="job that calls back with a task token",
    fix="use batch:submitJob.sync to wait for the job, or aws-sdk:batch:submitJob.waitForTaskToken",
    source=docs(
        "step-functions/latest/dg/integrate-services.html",
        "For AWS Batch, the optimized integration does not support Wait for Callback "
        "(.waitForTaskToken); AWS SDK integrations do.",
    ),
)
def state_machine_callback(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, _, resource in calls_of_batch(source):
        if resource.endswith(f":{STATES_SUBMIT_JOB}{STATES_CALL_BACK}"):
            yield f"{path}/Resource", "batch:submitJob does not support .waitForTaskToken"


@rule(
    "state-machine-integration",
    STATE_MACHINES,
    title="call of AWS Batch that Step Functions does not have",
    fix="submit with batch:submitJob.sync, which waits for the job, or with batch:submitJob",
    source=docs(
        "step-functions/latest/dg/integrate-optimized.html",
        '"Express Workflows only support Request Response integrations." For AWS Batch, the'
        " optimized integration has submitJob, also with .sync; integrations of the SDK do not"
        " support Run a Job (.sync).",
    ),
)
def state_machine_integration(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    kind = text(source.properties, "Type" if source.type == SERVERLESS_STATE_MACHINE else _KIND)
    for path, _, resource in calls_of_batch(source):
        found = _INTEGRATION.search(resource)
        if found is None:
            continue
        sdk, operation, way = found.groups()
        ways = ("", STATES_CALL_BACK) if sdk else ("", *_WAITS)
        called = f"{sdk or ''}batch:{operation}"
        if kind == EXPRESS and way.startswith(_WAITS):
            said = f"{called}{way} in an Express workflow, which does not wait for anything"
            fix = "make it a Standard workflow, or submit with batch:submitJob, without .sync"
            yield f"{path}/Resource", said, fix
        elif not sdk and operation.lower() != "submitjob":
            said = f"Step Functions has no {called}"
            yield f"{path}/Resource", said, f"write {STATES_CALL}{operation}"
        elif way not in ways:
            yield f"{path}/Resource", f"{called} does not support {way}"


_KIND: Final = "StateMachineType"
_WAITS: Final = (STATES_WAIT, STATES_CALL_BACK)
_INTEGRATION: Final = pattern(r":states:::(aws-sdk:)?batch:(\w+)(|\.[\w:]+)$")


@_warning(
    "state-machine-path",
    STATE_MACHINES,
    title="path of a state machine that is passed as text",
    fix="write .$ behind the name of the key",
    source=docs(
        "step-functions/latest/dg/connect-parameters.html",
        '"To specify that a parameter use a path", its name ends with .$.',
    ),
)
def state_machine_path(source: Resource) -> Iterator[Fault]:
    """The job gets the path itself instead of what stands there in the input."""
    for path, state in batch_tasks(source):
        for where, key, value in _texts_in(state.get("Parameters")):
            if not key.endswith(".$") and value.startswith(("$.", "$$.")):
                said = f'{key} is the text "{show(value)}", not what stands there'
                yield f"{path}/Parameters{where}", said, f"write {key}.$"


def _texts_in(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Give the texts that stand under a key, with their places and keys."""
    if isinstance(value, list) and depth < _DEEPEST:
        for position, one in enumerate(value):
            yield from _texts_in(one, f"{path}/{position}", depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, one in value.items():
            if isinstance(one, str):
                yield f"{path}/{key}", key, one
            else:
                yield from _texts_in(one, f"{path}/{key}", depth + 1)


_DEEPEST: Final = 8
"""More levels than a request of AWS Batch has."""
