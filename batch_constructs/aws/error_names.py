"""The names under which AWS's SDKs and other services report what AWS Batch answered.

Batch's model knows two errors, ``ClientException`` and ``ServerException``. Step Functions calls
every other answer, throttling among them, by the general exception of the SDK it is written with.
"""

from __future__ import annotations

from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

CLIENT_EXCEPTION: Final = "ClientException"
SERVER_EXCEPTION: Final = "ServerException"
MODELLED: Final = frozenset({CLIENT_EXCEPTION, SERVER_EXCEPTION})
"""The errors that the model of Batch's API knows; Step Functions calls them ``Batch.NAME``."""

OF_OVERRIDES: Final = "override"
"""What is in the message of ``SubmitJob`` to overrides that the definition does not take."""

OF_OVERRIDES_SOURCE: Final[Source] = seen(
    "https://github.com/nextflow-io/nextflow/issues/5817",
    '"Container overrides or node overrides should not be set for Batch on EKS jobs."',
)

THROTTLING: Final = frozenset(
    {
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes of a call that was not carried out, since there were too many."""

THROTTLING_SOURCE: Final[Source] = docs(
    "sdkref/latest/guide/feature-retry-behavior.html",
    "What the SDKs take for throttling; Batch itself answers TooManyRequestsException, status 429.",
)

UNSIGNED: Final = "MissingAuthenticationToken"
"""The error code of a call that has no signature."""

NOT_AUTHENTICATED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        UNSIGNED,
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Error codes of a call whose caller AWS does not know: by credentials, or by a wrong clock."""

NOT_AUTHENTICATED_SOURCE: Final[Source] = docs(
    "batch/latest/APIReference/CommonErrors.html",
    "ExpiredTokenException, IncompleteSignature, InvalidClientTokenId, RequestExpired and others:"
    " the call is refused before it is looked at.",
)

NO_SUCH_ENTITY: Final = "NoSuchEntity"
"""The error code of IAM for a role or an instance profile that does not exist."""

NOT_FOUND: Final = "ResourceNotFoundException"
EXISTS_ALREADY: Final = "ResourceAlreadyExistsException"
"""Error codes of CloudWatch Logs."""

NO_LOG_STREAM: Final = "log stream does not exist"
"""What it says of a stream that nothing was written to; of a group it says "log group"."""

NO_LOG_STREAM_SOURCE: Final[Source] = seen(
    "https://github.com/prefect-archive/prefect-aws/issues/177",
    'GetLogEvents: "The specified log stream does not exist."',
)

INVALID_PARAMETER: Final = "InvalidParameterValueException"
"""The error code of Lambda for a value that it does not take."""

CONDITION_FAILED: Final = "ConditionalCheckFailedException"
TRANSACTION_CANCELED: Final = "TransactionCanceledException"
CONDITION_FAILED_REASON: Final = "ConditionalCheckFailed"
"""Why DynamoDB cancels a transaction whose condition does not hold."""

PASSING_REASONS: Final = frozenset(
    {"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
)
"""Why DynamoDB cancels a transaction that may go well a little later."""

PASSING_CODES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes of the same."""

DYNAMODB_SOURCE: Final[Source] = docs(
    "amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    "The errors, and the codes of cancellation reasons.",
)

TOO_MANY_REQUESTS: Final = 429
"""The HTTP status of a throttled call."""

SERVER_FAULT: Final = 500
"""From this HTTP status on, a call may have been carried out all the same."""

NO_SUCH_OPERATION: Final = frozenset(
    {"UnknownOperationException", "InvalidAction", "NotFoundException"}
)
"""Error codes of a service that is older than the SDK that calls it."""

VALIDATION_ERROR: Final = "ValidationError"
"""What CloudFormation answers where it has no such stack, or nobody imports an export."""

VALIDATION_ERROR_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/APIReference/API_DescribeStacks.html",
    '"If the stack doesn\'t exist, a ValidationError is returned." ListImports: Export NAME is not'
    " imported by any stack.",
)

ANY_ERROR: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
RUNTIME_ERROR: Final = "States.Runtime"
NO_PERMISSIONS: Final = "States.Permissions"
"""What a state machine calls any error, that of a task, one that no state can handle, and one for
lack of rights.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

OF_STEP_FUNCTIONS: Final = "Batch."
"""How Step Functions begins the name of an error of Batch's model."""

STEP_FUNCTIONS_THROTTLED: Final = (
    "Batch.TooManyRequestsException",
    "AWS.Batch.TooManyRequestsException",
)
"""What a state machine may report of a submission that was throttled, and of nothing else."""

STEP_FUNCTIONS_THROTTLED_SOURCE: Final[Source] = seen(
    "https://github.com/chanzuckerberg/single-cell-data-portal/pull/7087",
    "Retries both, beside Batch.BatchException and Batch.AWSBatchException.",
)

STEP_FUNCTIONS_UNCLEAR: Final = (
    "Batch.AWSBatchException",
    "Batch.BatchException",
    f"{OF_STEP_FUNCTIONS}{SERVER_EXCEPTION}",
)
"""What a state machine reports of a throttled submission, and of others that may be a job."""

STEP_FUNCTIONS_UNCLEAR_SOURCE: Final[Source] = seen(
    "https://github.com/ASFHyP3/hyp3/issues/911",
    'Batch.AWSBatchException with the cause "Service: AWSBatch; Status Code: 500"; Metaflow and'
    " single-cell-data-portal see throttling under the same name.",
)

STEP_FUNCTIONS_THROTTLED_CAUSE: Final = f"*Status Code: {TOO_MANY_REQUESTS}*"
"""How the cause tells throttling from the rest, as ``StringMatches`` of a Choice state reads it."""

STEP_FUNCTIONS_THROTTLED_CAUSE_SOURCE: Final[Source] = seen(
    "https://github.com/ASFHyP3/hyp3/issues/1676",
    'The cause: "Too Many Requests (Service: AWSBatch; Status Code: 429; Error Code:'
    ' TooManyRequestsException; Request ID: …; Proxy: null)".',
)
