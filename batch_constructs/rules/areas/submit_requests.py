"""Rules about what a submission says: its required fields, its form, and what it refers to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.submitters import SUBMITTERS
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JOB_QUEUE, Resource
from batch_constructs.rules.template.role_policies import literal
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    PIPE,
    SCHEDULE,
    SERVERLESS_STATE_MACHINE,
    STATE_MACHINE,
    batch_tasks,
    schedule_request,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    Reference,
    absent,
    entries,
    mapping,
    number,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


AREA: Final = "submit_requests"
_rule = partial(rule, area=AREA)
_MACHINES: Final = (STATE_MACHINE, SERVERLESS_STATE_MACHINE)
_REQUIRED: Final = ("JobDefinition", "JobName", "JobQueue")


@_rule(
    "state-machine-callback",
    _MACHINES,
    title="job that is to call back with a task token",
    fix="use batch:submitJob.sync to wait for the job, or aws-sdk:batch:submitJob.waitForTaskToken",
    source="Step Functions, Integrating optimized services: for AWS Batch, Wait for Callback"
    " (.waitForTaskToken) is not supported; AWS SDK integrations support it",
)
def state_machine_callback(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, state in batch_tasks(source):
        resource = literal(state.get("Resource")) or ""
        if resource.endswith(":states:::batch:submitJob.waitForTaskToken"):
            yield f"{path}/Resource", "batch:submitJob does not support .waitForTaskToken"


@_rule(
    "submission-required",
    (*_MACHINES, SCHEDULE),
    title="submission without a required field",
    fix="give JobDefinition, JobName and JobQueue",
    source="SubmitJobRequest.jobDefinition, SubmitJobRequest.jobName, SubmitJobRequest.jobQueue:"
    " required",
)
def submission_required(source: Resource) -> Iterator[Fault]:
    """No job is ever submitted."""
    for one in submissions_from(source):
        for key in _REQUIRED:
            if absent(one.request, key):
                yield f"{one.path}/{key}", f"{key} is missing, which SubmitJob requires"


@_rule(
    "schedule-input",
    SCHEDULE,
    severity=Severity.WARNING,
    title="schedule whose input is no request of SubmitJob",
    fix='write Input as JSON: {"JobDefinition": …, "JobName": …, "JobQueue": …}',
    source="EventBridge Scheduler, Using universal targets: Input is well-formed JSON with the"
    " parameters of the request",
)
def schedule_input(schedule: Resource) -> Iterator[Fault]:
    """Every submission fails, with no trace but a metric."""
    request = schedule_request(schedule)
    target = mapping(schedule.properties, "Target")
    if request is None:
        return
    written = target.get("Input")
    if absent(target, "Input"):
        yield "Target/Input", "Input is missing, so SubmitJob gets no request"
    elif isinstance(written, str) and not isinstance(request, dict):
        yield "Target/Input", f'Input is "{show(written)}", which is no JSON object'


@_rule(
    "pipe-parameters",
    PIPE,
    title="pipe to a job queue without job parameters",
    fix="give TargetParameters BatchJobParameters with JobDefinition and JobName",
    source="EventBridge Pipes PipeTargetBatchJobParameters: JobDefinition and JobName are required",
)
def pipe_parameters(pipe: Resource) -> Iterator[Fault]:
    """A queue alone does not say which job to run."""
    target = pipe.properties.get("Target")
    to_queue = pipe.neighbour(target, JOB_QUEUE) is not None
    if not to_queue and ":job-queue/" not in (literal(target) or ""):
        return
    parameters = pipe.properties.get("TargetParameters", {})
    if not isinstance(parameters, dict):
        return
    path = "TargetParameters/BatchJobParameters"
    if absent(parameters, "BatchJobParameters"):
        yield path, "BatchJobParameters is missing; a job queue target needs it"
    elif isinstance(parameters["BatchJobParameters"], dict):
        for key in ("JobDefinition", "JobName"):
            if absent(parameters["BatchJobParameters"], key):
                yield f"{path}/{key}", f"{key} is missing"


_NOUNS: Final = {JOB_DEFINITION: "job definition", JOB_QUEUE: "job queue"}


@_rule(
    "submission-reference",
    SUBMITTERS,
    title="queue where a job definition belongs, or the other way round",
    fix="refer to a job definition under JobDefinition, to a job queue under JobQueue",
    source="SubmitJobRequest.jobDefinition: the job definition used by this job;"
    " SubmitJobRequest.jobQueue: the job queue where the job is submitted",
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


_RANGES: Final = {"MaximumRetryAttempts": (0, 185), "MaximumEventAgeInSeconds": (60, 86_400)}


@_rule(
    "target-retry-policy",
    (EVENT_RULE, SCHEDULE),
    title="retry policy out of range",
    fix="set MaximumRetryAttempts to 0 to 185, MaximumEventAgeInSeconds to 60 to 86400",
    source="EventBridge and EventBridge Scheduler RetryPolicy: MaximumRetryAttempts 0 to 185,"
    " MaximumEventAgeInSeconds 60 to 86400",
)
def target_retry_policy(source: Resource) -> Iterator[Fault]:
    """How often, and how long, a submission that failed is tried again."""
    if not submissions_from(source):
        return
    targets = [("Target", mapping(source.properties, "Target"))]
    targets += [
        (f"Targets/{position}", target)
        for position, target in entries(source.properties, "Targets")
    ]
    for path, target in targets:
        policy = mapping(target, "RetryPolicy")
        for key, (low, high) in _RANGES.items():
            got = number(policy, key)
            if got is not None and not low <= got <= high:
                where = f"{path}/RetryPolicy/{key}"
                yield where, f"{key} is {show(got)}; allowed are {low} to {high}"
