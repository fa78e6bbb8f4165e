"""Every parameter of every method: what is wrong is refused in one line, as in constructors."""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from tests.contract import World, wrong_with
from tests.test_public_api import MADE_BY_US

HERE = "arn:aws:batch:us-east-1:123456789012"
NAMED = "compute_environment job_definition job_queue scheduling_policy service_environment"
METRICS = {
    "JobGauges.metric_compute_environment": "MaxVcpus",
    "JobGauges.metric": "JobsPending",
    "JobCounters.metric": "JobsFailed",
    "QueueMetrics.metric": "JobsSubmitted",
}
REFUSED_ALWAYS = {"add_retry_strategy"}
"""What an L2 can and ours refuse, whatever is given."""

IDS = itertools.count()


def methods() -> Iterator[tuple[str, str]]:
    """List each public method once, with a construct that has it."""
    seen = set()
    for name in MADE_BY_US:
        for method, function in inspect.getmembers(getattr(bc, name), callable):
            ours = (getattr(function, "__module__", None) or "").startswith("batch_constructs")
            if method.startswith("_") or not ours or function.__qualname__ in seen:
                continue
            seen.add(function.__qualname__)
            if method not in REFUSED_ALWAYS:
                yield name, method


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def owner(world: World) -> Callable[[str], Any]:
    """Make one construct of each kind."""
    made: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in made:
            arguments = world.given.arguments(name)
            if name == "JobGauges":
                arguments["compute_environments"] = [world.given.environment]
            made[name] = getattr(bc, name)(world.stack, f"Own{name}", **arguments)
        return made[name]

    return of


def right(world: World, asked: Callable[..., Any]) -> dict[str, Any]:
    """Return the arguments that a method needs."""
    given = world.given
    known: dict[str, Any] = {
        "scope": world.stack,
        "id": f"I{next(IDS)}",
        "grantee": given.role,
        "queue": given.queue,
        "job_definition": given.definition,
        "compute_environment": given.environment,
        "share": bc.Share(share_identifier=f"share{next(IDS)}"),
        "topic": given.topic,
        "bucket": given.bucket,
        "policy": cdk.RemovalPolicy.RETAIN,
        "strength": cdk.ReferenceStrength.WEAK,
        "pattern": "ERROR",
        "definitions": {},
        "metric_name": METRICS.get(asked.__qualname__, "Errors"),
        "consumable_resource_name": "a",
        "consumable_resource_arn": f"{HERE}:consumable-resource/a",
        "quota_share_arn": f"{HERE}:job-queue/a/quota-share/b",
    }
    for noun in NAMED.split():
        known[f"{noun}_name"] = "a"
        revision = ":1" if noun == "job_definition" else ""
        known[f"{noun}_arn"] = f"{HERE}:{noun.replace('_', '-')}/a{revision}"
    if asked.__qualname__ == "EksNamespace.add_compute_environment":
        known["environment"] = bc.EksComputeEnvironment(
            world.stack,
            f"E{next(IDS)}",
            vpc=given.vpc,
            cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
            kubernetes_namespace="jobs",
            access_entry_state="ENABLED",
        )
    elif asked.__name__ == "add_compute_environment":
        known["environment"] = bc.FargateComputeEnvironment(
            world.stack, f"E{next(IDS)}", vpc=given.vpc
        )
    if asked.__name__ == "add_auto_scaling_group":
        known["auto_scaling_group"] = _instances(world)
    return {
        one.name: known[one.name]
        for one in inspect.signature(asked).parameters.values()
        if one.default is one.empty and one.name in known
    }


def _instances(world: World) -> autoscaling.AutoScalingGroup:
    template = ec2.LaunchTemplate(
        world.stack,
        f"T{next(IDS)}",
        instance_type=ec2.InstanceType("m5.large"),
        machine_image=ec2.MachineImage.from_ssm_parameter(
            "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
        ),
        user_data=ec2.UserData.for_linux(),
        role=world.given.role,
        security_group=ec2.SecurityGroup(world.stack, f"S{next(IDS)}", vpc=world.given.vpc),
    )
    return autoscaling.AutoScalingGroup(
        world.stack, f"G{next(IDS)}", vpc=world.given.vpc, launch_template=template
    )


WRONG: dict[str, Any] = {"a wrong type": ec2.Port.tcp(1), "NaN": math.nan, "None": None, "7": 7}


