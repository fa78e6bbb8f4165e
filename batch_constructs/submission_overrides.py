"""What one submission changes of its job definition, as data that needs neither CDK nor boto3.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import A_KEY, Decimal, allowed, refused
from batch_constructs.aws.container_facts import GPUS, MEMORY_MIB, SizeType
from batch_constructs.aws.fargate_sizes import LEAST_VCPUS
from batch_constructs.aws.limits import limits_of
from batch_constructs.aws.names import as_member
from batch_constructs.aws.submit_job import (
    ATTEMPTS,
    JOB_BYTES,
    SCHEDULING_PRIORITY,
    SHARE_IDENTIFIER,
    SUBMITTED_VARIABLE_NAME,
    TIMEOUT_SECONDS,
    job_length,
)
from batch_constructs.jsii_objects import has_member
from batch_constructs.rules import UNKNOWN
from batch_constructs.tag_arguments import read_tags
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration, Size

    from batch_constructs.aws.bound import Bound
    from batch_constructs.jobs.retry_policy import RetryPolicy


@dataclass(frozen=True, kw_only=True)
class SubmissionOverrides:
    """What one submission changes in the job definition: ``overrides=`` of every trigger.

    Anything you leave out comes from the definition. If a trigger or a ``WorkflowJob`` has a
    parameter of the same name, set it in one place only. The environment applies to every essential
    container of a job and of its nodes, and to the init containers of a pod. A command and sizes
    are refused if there are several containers. Sizes of a pod are both its limits and its
    requests.
    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html

    Attributes:
        vcpus: vCPUs of the container; a quarter or more on Fargate, multiples of a quarter in a
            pod, whole ones on instances.
        memory: Memory of the container, 4 MiB or more.
        memory_mebibytes: The same where there is no CDK: in MiB.
        gpus: GPUs of the container, 1 or more.
        command: Another command.
        environment: Environment variables, added to the definition's.
        retry: Another ``RetryPolicy``.
        timeout: Time limit of one attempt, at least a minute: a ``timedelta`` or the CDK's
            ``Duration``.
        scheduling_priority: Rank within the share, 0 to 9999.
        share_identifier: Share of the queue; required by a queue with a scheduling policy.
        tags: Tags of the job.
    """

    vcpus: float | None = None
    memory: Size | None = None
    memory_mebibytes: WholeNumber | None = None
    gpus: WholeNumber | None = None
    command: Sequence[str] | None = None
    environment: Mapping[str, str] | None = None
    retry: RetryPolicy | None = None
    timeout: timedelta | Duration | None = None
    scheduling_priority: WholeNumber | None = None
    share_identifier: str | None = None
    tags: Mapping[str, str] | None = None


_NOTHING: Final = SubmissionOverrides()


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What only overrides can say, as members of ``SubmitJob`` that begin with a capital.

    Attributes:
        resources: ``ResourceRequirements``.
        retry: ``RetryStrategy``.
    """

    resources: list[dict[str, Any]]
    retry: dict[str, Any]


def given_overrides(arguments: Arguments, overrides: object) -> SubmissionOverrides:
    """Look at the type of what was given as ``overrides``; empty where it is none."""
    if overrides is None:
        return _NOTHING
    if isinstance(overrides, SubmissionOverrides):
        return overrides
    arguments.wrong_type("overrides", overrides, "SubmissionOverrides(…)")
    return _NOTHING


def read_requirements(view: Arguments, overrides: SubmissionOverrides) -> Requirements:
    """Read sizes and retries; ``view`` is that of ``overrides``."""
    sizes = {
        SizeType.VCPU: _vcpus(view, overrides.vcpus),
        SizeType.MEMORY: _memory(view, overrides),
        SizeType.GPU: view.number("gpus", overrides.gpus, bound=GPUS),
    }
    return Requirements(
        resources=[
            {"Type": kind, "Value": number_text(value)}
            for kind, value in sizes.items()
            if value is not None
        ],
        retry=_retry(view, overrides.retry),
    )


def _vcpus(view: Arguments, vcpus: Any) -> Any:
    return view.number("vcpus", vcpus, bound=Decimal(LEAST_VCPUS))


def _memory(view: Arguments, overrides: SubmissionOverrides) -> Any:
    if overrides.memory is None:
        return view.number("memory_mebibytes", overrides.memory_mebibytes, bound=MEMORY_MIB)
    if overrides.memory_mebibytes is not None:
        return view.only_one("memory", view.named("memory_mebibytes"), ", which says the same")
    return view.bounded("memory", view.mebibytes("memory", overrides.memory), MEMORY_MIB)


def sizes_said(
    view: Arguments, overrides: SubmissionOverrides | None
) -> list[tuple[Arguments, str, str]]:
    """Give the sizes that overrides say, with who read them and the member that they become."""
    names = ("vcpus", name_of_memory(overrides), "gpus")
    return [
        (view, name, "resourceRequirements")
        for name in names
        if getattr(overrides, name, None) is not None
    ]


def name_of_memory(overrides: SubmissionOverrides | None) -> str:
    """Name the field that says how much memory the container has."""
    in_mebibytes = overrides is not None and overrides.memory_mebibytes is not None
    return "memory_mebibytes" if in_mebibytes else "memory"


