"""What a message asks for: its body, read and checked, as the request it becomes.

Job mode: the body is a JSON object with members of ``SubmitJob``, and ``environment`` as a plain
map of names to values; or any JSON, where ``parameters`` of the gateway say which of its fields
become job parameters. Array mode: the body is whatever the child understands.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.admission import not_admitted
from batch_constructs.aws.delivery import SQS_BYTES
from batch_constructs.aws.overridden_containers import not_sayable
from batch_constructs.aws.submit_job import (
    OVERRIDES_BYTES,
    SUBMITTED_VARIABLE_NAME,
    overrides_length,
)

from .json_path import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.aws.overridden_containers import Containers

MEMBERS = frozenset(
    {
        "arrayProperties",
        "consumableResourcePropertiesOverride",
        "containerOverrides",
        "ecsPropertiesOverride",
        "eksPropertiesOverride",
        "environment",
        "nodeOverrides",
        "parameters",
        "propagateTags",
        "retryStrategy",
        "schedulingPriorityOverride",
        "shareIdentifier",
        "tags",
        "timeout",
    }
)
"""What a body may hold: SubmitJob's members, less those the gateway decides."""

REASON = "Reason"
"""Attribute of a message that was set aside, for people: why."""

FIRST_ID, CLAIMED_AT = "BatchConstructs.MessageId", "BatchConstructs.ClaimedAt"
"""The same for the gateway: the ID that SQS gave it when it was sent, and, of one that is perhaps a
job, since when. No sender has attributes of these names by chance."""

ROOM_BYTES = 512
"""What attributes may need in the dead-letter queue, beside a body as long as it may be."""

_TOLD_ID, _TOLD_SECONDS = re.compile(r"[!-~]{1,100}"), re.compile(r"[0-9]{1,12}")
"""What the gateway writes there; anything else is a sender's own, and says nothing."""


class Poison(Exception):  # noqa: N818 - what the message is, not what went wrong here
    """A message that can never become a job; says why."""


@dataclass(kw_only=True)
class Message:
    """One SQS message and what it asks for."""

    id: str
    first_id: str
    """Its ID before it was set aside, after which SQS gives it another; else ``id``."""

    body: str
    key: str
    """What identifies the message: its first ID, or a field of its body."""

    receives: int
    group: str | None = None
    request: dict[str, Any] = field(default_factory=dict)
    claimed_at: float | None = None
    """When it was set aside as perhaps a job."""

    first_received: float | None = None
    """When SQS first delivered it, perhaps to a function that made a job of it."""

    @property
    def perhaps_since(self) -> float | None:
        """Since when it may be a job; None where nobody had it before."""
        if self.claimed_at is not None:
            return self.claimed_at
        return self.first_received if self.receives > 1 else None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Message:
        """Read an SQS record but for its body; one that was set aside keeps its identity."""
        attributes = record.get("attributes", {})
        told = {
            name: value.get("stringValue", "")
            for name, value in record.get("messageAttributes", {}).items()
        }
        first_id, at = told.get(FIRST_ID, ""), told.get(CLAIMED_AT, "")
        first = attributes.get("ApproximateFirstReceiveTimestamp")
        if not _TOLD_ID.fullmatch(first_id):
            first_id = record["messageId"]
        return cls(
            id=record["messageId"],
            first_id=first_id,
            body=record["body"],
            key=first_id,
            receives=int(attributes.get("ApproximateReceiveCount", 1)),
            group=attributes.get("MessageGroupId"),
            claimed_at=float(at) if _TOLD_SECONDS.fullmatch(at) else None,
            first_received=None if first is None else int(first) / 1000,
        )


