"""The embedded AWS refuses what AWS refuses for its size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.aws import quotas
from batch_constructs.local.cloudformation.resource_type import ProvisioningError
from batch_constructs.local.cloudformation.sizes import check_sizes


def document(length: int) -> dict[str, str]:
    return {"Sid": "x" * (length - len(json.dumps({"Sid": ""}, separators=(",", ":"))))}


def role(length: int) -> dict[str, Any]:
    return {
        "Policies": [{"PolicyDocument": document(100)}, {"PolicyDocument": document(length - 100)}]
    }


def managed(length: int) -> dict[str, Any]:
    return {"PolicyDocument": document(length)}


def function(length: int) -> dict[str, Any]:
    return {"Environment": {"Variables": {"NAME": "x" * (length - 4)}}}


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize(
    ("kind", "make", "most"),
    [
        ("AWS::IAM::Role", role, quotas.ROLE_POLICY_CHARACTERS),
        ("AWS::IAM::ManagedPolicy", managed, quotas.MANAGED_POLICY_CHARACTERS),
        ("AWS::Lambda::Function", function, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ],
)
def test_the_most_is_made_and_one_more_is_refused(
    operation: str, kind: str, make: Any, most: int
) -> None:
    made: list[object] = []
    kinds = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function")
    handlers: Any = {one: {operation: lambda *some: made.append(some)} for one in kinds}
    check_sizes(handlers)
    before = ["It"] if operation == "create" else ["it", {}]

    handlers[kind][operation](*before, make(most), "Stack")
    assert len(made) == 1

    with pytest.raises(ProvisioningError, match=f"Maximum size of {most} bytes exceeded"):
        handlers[kind][operation](*before, make(most + 1), "Stack")
    assert len(made) == 1
