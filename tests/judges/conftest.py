"""What the judges judge: all that this run rendered, and never less than the largest stacks."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from tests import rendered
from tests.whole.stacks import STACKS

EXAMPLES = Path(__file__).parent.parent / "__snapshots__" / "test_examples"


@pytest.fixture(scope="session", autouse=True)
def rendered_anyway() -> None:
    """Have the examples and the stacks with every property, also when the judges run alone."""
    for name, build in STACKS.items():
        app = cdk.App(builtin_cloud_formation_validation=False)
        build(cdk.Stack(app, name.replace("_", "-")))
        app.synth()
    for example in EXAMPLES.glob("*.json"):
        rendered.TEMPLATES[example.stem] = json.loads(example.read_text())
