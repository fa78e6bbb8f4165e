"""What a stack gives to others: its outputs and exports, and who reads them.

A stack that imports an export keeps it as it is; one that reads an output takes what it finds.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.impact.changes import calls, section
from batch_constructs.impact.known_template import known, placed
from batch_constructs.rules.template.values import spelled_out

if TYPE_CHECKING:
    from batch_constructs.impact.described_stack import DescribedStack

OUTPUT: Final = "Output"
EXPORT: Final = "Export"
IMPORT: Final = "Fn::ImportValue"
READ: Final = "Fn::GetStackOutput"
_OUTPUTS: Final = "Outputs/"
_EXPORTS: Final = "Exports/"
_STACK_NAME: Final = "AWS::StackName"


def with_outputs(stack: DescribedStack, place: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Give a template as far as it is known, with each output and export among its resources.

    No logical ID has a slash: theirs are ``Outputs/ID`` and ``Exports/NAME``.

    Args:
        stack: the stack.
        place: pseudo parameters whose values are known.
    """
    outputs = {
        f"{_OUTPUTS}{name}": {
            "Type": OUTPUT,
            "Properties": {"Value": one.get("Value"), "Export": one.get("Export")},
            **({"Condition": one["Condition"]} if "Condition" in one else {}),
        }
        for name, one in section(stack.template, "Outputs").items()
        if isinstance(one, Mapping)
    }
    resources = section(stack.template, "Resources")
    template = known({**stack.template, "Resources": {**resources, **outputs}}, place)
    made = template["Resources"]
    for name in [one for one in made if one in outputs]:
        export = made[name]["Properties"].pop("Export")
        if isinstance(export, Mapping) and "Name" in export:
            called = export_name(export["Name"], stack)
            made[f"{_EXPORTS}{called}"] = {**made[name], "Type": EXPORT}
    return template


def output(name: str) -> str:
    """Give the ID of an output among the resources."""
    return f"{_OUTPUTS}{name}"


def imported(stack: DescribedStack, template: Mapping[str, Any]) -> set[str]:
    """Give the IDs of the exports that a stack imports, as far as their names are known."""
    return {
        f"{_EXPORTS}{export_name(argument, stack)}"
        for _, argument in calls(section(template, "Resources"), IMPORT)
    }


def read(value: Any) -> Iterator[tuple[str, str, str]]:
    """Give the outputs of other stacks of this place that a value reads: path, stack, output."""
    for path, argument in calls(value, READ):
        if isinstance(argument, Mapping) and not {"RoleArn", "Region"} & argument.keys():
            stack, name = argument.get("StackName"), argument.get("OutputName")
            if isinstance(stack, str) and isinstance(name, str):
                yield path, stack, name


def export_name(value: Any, stack: DescribedStack) -> str:
    """Write the name of an export with what is known of its stack, always alike."""
    own = {**({_STACK_NAME: stack.name} if stack.name else {}), **stack.place}
    name = placed(placed(value, own), own)  # what Fn::Sub says is a Ref after once
    return name if isinstance(name, str) else spelled_out(name)
