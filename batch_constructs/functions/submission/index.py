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

from .batch_api import BatchApi
from .dead_letters import DeadLetters
from .gateway import Gateway
from .ledger import Ledger
from .message_reader import MessageReader
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger()
_LOG.setLevel(logging.INFO)


def build(
    settings: Settings,
    *,
    validate: Callable[[Any], Any] | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Gateway:
    """Put a gateway together from its settings."""
    patient = Config(retries={"mode": "standard", "total_max_attempts": 8})
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return Gateway(
        settings=settings,
        reader=MessageReader(
            array=settings.manifest_bucket is not None,
            parameters=settings.parameters,
            idempotency_key=settings.idempotency_key,
            validate=validate,
            allow=settings.allow,
        ),
        ledger=Ledger(
            boto3.client("dynamodb", config=patient),
            settings.ledger_table,
            window_seconds=settings.window_seconds,
            clock=clock,
        ),
        batch_api=BatchApi(
            boto3.client("batch", config=once),
            boto3.client("batch", config=patient),
            per_second=settings.per_second,
            clock=clock,
            sleep=sleep,
        ),
        dead_letters=DeadLetters(
            boto3.client("sqs", config=patient),
            queue_url=settings.dead_letter_queue_url,
            fifo=settings.fifo,
        ),
        s3=boto3.client("s3", config=patient),
        clock=clock,
    )


@cache
def _gateway() -> Gateway:
    schema = os.environ.get("SCHEMA")
    validate = None
    if schema is not None:  # the library is packaged beside this folder when there is a schema
        validate = import_module("fastjsonschema").compile(json.loads(schema))
    return build(Settings.of(os.environ), validate=validate)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Submit the messages of an SQS event; report those to deliver again."""
    records = event["Records"]
    again = _gateway().handle(records, seconds=context.get_remaining_time_in_millis() / 1000)
    _LOG.info(json.dumps({"messages": len(records), "deliverAgain": len(again)}))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
