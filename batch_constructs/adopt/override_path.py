"""Paths of properties as the overrides of an L1 take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def override_path(steps: Iterable[str]) -> str:
    """Join the steps to a property; a point in a name, such as a tag's, is none of the path."""
    return ".".join(step.replace(".", "\\.") for step in steps)
