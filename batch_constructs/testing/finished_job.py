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
        reason: why, in AWS Batch's words; empty without a reason.
        exit_code: the exit code of its container; None if no container ran, or there are several.
        output: the lines that its container printed; empty for an array, several nodes or
            several containers: read theirs with ``local_aws.job_output``.
        description: everything that ``DescribeJobs`` says about it.
    """

    job_id: str
    status: str
    reason: str
    exit_code: int | None
    output: list[str]
    description: Mapping[str, Any]
