"""Service environments: how much of another AWS service the jobs of a queue may use at once.

https://docs.aws.amazon.com/batch/latest/userguide/service-environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import jsii
from aws_cdk import aws_batch as batch
from aws_cdk.interfaces import aws_batch as batch_interfaces

from batch_constructs.arguments import Arguments
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.job_queue_facts import SERVICE_QUEUE_TYPE
from batch_constructs.batch_resource import BatchResource
from batch_constructs.construct import BatchConstruct, given, l1_properties, made_here
from batch_constructs.place import elsewhere
from batch_constructs.queues.capacity_limit import capacity_limits as read_capacity_limits
from batch_constructs.queues.environment_order import USED_HERE
from batch_constructs.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from batch_constructs.queues.capacity_limit import CapacityLimit

_REFERENCE = Reference(
    noun="service environment", resource=kinds.SERVICE_ENVIRONMENT, attribute="service_environment"
)


@jsii.implements(batch_interfaces.IServiceEnvironmentRef)
class ServiceEnvironment(BatchResource):
    """How many instances of SageMaker Training the jobs of a queue can use at once.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ServiceEnvironment).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        capacity_limits: How many instances: of any type or, if the queue has quota shares, of each
            type.
        service_environment_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one
            that CloudFormation generates.
        enabled: Whether it accepts jobs from its queues. Default: yes.
        tags: Tags of the environment. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-serviceenvironment.html
    """

    _resource: batch.CfnServiceEnvironment | None = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        capacity_limits: Sequence[CapacityLimit],
        service_environment_name: str | None = None,
        enabled: bool = True,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        properties = given(
            ServiceEnvironmentName=arguments.text(
                "service_environment_name", service_environment_name
            ),
            ServiceEnvironmentType=SERVICE_QUEUE_TYPE,
            CapacityLimits=read_capacity_limits(arguments, capacity_limits),
            State=arguments.state("enabled", enabled),
            Tags=arguments.mapping("tags", tags),
        )
        arguments.check("AWS::Batch::ServiceEnvironment", properties)
        arguments.refuse()

        self._resource = batch.CfnServiceEnvironment(
            self,
            "Resource",
            capacity_limits=[l1_properties(limit) for limit in properties["CapacityLimits"]],
            service_environment_type=properties["ServiceEnvironmentType"],
            service_environment_name=properties.get("ServiceEnvironmentName"),
            state=properties["State"],
            tags=properties.get("Tags"),
        )

    @property
    def resource(self) -> batch.CfnServiceEnvironment:
        """The L1 resource, for escape hatches.

        Raises:
            ValueError: the environment was imported.
        """
        return made_here(self, self._resource)

    @property
    def service_environment_arn(self) -> str:
        """The ARN."""
        if self._arn is None:
            self._arn = self.resource.attr_service_environment_arn
        return self._arn

    @property
    def service_environment_name(self) -> str:
        """The name."""
        return _REFERENCE.name(self.service_environment_arn)

    @property
    def service_environment_ref(self) -> batch_interfaces.ServiceEnvironmentReference:
        """The reference that the CDK uses wherever it needs an ``IServiceEnvironmentRef``."""
        return batch_interfaces.ServiceEnvironmentReference(
            service_environment_arn=self.service_environment_arn
        )

    @classmethod
    def from_service_environment_arn(
        cls, scope: Construct, id: str, service_environment_arn: str
    ) -> ServiceEnvironment:
        """Import a service environment by its ARN.

        Raises:
            ValueError: the text is not the ARN of a service environment.
        """
        arn = _REFERENCE.arn(scope, id, service_environment_arn)
        return _ImportedServiceEnvironment(scope, id, arn)

    @classmethod
    def from_service_environment_name(
        cls, scope: Construct, id: str, service_environment_name: str
    ) -> ServiceEnvironment:
        """Import a service environment of the stack's account and Region by its name.

        Raises:
            ValueError: the text is not the name of a service environment.
        """
        arn = _REFERENCE.arn_of_name(scope, id, service_environment_name)
        return _ImportedServiceEnvironment(scope, id, arn)


class _ImportedServiceEnvironment(ServiceEnvironment):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        BatchConstruct.__init__(self, scope, id)
        self._arn = arn


AnyServiceEnvironment: TypeAlias = ServiceEnvironment | batch_interfaces.IServiceEnvironmentRef
"""Ours or an L1."""


def service_environment_arns(arguments: Arguments, environments: Any) -> list[Any]:
    """Return the ARNs of service environments, ours or L1s."""
    expected = "service environments such as ServiceEnvironment(…)"
    arns: list[Any] = []
    for place, one in enumerate(arguments.items("service_environments", environments, expected)):
        if not _REFERENCE.fits(one):
            a_kind = "a service environment such as ServiceEnvironment(…)"
            arns.append(arguments.wrong_type(f"service_environments[{place}]", one, a_kind))
            continue
        arns.append(_REFERENCE.arn_of(one))
        problem = elsewhere(arguments.construct, arns[-1], USED_HERE, resource=one)
        if problem is not None:
            arguments.wrong_value(f"service_environments[{place}]: {problem}")
    return arns
