"""The figures of scheduling are those that AWS's page reckons."""

from __future__ import annotations

import pytest

from batch_constructs.aws.scheduling import reserved_vcpus


@pytest.mark.parametrize(
    ("percentage", "active", "reserved"),
    [(50, 1, 128), (50, 2, 64), (50, 3, 32), (25, 1, 64), (25, 2, 16), (25, 3, 4), (0, 1, 0)],
)
def test_the_reservation_shrinks_with_each_share_that_has_jobs(
    percentage: int, active: int, reserved: float
) -> None:
    """The examples of ``FairsharePolicy.computeReservation``, of 256 vCPUs."""
    assert reserved_vcpus(256, percentage, active) == reserved
