"""What a submission may say: the bounds of ``SubmitJob``, which triggers, graphs and clients share.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import json
from enum import StrEnum

from batch_constructs.aws.bound import Matching, Whole
from batch_constructs.aws.source import Source, api, docs, guide, seen
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHILDREN: Final = 10_000
ARRAY_SIZE: Final = Whole(2, MOST_CHILDREN)
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


class ArrayDependency(StrEnum):
    """How a job waits for an array: a child for its like, or for the one before it.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDependency.html
    """

    N_TO_N = "N_TO_N"
    SEQUENTIAL = "SEQUENTIAL"


DEPENDENCIES: Final = Whole(0, 20)
"""How many jobs a job may wait for."""

DEPENDENCIES_SOURCE: Final[Source] = api(
    "SubmitJobRequest.dependsOn", '"A job can depend upon a maximum of 20 jobs."'
)

SHARE_IDENTIFIER: Final = Matching(
    r"[A-Za-z0-9]{1,255}\*?", "1 to 255 letters and digits, optionally with an asterisk at the end"
)
"""The share of a fair-share queue that a job belongs to."""

SHARE_IDENTIFIER_SOURCE: Final[Source] = api(
    "SubmitJobRequest.shareIdentifier",
    '"This string is limited to 255 alphanumeric characters, and can be followed by an asterisk'
    ' (*)."',
)

RESERVED_VARIABLES: Final = "AWS_BATCH"
"""How the names of AWS Batch's own environment variables begin."""

VARIABLE_NAME: Final = Matching(
    f"(?s)(?!{RESERVED_VARIABLES}).*", f"names that do not begin with {RESERVED_VARIABLES}"
)

RESERVED_VARIABLES_SOURCE: Final[Source] = api(
    "ContainerOverrides.environment",
    '"Environment variables cannot start with "AWS_BATCH"."',
)

ARRAY_INDICES: Final = "ARRAY_INDICES"
"""The variable that says which children of an array a job repeats: ``3,17-20``."""

RESCUES: Final = "BATCH_RESCUES"
"""The variable that says how often a job was rescued."""

RESCUED_CHILD: Final = "BATCH_RESCUED_CHILD"
"""The variable that says which child of an array a rescued job repeats: ``ARRAY:INDEX``."""

REPETITION_VARIABLES: Final = (ARRAY_INDICES, RESCUES, RESCUED_CHILD)

SUBMITTED_VARIABLE_NAME: Final = Matching(
    rf"(?s)(?!{RESERVED_VARIABLES}|(?:{'|'.join(REPETITION_VARIABLES)})\Z).*",
    f"{VARIABLE_NAME.allowed}, and are neither {' nor '.join(REPETITION_VARIABLES)}, by which Spot"
    " rescue and redrive know what they repeat",
)
"""What a variable may be called that a submission gives a job."""

OVERRIDES: Final = {
    "ContainerProperties": ("ContainerOverrides", "EcsPropertiesOverride"),
    "EcsProperties": ("EcsPropertiesOverride",),
    "EksProperties": ("EksPropertiesOverride",),
    "NodeProperties": ("NodeOverrides", "EcsPropertiesOverride", "EksPropertiesOverride"),
}
"""Property of a job definition → the overrides of a submission that go with it, the right one
first; of the others nobody was told that AWS Batch refuses them."""

ALL_OVERRIDES: Final = (
    "ContainerOverrides",
    "EcsPropertiesOverride",
    "EksPropertiesOverride",
    "NodeOverrides",
)

OVERRIDES_OF_KINDS_SOURCE: Final[Source] = api(
    "SubmitJobRequest.eksPropertiesOverride",
    '"can only be specified for jobs that are run on Amazon EKS resources";'
    " SubmitJobRequest.ecsPropertiesOverride and SubmitJobRequest.nodeOverrides. AWS Batch was seen"
    " to answer 'Container overrides should not be set for ecsProperties jobs', 'Container"
    " overrides or node overrides should not be set for Batch on EKS jobs' and 'NodeOverride"
    " targets should match job definition' (nextflow-io/nextflow 5817, aws/aws-parallelcluster"
    " 964); that node overrides and container overrides exclude each other says apache/airflow"
    " 25522.",
)

MULTI_NODE_ARRAY_SOURCE: Final[Source] = seen(
    "https://github.com/apache/airflow/pull/29522",
    "AWS Batch answers Multinode Array Job not supported to a submission with arrayProperties.",
)

OVERRIDES_BYTES: Final = 8192
"""Container overrides in the form that ECS gets; a longer one fails the job, not the request."""

