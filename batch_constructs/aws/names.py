"""Names of AWS Batch's resources, and the ARNs that are made of them."""

from __future__ import annotations

from functools import cache
from typing import Final

from batch_constructs.aws.bound import Matching
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, api, cloudformation, docs, guide, seen

RESOURCE_NAME_LENGTH: Final = 128

RESOURCE_NAME: Final = Matching(
    r"[A-Za-z0-9_-]+",
    f"1 to {RESOURCE_NAME_LENGTH} letters, digits, hyphens and underscores",
    RESOURCE_NAME_LENGTH,
)
"""The name of a compute environment, a job queue, a job definition and their like."""

RESOURCE_NAME_SOURCE: Final[Source] = cloudformation(
    "aws-resource-batch-quotashare",
    "The pattern of QuotaShareArn: job-queue/[a-zA-Z0-9_\\-]{1,128}; any of these may come first.",
)

GENERATED_NAME_ENDING: Final = 16
"""What CloudFormation puts behind a logical ID, or a part of it, where no name is given."""

GENERATED_NAME_SHORTEST_LIMIT: Final = 40
"""To how many characters it cuts such a name, at the least."""

GENERATED_NAME_SOURCE: Final[Source] = seen(
    "https://github.com/aws/aws-cdk/issues/26128",
    "job-definition/cttsoicatopieriandxdevb-3fac93477d7a86a: 23 characters of the logical ID, a"
    " hyphen and 15 hexadecimal digits.",
)

LONGEST_PARTITION: Final = len("aws-us-gov")
LONGEST_REGION: Final = len("us-isof-south-1")
ACCOUNT_ID_LENGTH: Final = 12

ARN_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference-arns.html",
    "arn:partition:service:region:account-id:resource; of partitions and Regions a test asks"
    " botocore for the longest.",
)

JOB_NAME_LENGTH: Final = 128
"""How long the name of a job may be."""

JOB_NAME: Final = Matching(
    r"[A-Za-z0-9][A-Za-z0-9_-]*",
    f"1 to {JOB_NAME_LENGTH} letters, digits, hyphens and underscores, a letter or a digit first",
    JOB_NAME_LENGTH,
)
"""The name of a job."""

JOB_NAME_SOURCE: Final[Source] = api(
    "SubmitJobRequest.jobName",
    '"It can be up to 128 letters long. The first character must be alphanumeric, can contain'
    ' uppercase and lowercase letters, numbers, hyphens (-), and underscores (_)."',
)

NOT_IN_A_JOB_NAME: Final = pattern(r"[^A-Za-z0-9_-]+")
"""What has to be replaced where a job is called after something else."""

LOG_GROUP_OPTION: Final = "awslogs-group"
"""The option of the awslogs driver that names a log group."""

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where the output of a job goes whose definition names no other log group."""

DEFAULT_LOG_GROUP_SOURCE: Final[Source] = guide(
    "using_awslogs",
    "The option awslogs-group: where it is not specified, /aws/batch/job is used.",
)


LONGEST_ARN: Final = 190
"""Characters of the longest ARN of a queue or a definition, with ``:*`` behind it."""


def arn(
    kind: str,
    name: str,
    *,
    account: str,
    region: str,
    service: str = "batch",
    partition: str = "aws",
) -> str:
    """Write the ARN of a resource, such as ``arn("job-queue", "high", account=…, region=…)``."""
    return f"arn:{partition}:{service}:{region}:{account}:{kind}/{name}"


@cache
def as_member(name: str) -> str:
    """Return the API's member of a CloudFormation property: ``MaxvCpus`` is ``maxvCpus``."""
    return name[:1].lower() + name[1:]
