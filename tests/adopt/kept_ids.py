"""A small stack that was written anew, and what becomes of it once it has the old IDs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import assertions

import batch_constructs as bc

if TYPE_CHECKING:
    from pathlib import Path


def empty_stack() -> cdk.Stack:
    """Make a stack of nothing."""
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Stack")


def stack_of(**resources: dict[str, Any]) -> cdk.Stack:
    """Make a stack of L1s."""
    stack = empty_stack()
    for name, one in resources.items():
        cdk.CfnResource(stack, name, type=one["Type"], properties=one.get("Properties", {}))
    return stack


def keep(stack: cdk.Stack, directory: Path, old: dict[str, Any], **options: Any) -> None:
    """Have a stack keep the IDs of an old template."""
    file = directory / "old.json"
    file.write_text(json.dumps(old))
    bc.keep_ids_of(stack, file, **options)


def template(stack: cdk.Stack) -> dict[str, Any]:
    """Give a stack's template as it is written, in which nothing stands for what is missing."""
    app: Any = stack.node.root
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def warnings(stack: cdk.Stack) -> list[str]:
    """Give what the synthesis warns of."""
    found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
    return [str(one.entry.data) for one in found]
