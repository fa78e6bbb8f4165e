"""Actions and condition keys that policies in several rooms name.

What a group of them is for is said in ``role_actions``.
"""

from __future__ import annotations

from batch_constructs.aws import operations
from batch_constructs.aws.typing_names import Final

BATCH_DEREGISTER_JOB_DEFINITION: Final = f"batch:{operations.DEREGISTER_JOB_DEFINITION}"
BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS: Final = f"batch:{operations.DESCRIBE_COMPUTE_ENVIRONMENTS}"
BATCH_DESCRIBE_CONSUMABLE_RESOURCE: Final = f"batch:{operations.DESCRIBE_CONSUMABLE_RESOURCE}"
BATCH_DESCRIBE_JOBS: Final = f"batch:{operations.DESCRIBE_JOBS}"
BATCH_DESCRIBE_JOB_DEFINITIONS: Final = f"batch:{operations.DESCRIBE_JOB_DEFINITIONS}"
BATCH_DESCRIBE_JOB_QUEUES: Final = f"batch:{operations.DESCRIBE_JOB_QUEUES}"
BATCH_GET_JOB_QUEUE_SNAPSHOT: Final = f"batch:{operations.GET_JOB_QUEUE_SNAPSHOT}"
BATCH_LIST_JOBS: Final = f"batch:{operations.LIST_JOBS}"
BATCH_REGISTER_JOB_DEFINITION: Final = f"batch:{operations.REGISTER_JOB_DEFINITION}"
BATCH_SUBMIT_SERVICE_JOB: Final = f"batch:{operations.SUBMIT_SERVICE_JOB}"
BATCH_TERMINATE_JOB: Final = f"batch:{operations.TERMINATE_JOB}"
BATCH_UNTAG_RESOURCE: Final = f"batch:{operations.UNTAG_RESOURCE}"
BATCH_UPDATE_COMPUTE_ENVIRONMENT: Final = f"batch:{operations.UPDATE_COMPUTE_ENVIRONMENT}"
BATCH_UPDATE_CONSUMABLE_RESOURCE: Final = f"batch:{operations.UPDATE_CONSUMABLE_RESOURCE}"
BATCH_UPDATE_JOB_QUEUE: Final = f"batch:{operations.UPDATE_JOB_QUEUE}"
CLOUDWATCH_GET_METRIC_DATA: Final = "cloudwatch:GetMetricData"
EC2_CREATE_TAGS: Final = "ec2:CreateTags"
EC2_DESCRIBE_INSTANCES: Final = "ec2:DescribeInstances"
DYNAMODB_UPDATE_ITEM: Final = "dynamodb:UpdateItem"
EC2_DESCRIBE_NETWORK_INTERFACES: Final = "ec2:DescribeNetworkInterfaces"
EC2_DESCRIBE_SUBNETS: Final = "ec2:DescribeSubnets"
ECS_DESCRIBE_CLUSTERS: Final = "ecs:DescribeClusters"
EVENTS_INVOKE_API_DESTINATION: Final = "events:InvokeApiDestination"
EVENTS_LIST_EVENT_BUSES: Final = "events:ListEventBuses"
EVENTS_LIST_RULES: Final = "events:ListRules"
EVENTS_PUT_EVENTS: Final = "events:PutEvents"
IAM_PASS_ROLE: Final = "iam:PassRole"  # noqa: S105  # an action
KMS_DESCRIBE_KEY: Final = "kms:DescribeKey"
KMS_ENCRYPT: Final = "kms:Encrypt"
KMS_GENERATE_DATA_KEY: Final = "kms:GenerateDataKey"
KMS_GENERATE_DATA_KEY_ANY: Final = "kms:GenerateDataKey*"
KMS_RE_ENCRYPT_ANY: Final = "kms:ReEncrypt*"
LAMBDA_INVOKE_FUNCTION: Final = "lambda:InvokeFunction"
LOGS_CREATE_LOG_STREAM: Final = "logs:CreateLogStream"
LOGS_PUT_LOG_EVENTS: Final = "logs:PutLogEvents"
S3_GET_BUCKET_POLICY: Final = "s3:GetBucketPolicy"
S3_GET_OBJECT: Final = "s3:GetObject"
S3_LIST_BUCKET: Final = "s3:ListBucket"
S3_PUT_OBJECT: Final = "s3:PutObject"
S3EXPRESS_CREATE_SESSION: Final = "s3express:CreateSession"
SCHEDULER_LIST_SCHEDULES: Final = "scheduler:ListSchedules"
SNS_PUBLISH: Final = "sns:Publish"
SQS_DELETE_MESSAGE: Final = "sqs:DeleteMessage"
SQS_GET_QUEUE_ATTRIBUTES: Final = "sqs:GetQueueAttributes"
SQS_GET_QUEUE_URL: Final = "sqs:GetQueueUrl"
SQS_RECEIVE_MESSAGE: Final = "sqs:ReceiveMessage"
SQS_SEND_MESSAGE: Final = "sqs:SendMessage"
SSM_GET_PARAMETER: Final = "ssm:GetParameter"
STATES_START_EXECUTION: Final = "states:StartExecution"
STS_ASSUME_ROLE: Final = "sts:AssumeRole"

LAMBDA_SOURCE_FUNCTION: Final = "lambda:SourceFunctionArn"
PASSED_TO_SERVICE: Final = "iam:PassedToService"
SOURCE_ACCOUNT: Final = "aws:SourceAccount"
SOURCE_ARN: Final = "aws:SourceArn"
SOURCE_OWNER: Final = "aws:SourceOwner"
"""What a new topic's own policy asks for, and alarms have.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
"""

PRINCIPAL_ORGANIZATION: Final = "aws:PrincipalOrgID"
VIA_SERVICE: Final = "kms:ViaService"
ENCRYPTED_LOG_GROUP: Final = "kms:EncryptionContext:aws:logs:arn"
"""Condition keys."""
