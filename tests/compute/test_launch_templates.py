"""Launch templates: built for AWS Batch, rolled with every change, refused where they break it."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_string
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

import batch_constructs as bc
from batch_constructs.aws.launch_template_facts import USER_DATA_BYTES

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Properties = Callable[[str], Rendered]
TEMPLATE = "AWS::EC2::LaunchTemplate"
ENVIRONMENT = "AWS::Batch::ComputeEnvironment"


@pytest.fixture
def data(properties: Properties) -> Callable[[], Rendered]:
    return lambda: properties(TEMPLATE)["LaunchTemplateData"]


def scripts(data: Rendered) -> list[str]:
    """Read user data as cloud-init does, and return the script of each part."""
    message = message_from_string(data["UserData"]["Fn::Base64"])
    assert message.get_content_type() == "multipart/mixed"
    parts: Any = message.get_payload()
    assert isinstance(parts, list)
    assert {part.get_content_type() for part in parts} == {"text/x-shellscript"}
    return [str(part.get_payload()) for part in parts]


def test_a_template_is_encrypted_and_asks_for_imdsv2_without_being_told(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    bc.LaunchTemplate(stack, "Template")

    assert data() == {
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"DeleteOnTermination": True, "Encrypted": True, "VolumeType": "gp3"},
            }
        ],
        "MetadataOptions": {"HttpPutResponseHopLimit": 1, "HttpTokens": "required"},
    }


def test_a_disk_is_rendered_in_full(
    stack: cdk.Stack, data: Callable[[], Rendered], resources: Resources
) -> None:
    bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(
            size=cdk.Size.gibibytes(500),
            iops=6000,
            throughput=500,
            encryption_key=kms.Key(stack, "Key"),
        ),
    )

    (key,) = resources("AWS::KMS::Key")
    assert data()["BlockDeviceMappings"][0]["Ebs"] == {
        "DeleteOnTermination": True,
        "Encrypted": True,
        "Iops": 6000,
        "KmsKeyId": {"Fn::GetAtt": [key, "Arn"]},
        "Throughput": 500,
        "VolumeSize": 500,
        "VolumeType": "gp3",
    }


def test_shell_commands_are_wrapped_into_mime_parts(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    bc.LaunchTemplate(
        stack, "Template", user_data=["echo one", "echo two"], image_pull="prefer-cached"
    )

    agent, own = scripts(data())
    assert agent.splitlines() == [
        "#!/bin/bash",
        "echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config",
    ]
    assert own.splitlines() == ["#!/bin/bash", "echo one", "echo two"]


def test_scratch_disks_are_joined_and_mounted_and_the_script_is_valid_shell(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    import subprocess

    bc.LaunchTemplate(stack, "Template", scratch_path="/scratch")

    (script,) = scripts(data())
    assert "mdadm --create /dev/md0" in script
    assert 'mount -o noatime "${disks[0]}" /scratch' in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_tags_go_to_instances_and_their_volumes(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    bc.LaunchTemplate(stack, "Template", tags={"team": "genomics"})

    assert data()["TagSpecifications"] == [
        {"ResourceType": kind, "Tags": [{"Key": "team", "Value": "genomics"}]}
        for kind in ("instance", "volume")
    ]


def test_an_elastic_fabric_adapter_has_the_groups_that_were_given(
    stack: cdk.Stack, vpc: ec2.Vpc, data: Callable[[], Rendered]
) -> None:
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    bc.LaunchTemplate(stack, "Template", efa=True, security_groups=[group])

    (interface,) = data()["NetworkInterfaces"]
    assert interface["InterfaceType"] == "efa"
    assert interface["DeviceIndex"] == 0
    assert "Group" in str(interface["Groups"])


def test_an_environment_takes_the_newest_version_by_its_number(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties, resources: Resources
) -> None:
    """So that a change of the template changes the environment too, and rolls its instances."""
    template = bc.LaunchTemplate(stack, "Template")
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=template)

    (name,) = resources(TEMPLATE)
    assert properties(ENVIRONMENT)["ComputeResources"]["LaunchTemplate"] == {
        "LaunchTemplateId": {"Ref": name},
        "Version": {"Fn::GetAtt": [name, "LatestVersionNumber"]},
    }


def test_some_types_have_another_template(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.SpotComputeEnvironment(
        stack,
        "Environment",
        vpc=vpc,
        instance_types=["c7i", "g5"],
        launch_template=bc.LaunchTemplate(stack, "Usual"),
        launch_template_overrides=[
            bc.LaunchTemplateOverride(
                launch_template=bc.LaunchTemplate(stack, "Gpu"),
                instance_types=[ec2.InstanceType("g5.xlarge")],
            )
        ],
    )

    (override,) = properties(ENVIRONMENT)["ComputeResources"]["LaunchTemplate"]["Overrides"]
    assert override["TargetInstanceTypes"] == ["g5.xlarge"]
    assert "Gpu" in str(override["Version"])


def test_mime_user_data_of_the_cdk_are_taken(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    parts = ec2.MultipartUserData()
    parts.add_user_data_part(ec2.UserData.for_linux())
    theirs = ec2.LaunchTemplate(stack, "Theirs", user_data=parts)
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=theirs)

    assert "LaunchTemplate" in properties(ENVIRONMENT)["ComputeResources"]


def test_plain_shell_user_data_is_refused_with_the_fix(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    theirs = ec2.LaunchTemplate(stack, "Theirs", user_data=ec2.UserData.for_linux())

    with pytest.raises(
        ValueError, match=r"launch_template has user data .*\"#!/bin/bash\"; allowed"
    ):
        bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=theirs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scratch_path": "scratch"}, 'scratch_path is "scratch"; allowed: an absolute path'),
        ({"scratch_path": "/"}, 'scratch_path is "/"; allowed: an absolute path'),
        ({"scratch_path": "/x; rm -rf /"}, "scratch_path is .*; allowed: an absolute path"),
        ({"scratch_path": "/a/../etc"}, "scratch_path is .*; allowed: an absolute path"),
        ({"scratch_path": "/etc"}, 'scratch_path is "/etc", which contains the system'),
        ({"image_pull": "never"}, 'image_pull is "never"; allowed: default, always, once'),
        (
            {"user_data": ["x" * 17_000]},
            "user_data makes 17[0-9]+ bytes .*; allowed: at",
        ),
        (
            {"root_volume": bc.RootVolume(volume_type="gp9")},
            'root_volume.volume_type is "gp9"; allowed: gp3',
        ),
        (
            {"root_volume": bc.RootVolume(volume_type="st1")},
            'root_volume.volume_type is "st1", which instances cannot start from',
        ),
        (
            {"root_volume": bc.RootVolume(volume_type="gp2", iops=100)},
            "root_volume.iops is given, which gp2 volumes do not support: leave it out",
        ),
        (
            {"root_volume": bc.RootVolume(volume_type="io2")},
            "root_volume.iops is left out for io2; allowed: 100 to 256000",
        ),
        (
            {"root_volume": bc.RootVolume(iops=15_001)},
            "iops is 15001 with a size of 30 GiB .that of the machine image.; .*: at most 15000",
        ),
        (
            {
                "root_volume": bc.RootVolume(
                    volume_type="io1", iops=5001, size=cdk.Size.gibibytes(100)
                )
            },
            r"iops is 5001 with a size of 100 GiB; allowed with io1: at most 5000",
        ),
        (
            {
                "root_volume": bc.RootVolume(
                    volume_type="io2", iops=40_001, size=cdk.Size.gibibytes(40)
                )
            },
            r"iops is 40001 with a size of 40 GiB; allowed with io2: at most 40000",
        ),
        (
            {"root_volume": bc.RootVolume(iops=2999)},
            "root_volume.iops is 2999; allowed: whole numbers from 3000 to 80000 with gp3",
        ),
        (
            {"root_volume": bc.RootVolume(iops=3000.5)},
            "root_volume.iops is 3000.5; allowed: whole numbers",
        ),
        (
            {"root_volume": bc.RootVolume(size=cdk.Size.gibibytes(29))},
            "root_volume.size is 29 GiB; allowed: 30 to 65536 GiB with gp3",
        ),
        (
            {"root_volume": bc.RootVolume(volume_type="io2", iops=100, throughput=500)},
            "root_volume.throughput is given, which io2 volumes do not support: leave it out",
        ),
        (
            {"root_volume": bc.RootVolume(throughput=2001)},
            "throughput is 2001 MiB a second; allowed: 125 to 2000 MiB a second with gp3",
        ),
        (
            {"root_volume": bc.RootVolume(throughput=1000)},
            "root_volume.throughput is 1000 with 3000 iops; .*: give iops=4000",
        ),
        (
            {"root_volume": bc.RootVolume(throughput=2000)},
            "root_volume.throughput is 2000 with 3000 iops; .*: give iops=8000",
        ),
        ({"imdsv2_hop_limit": 0}, "imdsv2_hop_limit is 0; allowed: whole numbers from 1 to 64"),
        (
            {"imdsv2_hop_limit": 1.5},
            "imdsv2_hop_limit is 1.5; allowed: whole numbers",
        ),
        ({"efa": True}, "security_groups is left out with efa"),
    ],
)
def test_a_template_that_breaks_instances_is_refused(
    options: dict[str, Any], message: str, stack: cdk.Stack
) -> None:
    with pytest.raises(ValueError, match=message):
        bc.LaunchTemplate(stack, "Template", **options)


@pytest.mark.parametrize(
    ("types", "overrides", "message"),
    [
        (["c7i"], ["g5"], "launch_template_overrides"),
        (["c7i"], ["default_x86_64"], "launch_template_overrides"),
    ],
)
def test_an_override_for_types_that_the_environment_does_not_have_is_refused(
    types: list[str], overrides: list[str], message: str, stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    template = bc.LaunchTemplate(stack, "Template")
    with pytest.raises(ValueError, match=message):
        bc.Ec2ComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            instance_types=types,
            launch_template=template,
            launch_template_overrides=[
                bc.LaunchTemplateOverride(launch_template=template, instance_types=overrides)
            ],
        )


def test_overrides_without_a_usual_template_are_refused(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    override = bc.LaunchTemplateOverride(
        launch_template=bc.LaunchTemplate(stack, "Template"), instance_types=["c7i"]
    )
    with pytest.raises(ValueError, match="launch_template_overrides is given without launch_temp"):
        bc.Ec2ComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            instance_types=["c7i"],
            launch_template_overrides=[override],
        )


def test_unknown_values_are_never_an_error(stack: cdk.Stack) -> None:
    text = cdk.CfnParameter(stack, "Text").value_as_string
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.gibibytes(number), iops=number),
        imdsv2_hop_limit=number,
        user_data=[text],
        tags={"team": text},
    )


def test_user_data_that_are_no_text_are_refused(stack: cdk.Stack) -> None:
    with pytest.raises(TypeError, match=r"user_data\[0\] is None; expected a string"):
        bc.LaunchTemplate(stack, "Template", user_data=[None])  # type: ignore[list-item]


def test_the_largest_of_each_is_taken(stack: cdk.Stack, data: Callable[[], Rendered]) -> None:
    bc.LaunchTemplate(
        stack,
        "Template",
        root_volume=bc.RootVolume(size=cdk.Size.tebibytes(64), iops=80_000, throughput=2000),
        imdsv2_hop_limit=64,
    )

    assert data()["BlockDeviceMappings"][0]["Ebs"]["Throughput"] == 2000


def test_a_scratch_path_that_is_not_known_yet_is_quoted(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    path = cdk.CfnParameter(stack, "Path")
    bc.LaunchTemplate(stack, "Template", scratch_path=path.value_as_string)

    before, name, *_ = data()["UserData"]["Fn::Base64"]["Fn::Join"][1]
    assert before.endswith("mkdir -p '")
    assert name == {"Ref": "Path"}


@pytest.mark.parametrize("for_some_types", [False, True])
def test_a_setting_of_the_ecs_agent_is_refused_on_eks(
    stack: cdk.Stack, vpc: ec2.Vpc, *, for_some_types: bool
) -> None:
    theirs = bc.LaunchTemplate(stack, "Theirs", image_pull="once")
    usual = bc.LaunchTemplate(stack, "Usual") if for_some_types else theirs
    override = bc.LaunchTemplateOverride(launch_template=theirs, instance_types=["g5"])

    with pytest.raises(ValueError, match="launch_template Stack/Theirs has image_pull, which is"):
        bc.EksComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            cluster="arn:aws:eks:us-east-1:111122223333:cluster/jobs",
            kubernetes_namespace="jobs",
            instance_types=["c7i", "g5"],
            launch_template=usual,
            launch_template_overrides=[override] if for_some_types else None,
        )


def test_an_override_for_no_type_is_named(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    template = bc.LaunchTemplate(stack, "Template")
    override = bc.LaunchTemplateOverride(launch_template=template, instance_types=[None])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"overrides\[0\].instance_types\[0\] is None"):
        bc.Ec2ComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            launch_template=template,
            launch_template_overrides=[override],
        )


def test_images_are_pulled_one_after_the_other_before_the_agent_starts(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tool:3"
    bc.LaunchTemplate(stack, "Template", prefetch_images=[image, "public.ecr.aws/a/b:1"])

    (script,) = scripts(data())
    assert f"for image in {image} public.ecr.aws/a/b:1; do" in script
    assert "ecr-login" in script


def test_an_image_to_prefetch_is_named_by_a_string(stack: cdk.Stack) -> None:
    wrong: Any = [7]

    with pytest.raises(TypeError, match=r"Stack/Template: prefetch_images\[0\] is int 7"):
        bc.LaunchTemplate(stack, "Template", prefetch_images=wrong)


def test_nodes_of_amazon_eks_prefetch_nothing(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    template = bc.LaunchTemplate(stack, "Template", prefetch_images=["busybox"])

    with pytest.raises(ValueError, match="launch_template Stack/Template has prefetch_images"):
        bc.EksComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
            kubernetes_namespace="batch",
            launch_template=template,
        )


@pytest.mark.parametrize(
    ("kind", "iops", "gibibytes"), [("gp3", 15_000, 30), ("io1", 1500, 30), ("io2", 40_000, 40)]
)
def test_a_volume_has_as_many_iops_as_its_size_allows(
    kind: str, iops: int, gibibytes: int, stack: cdk.Stack
) -> None:
    size = cdk.Size.gibibytes(gibibytes)
    bc.LaunchTemplate(
        stack, "Template", root_volume=bc.RootVolume(volume_type=kind, iops=iops, size=size)
    )


def test_a_throughput_may_be_a_quarter_of_the_iops(
    stack: cdk.Stack, data: Callable[[], Rendered]
) -> None:
    bc.LaunchTemplate(stack, "Template", root_volume=bc.RootVolume(throughput=1000, iops=4000))

    assert data()["BlockDeviceMappings"][0]["Ebs"]["Throughput"] == 1000


def test_user_data_may_be_as_long_as_ec2_takes_and_no_longer(stack: cdk.Stack) -> None:
    def template(id: str, length: int) -> bc.LaunchTemplate:
        return bc.LaunchTemplate(stack, id, user_data=["#" + "x" * length])

    with pytest.raises(ValueError, match="user_data makes") as refusal:
        template("Long", USER_DATA_BYTES)
    written = re.search(r"makes ([\d,]+) bytes", str(refusal.value))
    assert written is not None
    beyond = int(written[1].replace(",", "")) - USER_DATA_BYTES

    template("Longest", USER_DATA_BYTES - beyond)
    with pytest.raises(ValueError, match=f"makes {USER_DATA_BYTES + 1} bytes"):
        template("OneMore", USER_DATA_BYTES - beyond + 1)
