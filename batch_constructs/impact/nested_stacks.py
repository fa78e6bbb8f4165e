"""The parameters that a nested stack gets, and the outputs that others read from it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.impact.changed_parameters import family, is_list, is_looked_up
from batch_constructs.impact.changes import (
    WHOLE,
    different,
    is_function,
    properties,
    references,
    section,
)
from batch_constructs.impact.known_template import placed
from batch_constructs.rules.template.whole import REFERRING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.impact.described_stack import DescribedStack
    from batch_constructs.impact.verdict import Comparison, Reading

_PARAMETERS: Final = "Parameters"
_DEFAULT: Final = "Default"
_OUTPUTS: Final = "Outputs."
_FAILS: Final = "the deployment fails"


def given(stack: DescribedStack, around: Mapping[str, Any]) -> DescribedStack:
    """Give a nested stack what the template around it says, values that are known in their places.

    Args:
        stack: The nested stack.
        around: The template of the stack around it, as far as it is known.
    """
    _, logical_id = stack.within or ("", "")
    resource = section(around, "Resources").get(logical_id, {})
    passed = section(properties(resource), _PARAMETERS)
    known = {
        name: _of_type(value, kind)
        for name, (value, kind) in _values(stack.template, passed).items()
        if not is_looked_up(kind) and _is_literal(value)
    }
    template = {
        **stack.template,
        **{
            name: placed(placed(section(stack.template, name), known), known)
            for name in REFERRING
            if name in stack.template
        },
    }
    return replace(stack, template=template, given=passed)


def moved_parameters(around: Comparison, key: str, old: Any, new: Any) -> dict[Reading, str]:
    """Give the parameters of a nested stack that get other values than before, and why.

    Args:
        around: The stack around it.
        key: How that one is called.
        old: The nested stack, as it is.
        new: The nested stack, as it shall be.
    """
    change = around.found.get(new.within[1])
    if change is None:
        return {}
    touched = {*change.referred, *change.elsewhere}
    before, after = (_values(one.template, one.given or {}) for one in (old, new))
    return {
        (name, None): f"{name} does, which {key} passes"
        for name, (value, kind) in after.items()
        if {f"{_PARAMETERS}/{name}", _PARAMETERS, WHOLE} & touched
        or (
            name in before
            and (any(different(before[name][0], value)) or family(before[name][1]) != family(kind))
        )
    }


def moved_outputs(logical_id: str, names: set[str]) -> dict[Reading, str]:
    """Give the outputs of a nested stack that change, as the stack around it reads them."""
    return {(logical_id, f"{_OUTPUTS}{name}"): f"{name} of {logical_id} does" for name in names}


def misfits(
    around: Mapping[str, Any], nested: Mapping[str, DescribedStack]
) -> Iterator[tuple[str, str]]:
    """Say what does not fit between a stack and those nested in it: the logical ID, and why.

    Args:
        around: The template of the stack, as far as it is known.
        nested: The stacks in it, by their logical IDs.
    """
    resources = section(around, "Resources")
    for logical_id, stack in nested.items():
        written = section(stack.template, _PARAMETERS)
        passed = stack.given or {}
        for name in passed:
            if name not in written:
                yield logical_id, f"it has no parameter {name}: {_FAILS}"
        for name, (value, kind) in _values(stack.template, passed).items():
            allowed = written[name].get("AllowedValues")
            if value is None:
                yield logical_id, f"it gets no {name}, which has no default: {_FAILS}"
            elif (
                isinstance(allowed, list)
                and _is_literal(value)
                and not any(family(kind))
                and str(value) not in map(str, allowed)
            ):
                yield logical_id, f"{name} is {value}, which is not in its AllowedValues: {_FAILS}"
    for reader, resource in resources.items():
        for path, target, attribute in references(properties(resource)):
            name = (attribute or "").removeprefix(_OUTPUTS)
            if (
                target in nested
                and name != attribute
                and name
                and name not in section(nested[target].template, "Outputs")
            ):
                yield reader, f"{path} reads {name} of {target}, which has no such output: {_FAILS}"


def _values(template: Mapping[str, Any], passed: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Give value and type of each parameter; None where it is given none and has no default."""
    return {
        name: (passed.get(name, one.get(_DEFAULT)), str(one.get("Type")))
        for name, one in section(template, _PARAMETERS).items()
        if isinstance(one, dict)
    }


def _is_literal(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_literal, value))
    return isinstance(value, str | int | float) and not is_function(value)


def _of_type(value: Any, kind: str) -> Any:
    """Write a value as Ref gives it: that of a list is one text, divided at its commas."""
    if is_list(kind) and isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    return value
