"""What stays of an old template in a stack that was written anew, with what it needs beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import Construct

from batch_constructs.adopt.declared_sections import (
    CONDITIONS,
    MAPPINGS,
    PARAMETERS,
    declared,
    says_something_else,
)
from batch_constructs.adopt.python_source import snake_case
from batch_constructs.aws.template_facts import BOUNDS_OF_PARAMETERS
from batch_constructs.impact.changes import references
from batch_constructs.rules.template.iam_roles import several


class Needs:
    """Parameters, conditions and mappings of an old template that is used in what stays.

    Attributes:
        definitions: Section and name → what the old template has there.
    """

    def __init__(self, template: Mapping[str, Any], stays: Iterable[Any]) -> None:
        self.definitions: dict[tuple[str, str], Any] = {}
        waiting = list(stays)
        while waiting:
            for section, name in _named(waiting.pop()):
                known = template.get(section)
                if isinstance(known, Mapping) and name in known:
                    if (section, name) not in self.definitions:
                        waiting.append(known[name])
                    self.definitions[section, name] = known[name]

    @property
    def names(self) -> set[str]:
        """What they are called, which no resource may be called then."""
        return {name for _, name in self.definitions}

    def declare(self, stack: cdk.Stack, below: Construct) -> dict[str, cdk.CfnCondition]:
        """Declare what the stack has not; what it has under a name is used as it is.

        Returns:
            The conditions of the stack by their names, then.
        """
        had = dict(declared(stack))
        scopes: dict[str, Construct] = {}
        for section, name in sorted(self.definitions):
            definition = self.definitions[section, name]
            if (section, name) in had:
                if says_something_else(definition, had[section, name]):
                    _warn_of_another(section, name, had[section, name])
                continue
            if section not in scopes:  # no logical ID has a hyphen
                scopes[section] = Construct(below, f"Old-{section}")
            scope = scopes[section]
            made: cdk.CfnElement
            if section == PARAMETERS:
                made = cdk.CfnParameter(scope, name, **_arguments(definition))
            elif section == CONDITIONS:
                expression: Any = _AsItStands(definition)
                made = cdk.CfnCondition(scope, name, expression=expression)
            else:
                made = cdk.CfnMapping(scope, name, mapping=definition)
            made.override_logical_id(name)
            had[section, name] = made
        return {name: one for (section, name), one in had.items() if section == CONDITIONS}


def keep_rights(
    stack: cdk.Stack, below: Construct, resources: Mapping[str, Any], gone: Iterable[str]
) -> None:
    """Leave roles and policies in the stack as they are, but for waiting for what is gone."""
    for logical_id, resource in resources.items():
        l1 = cdk.CfnResource(
            below,
            logical_id,
            type=str(resource["Type"]),
            properties=dict(resource.get("Properties", {})),
        )
        l1.override_logical_id(logical_id)
        for name, value in resource.items():
            if name == "DependsOn":
                waits = [one for one in several(value) if one not in gone]
                if waits:
                    l1.add_override(name, value if waits == several(value) else waits)
            elif name not in {"Type", "Properties"}:
                l1.add_override(name, value)
    cdk.Annotations.of(stack).add_info_v2(
        "batch-constructs:kept",
        f"{', '.join(resources)} of the old template stay as they are, because jobs submitted "
        "earlier may use them; keep_ids_of(let_go=[…]) deletes them",
    )


@jsii.implements(cdk.ICfnConditionExpression)
class _AsItStands:
    """What a condition of the old template says, as it says it."""

    def __init__(self, expression: Any) -> None:
        self._expression = expression

    @property
    def creation_stack(self) -> list[str]:
        """Where it was made, which nobody asks for."""
        return []

    def resolve(self, context: cdk.IResolveContext) -> Any:  # noqa: ARG002  # a resolvable's
        """Give what it says."""
        return self._expression

    def to_string(self) -> str:
        """Give it as text, as a part of which it does not stand."""
        return str(self._expression)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    for _, target, _ in references(value):
        yield PARAMETERS, target
    yield from _by_name(value)


def _by_name(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from _by_name(one)
    if not isinstance(value, Mapping):
        return
    for key, below in value.items():
        first = below[0] if isinstance(below, list) and below else below
        if isinstance(first, str):
            if key == "Fn::If" or (key == "Condition" and first is below):
                yield CONDITIONS, first
            elif key == "Fn::FindInMap":
                yield MAPPINGS, first
        yield from _by_name(below)


def _warn_of_another(section: str, name: str, construct: Any) -> None:
    noun = section.removesuffix("s").lower()
    why = (
        ": if it is false, resources with it, such as a role of jobs submitted earlier, are deleted"
        if section == CONDITIONS
        else ""
    )
    cdk.Annotations.of(construct).add_warning_v2(
        f"batch-constructs:kept-{noun}",
        f"What stays of the old template uses the {noun} {name}, which is different here{why}. "
        "Rename this one to keep both",
    )


def _arguments(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {snake_case(name): _argument(name, value) for name, value in parameter.items()}


def _argument(name: str, value: Any) -> Any:
    """Give an attribute of a parameter as the CDK's construct takes it."""
    if name == "NoEcho":
        return str(value).lower() == "true"
    if name in BOUNDS_OF_PARAMETERS:
        return float(value)
    if name == "AllowedValues":
        return [str(one).lower() if isinstance(one, bool) else str(one) for one in value]
    return value
