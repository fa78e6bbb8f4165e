"""The arguments of a submission gateway, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import Whole
from batch_constructs.aws.delivery import (
    SQS_BATCH,
    SQS_CONCURRENCY,
    SQS_FIFO_BATCH,
    SQS_WINDOW_SECONDS,
)
from batch_constructs.aws.submit_job import SUBMISSIONS_PER_SECOND
from batch_constructs.known_values import known_now
from batch_constructs.tokens import without_tokens
from batch_constructs.triggers.job_to_submit import bounded
from batch_constructs.triggers.submit_function import MOST_BYTES_TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.triggers.job_to_submit import JobToSubmit

CONCURRENCY = SQS_CONCURRENCY.low
"""Functions at a time: the fewest that an event source mapping can be told."""

_LARGEST_JOB_BATCH = 1000
_SECONDS_OF_WORK = 30
"""How much a function takes on at a time: a quarter of its time, so that it may be throttled."""

_COMPACT = (",", ":")
_DRAFTS = ("draft-04", "draft-06", "draft-07")
_MAX_RECEIVES = Whole(2, 100)
_HOUR_SECONDS = 3600
_WINDOW = Whole(_HOUR_SECONDS, 24 * _HOUR_SECONDS, unit="seconds")


@dataclass(frozen=True, kw_only=True)
class GatewayArguments:
    """What a gateway's function and its mapping are told."""

    coalesce: bool
    fifo: bool
    per_second: float
    parameters: dict[str, str]
    schema: Mapping[str, Any] | None
    idempotency_key: str | None
    window_seconds: int
    max_batching_window_seconds: int
    max_receive_count: int

    @property
    def batch_size(self) -> int:
        """How many messages Lambda hands over at a time."""
        if self.coalesce:
            return SQS_BATCH
        if self.fifo:
            return SQS_FIFO_BATCH
        work = int(self.per_second / CONCURRENCY * _SECONDS_OF_WORK)
        return max(1, min(work, _LARGEST_JOB_BATCH))


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
) -> GatewayArguments:
    """Read the arguments and note what is wrong with them."""
    is_fifo = arguments.flag("fifo", fifo, required=True) is True
    if coalesce and is_fifo:
        arguments.wrong_value(
            "fifo with mode COALESCE: SQS hands over at most 10 messages of a FIFO queue at a time "
            "and the children of an array have no order; use mode JOB_PER_MESSAGE, or no fifo"
        )
    fields = arguments.mapping("parameters", parameters)
    if arguments.is_wrong("parameters"):
        fields = {}
    if coalesce and fields:
        arguments.wrong_value(
            "parameters with mode COALESCE: each child fetches its whole message; leave them out"
        )
        fields = {}
    for parameter, field in fields.items():
        _check_path(arguments, f"parameters[{parameter!r}]", field)
    checked = _schema(arguments, schema)
    defaults = {} if arguments.problems else without_tokens(job.defaults())
    parts = [
        checked if isinstance(checked, dict) else {},
        fields,
        *([defaults] if defaults else []),
    ]
    told = json.dumps(parts, separators=_COMPACT, default=str)
    if len(told) > MOST_BYTES_TOLD:
        also = ", environment, command and overrides" if defaults else ""
        arguments.wrong_value(
            f"schema and parameters{also} are {len(told):,} bytes of JSON; allowed are "
            f"{MOST_BYTES_TOLD:,}, since Lambda has room for 4 KB of environment variables: check "
            "here only what tells good messages from bad, and the rest in the job"
        )
    key = arguments.text("idempotency_key", idempotency_key)
    if key is not None:
        _check_path(arguments, "idempotency_key", key)
    return GatewayArguments(
        coalesce=coalesce,
        fifo=is_fifo,
        per_second=_rate(arguments, max_submissions_per_second),
        parameters=fields,
        schema=checked,
        idempotency_key=key,
        window_seconds=_window(arguments, deduplication_window),
        max_batching_window_seconds=_batching(
            arguments, max_batching_window, coalesce=coalesce, fifo=is_fifo
        ),
        max_receive_count=bounded(
            arguments,
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
    if isinstance(path, str) and not path.startswith("$."):
        arguments.wrong_value(
            f"{where} is {path!r}; it names a field of the JSON body such as '$.detail.object.key'"
        )


def _rate(arguments: Arguments, per_second: float) -> Any:
    rate = arguments.number("max_submissions_per_second", per_second, required=True)
    rate = known_now(arguments, "max_submissions_per_second", rate)
    most = SUBMISSIONS_PER_SECOND
    if isinstance(rate, int | float) and not 0 < rate <= most:
        return arguments.wrong_value(
            f"max_submissions_per_second is {rate}; allowed are numbers above 0, up to {most}, AWS "
            "Batch's own limit for an account"
        )
    return rate


def _schema(arguments: Arguments, schema: Any) -> Any:
    if schema is None:
        return None
    if not isinstance(schema, Mapping):
        return arguments.wrong_type("schema", schema, "a JSON schema as a mapping")
    import fastjsonschema  # noqa: PLC0415 - loaded when used

    try:
        plain = json.loads(json.dumps(dict(schema)))
        draft = plain.get("$schema", _DRAFTS[-1])
        if not isinstance(draft, str) or not any(each in draft for each in _DRAFTS):
            return arguments.wrong_value(
                f"schema has $schema {draft!r}; allowed are drafts 4, 6 and 7, such as "
                "'http://json-schema.org/draft-07/schema#'"
            )
        elsewhere = sorted(set(_references(plain)))
        if elsewhere:
            return arguments.wrong_value(
                f"schema refers to {', '.join(elsewhere)}; the function fetches nothing: put it "
                "below definitions and refer to '#/definitions/…'"
            )
        fastjsonschema.compile(plain)
    except Exception as error:  # noqa: BLE001 - the library lets re.error, KeyError and more through
        return arguments.wrong_value(f"schema is no JSON schema: {type(error).__name__}: {error}")
    return plain


def _references(schema: object) -> Iterator[str]:
    """Find references to what is not in the schema itself."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
    if isinstance(schema, dict | list):
        for each in schema.values() if isinstance(schema, dict) else schema:
            yield from _references(each)


def _window(arguments: Arguments, window: Duration | None) -> Any:
    seconds = arguments.seconds("deduplication_window", window)
    if seconds is None:
        return 6 * _HOUR_SECONDS
    return bounded(arguments, "deduplication_window", seconds, _WINDOW)


def _batching(arguments: Arguments, window: Duration | None, *, coalesce: bool, fifo: bool) -> Any:
    seconds = arguments.seconds("max_batching_window", window)
    seconds = known_now(arguments, "max_batching_window", seconds)
    if seconds is None:
        if fifo:
            return 0
        return 60 if coalesce else 1
    if fifo:
        return arguments.wrong_value(
            "max_batching_window with fifo: Lambda gathers no messages of FIFO queues; leave it out"
        )
    gathered = Whole(1, SQS_WINDOW_SECONDS.high, unit="seconds")
    return bounded(arguments, "max_batching_window", seconds, gathered)
