"""The arguments of a submission gateway, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import Whole, allowed, refused, shown
from batch_constructs.aws.delivery import (
    SQS_BATCH,
    SQS_CONCURRENCY,
    SQS_FIFO_BATCH,
    SQS_MOST_RECEIVES,
    SQS_WINDOW_SECONDS,
)
from batch_constructs.aws.overridden_containers import not_sayable
from batch_constructs.aws.quotas import FUNCTION_ENVIRONMENT_KB
from batch_constructs.aws.submit_job import SUBMISSIONS_PER_SECOND
from batch_constructs.functions.claims.lease import LONGEST_SECONDS
from batch_constructs.functions.claims.remembered import MOST, most_bytes
from batch_constructs.jobs.submitted_containers import NO_ARRAY, is_multi_node
from batch_constructs.known_argument import known_flag, known_now
from batch_constructs.tokens import WholeNumber, is_token, without_tokens
from batch_constructs.triggers.job_fit import check_parameters
from batch_constructs.triggers.message_schema import read_schema
from batch_constructs.triggers.submit_function import MOST_BYTES_TOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.triggers.job_to_submit import JobToSubmit

CONCURRENCY = SQS_CONCURRENCY.low
"""Functions at a time: the fewest that an event source mapping can be told."""

_SLOWEST_PER_SECOND = 0.02
"""Each of two functions submits a job in its time; slower, what waits for its turn is set aside."""

_LARGEST_JOB_BATCH = 1000
_SECONDS_OF_WORK = 30
"""How much a function takes on at a time: a quarter of its time, so that it may be throttled."""

_COMPACT = (",", ":")
RECEIVES_OF_DEATHS = 5
"""How often SQS delivers a message beyond that, to a function that dies before it sets it aside."""

_MAX_RECEIVES = Whole(2, SQS_MOST_RECEIVES - RECEIVES_OF_DEATHS)
_HOUR_SECONDS = 3600
_MEBIBYTE = 2**20
_MESSAGES_PER_HOUR = 1_000_000
LEAST_MEMORY_MEBIBYTES = 1024
"""A smaller function is a slower one: Lambda gives processor time by memory."""

_MEMORY_OF_THE_REST_MEBIBYTES = 512
"""Python, boto3 and 6 MB of messages, read and written as a manifest."""

_WINDOW = Whole(_HOUR_SECONDS, 24 * _HOUR_SECONDS, unit="seconds")


@dataclass(frozen=True, kw_only=True)
class GatewayArguments:
    """What a gateway's function and its mapping are told."""

    coalesce: bool
    fifo: bool
    per_second: float
    parameters: dict[str, str]
    schema_code: str | None
    idempotency_key: str | None
    window_seconds: int
    max_batching_window_seconds: int
    max_receive_count: int
    most_remembered: int | None
    """So many messages of a window fit the function's memory; None in a gateway that has to."""
    memory_mebibytes: int

    @property
    def batch_size(self) -> int:
        """How many messages Lambda hands over at a time."""
        if self.coalesce:
            return SQS_BATCH
        if self.fifo:
            return SQS_FIFO_BATCH
        work = int(self.per_second / CONCURRENCY * _SECONDS_OF_WORK)
        return max(1, min(work, _LARGEST_JOB_BATCH))