@pytest.mark.parametrize(("name", "method"), list(methods()))
def test_what_is_wrong_is_refused_in_one_line_with_the_path(
    name: str, method: str, world: World, owner: Callable[[str], Any]
) -> None:
    function = getattr(getattr(bc, name), method)
    asked = function if inspect.ismethod(function) else getattr(owner(name), method)
    parameters = inspect.signature(asked).parameters.values()
    asked(**right(world, asked))
    problems = []
    for one in parameters:
        if one.name == "scope" or one.kind is one.VAR_KEYWORD:
            continue
        for kind, value in WRONG.items():
            if value is None and "None" in str(one.annotation):
                continue
            arguments = {**right(world, asked), one.name: value}
            try:
                asked(**arguments)
            except (TypeError, ValueError) as error:
                problem = wrong_with(str(error), path="Stack")
            except BaseException as error:  # noqa: BLE001  # of whatever kind: none is right
                problem = f"{type(error).__name__}: {error}"
            else:
                problem = "taken without a word"
            if problem is not None:
                problems.append(f"{one.name}: {kind}: {problem}")
    assert problems == []


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("option", ["period", "label", "color", "account", "region", "statistic"])
@pytest.mark.parametrize(
    ("name", "method"), [("JobQueue", "metric_jobs_submitted"), ("Workflow", "metric_failed")]
)
def test_a_metric_is_read_with_what_cloudwatch_knows(
    name: str, method: str, option: str, value: object, owner: Callable[[str], Any]
) -> None:
    if value is None:
        getattr(owner(name), method)(**{option: None})
        return
    with pytest.raises((TypeError, ValueError), match=f"^Stack/Own{name}: {option} is "):
        getattr(owner(name), method)(**{option: value})


OF_METRICS = {"statistic": "str", "period": "Duration", "label": "str", "color": "str"}
"""What ``**options`` of a metric stand for, and whose words they are."""


NO_VALUES: dict[str, list[Any]] = {
    "Duration | None": [cdk.Duration.seconds(0)],
    "Duration": [cdk.Duration.seconds(0)],
    "Sequence[JobState | str] | None": [["x"]],
    "Sequence[ServiceJobState | str] | None": [["x"]],
    "Share | batch.Share": [bc.Share(share_identifier="a b")],
}
"""Of the right type, and impossible."""


def parameters_of(asked: Callable[..., Any]) -> dict[str, str]:
    """List the parameters of a method, with their annotations."""
    found: dict[str, str] = {}
    for one in inspect.signature(asked).parameters.values():
        if one.kind is not one.VAR_KEYWORD:
            found[one.name] = str(one.annotation)
        elif one.annotation == "Unpack[MetricOptions]":
            found |= OF_METRICS
    return found


def refusal(asked: Callable[..., Any], arguments: dict[str, Any]) -> Exception | None:
    try:
        asked(**arguments)
    except (TypeError, ValueError) as error:
        return error
    return None


def faults_of(asked: Callable[..., Any], world: World) -> dict[str, dict[type, Any]]:
    """Find a wrong type and a wrong value of each parameter, as far as it has them."""
    faults: dict[str, dict[type, Any]] = {}
    for one, annotation in parameters_of(asked).items():
        if one == "scope":
            continue
        values = [] if one == "id" else ["a b!", "x" * 3000, *NO_VALUES.get(annotation, [])]
        for value in (ec2.Port.tcp(1), *values):
            error = refusal(asked, {**right(world, asked), one: value})
            if error is not None and "\n" not in str(error):
                faults.setdefault(one, {}).setdefault(type(error), value)
    return faults


def is_told(parameter: str, lines: list[str]) -> bool:
    return sum(re.match(rf"(\w+ and )?{parameter}\b", line) is not None for line in lines) == 1


@pytest.mark.parametrize(("name", "method"), list(methods()))
def test_two_faults_in_two_parameters_are_both_told(
    name: str, method: str, world: World, owner: Callable[[str], Any]
) -> None:
    function = getattr(getattr(bc, name), method)
    asked = function if inspect.ismethod(function) else getattr(owner(name), method)
    faults, untold = faults_of(asked, world), []
    for first, second in itertools.pairwise(faults):
        for one, another in itertools.product(faults[first].items(), faults[second].items()):
            wrong = {**right(world, asked), first: one[1], second: another[1]}
            error = refusal(asked, wrong)
            lines = re.split("\n  - |: ", str(error))[1:]
            kind = ValueError if ValueError in (one[0], another[0]) else TypeError
            if not (is_told(first, lines) and is_told(second, lines) and isinstance(error, kind)):
                untold.append(f"{first} and {second}: {error!r}")
    assert untold == []
