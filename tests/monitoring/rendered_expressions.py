"""The metric expressions of templates, and what each of them is to say, in plain Python.

What an expression means is told by the metrics it reads, so that a new one has no meaning here yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.monitoring.conftest import plain

Values = Mapping[str, float | None]
"""ID → value at a moment; None for a gap."""

_ENDS = ("JobsMovedToFailed", "JobsCancelled", "JobsTerminated", "JobsMovedToSucceeded")
_TIME = re.compile(r"HeadOfQueueAge|VcpuHours|Job(Attempt|SubmittedTo)\w+Duration")
"""Gauges are seconds, AWS's own metrics milliseconds."""

_AGES = {"ApproximateAgeOfOldestMessage", "OldestUnsettledMessageAge"}
_COUNTED = re.compile(r"Jobs\w+|Environment(Invalid|Disabled)|VcpusInUse")


@dataclass(frozen=True)
class Expression:
    """An expression, and the metrics it reads."""

    text: str
    metrics: Mapping[str, str]
    """ID → name of the metric."""

    statistics: frozenset[str]
    """Of all of them: statistic and period."""


def expressions_of(template: Mapping[str, Any]) -> Iterator[Expression]:
    """Yield the expressions of a template's alarms and dashboards."""
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            yield from _in_alarm(properties.get("Metrics", []))
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            yield from expressions_in(json.loads(plain(properties["DashboardBody"])))


def expressions_in(body: Mapping[str, Any]) -> Iterator[Expression]:
    """Yield the expressions of a dashboard's body."""
    for widget in body["widgets"]:
        rows = widget["properties"].get("metrics", [])
        # CloudWatch: "." and "..." repeat the row above; ours are written out
        read = {row[-1]["id"]: row for row in rows if len(row) > 1 and "id" in row[-1]}
        for row in rows:
            if "expression" not in row[0]:
                continue
            text = row[0]["expression"]
            if not text.startswith("SEARCH"):  # which finds metrics, and reckons nothing
                used = {each for each in read if re.search(rf"\b{each}\b", text)}
                yield Expression(
                    text,
                    {each: read[each][1] for each in used},
                    frozenset(f"{read[e][-1]['stat']} {read[e][-1]['period']}" for e in used),
                )


def _in_alarm(metrics: list[dict[str, Any]]) -> Iterator[Expression]:
    read = {each["Id"]: each["MetricStat"] for each in metrics if "MetricStat" in each}
    for each in metrics:
        if "Expression" in each:
            yield Expression(
                each["Expression"],
                {name: stat["Metric"]["MetricName"] for name, stat in read.items()},
                frozenset(f"{stat['Stat']} {stat['Period']}" for stat in read.values()),
            )


def meaning_of(expression: Expression) -> Callable[[Values], float | None] | None:
    """Say what an expression is to give at a moment; None where nobody has said so."""
    names = set(expression.metrics.values())
    if names == set(_ENDS):
        [least] = set(re.findall(r">= (\d+)", expression.text))
        return lambda values: _failure_rate(_by_metric(expression, values), int(least))
    if names == set(_ENDS[:3]):
        return lambda values: _of_their_own(_by_metric(expression, values))
    if names == {"VcpusInUse"} and expression.statistics == {"Sum 86400"}:
        [seconds] = set(re.findall(r"\* (\d+) /", expression.text))
        hours = int(seconds) / 3600
        if "FILL" not in expression.text:
            return lambda values: _scaled(values, hours)
        return lambda values: sum((value or 0) * hours for value in values.values())
    if names and all(_TIME.fullmatch(name) for name in names) and len(expression.metrics) == 1:
        factor = 1 / 60 if names == {"HeadOfQueueAge"} else 1 / 60_000
        if names == {"VcpuHours"}:  # at a price
            [factor] = map(float, re.findall(r"\* (\S+)$", expression.text))
        return lambda values: _scaled(values, factor)
    total = max if names == _AGES else sum
    known = names == _AGES or (len(names) == 1 and all(map(_COUNTED.fullmatch, names)))
    return (lambda values: total(value or 0 for value in values.values())) if known else None


def _by_metric(expression: Expression, values: Values) -> dict[str, float]:
    """Add up what has the same metric, over queues; a gap counts as nothing."""
    found = dict.fromkeys(expression.metrics.values(), 0.0)
    for name, metric in expression.metrics.items():
        found[metric] += values[name] or 0
    return found


def _of_their_own(of: Mapping[str, float]) -> float:
    return of["JobsMovedToFailed"] - of["JobsCancelled"] - of["JobsTerminated"]


def _failure_rate(of: Mapping[str, float], least: int) -> float:
    ended = _of_their_own(of) + of["JobsMovedToSucceeded"]
    return 100 * _of_their_own(of) / ended if ended >= least else 0


def _scaled(values: Values, factor: float) -> float | None:
    [value] = values.values()
    return None if value is None else value * factor
