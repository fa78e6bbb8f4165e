"""How the services that submit jobs deliver: EventBridge, its Scheduler, Lambda with SQS."""

from __future__ import annotations

from batch_constructs.aws.bound import Counting, Matching, Whole
from batch_constructs.aws.names import form
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

OBJECTS_SOURCE: Final = "aws.s3"
OBJECT_CREATED: Final = "Object Created"
"""How EventBridge tells of an object that is new, or was written again."""

OBJECT_CREATED_SOURCE: Final[Source] = docs(
    "AmazonS3/latest/userguide/ev-events.html",
    'Examples: "source": "aws.s3", "detail-type": "Object Created".',
)

MOST_RETRY_ATTEMPTS: Final = 185
RETRY_ATTEMPTS: Final = Whole(0, MOST_RETRY_ATTEMPTS)
"""How often EventBridge and its Scheduler try a delivery again."""

LONGEST_EVENT_AGE_SECONDS: Final = 86_400
EVENT_AGE_SECONDS: Final = Whole(60, LONGEST_EVENT_AGE_SECONDS, unit="seconds")
"""How long they try it."""

RETRY_POLICY_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_RetryPolicy.html",
    'MaximumRetryAttempts: 0 to 185; MaximumEventAgeInSeconds: 60 to 86400, "the maximum amount of'
    ' time, in seconds, to continue to make retry attempts"; Scheduler says the same of its own.',
)


INPUT_PATHS: Final = 100
"""How many fields of an event an input transformer takes."""

INPUT_PATH_COUNT: Final = Counting(0, INPUT_PATHS, "paths")
INPUT_PATH: Final = Matching(
    r"""\$(?!.*\[\s*['"]).*""", "a path that begins with $, with dots and no names in brackets"
)
"""A path into an event; so are those of an input transformer."""

INPUT_PATHS_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_InputTransformer.html",
    "InputPathsMap: at most 100 items.",
)

WHOLE_EVENT: Final = "aws.events.event.json"
"""The placeholder of the whole event, as an object."""

PREDEFINED_PLACEHOLDERS: Final = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    WHOLE_EVENT,
)
"""What a template may have without a path of its own.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

WITHOUT_WINDOW: Final = "OFF"
WITH_WINDOW: Final = "FLEXIBLE"
WINDOW_MODES: Final = (WITHOUT_WINDOW, WITH_WINDOW)
"""Whether a schedule may start later than it says."""

SCHEDULE_DATE: Final = Matching(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}.+",
    "a moment with milliseconds, such as 2030-01-01T00:00:00.000Z",
)
"""When a schedule starts or ends, as CloudFormation takes it."""

SQS_EVENTS: Final = "aws:sqs"
"""How records of a queue are called that come to a function or through a pipe."""

OF_PIPES: Final = "aws.pipes."
PIPE_PLACEHOLDERS: Final = tuple(
    f"{OF_PIPES}{name}"
    for name in (
        *("pipe-arn", "pipe-name", "source-arn", "enrichment-arn", "target-arn"),
        *("event.ingestion-time", "event", "event.json"),
    )
)
"""What a template of a pipe may have without a path.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

ENRICHMENT: Final = Matching(
    form("(?:events|execute-api|lambda|states)", ".+"),
    "the ARN of a function, a state machine, an API or an API destination",
)
"""What a pipe of EventBridge may call before its target."""

WINDOW_MINUTES: Final = Whole(1, 1440, unit="minutes")
"""A flexible time window of EventBridge Scheduler."""

WINDOW_MINUTES_SOURCE: Final[Source] = docs(
    "scheduler/latest/APIReference/API_FlexibleTimeWindow.html",
    "MaximumWindowInMinutes: 1 to 1440.",
)

SQS_BATCH: Final = 10_000
"""How many messages of a standard queue Lambda hands to a function at a time."""

SQS_BATCH_SIZE: Final = Whole(1, SQS_BATCH)

SQS_WITHOUT_WINDOW: Final = 10
"""How many it hands over without waiting for more."""

SQS_FIFO_BATCH: Final = 10
"""The same of a FIFO queue."""

SQS_WINDOW_SECONDS: Final = Whole(0, 300, unit="seconds")
"""How long Lambda gathers messages of a standard queue."""

SQS_CONCURRENCY: Final = Whole(2, 1000)
"""How many functions at a time an event source mapping may be told."""

