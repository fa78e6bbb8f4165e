"""The maximal stacks, each synthesised once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import aws_cdk as cdk
import pytest

from tests.whole.stacks import STACKS

TemplatePath = Callable[[str], Path]


@pytest.fixture(scope="session")
def template_path() -> TemplatePath:
    """Synthesise a stack as ``cdk synth`` does, the CDK's own validation included."""

    @cache
    def synthesise(name: str) -> Path:
        app = cdk.App(
            context={"@aws-cdk/core:validateAgainstDefaultRules": True},
            builtin_cloud_formation_validation=True,
        )
        stack = cdk.Stack(app, name.replace("_", "-"))
        STACKS[name](stack)
        return Path(app.synth().directory) / f"{stack.stack_name}.template.json"

    return synthesise
