"""What jobs used, day by day: by queue, and as they are counted, by definition and share.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws.metrics import DIMENSION
from batch_constructs.functions.own_metrics import GPU_HOURS, OURS, VCPU_HOURS
from batch_constructs.monitoring.metric_series import Math, Series

from . import widgets

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batch_constructs.monitoring.metric_series import Line

    from .widgets import Widget

_DAY: Final = 86_400
_START: Final = "-P14D"
"""How far these graphs look back: days want more than the one that the others show."""

_BY: Final = {"JobDefinitionName": "definition", "ShareIdentifier": "share"}


def usage_row(
    queues: Sequence[str],
    *,
    region: str,
    counted_by: Collection[str],
    price_per_vcpu_hour: float | None,
) -> list[Widget]:
    """Return the graphs of one row; each counts a job on the day that it ended."""
    hours = [_hours(queue).called(queue) for queue in queues]
    gpus = [_found(queue, GPU_HOURS) for queue in queues]
    rows: list[tuple[str, list[Line], str]] = [
        ("vCPU-hours a day", hours, "vCPU-hours"),
        ("GPU-hours a day", gpus, "GPU-hours"),
    ]
    rows += [
        (
            f"vCPU-hours a day, by {called}",
            [_found(queue, VCPU_HOURS, dimension) for queue in queues],
            "vCPU-hours",
        )
        for dimension, called in _BY.items()
        if dimension in counted_by
    ]
    if price_per_vcpu_hour is not None:
        priced = [_dollars(queue, price_per_vcpu_hour) for queue in queues]
        rows.append((f"USD a day, at {price_per_vcpu_hour:g} a vCPU-hour", priced, "USD"))
    return [
        widgets.since(
            _START,
            widgets.graph(title, lines, region=region, width=width, left=axis, stacked=True),
        )
        for (title, lines, axis), width in zip(rows, widgets.widths(len(rows)), strict=True)
    ]


def _hours(queue: str) -> Series:
    return Series(
        namespace=OURS,
        name=VCPU_HOURS,
        dimensions={DIMENSION: queue},
        statistic="Sum",
        period_seconds=_DAY,
    )


def _dollars(queue: str, price: float) -> Line:
    return Math(expression=f"{{hours}} * {price:f}", uses={"hours": _hours(queue)}).called(queue)


def _found(queue: str, metric: str, dimension: str | None = None) -> Line:
    """Return what there is of a metric: a line for each value of the dimension, or none at all."""
    schema = ",".join([OURS, DIMENSION, *([] if dimension is None else [dimension])])
    terms = f'{{{schema}}} MetricName="{metric}" {DIMENSION}="{queue}"'
    search = Math(expression=f"SEARCH('{terms}', 'Sum', {_DAY})", uses={})
    return search.called("" if dimension else queue)
