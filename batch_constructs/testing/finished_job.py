"""A job that has ended, as a test wants to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class FinishedJob:
    """A job that has ended.

    Args:
        job_id: its ID.
        status: ``SUCCEEDED`` or ``FAILED``.
        reason: why it is so, as AWS Batch says; empty without a reason.
        exit_code: what its container ended with; None if no container ran, or there are several.
        output: the lines that its container printed; of an array, several nodes or several
            containers none: read theirs with ``local_aws.job_output``.
        description: all that ``DescribeJobs`` says of it.
    """

    job_id: str
    status: str
    reason: str
    exit_code: int | None
    output: list[str]
    description: Mapping[str, Any]
