"""How often a construct makes Python wait for JavaScript, which is most of what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from jsii._kernel.providers import process

import batch_constructs as bc

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def crossings(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the messages to JavaScript since it was last asked for."""
    node: Any = process._NodeProcess
    send, sent = node.send, [0]

    def counted(self: object, *args: object, **named: object) -> object:
        sent[0] += 1
        return send(self, *args, **named)

    def since_then() -> int:
        before, sent[0] = sent[0], 0
        return before

    monkeypatch.setattr(node, "send", counted)
    return since_then


def arguments(secret: secretsmanager.Secret) -> dict[str, Any]:
    return {
        "image": "public.ecr.aws/docker/library/python:3.13-slim",
        "vcpus": 1,
        "memory": cdk.Size.mebibytes(2048),
        "command": ["python", "-c", "print('hello')"],
        "secrets": {"PASSWORD": bc.secret_field(secret, "password")},
        "timeout": cdk.Duration.hours(1),
    }


def test_a_definition_crosses_over_five_times_and_twice_where_its_sizes_are_shared(
    stack: cdk.Stack, crossings: Callable[[], int]
) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    shared = arguments(secret)
    bc.FargateJobDefinition(stack, "First", **shared).job_role.role_arn  # noqa: B018  # what all apps do once

    crossings()
    bc.FargateJobDefinition(stack, "Own", **arguments(secret))
    own = crossings()
    definition = bc.FargateJobDefinition(stack, "Shared", **shared)
    with_shared = crossings()
    definition.job_role  # noqa: B018  # asking for it makes it
    role = crossings()
    bc.FargateJobDefinition.from_mapping(stack, {"A": {}, "B": {}, "C": {}}, **shared)
    of_three = crossings()

    assert (own, with_shared, role, of_three) == (5, 2, 1, 4)
