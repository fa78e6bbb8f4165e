"""Classes of the CDK that are called as ours: which one was given is told from which is meant."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

import batch_constructs as bc


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            lambda _: {
                "ulimits": [batch.Ulimit(name=batch.UlimitName.CORE, hard_limit=1, soft_limit=1)]
            },
            "is aws_cdk.aws_batch.Ulimit; expected Ulimit(",
        ),
        (
            lambda _: {"volumes": [batch.EcsVolume.host(name="a", container_path="/a")]},
            "is aws_cdk.aws_batch.HostVolume; expected EfsVolume(",
        ),
        (
            lambda stack: {
                "secrets": {
                    "A": batch.Secret.from_secrets_manager(secretsmanager.Secret(stack, "Secret"))
                }
            },
            "is aws_cdk.aws_batch.Secret; expected",
        ),
        (lambda _: {"log_configuration": ecs.LogDriver.aws_logs(stream_prefix="a")}, "aws_ecs."),
    ],
)
def test_a_class_of_the_cdk_is_named_with_its_module(
    options: Any, told: str, stack: cdk.Stack
) -> None:
    with pytest.raises(TypeError) as refusal:
        bc.Ec2JobDefinition(
            stack, "Job", image="a", vcpus=1, memory=cdk.Size.gibibytes(1), **options(stack)
        )

    assert told in str(refusal.value)


def test_a_type_of_volume_may_be_the_cdks(stack: cdk.Stack) -> None:
    volume = bc.RootVolume(volume_type=ec2.EbsDeviceVolumeType.IO2, iops=1000)
    bc.LaunchTemplate(stack, "Template", root_volume=volume)

    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    data = template["Properties"]["LaunchTemplateData"]
    assert data["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "io2"
