"""Resource types of Amazon EC2 that a VPC and a compute environment need, over the EC2 API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    ProvisioningError,
    generated_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.cloudformation.resource_type import ResourceType

    Client = Callable[[str], Any]
    """Gives a boto3 client of a service."""


@dataclass(frozen=True, kw_only=True)
class Ec2Resource:
    """A type of which every change replaces the resource, tags aside.

    Args:
        client: gives boto3 clients.
        type_name: such as ``AWS::EC2::EIP``.
        name_property: the property that names the resource, where it has one.
    """

    client: Client
    type_name: str
    name_property: str | None = None
    tags_are_a_map: bool = False

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the tags, which is all that changes in place."""
        del logical_id
        gone = [{"Key": tag["Key"]} for tag in old.get("Tags", [])]
        if gone:
            self.ec2.delete_tags(Resources=[self.tagged_id(physical_id, old)], Tags=gone)
        if new.get("Tags"):
            self.ec2.create_tags(Resources=[self.tagged_id(physical_id, old)], Tags=new["Tags"])
        return Provisioned(physical_id=physical_id, attributes=self.attributes(physical_id, new))

    @property
    def ec2(self) -> Any:
        """The boto3 client of Amazon EC2."""
        return self.client("ec2")

    def tagged_id(self, physical_id: str, properties: Properties) -> str:
        """Return the ID that tags hang on."""
        del properties
        return physical_id

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return what ``Fn::GetAtt`` gives."""
        del physical_id, properties
        return {}

    def tags(self, kind: str, properties: Properties) -> list[dict[str, Any]]:
        """Return the tags of a create request."""
        tags = properties.get("Tags")
        return [{"ResourceType": kind, "Tags": tags}] if tags else []


class ElasticIpType(Ec2Resource):
    """``AWS::EC2::EIP``."""

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Allocate an address."""
        del logical_id
        answer = self.ec2.allocate_address(
            Domain=properties.get("Domain", "vpc"),
            TagSpecifications=self.tags("elastic-ip", properties),
        )
        return Provisioned(
            physical_id=answer["PublicIp"],
            attributes={"AllocationId": answer["AllocationId"], "PublicIp": answer["PublicIp"]},
        )

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Release the address."""
        del properties
        for address in self._addresses(physical_id):
            self.ec2.release_address(AllocationId=address["AllocationId"])

    def tagged_id(self, physical_id: str, properties: Properties) -> str:
        """Return the allocation ID."""
        return str(self.attributes(physical_id, properties)["AllocationId"])

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the allocation ID and the address."""
        del properties
        for address in self._addresses(physical_id):
            return {"AllocationId": address["AllocationId"], "PublicIp": physical_id}
        raise ProvisioningError(f"the address {physical_id} does not exist")

    def _addresses(self, public_ip: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ec2.describe_addresses()["Addresses"]
        return [address for address in found if address["PublicIp"] == public_ip]


class NatGatewayType(Ec2Resource):
    """``AWS::EC2::NatGateway``."""

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the gateway."""
        del logical_id
        request = {
            name: properties[name]
            for name in ("AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId")
            if name in properties
        }
        answer = self.ec2.create_nat_gateway(
            **request, TagSpecifications=self.tags("natgateway", properties)
        )
        gateway_id = answer["NatGateway"]["NatGatewayId"]
        return Provisioned(
            physical_id=gateway_id, attributes=self.attributes(gateway_id, properties)
        )

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the gateway."""
        del properties
        self.ec2.delete_nat_gateway(NatGatewayId=physical_id)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the gateway's ID."""
        del properties
        return {"NatGatewayId": physical_id}


class PlacementGroupType(Ec2Resource):
    """``AWS::EC2::PlacementGroup``."""

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the placement group."""
        name = properties.get("GroupName", generated_name(logical_id))
        request: dict[str, Any] = {"Strategy": properties.get("Strategy", "cluster")}
        if "PartitionCount" in properties:
            request["PartitionCount"] = int(properties["PartitionCount"])
        if "SpreadLevel" in properties:
            request["SpreadLevel"] = properties["SpreadLevel"]
        self.ec2.create_placement_group(
            GroupName=name, **request, TagSpecifications=self.tags("placement-group", properties)
        )
        return Provisioned(physical_id=name, attributes={"GroupName": name})

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the placement group."""
        del properties
        self.ec2.delete_placement_group(GroupName=physical_id)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the group's name."""
        del properties
        return {"GroupName": physical_id}


@dataclass(frozen=True, kw_only=True)
class SecurityGroupRuleType(Ec2Resource):
    """``AWS::EC2::SecurityGroupIngress`` and ``AWS::EC2::SecurityGroupEgress``.

    Args:
        direction: ``ingress`` or ``egress``.
    """

    direction: str

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Add the rule to its security group."""
        del logical_id
        authorize = getattr(self.ec2, f"authorize_security_group_{self.direction}")
        answer = authorize(
            GroupId=properties["GroupId"], IpPermissions=[self._permission(properties)]
        )
        rules = answer.get("SecurityGroupRules", [])
        rule_id = rules[0]["SecurityGroupRuleId"] if rules else generated_name("sgr")
        return Provisioned(physical_id=rule_id, attributes={"Id": rule_id})

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Put the rule anew: its description is all that changes in place."""
        self.delete(physical_id, old)
        return self.create(logical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the rule from its security group."""
        del physical_id
        revoke = getattr(self.ec2, f"revoke_security_group_{self.direction}")
        revoke(GroupId=properties["GroupId"], IpPermissions=[self._permission(properties)])

    def _permission(self, properties: Properties) -> dict[str, Any]:
        peer = "Source" if self.direction == "ingress" else "Destination"
        permission: dict[str, Any] = {"IpProtocol": str(properties.get("IpProtocol", "-1"))}
        for port in ("FromPort", "ToPort"):
            if port in properties:
                permission[port] = int(properties[port])
        described = (
            {"Description": properties["Description"]} if "Description" in properties else {}
        )
        for name, ranges, key in (
            ("CidrIp", "IpRanges", "CidrIp"),
            ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
            (f"{peer}PrefixListId", "PrefixListIds", "PrefixListId"),
            (f"{peer}SecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ):
            if name in properties:
                permission[ranges] = [{key: properties[name], **described}]
        return permission


def network_types(client: Client) -> list[ResourceType]:
    """Return the types of Amazon EC2 that ministack lacks."""
    return [
        ElasticIpType(client=client, type_name="AWS::EC2::EIP"),
        NatGatewayType(
            client=client,
            type_name="AWS::EC2::NatGateway",
        ),
        PlacementGroupType(
            client=client,
            type_name="AWS::EC2::PlacementGroup",
            name_property="GroupName",
        ),
        SecurityGroupRuleType(
            client=client,
            type_name="AWS::EC2::SecurityGroupIngress",
            direction="ingress",
        ),
        SecurityGroupRuleType(
            client=client,
            type_name="AWS::EC2::SecurityGroupEgress",
            direction="egress",
        ),
    ]
