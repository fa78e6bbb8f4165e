"""Requests are checked before anything else: against botocore's shapes, then against AWS's limits.

The limits are those of botocore's model, lengths and patterns included, and those that the rules
over templates are made of, so that one door refuses what the other does. A submission is held to
those of a job definition, too, in what it overrides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from batch_constructs.aws import operations, overridden_limits, tags
from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole, shown
from batch_constructs.aws.limits import limits_of
from batch_constructs.aws.property_paths import Places
from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE, LARGEST_NUMBER
from batch_constructs.local.batch.api_model import SERVICE_MODEL
from batch_constructs.local.batch.service_errors import refuse

if TYPE_CHECKING:
    from botocore.model import Shape

    from batch_constructs.aws.bound import Bound
    from batch_constructs.aws.limits import Limit

_validator = ParamValidator()
_CLOUDFORMATIONS = "aws:cloudformation:"
"""How the tags begin that CloudFormation gives to what it makes."""

_CREATES = re.compile(r"(Create|Register)(?P<noun>\w+)")
_CHANGES = re.compile(r"(Create|Register|Update)(?P<noun>\w+)")


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that does not have the operation's shape, or is beyond AWS's limits.

    Raises:
        ServiceError: with every mistake that was found.
    """
    shape = SERVICE_MODEL.operation_model(operation).input_shape
    problems = [] if shape is None else shape_problems(shape, request)
    problems += [
        f'Missing required parameter: "{name}" is empty'
        for name in ([] if shape is None else shape.required_members)
        if request.get(name) == ""
    ]
    if operation.startswith("Describe"):
        problems += [
            f"{name} has {len(value)} entries; allowed: at most {DESCRIBED_AT_ONCE}"
            for name, value in request.items()
            if isinstance(value, list) and len(value) > DESCRIBED_AT_ONCE
        ]
    refuse(
        problems or [*beyond_limits(operation, request)] or [*_against_rules(operation, request)]
    )


