"""Environment variables that AWS Batch, Amazon ECS and AWS's SDKs set or read in a container.

https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
"""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final

JOB_ID: Final = "AWS_BATCH_JOB_ID"
JOB_ATTEMPT: Final = "AWS_BATCH_JOB_ATTEMPT"
QUEUE_NAME: Final = "AWS_BATCH_JQ_NAME"
ENVIRONMENT_NAME: Final = "AWS_BATCH_CE_NAME"
ARRAY_INDEX: Final = "AWS_BATCH_JOB_ARRAY_INDEX"
ARRAY_SIZE: Final = "AWS_BATCH_JOB_ARRAY_SIZE"
NODE_INDEX: Final = "AWS_BATCH_JOB_NODE_INDEX"
MAIN_NODE_INDEX: Final = "AWS_BATCH_JOB_MAIN_NODE_INDEX"
NODES: Final = "AWS_BATCH_JOB_NUM_NODES"
MAIN_NODE_ADDRESS: Final = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"

METADATA_URI: Final = "ECS_CONTAINER_METADATA_URI_V4"
EXECUTION_ENVIRONMENT: Final = "AWS_EXECUTION_ENV"
ON_FARGATE: Final = "AWS_ECS_FARGATE"
ON_INSTANCES: Final = "AWS_ECS_EC2"
"""What it may be."""

CREDENTIALS_URI: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
CREDENTIALS_PROOF: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

ACCESS_KEY_ID: Final = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  # a name
SESSION_TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105  # a name
REGION: Final = "AWS_REGION"
DEFAULT_REGION: Final = "AWS_DEFAULT_REGION"
ENDPOINT_URL: Final = "AWS_ENDPOINT_URL"
CONFIG_FILE: Final = "AWS_CONFIG_FILE"
SHARED_CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
NO_INSTANCE_METADATA: Final = "AWS_EC2_METADATA_DISABLED"

AGENT_CLUSTER: Final = "ECS_CLUSTER"
AGENT_DRAINING: Final = "ECS_ENABLE_SPOT_INSTANCE_DRAINING"
AGENT_IMAGE_PULL: Final = "ECS_IMAGE_PULL_BEHAVIOR"
AGENT_TIMEOUTS: Final = {
    "image_pull_timeout": "ECS_IMAGE_PULL_TIMEOUT",
    "container_create_timeout": "ECS_CONTAINER_CREATE_TIMEOUT",
    "container_start_timeout": "ECS_CONTAINER_START_TIMEOUT",
}
AGENT_NO_INSTANCE_METADATA: Final = "ECS_AWSVPC_BLOCK_IMDS"
"""Of the container agent of Amazon ECS.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
"""
