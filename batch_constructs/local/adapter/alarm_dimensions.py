"""An alarm looks at the metric of its own dimensions: ministack mixes all that share a name."""

from __future__ import annotations

from types import FunctionType
from typing import Any


def install() -> None:
    """Show an alarm that is evaluated its own metric only."""
    from ministack.services import cloudwatch

    evaluate = cloudwatch._evaluate_alarm.__code__  # noqa: SLF001 - a touch point

    def of_its_own_metric(alarm: dict[str, Any]) -> None:
        dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions", []))  # noqa: SLF001 - a touch point
        key = cloudwatch._dims_key(dimensions)  # noqa: SLF001 - a touch point
        metrics = cloudwatch._metrics.items()  # noqa: SLF001 - a touch point
        own = {metric: points for metric, points in metrics if metric[2] == key}
        FunctionType(evaluate, {**vars(cloudwatch), "_metrics": own})(alarm)

    cloudwatch._evaluate_alarm = of_its_own_metric  # noqa: SLF001 - a touch point