SQS_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/services-sqs-parameters.html",
    "BatchSize: at most 10,000, for FIFO queues 10; MaximumBatchingWindowInSeconds: 0 to 300, none"
    " for FIFO queues; MaximumConcurrency: 2 to 1,000.",
)

SQS_MOST_RECEIVES: Final = 1000
"""How often a message is received at most before it goes to the dead-letter queue."""

SQS_RECEIVES: Final = Whole(1, SQS_MOST_RECEIVES)

SQS_MOST_RECEIVES_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html",
    "Maximum receives: a value between 1 and 1,000.",
)

SQS_RETENTION_DAYS: Final = 14
"""How long SQS keeps a message at most."""

SQS_RETENTION: Final = Whole(60, SQS_RETENTION_DAYS * 86_400, unit="seconds")

SQS_RETENTION_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    "MessageRetentionPeriod: 60 to 1,209,600 seconds (14 days).",
)

SQS_VISIBILITY_SECONDS: Final = 30
"""How long a queue hides a message that was received, by default."""

SQS_VISIBILITY: Final = Whole(0, 43_200, unit="seconds")
"""How long it may hide one."""

SQS_DELAY: Final = Whole(0, 900, unit="seconds")
"""How long a queue holds back a message that is new."""

SQS_WAIT: Final = Whole(0, 20, unit="seconds")
"""How long a call waits for messages."""

QUEUE_NAME: Final = Matching(
    r"[\w-]{1,80}|[\w-]{1,75}\.fifo",
    "1 to 80 letters, digits, hyphens and underscores, with .fifo at the end of a FIFO queue's",
)

FUNCTION_SECONDS: Final = 3
"""How long a function may run by default."""

LONGEST_FUNCTION_SECONDS: Final = 900
"""How long it may run at most."""

LONGEST_FUNCTION_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/gettingstarted-limits.html", "Function timeout: 900 seconds (15 minutes)."
)

DEFAULTS_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html",
    "VisibilityTimeout: 30 seconds by default; Timeout of a function: 3.",
)

VISIBILITY_FACTOR: Final = 6
"""How many times its timeout a function's queue hides a message."""

VISIBILITY_FACTOR_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html",
    "\"Set the queue's visibility timeout to at least six times the function timeout. This ensures"
    " Lambda has enough time to retry if a function is throttled while processing a previous"
    ' batch."',
)

SQS_ENTRIES: Final = 10
"""How many messages a call sends to SQS."""

CUSTOM_RESOURCE_DONE: Final = "SUCCESS"
CUSTOM_RESOURCE_FAILED: Final = "FAILED"
"""The status that CloudFormation is answered about a custom resource."""

CUSTOM_RESOURCE_ANSWER_BYTES: Final = 4096
"""How long the answer of a custom resource may be."""

CUSTOM_RESOURCE_ANSWER_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html",
    '"The total size of the response body can\'t exceed 4096 bytes."',
)

SQS_RECEIVED_AT_ONCE: Final = 10
"""How many a call receives."""

SQS_RECEIVED_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html",
    "MaxNumberOfMessages: 1 to 10.",
)

SQS_ENTRIES_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html",
    "You can send up to 10 messages in a call.",
)

SQS_BYTES: Final = 1_048_576
"""How large a message is at most, and all messages of a call: body and attributes together."""

SQS_MESSAGE_SIZE: Final = Whole(1024, SQS_BYTES, unit="bytes")

SQS_BYTES_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/APIReference/API_MessageAttributeValue.html",
    "All parts of the message attribute, including Name, Type, and Value, are part of the message"
    " size restriction (1 MiB or 1,048,576 bytes).",
)

FAILED_EVENT: Final = "requestPayload"
"""What holds the event in what Lambda tells a destination of one that failed.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""


def failed_messages(identities: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Return the answer of a function by which Lambda keeps these messages in their queue.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return {"batchItemFailures": [{"itemIdentifier": identity} for identity in identities]}


LAMBDA_EVENT_AGE_SECONDS: Final = 6 * 3600
"""How long Lambda tries an event for which nobody waits, at most."""

LAMBDA_RETRIES: Final = 2
"""How often it tries one again that the function failed to handle, at most and by default."""

LAMBDA_EVENT_AGE_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/invocation-async-configuring.html",
    "Maximum age of event: up to 6 hours; the API takes 60 to 21600 seconds. Retry attempts:"
    " between 0 and 2.",
)
