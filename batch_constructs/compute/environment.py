"""What every compute environment has: an ARN, a name, and a place in other people's wiring.

https://docs.aws.amazon.com/batch/latest/userguide/compute_environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.offers import offers
from batch_constructs.unknown import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_batch as batch
    from aws_cdk.interfaces import aws_batch as batch_interfaces
    from constructs import Construct

    AnyComputeEnvironment: TypeAlias = (
        "ComputeEnvironment | batch.IComputeEnvironment | batch_interfaces.IComputeEnvironmentRef"
    )
    """Ours, an ``aws_batch`` L2 or an L1."""


class ComputeEnvironment(BatchConstruct):
    """A compute environment, ours or imported: its ARN and its name.

    Compute environments are made by ``FargateComputeEnvironment``, ``Ec2ComputeEnvironment``,
    ``SpotComputeEnvironment`` and ``UnmanagedComputeEnvironment``; this class takes in those that
    exist already.

    Attributes:
        properties: The CloudFormation properties as the rules see them; empty where imported.
    """

    _resource: batch.CfnComputeEnvironment
    _arn: str | None = None
    properties: Mapping[str, object] = {}  # replaced as a whole, never changed

    @property
    def compute_environment_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self._resource.attr_compute_environment_arn
        return self._arn

    @property
    def compute_environment_name(self) -> str:
        """The name."""
        arn = self.compute_environment_arn
        if ":compute-environment/" in arn:
            return arn.split(":compute-environment/", 1)[1]
        from aws_cdk import Fn  # noqa: PLC0415  # the CDK is loaded when a construct is made

        return Fn.select(1, Fn.split("/", arn))

    @classmethod
    def from_compute_environment_arn(
        cls, scope: Construct, id: str, compute_environment_arn: str
    ) -> ComputeEnvironment:
        """Take in a compute environment by its ARN.

        Raises:
            ValueError: the text is no compute environment's ARN.
        """
        return _ImportedComputeEnvironment(scope, id, compute_environment_arn)

    @classmethod
    def from_compute_environment_name(
        cls, scope: Construct, id: str, compute_environment_name: str
    ) -> ComputeEnvironment:
        """Take in a compute environment of the stack's account and Region by its name."""
        arn = f"{arn_prefix('batch')}compute-environment/{compute_environment_name}"
        return _ImportedComputeEnvironment(scope, id, arn)


class _ImportedComputeEnvironment(ComputeEnvironment):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        super().__init__(scope, id)
        if not isinstance(arn, str) or not (is_token(arn) or ":compute-environment/" in arn):
            raise ValueError(
                f"{self.node.path}: {arn!r} is not a compute environment's ARN; expected "
                "arn:aws:batch:REGION:ACCOUNT:compute-environment/NAME"
            )
        self._arn = arn


def is_compute_environment(value: object) -> bool:
    """Whether a value is a compute environment: ours, an L2 or an L1."""
    return offers(value, "compute_environment_arn") or offers(value, "compute_environment_ref")


def compute_environment_arn(environment: AnyComputeEnvironment) -> str:
    """Return the ARN of a compute environment that ``is_compute_environment`` accepts."""
    known: Any = environment
    if offers(known, "compute_environment_arn"):
        return str(known.compute_environment_arn)
    return str(known.compute_environment_ref.compute_environment_arn)
