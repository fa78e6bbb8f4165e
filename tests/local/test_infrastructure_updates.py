"""What an environment's kind, strategy and role say of new instances in place."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from batch_constructs.local.cloudformation import batch_types
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

CHANGED = {"ComputeResources/Tags"}


def resources(kind: str, **strategy: str) -> dict[str, Any]:
    return {"ComputeResources": {"Type": kind, **strategy}}


@pytest.mark.parametrize(
    ("old", "refused"),
    [
        (resources("EC2"), True),
        (resources("spot"), True),
        (resources("SPOT", AllocationStrategy="BEST_FIT"), True),
        (resources("EC2", AllocationStrategy="BEST_FIT_PROGRESSIVE"), False),
        (resources("ECS_MANAGED_INSTANCES"), False),
        (resources("FARGATE"), False),
    ],
)
def test_best_fit_which_instances_have_where_none_is_said_refuses_other_instances(
    old: dict[str, Any], *, refused: bool
) -> None:
    new = {**old, "Tags": {"Team": "a"}}
    told = pytest.raises(ProvisioningError, match="strategy is BEST_FIT") if refused else None

    with told or nullcontext():
        batch_types._check_infrastructure_update(old, new, CHANGED)
