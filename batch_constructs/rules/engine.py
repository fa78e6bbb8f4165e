"""Runs the rules over a whole template, or over one resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from batch_constructs.rules import areas
from batch_constructs.rules.circumstances import needed
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.rule import Rule, rules_about
from batch_constructs.rules.template.conditions import worlds
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.resources import Resource, Template

areas.load()

_NOTHING_BESIDE: Final[Mapping[str, Mapping[str, object]]] = {}
_WORST_FIRST: Final = {severity: place for place, severity in enumerate(Severity)}


def check_template(template: Mapping[str, object]) -> list[Finding]:
    """Check every resource of a template, alone and together with the others.

    Args:
        template: a CloudFormation template as parsed from JSON or YAML. Intrinsic functions are
            resolved as far as the template allows; what stays unknown is never a finding.

    Returns:
        The findings by resource in the template's order, the worst first within a resource.
    """
    raw = template.get("Resources")
    resources: dict[str, Mapping[str, object]] = {}
    if isinstance(raw, Mapping):
        resources = {
            id_: resource
            for id_, resource in raw.items()
            if isinstance(id_, str) and isinstance(resource, Mapping)
        }
    found: dict[Finding, list[int]] = {}
    conditions: list[Mapping[str, bool | None]] = []
    present: dict[str, list[int]] = {}
    for place, world in enumerate(worlds(template, resources)):
        conditions.append(world.conditions)
        for id_ in world.present:
            present.setdefault(id_, []).append(place)
            subject = world.template.get(id_)
            for one in dict.fromkeys(_check(subject)) if subject is not None else ():
                found.setdefault(one, []).append(place)
    said = [
        _when(one, needed(conditions, there, present[one.resource])) for one, there in found.items()
    ]
    places = {id_: place for place, id_ in enumerate(resources)}
    return sorted(said, key=lambda one: (places[one.resource], _WORST_FIRST[one.severity]))


def _when(finding: Finding, condition: str) -> Finding:
    """Name the condition that a finding needs."""
    if not condition:
        return finding
    return replace(finding, message=f"{finding.message} ({condition})")


def check_resource(
    resource_type: str,
    properties: Mapping[str, object],
    *,
    beside: Mapping[str, Mapping[str, object]] = _NOTHING_BESIDE,
    errors_and: frozenset[str] | None = None,
) -> list[Finding]:
    """Check one resource, with whatever others it refers to.

    Args:
        resource_type: for example ``AWS::Batch::JobDefinition``.
        properties: its properties as CloudFormation spells them. Tokens, `UNKNOWN` and objects
            that are not plain data may stand anywhere; they are unknown.
        beside: other resources by logical ID (``{"Type": …, "Properties": …}``), to which the
            properties refer with ``{"Ref": id}``.
        errors_and: only what is an error, and these rules whatever their severity; a third of the
            rules need not be asked then.

    Returns:
        The findings about this resource only; their `resource` is empty.
    """
    subject: dict[str, Mapping[str, object]] = {
        "": {"Type": resource_type, "Properties": properties}
    }
    resources = {**beside, **subject} if beside else subject
    view = Template(resources, Resolver(resources)).get("")
    rules = None if errors_and is None else _refusing(resource_type, errors_and)
    found = [] if view is None else list(_check(view, rules))
    found.sort(key=lambda one: _WORST_FIRST[one.severity])
    return found


@cache
def _refusing(subject: str, beside_errors: frozenset[str]) -> tuple[Rule, ...]:
    """Return the rules about a type of resource that a constructor refuses by."""
    return tuple(
        rule
        for rule in rules_about(subject)
        if rule.severity is Severity.ERROR or rule.id in beside_errors
    )


def _check(subject: Resource, rules: Sequence[Rule] | None = None) -> Iterator[Finding]:
    whole = subject.template.raw(subject.id).get("Properties")
    no_object = isinstance(whole, list | str | int | float)
    for rule in rules_about(subject.type) if rules is None else rules:
        if no_object and rule.area != "shapes":
            continue
        for path, message, *own_fix in rule.find(subject):
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                resource=subject.id,
                path=f"Properties/{path}" if path else "Properties",
                message=message,
                fix=own_fix[0] if own_fix else rule.fix,
                source=str(rule.sources.get(subject.type, rule.source)),
            )
