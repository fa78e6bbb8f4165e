"""Every construct of the library in one stack."""

from __future__ import annotations

import inspect
import json
from functools import cache
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from constructs import Construct

import batch_constructs as bc
from tests.constructors import Given, add_pods

_OWN = frozenset(
    {
        "dead_letter_queue",
        "encryption_key",
        "execution_role",
        "infrastructure_role",
        "instance_role",
        "job_role",
        "log_encryption_key",
        "service_role",
        "spot_fleet_role",
    }
)
"""Arguments without which a construct makes its own."""


def kinds() -> list[str]:
    """Name every construct that can be made."""
    return [
        name
        for name in bc.__all__
        if inspect.isclass(kind := getattr(bc, name))
        and issubclass(kind, Construct)
        and "__init__" in vars(kind)
        and "_instead" not in vars(kind)
    ]


def everything(stack: cdk.Stack, *, defaults: bool, **settings: Any) -> list[Construct]:
    """Make one of each.

    Args:
        stack: where.
        defaults: whether each makes its own roles, queues and logs, as it does by default.
        settings: further arguments, of those constructs that take them.
    """
    given = Given(stack)
    made: list[Construct] = []
    for name in kinds():
        kind = getattr(bc, name)
        takes = inspect.signature(kind.__init__).parameters
        arguments = given.arguments(name) | {key: settings[key] for key in settings if key in takes}
        if defaults:
            arguments = {key: value for key, value in arguments.items() if key not in _OWN}
        if name in ("EventTrigger", "ObjectCreatedTrigger"):
            arguments.pop("function_settings", None)  # EventBridge submits by itself
        if name == "AuditTrail":
            arguments["create_trail"] = True
        one = kind(stack, f"My{name}", **arguments)
        if isinstance(one, bc.EksNamespace):
            add_pods(one, given.vpc)
        made.append(one)
    return made


def template_of_everything() -> dict[str, Any]:
    """Return the template of one of each, with its defaults, made once a process."""
    template: dict[str, Any] = json.loads(_rendered())
    return template


@cache
def _rendered() -> str:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "All")
    everything(stack, defaults=True)
    return json.dumps(assertions.Template.from_stack(stack).to_json())
