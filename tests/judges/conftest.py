"""What the judges judge: all that this run rendered, and never less than what is made here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from batch_constructs.project.template.app import build as build_project
from tests import rendered
from tests.everything import everything
from tests.judges import widest
from tests.whole.stacks import STACKS
from tests.workers import wait_for_all

EXAMPLES = Path(__file__).parent.parent / "__snapshots__" / "test_examples"

MORE: dict[str, Callable[[cdk.Stack], object]] = {
    "Everything": lambda stack: everything(stack, defaults=True),
    "EverythingGiven": lambda stack: everything(stack, defaults=False),
    "Chains": widest.chains_of_jobs,
    "Submitting": widest.what_submits_and_watches,
    "Triggers": widest.triggers_that_say_all_they_can,
    "Policies": widest.policies_of_resources,
}
"""Stacks that the judges make beside the largest ones, by name."""


@pytest.fixture(scope="session", autouse=True)
def rendered_anyway(request: pytest.FixtureRequest) -> None:
    """Have examples, every construct and every property, also when the judges run alone.

    And what ``init`` begins with, which its own tests run as a user does.
    """
    wait_for_all(request.session)
    for name, build in {**STACKS, **MORE}.items():
        app = cdk.App(builtin_cloud_formation_validation=False)
        build(cdk.Stack(app, name.replace("_", "-")))
        app.synth()
    project = cdk.App(builtin_cloud_formation_validation=False)
    build_project(project)
    project.synth()
    for example in EXAMPLES.glob("*.json"):
        rendered.TEMPLATES[example.stem] = json.loads(example.read_text())
