"""The pytest plugin: ``local_aws`` and ``batch_snapshot``, which cost nothing until asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

    from batch_constructs.testing.local_aws import LocalAws


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """An embedded AWS for the whole test session; it holds what the tests before deployed."""
    from batch_constructs.local.errors import LocalAwsError
    from batch_constructs.local.extra import require_extra

    try:
        require_extra()
    except LocalAwsError as problem:
        pytest.fail(str(problem), pytrace=False)
    from batch_constructs.testing.local_aws import LocalAws

    with LocalAws() as aws:
        yield aws


@pytest.fixture
def batch_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Compare a template, or a stack, with what it was: ``assert synth(stack) == batch_snapshot``.

    Hashes of assets, accounts and Regions are left out, and a difference is told by resource.
    """
    try:
        from batch_constructs.testing.batch_snapshot_extension import BatchSnapshotExtension
    except ModuleNotFoundError as problem:
        if problem.name is None or problem.name.partition(".")[0] != "syrupy":
            raise
        pytest.fail("batch_snapshot needs syrupy: pip install syrupy", pytrace=False)
    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(BatchSnapshotExtension)
