"""Where the metrics are that this library writes."""

from __future__ import annotations

from typing import Final

OURS: Final = "BatchConstructs"
"""The namespace of what this library measures beside AWS's own metrics."""

VCPUS_IN_USE: Final = "VcpusInUse"
"""The gauge of what runs, from which a guard, an alarm and a dashboard reckon hours."""

VCPU_HOURS: Final = "VcpuHours"
GPU_HOURS: Final = "GpuHours"
"""What jobs that ended used, counted as they end."""

TAG: Final = "tag:"
"""What the name of a dimension begins with that is a tag of jobs: ``tag:team``."""
