"""Rules about a job definition as a whole: name, kind, retries, timeout, size."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import job_limit, job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.old_limits import at
from batch_constructs.rules.template.values import (
    absent,
    entries,
    given,
    listing,
    mapping,
    number,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition

AREA: Final = "job_definitions.general"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)

_limit(
    id="job-definition-name",
    where=at(""),
    key="JobDefinitionName",
    noun="the job definition name",
    title="job definition name of a wrong shape",
    source='RegisterJobDefinitionRequest.jobDefinitionName: "It can be up to 128 letters long. It'
    " can"
    ' contain uppercase and lowercase letters, numbers, hyphens (-), and underscores (_)."',
    why="Batch refuses the name when the definition is registered.",
).matching(r"[A-Za-z0-9_-]+", "1 to 128 letters, digits, hyphens and underscores", 128)

_limit(
    id="job-definition-type",
    where=at(""),
    key="Type",
    noun="the type of the job definition",
    title="unknown type of job definition",
    source="RegisterJobDefinitionRequest.type: container or multinode",
    why="There are two types of job definition; jobs on EKS are of type container.",
).one_of(("container", "multinode"), any_case=True)

_limit(
    id="scheduling-priority",
    where=at(""),
    key="SchedulingPriority",
    noun="the scheduling priority",
    title="scheduling priority out of range",
    source='RegisterJobDefinitionRequest.schedulingPriority: "The minimum supported value is 0 and'
    ' the maximum supported value is 9999."',
    why="It orders the jobs of one share identifier.",
).between(0, 9999)

_limit(
    id="retry-attempts",
    where=at("RetryStrategy"),
    key="Attempts",
    noun="the number of attempts",
    title="number of attempts out of range",
    source='RetryStrategy.attempts: "You can specify between 1 and 10 attempts."',
    why="The first run counts: 1 means no retry.",
).between(1, 10)

_limit(
    id="evaluate-on-exit-count",
    where=at("RetryStrategy"),
    key="EvaluateOnExit",
    noun="EvaluateOnExit",
    title="too many exit conditions",
    source='RetryStrategy.evaluateOnExit: "Array of up to 5 objects"',
    why="Five conditions are the limit.",
).counting(0, 5, "conditions")

_limit(
    id="evaluate-on-exit-action",
    where=at("RetryStrategy/EvaluateOnExit/*"),
    key="Action",
    noun="the action of an exit condition",
    title="unknown action of an exit condition",
    source='EvaluateOnExit.action: RETRY or EXIT; "The values aren\'t case sensitive."',
    why="A failed job is retried or it is over.",
).one_of(("RETRY", "EXIT"), any_case=True)

_limit(
    id="evaluate-on-exit-code",
    where=at("RetryStrategy/EvaluateOnExit/*"),
    key="OnExitCode",
    noun="the exit code pattern",
    title="exit code pattern of a wrong shape",
    source='EvaluateOnExit.onExitCode: "It can contain only numbers, and can end with an asterisk'
    ' (*)"',
    why="It is a prefix, not a regular expression, a range or a list.",
).matching(r"\d+\*?|\*", "digits, with an asterisk at the end if need be", 512)

for _id, _key, _member in (
    ("evaluate-on-exit-reason", "OnReason", "onReason"),
    ("evaluate-on-exit-status-reason", "OnStatusReason", "onStatusReason"),
):
    _limit(
        id=_id,
        where=at("RetryStrategy/EvaluateOnExit/*"),
        key=_key,
        noun=f"the {_key} pattern",
        title=f"{_key} pattern of a wrong shape",
        source=f'EvaluateOnExit.{_member}: "up to 512 characters. It can contain letters, numbers,'
        ' periods (.), colons (:), and white space … It can optionally end with an asterisk (*)"',
        why="It is a prefix, not a regular expression.",
    ).matching(
        r"[A-Za-z0-9.:\s]*\*?",
        "letters, digits, periods, colons and spaces, with an asterisk at the end if need be",
        512,
    )


@_rule(
    "evaluate-on-exit-attempts",
    title="exit conditions without attempts",
    fix="give RetryStrategy Attempts, 1 to 10",
    source='RetryStrategy.evaluateOnExit: "If this parameter is specified, then the attempts'
    " parameter"
    ' must also be specified."',
)
def evaluate_on_exit_attempts(job: JobDefinition) -> Iterator[Fault]:
    """Conditions decide whether to retry, attempts how often."""
    retry = mapping(job.properties, "RetryStrategy")
    if listing(retry, "EvaluateOnExit") and absent(retry, "Attempts"):
        yield "RetryStrategy/Attempts", "Attempts is missing beside EvaluateOnExit"


_CONDITIONS: Final = ("OnReason", "OnStatusReason", "OnExitCode")
_ALWAYS: Final = ({"OnReason": "*"}, {"OnStatusReason": "*"})


@_rule(
    "evaluate-on-exit-condition",
    severity=Severity.WARNING,
    title="exit condition that asks for nothing",
    fix="give OnReason, OnStatusReason or OnExitCode",
    source="EvaluateOnExit.action: the action is taken if all of the specified conditions"
    " (onStatusReason, onReason and onExitCode) are met",
)
def evaluate_on_exit_condition(job: JobDefinition) -> Iterator[Fault]:
    """An action needs something that it depends on."""
    retry = mapping(job.properties, "RetryStrategy")
    for position, condition in entries(retry, "EvaluateOnExit"):
        if condition and not any(key in condition for key in _CONDITIONS):
            yield (
                f"RetryStrategy/EvaluateOnExit/{position}",
                "an action is given without any condition",
            )


@_rule(
    "evaluate-on-exit-unreachable",
    severity=Severity.WARNING,
    title="exit condition that is never reached",
    fix="put the condition that always matches last",
    source="RetryStrategy.evaluateOnExit: conditions are looked at in order, the first match"
    " decides",
)
def evaluate_on_exit_unreachable(job: JobDefinition) -> Iterator[Fault]:
    """What stands behind a condition that matches everything is never looked at.

    An exit code of ``*`` does not match an attempt that never started: it has none.
    """
    conditions = list(entries(mapping(job.properties, "RetryStrategy"), "EvaluateOnExit"))
    for position, condition in conditions[:-1]:
        patterns = {key: condition[key] for key in _CONDITIONS if key in condition}
        if patterns in _ALWAYS:
            yield (
                f"RetryStrategy/EvaluateOnExit/{position}",
                "the condition matches every job, so those after it are never looked at",
            )
            return


_limit(
    id="job-timeout",
    where=at("Timeout"),
    key="AttemptDurationSeconds",
    noun="the timeout",
    title="timeout below a minute",
    source='RegisterJobDefinitionRequest.timeout, JobTimeout.attemptDurationSeconds: "The minimum'
    ' value for the timeout is 60 seconds."',
    why="After it, Batch ends an attempt; it is in seconds.",
).between(60, None)

_KINDS: Final = ("ContainerProperties", "EcsProperties", "EksProperties")


@_rule(
    "job-definition-properties",
    title="none or several of the properties blocks",
    fix="give exactly one of ContainerProperties, EcsProperties and EksProperties, or"
    " NodeProperties"
    " with the type multinode",
    source='RegisterJobDefinitionRequest.type: "If the value is container, then one of the'
    " following is"
    " required: containerProperties, ecsProperties, or eksProperties. If the value is multinode,"
    " then"
    ' nodeProperties is required."; RegisterJobDefinitionRequest.containerProperties,'
    " RegisterJobDefinitionRequest.ecsProperties, RegisterJobDefinitionRequest.eksProperties,"
    " RegisterJobDefinitionRequest.nodeProperties",
)
def job_definition_properties(job: JobDefinition) -> Iterator[Fault]:
    """The block says what kind of job it is."""
    kind = (text(job.properties, "Type") or "").lower()
    present = [key for key in _KINDS if key in job.properties]
    known = [key for key in present if given(job.properties, key)]
    if len(known) > 1:
        yield known[1], f"{' and '.join(known)} are given; exactly one is allowed"
    if kind == "container" and not present:
        if "NodeProperties" in job.properties:
            yield "Type", "the type is container, but NodeProperties makes it multinode"
        else:
            yield "ContainerProperties", f"none of {one_of(_KINDS)} is given"
    elif kind == "container" and given(job.properties, "NodeProperties"):
        yield "NodeProperties", "NodeProperties is given for the type container"
    elif kind == "multinode":
        if "NodeProperties" not in job.properties:
            yield "NodeProperties", "NodeProperties is missing for the type multinode"
        if known:
            yield known[0], f"{known[0]} is given for the type multinode; it takes NodeProperties"


@_rule(
    "platform-capabilities",
    title="unknown platform capability",
    fix="set PlatformCapabilities to EC2, FARGATE or MANAGED_INSTANCES",
    source="RegisterJobDefinitionRequest.platformCapabilities: EC2, FARGATE or MANAGED_INSTANCES",
)
def platform_capabilities(job: JobDefinition) -> Iterator[Fault]:
    """The platform is what the environments of the queue must be."""
    for position, got in enumerate(listing(job.properties, "PlatformCapabilities") or ()):
        if isinstance(got, str) and got not in ("EC2", "FARGATE", "MANAGED_INSTANCES"):
            yield (
                f"PlatformCapabilities/{position}",
                f"the platform is {show(got)}; allowed are EC2, FARGATE or MANAGED_INSTANCES",
            )


@_rule(
    "managed-instances-properties",
    title="Managed Instances job without EcsProperties",
    fix="describe the job with EcsProperties",
    source='RegisterJobDefinitionRequest.platformCapabilities: "Jobs with the MANAGED_INSTANCES'
    " platform capability must use ecsProperties (not containerProperties) and do not support"
    ' multi-node parallel jobs."',
)
def managed_instances_properties(job: JobDefinition) -> Iterator[Fault]:
    """Managed Instances take the newer form only."""
    if job.platform != "MANAGED_INSTANCES":
        return
    for key in ("ContainerProperties", "NodeProperties"):
        if given(job.properties, key):
            yield key, f"{key} is given for a job on Managed Instances; allowed is EcsProperties"


@_rule(
    "job-definition-size",
    title="job definition over 24 KiB",
    fix="move environment, commands or parameters into the image, S3 or Parameter Store",
    source='User Guide, Service quotas: "Maximum job definition size (for RegisterJobDefinition API'
    ' operations) 24 KiB"',
)
def job_definition_size(job: JobDefinition) -> Iterator[Fault]:
    """The whole request is measured, as JSON."""
    size = len(json.dumps(job.properties, default=lambda _: "", separators=(",", ":")))
    if size > _MOST_BYTES:
        yield "", f"the job definition has about {size // 1024} KiB; allowed are 24 KiB"


_MOST_BYTES: Final = 24 * 1024

_FOURTEEN_DAYS: Final = 14 * 24 * 60 * 60


@_rule(
    "fargate-timeout",
    severity=Severity.WARNING,
    title="Fargate timeout over 14 days",
    fix="set the timeout to at most 1209600 seconds, or run the job on EC2",
    source="User Guide, Job timeouts: jobs on Fargate may be ended after 14 days, whatever the"
    " JobTimeout.attemptDurationSeconds",
)
def fargate_timeout(job: JobDefinition) -> Iterator[Fault]:
    """Fargate resources may be gone after 14 days."""
    got = number(mapping(job.properties, "Timeout"), "AttemptDurationSeconds")
    if job.platform == "FARGATE" and got is not None and got > _FOURTEEN_DAYS:
        yield (
            "Timeout/AttemptDurationSeconds",
            f"the timeout is {got} seconds; on Fargate jobs run at most {_FOURTEEN_DAYS}",
        )
