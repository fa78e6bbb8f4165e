"""What a resource of AWS Batch is in other people's wiring: an ``IResource`` of the CDK's.

https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/IResource.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from aws_cdk import ReferenceStrength, RemovalPolicy, Stack
from aws_cdk.interfaces import ResourceEnvironment

from batch_constructs.construct import BatchConstruct, made_here
from batch_constructs.jsii_objects import described, kind_of
from batch_constructs.known_scope import known_scope
from batch_constructs.place import region_and_account

if TYPE_CHECKING:
    from abc import abstractmethod

    from aws_cdk import CfnResource
    from constructs import Construct


class BatchResource(BatchConstruct):
    """A resource of AWS Batch, ours or taken in, or what one is made of.

    With ``jsii.implements`` and the ``…_ref`` of its kind, JavaScript takes it wherever the CDK
    asks for a reference of that kind (``IJobQueueRef`` and the like).
    """

    _may_be_elsewhere: ClassVar = True
    _jsii_class = "aws-cdk-lib.Resource"  # so that Resource.is_resource is true of it
    _resource: Any = None
    _arn: str | None = None

    if TYPE_CHECKING:  # a class without a constructor of its own cannot be made

        @abstractmethod
        def __init__(self, scope: Construct, id: str) -> None:
            super().__init__(scope, id)

    @property
    def stack(self) -> Stack:
        """The stack that it belongs to, or was imported into."""
        return Stack.of(self)

    @property
    def env(self) -> ResourceEnvironment:
        """The account and the Region that it is in: those of its ARN, or of its stack."""
        stack = known_scope(self)
        arn = (self._arn or "") if self._resource is None else ""
        region, account = region_and_account(arn)
        return ResourceEnvironment(account=account or stack.account, region=region or stack.region)

    def apply_removal_policy(self, policy: RemovalPolicy) -> None:
        """Set what happens to the resource when it is removed from the stack.

        Raises:
            ValueError: it was imported, and is not this stack's.
            TypeError: it is not a removal policy.
        """
        if not isinstance(policy, RemovalPolicy):
            got = kind_of(policy)
            raise TypeError(f"{self.node.path}: policy is {got}; expected a cdk.RemovalPolicy")
        if self._resource is None:
            raise ValueError(
                f"{self.node.path}: it was imported; a removal policy has to be set where it "
                "is created"
            )
        made: CfnResource = self._resource
        made.apply_removal_policy(policy)

    def apply_cross_stack_reference_strength(self, strength: ReferenceStrength) -> None:
        """Set how other stacks refer to the resource, instead of the app's setting.

        Raises:
            ValueError: it was imported, and no stack refers to another for it.
            TypeError: it is not a strength.
        """
        if not isinstance(strength, ReferenceStrength):
            got = described(strength)
            raise TypeError(
                f"{self.node.path}: strength is {got}; expected a cdk.ReferenceStrength"
            )
        made: CfnResource = made_here(self, self._resource)
        made.apply_cross_stack_reference_strength(strength)
