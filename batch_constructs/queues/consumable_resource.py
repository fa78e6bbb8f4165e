"""Consumable resources: licenses, tokens, quotas that a job needs besides vCPUs and memory.

https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import Arguments
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_CONSUMABLE_RESOURCE,
    BATCH_UPDATE_CONSUMABLE_RESOURCE,
)
from batch_constructs.aws.scheduling import LARGEST_QUANTITY, NON_REPLENISHABLE, REPLENISHABLE
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import BatchConstruct, given, made_here
from batch_constructs.grants import grant
from batch_constructs.known_argument import known_flag
from batch_constructs.reference import Reference
from batch_constructs.replaceable_name import RemembersOverrides, read_name, replaceable_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.tokens import WholeNumber

_REFERENCE = Reference(
    noun="consumable resource", resource=kinds.CONSUMABLE_RESOURCE, attribute="consumable_resource"
)


class _NamedConsumableResource(RemembersOverrides, batch.CfnConsumableResource):
    """The L1 of a resource whose name changes with it."""


def _create_only(resource: _NamedConsumableResource) -> dict[str, Any]:
    """Return what changes where another resource has to be made."""
    now = resource.with_overrides({"ResourceType": resource.resource_type})
    return {"Path": resource.node.path, "ResourceType": now.get("ResourceType")}


@jsii.implements(batch_interfaces.IConsumableResourceRef)
class ConsumableResource(BatchResource):
    """Something that jobs borrow or use up, such as licenses. A job waits until there is enough.

    Definitions take it as ``consumable_resources={licenses: 1}``.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ConsumableResource).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        total_quantity: How much there is, a whole number.
        replenishable: Whether a job returns what it used when it ends, like a license. Default:
            yes.
        consumable_resource_name: A readable prefix of the name. The rest changes only with
            ``replenishable``, which needs a new resource. Default: a name that CloudFormation
            generates.
        exact_name: The whole name, instead of a prefix. A change of ``replenishable`` then fails to
            deploy until you change this name too, because the old resource still has it. Default:
            none.
        tags: Tags of the resource. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-consumableresource.html
    """

    _resource: batch.CfnConsumableResource | None = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        total_quantity: WholeNumber,
        replenishable: bool = True,
        consumable_resource_name: str | None = None,
        exact_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        comes_back = known_flag(arguments, "replenishable", replenishable)
        properties = given(
            ConsumableResourceName=read_name(
                arguments, "consumable_resource_name", consumable_resource_name, exact_name
            ),
            ResourceType=NON_REPLENISHABLE if comes_back is False else REPLENISHABLE,
            TotalQuantity=arguments.number("total_quantity", total_quantity, most=LARGEST_QUANTITY),
            Tags=arguments.mapping("tags", tags),
        )
        arguments.check("AWS::Batch::ConsumableResource", properties)
        arguments.refuse()

        name = properties.get("ConsumableResourceName")
        exact = consumable_resource_name is None
        make = batch.CfnConsumableResource if exact else _NamedConsumableResource
        resource = self._resource = make(
            self,
            "Resource",
            resource_type=properties["ResourceType"],
            total_quantity=properties["TotalQuantity"],
            consumable_resource_name=name
            if exact
            else replaceable_name(
                str(name), lambda: _create_only(cast("_NamedConsumableResource", resource))
            ),
            tags=properties.get("Tags"),
        )

    @property
    def resource(self) -> batch.CfnConsumableResource:
        """The L1 resource, for escape hatches.

        Raises:
            ValueError: the resource was imported.
        """
        return made_here(self, self._resource)

    @property
    def consumable_resource_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self.resource.attr_consumable_resource_arn
        return self._arn

    @property
    def consumable_resource_name(self) -> str:
        """The name."""
        return _REFERENCE.name(self.consumable_resource_arn)

    @property
    def consumable_resource_ref(self) -> batch_interfaces.ConsumableResourceReference:
        """The reference that the CDK uses wherever it needs an ``IConsumableResourceRef``."""
        return batch_interfaces.ConsumableResourceReference(
            consumable_resource_arn=self.consumable_resource_arn
        )

    @property
    def grants(self) -> batch.ConsumableResourceGrants:
        """The CDK's own grants for consumable resources: ``read`` and ``update``."""
        return batch.ConsumableResourceGrants.from_consumable_resource(self)

    def grant_update(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a grantee to change the quantity, for example when licenses are bought.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the grantee is in another account, or has no policies.
        """
        actions = [BATCH_DESCRIBE_CONSUMABLE_RESOURCE, BATCH_UPDATE_CONSUMABLE_RESOURCE]
        arn = self.consumable_resource_arn
        return grant(self, arn, grantee, [(actions, [arn])])

    @classmethod
    def from_consumable_resource_arn(
        cls, scope: Construct, id: str, consumable_resource_arn: str
    ) -> ConsumableResource:
        """Import a consumable resource by its ARN.

        Raises:
            ValueError: the text is not the ARN of a consumable resource.
        """
        arn = _REFERENCE.arn(scope, id, consumable_resource_arn)
        return _ImportedConsumableResource(scope, id, arn)

    @classmethod
    def from_consumable_resource_name(
        cls, scope: Construct, id: str, consumable_resource_name: str
    ) -> ConsumableResource:
        """Import a consumable resource of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a consumable resource.
        """
        arn = _REFERENCE.arn_of_name(scope, id, consumable_resource_name)
        return _ImportedConsumableResource(scope, id, arn)


class _ImportedConsumableResource(ConsumableResource):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        BatchConstruct.__init__(self, scope, id)
        self._arn = arn
