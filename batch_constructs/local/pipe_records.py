"""What EventBridge Pipes makes of a queue's messages on the way to a target.

See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.delivery import OF_PIPES, SQS_EVENTS
from batch_constructs.aws.names import as_member

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER = re.compile(rf"<(\$[^<>]*|{re.escape(OF_PIPES)}[a-z.-]+)>")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_QUOTE = re.compile(r'(?<!\\)"')
_EVENT = f"{OF_PIPES}event"


def record_of(message: Mapping[str, Any], queue_arn: str, region: str) -> dict[str, Any]:
    """Return a message as a pipe sees it.

    Args:
        message: as ReceiveMessage returns it.
        queue_arn: the queue.
        region: its Region.
    """
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {as_member(member): one for member, one in value.items()}
            for name, value in attributes.items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": SQS_EVENTS,
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def transformed(event: Any, template: str | None, words: Mapping[str, str]) -> Any:
    """Return an event as an input template writes it; text where that is no JSON.

    Args:
        event: the event.
        template: the template; None or empty leaves the event as it is.
        words: what the words in brackets stand for that are no paths, such as the pipe's name.
    """
    if not template:
        return event

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("$"):
            given = at(event, name)
        else:
            given = event if name.startswith(_EVENT) and name not in words else words.get(name, "")
        is_in_text = len(_QUOTE.findall(template, 0, found.start())) % 2 == 1
        if is_in_text and isinstance(given, str):
            return json.dumps(given)[1:-1]
        written = json.dumps(given)
        return json.dumps(written)[1:-1] if is_in_text else written

    text = _PLACEHOLDER.sub(value, template)
    try:
        return json.loads(text)
    except ValueError:
        return text


def dynamic(parameters: Any, event: Any) -> Any:
    """Return a target's parameters, with what stands in the event for each path among them."""
    if isinstance(parameters, dict):
        return {name: dynamic(value, event) for name, value in parameters.items()}
    if isinstance(parameters, list):
        return [dynamic(value, event) for value in parameters]
    if isinstance(parameters, str) and parameters.startswith("$."):
        return at(event, parameters)
    return parameters


def at(event: Any, path: str) -> Any:
    """Return what stands at a path, such as ``$.body.sample``; empty text where nothing does.

    Text on the way that is JSON, as in a message's body, is read as such.
    """
    value = event
    for step in _STEP.finditer(path.removeprefix("$")):
        read = _read(value)
        name, place = step.groups()
        if place is not None:
            value = read[int(place)] if isinstance(read, list) and len(read) > int(place) else ""
        else:
            value = read.get(name, "") if isinstance(read, dict) else ""
    return value


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
