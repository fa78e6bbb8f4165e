"""What fits on an instance."""

from __future__ import annotations

import pytest

from batch_constructs.aws import instance_types


@pytest.mark.parametrize(
    ("memory", "fits"), [(7985, True), (8078, True), (8079, False), (8192, False)]
)
def test_kernel_and_agent_keep_some_of_the_memory(memory: int, *, fits: bool) -> None:
    """AWS's example, an m4.large of 8192 MiB, has 7985 MiB for tasks."""
    found = instance_types.expand("m4.large")

    assert found is not None
    assert found[0].memory_mib == 8192
    assert found[0].holds(vcpus=None, memory=memory, gpus=None) is fits


def test_what_is_not_known_fits() -> None:
    unknown = instance_types.InstanceType("m99.large", None, None, None, None)

    assert unknown.holds(vcpus=1000, memory=10**9, gpus=100)
