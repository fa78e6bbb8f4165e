"""The network of a template: where a subnet's traffic goes, and which endpoints there are."""

from __future__ import annotations

from enum import StrEnum
from functools import wraps

from batch_constructs.aws.record import Record
from batch_constructs.aws.storage import PORT
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    absent,
    as_number,
    flag,
    listing,
    mapping,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.rules.template.resource_graph import (
        ComputeEnvironment,
        Resource,
        Template,
    )


SECURITY_GROUP: Final = "AWS::EC2::SecurityGroup"


class Reach(StrEnum):
    """What a subnet's default route leads to."""

    PUBLIC = "an internet gateway"
    NAT = "a NAT gateway"
    ISOLATED = "nothing"


class Subnet(Record):
    """A subnet of the template, and where its traffic goes.

    Attributes:
        resource: the `AWS::EC2::Subnet`.
        reach: what its default route leads to.
        route_table: the logical ID of its route table, if it has one in the template.
        vpc: the logical ID of its VPC.
    """

    resource: Resource
    reach: Reach
    route_table: str | None
    vpc: str | None

    @property
    def maps_public_ips(self) -> bool:
        """Tell whether instances get a public IP address, or may get one."""
        value = self.resource.properties.get("MapPublicIpOnLaunch", False)
        return value is UNKNOWN or flag({"": value}, "") is True


def subnets(environment: ComputeEnvironment) -> list[Subnet] | None:
    """Give the subnets of an environment, None if not all are known."""
    within = environment.resources
    if environment.is_managed_instances:
        provider = mapping(within, "ManagedInstancesProvider")
        within = mapping(mapping(provider, "InstanceLaunchTemplate"), "NetworkConfiguration")
    return subnets_of(environment, listing(within, "Subnets"))


def subnets_of(user: Resource, written: list[object] | None) -> list[Subnet] | None:
    """Give the subnets that somebody names, None if not all are known."""
    if not written:
        return None
    found: list[Subnet] = []
    for value in written:
        resource = user.neighbour(value, "AWS::EC2::Subnet")
        subnet = None if resource is None else _subnet(resource)
        if subnet is None:
            return None
        found.append(subnet)
    return found


CONNECTIONS: Final = (
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::TransitGatewayVpcAttachment",
    "AWS::EC2::VPCPeeringConnection",
)
"""What connects a VPC to another one."""


def vpcs_of(user: Resource, written: list[object] | None) -> set[str]:
    """Give the VPCs of the subnets that somebody names, none if not all are known."""
    found: set[str] = set()
    for value in written or ():
        subnet = user.neighbour(value, "AWS::EC2::Subnet")
        home = None if subnet is None else subnet.neighbour(subnet.properties.get("VpcId"))
        if home is None:
            return set()
        found.add(home.id)
    return found


def _subnet(resource: Resource) -> Subnet | None:  # noqa: C901, PLR0911  # one walk
    """Follow the routes of a subnet; None where the template does not show them all."""
    template = resource.template
    vpc = template.target(resource.properties.get("VpcId"), "AWS::EC2::VPC")
    if vpc is None:
        return None
    table: Resource | None = None
    for association in template.all("AWS::EC2::SubnetRouteTableAssociation"):
        target = template.target(association.properties.get("SubnetId"))
        if target is None:
            return None
        if target is resource:
            table = template.target(association.properties.get("RouteTableId"))
            if table is None:
                return None
    reach = Reach.ISOLATED
    for route in template.all("AWS::EC2::Route"):
        owner = template.target(route.properties.get("RouteTableId"))
        if owner is None:
            return None
        if owner is not table:
            continue
        leads = _leads(route)
        if leads is None:
            return None
        if leads is not Reach.ISOLATED:
            reach = leads
    if any(template.ids.get(type_) for type_ in _MAY_ROUTE) or _propagates(template, table):
        return None
    return Subnet(resource, reach, None if table is None else table.id, vpc.id)


_MAY_ROUTE: Final = (
    "AWS::EC2::TransitGatewayVpcAttachment",
    "AWS::EC2::GatewayRouteTableAssociation",
)


def _propagates(template: Template, table: Resource | None) -> bool:
    """Tell whether a gateway writes routes into a route table, or may."""
    for one in template.all("AWS::EC2::VPNGatewayRoutePropagation"):
        tables = listing(one.properties, "RouteTableIds")
        if tables is None or any(template.target(id_) in (table, None) for id_ in tables):
            return True
    return False


_DEFAULT_ROUTES: Final = ("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1")
"""Where a default route leads, which may be split in two halves."""

_PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def is_private(cidr: str) -> bool:
    """Tell whether a block of addresses is inside of private networks only."""
    from ipaddress import ip_network  # noqa: PLC0415  # seldom needed

    try:
        block = ip_network(cidr, strict=False)
    except ValueError:
        return False
    if block.version != 4:  # noqa: PLR2004  # as the private networks are
        return False
    return any(block.subnet_of(ip_network(one)) for one in _PRIVATE)  # type: ignore[arg-type]  # both of IPv4


def _leads(route: Resource) -> Reach | None:
    """Tell where a route leads; ISOLATED if it is no default route, None if it is not known."""
    properties = route.properties
    destination = properties.get("DestinationCidrBlock")
    if not isinstance(destination, str) or "DestinationPrefixListId" in properties:
        return None
    if destination not in _DEFAULT_ROUTES:
        beyond = any(key in properties for key in _TO_OTHER_NETWORKS)
        return None if beyond or not is_private(destination) else Reach.ISOLATED
    gateway = route.neighbour(properties.get("GatewayId"))
    if gateway is not None and gateway.type == "AWS::EC2::InternetGateway":
        return Reach.PUBLIC
    if "NatGatewayId" in properties:
        return _beyond_nat(route, properties["NatGatewayId"])
    return None


_TO_OTHER_NETWORKS: Final = (
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcEndpointId",
)
"""Where a route may lead to endpoints, or a way out, that another network has."""


def _beyond_nat(route: Resource, value: object) -> Reach | None:
    """Tell whether a NAT gateway leads anywhere: it needs a public subnet itself."""
    gateway = route.neighbour(value, "AWS::EC2::NatGateway")
    if gateway is None:
        return Reach.NAT
    home = route.neighbour(gateway.properties.get("SubnetId"), "AWS::EC2::Subnet")
    trail = route.template.memory.setdefault("nat gateways", set())
    if home is None or not isinstance(trail, set) or gateway.id in trail:
        return Reach.NAT
    trail.add(gateway.id)
    subnet = _subnet(home)
    trail.discard(gateway.id)
    return Reach.NAT if subnet is None or subnet.reach is Reach.PUBLIC else Reach.ISOLATED


def endpoints(template: Template, subnet: Subnet) -> set[str] | None:
    """Give the services with an endpoint that a subnet reaches; None if one is not known."""
    found: set[str] = set()
    for endpoint in template.all("AWS::EC2::VPCEndpoint"):
        properties = endpoint.properties
        service = literal(properties.get("ServiceName"))
        vpc = template.target(properties.get("VpcId"))
        if service is None or vpc is None:
            return None
        if vpc.id != subnet.vpc:
            continue
        name = _service(service)
        gateway = properties.get("VpcEndpointType", "Gateway") == "Gateway"
        if gateway:
            tables = listing(properties, "RouteTableIds")
            targets = [template.target(one) for one in tables or ()]
            if (tables is None and "RouteTableIds" in properties) or None in targets:
                return None
            if subnet.route_table in [one.id for one in targets if one is not None]:
                found.add(name)
        elif flag(properties, "PrivateDnsEnabled") is not False or name == "s3":
            found.add(name)
    return found


def _service(written: str) -> str:
    """Give the part of an endpoint's name after the Region: com.amazonaws.eu-west-1.ecr.api."""
    parts = written.removeprefix("cn.").split(".")
    return (
        ".".join(parts[_REGION + 1 :]) if len(parts) > _REGION + 1 else written
    )  # com.amazonaws.Region


def security_groups(environment: ComputeEnvironment) -> list[Resource] | None:
    """Give the security groups of an environment, None if not all are known."""
    within, key = environment.resources, "SecurityGroupIds"
    if environment.is_managed_instances:
        provider = mapping(within, "ManagedInstancesProvider")
        within = mapping(mapping(provider, "InstanceLaunchTemplate"), "NetworkConfiguration")
        key = "SecurityGroups"
    written = listing(within, key)
    if not written:
        return None
    found = [environment.neighbour(value, SECURITY_GROUP) for value in written]
    return None if None in found else [one for one in found if one is not None]


_REGION: Final = 2
"""The place of the Region in com.amazonaws.eu-west-1.logs."""

_EGRESS: Final = "SecurityGroupEgress"
"""Without it, all traffic goes out."""

_BLOCKED: Final = ("255.255.255.255/32", "127.0.0.1/32")


def _admits(within: Properties, port: int) -> bool:
    """Tell whether a rule of a security group lets a TCP port through, or may."""
    protocol = within.get("IpProtocol", "-1")
    if literal(within.get("CidrIp")) in _BLOCKED:
        return False
    if protocol is UNKNOWN or str(protocol) == "-1":
        return True
    if str(protocol) not in ("tcp", "6"):
        return False
    first, last = within.get("FromPort", 0), within.get("ToPort", PORT.high)
    low, high = as_number(first), as_number(last)
    return low is None or high is None or low <= port <= high or low == -1


