"""A Batch client whose requests botocore checks against AWS's own model, answered from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]


class _Http:
    status_code = 200


def client(service: str, **answers: Callable[..., Answer]) -> Any:
    """Make a boto3 client that asks ``answers``: operation name → what answers its parameters."""
    made = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    asked: list[dict[str, Any]] = []

    def remember(params: dict[str, Any], **_: object) -> None:
        asked.append(dict(params))

    def answer(model: Any, **_: object) -> tuple[_Http, Answer]:
        return _Http(), answers[model.name](**asked[-1])

    made.meta.events.register(f"provide-client-params.{service}", remember)
    made.meta.events.register(f"before-call.{service}", answer)
    return made
