"""AWS managed policies that people attach to the roles around AWS Batch, and what they allow.

The documents in ``managed_policies.json`` are written by ``scripts/make_managed_policies.py``; each
has its version and the date on which AWS changed it last.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.actions import SSM_GET_PARAMETER
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import GET_PARAMETERS, GET_SECRET
from batch_constructs.aws.source import Source, api, docs, guide
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import Any, Final

BATCH_SERVICE: Final = "service-role/AWSBatchServiceRole"
ECS_INSTANCE: Final = "service-role/AmazonEC2ContainerServiceforEC2Role"
SPOT_FLEET: Final = "service-role/AmazonEC2SpotFleetTaggingRole"
TASK_EXECUTION: Final = "service-role/AmazonECSTaskExecutionRolePolicy"
SESSION_MANAGER: Final = "AmazonSSMManagedInstanceCore"
REPORT_INSTANCE: Final = "ssm:UpdateInstanceInformation"
SESSION_CHANNELS: Final = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
SESSION_ACTIONS: Final = (REPORT_INSTANCE, *SESSION_CHANNELS)
"""What Session Manager needs of an instance.

https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
"""

INSTANCE_CREDENTIALS_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/ec2-security-considerations.html",
    "Only containers with a network interface of their own can be kept from the credentials of the"
    " instance profile; those of a single-node job on EC2 use the instance's network"
    " (github.com/aws/containers-roadmap/issues/2332), and so do pods unless EksPodProperties."
    "hostNetwork is false.",
)
READS_OF_SECRETS: Final = (
    SSM_GET_PARAMETER,
    GET_PARAMETERS,
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    GET_SECRET,
    "secretsmanager:BatchGetSecretValue",
)
"""Actions that read what an account keeps secret."""

EKS_NODE: Final = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKS_CNI_Policy",
)
MANAGED_INSTANCE: Final = "AmazonECSInstanceRolePolicyForManagedInstances"
MANAGED_INFRASTRUCTURE: Final = "AmazonECSInfrastructureRolePolicyForManagedInstances"

OLD_SPOT_FLEET: Final = "AmazonEC2SpotFleetRole"
"""AWS lists it no more; roles of old have it still."""

SPOT_FLEET_SOURCE: Final[Source] = api(
    "ComputeResource.spotIamFleetRole",
    '"This role is required if the allocation strategy set to BEST_FIT or if the allocation'
    " strategy isn't specified. … The previously recommended AmazonEC2SpotFleetRole managed"
    " policy doesn't have the required permissions to tag Spot Instances.\"",
)
ECS_INSTANCE_SOURCE: Final[Source] = guide(
    "instance_IAM_role", "The policy of the role is AmazonEC2ContainerServiceforEC2Role."
)
TASK_EXECUTION_SOURCE: Final[Source] = guide(
    "execution-IAM-role",
    '"This policy contains the required permissions for the common use cases"',
)
BATCH_SERVICE_SOURCE: Final[Source] = guide(
    "service_IAM_role", "The policy of a custom service role is AWSBatchServiceRole."
)

ALMOST_EVERYTHING: Final = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
"""Policies with which a role may do, or give itself, nearly all that there is."""


class ManagedPolicy(Record):
    """A managed policy of AWS's.

    Attributes:
        name: its name with its path, as it stands behind ``policy/`` in its ARN.
        version: its default version.
        date: when AWS changed it last.
        document: what it allows.
    """

    name: str
    version: str
    date: str
    document: dict[str, Any]

    @property
    def source(self) -> Source:
        """AWS's page."""
        plain = self.name.rpartition("/")[2]
        return docs(
            f"aws-managed-policy/latest/reference/{plain}.html", f"{self.version} of {self.date}"
        )


@cache
def managed_policies() -> dict[str, ManagedPolicy]:
    """Give the policies that are known, by their name without a path."""
    written = read("managed_policies")
    return {
        name: ManagedPolicy(
            f"{one['path']}/{name}".lstrip("/"), one["version"], one["date"], one["document"]
        )
        for name, one in written.items()
    }