@dataclass(kw_only=True)
class MessageReader:
    """How this gateway reads its messages."""

    array: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None
    validate: Callable[[Any], Any] | None = None
    allow: frozenset[str] = frozenset()
    containers: Containers | None = None
    validation_seconds: float = 1.0
    """How long one message may be looked at, so that it never slows the others."""

    def read(self, record: Mapping[str, Any]) -> Message:
        """Read one SQS record.

        Raises:
            Poison: the body is not what this gateway accepts.
        """
        _check_text("the body", record["body"])
        _check_length(record["body"])
        message = Message.of(record)
        if self.array and self.validate is None and self.idempotency_key is None:
            return message
        body = _parse(message.body)
        if self.validate is not None:
            try:
                with _at_most(self.validation_seconds):
                    self.validate(body)
            except ValueError as error:
                raise Poison(f"does not match the schema: {error}") from error
        if self.idempotency_key is not None:
            message.key = text(self.idempotency_key, _find(body, self.idempotency_key))
            if not message.key:
                raise Poison(f"{self.idempotency_key} is empty, so it does not identify a message")
        if not self.array:
            message.request = (
                self._mapped(body)
                if self.parameters
                else read_request(body, self.allow, self.containers)
            )
        _check_text("the body", json.dumps([message.key, message.request], ensure_ascii=False))
        return message

    def _mapped(self, body: object) -> dict[str, Any]:
        found = {name: text(path, _find(body, path)) for name, path in self.parameters.items()}
        return {"parameters": found}


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Bound what a pattern of the schema may take; Python's matcher lets signals in."""
    if current_thread() is not main_thread():
        yield
        return

    def too_long(*_: object) -> None:
        raise Poison(f"took longer than {seconds:g} s to compare with the schema")

    before = signal(SIGALRM, too_long)
    setitimer(ITIMER_REAL, seconds)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, 0)
        signal(SIGALRM, before)


def is_s3_test(body: str) -> bool:
    """Whether this is the message S3 sends when a bucket notification is set up."""
    return '"s3:TestEvent"' in body and _is_test(body)


def _is_test(body: str) -> bool:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False  # read() says what it is instead
    return isinstance(parsed, dict) and parsed.get("Event") == "s3:TestEvent"


def _parse(body: str) -> object:
    try:
        return json.loads(body, parse_constant=_finite, parse_float=_finite)
    except ValueError as error:
        raise Poison(f"the body is not JSON: {error}") from error
    except RecursionError as error:
        raise Poison("the body is nested too deeply") from error


class _Written(float):
    """A number that keeps the digits it was sent with, of which a float knows some 17."""

    written: str


def _finite(number: str) -> float:
    value = _Written(number)
    if not math.isfinite(value):
        raise Poison(f"the body holds {number[:80]}, which is not a finite number")
    value.written = number
    return value


