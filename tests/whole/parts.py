"""What the maximal stacks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

ACCOUNT, REGION = "123456789012", "us-east-1"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools:1"
gibibytes, mebibytes = cdk.Size.gibibytes, cdk.Size.mebibytes
hours, seconds = cdk.Duration.hours, cdk.Duration.seconds


def network(stack: cdk.Stack, *, zones: int = 2) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=zones, nat_gateways=1)


def role(stack: cdk.Stack, id: str, service: str, policy: str | None = None) -> iam.Role:
    policies = [] if policy is None else [iam.ManagedPolicy.from_aws_managed_policy_name(policy)]
    return iam.Role(stack, id, assumed_by=iam.ServicePrincipal(service), managed_policies=policies)


def retry() -> bc.RetryPolicy:
    return bc.RetryPolicy(
        attempts=4,
        rules=[
            bc.RetryRule(
                action="RETRY",
                on_status_reason="Host EC2*",
                on_reason="Task*",
                on_exit_code="1*",
            ),
            bc.RetryRule(action="EXIT", on_reason="*"),
        ],
    )


def time_limits(*reasons: bc.TimeLimitReason) -> list[bc.TimeLimit]:
    return [bc.TimeLimit(reason=reason, after=hours(2)) for reason in reasons]


def any_container() -> dict[str, Any]:
    """What each container takes, wherever it runs."""
    return {"user": "nobody", "readonly_root_filesystem": True, "init_process": True}


def only_on_instances() -> dict[str, Any]:
    """What a container on EC2 alone takes."""
    return {
        "gpus": 1,
        "privileged": True,
        "ulimits": [bc.Ulimit(name="memlock", soft_limit=-1, hard_limit=-1)],
        "shared_memory": gibibytes(1),
        "devices": [
            bc.Device(host_path="/dev/a", container_path="/dev/a", permissions=["READ", "WRITE"])
        ],
        "tmpfs": [bc.Tmpfs(container_path="/fast", size=mebibytes(64), mount_options=["noexec"])],
        "swap": bc.Swap(max_size=mebibytes(512), swappiness=5),
    }


def volumes(
    stack: cdk.Stack,
    vpc: ec2.IVpc,
    environments: Sequence[ec2.IConnectable],
    *,
    host_path: str | None = None,
) -> list[bc.EfsVolume | bc.HostVolume]:
    file_system = efs.FileSystem(stack, "References", vpc=vpc)
    point = file_system.add_access_point("Point", path="/references")
    return [
        bc.EfsVolume(
            name="references",
            file_system=file_system,
            container_path="/references",
            access_point=point,
            read_only=True,
            allow_from=environments,
            transit_encryption_port=2999,
        ),
        bc.EfsVolume(
            name="results",
            file_system=file_system,
            container_path="/results",
            root_directory="/results",
            root_access=True,
        ),
        bc.HostVolume(name="scratch", container_path="/scratch", host_path=host_path),
    ]


def s3_files() -> bc.S3FilesVolume:
    system = f"arn:aws:s3files:{REGION}:{ACCOUNT}:file-system/fs-0123456789abcdef0"
    return bc.S3FilesVolume(
        name="objects",
        file_system_arn=system,
        container_path="/objects",
        access_point_arn=f"{system}/access-point/fsap-0123456789abcdef0",
        root_directory="/",
        transit_encryption_port=2998,
    )


def splunk(stack: cdk.Stack) -> bc.LogConfiguration:
    return bc.LogConfiguration(
        driver="splunk",
        options={"splunk-url": "https://splunk.example.com"},
        secret_options={"splunk-token": secretsmanager.Secret(stack, "SplunkToken")},
    )