def _rules(group: Resource, kind: str) -> Iterator[Properties | None]:
    """Give the ingress or egress rules of a group, None for what is not known."""
    inline = group.properties.get(f"SecurityGroup{kind}")
    if inline is not None and not isinstance(inline, list):
        yield None
    for value in inline if isinstance(inline, list) else ():
        yield value if isinstance(value, dict) else None
    for rule in group.template.all(f"AWS::EC2::SecurityGroup{kind}"):
        owner = rule.properties.get("GroupId", rule.properties.get("GroupName"))
        target = group.template.target(owner)
        if target is group:
            yield rule.properties
        elif target is None:
            yield None


def _answered_once(answer: Callable[[Resource, int], bool]) -> Callable[[Resource, int], bool]:
    """Remember what a security group answers: many environments may have it."""

    @wraps(answer)
    def known(group: Resource, port: int) -> bool:
        memory = group.template.memory
        key = f"{answer.__name__} of {group.id} at {port}"
        if key not in memory:
            memory[key] = answer(group, port)
        return bool(memory[key])

    return known


@_answered_once
def lets_out(group: Resource, port: int) -> bool:
    """Tell whether a security group lets traffic to a port out, or may."""
    if absent(group.properties, _EGRESS):
        return True
    return any(rule is None or _admits(rule, port) for rule in _rules(group, "Egress"))


@_answered_once
def lets_out_to_internet(group: Resource, port: int) -> bool:
    """Tell whether a security group lets traffic to a port of the internet out, or may."""
    if absent(group.properties, _EGRESS):
        return True
    return any(
        rule is None or (_admits(rule, port) and not _stays_inside(rule))
        for rule in _rules(group, "Egress")
    )


def _stays_inside(rule: Properties) -> bool:
    """Tell whether a rule of a security group is about private addresses only."""
    block = rule.get("CidrIp")
    if isinstance(block, str):
        return is_private(block)
    return block is None and "DestinationSecurityGroupId" in rule


@_answered_once
def lets_in(group: Resource, port: int) -> bool:
    """Tell whether a security group lets traffic to a port in, or may."""
    return any(rule is None or _admits(rule, port) for rule in _rules(group, "Ingress"))


def let_each_other_in_and_out(groups: list[Resource]) -> bool:
    """Tell whether security groups let all traffic among themselves through, or may."""
    open_ways = {"Egress"} if any(absent(one.properties, _EGRESS) for one in groups) else set()
    for way, key in (
        ("Ingress", "SourceSecurityGroupId"),
        ("Egress", "DestinationSecurityGroupId"),
    ):
        rules = ((rule, group) for group in groups for rule in _rules(group, way))
        if any(_admits_all(rule, group, key, groups) for rule, group in rules):
            open_ways.add(way)
    return open_ways == {"Ingress", "Egress"}


def _admits_all(rule: Properties | None, group: Resource, key: str, groups: list[Resource]) -> bool:
    if rule is None:
        return True
    protocol = rule.get("IpProtocol")
    if protocol is not UNKNOWN and str(protocol) != "-1":
        return False
    other = group.template.target(rule.get(key)) if key in rule else None
    return other is None or other in groups


def is_open(group: Resource) -> bool:
    """Tell whether a security group lets everybody in for sure."""
    return any(
        rule is not None and (rule.get("CidrIp") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0")
        for rule in _rules(group, "Ingress")
    )


def zone(resource: Resource) -> str | None:
    """Give the Availability Zone of a subnet, or of what else has one, as it is written."""
    raw = resource.template.raw(resource.id).get("Properties")
    written = raw.get("AvailabilityZone") if isinstance(raw, dict) else None
    return None if written is None else repr(written)


def zones(environment: ComputeEnvironment) -> dict[str, str]:
    """Give a subnet of each Availability Zone that the subnets of an environment name."""
    found: dict[str, str] = {}
    for written in listing(environment.resources, "Subnets") or ():
        subnet = environment.neighbour(written, "AWS::EC2::Subnet")
        where = None if subnet is None else zone(subnet)
        if subnet is not None and where is not None:
            found.setdefault(where, subnet.id)
    return found


def are_apart(one: str | None, other: str) -> bool:
    """Tell whether two zones, as they are written, are not the same for sure."""
    both = [one or "", other]
    named = all(text.startswith("'") for text in both)
    picked = all(text.startswith("{'Fn::Select'") and "Fn::GetAZs" in text for text in both)
    return one != other and (named or picked)


def mount_targets(template: Template, system: Resource) -> list[Resource] | None:
    """Give the mount targets of an Amazon EFS file system, None if one is not known."""
    found: list[Resource] = []
    for target in template.all("AWS::EFS::MountTarget"):
        owner = template.target(target.properties.get("FileSystemId"))
        if owner is None:
            return None
        if owner is system:
            found.append(target)
    return found
