"""Rules about a job definition as a whole: kind, retries, timeout, size."""

from __future__ import annotations

import json

from batch_constructs.aws import job_definition_facts as aws
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.job_definition_facts import RetryAction
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.arn_patterns import least_in
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.values import (
    entries,
    given,
    listing,
    mapping,
    number,
    text,
)
from batch_constructs.rules.template.written_lengths import is_surely_within, length_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition


register("job_definitions", area="job_definition")


_CONDITIONS: Final = ("OnReason", "OnStatusReason", "OnExitCode")
_ALWAYS: Final = ({"OnReason": "*"}, {"OnStatusReason": "*"})


@job_rule(
    "evaluate-on-exit-all-retry",
    severity=Severity.WARNING,
    title="exit conditions that change nothing",
    fix="add a condition with the Action EXIT, or remove EvaluateOnExit",
    source=api(
        "RetryStrategy.evaluateOnExit",
        '"If none of the listed conditions match, then the job is retried."',
    ),
)
def evaluate_on_exit_all_retry(job: JobDefinition) -> Iterator[Fault]:
    """A job is also retried if no condition matches, so this job is retried whatever happens."""
    conditions = listing(mapping(job.properties, "RetryStrategy"), "EvaluateOnExit") or []
    actions = [(text(one, "Action") or "").upper() for one in conditions if isinstance(one, dict)]
    if actions and len(actions) == len(conditions) and set(actions) == {RetryAction.RETRY}:
        yield (
            "RetryStrategy/EvaluateOnExit",
            "every condition says RETRY, which also happens without a match",
        )


@job_rule(
    "evaluate-on-exit-unreachable",
    severity=Severity.WARNING,
    title="exit condition that is never reached",
    fix="put the condition that always matches last",
    source=api(
        "RetryStrategy.evaluateOnExit",
        "Conditions are evaluated in order, and the first match decides.",
    ),
)
def evaluate_on_exit_unreachable(job: JobDefinition) -> Iterator[Fault]:
    """Conditions after one that matches everything are never evaluated.

    An exit code of ``*`` does not match an attempt that never started, because that attempt has no
    exit code.
    """
    conditions = list(entries(mapping(job.properties, "RetryStrategy"), "EvaluateOnExit"))
    for position, condition in conditions[:-1]:
        patterns = {key: condition[key] for key in _CONDITIONS if key in condition}
        if patterns in _ALWAYS:
            yield (
                f"RetryStrategy/EvaluateOnExit/{position}",
                "the condition matches every job, so those after it are never evaluated",
            )
            return


_KINDS: Final = ("ContainerProperties", "EcsProperties", "EksProperties")


@job_rule(
    "job-definition-properties",
    title="no properties block, or several",
    fix="give exactly one of ContainerProperties, EcsProperties and EksProperties, or"
    " NodeProperties with the type multinode",
    source=api(
        "RegisterJobDefinitionRequest.type",
        '"If the value is container, then one of the following is required: containerProperties,'
        ' ecsProperties, or eksProperties." "If the value is multinode, then nodeProperties is'
        ' required."; RegisterJobDefinitionRequest.containerProperties,'
        " RegisterJobDefinitionRequest.ecsProperties, RegisterJobDefinitionRequest.eksProperties,"
        " RegisterJobDefinitionRequest.nodeProperties.",
    ),
)
def job_definition_properties(job: JobDefinition) -> Iterator[Fault]:
    """The block determines what kind of job it is."""
    kind = (text(job.properties, "Type") or "").lower()
    present = [key for key in _KINDS if key in job.properties]
    known = [key for key in present if given(job.properties, key)]
    has_nodes = "NodeProperties" in job.properties
    if len(known) > 1:
        yield known[1], f"{' and '.join(known)} are set; only one of them is allowed"
    if kind == aws.MULTI_NODE_TYPE:
        if not has_nodes:
            yield "NodeProperties", "NodeProperties is missing for the type multinode"
        if known:
            yield known[0], f"{known[0]} is set for the type multinode; use NodeProperties"
    elif kind != aws.CONTAINER_TYPE:
        return
    elif not present and has_nodes:
        yield "Type", "Type is container, but NodeProperties makes it multinode"
    elif not present:
        yield "ContainerProperties", f"{one_of(_KINDS)} is missing"
    elif given(job.properties, "NodeProperties"):
        yield "NodeProperties", "NodeProperties is set for the type container"


@job_rule(
    "job-definition-size",
    title="job definition that is too long",
    fix="move environment variables, commands or parameters into the image, S3 or Parameter Store",
    source=aws.BYTES_SOURCE,
)
def job_definition_size(job: JobDefinition) -> Iterator[Fault]:
    """The limit applies to the whole request, as JSON.

    Values known only at deployment count with their minimum length.
    """
    as_given = job.template.raw(job.id).get("Properties")
    if is_surely_within(aws.BYTES, job.as_json, job.template.json_of(job.id)):
        return
    open_: list[object] = []

    def left_out(value: object) -> str:
        open_.append(value)
        return ""

    written = json.dumps(
        job.properties, default=left_out, ensure_ascii=False, separators=(",", ":")
    )
    try:
        least = length_of(as_given, least_in(job.template.raw)) if open_ else 0
    except RecursionError:  # it contains itself
        least = 0
    size = max(len(written.encode("utf-8", "surrogatepass")), least)
    if size > aws.BYTES:
        yield (
            "",
            f"the job definition has {size} bytes; allowed: at most {aws.BYTES}",
        )


@job_rule(
    "fargate-timeout",
    severity=Severity.WARNING,
    title="timeout that is too long for Fargate",
    fix=f"set AttemptDurationSeconds to at most {aws.FARGATE_SECONDS}, or run the job on EC2",
    source=aws.FARGATE_SECONDS_SOURCE,
)
def fargate_timeout(job: JobDefinition) -> Iterator[Fault]:
    """Fargate may reclaim the resources of a job that runs longer."""
    got = number(mapping(job.properties, "Timeout"), "AttemptDurationSeconds")
    most = aws.FARGATE_SECONDS
    if job.platform == PlatformCapability.FARGATE and got is not None and got > most:
        yield (
            "Timeout/AttemptDurationSeconds",
            f"the timeout is {got} seconds; on Fargate, a job runs for {most} at most",
        )
