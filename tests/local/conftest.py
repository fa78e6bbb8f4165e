"""Stacks of plain CDK that the tests of the embedded AWS deploy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from tests.local.granted_resources import Granted
from tests.local.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws


@pytest.fixture
def new_stack(request: pytest.FixtureRequest) -> Callable[[], cdk.Stack]:
    """A fresh app with an empty stack of the test's own name, as often as it is called."""
    name = "".join(part.title() for part in request.node.name.split("[")[0].split("_"))

    def make() -> cdk.Stack:
        return cdk.Stack(cdk.App(), name[:100])

    return make


@pytest.fixture(scope="session")
def granted(local_aws: LocalAws) -> Granted:
    """Resources, and two roles: one with rights on them, one with the same rights on others."""
    return Granted.deploy(local_aws)


@pytest.fixture
def wiring(local_aws: LocalAws) -> Wiring:
    """Resources with names of the test's own, and no more rights than are given."""
    return Wiring(local_aws, f"wiring-{time.time_ns()}")
