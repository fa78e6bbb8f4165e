"""What every compute environment has: an ARN, a name, and a place in other people's wiring.

https://docs.aws.amazon.com/batch/latest/userguide/compute_environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import checked
from batch_constructs.aws.resource_states import State
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import made_here
from batch_constructs.reference import COMPUTE_ENVIRONMENT

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct


@jsii.implements(batch.IComputeEnvironment)
class ComputeEnvironment(BatchResource):
    """A compute environment, ours or imported: its ARN and its name.

    Compute environments are created with ``FargateComputeEnvironment``, ``Ec2ComputeEnvironment``,
    ``SpotComputeEnvironment``, ``EksComputeEnvironment``, ``ManagedInstancesComputeEnvironment``
    and ``UnmanagedComputeEnvironment``; this class imports existing ones.
    """

    _instead = (
        "create a FargateComputeEnvironment, an Ec2ComputeEnvironment, a SpotComputeEnvironment, "
        "an EksComputeEnvironment, a ManagedInstancesComputeEnvironment or an "
        "UnmanagedComputeEnvironment, or import one with "
        "ComputeEnvironment.from_compute_environment_arn or from_compute_environment_name"
    )
    _resource: batch.CfnComputeEnvironment | None = None
    _service_role: iam.IRole | None = None

    @property
    def compute_environment_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = made_here(self, self._resource).attr_compute_environment_arn
        return self._arn

    @property
    def compute_environment_name(self) -> str:
        """The name."""
        return COMPUTE_ENVIRONMENT.name(self.compute_environment_arn)

    @property
    def compute_environment_ref(self) -> batch_interfaces.ComputeEnvironmentReference:
        """The reference that the CDK uses wherever it needs an ``IComputeEnvironmentRef``."""
        return batch_interfaces.ComputeEnvironmentReference(
            compute_environment_arn=self.compute_environment_arn
        )

    @property
    def enabled(self) -> bool:
        """Whether it accepts jobs; assumed for imported environments and tokens."""
        seen = checked(self)
        return seen is None or seen.properties.get("State") != State.DISABLED

    @property
    def service_role(self) -> iam.IRole | None:
        """The role that AWS Batch uses; None for the service-linked role, or if unknown."""
        return self._service_role

    @classmethod
    def from_compute_environment_arn(
        cls, scope: Construct, id: str, compute_environment_arn: str
    ) -> ComputeEnvironment:
        """Import a compute environment by its ARN.

        Raises:
            ValueError: the text is not the ARN of a compute environment.
        """
        arn = COMPUTE_ENVIRONMENT.arn(scope, id, compute_environment_arn)
        return _ImportedComputeEnvironment(scope, id, arn)

    @classmethod
    def from_compute_environment_name(
        cls, scope: Construct, id: str, compute_environment_name: str
    ) -> ComputeEnvironment:
        """Import a compute environment of the stack's account and Region by its name."""
        arn = COMPUTE_ENVIRONMENT.arn_of_name(scope, id, compute_environment_name)
        return _ImportedComputeEnvironment(scope, id, arn)


class _ImportedComputeEnvironment(ComputeEnvironment):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        super().__init__(scope, id)
        self._arn = arn


AnyComputeEnvironment: TypeAlias = (
    ComputeEnvironment | batch.IComputeEnvironment | batch_interfaces.IComputeEnvironmentRef
)
"""Ours, an ``aws_batch`` L2 or an L1."""


def is_compute_environment(value: object) -> bool:
    """Whether a value is a compute environment: ours, an L2 or an L1."""
    return COMPUTE_ENVIRONMENT.fits(value)


def compute_environment_arn(environment: AnyComputeEnvironment) -> str:
    """Return the ARN of a compute environment: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    return COMPUTE_ENVIRONMENT.arn_of(environment)
