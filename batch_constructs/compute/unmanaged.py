"""Compute environments whose instances the user brings.

https://docs.aws.amazon.com/batch/latest/userguide/unmanaged-compute-environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.compute.environment import ComputeEnvironment
from batch_constructs.compute.managed import (
    PARAMETERS,
    EnvironmentArguments,
    environment_properties,
    make_environment,
)
from batch_constructs.compute.roles import make_service_role
from batch_constructs.construct import given
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from constructs import Construct


class UnmanagedComputeEnvironment(ComputeEnvironment):
    """A compute environment whose instances are the user's own, joined to its ECS cluster.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment) and, where no role is
    given, ``ServiceRole/Resource`` (AWS::IAM::Role with AWS's policy for AWS Batch), which is
    deleted after the environment.

    Attributes:
        resource: The L1 resource, for escape hatches and wherever an ``IComputeEnvironmentRef`` is
            asked for.
        service_role: The role of AWS Batch.

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        unmanaged_vcpus: How many vCPUs the instances have together, which shares of a fair-share
            queue are reckoned from. Default: unknown to AWS Batch.
        compute_environment_name: A readable prefix of the name; what follows it changes only when
            the environment has to be replaced. Default: a name that CloudFormation generates.
        enabled: Whether it takes jobs from its queues. Default: yes.
        service_role: The role of AWS Batch, which an unmanaged environment has to be given.
            Default: one of its own.
        tags: Tags of the environment; changing them replaces it. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        unmanaged_vcpus: int | None = None,
        compute_environment_name: str | None = None,
        enabled: bool = True,
        service_role: iam.IRole | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self, scope, id)
        own = EnvironmentArguments(
            compute_environment_name=compute_environment_name,
            enabled=enabled,
            service_role=service_role,
            tags=tags,
        )
        properties = {
            **environment_properties(arguments, own, kind="UNMANAGED", replaced=None),
            **given(UnmanagedvCpus=arguments.number("unmanaged_vcpus", unmanaged_vcpus)),
        }
        self.properties = arguments.check(
            "AWS::Batch::ComputeEnvironment",
            {"ServiceRole": UNKNOWN, **properties},
            PARAMETERS,
        )
        arguments.refuse()

        self.service_role: iam.IRole = (
            make_service_role(self) if service_role is None else service_role
        )
        self.resource = self._resource = make_environment(
            self, {**properties, "ServiceRole": self.service_role.role_arn}, own
        )
        self.resource.node.add_dependency(self.service_role)

    @classmethod
    def from_unmanaged_compute_environment_arn(
        cls, scope: Construct, id: str, unmanaged_compute_environment_arn: str
    ) -> ComputeEnvironment:
        """Take in an unmanaged compute environment by its ARN, under the L2's name for this."""
        return cls.from_compute_environment_arn(scope, id, unmanaged_compute_environment_arn)