OVERRIDES_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/APIReference/API_TaskOverride.html",
    '"A total of 8192 characters is allowed for overrides."',
)


def overrides_length(overrides: Mapping[str, Any]) -> int:
    """Count the characters of container overrides in the form that ECS gets."""
    task = {"containerOverrides": [{"name": "default", **overrides}]}
    return len(json.dumps(task, ensure_ascii=False, separators=(",", ":")))


JOB_BYTES: Final = 30 * 1024
"""A submission as a whole."""

JOB_BYTES_SOURCE: Final[Source] = docs(
    "batch/latest/userguide/service_limits.html",
    'Service quotas: "Maximum job payload size (for SubmitJob API operations) 30 KiB".',
)


def job_length(request: Mapping[str, Any]) -> int:
    """Count the bytes of a submission as JSON; of what is unknown none."""
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"), default=lambda _: "")
    return len(text.encode(errors="replace"))


SUBMISSIONS_PER_SECOND: Final = 50
"""How many submissions an account may make in a Region."""

SUBMISSIONS_PER_SECOND_SOURCE: Final[Source] = guide(
    "service_limits",
    'Service quotas: "Maximum number of transactions per second (TPS) for each'
    ' account for SubmitJob operations 50".',
)

DESCRIBED_AT_ONCE: Final = 100
"""How many jobs, queues or environments are described in a call."""

DESCRIBED_AT_ONCE_SOURCE: Final[Source] = api(
    "DescribeJobsRequest.jobs", '"A list of up to 100 job IDs."'
)

NAMES_DESCRIBED_AT_ONCE_SOURCE: Final[Source] = api(
    "DescribeJobQueuesRequest.jobQueues",
    '"A list of up to 100 queue names or full queue Amazon Resource Name (ARN) entries."',
)

STOPPED_AT_ONCE: Final = 50
"""How many jobs ``CancelJobs`` and ``TerminateJobs`` stop in a call."""

STOPPED_AT_ONCE_SOURCE: Final[Source] = api(
    "TerminateJobsRequest.jobs", '"An array of up to 50 Batch job IDs of the jobs to terminate."'
)

STOP_REASON_CHARACTERS: Final = 1024
"""How long the reason of a call that cancels or terminates jobs may be."""

STOP_REASON_SOURCE: Final[Source] = api(
    "TerminateJobRequest.reason", '"This parameter has a limit of 1024 characters."'
)

LISTED_WITH_FILTERS: Final = 100
"""The same where filters are given, and of ``ListServiceJobs``."""

LISTED_WITH_FILTERS_SOURCE: Final[Source] = api(
    "ListJobsRequest.maxResults", '"When --filters is used, Batch returns up to 100 values."'
)

RESULTS_A_PAGE: Final = 100
"""How many resources every ``Describe…`` and ``List…`` of resources answers with at a time."""

RESULTS_A_PAGE_SOURCE: Final[Source] = api(
    "DescribeJobQueuesRequest.maxResults",
    '"If this parameter isn\'t used, then DescribeJobQueues returns up to 100 results"',
)

SNAPSHOT_JOBS: Final = 100
"""How many jobs ``GetJobQueueSnapshot`` shows of the front of a queue."""

SNAPSHOT_JOBS_SOURCE: Final[Source] = api(
    "FrontOfQueueDetail.jobs",
    '"The Amazon Resource Names (ARNs) of the first 100 RUNNABLE jobs in a named job queue."',
)

SNAPSHOT_SHARES: Final = 20
"""How many shares it shows."""

SNAPSHOT_SHARES_SOURCE: Final[Source] = api(
    "FairshareUtilizationDetail.topCapacityUtilization",
    '"A list of the top 20 shares with the highest capacity utilization, ordered by usage amount."',
)

CLIENT_TOKEN_HOURS: Final = 8
"""How long a client token makes a change of a consumable resource happen once."""

CLIENT_TOKEN_SOURCE: Final[Source] = api(
    "UpdateConsumableResourceRequest.clientToken", '"A clientToken is valid for 8 hours."'
)

LARGEST_NUMBER: Final = 2_147_483_647
"""The largest number that the API has room for."""

LARGEST_NUMBER_SOURCE: Final[Source] = docs(
    "batch/latest/APIReference/API_SubmitJob.html",
    "Type: Integer, which in AWS's models has 32 bits: up to 2147483647.",
)

LISTED_AT_ONCE: Final = 1000
"""How many jobs ``ListJobs`` lists in a call."""

LISTED_AT_ONCE_SOURCE: Final[Source] = api(
    "ListJobsRequest.maxResults",
    '"When --job-status is used, Batch returns up to 1000 values."',
)
