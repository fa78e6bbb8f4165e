"""Names of AWS Batch's resources, and the ARNs that are made of them."""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.bound import Matching
from batch_constructs.aws.consoles import CONSOLES
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, api, cloudformation, docs, guide, seen
from batch_constructs.aws.typing_names import Final, TypeGuard

_CHARACTERS: Final = "A-Za-z0-9_-"

RESOURCE_NAME_LENGTH: Final = 128

RESOURCE_NAME: Final = Matching(
    f"[{_CHARACTERS}]+",
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
    " hyphen and 15 hexadecimal digits, 16 characters in all; 40 in all at the least.",
)

GENERATED_NAME_SHORTEST_ENDING: Final = 13
"""What it puts at least behind a logical ID."""

GENERATED_NAME_ENDING_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/aws-properties-name.html",
    "MyStack-MyBucket-abcdefghijk1: a hyphen and 12 characters behind the logical ID, 13 in all.",
)

SECRET_ENDING: Final = 6
"""Characters that Secrets Manager puts behind a secret's name and a hyphen."""

SECRET_ENDING_SOURCE: Final[Source] = docs(
    "secretsmanager/latest/apireference/API_CreateSecret.html",
    "Secrets Manager adds a hyphen and 6 random characters behind the name, in the ARN.",
)

LONGEST_PARTITION: Final = max(map(len, CONSOLES))
LONGEST_REGION: Final = len("us-isof-south-1")
SHORTEST_PARTITION: Final = min(map(len, CONSOLES))
SHORTEST_REGION: Final = len("us-east-1")
ACCOUNT_ID_LENGTH: Final = 12

ACCOUNT: Final = Matching(r"\d{12}", "the twelve digits of an account")
ORGANIZATION: Final = Matching(
    r"o-[a-z0-9]{10,32}", "o- and 10 to 32 lower-case letters and digits, such as o-a1b2c3d4e5"
)
"""The ID of an organization; organizational units begin with ``ou-``."""

ORGANIZATION_SOURCE: Final[Source] = docs(
    "organizations/latest/APIReference/API_Organization.html",
    'Id: "a string that begins with "o-", followed by a hyphen and 10 to 32 lowercase letters or'
    ' digits"',
)

REGION_CODE: Final = Matching(r"[a-z]+(?:-[a-z]+)+-\d{1,2}", "codes of Regions, such as us-east-1")
"""The shape of a Region's code; which Regions there are, a test asks botocore."""

PARAMETER_NAME: Final = Matching(
    r"[A-Za-z0-9_./-]+", "letters, digits, underscores, periods, hyphens and slashes"
)
"""The name of a parameter of Parameter Store."""

PARAMETER_NAME_SOURCE: Final[Source] = docs(
    "systems-manager/latest/APIReference/API_PutParameter.html",
    '"Parameter names can include only the following symbols and letters: a-zA-Z0-9_.-"; slashes'
    " divide hierarchies.",
)

ARN_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference-arns.html",
    "arn:partition:service:region:account-id:resource has 5 colons before the resource, 12 digits"
    " of an account; all of it stays below 190 here. Of partitions and Regions a test asks"
    " botocore for the longest and the shortest.",
)

JOB_NAME_LENGTH: Final = 128
"""How long the name of a job may be."""

JOB_NAME: Final = Matching(
    f"[A-Za-z0-9][{_CHARACTERS}]*",
    f"1 to {JOB_NAME_LENGTH} letters, digits, hyphens and underscores, a letter or a digit first",
    JOB_NAME_LENGTH,
)
"""The name of a job."""

JOB_NAME_SOURCE: Final[Source] = api(
    "SubmitJobRequest.jobName",
    '"It can be up to 128 letters long. The first character must be alphanumeric, can contain'
    ' uppercase and lowercase letters, numbers, hyphens (-), and underscores (_)."',
)

NOT_IN_A_JOB_NAME: Final = pattern(f"[^{_CHARACTERS}]+")
"""What has to be replaced where a job is called after something else."""

NAME_BEGINS: Final = f"(?<![{_CHARACTERS}])"
"""The pattern of a place in a text where a name may begin."""

LOG_GROUP_OPTION: Final = "awslogs-group"
"""The option of the awslogs driver that names a log group."""

LOG_REGION_OPTION: Final = "awslogs-region"
"""The option of the awslogs driver that names the log group's Region; by default the job's."""

FUNCTION_LOG_GROUPS: Final = "/aws/lambda/"
"""How the log group of a function is called that has no other, before the function's name."""

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where the output of a job goes whose definition names no other log group."""

DEFAULT_LOG_GROUP_SOURCE: Final[Source] = guide(
    "using_awslogs",
    "The option awslogs-group: where it is not specified, /aws/batch/job is used.",
)


MANAGED_TOPIC_KEY: Final = "alias/aws/sns"
MANAGED_QUEUE_KEY: Final = "alias/aws/sqs"
"""The keys of AWS's own that a topic or a queue may be encrypted with.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
"""

REGISTRY: Final = ".dkr.ecr."
"""What stands between account and Region in the address of a private registry of images.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
"""

AWS_POLICY: Final = ":iam::aws:policy/"
"""What the ARN of a policy of AWS's own has before its path.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

