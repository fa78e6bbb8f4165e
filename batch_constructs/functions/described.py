"""Describing many things of AWS Batch: as many in a call as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def at_once(names: Sequence[str]) -> Iterator[list[str]]:
    """Divide names, ARNs or IDs into what one call describes."""
    for start in range(0, len(names), DESCRIBED_AT_ONCE):
        yield list(names[start : start + DESCRIBED_AT_ONCE])
