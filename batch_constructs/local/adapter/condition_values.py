"""Conditions of a template: what functions and pseudo parameters give in them counts.

ministack reads parameters alone there: of ``AWS::Region``, ``Fn::Join``, ``Fn::Sub``, ``Fn::Split``
and ``Fn::FindInMap``, of which CloudFormation's guide has examples, it compares the text of the
function.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMBINED: Final = ("Fn::And", "Fn::Or", "Fn::Not")
_EQUALS: Final = "Fn::Equals"


def install() -> None:
    """Resolve what conditions compare, wherever ministack evaluates them."""
    from ministack.services.cloudformation import changesets, engine, handlers, stacks

    theirs = engine._evaluate_conditions  # noqa: SLF001 - a touch point

    def evaluate(template: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
        mappings = template.get("Mappings") or {}

        def resolved(value: Any) -> Any:
            return engine._resolve_refs(value, {}, params, {}, mappings, "", "")  # noqa: SLF001 - a touch point

        conditions = template.get("Conditions") or {}
        known = {name: _compared(one, resolved) for name, one in conditions.items()}
        return theirs({**template, "Conditions": known}, params)

    for module in (changesets, engine, handlers, stacks):
        module._evaluate_conditions = evaluate  # noqa: SLF001 - a touch point


def _compared(expression: Any, resolved: Callable[[Any], Any]) -> Any:
    """Put the values into what an expression compares."""
    if not isinstance(expression, dict):
        return expression
    if _EQUALS in expression:
        return {_EQUALS: [resolved(value) for value in expression[_EQUALS]]}
    return {
        name: [_compared(one, resolved) for one in inner] if name in _COMBINED else inner
        for name, inner in expression.items()
    }