def _against_rules(operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    found = _CREATES.fullmatch(operation)
    if found:
        from batch_constructs.local.batch.held_to_rules import (
            against_rules,  # the rules take a moment to load
        )

        yield from against_rules(found["noun"], request)


def without_empty(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request less what says nothing: clients send ``nextToken=""``, and empty parts."""
    return {
        name: value
        for name, value in request.items()
        if not (name == "nextToken" and value == "")
        and not (operation == operations.SUBMIT_JOB and value in ({}, []))
    }


def in_aws_case(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request with the words that AWS takes in any case as AWS keeps them."""
    for steps, words in _any_case(operation):
        request = _in_case(request, steps, words)
    return request


@cache
def _any_case(operation: str) -> list[tuple[list[str], dict[str, str]]]:
    return [
        (path.split("/"), {word.upper(): word for word in bound.values})
        for path, bound in limits_on(operation)
        if isinstance(bound, OneOf) and bound.any_case
    ]


def _in_case(value: Any, steps: list[str], words: Mapping[str, str]) -> Any:
    if not steps:
        return words.get(value.upper(), value) if isinstance(value, str) else value
    step, rest = steps[0], steps[1:]
    if step == "*" and isinstance(value, list):
        return [_in_case(entry, rest, words) for entry in value]
    if isinstance(value, dict) and step in value:
        return {**value, step: _in_case(value[step], rest, words)}
    return value


def shape_problems(shape: Shape, document: Mapping[str, Any]) -> list[str]:
    """List where a request or a response does not have its shape."""
    report = _validator.validate(dict(document), shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return problems or [*_wrong_values(shape, document, "")]


@cache
def limits_on(operation: str) -> tuple[tuple[str, Bound], ...]:
    """Give what an operation's request is held to: the path of each member and its bound."""
    shape = SERVICE_MODEL.operation_model(operation).input_shape
    found = _CHANGES.fullmatch(operation)
    limits = [*_limits(limits_of(f"AWS::Batch::{found['noun']}"))] if found else []
    if operation == operations.SUBMIT_JOB:
        limits = [
            *overridden_limits.BOUNDS.items(),
            *_limits(overridden_limits.overridden_limits()),
        ]
    spelled = ((_as_the_api_spells(shape, path), bound) for path, bound in limits)
    return tuple(dict.fromkeys((path, bound) for path, bound in spelled if path is not None))


@cache
def _limits_by_member(operation: str) -> dict[str, list[tuple[str, Bound]]]:
    found: dict[str, list[tuple[str, Bound]]] = {}
    for path, bound in limits_on(operation):
        found.setdefault(path.partition("/")[0], []).append((path, bound))
    return found


def _as_the_api_spells(shape: Any, path: str) -> str | None:
    """Return a path as it is in a request; None where the request has no such member."""
    step, _, rest = path.partition("/")
    members = {"*": getattr(shape, "member", None), **getattr(shape, "members", {})}
    for name, within in members.items():
        if name.lower() == step.lower() and within is not None:
            below = _as_the_api_spells(within, rest) if rest else ""
            return None if below is None else f"{name}/{below}".rstrip("/")
    return None


def _limits(limits: Iterable[Limit]) -> Iterator[tuple[str, Bound]]:
    for limit in limits:
        for within in limit.within if limit.severity == "error" else ():
            yield f"{within}/{limit.name}".lstrip("/"), limit.bound


def beyond_limits(operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    """List where a request is beyond AWS's limits."""
    found: dict[str, str] = {}
    shape = SERVICE_MODEL.operation_model(operation).input_shape
    if shape is not None:
        found.update(_beyond_model(shape, request, ""))
    found.update(_wrong_tags(request))
    within = Places(request)
    by_member = _limits_by_member(operation)
    for path, bound in (one for name in request for one in by_member.get(name, ())):
        for place, value in _values(within, path):
            wrong = _wrong(value, bound)
            if wrong:
                found[_as_botocore_writes(place)] = wrong
    return (f"{place} {wrong}" for place, wrong in found.items())


def _beyond_model(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Find where values are outside of the lengths, ranges and patterns of botocore's model."""
    bound = _bound_of(shape)
    if bound is not None and value not in ({}, []) and (wrong := _wrong(value, bound)):
        yield path, wrong
    if shape.type_name == "map" and isinstance(value, Mapping):
        for key in value:
            yield from _beyond_model(shape.key, key, f"{path}.{key}")
    for member_path, member_shape, member in _members(shape, value, path):
        yield from _beyond_model(member_shape, member, member_path)


@cache
def _bound_of(shape: Shape) -> Bound | None:
    """Read what botocore's model says that a value may be."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    pattern = shape.metadata.get("pattern")
    if pattern is None and low == 0 and high is None:
        return None
    if shape.type_name in ("map", "list"):
        return Counting(low, LARGEST_NUMBER if high is None else high, "entries")
    if shape.type_name == "string":
        length = f"{{{low},{'' if high is None else high}}}"
        said = f"{low} or more characters" if high is None else f"{low} to {high} characters"
        if pattern is None:
            return Matching(f"(?s).{length}", said)
        return Matching(f"(?=(?s:.){length}$)(?:{pattern})", f"{said} that match {pattern}")
    return Whole(low, high)


def _wrong_tags(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = {"tags": request.get("tags", {})}
    for member in ("tags", "capacityTags"):
        path = f"computeResources.{member}"
        given[path] = request.get("computeResources", {}).get(member, {})
    for path, found in given.items():
        own = {key: value for key, value in found.items() if not key.startswith(_CLOUDFORMATIONS)}
        for key, value in own.items():
            if wrong := tags.KEY.wrong(key) or tags.VALUE.wrong(value):
                yield f"{path}.{key}", wrong
        if wrong := tags.COUNT.wrong(own):
            yield path, wrong


def _values(request: Places, path: str) -> Iterator[tuple[str, Any]]:
    """Find what stands at a path, with its place; ``/*`` at the end means each entry of a list."""
    within, _, key = path.removesuffix("/*").rpartition("/")
    for place, found in request.at(within):
        if key in found and path.endswith("/*"):
            yield from ((f"{place}{key}/{n}", value) for n, value in enumerate(found[key]))
        elif key in found:
            yield f"{place}{key}", found[key]


def _wrong(value: Any, bound: Bound) -> str | None:
    if isinstance(bound, Whole | Decimal) and isinstance(value, str):
        try:
            value = float(value)  # some members hold numbers as text
        except ValueError:
            return f"is {shown(value)}; allowed: {bound.allowed}"
    return bound.wrong(value)


def _as_botocore_writes(path: str) -> str:
    return re.sub(r"/(\d+)(?=/|$)", r"[\1]", path).replace("/", ".")


def _wrong_values(shape: Shape, value: object, path: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f'Invalid value for parameter "{path}": {value}, allowed: {", ".join(allowed)}'
    for member_path, member_shape, member in _members(shape, value, path):
        yield from _wrong_values(member_shape, member, member_path)


def _members(shape: Shape, value: object, path: str) -> Iterator[tuple[str, Shape, object]]:
    prefix = f"{path}." if path else ""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, member in value.items():
            yield f"{prefix}{name}", shape.members[name], member
    elif shape.type_name == "list" and isinstance(value, list):
        for index, member in enumerate(value):
            yield f"{path}[{index}]", shape.member, member
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for key, member in value.items():
            yield f"{prefix}{key}", shape.value, member
