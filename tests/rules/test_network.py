"""The network of a template: where a subnet's traffic goes, and which endpoints it reaches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.test_around_jobs import UNKNOWN, Resources, arn, found, ref

EVERYWHERE = {"RouteTableId": ref("T"), "DestinationCidrBlock": "0.0.0.0/0"}
VPC: Resources = {
    "V": ["VPC", {}],
    "I": ["InternetGateway", {}],
    "S": ["Subnet", {"VpcId": ref("V")}],
    "T": ["RouteTable", {"VpcId": ref("V")}],
    "A": ["SubnetRouteTableAssociation", {"SubnetId": ref("S"), "RouteTableId": ref("T")}],
}
INTERNET: Resources = {"R": ["Route", {**EVERYWHERE, "GatewayId": ref("I")}]}
NAT: Resources = {
    "N": ["AWS::EC2::NatGateway", {"SubnetId": ref("B")}],
    "R": ["Route", {**EVERYWHERE, "NatGatewayId": ref("N")}],
    "B": ["Subnet", {"VpcId": ref("V")}],
    "BT": ["RouteTable", {}],
    "BA": ["SubnetRouteTableAssociation", {"SubnetId": ref("B"), "RouteTableId": ref("BT")}],
}
BEYOND: Resources = {
    "BR": [
        "Route",
        {
            "RouteTableId": ref("BT"),
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": ref("I"),
        },
    ]
}
HALF = {**EVERYWHERE, "DestinationCidrBlock": "128.0.0.0/1"}
PROPAGATION = "AWS::EC2::VPNGatewayRoutePropagation"
SUBNETS = ["E/ComputeResources/Subnets"]


def route(**to: Any) -> Resources:
    return {"R": ["Route", {"RouteTableId": ref("T"), **to}]}


def environment(type_: str = "FARGATE", **more: Any) -> Resources:
    resources = {"Type": type_, "Subnets": [ref("S")], **more}
    return {"E": ["ComputeEnvironment", {"Type": "MANAGED", "ComputeResources": resources}]}


def endpoint(service: str, **more: Any) -> list[Any]:
    name = f"com.amazonaws.eu-west-1.{service}"
    of = {"VpcId": ref("V"), "VpcEndpointType": "Interface", "ServiceName": name}
    return ["VPCEndpoint", {**of, **more}]


def endpoints(*services: str, **more: Any) -> Resources:
    return {f"P{number}": endpoint(one, **more) for number, one in enumerate(services)}


GATEWAY = endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=[ref("T")])
OF_JOBS = endpoints("ecr.api", "ecr.dkr", "logs")
OF_INSTANCES = {
    f"I{name}": one for name, one in endpoints("ecs", "ecs-agent", "ecs-telemetry").items()
}


@pytest.mark.parametrize(
    ("more", "isolated"),
    [
        ({}, True),
        (INTERNET, False),
        ({**NAT, **BEYOND}, False),
        (NAT, True),
        ({**NAT, **BEYOND, "N": ["AWS::EC2::NatGateway", {"SubnetId": "subnet-1"}]}, False),
        ({**NAT, "N": ["AWS::EC2::NatGateway", {"SubnetId": ref("S")}]}, True),
        (route(DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-1"), False),
        (route(DestinationCidrBlock="0.0.0.0/0", InstanceId="i-1"), False),
        (route(DestinationCidrBlock="0.0.0.0/0", TransitGatewayId="tgw-1"), False),
        (route(DestinationCidrBlock="10.0.0.0/8", NatGatewayId="nat-1"), True),
        (route(DestinationCidrBlock=UNKNOWN, NatGatewayId="nat-1"), False),
        (route(DestinationIpv6CidrBlock="::/0", GatewayId=ref("I")), False),
        (route(DestinationPrefixListId="pl-1", DestinationCidrBlock="10.0.0.0/8"), False),
        ({"R": ["Route", {**EVERYWHERE, "GatewayId": ref("I"), "RouteTableId": "rtb-1"}]}, False),
        ({"OT": ["RouteTable", {}], **INTERNET}, False),
        (
            {
                "OT": ["RouteTable", {}],
                "R": ["Route", {**EVERYWHERE, "GatewayId": ref("I"), "RouteTableId": ref("OT")}],
            },
            True,
        ),
        (
            {
                **INTERNET,
                "R2": ["Route", {"RouteTableId": ref("T"), "DestinationCidrBlock": "10.0.0.0/8"}],
            },
            False,
        ),
        ({"S": ["Subnet", {"VpcId": "vpc-1"}]}, False),
        ({"A2": ["SubnetRouteTableAssociation", {"SubnetId": "subnet-1"}]}, False),
        (
            {"A": ["SubnetRouteTableAssociation", {"SubnetId": ref("S"), "RouteTableId": "rtb-1"}]},
            False,
        ),
        ({"G": ["AWS::EC2::TransitGatewayVpcAttachment", {}]}, False),
        (route(DestinationCidrBlock="0.0.0.0/1", NatGatewayId="nat-1"), False),
        ({**INTERNET, "R": ["Route", {**HALF, "GatewayId": ref("I")}]}, False),
        (route(DestinationCidrBlock="52.0.0.0/8", NatGatewayId="nat-1"), False),
        (route(DestinationCidrBlock="10.1.0.0/16", TransitGatewayId="tgw-1"), False),
        (route(DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId="pcx-1"), False),
        ({"G": [PROPAGATION, {"RouteTableIds": [ref("T")]}]}, False),
        ({"G": [PROPAGATION, {"RouteTableIds": UNKNOWN}]}, False),
        ({"OT": ["RouteTable", {}], "G": [PROPAGATION, {"RouteTableIds": [ref("OT")]}]}, True),
    ],
)
def test_a_subnet_is_isolated_where_every_route_is_known_and_none_leads_out(
    more: Resources,
    isolated: bool,  # noqa: FBT001 - what the case is about
) -> None:
    resources = {**VPC, **more, **environment()}

    assert found("isolated-subnets", resources) == SUBNETS * isolated


@pytest.mark.parametrize(
    ("more", "isolated"),
    [
        ({**OF_JOBS, "G": GATEWAY}, False),
        (OF_JOBS, True),
        ({**OF_JOBS, "G": endpoint("s3")}, False),
        ({**OF_JOBS, "G": endpoint("s3", PrivateDnsEnabled=False)}, False),
        ({**OF_JOBS, "P0": endpoint("ecr.api", PrivateDnsEnabled=False), "G": GATEWAY}, True),
        ({**OF_JOBS, "P0": endpoint("ecr.api", VpcId=ref("W")), "G": GATEWAY}, True),
        ({"G": endpoint("s3", VpcId=UNKNOWN)}, False),
        ({"G": endpoint("s3", ServiceName=UNKNOWN)}, False),
        ({**OF_JOBS, "G": ["VPCEndpoint", {**GATEWAY[1], "RouteTableIds": []}]}, True),
        ({**OF_JOBS, "G": ["VPCEndpoint", {**GATEWAY[1], "RouteTableIds": UNKNOWN}]}, False),
        ({**OF_JOBS, "G": ["VPCEndpoint", {**GATEWAY[1], "RouteTableIds": ["rtb-1"]}]}, False),
        ({**OF_JOBS, "G": endpoint("s3", VpcEndpointType="Gateway")}, True),
        ({**OF_JOBS, "G": ["VPCEndpoint", {**GATEWAY[1], "ServiceName": "s3"}]}, False),
        (
            {
                **OF_JOBS,
                "P0": endpoint("x", ServiceName="cn.com.amazonaws.cn-north-1.ecr.api"),
                "G": GATEWAY,
            },
            False,
        ),
    ],
)
def test_the_endpoints_of_jobs_are_a_way_out(
    more: Resources,
    isolated: bool,  # noqa: FBT001 - what the case is about
) -> None:
    resources = {**VPC, "W": ["VPC", {}], **more, **environment()}

    assert found("isolated-subnets", resources) == SUBNETS * isolated


@pytest.mark.parametrize(
    ("environment", "endpoints", "isolated"),
    [
        (environment("EC2"), {**OF_JOBS, "G": GATEWAY}, True),
        (environment("EC2"), {**OF_JOBS, **OF_INSTANCES, "G": GATEWAY}, False),
        (environment("FARGATE"), {**OF_JOBS, "G": GATEWAY}, False),
        ({"E": ["ComputeEnvironment", {**environment()["E"][1], "Type": "UNMANAGED"}]}, {}, False),
        (
            {"E": ["ComputeEnvironment", {**environment("EC2")["E"][1], "EksConfiguration": {}}]},
            {},
            False,
        ),
        (environment("NEW"), {}, False),
    ],
)
def test_instances_need_endpoints_of_their_own(
    environment: Resources,
    endpoints: Resources,
    isolated: bool,  # noqa: FBT001 - what the case is about
) -> None:
    assert found("isolated-subnets", {**VPC, **endpoints, **environment}) == SUBNETS * isolated


def template_with(data: Any) -> Resources:
    return {"L": ["LaunchTemplate", {"LaunchTemplateData": data}]}


LAUNCHED = {"LaunchTemplate": {"LaunchTemplateId": ref("L")}}
MANAGED_INSTANCES: Resources = {
    "E": [
        "ComputeEnvironment",
        {
            "ComputeResources": {
                "Type": "ECS_MANAGED_INSTANCES",
                "ManagedInstancesProvider": {
                    "InstanceLaunchTemplate": {"NetworkConfiguration": {"Subnets": [ref("S")]}}
                },
            }
        },
    ]
}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (environment("EC2"), True),
        (environment("FARGATE"), False),
        (MANAGED_INSTANCES, True),
        (
            {"E": ["ComputeEnvironment", {**environment("EC2")["E"][1], "Type": "UNMANAGED"}]},
            False,
        ),
        ({**environment("EC2"), **OF_JOBS, **OF_INSTANCES}, True),
        ({**environment("EC2"), **OF_JOBS, **OF_INSTANCES, "G": GATEWAY}, False),
        ({**environment("EC2"), **OF_JOBS, **OF_INSTANCES, "G": endpoint("sqs")}, True),
        ({**environment("EC2", **LAUNCHED), **template_with({})}, True),
        ({**environment("EC2", **LAUNCHED), **template_with(UNKNOWN)}, False),
        (environment("EC2", LaunchTemplate={"LaunchTemplateId": "lt-1"}), False),
        (environment("EC2", LaunchTemplate=UNKNOWN), False),
        (
            {
                **environment(
                    "EC2", LaunchTemplate={"LaunchTemplateId": ref("L"), "Overrides": [{}]}
                ),
                **template_with({}),
            },
            False,
        ),
        (
            {**environment("EC2", **LAUNCHED), **template_with({"NetworkInterfaces": UNKNOWN})},
            False,
        ),
        (
            {**environment("EC2", **LAUNCHED), **template_with({"NetworkInterfaces": [UNKNOWN]})},
            False,
        ),
        (
            {
                **environment("EC2", **LAUNCHED),
                **template_with({"NetworkInterfaces": [{"AssociatePublicIpAddress": True}]}),
            },
            False,
        ),
        (
            {
                **environment("EC2", **LAUNCHED),
                **template_with({"NetworkInterfaces": [{"AssociatePublicIpAddress": False}]}),
            },
            True,
        ),
        (
            {
                **environment("EC2"),
                "S": ["Subnet", {"VpcId": ref("V"), "MapPublicIpOnLaunch": True}],
            },
            False,
        ),
        (
            {
                **environment("EC2"),
                "S": ["Subnet", {"VpcId": ref("V"), "MapPublicIpOnLaunch": UNKNOWN}],
            },
            False,
        ),
    ],
)
def test_instances_in_public_subnets_need_addresses_or_endpoints(
    more: Resources,
    named: bool,  # noqa: FBT001 - what the case is about
) -> None:
    resources = {**VPC, **INTERNET, **more}

    assert found("public-subnets-without-addresses", resources) == SUBNETS * named


def group(**rules: Any) -> list[Any]:
    return ["SecurityGroup", {"VpcId": ref("V"), **rules}]


def egress(**rule: Any) -> list[Any]:
    return group(SecurityGroupEgress=[rule])


BLOCKED = egress(IpProtocol="-1", CidrIp="127.0.0.1/32")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"G": group()}, []),
        ({"G": group(SecurityGroupEgress=[])}, []),
        ({"G": BLOCKED}, ["G lets no HTTPS traffic (TCP 443) out"]),
        (
            {"G": BLOCKED, "H": BLOCKED},
            ["G and H let no HTTPS traffic (TCP 443) out"],
        ),
        ({"G": BLOCKED, "H": group()}, []),
        ({"G": egress(IpProtocol="-1")}, []),
        ({"G": egress(IpProtocol=UNKNOWN)}, []),
        ({"G": egress(IpProtocol="tcp", FromPort=443, ToPort=443)}, []),
        ({"G": egress(IpProtocol="6", FromPort=0, ToPort=65535)}, []),
        ({"G": egress(IpProtocol="tcp", FromPort=UNKNOWN, ToPort=80)}, []),
        ({"G": egress(IpProtocol="tcp", FromPort=0, ToPort=UNKNOWN)}, []),
        (
            {"G": egress(IpProtocol="tcp", FromPort=0, ToPort=442)},
            ["G lets no HTTPS traffic (TCP 443) out"],
        ),
        (
            {"G": egress(IpProtocol="tcp", FromPort=444, ToPort=500)},
            ["G lets no HTTPS traffic (TCP 443) out"],
        ),
        (
            {"G": egress(IpProtocol="udp", FromPort=443, ToPort=443)},
            ["G lets no HTTPS traffic (TCP 443) out"],
        ),
        (
            {"G": egress(IpProtocol="-1", CidrIp="255.255.255.255/32")},
            ["G lets no HTTPS traffic (TCP 443) out"],
        ),
        ({"G": group(SecurityGroupEgress=UNKNOWN)}, []),
        ({"G": group(SecurityGroupEgress=[UNKNOWN])}, []),
        (
            {
                "G": BLOCKED,
                "X": [
                    "AWS::EC2::SecurityGroupEgress",
                    {"GroupId": ref("G"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443},
                ],
            },
            [],
        ),
        (
            {
                "G": BLOCKED,
                "X": ["AWS::EC2::SecurityGroupEgress", {"GroupId": ref("V"), "IpProtocol": "-1"}],
            },
            ["G lets no HTTPS traffic (TCP 443) out"],
        ),
        (
            {
                "G": BLOCKED,
                "X": ["AWS::EC2::SecurityGroupEgress", {"GroupId": "sg-1", "IpProtocol": "-1"}],
            },
            [],
        ),
    ],
)
def test_a_security_group_has_to_let_https_out(groups: Resources, message: list[str]) -> None:
    ids = [ref(id_) for id_, (type_, _) in groups.items() if type_ == "SecurityGroup"]
    resources = {**VPC, **groups, **environment(SecurityGroupIds=ids)}

    assert found("no-egress", resources, messages=True) == message


def test_the_groups_of_managed_instances_are_looked_at_too() -> None:
    network = {"Subnets": [ref("S")], "SecurityGroups": [ref("G")]}
    provider = {"InstanceLaunchTemplate": {"NetworkConfiguration": network}}
    of = {"Type": "ECS_MANAGED_INSTANCES", "ManagedInstancesProvider": provider}
    resources = {**VPC, "G": BLOCKED, "E": ["ComputeEnvironment", {"ComputeResources": of}]}

    assert found("no-egress", resources) == ["E/ComputeResources/SecurityGroupIds"]


def test_a_security_group_that_is_not_known_may_let_anything_out() -> None:
    ids = [ref("G"), "sg-1"]
    resources = {**VPC, "G": BLOCKED, **environment(SecurityGroupIds=ids)}

    assert found("no-egress", resources) == []


DNS = ["E/ComputeResources/Subnets"]


@pytest.mark.parametrize(
    ("vpc", "more", "named"),
    [
        ({"EnableDnsHostnames": True}, endpoints("ecs", PrivateDnsEnabled=True), False),
        ({}, endpoints("ecs", PrivateDnsEnabled=True), True),
        ({}, endpoints("ecs"), False),
        ({}, {**endpoints("ecs", PrivateDnsEnabled=True, VpcId=ref("W")), "W": ["VPC", {}]}, False),
        ({}, {}, False),
        ({}, {**endpoints("ecs", PrivateDnsEnabled=True), **INTERNET}, False),
        (
            {"EnableDnsHostnames": True, "EnableDnsSupport": False},
            endpoints("ecs", PrivateDnsEnabled=True),
            True,
        ),
    ],
)
def test_endpoints_need_names_in_their_vpc(
    vpc: Any,
    more: Resources,
    named: bool,  # noqa: FBT001 - what the case is about
) -> None:
    resources = {**VPC, "V": ["VPC", vpc], **more, **environment()}

    assert found("endpoint-dns", resources) == DNS * named


def ingress(port: int) -> list[Any]:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return group(SecurityGroupIngress=[rule])


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"P": endpoint("ecs", SecurityGroupIds=[ref("G")]), "G": ingress(80)}, True),
        ({"P": endpoint("ecs", SecurityGroupIds=[ref("G")]), "G": ingress(443)}, False),
        ({"P": endpoint("ecs", SecurityGroupIds=[ref("G"), "sg-1"]), "G": ingress(80)}, False),
        ({"P": endpoint("ecs"), "G": ingress(80)}, False),
        (
            {
                "P": endpoint("s3", VpcEndpointType="Gateway", SecurityGroupIds=[ref("G")]),
                "G": ingress(80),
            },
            False,
        ),
        ({"P": endpoint("ecs", SecurityGroupIds=[ref("G")]), "G": ingress(80), **INTERNET}, False),
    ],
)
def test_an_endpoint_has_to_let_https_in(
    more: Resources,
    named: bool,  # noqa: FBT001 - what the case is about
) -> None:
    assert found("endpoint-ingress", {**VPC, **more, **environment()}) == SUBNETS * named


def job_in(properties: Any, *environments: Resources, order: Any = None) -> Resources:
    """Give a job definition whose jobs are submitted to a queue."""
    known = [{"Order": 1, "ComputeEnvironment": ref("E")}] if order is None else order
    return {
        **VPC,
        **(environments[0] if environments else environment()),
        "Q": ["JobQueue", {"ComputeEnvironmentOrder": known}],
        "J": ["JobDefinition", properties],
    }


def fargate(**container: Any) -> dict[str, Any]:
    return {"PlatformCapabilities": ["FARGATE"], "ContainerProperties": container}


def assigned(value: Any) -> dict[str, Any]:
    return fargate(NetworkConfiguration={"AssignPublicIp": value})


IP = ["J/ContainerProperties/NetworkConfiguration/AssignPublicIp"]
ELSEWHERE = [{"Order": 1, "ComputeEnvironment": ref("E")}, {"Order": 2, "ComputeEnvironment": "x"}]


@pytest.mark.parametrize(
    ("properties", "more", "places"),
    [
        (fargate(), INTERNET, IP),
        (assigned("DISABLED"), INTERNET, IP),
        (assigned("ENABLED"), INTERNET, []),
        (assigned(UNKNOWN), INTERNET, []),
        (fargate(NetworkConfiguration=UNKNOWN), INTERNET, []),
        (fargate(), {}, []),
        ({"ContainerProperties": {}}, INTERNET, []),
        (fargate(), {**INTERNET, **OF_JOBS}, IP),
        (fargate(), {**INTERNET, **OF_JOBS, "G": GATEWAY}, []),
        (fargate(), {**INTERNET, "G": endpoint("s3", ServiceName=UNKNOWN)}, []),
    ],
)
def test_a_fargate_job_in_public_subnets_needs_an_address(
    properties: Any, more: Resources, places: list[str]
) -> None:
    resources = {**job_in(properties), **more}

    assert found("public-subnets-without-public-ip", resources) == places


@pytest.mark.parametrize(
    ("rule", "properties", "environment", "place"),
    [
        ("public-subnets-without-public-ip", fargate(), environment(), IP[0]),
        (
            "multi-node-public-subnets",
            {"NodeProperties": {"NodeRangeProperties": [{"Container": {}}]}},
            environment("EC2"),
            "J/NodeProperties",
        ),
    ],
)
def test_a_queue_with_an_unknown_environment_may_have_other_subnets(
    rule: str, properties: Any, environment: Resources, place: str
) -> None:
    known = job_in(properties, environment)
    unknown = job_in(properties, environment, order=ELSEWHERE)

    assert found(rule, {**known, **INTERNET}) == [place]
    assert found(rule, {**unknown, **INTERNET}) == []
    assert found(rule, known) == []


@pytest.mark.parametrize(
    ("image", "named"),
    [
        ("busybox", True),
        ("library/busybox", True),
        ("public.ecr.aws/a/b", True),
        ("docker.io/library/busybox", True),
        ("registry.example.com/a/b", False),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", False),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/a", False),
        ("", False),
        (UNKNOWN, False),
    ],
)
def test_a_public_image_needs_a_way_out(
    image: Any,
    named: bool,  # noqa: FBT001 - what the case is about
) -> None:
    resources = job_in(fargate(Image=image))

    assert found("public-image-isolated", resources) == ["J/ContainerProperties/Image"] * named
    assert found("public-image-isolated", {**resources, **INTERNET}) == []


SECRETS = ["J/ContainerProperties/Secrets"]


@pytest.mark.parametrize(
    ("value", "more", "places"),
    [
        (ref("M"), {}, SECRETS),
        (ref("M"), endpoints("secretsmanager"), []),
        (ref("M"), endpoints("ssm"), SECRETS),
        (ref("M"), endpoints("ssm", ServiceName=UNKNOWN), []),
        (ref("M"), INTERNET, []),
        (ref("W"), {}, SECRETS),
        (ref("W"), endpoints("ssm"), []),
        ("arn:aws:ssm:eu-west-1:1:parameter/x", endpoints("secretsmanager"), SECRETS),
        ("arn:aws:ssm:eu-west-1:1:parameter/x", endpoints("ssm"), []),
        (ref("V"), {}, []),
        (UNKNOWN, {}, []),
    ],
)
def test_a_secret_needs_the_endpoint_of_its_service(
    value: Any, more: Resources, places: list[str]
) -> None:
    resources: Resources = {
        **job_in(fargate(Secrets=[{"Name": "A", "ValueFrom": value}])),
        "M": ["AWS::SecretsManager::Secret", {}],
        "W": ["AWS::SSM::Parameter", {}],
        **more,
    }

    assert found("secret-endpoint", resources) == places


EFS = {"Volumes": [{"EfsVolumeConfiguration": {"FileSystemId": ref("F")}}]}
FILES = ["J/ContainerProperties/Volumes/0/EfsVolumeConfiguration/FileSystemId"]


def zoned(id: str, zone: Any = None) -> Resources:
    of = {"VpcId": ref("V")} if zone is None else {"VpcId": ref("V"), "AvailabilityZone": zone}
    return {id: ["Subnet", of]}


def mounted(**more: Any) -> Resources:
    return {"X": ["MountTarget", {"FileSystemId": ref("F"), **more}]}


FIRST, SECOND = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}, {"Fn::Select": [1, {"Fn::GetAZs": ""}]}


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({}, FILES),
        (mounted(), []),
        ({"X": ["MountTarget", {"FileSystemId": "fs-1"}]}, []),
        ({"X": ["MountTarget", {"FileSystemId": ref("F2")}]}, FILES),
        ({**mounted(SubnetId=ref("Z")), **zoned("S", FIRST), **zoned("Z", FIRST)}, []),
        ({**mounted(SubnetId=ref("Z")), **zoned("S", FIRST), **zoned("Z", SECOND)}, FILES),
        ({**mounted(SubnetId=ref("Z")), **zoned("S", FIRST), **zoned("Z")}, []),
        ({**mounted(SubnetId=ref("Z")), **zoned("S"), **zoned("Z", FIRST)}, []),
        ({**mounted(SubnetId="subnet-1"), **zoned("S", FIRST)}, []),
        (
            {
                **mounted(SubnetId="subnet-1"),
                "X2": ["MountTarget", {"FileSystemId": ref("F"), "SubnetId": ref("Z")}],
                **zoned("S", FIRST),
                **zoned("Z", SECOND),
            },
            [],
        ),
        (
            {
                **mounted(SubnetId=ref("Z")),
                "X2": ["MountTarget", {"FileSystemId": ref("F"), "SubnetId": ref("S")}],
                **zoned("S", FIRST),
                **zoned("Z", SECOND),
            },
            [],
        ),
    ],
)
def test_a_file_system_needs_a_mount_target_in_the_zones_of_the_job(
    more: Resources, places: list[str]
) -> None:
    resources: Resources = {
        **job_in(fargate(**EFS)),
        "F": ["FileSystem", {}],
        "F2": ["FileSystem", {}],
        **more,
    }

    assert found("efs-mount-target", resources) == places


@pytest.mark.parametrize(
    ("groups", "more", "places"),
    [
        ([ref("G")], {"G": ingress(2049)}, []),
        ([ref("G")], {"G": ingress(2048)}, FILES),
        ([ref("G"), ref("H")], {"G": ingress(2048), "H": ingress(2049)}, []),
        ([ref("G"), "sg-1"], {"G": ingress(2048)}, []),
        ([], {}, []),
    ],
)
def test_a_mount_target_has_to_let_nfs_in(
    groups: list[Any], more: Resources, places: list[str]
) -> None:
    resources: Resources = {
        "V": ["VPC", {}],
        "F": ["FileSystem", {}],
        "J": ["JobDefinition", {"ContainerProperties": EFS}],
        **mounted(SecurityGroups=groups),
        **more,
    }

    assert found("efs-mount-target-ingress", resources) == places


def test_a_role_is_no_file_system() -> None:
    resources: Resources = {
        "R": ["Role", {}],
        "J": [
            "JobDefinition",
            {
                "ContainerProperties": {
                    "Volumes": [{"EfsVolumeConfiguration": {"FileSystemId": arn("R")}}]
                }
            },
        ],
    }

    assert found("efs-mount-target", resources) == []


def test_a_default_route_in_two_halves_leads_where_they_lead() -> None:
    halves = {**INTERNET, "R": ["Route", {**HALF, "GatewayId": ref("I")}]}

    assert found("public-subnets-without-addresses", {**VPC, **halves, **environment("EC2")})
