"""How often a construct crosses into JavaScript: the price of everything in a Python CDK app."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs import one_call
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.shipped_function import ShippedFunction

ROOT = Path(__file__).parent.parent


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


def test_a_job_role_created_at_once_is_no_call_more(
    stack: cdk.Stack, sent: list[str], declare: Callable[[str], bc.FargateJobDefinition]
) -> None:
    memory = cdk.Size.gibibytes(2)
    declare("Other")
    before = len(sent)
    definition = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=memory, create_job_role=True
    )
    definition.job_role  # noqa: B018  # it is there

    assert sorted(sent[before:]) == ["CreateRequest", *["StaticInvokeRequest"] * 2]


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


def test_an_environment_and_a_queue_are_six_calls(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    """Two constructs; a look at the stack, and one at the VPC; and what is below each construct."""
    monkeypatch.delenv("CDK_VALIDATION", raising=False)
    for once_a_process in (True, False):
        stack = cdk.Stack(cdk.App(), "Platform")
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
        before = len(sent)
        fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
        bc.JobQueue(stack, "Queue", compute_environments=[fargate])
        if not once_a_process:
            assert sorted(sent[before:]) == [
                *["CreateRequest"] * 2,
                *["StaticInvokeRequest"] * 4,
            ]


def test_another_environment_of_the_same_vpc_looks_at_it_once(
    stack: cdk.Stack, sent: list[str]
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    bc.FargateComputeEnvironment(stack, "First", vpc=vpc)
    before = len(sent)
    bc.FargateComputeEnvironment(stack, "Second", vpc=vpc)

    assert sorted(sent[before:]) == ["CreateRequest", *["StaticInvokeRequest"] * 2]


def test_the_readmes_app_is_no_more_than_130_calls() -> None:
    """Twelve are its VPC, bucket, secret and outputs; what is asked once a process is asked.

    In a process of its own, as a user's is: what other tests have said of theirs is not asked for.
    """
    code = """
        import aws_cdk
        from jsii._kernel.providers.process import _NodeProcess
        from app import build

        send, sent = _NodeProcess.send, []
        _NodeProcess.send = lambda *given: sent.append(given) or send(*given)
        build(aws_cdk.App())
        before = len(sent)
        build(aws_cdk.App())
        print(len(sent) - before)
    """
    said = subprocess.run(
        [sys.executable, "-c", dedent(code)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert 100 < int(said.stdout) <= 130


def test_what_node_compiled_of_the_cdk_is_there_for_the_next_process() -> None:
    code = "import aws_cdk as cdk, batch_constructs; cdk.Stack(cdk.App())"
    node = os.environ.get("JSII_NODE", "node")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True)
    major, minor = map(int, version.stdout.removeprefix("v").split(".")[:2])

    said = ""
    for _ in range(2):
        said = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={
                **os.environ,
                "NODE_DEBUG_NATIVE": "COMPILE_CACHE",
                "JSII_RUNTIME_PACKAGE_CACHE": "enabled",
            },
            check=True,
            capture_output=True,
            text=True,
        ).stderr

    assert bool(re.search("aws-cdk-lib.*was accepted", said)) is ((major, minor) >= (24, 12))


def test_a_function_with_role_and_log_is_one_call(stack: cdk.Stack, sent: list[str]) -> None:
    """Beside the construct, and one to let it leave in a queue what it fails at."""
    queue = dead_letter_queue(stack)
    options: dict[str, Any] = {"timeout": cdk.Duration.seconds(30), "dead_letter_queue": queue}
    for name in ("Other", "Function"):
        before = len(sent)
        ShippedFunction(
            stack,
            name,
            folder="job_events",
            module="notify",
            description="Tells",
            environment={},
            statements=[],
            **options,
        )

    assert sorted(sent[before:]) == ["CreateRequest", *["StaticInvokeRequest"] * 2]


def test_the_rules_at_synthesis_are_two_calls(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    """What the CDK hands the plugin, and its answer."""
    monkeypatch.delenv("CDK_VALIDATION", raising=False)
    monkeypatch.delitem(sys.modules, "cdk_nag", raising=False)  # whose packs are told of ours
    stack = cdk.Stack(cdk.App(), "Platform")
    bc.ConsumableResource(stack, "Licences", total_quantity=1)
    before = len(sent)
    Template.from_stack(stack)

    assert sorted(sent[before:]) == ["StaticInvokeRequest"] * 2 + ["_CompleteRequest"]


def test_a_synthesis_asks_nothing_of_the_roles_of_other_apps(sent: list[str]) -> None:
    """What cdk-nag is told rests on what was granted, in a process that may have made thousands."""
    assert cdk_nag.__name__ in sys.modules  # once it is loaded, it is told

    def calls_of_a_synthesis() -> int:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "Stack")
        role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        environment = bc.FargateComputeEnvironment(
            stack, "Environment", vpc=ec2.Vpc(stack, "Vpc", max_azs=1)
        )
        queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
        definition = bc.FargateJobDefinition(
            stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
        )
        queue.grant_submit(role, definition)
        before = len(sent)
        app.synth()
        return len(sent) - before

    calls_of_a_synthesis()
    second = calls_of_a_synthesis()

    assert [calls_of_a_synthesis() for _ in range(3)] == [second] * 3


def test_the_archive_of_our_javascript_is_the_same_in_each_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """jsii keeps each other archive in its cache, and makes an index of it: once is enough."""

    def made_at(now: float) -> bytes:
        monkeypatch.setattr(time, "time", lambda: now)
        return one_call.archive()

    assert made_at(0) == made_at(10**9)


@pytest.mark.parametrize(
    ("changed", "is_loaded"),
    [
        ("", "False"),
        ("del type(jsii.kernel).sinvoke.__wrapped__", "True"),
        ("jsii._reference_map._refs._refs = UserDict()", "True"),
    ],
    ids=["as it is", "without what it wraps", "with another table"],
)
def test_a_resource_is_loaded_when_somebody_asks_or_at_once_by_a_jsii_that_we_do_not_know(
    changed: str, is_loaded: str
) -> None:
    code = f"""
        import sys
        from collections import UserDict
        import jsii
        {changed}
        import aws_cdk as cdk
        import batch_constructs as bc
        stack = cdk.Stack(cdk.App(), "Stack")
        log = bc.JobEventLog(stack, "Log", queues=[bc.JobQueue.from_job_queue_arn(
            stack, "Queue", "arn:aws:batch:eu-west-1:123456789012:job-queue/queue")])
        before = "aws_cdk.aws_logs" in sys.modules
        group = log.log_group
        print(before, type(group).__name__, log.node.find_child("LogGroup") is group)
    """
    said = subprocess.run(
        [sys.executable, "-c", dedent(code)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert said.stdout.split() == [is_loaded, "LogGroup", "True"]


def test_whoever_asks_the_cdk_for_a_resource_first_gets_the_one_that_we_have(
    stack: cdk.Stack,
) -> None:
    definition = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )
    first = definition.node.default_child

    assert first is definition.resource
    assert first is definition.node.default_child
