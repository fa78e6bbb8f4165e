"""Event patterns, and fields of events that become parameters.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import event_pattern
from batch_constructs.aws.bound import A_KEY, allowed, as_text, meant, one_of, refused, shown
from batch_constructs.aws.delivery import INPUT_PATHS, OBJECT_CREATED, OBJECTS_SOURCE
from batch_constructs.construct import given
from batch_constructs.jsii_objects import is_resolvable
from batch_constructs.pattern_length import shortest_pattern
from batch_constructs.tokens import event_paths, is_token, without_tokens

if TYPE_CHECKING:
    from aws_cdk import Stack

    from batch_constructs.arguments import Arguments

_PLACEHOLDER = re.compile(r"<[A-Za-z0-9_.-]+>")
_PATH = re.compile(r"\$(\.[A-Za-z0-9_/-]+|\[\d+\]|\.\*)*")

ANY_TEXT_FIELDS = frozenset({"$.detail.object.key"})
"""Fields that are always there and hold whatever text, double quotes and backslashes too."""

OBJECT_CREATED_FIELDS = {
    "bucket": "$.detail.bucket.name",
    "key": "$.detail.object.key",
    "size": "$.detail.object.size",
    "version": "$.detail.object.version-id",
}
"""What a job learns of a new object: parameter → field of the event."""


def object_created_pattern(
    bucket_name: str, *, prefix: str | None = None, suffix: str | None = None
) -> dict[str, Any]:
    """Match the event that S3 sends when an object was made in a bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail: dict[str, Any] = {"bucket": {"name": [bucket_name]}}
    if prefix and suffix:
        # two conditions in one list would be alternatives
        both = {event_pattern.WILDCARD: f"{_escaped(prefix)}*{_escaped(suffix)}"}
        detail["object"] = {"key": [both]}
    elif prefix:
        detail["object"] = {"key": [{"prefix": prefix}]}
    elif suffix:
        detail["object"] = {"key": [{"suffix": suffix}]}
    return {"source": [OBJECTS_SOURCE], "detail-type": [OBJECT_CREATED], "detail": detail}


def read_pattern(arguments: Arguments, pattern: Any) -> dict[str, Any]:
    """Read an event pattern, as JSON or as the CDK's ``EventPattern``."""
    if isinstance(pattern, Mapping):
        plain = _of_fields(arguments, "event_pattern", pattern)
    elif hasattr(pattern, "detail_type") and hasattr(pattern, "resources"):
        plain = given(
            account=pattern.account,
            detail=pattern.detail,
            id=pattern.id,
            region=pattern.region,
            resources=pattern.resources,
            source=pattern.source,
            time=pattern.time,
            version=pattern.version,
        )
        if pattern.detail_type is not None:
            plain["detail-type"] = pattern.detail_type
    else:
        arguments.wrong_type("event_pattern", pattern, 'a pattern such as {"source": ["aws.s3"]}')
        return {}
    read: dict[str, Any] = _as_json(arguments, "event_pattern", plain)
    at_least = shortest_pattern(read)
    for place, problem in event_pattern.wrong(without_tokens(read), at_least=at_least):
        steps = (f"[{step}]" if step.isdigit() else f".{step}" for step in place.split("/") if step)
        arguments.wrong_value(f"event_pattern{''.join(steps)} {problem}")
    return read


_IN_PYTHON: Final = {"detail_type": "detail-type", "detailType": "detail-type"}
"""How the CDK spells a field that Python cannot name."""


def _of_fields(arguments: Arguments, where: str, pattern: Mapping[str, Any]) -> dict[str, Any]:
    """Name the fields of events as these have them, and refuse what no event has."""
    read: dict[str, Any] = {}
    for key, value in pattern.items():
        name = _IN_PYTHON.get(key, key)
        if name == event_pattern.OR and isinstance(value, list | tuple):
            ways = enumerate(value)
            read[name] = [
                _of_fields(arguments, f"{where}[{place}]", one) if isinstance(one, Mapping) else one
                for place, one in ways
            ]
            continue
        known = (*event_pattern.FIELDS, event_pattern.OR)
        if name in read:
            arguments.wrong_value(f"{A_KEY}{where} is {shown(key)}, which is {name}: give it once")
        elif isinstance(value, str | int | float | None):
            pass  # which is told of any field
        elif isinstance(name, str) and not is_token(name) and name not in known:
            told = refused(name, one_of(event_pattern.FIELDS))
            arguments.wrong_value(f"{A_KEY}{where} {told}{meant(name, known)}")
        read[name] = value
    return read


