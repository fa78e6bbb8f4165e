"""VPC endpoints: how jobs in subnets without a way out reach exactly what they need.

https://docs.aws.amazon.com/batch/latest/userguide/vpc-interface-endpoints.html
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from batch_constructs.admitted_traffic import admit_environment
from batch_constructs.arguments import Arguments, checked
from batch_constructs.aws.bound import refused
from batch_constructs.aws.compute_environment_facts import ResourceType
from batch_constructs.aws.network import (
    ENDPOINTS_OF_INSTANCES,
    HTTPS,
    INTERFACES_OF_JOBS,
    SUBNET_MADE_UP,
)
from batch_constructs.construct import BatchConstruct, once_made
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.place import OF_ONE_REGION, in_another_vpc
from batch_constructs.subnet_selection import as_selection
from batch_constructs.subnets import chosen_subnets
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from batch_constructs.compute.managed_compute_environment import ManagedComputeEnvironment
    from batch_constructs.subnet_selection import SubnetSelectionKeywords

_NODES = ("ec2", "eks", "eks-auth", "sts")
_SESSION_MANAGER = ("ssm", "ssmmessages", "ec2messages")

_OF_ONE_VPC = (
    "the S3 endpoint only serves its own VPC, and a rule of one VPC cannot name the security "
    "groups of another that is not a peer: make BatchEndpoints(…) for each VPC"
)
"""Why endpoints and environments are of one VPC, and what to do (`GATEWAY_ENDPOINTS_SOURCE`,
`PEER_GROUPS_SOURCE`)."""


class EndpointService(StrEnum):
    """What jobs need besides their images and logs."""

    SECRETS = "secretsmanager"
    PARAMETERS = "ssm"
    EXECUTE_COMMAND = "ssmmessages"
    KMS = "kms"
    BATCH = "batch"
    EVENTS = "events"
    SQS = "sqs"
    SNS = "sns"
    STATES = "states"
    STS = "sts"


class BatchEndpoints(BatchConstruct):
    """The VPC endpoints that compute environments need in subnets without internet access.

    Images can only come from private ECR repositories, because public registries are on the
    internet. An interface endpoint is billed by the hour in each Availability Zone; the S3 endpoint
    is free.

    Creates, below its own ID: ``SecurityGroup/Resource`` (AWS::EC2::SecurityGroup, HTTPS in from
    the environments), ``S3`` (a gateway endpoint: layers of images) and an interface endpoint each
    for ``ecr.api``, ``ecr.dkr``, ``logs``; with instances ``ecs``, ``ecs-agent``, ``ecs-telemetry``
    too; with nodes of Amazon EKS ``ec2``, ``eks``, ``eks-auth`` and ``sts`` too; with
    ``session_manager`` ``ssm``, ``ssmmessages`` and ``ec2messages`` too; and ``services``.
    The ID of an endpoint is the service's name in PascalCase, such as ``EcrApi``.

    Attributes:
        services: The names of the services that have an interface endpoint, sorted.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        vpc: The VPC; it must not have these endpoints yet.
        compute_environments: The environments that use them; they also determine which endpoints
            are needed.
        vpc_subnets: The subnets of the endpoints, one in each Availability Zone. Default: the
            private ones, as the CDK chooses them.
        services: Other services that jobs need: secrets, parameters, ECS Exec, and any others by
            their CDK name, such as ``athena``. Default: nothing.
        session_manager: Whether Session Manager can reach the instances. Default: no.

    Raises:
        ValueError: no environments are given, or a service is unknown.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/userguide/vpc-interface-endpoints.html
    """

    services: list[str]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        compute_environments: Sequence[ManagedComputeEnvironment],
        vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None = None,
        services: Sequence[EndpointService | str] | None = None,
        session_manager: bool = False,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        selection: ec2.SubnetSelection | None = as_selection(arguments, vpc_subnets)
        if chosen_subnets(arguments, vpc, selection) == [SUBNET_MADE_UP]:
            selection = None  # the CDK makes no endpoint where it finds no subnet yet
        environments = _environments(arguments, compute_environments, vpc)
        needed = set(_besides(arguments, services))
        if known_flag(arguments, "session_manager", session_manager) is True:
            needed.update(_SESSION_MANAGER)
        arguments.refuse()

        for environment in environments:
            seen = checked(environment)
            needed.update(() if seen is None else _needed(seen.properties))
        self.services = sorted(needed)
        group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description="VPC endpoints"
        )
        for environment in environments:
            port = ec2.Port.tcp(HTTPS)
            once_made(partial(admit_environment, self, environment, group, port))
        ec2.GatewayVpcEndpoint(self, "S3", vpc=vpc, service=ec2.GatewayVpcEndpointAwsService.S3)
        for service in self.services:
            ec2.InterfaceVpcEndpoint(
                self,
                _id_of(service),
                vpc=vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                security_groups=[group],
                open=False,
                subnets=selection,
            )


def _besides(arguments: Arguments, services: Any) -> list[str]:
    """Return the services that jobs need besides, but for S3, which has its endpoint anyway."""
    names = arguments.texts("services", services)
    found = []
    for place, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or name == "s3":
            continue
        if is_token(name) or name not in _services():
            what = "an EndpointService, or a service as the CDK calls it, such as athena"
            arguments.wrong_value(
                f"services[{place}] {refused(name, what)}: make others with "
                "ec2.InterfaceVpcEndpoint"
            )
        found.append(str(name))
    return found


@cache
def _services() -> frozenset[str]:
    """Return the services that the CDK knows interface endpoints of."""
    known = ec2.InterfaceVpcEndpointAwsService
    return frozenset(getattr(known, name).short_name for name in vars(known) if name.isupper())


def _environments(
    arguments: Arguments, environments: Any, vpc: Any
) -> list[ManagedComputeEnvironment]:
    def fits(one: object) -> bool:
        return checked(one) is not None and has_member(one, "connections")

    such = "such as FargateComputeEnvironment(…)"
    found = arguments.resources(
        "compute_environments",
        environments,
        fits,
        f"a managed compute environment {such}",
        f"managed compute environments {such}",
        some=True,
    )
    known = not arguments.is_wrong("vpc")
    for place, one in enumerate(found):
        parameter = f"compute_environments[{place}]"
        arn = one.compute_environment_arn
        if arguments.of_this_region(parameter, one, arn, OF_ONE_REGION) and known:
            problem = in_another_vpc(one, getattr(one, "_vpc", None), vpc)
            if problem is not None:
                arguments.wrong_value(f"{parameter}: {problem}; {_OF_ONE_VPC}")
    return found


def _needed(properties: Any) -> tuple[str, ...]:
    """Return the services that the jobs of one environment, and its instances, have to reach."""
    if "EksConfiguration" in properties:
        return (*INTERFACES_OF_JOBS, *_NODES)
    kind = properties.get("ComputeResources", {}).get("Type")
    if kind in (ResourceType.FARGATE, ResourceType.FARGATE_SPOT):
        return INTERFACES_OF_JOBS
    return (*INTERFACES_OF_JOBS, *ENDPOINTS_OF_INSTANCES)


def _id_of(service: str) -> str:
    return "".join(part.capitalize() for part in service.replace("-", ".").split("."))
