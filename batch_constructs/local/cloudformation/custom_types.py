"""CDK's own custom resources whose Lambda functions need an SDK that the laptop does not have.

Lambda's Node.js runtimes carry the AWS SDK for JavaScript; functions run locally without it. These
do what the function would.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.local.cloudformation.bucket_deployment_type import BucketDeploymentType
from batch_constructs.local.cloudformation.resource_type import Properties, Provisioned

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.network_types import Client
    from batch_constructs.local.cloudformation.resource_type import ResourceType


_NO_THUMBPRINT = "0" * 40


@dataclass(frozen=True, kw_only=True)
class AutoDeleteObjectsType:
    """``Custom::S3AutoDeleteObjects``: empties the bucket before the bucket is deleted.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "Custom::S3AutoDeleteObjects"
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Do nothing yet."""
        del logical_id, properties
        return Provisioned(physical_id=secrets.token_hex(16))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Do nothing."""
        del logical_id, old, new
        return Provisioned(physical_id=physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete every version of every object."""
        del physical_id
        s3 = self.client("s3")
        bucket = properties["BucketName"]
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                s3.delete_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])


@dataclass(frozen=True, kw_only=True)
class RestrictDefaultSecurityGroupType:
    """``Custom::VpcRestrictDefaultSG``: takes the rules from a VPC's default security group.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "Custom::VpcRestrictDefaultSG"
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Revoke every rule of the group."""
        del logical_id
        ec2 = self.client("ec2")
        group_id = properties["DefaultSecurityGroupId"]
        group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(
                GroupId=group_id, IpPermissions=group["IpPermissions"]
            )
        if group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(
                GroupId=group_id, IpPermissions=group["IpPermissionsEgress"]
            )
        return Provisioned(physical_id=secrets.token_hex(16))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Do nothing: another group is another resource."""
        del logical_id, old, new
        return Provisioned(physical_id=physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Do nothing: the group goes with its VPC."""


@dataclass(frozen=True, kw_only=True)
class OpenIdConnectProviderType:
    """``Custom::AWSCDKOpenIdConnectProvider``: whose tokens IAM takes, such as GitHub's.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "Custom::AWSCDKOpenIdConnectProvider"
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the provider; nobody is asked for the certificate it has."""
        del logical_id
        thumbprints = properties.get("ThumbprintList") or [_NO_THUMBPRINT]
        made = self.client("iam").create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIDList", []),
            ThumbprintList=thumbprints,
        )
        arn = made["OpenIDConnectProviderArn"]
        return Provisioned(physical_id=arn, attributes={"Thumbprints": thumbprints})

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Create it anew: what refers to it by its ARN does so still, unless it is elsewhere."""
        if old["Url"] == new["Url"]:
            self.delete(physical_id, old)
        return self.create(logical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the provider."""
        del properties
        iam = self.client("iam")
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)


def custom_types(client: Client) -> list[ResourceType]:
    """Return the custom resources."""
    return [
        AutoDeleteObjectsType(client=client),
        BucketDeploymentType(client=client),
        OpenIdConnectProviderType(client=client),
        RestrictDefaultSecurityGroupType(client=client),
    ]
