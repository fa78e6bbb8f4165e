"""The CDK's integration apps as they were, and written by hand with ours, with the old IDs kept."""

from __future__ import annotations

import json
from types import FunctionType
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

import batch_constructs as bc
from tests.integration_apps import ours, theirs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

Template = dict[str, Any]

LET_GO = {"rule_without_a_name": ["Rule4C995B7F"]}
"""What the rewritten apps have no more: a rule, whose job a schedule submits now."""

HOLD = {"managed_environments": ["Template576A9730"]}
"""What cannot be updated in place (it is of BEST_FIT), and has other instance types by default."""


def apps(side: ModuleType) -> dict[str, Callable[[cdk.Stack], None]]:
    """Give the apps of a module: its public functions, in their order."""
    here = (one for one in vars(side).values() if isinstance(one, FunctionType))
    own = (one for one in here if one.__module__ == side.__name__)
    return {one.__name__: one for one in own if not one.__name__.startswith("_")}


def stacks(made: Mapping[str, Callable[[cdk.Stack], None]]) -> dict[str, cdk.Stack]:
    """Make apps, a stack each, in one app."""
    app = cdk.App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        context={"aws:cdk:enable-path-metadata": True},
    )
    found = {name: cdk.Stack(app, name.replace("_", "-")) for name in made}
    for name, make in made.items():
        make(found[name])
    return found


def templates(made: Mapping[str, cdk.Stack]) -> dict[str, Template]:
    """Give the templates of stacks of one app."""
    app: Any = next(iter(made.values())).node.root
    assembly = app.synth()
    return {
        name: assembly.get_stack_by_name(stack.stack_name).template for name, stack in made.items()
    }


def at_once(made: Mapping[str, Callable[[cdk.Stack], None]]) -> dict[str, Template]:
    """Give the templates of apps."""
    return templates(stacks(made))


def theirs_at_once() -> dict[str, Template]:
    """Give the templates of the CDK's integration apps."""
    return at_once(apps(theirs))


def ours_with_kept_ids(old: Mapping[str, Template], directory: Path) -> dict[str, Template]:
    """Give the templates of ours, which keep the IDs of old ones; these are written down, too."""
    made = stacks(apps(ours))
    for name, stack in made.items():
        file = directory / f"{name}.json"
        file.write_text(json.dumps(old[name]))
        bc.keep_ids_of(stack, file, let_go=LET_GO.get(name, ()), hold=HOLD.get(name, ()))
    return templates(made)
