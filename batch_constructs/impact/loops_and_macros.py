"""What CloudFormation makes of a template before it compares: loops, and what macros may do.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from batch_constructs.impact.changes import section
from batch_constructs.rules.template.loops import PREFIX, unroll

LANGUAGE: Final = "AWS::LanguageExtensions"
SERVERLESS: Final = "AWS::Serverless"
WRITTEN_BY_THE_MACRO: Final = (
    "compare the templates that CloudFormation has expanded "
    "(aws cloudformation get-template --template-stage Processed)"
)
_ARGUMENTS: Final = 3


def unlooped(template: Mapping[str, Any]) -> dict[str, Any]:
    """Write out the loops of a template.

    A loop whose collection only the deployment knows is written once, with its placeholder; what
    it makes has the collection as its condition, so that a change of it may delete each.
    """
    conditions = unroll({**template, "Resources": {}, "Parameters": {}}).template.get("Conditions")
    found = template.get("Resources")
    if not isinstance(found, Mapping):
        return dict(template)
    made: dict[str, Any] = {}
    for name, one in found.items():
        here = {**template, "Conditions": {}, "Parameters": {}, "Resources": {name: one}}
        unrolled = unroll(here)
        if str(name).startswith(PREFIX) and unrolled.left:
            made.update(_once(str(name), one, []))
        else:
            made.update(section(unrolled.template, "Resources"))
    written = {**template, "Resources": made}
    return written if conditions is None else {**written, "Conditions": conditions}


def _once(name: str, loop: Any, around: list[Any]) -> Iterator[tuple[str, Any]]:
    """Give what stands in a loop, as it is written."""
    if not isinstance(loop, list) or len(loop) != _ARGUMENTS or not isinstance(loop[2], Mapping):
        yield name, {"Type": "Fn::ForEach", "Properties": {"Loop": loop}}
        return
    loops = [*around, loop[:2]]
    for inner, one in loop[2].items():
        if str(inner).startswith(PREFIX):
            yield from _once(str(inner), one, loops)
        elif isinstance(one, Mapping):
            yield str(inner), {**one, "Condition": {PREFIX: [loops, _condition(one)]}}


def _condition(resource: Mapping[str, Any]) -> Any:
    """Give the condition of a resource, as other conditions name it."""
    return {"Condition": resource["Condition"]} if "Condition" in resource else None


def is_of_a_loop(condition: Any) -> bool:
    """Whether a condition is the collection of a loop, as it is written here."""
    return isinstance(condition, Mapping) and PREFIX in condition


def untold(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Give what cannot be told of two templates: the section, and why."""
    had, has = _macros(old), _macros(new)
    found: dict[str, str] = {}
    if had != has:
        found["Transform"] = (
            f"the effect of its macros on the template is unknown: {WRITTEN_BY_THE_MACRO}"
        )
    elif old != new and any(not name.startswith(SERVERLESS) for name in map(_name, has)):
        names = ", ".join(name for name in map(_name, has) if not name.startswith(SERVERLESS))
        found["Transform"] = (
            f"the effect of {names} on the changes is unknown: {WRITTEN_BY_THE_MACRO}"
        )
    if has and old.get("Globals") != new.get("Globals"):
        found["Globals"] = (
            f"it represents properties of resources that the macro writes: {WRITTEN_BY_THE_MACRO}"
        )
    return found


def _macros(template: Mapping[str, Any]) -> list[Any]:
    """Give the macros of the whole template, but the one that is written out here."""
    written = template.get("Transform")
    several = written if isinstance(written, list) else [written]
    inside = [{"Fn::Transform": template[name]} for name in ("Fn::Transform",) if name in template]
    return [*(one for one in several if one and _name(one) != LANGUAGE), *inside]


def _name(macro: Any) -> str:
    inner = macro.get("Fn::Transform", macro) if isinstance(macro, Mapping) else macro
    return str(inner.get("Name")) if isinstance(inner, Mapping) else str(inner)
