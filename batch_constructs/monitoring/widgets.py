"""A dashboard's widgets as the plain data that CloudWatch takes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.quotas import DASHBOARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.monitoring.metric_series import Line

Widget = dict[str, Any]

WIDTH = DASHBOARD_COLUMNS
HEADING_HEIGHT = 2
NUMBERS_HEIGHT = 3
GRAPH_HEIGHT = 6
TABLE_HEIGHT = 8

# One color a meaning, on every graph.
WAITING = "#f2a93b"
MOVING = "#7f7f7f"
RUNNING = "#1f77b4"
SUCCEEDED = "#2ca02c"
FAILED = "#d62728"
RETRIED = "#9467bd"
THRESHOLD = "#d62728"


def text(markdown: str, *, height: int = HEADING_HEIGHT) -> Widget:
    """Return a text over the whole width."""
    return _widget("text", WIDTH, height, {"markdown": markdown})


def numbers(
    title: str, lines: Sequence[Line], *, region: str, width: int, height: int = NUMBERS_HEIGHT
) -> Widget:
    """Return the newest value of each line, in large digits."""
    properties = {
        "view": "singleValue",
        "title": title,
        "region": region,
        "metrics": _rows(lines),
        "setPeriodToTimeRange": False,
        "sparkline": False,
    }
    return _widget("metric", width, height, properties)


def graph(
    title: str,
    lines: Sequence[Line],
    *,
    region: str,
    width: int,
    left: str,
    stacked: bool = False,
    thresholds: Mapping[str, float] | None = None,
) -> Widget:
    """Return a graph; ``left`` names the axis, ``thresholds`` are drawn as lines."""
    axis: dict[str, Any] = {"left": {"label": left, "min": 0, "showUnits": False}}
    properties: dict[str, Any] = {
        "view": "timeSeries",
        "stacked": stacked,
        "title": title,
        "region": region,
        "metrics": _rows(lines),
        "yAxis": axis,
        "legend": {"position": "bottom"},
    }
    if thresholds:
        properties["annotations"] = {
            "horizontal": [
                {
                    "label": label,
                    "value": value,
                    "color": THRESHOLD,
                    "yAxis": "left",
                }
                for label, value in thresholds.items()
            ]
        }
    return _widget("metric", width, GRAPH_HEIGHT, properties)


def since(start: str, widget: Widget) -> Widget:
    """Return a graph that begins then, whatever the dashboard shows."""
    return {**widget, "properties": {**widget["properties"], "start": start}}


def table(title: str, *, query: str, log_group: str, region: str) -> Widget:
    """Return the rows that a Logs Insights query finds."""
    properties = {
        "title": title,
        "region": region,
        "view": "table",
        "query": f"SOURCE '{log_group}' | {query}",
    }
    return _widget("log", WIDTH, TABLE_HEIGHT, properties)


def alarms(title: str, arns: Sequence[str], *, height: int) -> Widget:
    """Return the states of alarms."""
    return _widget("alarm", WIDTH, height, {"title": title, "alarms": list(arns)})


def widths(count: int) -> list[int]:
    """Share the width out, the first widgets taking what is left over."""
    width, over = divmod(WIDTH, count)
    return [width + 1 if number < over else width for number in range(count)]


def laid_out(rows: Sequence[Sequence[Widget]]) -> list[Widget]:
    """Place rows of widgets below one another, and the widgets of a row side by side."""
    placed: list[Widget] = []
    y = 0
    for row in rows:
        x = 0
        for widget in row:
            placed.append({**widget, "x": x, "y": y})
            x += widget["width"]
        y += max(widget["height"] for widget in row)
    return placed


def _widget(kind: str, width: int, height: int, properties: dict[str, Any]) -> Widget:
    return {
        "type": kind,
        "x": 0,
        "y": 0,
        "width": width,
        "height": height,
        "properties": properties,
    }


def _rows(lines: Sequence[Line]) -> list[list[object]]:
    return [row for number, line in enumerate(lines, 1) for row in line.rows(f"m{number}")]
