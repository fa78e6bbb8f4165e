"""The network of jobs: the endpoints and the ports that they need.

https://docs.aws.amazon.com/batch/latest/userguide/vpc-interface-endpoints.html
"""

from __future__ import annotations

from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_DESCRIBE_JOBS,
    BATCH_LIST_JOBS,
    DYNAMODB_UPDATE_ITEM,
    SNS_PUBLISH,
)
from batch_constructs.aws.authorization import SUBMIT
from batch_constructs.aws.bound import Matching
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, docs, guide, seen
from batch_constructs.aws.typing_names import Final

INTERFACES_OF_JOBS: Final = ("ecr.api", "ecr.dkr", "logs")
"""Services that every job needs an interface endpoint of, in subnets without a way out."""

ENDPOINTS_OF_JOBS: Final = (*INTERFACES_OF_JOBS, "s3")
"""Services that every job needs an endpoint of; the layers of images are in S3."""

ENDPOINTS_OF_INSTANCES: Final = ("ecs", "ecs-agent", "ecs-telemetry")
"""Services that container instances need an endpoint of too."""

SECRETS_MANAGER: Final = "secretsmanager"
PARAMETER_STORE: Final = "ssm"
"""Services that jobs with secrets need an endpoint of: what an ARN calls them, too."""

ENDPOINTS_SOURCE: Final[Source] = guide(
    "vpc-interface-endpoints",
    'Considerations: "To run jobs, you must create the interface VPC endpoints for Amazon ECS."'
    " Jobs need Amazon ECR, S3 for the layers of images, and CloudWatch Logs too, and those with"
    " secrets the endpoint of Secrets Manager or Systems Manager. The security group of an endpoint"
    " has to let HTTPS in from the compute environment.",
)

CALLED_BY_FUNCTIONS: Final = {
    "batch": (SUBMIT, BATCH_DESCRIBE_JOBS, BATCH_LIST_JOBS, BATCH_DESCRIBE_JOB_QUEUES),
    "dynamodb": (DYNAMODB_UPDATE_ITEM,),
    "sns": (SNS_PUBLISH,),
}
"""Service, as its endpoint is called → actions that are calls of a function's own code.

What Lambda itself does for the function goes through no VPC: messages of a queue, letters, logs.
"""

CALLS_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/configuration-vpc-internet.html",
    "A function in a VPC reaches what its subnets reach: through a NAT gateway, or the endpoints of"
    " the services that it calls; com.amazonaws.region.batch is that of AWS Batch.",
)

GATEWAY_ENDPOINTS_SOURCE: Final[Source] = docs(
    "vpc/latest/privatelink/vpc-endpoints-s3.html",
    '"Endpoint connections cannot be extended out of a VPC. Resources on the other side of a […]'
    ' VPC peering connection […] cannot use a gateway endpoint to communicate with Amazon S3."',
)

PEER_GROUPS_SOURCE: Final[Source] = docs(
    "vpc/latest/peering/vpc-peering-security-groups.html",
    '"To reference a security group in a peer VPC, the VPC peering connection must be in the active'
    ' state."',
)

CLUSTER_PLACE_SOURCES: Final[tuple[Source, ...]] = (
    docs("AmazonECS/latest/developerguide/clusters.html", '"Clusters are AWS Region specific."'),
    seen(
        "https://github.com/aws/containers-roadmap/issues/956",
        "That an instance registers in a cluster of another account is asked for, and open.",
    ),
)

GROUP_DESCRIPTION_LENGTH: Final = 255
_OF_A_GROUP_DESCRIPTION: Final = r"a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*"

GROUP_DESCRIPTION: Final = Matching(
    f"[{_OF_A_GROUP_DESCRIPTION}]+",
    f"1 to {GROUP_DESCRIPTION_LENGTH} letters, digits and spaces, and ._-:/()#,@[]+=&;{{}}!$*",
    GROUP_DESCRIPTION_LENGTH,
)
"""What describes a security group; the CDK takes the construct's path, if nothing else is said."""

