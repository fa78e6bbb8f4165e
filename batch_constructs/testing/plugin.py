"""The pytest plugin: the ``local_aws`` fixture. It costs nothing until a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

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
