"""As many things in a call as AWS takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def at_once(names: Sequence[str], most: int = DESCRIBED_AT_ONCE) -> Iterator[list[str]]:
    """Divide names, ARNs or IDs into what one call takes; by default, what one describes."""
    for start in range(0, len(names), most):
        yield list(names[start : start + most])