def _check_text(where: str, text: str) -> None:
    """Refuse half of a surrogate pair, which JSON may spell and no service takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise Poison(
            f"{where} contains {half}, half of a character, which is not valid Unicode"
        ) from error


def _check_length(body: str) -> None:
    """Refuse what could not be set aside with its identity, should its answer get lost."""
    length, most = len(body.encode()), SQS_BYTES - ROOM_BYTES
    if length > most:
        raise Poison(f"the body has {length} bytes; with its attributes it may have {most}")


def read_request(
    body: object, allow: frozenset[str], containers: Containers | None = None
) -> dict[str, Any]:
    """Read members of ``SubmitJob``, and ``environment`` as a plain map.

    Args:
        body: what came.
        allow: what it may set beside parameters and environment.
        containers: of a job that does not take ``containerOverrides``.

    Raises:
        Poison: they are not what they should be.
    """
    if not isinstance(body, dict):
        raise Poison(f"the body is a JSON {type(body).__name__}, not an object")
    unknown = sorted(set(body) - MEMBERS)
    if unknown:
        raise Poison(f"unknown members {', '.join(unknown)}; known: {', '.join(sorted(MEMBERS))}")
    request = dict(body)
    if "parameters" in request:
        request["parameters"] = _strings("parameters", request["parameters"])
    environment = _strings("environment", request.pop("environment", {}))
    overrides = request.get("containerOverrides", {})
    if not isinstance(overrides, dict):
        raise Poison("containerOverrides is not an object")
    refused = not_admitted(body, allow)
    if refused:
        raise Poison(
            f"it is not allowed to set {', '.join(refused)}: add it to allow of the construct"
        )
    pairs = [
        *_pairs(overrides.get("environment", [])),
        *({"name": name, "value": value} for name, value in environment.items()),
    ]
    _check_names([pair["name"] for pair in pairs])
    _check_sizes(overrides.get("resourceRequirements", []))
    _check_names_within([request.get(member) for member in _OTHER_OVERRIDES])
    if pairs:
        request["containerOverrides"] = {**overrides, "environment": pairs}
    for member in request.get("containerOverrides", ()):
        why = None if containers is None else not_sayable(member, containers)
        if why is not None:
            raise Poison(f"it cannot set {member}, because {why}")
    length = overrides_length(request.get("containerOverrides", {}))
    if length > OVERRIDES_BYTES:
        raise Poison(
            f"the container overrides have {length} characters; ECS allows {OVERRIDES_BYTES}, so "
            "the job would fail"
        )
    return request


_OTHER_OVERRIDES = ("ecsPropertiesOverride", "eksPropertiesOverride", "nodeOverrides")
_ENVIRONMENTS = ("environment", "env")


def _check_names_within(overrides: list[Any]) -> None:
    """Look at the variables of each container, wherever it is in what is admitted whole.

    What is no list of pairs is left to the SDK, which knows what AWS Batch takes there.
    """
    unread: list[Any] = [*overrides]
    while unread:
        found = unread.pop()
        if isinstance(found, list):
            unread += found
        elif isinstance(found, dict):
            unread += found.values()
            for member in _ENVIRONMENTS:
                pairs = found.get(member)
                given = pairs if isinstance(pairs, list) else []
                names = [pair.get("name") for pair in given if isinstance(pair, dict)]
                _check_names([name for name in names if isinstance(name, str)])


def _pairs(value: object) -> list[dict[str, str]]:
    """Read the environment of ``containerOverrides``, which AWS spells as a list."""
    if not isinstance(value, list) or not all(
        isinstance(pair, dict)
        and set(pair) == {"name", "value"}
        and isinstance(pair["name"], str)
        and isinstance(pair["value"], str)
        for pair in value
    ):
        raise Poison(
            'containerOverrides.environment is not a list of {"name": "…", "value": "…"}, '
            "both strings"
        )
    return value


def _check_sizes(sizes: list[Any]) -> None:
    """Look at the values of sizes, each of which has a type: else it was not admitted."""
    if not all(isinstance(one.get("value"), str) for one in sizes):
        raise Poison(
            'containerOverrides.resourceRequirements is not a list of {"type": "…", "value": "…"}, '
            "both strings"
        )


def _check_names(names: list[str]) -> None:
    reserved = sorted({name for name in names if not SUBMITTED_VARIABLE_NAME.admits(name)})
    if reserved:
        raise Poison(
            f"environment: {', '.join(reserved)}: reserved; allowed: "
            f"{SUBMITTED_VARIABLE_NAME.allowed}"
        )
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise Poison(f"environment: {', '.join(twice)}: given more than once")


def _strings(member: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Poison(f"{member} is a JSON {type(value).__name__}, not an object")
    return {name: text(f"{member}.{name}", each) for name, each in value.items()}


def text(where: str, value: object) -> str:
    """Read what is to be a text; a number is taken for one.

    Raises:
        Poison: it is something else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Written):
        return value.written
    if isinstance(value, int | float):
        return str(value)
    # what is in it may be a secret, and a reason is read by whoever reads logs
    kind = "null" if value is None else "a list" if isinstance(value, list) else "an object"
    raise Poison(f"{where} is {kind}, not a string or a number")


def _find(body: object, path: str) -> object:
    try:
        return value_at(path, body)
    except LookupError as error:
        raise Poison(f"the body has no {path}") from error
