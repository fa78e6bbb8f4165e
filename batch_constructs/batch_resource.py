"""What every resource of AWS Batch is in other people's wiring: an ``IResource`` of the CDK's.

https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/IResource.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Stack
from aws_cdk.interfaces import ResourceEnvironment

from batch_constructs.construct import BatchConstruct

if TYPE_CHECKING:
    from aws_cdk import CfnResource, RemovalPolicy


class BatchResource(BatchConstruct):
    """A resource of AWS Batch, ours or taken in.

    With ``jsii.implements`` and the ``…_ref`` of its kind, JavaScript takes it wherever the CDK
    asks for a reference of that kind (``IJobQueueRef`` and the like).
    """

    _resource: Any = None
    _arn: str | None = None

    @property
    def stack(self) -> Stack:
        """The stack that it belongs to, or was taken into."""
        return Stack.of(self)

    @property
    def env(self) -> ResourceEnvironment:
        """The account and the Region that it is in: those of its ARN, or of its stack."""
        stack = self.stack
        parts = (self._arn or "").split(":")
        if self._resource is None and len(parts) > 5 and parts[0] == "arn":  # noqa: PLR2004  # before the resource's own part
            return ResourceEnvironment(
                account=parts[4] or stack.account, region=parts[3] or stack.region
            )
        return ResourceEnvironment(account=stack.account, region=stack.region)

    def apply_removal_policy(self, policy: RemovalPolicy) -> None:
        """Say what becomes of the resource when it leaves the stack.

        Raises:
            ValueError: it was taken in, and is not this stack's.
        """
        if self._resource is None:
            raise ValueError(
                f"{self.node.path}: it was taken in, and a removal policy is set where it is made"
            )
        made: CfnResource = self._resource
        made.apply_removal_policy(policy)
