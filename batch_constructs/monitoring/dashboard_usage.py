"""What jobs used, day by day: by queue, and as they are counted, by definition, share and tag.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws.metrics import DIMENSION
from batch_constructs.functions.own_metrics import GPU_HOURS, OURS, TAG, VCPU_HOURS
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


def usage_rows(
    queues: Sequence[str],
    *,
    region: str,
    counted_by: Collection[str],
    price_per_vcpu_hour: float | None,
) -> list[list[Widget]]:
    """Return the rows of graphs; each counts a job on the day that it ended."""
    price = price_per_vcpu_hour
    usd = "" if price is None else f"USD a day, at {price:g} a vCPU-hour"
    graphs: list[tuple[str, list[Line], str]] = [
        ("vCPU-hours a day", [_hours(queue).called(queue) for queue in queues], "vCPU-hours"),
        ("GPU-hours a day", [_found(queue, GPU_HOURS) for queue in queues], "GPU-hours"),
    ]
    if price is not None:
        graphs.append((usd, [_dollars(queue, price) for queue in queues], "USD"))
    rows = [graphs]
    called = {**_BY, **{name: name for name in sorted(counted_by) if name.startswith(TAG)}}
    for dimension, name in called.items():
        if dimension not in counted_by:
            continue
        by = [_found(queue, VCPU_HOURS, dimension) for queue in queues]
        rows.append([(f"vCPU-hours a day, by {name}", by, "vCPU-hours")])
        if price is not None:
            priced = [_found(queue, VCPU_HOURS, dimension, price) for queue in queues]
            rows[-1].append((f"{usd}, by {name}", priced, "USD"))
    return [
        [
            widgets.since(
                _START,
                widgets.graph(title, lines, region=region, width=width, left=axis, stacked=True),
            )
            for (title, lines, axis), width in zip(row, widgets.widths(len(row)), strict=True)
        ]
        for row in rows
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


def _found(
    queue: str, metric: str, dimension: str | None = None, price: float | None = None
) -> Line:
    """Return what there is of a metric: a line for each value of the dimension, or none at all."""
    names = [OURS, DIMENSION, *([] if dimension is None else [dimension])]
    # a name of more than letters and digits stands in double quotes
    schema = ",".join(name if name.isalnum() else f'"{name}"' for name in names)
    terms = f'{{{schema}}} MetricName="{metric}" {DIMENSION}="{queue}"'
    search = f"SEARCH('{terms}', 'Sum', {_DAY})"
    line = Math(expression=search if price is None else f"{search} * {price:f}", uses={})
    return line.called("" if dimension else queue)
