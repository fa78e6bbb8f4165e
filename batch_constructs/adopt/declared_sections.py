"""What a stack declares beside its resources: parameters, conditions, mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from batch_constructs.one_call import members

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMETERS: Final = "Parameters"
CONDITIONS: Final = "Conditions"
MAPPINGS: Final = "Mappings"
_CONSTRUCTS: Final = {
    PARAMETERS: cdk.CfnParameter,
    CONDITIONS: cdk.CfnCondition,
    MAPPINGS: cdk.CfnMapping,
}


def declared(stack: cdk.Stack) -> Iterator[tuple[tuple[str, str], Any]]:
    """Give each construct that declares one, by the section and its name."""
    for construct in stack.node.find_all():
        for section, kind in _CONSTRUCTS.items():
            if isinstance(construct, kind) and cdk.Stack.of(construct) is stack:
                yield (section, str(stack.resolve(construct.logical_id))), construct


def definition(construct: Any) -> Any:
    """Give what a condition or a mapping is; None for a parameter."""
    if isinstance(construct, cdk.CfnCondition):
        return cdk.Stack.of(construct).resolve(construct.expression)
    if isinstance(construct, cdk.CfnMapping):  # the CDK hands it out entry by entry alone
        return cdk.Stack.of(construct).resolve(members(construct, "mapping")[0])
    return None


def sections(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """Give the conditions and the mappings of a stack, as a template has them."""
    found: dict[str, dict[str, Any]] = {CONDITIONS: {}, MAPPINGS: {}}
    for (section, name), construct in declared(stack):
        if section in found:
            found[section][name] = definition(construct)
    return found


def says_something_else(old: Any, construct: Any) -> bool:
    """Whether a stack's condition or mapping is another one than the old one of its name.

    A mapping may have more than the old one had.
    """
    new = definition(construct)
    if not isinstance(construct, cdk.CfnMapping):
        return new is not None and bool(new != old)
    return any(
        new.get(str(first), {}).get(str(second)) != value
        for first, entries in old.items()
        for second, value in entries.items()
    )
