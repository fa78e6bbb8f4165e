"""Rules about the network: whether jobs and instances find a way out."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.bound import one_of
from batch_constructs.aws.network import (
    CALLED_BY_FUNCTIONS,
    CALLS_SOURCE,
    ENDPOINTS_OF_INSTANCES,
    ENDPOINTS_OF_JOBS,
    ENDPOINTS_SOURCE,
    HTTPS,
    LOOKED_UP,
    NETWORK_ID_SOURCE,
    SECURITY_GROUP_ID,
    SUBNET_ID,
)
from batch_constructs.aws.source import api, docs, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.rights import Rights, rights_of
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import FUNCTION
from batch_constructs.rules.template.values import (
    flag,
    given,
    listing,
    mapping,
)
from batch_constructs.rules.template.vpc import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

register("network", area="network")

_BATCH: Final = "batch"

_environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, severity=Severity.WARNING)


_MANAGED: Final = (
    "ComputeResources/ManagedInstancesProvider/InstanceLaunchTemplate/NetworkConfiguration"
)
_IDS: Final = {
    ("ComputeResources", "Subnets"): SUBNET_ID,
    ("ComputeResources", "SecurityGroupIds"): SECURITY_GROUP_ID,
    (_MANAGED, "Subnets"): SUBNET_ID,
    (_MANAGED, "SecurityGroups"): SECURITY_GROUP_ID,
}


@rule(
    "network-id",
    COMPUTE_ENVIRONMENT,
    title="subnet or security group that is not given by its ID",
    fix="give the ID, such as subnet-0123456789abcdef0 or sg-0123456789abcdef0, or refer to it",
    source=NETWORK_ID_SOURCE,
)
def network_id(environment: ComputeEnvironment) -> Iterator[Fault]:
    """A name, a comma between two IDs, or the ID of something else is no ID."""
    for (within, key), form in _IDS.items():
        for path, properties in environment.places.at(within):
            for place, value in enumerate(listing(properties, key) or ()):
                wrong = form.wrong(value) if type(value) is str and value not in LOOKED_UP else None
                if wrong:
                    noun = "subnet" if form is SUBNET_ID else "security group"
                    yield f"{path}{key}/{place}", f"the ID of a {noun} {wrong}"


@_environment_rule(
    "isolated-subnets",
    title="isolated subnets without VPC endpoints",
    fix="add the VPC endpoints, or a NAT gateway with a default route",
    source=ENDPOINTS_SOURCE,
)
def isolated_subnets(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Images cannot be pulled, logs cannot be written, and instances never register."""
    if environment.is_eks is not False or environment.is_unmanaged:
        return
    needed = [*(ENDPOINTS_OF_INSTANCES if environment.is_ec2 else ()), *ENDPOINTS_OF_JOBS]
    if not environment.is_ec2 and not environment.is_fargate:
        return
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is not Reach.ISOLATED:
            continue
        there = vpc.endpoints(environment.template, subnet)
        if there is None:
            return
        missing = [service for service in needed if service not in there]
        if missing:
            yield (
                "ComputeResources/Subnets",
                (
                    f"{subnet.resource.id} has no route to the internet, and no endpoint for "
                    f"{', '.join(missing)}"
                ),
                f"add VPC endpoints for {', '.join(missing)}, or a NAT gateway",
            )
            return


@rule(
    "isolated-function",
    subject=FUNCTION,
    severity=Severity.WARNING,
    title="function in isolated subnets without an AWS Batch endpoint",
    fix="add the VPC endpoints, choose subnets with a NAT gateway, or leave VpcConfig out",
    source=CALLS_SOURCE,
)
def isolated_function(function: Resource) -> Iterator[Fault]:
    """Its calls get no answer until it times out, and its events become dead letters."""
    owner = rights_of(function)
    written = mapping(function.properties, "VpcConfig")
    called = [] if owner is None or not written else list(_called(owner[1]))
    if _BATCH not in called:
        return
    for subnet in vpc.subnets_of(function, listing(written, "SubnetIds")) or ():
        there = vpc.endpoints(function.template, subnet)
        if subnet.reach is not Reach.ISOLATED or there is None:
            continue
        missing = [service for service in called if service not in there]
        if missing:
            services = ", ".join(missing)
            yield (
                "VpcConfig/SubnetIds",
                f"{subnet.resource.id} has no route out, and no endpoint for {services}",
                f"add VPC endpoints for {services}, or choose subnets with a NAT gateway",
            )
            return


def _called(rights: Rights) -> Iterator[str]:
    """Give the services that code with these rights calls, surely."""
    for service, actions in CALLED_BY_FUNCTIONS.items():
        if any(map(rights.surely_mention, actions)):
            yield service


