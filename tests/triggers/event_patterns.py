"""Matches events against patterns as EventBridge documents it, for the operators we render."""

from __future__ import annotations

import re
from typing import Any


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether EventBridge would deliver the event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, dict):
            inner = event.get(name)
            if not isinstance(inner, dict) or not matches(wanted, inner):
                return False
        elif not any(_one(each, name, event) for each in wanted):
            return False
    return True


def _one(wanted: Any, name: str, event: dict[str, Any]) -> bool:
    if isinstance(wanted, dict) and "exists" in wanted:
        return (name in event) is wanted["exists"]
    values = event.get(name)
    listed = values if isinstance(values, list) else [values]
    return name in event and any(_value(wanted, value) for value in listed)


def _value(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    ((operator, operand),) = wanted.items()
    if not isinstance(value, str):
        return False
    if operator == "prefix":
        return value.startswith(operand)
    if operator == "suffix":
        return value.endswith(operand)
    if operator == "wildcard":
        parts = re.split(r"(\\.|\*)", operand)
        regex = "".join(
            ".*" if part == "*" else re.escape(part.removeprefix("\\")) for part in parts
        )
        return re.fullmatch(regex, value, re.DOTALL) is not None
    raise ValueError(operator)
