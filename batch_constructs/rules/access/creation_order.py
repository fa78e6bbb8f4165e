"""Which resources CloudFormation creates before others: those that they mention or depend on."""

from __future__ import annotations

from collections.abc import Mapping

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from batch_constructs.rules.template.resource_graph import Resource, Template

_NAMED: Final = pattern(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")


def waits_for(resource: Resource, other: str) -> bool:
    """Tell whether a resource is created after another one for sure."""
    return other in _before(resource.template, resource.id)


def _before(template: Template, id: str) -> set[str]:
    """Give all that is created before a resource."""
    memory = template.memory
    known = memory.get(f"before {id}")
    if isinstance(known, set):
        return known
    found: set[str] = set()
    waiting = [id]
    while waiting:
        for one in _mentioned(template, waiting.pop()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    memory[f"before {id}"] = found
    return found


def _mentioned(template: Template, id: str) -> set[str]:
    """Give the resources that one refers to in its properties, or depends on."""
    raw = template.raw(id)
    depends = raw.get("DependsOn")
    found = {depends} if isinstance(depends, str) else set()
    if isinstance(depends, list):
        found |= {one for one in depends if isinstance(one, str)}
    waiting: list[object] = [raw.get("Properties")]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if _is_met(value, seen):
            continue
        if isinstance(value, Mapping):
            waiting += value.values()
            found |= _targets(value)
        elif isinstance(value, list):
            waiting += value
    return {one for one in found if template.raw(one)}


def _is_met(value: object, seen: set[int]) -> bool:
    """Tell whether a value was met before, and remember it."""
    if id(value) in seen:
        return True
    seen.add(id(value))
    return False


def _targets(value: Mapping[object, object]) -> set[str]:
    """Give what an intrinsic function refers to."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::GetAtt": str(written)}:
            return {written.partition(".")[0]}
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return set(_NAMED.findall(text))
        case _:
            return set()