NOT_IN_A_GROUP_DESCRIPTION: Final = pattern(f"[^{_OF_A_GROUP_DESCRIPTION}]")
"""What has to be replaced where it is described by something else."""

NODE_SECURITY_GROUPS: Final = 5
"""How many security groups the interface of a node of a multi-node job takes."""

NODE_SECURITY_GROUPS_SOURCE: Final[Source] = docs(
    "vpc/latest/userguide/amazon-vpc-limits.html", "Security groups per network interface: 5."
)

RULES_A_SECURITY_GROUP: Final = 60
"""Inbound rules of a security group, and as many outbound ones, unless a VPC was given more."""

RULES_A_SECURITY_GROUP_SOURCE: Final[Source] = docs(
    "vpc/latest/userguide/amazon-vpc-limits.html",
    "Inbound or outbound rules per security group: 60, adjustable, counted separately for inbound"
    " and outbound and for IPv4 and IPv6; a rule that names a security group counts as one.",
)

HTTPS: Final = 443
HTTPS_SOURCE: Final[Source] = docs(
    "vpc/latest/privatelink/create-interface-endpoint.html", "Its security group lets in TCP 443."
)

NFS: Final = 2049
"""The port of a mount target."""

MOUNT_TARGET_SOURCE: Final[Source] = docs(
    "efs/latest/ug/manage-fs-access-create-delete-mount-targets.html",
    '"At a minimum, you should create a mount target in each Availability Zone from which you want'
    ' to access the file system."',
)

FILE_SYSTEM_REGION_SOURCE: Final[Source] = docs(
    "efs/latest/ug/mount-different-region.html",
    "From another Region it is mounted only after the configuration of the mount helper and the"
    " hosts of the instance are edited: by no volume of a job.",
)

FILE_SYSTEM_POLICY_SOURCE: Final[Source] = docs(
    "efs/latest/ug/iam-access-control-nfs-efs.html",
    'An "allow" permission on an action in either an IAM identity policy or a file system resource'
    " policy allows access for that action. The default EFS file system policy grants full access"
    " to any anonymous client that can connect to the file system using a mount target;"
    " EFSAuthorizationConfig.iam.",
)

NFS_SOURCE: Final[Source] = docs(
    "efs/latest/ug/network-access.html",
    "The security group of a mount target has to let TCP 2049 in.",
)

PRIVATE_IMAGE: Final = pattern(r"[^/]*\.dkr\.ecr[.-]")
"""How the name of an image begins that is in a private repository of Amazon ECR."""

PUBLIC_REGISTRIES: Final = (
    "public.ecr.aws",
    "docker.io",
    "quay.io",
    "ghcr.io",
    "gcr.io",
    "registry.k8s.io",
)
"""Registries on the internet, which no endpoint leads to."""

SUBNET_ID: Final = Matching(r"subnet-[0-9a-z]+", "an ID such as subnet-0123456789abcdef0")
SECURITY_GROUP_ID: Final = Matching(r"sg-[0-9a-zA-Z]+", "an ID such as sg-0123456789abcdef0")
"""As AWS Lambda has them: other services of AWS take fewer."""

NETWORK_ID_SOURCE: Final[Source] = seen(
    "https://github.com/aws/aws-lambda-dotnet/pull/60",
    'InvalidGroupId.Malformed: Invalid id: "subnet-85f423ba" (expecting "sg-...").'
    " ComputeResource.subnets, ComputeResource.securityGroupIds",
)

SUBNET_MADE_UP: Final = "p-12345"
"""What stands for a subnet, a private one, that a look-up has yet to find."""

LOOKED_UP: Final = frozenset(
    (SUBNET_MADE_UP, "p-67890", "s-12345", "s-67890", "i-12345", "i-67890")
)
"""What the CDK puts for subnets before it has looked them up."""
