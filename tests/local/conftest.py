"""Stacks of plain CDK that the tests of the embedded AWS deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def new_stack(request: pytest.FixtureRequest) -> Callable[[], cdk.Stack]:
    """A fresh app with an empty stack of the test's own name, as often as it is called."""
    name = "".join(part.title() for part in request.node.name.split("[")[0].split("_"))

    def make() -> cdk.Stack:
        return cdk.Stack(cdk.App(), name[:100])

    return make