def refuse_too_few_functions(arguments: Arguments, reserved: Any) -> None:
    """Refuse a reserved concurrency below what SQS hands batches to: Lambda would throttle.

    Each batch that it throttles counts as a delivery of its messages.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    if isinstance(reserved, int) and not is_token(reserved) and reserved < CONCURRENCY:
        arguments.wrong_value(
            f"function_settings.reserved_concurrency is {reserved}; allowed: {CONCURRENCY} or "
            f"more, or None: SQS hands batches to {CONCURRENCY} functions of a gateway at a time"
        )


def read_gateway(
    arguments: Arguments,
    job: JobToSubmit,
    *,
    coalesce: bool,
    max_submissions_per_second: float,
    parameters: Mapping[str, str] | None,
    schema: Mapping[str, Any] | None,
    idempotency_key: str | None,
    deduplication_window: Duration | None,
    fifo: bool,
    max_batching_window: Duration | None,
    max_receive_count: int,
    max_messages_per_hour: WholeNumber | None,
) -> GatewayArguments:
    """Read the arguments and note what is wrong with them."""
    is_fifo = known_flag(arguments, "fifo", fifo) is True
    if coalesce and is_fifo:
        arguments.wrong_value(
            f"fifo is given with mode COALESCE; SQS returns at most {SQS_FIFO_BATCH} messages of "
            "a FIFO queue at a time, and the children of an array have no order: use mode "
            "JOB_PER_MESSAGE, or leave fifo out"
        )
    if coalesce:
        _check_array(arguments, job)
    fields = arguments.mapping("parameters", parameters)
    if arguments.is_wrong("parameters"):
        fields = {}
    if coalesce and fields:
        arguments.wrong_value(
            "parameters is given with mode COALESCE, where each child fetches its whole message: "
            "leave it out"
        )
        fields = {}
    check_parameters(arguments, job.job_definition, fields, command_is_known=job.command is None)
    for parameter, field in fields.items():
        _check_path(arguments, f"parameters[{shown(parameter)}]", field)
    defaults = {} if arguments.problems else without_tokens(job.defaults())
    parts = [fields, *([defaults] if defaults else [])]
    told = json.dumps(parts, separators=_COMPACT, default=str)
    if len(told) > MOST_BYTES_TOLD:
        also = ", environment, command and overrides" if defaults else ""
        arguments.wrong_value(
            f"parameters{also} are {len(told)} bytes of JSON; allowed: {MOST_BYTES_TOLD}, "
            f"because Lambda allows {FUNCTION_ENVIRONMENT_KB} KB of environment variables: map "
            "fewer fields"
        )
    key = arguments.text("idempotency_key", idempotency_key)
    if key is not None:
        _check_path(arguments, "idempotency_key", key)
    per_second = _rate(arguments, max_submissions_per_second)
    window_seconds = _window(arguments, deduplication_window)
    most, memory = _room(
        arguments,
        max_messages_per_hour,
        coalesce=coalesce,
        per_second=per_second,
        window_seconds=window_seconds,
    )
    return GatewayArguments(
        most_remembered=most,
        memory_mebibytes=memory,
        coalesce=coalesce,
        fifo=is_fifo,
        per_second=per_second,
        parameters=fields,
        schema_code=read_schema(arguments, schema),
        idempotency_key=key,
        window_seconds=window_seconds,
        max_batching_window_seconds=_batching(
            arguments, max_batching_window, coalesce=coalesce, fifo=is_fifo
        ),
        max_receive_count=arguments.bounded(
            "max_receive_count",
            known_now(
                arguments,
                "max_receive_count",
                arguments.number("max_receive_count", max_receive_count, required=True),
            ),
            _MAX_RECEIVES,
        ),
    )


def _check_path(arguments: Arguments, where: str, path: object) -> None:
    if isinstance(path, str) and not is_token(path) and not path.startswith("$."):
        may_be_secret = where.startswith("parameters")
        given = "no field of the JSON body" if may_be_secret else shown(path)
        arguments.wrong_value(
            f"{where} is {given}; {allowed('a field of the JSON body such as $.detail.object.key')}"
        )


def _rate(arguments: Arguments, per_second: float) -> Any:
    rate = arguments.number("max_submissions_per_second", per_second, required=True)
    rate = known_now(arguments, "max_submissions_per_second", rate)
    most = SUBMISSIONS_PER_SECOND
    if isinstance(rate, int | float) and not _SLOWEST_PER_SECOND <= rate <= most:
        numbers = f"numbers from {_SLOWEST_PER_SECOND} to {most}"
        return arguments.wrong_value(
            f"max_submissions_per_second {refused(rate, numbers)}: at least one while a function "
            "runs, and at most AWS Batch's limit for an account"
        )
    return rate


def _check_array(arguments: Arguments, job: JobToSubmit) -> None:
    """Note a job that can be no array of children with messages."""
    why = None if job.containers is None else not_sayable("environment", job.containers)
    if is_multi_node(job.job_definition):
        arguments.wrong_value(
            f"mode is COALESCE, but the job is multi-node, {NO_ARRAY}: use mode JOB_PER_MESSAGE"
        )
    elif why is not None:
        arguments.wrong_value(
            f"mode is COALESCE, where an environment variable says where the messages are, but "
            f"{why}: use mode JOB_PER_MESSAGE"
        )


def _room(
    arguments: Arguments,
    max_messages_per_hour: Any,
    *,
    coalesce: bool,
    per_second: Any,
    window_seconds: Any,
) -> tuple[int | None, int]:
    """Reckon how many messages the function remembers, and how much memory that takes."""
    name = "max_messages_per_hour"
    given = known_now(
        arguments, name, arguments.number(name, max_messages_per_hour, bound=Whole(1))
    )
    if given is not None and not coalesce:
        arguments.wrong_value(
            "max_messages_per_hour is given with mode JOB_PER_MESSAGE, where "
            "max_submissions_per_second sets it: leave it out"
        )
    known = all(isinstance(each, int | float) for each in (per_second, window_seconds))
    if not known or is_token(per_second) or is_token(window_seconds):
        return None, LEAST_MEMORY_MEBIBYTES
    by_hour = per_second * _HOUR_SECONDS
    if coalesce:
        by_hour = _MESSAGES_PER_HOUR if not isinstance(given, int | float) else given
    most = int(by_hour * (window_seconds + LONGEST_SECONDS) / _HOUR_SECONDS)
    if most > MOST:
        arguments.wrong_value(
            f"max_messages_per_hour is {by_hour:.0f} and deduplication_window {window_seconds} "
            f"seconds: {most} messages to remember; allowed: {MOST}, which a function reads "
            "in a minute when it starts: give a shorter window, or several gateways"
        )
    needed = _MEMORY_OF_THE_REST_MEBIBYTES + -(-most_bytes(most) // _MEBIBYTE)
    return most if coalesce else None, max(LEAST_MEMORY_MEBIBYTES, needed)


def _window(arguments: Arguments, window: Duration | None) -> Any:
    seconds = arguments.seconds("deduplication_window", window)
    if seconds is None:
        return 6 * _HOUR_SECONDS
    return arguments.bounded("deduplication_window", seconds, _WINDOW)


def _batching(arguments: Arguments, window: Duration | None, *, coalesce: bool, fifo: bool) -> Any:
    seconds = arguments.seconds("max_batching_window", window)
    seconds = known_now(arguments, "max_batching_window", seconds)
    if seconds is None:
        if fifo:
            return 0
        return 60 if coalesce else 1
    if fifo:
        return arguments.wrong_value(
            "max_batching_window is given with fifo, but Lambda has no batching window for FIFO "
            "queues: leave it out"
        )
    gathered = Whole(1, SQS_WINDOW_SECONDS.high, unit="seconds")
    return arguments.bounded("max_batching_window", seconds, gathered)