OF_A_ROLE: Final = ":role/"
"""What the ARN of a role has before its path.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

EVENT_BUS: Final = ":event-bus/"
"""What the ARN of an event bus holds before its name."""

DEFAULT_EVENT_BUS: Final = "default"
"""The bus of an account whose name no ARN of a rule has; `metrics.EVENT_BUS_SOURCE`."""

OF_A_PARAMETER: Final = ":parameter"
"""What the ARN of a parameter of Parameter Store holds before its name and the slash of that."""

PARAMETER_STORE: Final = ":ssm:"
"""What every ARN of Parameter Store's holds."""

SECRETS_MANAGER: Final = ":secretsmanager:"
"""What every ARN of Secrets Manager's holds."""

LATEST_VERSION: Final = "$LATEST"
"""The version of a function that is changed in place.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

LONGEST_ARN: Final = 190
"""Characters of the longest ARN of a queue or a definition, with ``:*`` behind it."""

ARN_PARTS: Final = 5
"""How many colons stand before the resource of an ARN."""

STATES_INTEGRATION: Final = "states:::"
STATES_SUBMIT_JOB: Final = f"{STATES_INTEGRATION}batch:submitJob"
STATES_CALL: Final = f"{STATES_INTEGRATION}aws-sdk:batch:"
SCHEDULER_CALL: Final = "scheduler:::aws-sdk:"
SCHEDULER_SUBMIT_JOB: Final = f"{SCHEDULER_CALL}batch:submitJob"
"""What follows ``arn:PARTITION:`` where Step Functions or Scheduler calls AWS Batch; any service
stands behind ``SCHEDULER_CALL``, with a colon and the operation.
"""

STATES_WAIT: Final = ".sync"
"""What stands behind a submission where the state machine waits for the job."""

STATES_CALL_BACK: Final = ".waitForTaskToken"
"""What stands behind a call of the SDK's integration that waits for a token to come back."""

SUBMIT_JOB_SOURCE: Final[Source] = docs(
    "step-functions/latest/dg/connect-batch.html",
    "The Resource of an optimized submission, of one by the SDK's integration, and of Scheduler's"
    " universal target.",
)


def is_arn(text: object) -> TypeGuard[str]:
    """Tell whether a value is an ARN."""
    return isinstance(text, str) and text.startswith("arn:")


def form(service: str, rest: str, *, region: str = "[^:]*", account: str = "[^:]*") -> str:
    """Write the pattern of an ARN."""
    return f"arn:[^:]+:{service}:{region}:{account}:{rest}"


ROLE_ARN: Final = Matching(
    form("iam", "role/.+", region="", account=ACCOUNT.pattern),
    "the ARN of a role, such as arn:aws:iam::123456789012:role/Deploys",
)

ROLE: Final = Matching(
    rf"(?!arn:)[\w+=,.@/-]*|{form('iam', 'role/.+', region='')}",
    "the ARN of a role, such as arn:aws:iam::123456789012:role/Jobs, or its name",
)

SECRET_FORM: Final = form("secretsmanager", "secret:[^:]*")
"""The pattern of a secret's ARN, behind which a key, a stage and a version may be named."""


def root_of(account: str) -> str:
    """Write the principal that stands for an account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    return f"arn:aws:iam::{account}:root"


def every(kind: str, name: str = "*") -> str:
    """Write what an ARN ends with that means every resource of a kind, whatever stands for it."""
    return f"{kind}/{name}"


def marker(kind: str) -> str:
    """Give what the ARN of a kind of resource holds, and no other."""
    return f":{kind}/"


def log_group_in_arn(name: str) -> str:
    """Write what the ARN of a log group ends with.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    """
    return f"log-group:{name}"


def quota_share(queue: str, share: str) -> str:
    """Write what an ARN ends with that means a quota share, or all that a pattern means."""
    return f"{queue}/quota-share/{share}"


def arn(
    kind: str,
    name: str,
    *,
    account: str,
    region: str,
    service: str = "batch",
    partition: str = "aws",
    separator: str = "/",
) -> str:
    """Write the ARN of a resource, such as ``arn("job-queue", "high", account=…, region=…)``."""
    return f"arn:{partition}:{service}:{region}:{account}:{kind}{separator}{name}"


def service_in(arn: str) -> str:
    """Return the service of an ARN; empty text of what is none."""
    return "".join(arn.split(":")[2:3])


def account_in(arn: str) -> str:
    """Return the account of an ARN; empty text where it has none."""
    return "".join(arn.split(":")[4:5])


def log_stream(group_arn: str, stream: str) -> str:
    """Write the ARN of a log stream, by that of its group, with or without what covers streams."""
    return f"{group_arn.removesuffix(':*')}:log-stream:{stream}"


@cache
def as_member(name: str) -> str:
    """Return the API's member of a CloudFormation property: ``MaxvCpus`` is ``maxvCpus``."""
    return name[:1].lower() + name[1:]


def as_property(member: str) -> str:
    """Return a member of the API with a capital, as Step Functions and Scheduler spell it."""
    return member[:1].upper() + member[1:]
