"""Requests are checked against botocore's shapes, and their enumerations, before anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from batch_constructs.local.batch.api_model import SERVICE_MODEL
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from botocore.model import Shape

_validator = ParamValidator()
_ANY_CASE = ("RetryAction",)
"""Enumerations whose values AWS Batch takes in any case."""


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that does not have the operation's shape.

    Raises:
        ServiceError: with every mistake that was found.
    """
    shape = SERVICE_MODEL.operation_model(operation).input_shape
    problems = [] if shape is None else shape_problems(shape, request)
    if problems:
        raise client_error(
            f"Error executing request, Exception : {'; '.join(problems)}, operation: {operation}"
        )


def shape_problems(shape: Shape, document: Mapping[str, Any]) -> list[str]:
    """List where a request or a response does not have its shape."""
    report = _validator.validate(dict(document), shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return problems or [*_wrong_values(shape, document, "")]


def _wrong_values(shape: Shape, value: object, path: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", None)
    if shape.name in _ANY_CASE and isinstance(value, str):
        value = value.upper()
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
        for name, member in value.items():
            yield f"{prefix}{name}", shape.value, member
