"""The quickstart as a security review wants it: what cdk-nag finds is mended, or has a reason.

``cdk synth -a "python -m examples.quickstart.reviewed"`` needs ``pip install "cdk-nag>=3"``.
"""

from typing import Any

import aws_cdk as cdk
import cdk_nag
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from examples.quickstart.app import build as quickstart

LAWS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


def build(app: cdk.App) -> cdk.Stack:
    """Build the quickstart, mend what is cheap to mend, and say why the rest is meant so."""
    stack = quickstart(app)
    files: Any = stack.node.find_child("Files")
    objects: s3.CfnBucket = files.node.default_child
    objects.public_access_block_configuration = s3.CfnBucket.PublicAccessBlockConfigurationProperty(
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    objects.versioning_configuration = s3.CfnBucket.VersioningConfigurationProperty(
        status="Enabled"
    )
    acknowledge(
        files,
        "Who reads files is told by the data events of CloudTrail, where that is asked for; they "
        "can be sent again, and are encrypted with S3's own key.",
        "S3BucketLoggingEnabled",
        "S3BucketReplicationEnabled",
        "S3BucketDefaultLockEnabled",
        "S3DefaultEncryptionKMS",
        solutions=["S1"],
    )
    acknowledge(
        stack.node.find_child("Report"),
        "Reports read any file of this one bucket; grant_read of the CDK says so with asterisks.",
        solutions=[
            "IAM5[Action::s3:GetBucket*]",
            "IAM5[Action::s3:GetObject*]",
            "IAM5[Action::s3:List*]",
            f"IAM5[Resource::<{stack.get_logical_id(objects)}.Arn>/*]",
        ],
    )
    acknowledge(
        stack.node.find_child("Login"),
        "The database changes its password by itself; Secrets Manager encrypts with its own key.",
        "SecretsManagerRotationEnabled",
        "SecretsManagerUsingKMSKey",
        solutions=["SMG4"],
    )
    vpc: Any = stack.node.find_child("Vpc")
    vpc.add_flow_log("Flows", destination=ec2.FlowLogDestination.to_cloud_watch_logs())
    acknowledge(
        vpc,
        "Instances have public addresses instead of a NAT gateway, which costs more than they do; "
        "their security group lets nobody in, and nothing is in the default one.",
        "VPCDefaultSecurityGroupClosed",
        "VPCNoUnrestrictedRouteToIGW",
        "VPCSubnetAutoAssignPublicIpDisabled",
    )
    acknowledge(
        vpc.node.find_child("Flows"),
        "What flows is no secret: CloudWatch Logs encrypts it with its own key, keeps it as long "
        "as somebody says, and one role writes it.",
        "CloudWatchLogGroupEncrypted",
        "IAMNoInlinePolicy",
    )
    for pack in (
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.NIST80053R4Checks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.PCIDSS321Checks,
    ):
        cdk.Validations.of(app).add_plugins(pack())
    return stack


def acknowledge(
    construct: IConstruct, reason: str, *laws: str, solutions: list[str] | None = None
) -> None:
    """Say why findings of a construct, and of what is in it, are meant so."""
    ids = [f"{pack}::{pack}-{rule}" for pack in LAWS for rule in laws]
    ids += [f"AwsSolutions::AwsSolutions-{rule}" for rule in solutions or ()]
    rules = [cdk.Acknowledgment(id=one, reason=reason) for one in ids]
    cdk.Validations.of(construct).acknowledge(*rules)


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