def _as_json(arguments: Arguments, where: str, value: Any) -> Any:
    """Write tuples as lists, and refuse what JSON has no word for, which the CDK cannot take."""
    if isinstance(value, Mapping):
        return {
            name: _as_json(arguments, f"{where}.{name}", inner) for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _as_json(arguments, f"{where}[{place}]", inner) for place, inner in enumerate(value)
        ]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)  # of an enumeration's member, which jsii cannot write
    if value is None:
        return arguments.wrong_value(
            f"{where} is None, which would be lost on its way into the template: leave it out, "
            'or match {"exists": False} for a missing field'
        )
    if isinstance(value, str | int | float) or is_resolvable(value):
        return as_text(value)
    return arguments.wrong_type(where, value, 'what JSON has: write a list such as ["shop"]')


class InputTemplate:
    """A target's input, with fields of the event in it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def text(self, value: str) -> str:
        """Return a placeholder for a field (``$.detail.id``), or the text itself."""
        if not is_field(value):
            return value
        return f"<{self._names.setdefault(value, f'field{len(self._names)}')}>"

    def texts(self, values: Mapping[str, str]) -> dict[str, str]:
        """Replace the fields among the values of a mapping."""
        return {name: self.text(value) for name, value in values.items()}

    @property
    def paths(self) -> dict[str, str]:
        """Placeholder → field."""
        return {name: path for path, name in self._names.items()}

    def write(self, stack: Stack, body: object) -> str:
        """Write the input as JSON; what only CloudFormation knows is escaped as it is filled in.

        EventBridge writes a field that stands in quotes there as it is, and one outside of them as
        JSON: a number would be no text any more, so that only what surely is a text stands there.
        """
        if isinstance(body, Mapping):
            members = (f"{json.dumps(n)}: {self.write(stack, each)}" for n, each in body.items())
            return f"{{{', '.join(members)}}}"
        if isinstance(body, list):
            return f"[{', '.join(self.write(stack, each) for each in body)}]"
        if isinstance(body, str) and self.paths.get(body[1:-1]) in ANY_TEXT_FIELDS:
            return body
        return str(stack.to_json_string(body)) if is_token(body) else json.dumps(body)


def as_paths(arguments: Arguments, parameter: str, value: Any) -> Any:
    """Read each ``events.EventField`` of the CDK, in a value of any shape, as the path that it is.

    To CloudFormation it is a text, which EventBridge would hand on as it is.
    """
    if isinstance(value, Mapping):
        return {
            key: as_paths(arguments, f"{parameter}[{shown(key)}]", one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [as_paths(arguments, f"{parameter}[{at}]", one) for at, one in enumerate(value)]
    if not isinstance(value, str):
        return value
    paths, is_all = event_paths(value)
    if paths and not is_all:
        arguments.wrong_value(
            f"{parameter} contains the field {paths[0]} of the event among other text, but a field "
            "is a whole value here: give the field alone, and let the job put the text together"
        )
    return paths[0] if paths else value


def is_field(value: object) -> bool:
    """Whether a value names a field of the event."""
    return isinstance(value, str) and (value.startswith("$.") or value == "$")


def check_fields(arguments: Arguments, parameter: str, values: Mapping[Any, str]) -> None:
    """Note paths that EventBridge does not understand, and texts it would misread.

    The one value of a parameter that is no mapping and no list has the name None.
    """
    for name, value in values.items():
        where = parameter if name is None else f"{parameter}[{shown(name)}]"
        if is_token(value) or not isinstance(value, str):
            continue
        if is_field(value):
            if not _PATH.fullmatch(value):
                arguments.wrong_value(
                    f"{where} begins with $, but is not a field of an event; allowed: paths "
                    "of names and indices such as $.detail.object.key or $.resources[0]"
                )
        elif _PLACEHOLDER.search(value):
            arguments.wrong_value(
                f"{where} contains <…>, which EventBridge reads as a field of the event: write "
                "it without the angle brackets"
            )
    fields = sum(map(is_field, values.values()))
    if fields > INPUT_PATHS:
        arguments.wrong_value(
            f"{parameter} uses {fields} fields of the event; "
            f"{allowed(f'at most {INPUT_PATHS}')}: use fewer, or let the job read the event"
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*")
