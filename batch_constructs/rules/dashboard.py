"""What a dashboard of CloudWatch may have."""

from __future__ import annotations

from batch_constructs.aws.quotas import (
    METRICS_A_DASHBOARD,
    METRICS_A_WIDGET,
    WIDGETS_A_DASHBOARD,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def too_much(body: Sequence[Mapping[str, Any]]) -> str | None:
    """Say what a dashboard has more of than CloudWatch allows."""
    metrics = [sum(map(_is_metric, _lines(widget))) for widget in body]
    for counted, most, things in (
        (len(body), WIDGETS_A_DASHBOARD, "widgets"),
        (max(metrics, default=0), METRICS_A_WIDGET, "metrics in one widget"),
        (sum(metrics), METRICS_A_DASHBOARD, "metrics"),
    ):
        if counted > most:
            return f"has {counted} {things}; allowed: at most {most}"
    return None


def _lines(widget: Mapping[str, Any]) -> Sequence[Any]:
    properties = widget.get("properties")
    lines = properties.get("metrics") if isinstance(properties, dict) else None
    return lines if isinstance(lines, list) else []


def _is_metric(line: object) -> bool:
    """Whether a line is a metric, and no expression."""
    return isinstance(line, list) and bool(line) and isinstance(line[0], str)
