"""Every whole number takes what the CDK gives for one, and no known fraction."""

from __future__ import annotations

import inspect

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from tests.contract import World
from tests.test_public_api import MADE_BY_US

FRACTION = 1.5
PARAMETERS = [
    (name, parameter)
    for name in MADE_BY_US
    for parameter, it in inspect.signature(getattr(bc, name)).parameters.items()
    if str(it.annotation).startswith("WholeNumber")
]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_a_known_fraction_is_refused(name: str, parameter: str, world: World) -> None:
    given = {**world.given.arguments(name), parameter: FRACTION}
    if parameter == "bid_percentage" and name == "EksComputeEnvironment":
        given["spot"] = True

    with pytest.raises((TypeError, ValueError), match=rf"{parameter} .*1\.5"):
        getattr(bc, name)(world.stack, "X", **given)


def test_the_same_size_is_spread_over_several_definitions() -> None:
    """With types, too: mypy looks at this file."""
    stack = cdk.Stack()
    most = cdk.CfnParameter(stack, "Most", type="Number", default=3, min_value=1)
    size: bc.WholeNumber = most.value_as_number
    shared: dict[str, bc.WholeNumber] = {"priority": size}

    environment = bc.UnmanagedComputeEnvironment(stack, "Own", unmanaged_vcpus=size)
    bc.JobQueue(stack, "Queue", compute_environments=[environment], priority=shared["priority"])
    bc.RetryPolicy(attempts=size)
    bc.SubmissionOverrides(gpus=size)
    bc.Ulimit(name="core", soft_limit=size, hard_limit=size)
