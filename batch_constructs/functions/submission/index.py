"""The Lambda function's entry: SQS in, ``SubmitJob`` out."""

from __future__ import annotations

import json
import logging
import os
import time
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from batch_constructs.aws.delivery import failed_messages
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.outcome import ONCE, PATIENT

from .batch_api import BatchApi
from .dead_letters import DeadLetters
from .gateway import Gateway
from .message_reader import MessageReader
from .settings import Settings
from .unsettled import unsettled_line

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger()
_LOG.setLevel(logging.INFO)


_MANIFESTS = Config(
    retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=20
)
"""For manifests, which may be large."""


def build(
    settings: Settings,
    *,
    validate: Callable[[Any], Any] | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Gateway:
    """Put a gateway together from its settings."""
    return Gateway(
        settings=settings,
        reader=MessageReader(
            array=settings.manifest_bucket is not None,
            parameters=settings.parameters,
            idempotency_key=settings.idempotency_key,
            validate=validate,
            allow=settings.allow,
            containers=settings.containers,
        ),
        log=Log(
            boto3.client("dynamodb", config=PATIENT),
            settings.ledger_table,
            window_seconds=settings.window_seconds,
            clock=clock,
            sleep=sleep,
        ),
        batch_api=BatchApi(
            boto3.client("batch", config=ONCE),
            boto3.client("batch", config=PATIENT),
            per_second=settings.per_second,
            clock=clock,
            sleep=sleep,
        ),
        dead_letters=DeadLetters(
            boto3.client("sqs", config=PATIENT),
            queue_url=settings.dead_letter_queue_url,
            fifo=settings.fifo,
            clock=clock,
        ),
        s3=boto3.client("s3", config=_MANIFESTS),
        clock=clock,
        sleep=sleep,
    )


@cache
def _gateway() -> Gateway:
    schema = os.environ.get("SCHEMA")
    # made at synthesis and packaged beside this folder, when there is one
    validate = None if schema is None else import_module(schema).validate
    return build(Settings.of(os.environ), validate=validate)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Submit the messages of an SQS event; report those to deliver again."""
    records = event["Records"]
    again = _gateway().handle(records, seconds=context.get_remaining_time_in_millis() / 1000)
    _LOG.info(json.dumps({"messages": len(records), "deliverAgain": len(again)}))
    line = unsettled_line(records, again, function=context.function_name, now=time.time())
    if line is not None:
        print(line)  # noqa: T201 - CloudWatch reads the metric from the log
    return failed_messages(again)
