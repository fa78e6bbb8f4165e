"""The sections of a template beside its resources, as the CDK declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt import template_values as values
from batch_constructs.adopt.python_source import Call, Name, snake_case
from batch_constructs.aws.template_facts import BOUNDS_OF_PARAMETERS, FORMAT_VERSION, SECTIONS
from batch_constructs.impact.changes import is_function, references, section

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from batch_constructs.impact.described_stack import DescribedStack

BOOTSTRAP_PARAMETER: Final = "BootstrapVersion"
BOOTSTRAP_RULE: Final = "CheckBootstrapVersion"
METADATA: Final = "CDKMetadata"
METADATA_CONDITION: Final = "CDKMetadataAvailable"

_HOOKS: Final = "Hooks"
_DECLARED: Final = frozenset(SECTIONS) - {_HOOKS}
_NONE_TO_THE_CDK: Final = ("Default", "Resource")
"""IDs that no logical ID is made of, and by which a construct's main resource is found."""

_COMBINED: Final = {
    "Fn::And": "condition_and",
    "Fn::Or": "condition_or",
    "Fn::Not": "condition_not",
}

Statement = tuple[str, Any]


class Sections:
    """Everything beside the resources.

    Attributes:
        statements: Variable, or none, and what is called.
        others: Sections that the CDK has no construct for, which it includes as they are.
        conditions: Condition → the variable that holds it.
    """

    def __init__(self, old: DescribedStack, variable: Callable[[str], str], ids: set[str]) -> None:
        self._old = old
        self._variable = variable
        self._ids = ids
        self.statements: list[Statement] = []
        self.conditions: dict[str, str] = {}
        self.others: dict[str, Any] = {
            name: one if name == _HOOKS else _evaluated_later(one)
            for name, one in old.template.items()
            if name not in _DECLARED
        }
        rules = {k: v for k, v in section(old.template, "Rules").items() if k != BOOTSTRAP_RULE}
        if rules:
            self.others["Rules"] = rules
        self._options()
        in_rules = {target for _, target, _ in references(rules)}
        for name, parameter in section(old.template, "Parameters").items():
            # what is included refers to nothing that is not
            if not _offers_text(parameter) or name in in_rules:
                self.others.setdefault("Parameters", {})[name] = parameter
            elif name != BOOTSTRAP_PARAMETER:
                self._add("cdk.CfnParameter", name, _arguments(parameter))
        for name, mapping in section(old.template, "Mappings").items():
            self._add("cdk.CfnMapping", name, {"mapping": mapping})
        for name in section(old.template, "Conditions"):
            self._condition(name)

    def outputs(self) -> None:
        """Declare the outputs, which come last."""
        for name, output in section(self._old.template, "Outputs").items():
            export = output.get("Export", {}).get("Name")
            keywords: dict[str, Any] = {"value": _output(output.get("Value"))}
            if "Description" in output:
                keywords["description"] = output["Description"]
            if export is not None:
                keywords["export_name"] = values.text(export)
            if output.get("Condition") in self.conditions:
                keywords["condition"] = Name(self.conditions[output["Condition"]])
            self._add("cdk.CfnOutput", name, keywords)

    def _options(self) -> None:
        template = self._old.template
        transform = template.get("Transform")
        told = {
            "template_format_version": template.get(FORMAT_VERSION),
            "metadata": template.get("Metadata"),
            "transforms": [transform] if isinstance(transform, str) else transform,
        }
        for name, value in told.items():
            if value is not None:
                self.statements.append((f"self.template_options.{name}", value))

    def _condition(self, name: str) -> None:
        """Declare a condition after those that it is made of."""
        known = section(self._old.template, "Conditions")
        if name in self.conditions or name == METADATA_CONDITION or name not in known:
            return
        self.conditions[name] = variable = self._variable(f"if_{name}")
        expression = self._expression(known[name])
        self._add("cdk.CfnCondition", name, {"expression": expression}, variable=variable)

    def _expression(self, value: Any) -> Any:
        ((function, operands),) = value.items()
        if function == "Condition":
            self._condition(operands)
            return Name(self.conditions[operands])
        if function == "Fn::Equals":
            return Call("cdk.Fn.condition_equals", list(operands))
        return Call(f"cdk.Fn.{_COMBINED[function]}", [self._expression(one) for one in operands])

    def _add(
        self, function: str, name: str, keywords: Mapping[str, Any], *, variable: str = ""
    ) -> None:
        """Declare one thing; under an ID of its own, should a resource have the same."""
        own = free_id(name, self._ids, function.removeprefix("cdk.Cfn"))
        self._ids.add(own)
        if own != name and not variable:
            variable = self._variable(own)
        self.statements.append((variable, Call(function, [Name("self"), own], dict(keywords))))
        if own != name:
            self.statements.append(("", Call(f"{variable}.override_logical_id", [name])))


def free_id(wished: str, taken: Collection[str], before: str) -> str:
    """Give an ID that no other construct has, and that the CDK takes for one.

    https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Names.html
    """
    own = wished
    while own in taken or own in _NONE_TO_THE_CDK:
        own = f"{before}{own}"
    return own


def _evaluated_later(value: Any) -> Any:
    """Hide functions, such as those in ``Globals``, from an include, which finds no resource."""
    if is_function(value):
        return Call("cdk.Token.as_string", [value])
    if isinstance(value, dict):
        return {name: _evaluated_later(one) for name, one in value.items()}
    return [_evaluated_later(one) for one in value] if isinstance(value, list) else value


def _offers_text(parameter: Mapping[str, Any]) -> bool:
    """Whether the CDK's construct takes what a parameter allows, of which numbers are none."""
    return all(isinstance(value, str) for value in parameter.get("AllowedValues", ()))


def _arguments(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {snake_case(name): _parameter_value(name, value) for name, value in parameter.items()}


def _parameter_value(name: str, value: Any) -> Any:
    """Give an attribute of a parameter; a number that is written as text stays text."""
    if name == "NoEcho":
        return str(value).lower() == "true"
    if name in BOUNDS_OF_PARAMETERS and isinstance(value, str | float):
        return Call("cdk.Token.as_number", [value])
    return value


def _output(value: Any) -> Any:
    """Give the value of an output, which is a text whatever it is written as."""
    return str(value).lower() if isinstance(value, bool) else values.text(value)
