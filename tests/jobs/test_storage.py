"""Storage: what is mounted, and exactly what the job may do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_s3 as s3

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Container = Callable[[], Rendered]
Fargate = Callable[..., bc.FargateJobDefinition]
Ec2 = Callable[..., bc.Ec2JobDefinition]
SYSTEM = "arn:aws:s3files:us-east-1:123456789012:file-system/fs-0123456789abcdef0"


@pytest.fixture
def file_system(stack: cdk.Stack, vpc: ec2.Vpc) -> efs.FileSystem:
    return efs.FileSystem(stack, "Files", vpc=vpc)


def job_role_statements(resources: Resources) -> list[Rendered]:
    (policy,) = (
        policy["Properties"]
        for name, policy in resources("AWS::IAM::Policy").items()
        if "JobRole" in name
    )
    statements: list[Rendered] = policy["PolicyDocument"]["Statement"]
    return statements


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        ({"read_only": True}, "elasticfilesystem:ClientMount"),
        ({}, ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]),
        (
            {"root_access": True},
            [
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:ClientWrite",
                "elasticfilesystem:ClientRootAccess",
            ],
        ),
    ],
)
def test_a_job_may_do_with_efs_exactly_what_its_volume_says(
    options: dict[str, Any],
    actions: Any,
    file_system: efs.FileSystem,
    fargate: Fargate,
    resources: Resources,
) -> None:
    fargate(
        volumes=[
            bc.EfsVolume(name="data", file_system=file_system, container_path="/data", **options)
        ]
    )

    (name,) = resources("AWS::EFS::FileSystem")
    assert job_role_statements(resources) == [
        {"Action": actions, "Effect": "Allow", "Resource": {"Fn::GetAtt": [name, "Arn"]}}
    ]


def test_a_job_mounts_efs_through_its_access_point_only(
    file_system: efs.FileSystem, fargate: Fargate, container: Container, resources: Resources
) -> None:
    point = file_system.add_access_point("Point", path="/data")
    fargate(
        volumes=[
            bc.EfsVolume(
                name="data",
                file_system=file_system,
                container_path="/data",
                access_point=point,
                read_only=True,
                transit_encryption_port=2999,
            )
        ]
    )

    (volume,) = container()["Volumes"]
    (access_point,) = resources("AWS::EFS::AccessPoint")
    assert volume["EfsVolumeConfiguration"]["AuthorizationConfig"] == {
        "AccessPointId": {"Ref": access_point},
        "Iam": "ENABLED",
    }
    assert volume["EfsVolumeConfiguration"]["TransitEncryption"] == "ENABLED"
    assert volume["EfsVolumeConfiguration"]["TransitEncryptionPort"] == 2999
    (statement,) = job_role_statements(resources)
    (condition,) = statement["Condition"]["StringEquals"]
    assert condition == "elasticfilesystem:AccessPointArn"


def test_mount_targets_admit_the_environments_that_a_volume_names(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    file_system: efs.FileSystem,
    fargate: Fargate,
    resources: Resources,
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    fargate(
        volumes=[
            bc.EfsVolume(
                name="data",
                file_system=file_system,
                container_path="/data",
                allow_from=[environment],
            )
        ]
    )

    (ingress,) = resources("AWS::EC2::SecurityGroupIngress").values()
    assert ingress["Properties"]["FromPort"] == ingress["Properties"]["ToPort"] == 2049
    assert "Environment" in str(ingress["Properties"]["SourceSecurityGroupId"])


def test_a_job_reads_a_bucket_as_files_with_nothing_but_the_mount_and_the_objects(
    stack: cdk.Stack, fargate: Fargate, container: Container, resources: Resources
) -> None:
    fargate(
        volumes=[
            bc.S3FilesVolume(
                name="objects",
                file_system_arn=SYSTEM,
                container_path="/objects",
                access_point_arn=f"{SYSTEM}/access-point/fsap-1",
                read_only=True,
                bucket=s3.Bucket(stack, "Bucket"),
            )
        ]
    )

    (bucket,) = resources("AWS::S3::Bucket")
    arn = {"Fn::GetAtt": [bucket, "Arn"]}
    assert container()["Volumes"] == [
        {
            "Name": "objects",
            "S3FilesVolumeConfiguration": {
                "AccessPointArn": f"{SYSTEM}/access-point/fsap-1",
                "FileSystemArn": SYSTEM,
            },
        }
    ]
    assert job_role_statements(resources) == [
        {
            "Action": "s3files:ClientMount",
            "Condition": {
                "StringEquals": {"s3files:AccessPointArn": f"{SYSTEM}/access-point/fsap-1"}
            },
            "Effect": "Allow",
            "Resource": SYSTEM,
        },
        {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": arn},
        {
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Effect": "Allow",
            "Resource": {"Fn::Join": ["", [arn, "/*"]]},
        },
    ]


def test_a_volume_of_s3_files_that_may_be_written_to_says_so(
    fargate: Fargate, resources: Resources
) -> None:
    fargate(
        volumes=[
            bc.S3FilesVolume(name="objects", file_system_arn=SYSTEM, container_path="/objects")
        ]
    )

    (statement,) = job_role_statements(resources)
    assert statement["Action"] == ["s3files:ClientMount", "s3files:ClientWrite"]


def test_s3_files_on_instances_is_refused(ec2_job: Ec2) -> None:
    with pytest.raises(ValueError, match=r"volumes\[0\]"):
        ec2_job(
            volumes=[
                bc.S3FilesVolume(name="objects", file_system_arn=SYSTEM, container_path="/objects")
            ]
        )


def test_a_file_system_given_by_its_id_is_refused(fargate: Fargate) -> None:
    with pytest.raises(
        ValueError, match=r'volumes\[0\]\.file_system_arn is "fs-1"; allowed: ARNs such as '
    ):
        fargate(
            volumes=[bc.S3FilesVolume(name="o", file_system_arn="fs-1", container_path="/objects")]
        )


def test_what_is_no_volume_is_named_with_its_place(
    fargate: Fargate, file_system: efs.FileSystem
) -> None:
    with pytest.raises(TypeError) as error:
        fargate(
            volumes=[
                "/data",
                bc.EfsVolume(name="a", file_system="fs-1", container_path="/a"),  # type: ignore[arg-type]
                bc.EfsVolume(
                    name="b",
                    file_system=file_system,
                    container_path="/b",
                    allow_from=["environment"],  # type: ignore[list-item]
                ),
                bc.HostVolume(name="c", container_path=3),  # type: ignore[arg-type]
            ]
        )

    message = str(error.value)
    assert 'volumes[0] is str "/data"; expected EfsVolume(…)' in message
    assert 'volumes[1].file_system is str "fs-1"; expected an efs.IFileSystem' in message
    assert 'volumes[2].allow_from[0] is str "environment"' in message
    assert "volumes[3].container_path is int 3; expected a string" in message


def test_a_host_volume_without_a_path_is_an_empty_directory_on_fargate_too(
    fargate: Fargate, container: Container
) -> None:
    fargate(volumes=[bc.HostVolume(name="scratch", container_path="/scratch")])

    assert container()["Volumes"] == [{"Name": "scratch"}]
    assert container()["MountPoints"] == [
        {"ContainerPath": "/scratch", "ReadOnly": False, "SourceVolume": "scratch"}
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"access_point": "fsap-1"}, 'access_point is str "fsap-1"; expected an efs.IAccessPoint'),
        ({"read_only": None}, "read_only is None; expected True or False"),
        ({"root_access": "yes"}, 'root_access is str "yes"; expected True or False'),
    ],
)
def test_a_field_of_a_volume_that_has_a_wrong_type_is_named(
    options: dict[str, Any], message: str, fargate: Fargate, file_system: efs.FileSystem
) -> None:
    volume = bc.EfsVolume(name="a", file_system=file_system, container_path="/a", **options)
    with pytest.raises(TypeError, match=rf"volumes\[0\].{message}"):
        fargate(volumes=[volume])


def test_an_access_point_of_another_file_system_is_refused(
    stack: cdk.Stack, fargate: Fargate, file_system: efs.FileSystem, vpc: ec2.Vpc
) -> None:
    other = efs.FileSystem(stack, "Other", vpc=vpc)
    volume = bc.EfsVolume(
        name="a",
        file_system=file_system,
        container_path="/a",
        access_point=other.add_access_point("Point"),
    )
    with pytest.raises(ValueError, match="access_point is one of the file system Stack/Other; all"):
        fargate(volumes=[volume])


def test_an_access_point_of_a_file_system_that_nobody_knows_is_taken(
    stack: cdk.Stack, fargate: Fargate, file_system: efs.FileSystem, container: Container
) -> None:
    point = efs.AccessPoint.from_access_point_id(stack, "Point", "fsap-1")
    fargate(
        volumes=[
            bc.EfsVolume(name="a", file_system=file_system, container_path="/a", access_point=point)
        ]
    )

    (volume,) = container()["Volumes"]
    authorization = volume["EfsVolumeConfiguration"]["AuthorizationConfig"]
    assert authorization["AccessPointId"] == "fsap-1"


def _taken_in(stack: cdk.Stack, id: str, name: Any) -> efs.IFileSystem:
    group = ec2.SecurityGroup.from_security_group_id(stack, f"{id}Group", "sg-1")
    return efs.FileSystem.from_file_system_attributes(
        stack, id, file_system_id=name, security_group=group
    )


def _point_of(stack: cdk.Stack, owner: efs.IFileSystem) -> efs.IAccessPoint:
    return efs.AccessPoint.from_access_point_attributes(
        stack, "Point", access_point_id="fsap-1", file_system=owner
    )


def test_an_access_point_of_another_file_system_is_refused_where_both_ids_are_known(
    stack: cdk.Stack, fargate: Fargate
) -> None:
    volume = bc.EfsVolume(
        name="a",
        file_system=_taken_in(stack, "Files", "fs-1"),
        container_path="/a",
        access_point=_point_of(stack, _taken_in(stack, "Other", "fs-2")),
    )
    with pytest.raises(ValueError, match="access_point is one of the file system Stack/Other; all"):
        fargate(volumes=[volume])


@pytest.mark.parametrize("named", ["fs-2", None])
def test_an_access_point_whose_file_system_may_be_the_same_is_taken(
    stack: cdk.Stack,
    fargate: Fargate,
    file_system: efs.FileSystem,
    container: Container,
    named: str | None,
) -> None:
    """One ID is a token: the file system that was taken in may be the one that is made here."""
    name = named or cdk.CfnParameter(stack, "Name").value_as_string
    volume = bc.EfsVolume(
        name="a",
        file_system=file_system,
        container_path="/a",
        access_point=_point_of(stack, _taken_in(stack, "Other", name)),
    )
    fargate(volumes=[volume])

    (mounted,) = container()["Volumes"]
    assert mounted["EfsVolumeConfiguration"]["AuthorizationConfig"]["AccessPointId"] == "fsap-1"
