"""The metrics that AWS Batch publishes by itself, free and with nothing deployed.

https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_metrics.html

They count transitions and are published with best effort, so alarms and graphs should tolerate a
gap and rely on no exact count. A multi-node job counts once; the parent of an array publishes
``JobsSubmitted`` alone, and its children publish the rest.
"""

from __future__ import annotations

from batch_constructs.aws.bound import Matching
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, docs, guide
from batch_constructs.aws.typing_names import Any, Final, Literal

NAMESPACE: Final = "AWS/Batch"
SQS_NAMESPACE: Final = "AWS/SQS"
LAMBDA_NAMESPACE: Final = "AWS/Lambda"
EVENTS_NAMESPACE: Final = "AWS/Events"
SCHEDULER_NAMESPACE: Final = "AWS/Scheduler"
"""Of the services around AWS Batch."""

MESSAGES_VISIBLE: Final = "ApproximateNumberOfMessagesVisible"
OLDEST_MESSAGE_AGE: Final = "ApproximateAgeOfOldestMessage"
"""Metrics of a queue of SQS.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

OWN_NAMESPACE: Final = Matching(
    "(?![:]|AWS/)(?=.*[^ ])[ -~]+",
    "1 to 255 ASCII characters that begin neither with AWS/, which CloudWatch reserves, nor with a"
    " colon",
    255,
)
"""A namespace of metrics that are not AWS's."""

OWN_NAMESPACE_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_PutMetricData.html",
    '"To avoid conflicts with Amazon Web Services service namespaces, you should not specify a'
    ' namespace that begins with AWS/"; 1 to 255 characters, [^:].*',
)

OLDEST_MESSAGE_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    '"if a message is received three or more times and not deleted, SQS moves it to the back of the'
    " queue. The metric then reflects the age of the next message that hasn't exceeded the receive"
    ' threshold."; "Poison-pill messages (those repeatedly received but never deleted) are excluded'
    ' from this metric".',
)

INVOCATIONS: Final = "Invocations"
ERRORS: Final = "Errors"
THROTTLES: Final = "Throttles"
DESTINATION_FAILURES: Final = "DestinationDeliveryFailures"
"""Metrics of a function.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

TRIGGERED_RULES: Final = "TriggeredRules"
"""The metric of a rule of EventBridge: how often an event matched it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

FAILED_INVOCATIONS: Final = "FailedInvocations"
"""What a rule could not deliver for good, whether a dead-letter queue has it or not; there."""

FAILED_TO_BE_SENT_TO_DLQ: Final = "InvocationsFailedToBeSentToDlq"
"""What a rule could not even put into its target's dead-letter queue; there."""

FAILED_TO_BE_SENT_TO_DLQ_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-monitoring.html",
    "\"The number of invocations that couldn't be moved to a dead-letter queue. Dead-letter queue"
    ' errors occur due to permissions errors, unavailable resources, or size limits."; dimension'
    ' RuleName; "EventBridge only sends this metric to CloudWatch if it isn\'t zero."',
)

SCHEDULES_FAILED_TO_BE_SENT_TO_DLQ: Final = "InvocationsFailedToBeSentToDeadLetterCount"
"""What EventBridge Scheduler could not even put into the dead-letter queue of a schedule.

``InvocationDroppedCount`` also counts what then lies there.
"""

SCHEDULE_GROUP_DIMENSION: Final = "ScheduleGroup"
"""The one dimension of the Scheduler's metrics: none tells one schedule of a group from another."""

DEFAULT_SCHEDULE_GROUP: Final = "default"
"""The group of a schedule that names none."""

SCHEDULE_METRICS_SOURCE: Final[Source] = docs(
    "scheduler/latest/UserGuide/monitoring-cloudwatch.html",
    '"The group of schedules for which you want to view metrics using CloudWatch. If you have not'
    " created any groups yet, EventBridge Scheduler associates your schedules with the default"
    ' group."',
)