def _retry(view: Arguments, policy: Any) -> dict[str, Any]:
    """Read a retry policy as ``RetryStrategy``."""
    if policy is None:
        return {}
    from batch_constructs.jobs.retry_policy import (  # noqa: PLC0415  # it is there where one was given
        RetryPolicy,
        RetryRule,
        check_retries,
    )

    if not isinstance(policy, RetryPolicy):
        view.wrong_type("retry", policy, "RetryPolicy(…)")
        return {}
    inner = view.within("retry")
    bounds = _bounds_of_retries()

    def rule(at: Arguments, one: RetryRule) -> dict[str, Any]:
        condition = {
            "OnExitCode": at.text("on_exit_code", one.on_exit_code, bound=bounds["OnExitCode"]),
            "OnReason": at.text("on_reason", one.on_reason, bound=bounds["OnReason"]),
            "OnStatusReason": at.text(
                "on_status_reason", one.on_status_reason, bound=bounds["OnStatusReason"]
            ),
        }
        action = at.choice("action", one.action, "a RetryAction")
        at.bounded("action", action, bounds["Action"])
        return {"Action": action, **{k: v for k, v in condition.items() if v is not None}}

    check_retries(inner, policy)
    attempts = inner.number("attempts", policy.attempts, required=True, bound=ATTEMPTS)
    rules = inner.each("rules", policy.rules, RetryRule, 'RetryRule(action="RETRY", …)', rule)
    inner.bounded("rules", rules, bounds["EvaluateOnExit"])
    return {"Attempts": attempts, **({"EvaluateOnExit": rules} if rules else {})}


@cache
def _bounds_of_retries() -> dict[str, Bound]:
    within = ("RetryStrategy", "RetryStrategy/EvaluateOnExit/*")
    limits = limits_of("AWS::Batch::JobDefinition")
    return {one.name: one.bound for one in limits if "/".join(one.within) in within}


def read_timeout(view: Arguments, value: Any) -> Any:
    """Read the limit of an attempt, in seconds."""
    return view.bounded("timeout", read_seconds(view, "timeout", value), TIMEOUT_SECONDS)


def read_seconds(view: Arguments, parameter: str, value: Any, *, required: bool = False) -> Any:
    """Read whole seconds: a ``timedelta``, or a ``Duration`` of the CDK's."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        if seconds != int(seconds):
            return view.wrong_value(
                f"{parameter} {refused(seconds, 'a whole number of seconds', 'seconds')}"
            )
        return int(seconds)
    if value is None and not required:
        return None
    if has_member(value, "to_seconds"):
        return view.seconds(parameter, value)
    return view.wrong_type(
        parameter, value, "a timedelta, or a Duration such as Duration.minutes(10)"
    )


def read_environment(view: Arguments, environment: Any) -> dict[str, Any]:
    """Read environment variables; names that are AWS Batch's, or ours, are refused."""
    variables = view.mapping("environment", environment)
    for name in variables:
        view.bounded(f"{A_KEY}environment", name, SUBMITTED_VARIABLE_NAME)
    return variables


def check_payload(view: Arguments, parameters: Mapping[str, str]) -> None:
    """Note parameters that a submission has no room for, of those that are known."""
    length = job_length({"parameters": parameters})
    if length > JOB_BYTES:
        view.wrong_value(
            f"parameters take {length} bytes of a submission; {allowed(f'at most {JOB_BYTES}')} "
            "in total: put long values into an S3 object, and give its key as a parameter"
        )


def read_fields(view: Arguments, given: SubmissionOverrides) -> None:
    """Look at each field of overrides."""
    read_requirements(view, given)
    read_timeout(view, given.timeout)
    read_environment(view, given.environment)
    read_tags(view, given.tags)
    view.texts("command", given.command)
    view.text("share_identifier", given.share_identifier, bound=SHARE_IDENTIFIER)
    view.number("scheduling_priority", given.scheduling_priority, bound=SCHEDULING_PRIORITY)


def folded(into: Any, overrides: SubmissionOverrides | None) -> dict[str, Any]:
    """Give the fields of a job that overrides say instead, by name."""
    names = {field.name for field in fields(into)} - {"overrides"}
    return {
        field.name: value
        for field in fields(SubmissionOverrides)
        if field.name in names and (value := getattr(overrides or _NOTHING, field.name)) is not None
    }


def in_api_case(value: Any) -> Any:
    """Spell members as boto3 does, with a small letter first."""
    if isinstance(value, dict):
        return {as_member(name): in_api_case(item) for name, item in value.items()}
    return [in_api_case(item) for item in value] if isinstance(value, list) else value


def requirements_of(overrides: SubmissionOverrides | None) -> Requirements:
    """Give the sizes and retries of overrides that were looked at before."""
    return read_requirements(Arguments.of_a_value(), overrides or _NOTHING)


def number_text(number: Any) -> Any:
    """Write a number as AWS reads it, ``1`` and not ``1.0``; of a token CloudFormation does so."""
    if number is UNKNOWN:
        return UNKNOWN
    if is_token(number):
        from aws_cdk import Token, Tokenization  # noqa: PLC0415  # loaded by whoever made the token

        return Token.as_string(Tokenization.reverse_number(number))
    return f"{number:.15g}"
