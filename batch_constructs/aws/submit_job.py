"""What a submission may say: the bounds of ``SubmitJob``, which triggers, graphs and clients share.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

from typing import Final

from batch_constructs.aws.bound import Whole
from batch_constructs.aws.source import Source, api, docs

ARRAY_SIZE: Final = Whole(2, 10000)
"""The children of an array job."""

ARRAY_SIZE_SOURCE: Final[Source] = api(
    "SubmitJobRequest.arrayProperties", '"The array size can be between 2 and 10,000."'
)

ATTEMPTS: Final = Whole(1, 10)
"""How often a job runs at most, the first run included."""

ATTEMPTS_SOURCE: Final[Source] = api(
    "RetryStrategy.attempts", '"You can specify between 1 and 10 attempts."'
)

TIMEOUT_SECONDS: Final = Whole(60, unit="seconds")
"""How long an attempt may take."""

TIMEOUT_SOURCE: Final[Source] = api(
    "JobTimeout.attemptDurationSeconds", '"The minimum value for the timeout is 60 seconds."'
)

SCHEDULING_PRIORITY: Final = Whole(0, 9999)
"""The order of the jobs of one share identifier."""

SCHEDULING_PRIORITY_SOURCE: Final[Source] = api(
    "SubmitJobRequest.schedulingPriorityOverride",
    '"The minimum supported value is 0 and the maximum supported value is 9999."',
)

DEPENDENCIES: Final = Whole(0, 20)
"""How many jobs a job may wait for."""

DEPENDENCIES_SOURCE: Final[Source] = api(
    "SubmitJobRequest.dependsOn", '"A job can depend upon a maximum of 20 jobs."'
)

OVERRIDES_BYTES: Final = 8192
"""Container overrides in the form that ECS gets; a longer one fails the job, not the request."""

OVERRIDES_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/APIReference/API_TaskOverride.html",
    '"A total of 8192 characters is allowed for overrides."',
)

JOB_BYTES: Final = 30 * 1024
"""A submission as a whole."""

JOB_BYTES_SOURCE: Final[Source] = docs(
    "batch/latest/userguide/service_limits.html",
    'Service quotas: "Maximum job payload size (for SubmitJob API operations) 30 KiB".',
)
