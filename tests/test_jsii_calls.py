"""How often a construct crosses into JavaScript: the price of everything in a Python CDK app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record every message to the jsii kernel."""
    from jsii._kernel.providers import process

    node: Any = process._NodeProcess
    send = node.send
    sent: list[str] = []

    def recorded(self: object, request: object, *rest: object) -> object:
        sent.append(type(request).__name__)
        return send(self, request, *rest)

    monkeypatch.setattr(node, "send", recorded)
    return sent


@pytest.fixture
def declare(stack: cdk.Stack) -> Callable[[str], bc.FargateJobDefinition]:
    """Declare a definition with a secret, retries and a timeout; what is shared is shared."""
    secret = secretsmanager.Secret(stack, "Secret")
    memory, hour = cdk.Size.gibibytes(2), cdk.Duration.hours(1)

    def one(id: str) -> bc.FargateJobDefinition:
        return bc.FargateJobDefinition(
            stack,
            id,
            image="busybox",
            vcpus=1,
            memory=memory,
            secrets={"PASSWORD": bc.secret_field(secret, "password")},
            retry_policy=bc.RetryPolicy(),
            timeout=hour,
        )

    one("Warm").job_role  # noqa: B018  # what is made once a process is made now
    return one


def test_a_definition_with_roles_logs_and_a_secret_is_two_calls(
    sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    """The construct, and all that is below it."""
    before = len(sent)
    declare("Job")

    assert sorted(sent[before:]) == ["CreateRequest", "StaticInvokeRequest"]


def test_what_is_not_shared_is_three_calls_more(
    stack: cdk.Stack, sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    """A size, a duration, and one call that reads both."""
    declare("Other")
    before = len(sent)
    bc.FargateJobDefinition(
        stack,
        "Job",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.mebibytes(2048),
        timeout=cdk.Duration.hours(1),
    )

    assert sorted(sent[before:]) == ["CreateRequest", *["StaticInvokeRequest"] * 4]


def test_a_grant_makes_the_job_role_in_one_more(
    sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    definition = declare("Job")
    before = len(sent)
    definition.job_role  # noqa: B018  # asking for it makes it

    assert sorted(sent[before:]) == ["StaticInvokeRequest"]


def test_many_definitions_are_one_call_each_and_one_for_all(
    stack: cdk.Stack, sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    memory = cdk.Size.gibibytes(2)
    declare("Other")
    before = len(sent)
    bc.FargateJobDefinition.from_mapping(
        stack, {f"Job{place}": {"vcpus": 1} for place in range(5)}, image="busybox", memory=memory
    )

    assert sorted(sent[before:]) == [
        *["CreateRequest"] * 5,
        "StaticInvokeRequest",  # how much the memory is
        "StaticInvokeRequest",
    ]


def test_a_role_that_several_definitions_share_is_looked_at_once(
    stack: cdk.Stack, sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    """Its ARN, its account and that of the stack are one call, and none for the next one."""
    declare("Other")
    memory = cdk.Size.gibibytes(2)
    bc.FargateJobDefinition(stack, "Sized", image="busybox", vcpus=1, memory=memory)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    calls = []
    for name in ("First", "Second"):
        before = len(sent)
        bc.FargateJobDefinition(stack, name, image="busybox", vcpus=1, memory=memory, job_role=role)
        calls.append(sent[before:])

    assert [len(one) for one in calls] == [3, 2]
