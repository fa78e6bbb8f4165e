"""Conditions of policies, as far as a request is known."""

from __future__ import annotations

from batch_constructs.aws.policy_language import OPERATOR_SUFFIX
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.answer import all_of, any_of, negated
from batch_constructs.rules.access.arn_patterns import HOLE, matches, spelled
from batch_constructs.rules.template.values import Text, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.template.resource_graph import Template

Context = dict[str, str | None]
"""Condition key in small letters → its value in the request, None where the request has none.

A key that is not here is not known.
"""

NOTHING_KNOWN: Final[Context] = {}

_EXACT: Final = (
    "stringequals",
    "arnequals",
    "arnlike",
    "stringlike",
    "stringequalsignorecase",
    "bool",
)
_NEGATED: Final = {
    "stringnotequals": "stringequals",
    "stringnotlike": "stringlike",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}
_WITH_WILDCARDS: Final = ("stringlike", "arnlike", "arnequals")


def holds(condition: object, context: Mapping[str, str | None], template: Template) -> bool | None:
    """Tell whether a condition holds for a request; None where that is not known."""
    if condition is None or condition == {}:
        return True
    if not isinstance(condition, dict):
        return None
    return all_of(
        _compared(str(operator).lower(), str(key).lower(), wanted, context, template)
        for operator, keys in condition.items()
        for key, wanted in (keys.items() if isinstance(keys, dict) else [("", None)])
    )


def _compared(
    operator: str,
    key: str,
    wanted: object,
    context: Mapping[str, str | None],
    template: Template,
) -> bool | None:
    """Compare one key of a request with the values of a condition."""
    if key not in context:
        return None
    got = context[key]
    values = [_text(one, template) for one in (wanted if isinstance(wanted, list) else [wanted])]
    if operator == "null":
        answers = {"true": got is None, "false": got is not None}
        return any_of(answers.get(value.lower()) for value in values)
    if operator.endswith(OPERATOR_SUFFIX):
        if got is None:
            return True
        operator = operator.removesuffix(OPERATOR_SUFFIX)
    is_negated = operator in _NEGATED
    operator = _NEGATED.get(operator, operator)
    if operator not in _EXACT:
        return None
    if got is None:
        return is_negated
    found = any_of(_equal(operator, value, got) for value in values)
    return negated(found) if is_negated else found


def _equal(operator: str, wanted: str, got: str) -> bool | None:
    if operator.endswith("ignorecase") or operator == "bool":
        wanted, got = wanted.lower(), got.lower()
    if operator not in _WITH_WILDCARDS and ("*" in wanted or "?" in wanted):
        return wanted == got if HOLE not in wanted + got else None
    return matches(wanted, got)


def _text(value: object, template: Template) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unknown | Text):
        return spelled(value, template)
    return spelled(str(value) if isinstance(value, int | float) else value, template)
