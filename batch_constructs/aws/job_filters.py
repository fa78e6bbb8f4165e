"""The filters of the operations that list jobs, by their names."""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.source import Source, api
from batch_constructs.aws.typing_names import Final


class JobFilter(StrEnum):
    """What a list of a queue's jobs is held to."""

    JOB_NAME = "JOB_NAME"
    JOB_DEFINITION = "JOB_DEFINITION"
    SHARE_IDENTIFIER = "SHARE_IDENTIFIER"
    QUOTA_SHARE_NAME = "QUOTA_SHARE_NAME"
    BEFORE_CREATED_AT = "BEFORE_CREATED_AT"
    AFTER_CREATED_AT = "AFTER_CREATED_AT"


SOURCE: Final[Source] = api(
    "ListJobsRequest.filters",
    "Only one filter can be used at a time; jobStatus is ignored but with SHARE_IDENTIFIER."
    " QUOTA_SHARE_NAME is a filter of ListServiceJobs.",
)

JOB_STATUS: Final = "JOB_STATUS"
"""What a list of a consumable resource's jobs may be held to beside the name.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobsByConsumableResource.html
"""
