"""What the roles around a job have to be allowed, action by action."""

from __future__ import annotations

from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_GET_JOB_QUEUE_SNAPSHOT,
    BATCH_LIST_JOBS,
    BATCH_UPDATE_JOB_QUEUE,
    EC2_DESCRIBE_INSTANCES,
    ECS_DESCRIBE_CLUSTERS,
    KMS_DESCRIBE_KEY,
    KMS_ENCRYPT,
    KMS_GENERATE_DATA_KEY,
    KMS_GENERATE_DATA_KEY_ANY,
    KMS_RE_ENCRYPT_ANY,
    LOGS_CREATE_LOG_STREAM,
    LOGS_PUT_LOG_EVENTS,
    SQS_DELETE_MESSAGE,
    SQS_GET_QUEUE_ATTRIBUTES,
    SQS_GET_QUEUE_URL,
    SQS_RECEIVE_MESSAGE,
    SQS_SEND_MESSAGE,
)
from batch_constructs.aws.typing_names import Final

CLUSTER_ACTIONS: Final = (
    "ecs:CreateCluster",
    ECS_DESCRIBE_CLUSTERS,
    "ecs:RegisterTaskDefinition",
)
"""Some of what AWSBatchServiceRole allows, which every environment needs."""

INSTANCE_ACTIONS: Final = ("autoscaling:CreateAutoScalingGroup", EC2_DESCRIBE_INSTANCES)
"""The same for environments of instances."""

JOIN_CLUSTER: Final = "ecs:RegisterContainerInstance"
"""How an instance joins its cluster."""

LOG_STREAM_ACTIONS: Final = (LOGS_CREATE_LOG_STREAM, LOGS_PUT_LOG_EVENTS)
CREATE_LOG_GROUP: Final = "logs:CreateLogGroup"
"""What the awslogs driver does with the execution role."""

TRACE_ACTIONS: Final = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
METRIC_LOG_ACTIONS: Final = (CREATE_LOG_GROUP, *LOG_STREAM_ACTIONS, "logs:PutRetentionPolicy")
"""What a collector of OpenTelemetry does with the job role: the exporters of traces, and of metrics
as a log, whose group it makes.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/trace-data.html
"""

REGISTRY_LOGIN: Final = "ecr:GetAuthorizationToken"
PULL_ACTIONS: Final = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What the agent does to pull an image from a private repository of Amazon ECR."""

IMPORT_ACTIONS: Final = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
"""What the first pull through a cache needs besides: the repository is made, the image fetched.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
"""

CACHE_PREFIXES: Final = (
    "azure",
    "docker-hub",
    "ecr-public",
    "github",
    "gitlab",
    "kubernetes",
    "quay",
)
"""The repository prefixes that AWS proposes for the rules of a pull-through cache.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-working-pulling.html
"""

GET_SECRET: Final = "secretsmanager:GetSecretValue"  # noqa: S105  # an action
GET_PARAMETERS: Final = "ssm:GetParameters"
"""How the agent reads what Secrets Manager and Parameter Store hold."""

DECRYPT: Final = "kms:Decrypt"

SEND_ENCRYPTED_ACTIONS: Final = (DECRYPT, KMS_GENERATE_DATA_KEY_ANY)
"""What whoever sends to an encrypted topic or queue does with its key."""

SEND_QUEUE_ACTIONS: Final = (SQS_SEND_MESSAGE, SQS_GET_QUEUE_ATTRIBUTES, SQS_GET_QUEUE_URL)
"""What senders do with a queue: they look it up by its name, and send."""

SEND_QUEUE_KEY_ACTIONS: Final = (DECRYPT, KMS_GENERATE_DATA_KEY)
"""What a sender does with the key of a queue, and no more.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

KEY_OF_SESSION_ACTIONS: Final = (DECRYPT, KMS_GENERATE_DATA_KEY)
"""What whoever reads or writes a directory bucket does with its key, in sessions of either mode.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-UsingKMSEncryption.html
"""

MOUNT: Final = "elasticfilesystem:ClientMount"
MOUNT_AND_WRITE: Final = (MOUNT, "elasticfilesystem:ClientWrite")
"""What a job does to a file system with IAM authorization."""

KEY_OF_LOGS_ACTIONS: Final = (
    "kms:Encrypt*",
    "kms:Decrypt*",
    KMS_RE_ENCRYPT_ANY,
    KMS_GENERATE_DATA_KEY_ANY,
    "kms:Describe*",
)
"""What CloudWatch Logs does with the key of a log group."""

CREATE_GRANT: Final = "kms:CreateGrant"
KEY_OF_VOLUMES_ACTIONS: Final = (
    KMS_ENCRYPT,
    DECRYPT,
    KMS_RE_ENCRYPT_ANY,
    KMS_GENERATE_DATA_KEY_ANY,
    KMS_DESCRIBE_KEY,
    CREATE_GRANT,
)
"""What EC2 Auto Scaling does with the key of a volume."""

KEY_OF_TABLES_ACTIONS: Final = tuple(one for one in KEY_OF_VOLUMES_ACTIONS if one != CREATE_GRANT)
"""What DynamoDB does with the key of a table in the name of whoever reads and writes the table.

Without them it says "KMS key access denied" (https://github.com/aws/aws-cdk/issues/10010).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

READ_QUEUE_ACTIONS: Final = (
    SQS_RECEIVE_MESSAGE,
    SQS_DELETE_MESSAGE,
    SQS_GET_QUEUE_ATTRIBUTES,
)
"""What Lambda does with the queue of a function, with the function's role."""

LOOK_AT_QUEUE_ACTIONS: Final = (
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_GET_JOB_QUEUE_SNAPSHOT,
    BATCH_LIST_JOBS,
    BATCH_UPDATE_JOB_QUEUE,
)
"""What else than submitting one does with a job queue."""
