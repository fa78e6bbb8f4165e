"""A widget of ours on a dashboard of the CDK's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import aws_cloudwatch as cloudwatch

if TYPE_CHECKING:
    from .widgets import Widget


def placed(widget: Widget) -> cloudwatch.IWidget:
    """Give a widget as the CDK takes it."""
    return _PlacedWidget(widget)


@jsii.implements(cloudwatch.IWidget)
class _PlacedWidget:
    """It, as the CDK takes it."""

    def __init__(self, widget: Widget) -> None:
        self._widget = {**widget, "x": 0, "y": 0}

    @property
    def height(self) -> float:
        return float(self._widget["height"])

    @property
    def width(self) -> float:
        return float(self._widget["width"])

    @property
    def warnings(self) -> list[str]:
        return []

    @property
    def warnings_v2(self) -> dict[str, str]:
        return {}

    def position(self, x: float, y: float) -> None:
        self._widget |= {"x": int(x), "y": int(y)}

    def to_json(self) -> list[Any]:
        return [self._widget]
