"""Exports of an old template that a new stack has not: other stacks may import them.

https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Stack.html#exportwbrvalueexportedvalue-options
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from batch_constructs.impact.changes import section
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.impact.stack_outputs import export_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

_OF_THE_CDK: Final = "ExportsOutput"
"""How outputs begin that the CDK makes of a reference of another stack."""


def exports_of(template: Mapping[str, Any], stack: cdk.Stack, gone: Any) -> dict[str, Any]:
    """Give the exported outputs of a template that a stack has not, but for those let go."""
    had = [
        one
        for one in stack.node.find_all()
        if isinstance(one, cdk.CfnOutput) and cdk.Stack.of(one) is stack
    ]
    here = DescribedStack(name=stack.stack_name, template=template)
    names = [export_name(stack.resolve(one.export_name), here) for one in had if one.export_name]
    ids = {*gone, *(stack.resolve(one.logical_id) for one in had)}
    return {
        name: one
        for name, one in section(template, "Outputs").items()
        if name not in ids
        and "Export" in one
        and export_name(one["Export"].get("Name"), here) not in names
    }


def keep_exports(
    stack: cdk.Stack,
    below: Construct,
    outputs: Mapping[str, Any],
    l1s: Mapping[str, cdk.CfnResource],
    conditions: Mapping[str, cdk.CfnCondition],
) -> None:
    """Export what was exported.

    Args:
        stack: The stack.
        below: What is kept stands below it.
        outputs: The outputs of the old template, by their IDs.
        l1s: The stack's resources that have old IDs, by these.
        conditions: The conditions of the stack, by their names.
    """
    for name, output in outputs.items():
        value = output.get("Value")
        own = _reference(value, l1s) if name.startswith(_OF_THE_CDK) else None
        if own is not None:
            stack.export_value(own)  # which another stack of the app may ask for as well
            continue
        made = cdk.CfnOutput(
            below,
            name,
            value=cdk.Token.as_string(value),
            description=output.get("Description"),
            export_name=cdk.Token.as_string(output["Export"]["Name"]),
            condition=conditions.get(output.get("Condition")),
        )
        made.override_logical_id(name)


def _reference(value: Any, l1s: Mapping[str, cdk.CfnResource]) -> str | None:
    """Give what a value refers to as the CDK does, where it is a resource of the stack."""
    match value:
        case {"Ref": str(name)} if name in l1s:
            return l1s[name].ref
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name in l1s:
            return cdk.Token.as_string(l1s[name].get_att(attribute))
    return None