ABOVE: Final = "GreaterThanThreshold"
AT_LEAST: Final = "GreaterThanOrEqualToThreshold"
BELOW: Final = "LessThanThreshold"
"""How an alarm compares.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

NO_DATA_IS_WELL: Final = "notBreaching"
NO_DATA_IS_BAD: Final = "breaching"
"""What an alarm takes a period without data for; on the same page."""

EVENT_BUS_DIMENSION: Final = "EventBusName"
"""What a metric of a rule on a custom bus has beside ``RuleName``."""

EVENT_BUS_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-monitoring.html",
    '"Metrics that specify only the RuleName dimension refer to the default event bus. Metrics that'
    ' specify both the EventBusName and RuleName dimensions refer to a custom event bus."',
)

RULE_NAME_IN_ARN: Final = 2
"""Which part of the ARN of a rule on a custom bus is its name, between slashes, from zero."""

RULE_ARN_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-manage-iam-access.html",
    'ARNs of a rule: "rule/[event-bus-name]/rule-name".',
)

DIMENSION: Final = "JobQueueName"
"""The one dimension."""

METRICS_SOURCE: Final[Source] = guide(
    "using_cloudwatch_metrics",
    '"All metrics are published with the JobQueueName dimension."',
)

HOURLY_DAYS: Final = 455
"""How long CloudWatch keeps averages of an hour, which are the last that it keeps."""

HOURLY_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
    '"Data points with a period of 300 seconds (5-minute) are available for 63 days.", "Data points'
    ' with a period of 3600 seconds (1 hour) are available for 455 days (15 months)."',
)

DIMENSION_VALUE_CHARACTERS: Final = 1024

DIMENSION_VALUE_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_Dimension.html",
    'Value: "Maximum length of 1024." "Dimension values must contain only ASCII characters and must'
    ' include at least one non-whitespace character."',
)

OLDEST_METRIC_DAYS: Final = 14
"""How old a value is at most that CloudWatch takes."""

OLDEST_METRIC_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_PutMetricData.html",
    '"You can specify time stamps that are as much as two weeks before the current date", 14 days.',
)

QUERIES_AT_ONCE: Final = 500
"""How many queries of metrics a call takes."""

QUERIES_AT_ONCE_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
    '"A single GetMetricData call can include as many as 500 MetricDataQuery structures."',
)

VALUES_AT_ONCE: Final = 150
"""How many values of a metric a call takes."""

METRICS_AT_ONCE: Final = 1_000
"""How many metrics it takes."""

PUT_METRIC_DATA_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_PutMetricData.html",
    '"publish up to 150 values per metric with one PutMetricData request"; "no more than 1000'
    ' different metrics".',
)

PERIOD_SECONDS: Final = (1, 5, 10, 30)
"""Over how long a statistic is taken: so many seconds, or whole minutes."""

PERIOD_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_MetricStat.html",
    '"the period can be 1, 5, 10, 30, 60, or any multiple of 60".',
)

STATISTIC: Final = Matching(
    r"(?i:average|sum|minimum|min|maximum|max|samplecount|n|avg|iqm"
    r"|(p|tm|tc|ts|wm)(100|\d{1,2}(\.\d+)?)|(pr|tm|tc|ts|wm)\(.+\))",
    "Average, Sum, Minimum, Maximum, SampleCount, IQM and those such as p90, tm90, tc90, ts90, wm90"
    " or TM(10%:90%)",
)
"""What CloudWatch reckons of a metric."""

STATISTIC_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/monitoring/Statistics-definitions.html",
    "The statistics and their syntax.",
)


class NativeMetric(Record):
    """One of AWS Batch's own metrics.

    Attributes:
        unit: its unit. No metric asks for its unit: one that AWS named differently would be empty.
        tells: what it counts or measures.
        published: when it is published.
    """

    unit: Literal["COUNT", "MILLISECONDS"]
    tells: str
    published: str

    @property
    def statistic(self) -> str:
        """The statistic that says most: counts are summed, durations averaged."""
        return "Sum" if self.unit == "COUNT" else "Average"


def _count(tells: str, published: str) -> NativeMetric:
    return NativeMetric("COUNT", tells, published)


def _duration(tells: str, published: str) -> NativeMetric:
    return NativeMetric("MILLISECONDS", f"{tells}, in milliseconds", published)


JOBS_SUBMITTED: Final = "JobsSubmitted"
JOBS_MOVED_TO_PENDING: Final = "JobsMovedToPending"
JOBS_MOVED_TO_RUNNABLE: Final = "JobsMovedToRunnable"
JOBS_MOVED_TO_STARTING: Final = "JobsMovedToStarting"
JOBS_MOVED_TO_RUNNING: Final = "JobsMovedToRunning"
JOBS_MOVED_TO_SUCCEEDED: Final = "JobsMovedToSucceeded"
JOBS_MOVED_TO_FAILED: Final = "JobsMovedToFailed"
JOBS_CANCELLED: Final = "JobsCancelled"
JOBS_TERMINATED: Final = "JobsTerminated"
JOBS_RETRIED: Final = "JobsRetried"
JOB_SUBMITTED_TO_RUNNABLE_DURATION: Final = "JobSubmittedToRunnableDuration"
JOB_ATTEMPT_STARTING_TO_RUNNING_DURATION: Final = "JobAttemptStartingToRunningDuration"
JOB_ATTEMPT_EXECUTION_DURATION: Final = "JobAttemptExecutionDuration"
JOB_ATTEMPT_DURATION: Final = "JobAttemptDuration"
JOB_SUBMITTED_TO_FIRST_STARTING_DURATION: Final = "JobSubmittedToFirstStartingDuration"
JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION: Final = "JobAttemptRunnableToStartingDuration"
JOBS_MOVED_TO_SCHEDULED: Final = "JobsMovedToScheduled"
JOB_SUBMITTED_TO_FIRST_SCHEDULED_DURATION: Final = "JobSubmittedToFirstScheduledDuration"
JOB_ATTEMPT_RUNNABLE_TO_SCHEDULED_DURATION: Final = "JobAttemptRunnableToScheduledDuration"
JOB_ATTEMPT_SCHEDULED_TO_STARTING_DURATION: Final = "JobAttemptScheduledToStartingDuration"
JOBS_PREEMPTED: Final = "JobsPreempted"
"""Names of AWS Batch's own metrics."""