@_environment_rule(
    "public-subnets-without-addresses",
    title="instances in public subnets without public IP addresses",
    fix="set MapPublicIpOnLaunch to true, or use private subnets with a NAT gateway",
    source=guide(
        "compute_environments",
        "Container instances, including those of "
        "ManagedInstancesNetworkConfiguration.subnets, need external network access through "
        "a public IP address or a NAT gateway.",
    ),
)
def public_subnets_without_addresses(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances start and cost money but never register, and jobs stay RUNNABLE."""
    if not (environment.is_ec2 or environment.is_managed_instances) or environment.is_unmanaged:
        return
    if _launch_template_may_add_addresses(environment):
        return
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is Reach.PUBLIC and not subnet.maps_public_ips:
            needed = {*ENDPOINTS_OF_INSTANCES, *ENDPOINTS_OF_JOBS}
            if needed <= (vpc.endpoints(environment.template, subnet) or set()):
                continue
            yield (
                "ComputeResources/Subnets",
                f"{subnet.resource.id} is public, but its instances get no public IP address",
            )
            return


def _launch_template_may_add_addresses(environment: ComputeEnvironment) -> bool:
    launch = environment.resources.get("LaunchTemplate")
    if launch is None:
        return False
    if not isinstance(launch, dict) or given(launch, "Overrides"):
        return True
    value = launch.get("LaunchTemplateId", launch.get("LaunchTemplateName"))
    template = environment.neighbour(value, "AWS::EC2::LaunchTemplate")
    data = None if template is None else template.properties.get("LaunchTemplateData")
    if not isinstance(data, dict):
        return True
    interfaces = data.get("NetworkInterfaces", [])
    if not isinstance(interfaces, list):
        return True
    return any(
        not isinstance(one, dict) or flag(one, "AssociatePublicIpAddress") is not False
        for one in interfaces
    )


@_environment_rule(
    "no-egress",
    title="security groups that block all outbound traffic",
    fix=f"allow outbound TCP {HTTPS}",
    source=guide(
        "compute_environments",
        "Jobs pull images and write logs over HTTPS, including those in the groups of "
        "ComputeResource.securityGroupIds and "
        "ManagedInstancesNetworkConfiguration.securityGroups.",
    ),
)
def no_egress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Neither the image nor the log stream can be reached."""
    groups = vpc.security_groups(environment)
    if groups and not any(vpc.lets_out(group, HTTPS) for group in groups):
        names = one_of([group.id for group in groups], last="and")
        verb = "lets" if len(groups) == 1 else "let"
        message = f"{names} {verb} no HTTPS traffic (TCP {HTTPS}) out"
        yield "ComputeResources/SecurityGroupIds", message


@_environment_rule(
    "open-ingress",
    title="security group that is open to the internet",
    fix="remove the inbound rule: jobs need none",
    source=docs(
        "vpc/latest/userguide/vpc-security-best-practices.html",
        "Allow as little inbound traffic as possible; jobs only connect out.",
    ),
)
def open_ingress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Jobs need no inbound traffic at all."""
    for group in vpc.security_groups(environment) or ():
        if vpc.is_open(group):
            yield (
                "ComputeResources/SecurityGroupIds",
                f"{group.id} allows inbound traffic from the whole internet (0.0.0.0/0)",
            )


@_environment_rule(
    "endpoint-dns",
    title="interface endpoints in a VPC without DNS names",
    fix="set EnableDnsSupport and EnableDnsHostnames of the VPC to true",
    source=docs(
        "vpc/latest/privatelink/create-interface-endpoint.html",
        "Private DNS needs the attributes enableDnsSupport and enableDnsHostnames of the VPC.",
    ),
)
def endpoint_dns(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The endpoint cannot be created. Without private DNS, nothing finds it."""
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is not Reach.ISOLATED or subnet.vpc is None:
            continue
        owner = environment.template.get(subnet.vpc)
        if owner is None or not vpc.endpoints(environment.template, subnet):
            continue
        for key, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            if flag({key: default, **owner.properties}, key) is False and any(
                flag(one.properties, "PrivateDnsEnabled")
                for one in environment.template.all("AWS::EC2::VPCEndpoint")
            ):
                yield "ComputeResources/Subnets", f"{key} of {owner.id} is false"
                return


@_environment_rule(
    "one-vpc",
    title="subnets or security groups of different VPCs",
    fix="use subnets and security groups of one VPC",
    source=api("ComputeResource.subnets", '"These subnets must be within the same VPC."'),
    severity=Severity.ERROR,
)
def one_vpc(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID."""
    found: dict[str, str] = {}
    for key, type_ in (
        ("Subnets", "AWS::EC2::Subnet"),
        ("SecurityGroupIds", "AWS::EC2::SecurityGroup"),
    ):
        for value in listing(environment.resources, key) or ():
            resource = environment.neighbour(value, type_)
            if resource is not None:
                owner = resource.neighbour(resource.properties.get("VpcId"))
                if owner is not None and owner.type == "AWS::EC2::VPC":
                    found.setdefault(owner.id, resource.id)
    if len(found) > 1:
        where = " and ".join(f"{resource} in {owner}" for owner, resource in found.items())
        yield "ComputeResources/Subnets", f"the network uses different VPCs: {where}"


@_environment_rule(
    "endpoint-ingress",
    title="VPC endpoint that blocks inbound traffic",
    fix=f"allow inbound TCP {HTTPS} from the jobs in the security group of the endpoint",
    source=ENDPOINTS_SOURCE,
)
def endpoint_ingress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The endpoint exists, but no traffic gets through."""
    isolated = [
        subnet for subnet in vpc.subnets(environment) or () if subnet.reach is Reach.ISOLATED
    ]
    if not isolated:
        return
    for endpoint in environment.template.all("AWS::EC2::VPCEndpoint"):
        if endpoint.properties.get("VpcEndpointType") != "Interface":
            continue
        groups = [
            endpoint.neighbour(value, "AWS::EC2::SecurityGroup")
            for value in listing(endpoint.properties, "SecurityGroupIds") or ()
        ]
        known = [group for group in groups if group is not None]
        blocked = known and not any(vpc.lets_in(one, HTTPS) for one in known)
        if blocked and len(known) == len(groups):
            yield (
                "ComputeResources/Subnets",
                f"the security group of the endpoint {endpoint.id} blocks HTTPS traffic",
            )
