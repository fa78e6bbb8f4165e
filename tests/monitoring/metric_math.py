"""CloudWatch's metric expressions, as far as this library writes them, over series with gaps.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch_constructs.monitoring.alarm_thresholds import Alarm

Series = dict[int, float]
"""Moment → value; a moment that is not there is a gap."""

_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
}


def statistic(samples: Mapping[int, float], *, period: int, name: str) -> Series:
    """Reduce samples (second → value) to a statistic of each period that has any."""
    by_period: dict[int, list[float]] = {}
    for second, value in samples.items():
        by_period.setdefault(second // period * period, []).append(value)
    reduce: dict[str, Callable[[list[float]], float]] = {
        "Sum": sum,
        "Average": lambda values: sum(values) / len(values),
        "Maximum": max,
        "Minimum": min,
    }
    return {at: reduce[name](values) for at, values in by_period.items()}


def is_in_alarm(points: Series, alarm: Alarm, *, period: int, now: int) -> bool:
    """Tell whether an alarm would be in ALARM, for which missing data is no trouble.

    It looks at two periods more than it evaluates, and at as many of the newest values as it
    evaluates; where it has fewer, the rest counts as fine.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    newest = now // period * period
    looked_at = [newest - number * period for number in range(1, alarm.of + 3)]
    values = [points[at] for at in looked_at if at in points][: alarm.of]
    bad = [
        value
        for value in values
        if value > alarm.above or (alarm.or_equal and value == alarm.above)
    ]
    return len(bad) >= alarm.datapoints


def evaluate(expression: str, series: Mapping[str, Series]) -> Series:
    """Evaluate an expression; a moment at which a part has a gap is a gap, but for FILL."""
    moments = sorted({at for each in series.values() for at in each})
    tree = ast.parse(expression, mode="eval").body
    found = {at: _at(tree, series, at) for at in moments}
    return {at: value for at, value in found.items() if value is not None}


def _at(node: Any, series: Mapping[str, Series], moment: int) -> float | None:
    if isinstance(node, ast.Constant):
        return float(str(node.value))
    if isinstance(node, ast.Name):
        return series[node.id].get(moment)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        of = node.args[0].elts if isinstance(node.args[0], ast.List) else node.args
        return _called(node.func.id, [_at(each, series, moment) for each in of])
    left, right, kind = (
        (node.left, node.comparators[0], node.ops[0])
        if isinstance(node, ast.Compare)
        else (node.left, node.right, node.op)
    )
    one, other = _at(left, series, moment), _at(right, series, moment)
    if one is None or other is None or (isinstance(kind, ast.Div) and not other):
        return None
    return float(_OPERATORS[type(kind)](one, other))


def _called(function: str, parts: list[float | None]) -> float | None:
    if function == "FILL":
        return parts[1] if parts[0] is None else parts[0]
    if function == "MAX":
        known = [part for part in parts if part is not None]
        return max(known) if len(known) == len(parts) else None
    assert function == "IF"
    return None if parts[0] is None else parts[1] if parts[0] else parts[2]
