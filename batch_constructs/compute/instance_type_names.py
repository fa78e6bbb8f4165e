"""What AWS calls instance types and families, by a text or by what the CDK has for them.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html
"""

from __future__ import annotations

from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2


def instance_type_name(item: object) -> object:
    """Return what AWS calls what the CDK has for a type or a family; anything else as it is."""
    if isinstance(item, ec2.InstanceClass):
        sized = ec2.InstanceType.of(item, ec2.InstanceSize.LARGE)
        return sized.to_string().partition(".")[0]
    if isinstance(item, ec2.InstanceType):
        return item.to_string()
    if isinstance(item, batch.DefaultInstanceClass):
        return f"default_{item.name.lower()}"
    return item
