"""Amazon ECS Managed Instances: what each property of their provider may be."""

from __future__ import annotations

from typing import Final

PROVIDER: Final = "ComputeResources/ManagedInstancesProvider"
LAUNCH: Final = f"{PROVIDER}/InstanceLaunchTemplate"
