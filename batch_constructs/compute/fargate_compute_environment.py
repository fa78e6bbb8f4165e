"""Compute environments on Fargate.

https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.aws.compute_environment_facts import EnvironmentType, ResourceType
from batch_constructs.compute.environment_network import Network
from batch_constructs.compute.managed_compute_environment import (
    DEFAULTS,
    EnvironmentAndRoleOptions,
    EnvironmentArguments,
    EnvironmentOptions,
    ManagedComputeEnvironment,
    ServiceRoleOption,
    environment_properties,
    make_environment,
    read_replaced,
)
from batch_constructs.known_argument import known_flag
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from batch_constructs.subnet_selection import SubnetSelectionKeywords
    from batch_constructs.tokens import WholeNumber


@spells_out(EnvironmentOptions, ServiceRoleOption, defaults=DEFAULTS)
class FargateComputeEnvironment(ManagedComputeEnvironment):
    """A compute environment on Fargate or Fargate Spot, with no instances and no cost while idle.

    Creates, below its own ID: ``Resource`` (AWS::Batch::ComputeEnvironment) and, if you pass none,
    ``SecurityGroup/Resource`` (AWS::EC2::SecurityGroup, all outbound and no inbound traffic).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC that jobs run in.
        vpc_subnets: Its subnets, at most 16. Default: the private ones with internet access,
            otherwise the isolated ones, otherwise the public ones, whose jobs need
            ``assign_public_ip``.
        security_groups: Security groups of the jobs, 1 to 5. Default: a new one.
        max_vcpus: The most vCPUs of all running jobs together.
        spot: Whether to use Fargate Spot: cheaper, but interrupted with two minutes' notice; x86
            only.
        replace_compute_environment: Whether CloudFormation replaces the environment even if it
            could be updated in place. Its queues move to the new one, and jobs that still run in
            the old one are terminated. Default: only if it has a service role of its own.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave jobs stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
    """

    resource: batch.CfnComputeEnvironment
    security_groups: list[ec2.ISecurityGroup]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        max_vcpus: WholeNumber = 256,
        spot: bool = False,
        **shared: Unpack[EnvironmentAndRoleOptions],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        own = EnvironmentArguments(**only(EnvironmentAndRoleOptions, shared))
        network = Network(
            arguments, vpc=vpc, vpc_subnets=vpc_subnets, security_groups=security_groups
        )
        on_spot = known_flag(arguments, "spot", spot)
        resources = {
            "Type": ResourceType.FARGATE_SPOT if on_spot is True else ResourceType.FARGATE,
            "MaxvCpus": arguments.number("max_vcpus", max_vcpus, required=True),
            **network.known(),
        }
        properties = environment_properties(
            arguments,
            own,
            kind=EnvironmentType.MANAGED,
            replaced=read_replaced(arguments, own, kind=resources["Type"]),
        )
        arguments.check(
            "AWS::Batch::ComputeEnvironment",
            {**properties, "ComputeResources": resources},
        )
        arguments.refuse()

        call = own.one_call(self)
        resources["Subnets"] = network.subnet_ids
        resources["SecurityGroupIds"] = network.add_security_groups(call, self)
        self._place_in(network)
        self.resource = make_environment(
            self, {**properties, "ComputeResources": resources}, own, call
        )
        self.security_groups = network.security_groups
