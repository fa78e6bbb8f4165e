"""Where the metrics are that this library writes."""

from __future__ import annotations

from typing import Final

OURS: Final = "BatchConstructs"
"""The namespace of what this library measures beside AWS's own metrics."""