_CHILDREN: Final = "a child of an array is measured from the submission of its parent"
_NOT_OF_SERVICE_JOBS: Final = "not for service jobs"

NATIVE_METRICS: Final[dict[str, NativeMetric]] = {
    JOBS_SUBMITTED: _count(
        "Jobs submitted to the queue",
        "once a job, at its submission; for an array the value is its size, and its children"
        " publish nothing more",
    ),
    JOBS_MOVED_TO_PENDING: _count(
        "Jobs that moved to PENDING", "as a job begins to wait, typically for a job it depends on"
    ),
    JOBS_MOVED_TO_RUNNABLE: _count(
        "Jobs that moved to RUNNABLE", "the first time, and again for every retry"
    ),
    JOBS_MOVED_TO_STARTING: _count("Jobs that moved to STARTING", "once an attempt"),
    JOBS_MOVED_TO_RUNNING: _count(
        "Jobs that moved to RUNNING", "once an attempt; may be missing for a job that ends at once"
    ),
    JOBS_MOVED_TO_SUCCEEDED: _count("Jobs that succeeded", "once a job"),
    JOBS_MOVED_TO_FAILED: _count(
        "Jobs that failed for good",
        "once a job, and also for jobs that were cancelled or terminated",
    ),
    JOBS_CANCELLED: _count(
        "Jobs that failed because somebody cancelled them before they ran",
        "once a job, beside JobsMovedToFailed",
    ),
    JOBS_TERMINATED: _count(
        "Jobs that failed because somebody terminated them", "once a job, beside JobsMovedToFailed"
    ),
    JOBS_RETRIED: _count(
        "Attempts that failed and are retried", "as the job goes back to RUNNABLE"
    ),
    JOB_SUBMITTED_TO_RUNNABLE_DURATION: _duration(
        "How long jobs took from their submission to RUNNABLE",
        f"as a job enters RUNNABLE; {_CHILDREN}",
    ),
    JOB_ATTEMPT_STARTING_TO_RUNNING_DURATION: _duration(
        "How long attempts spent in STARTING, pulling their image",
        "once an attempt that reaches RUNNING",
    ),
    JOB_ATTEMPT_EXECUTION_DURATION: _duration(
        "How long attempts ran", "as an attempt stops, whatever its end"
    ),
    JOB_ATTEMPT_DURATION: _duration(
        "How long attempts lasted, from STARTING to their end",
        "as the job ends or goes back to RUNNABLE",
    ),
    JOB_SUBMITTED_TO_FIRST_STARTING_DURATION: _duration(
        "How long jobs took from their submission to their first start",
        f"once a job, on its first attempt; {_CHILDREN}; {_NOT_OF_SERVICE_JOBS}",
    ),
    JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION: _duration(
        "How long attempts waited in RUNNABLE",
        f"as an attempt starts: a job that still waits is not in it; {_NOT_OF_SERVICE_JOBS}",
    ),
    JOBS_MOVED_TO_SCHEDULED: _count(
        "Service jobs that moved to SCHEDULED", "the first time, and again after every preemption"
    ),
    JOB_SUBMITTED_TO_FIRST_SCHEDULED_DURATION: _duration(
        "How long service jobs took from their submission to SCHEDULED", "once a job"
    ),
    JOB_ATTEMPT_RUNNABLE_TO_SCHEDULED_DURATION: _duration(
        "How long attempts of service jobs waited in RUNNABLE",
        "as an attempt moves to SCHEDULED, again after every preemption",
    ),
    JOB_ATTEMPT_SCHEDULED_TO_STARTING_DURATION: _duration(
        "How long service jobs took from SCHEDULED to STARTING", "as an attempt starts"
    ),
    JOBS_PREEMPTED: _count(
        "Service jobs that were preempted", "each time, for jobs under quota management"
    ),
}
"""Every metric of the service, by its official name."""

WHOLE_ANSWER = "Complete"
"""The status of data that GetMetricData gave whole.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
"""


def embedded(
    namespace: str,
    milliseconds: int,
    dimensions: list[list[str]],
    metrics: list[dict[str, str]],
) -> dict[str, Any]:
    """Return what makes CloudWatch read metrics out of a line of a log, beside their values.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    told = {"Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics}
    return {"_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [told]}}
