"""Volumes of a job's container: a file system of EFS or S3 Files, a path or mount of the host.

https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aws_cdk import aws_batch as batch

from batch_constructs.admitted_traffic import admit_environment
from batch_constructs.aws.actions import S3_GET_OBJECT, S3_LIST_BUCKET
from batch_constructs.aws.limits import bound_of
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.resource_states import State
from batch_constructs.construct import given
from batch_constructs.instance_volumes import (
    EXPECTED,
    INSTANCE_VOLUMES,
    AnyInstanceVolume,
    container_path,
    expect_source,
    host_path,
    note_volumes,
)
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.mounted_bucket import let_in_from_another_account
from batch_constructs.place import MOUNTED_IN_ITS_REGION, apart
from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_efs as efs
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class EfsVolume:
    """An Amazon EFS file system, always with encryption in transit.

    The job mounts it with its job role, which can only mount it, write to it unless ``read_only``,
    and act as root with ``root_access``.

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        file_system: The file system, in the stack's Region; it can be in another account.
        container_path: Where the container sees it, an absolute path.
        access_point: Mount through this access point. Default: the file system itself.
        root_directory: The directory to mount; not together with an access point. Default: the
            file system's root.
        read_only: Whether the container can only read. Default: no, it can write.
        root_access: Whether the container's root user is also root on the file system, which is
            necessary for writing if root owns its root directory. Default: no, root becomes nobody.
        allow_from: The compute environments in which the job runs; they get access to the mount
            targets of the file system. Default: none; allow the access elsewhere.
        transit_encryption_port: The port of the encrypted connection. Default: EFS chooses it.
    """

    name: str
    file_system: efs.IFileSystem
    container_path: str
    access_point: efs.IAccessPoint | None = None
    root_directory: str | None = None
    read_only: bool = False
    root_access: bool = False
    allow_from: Sequence[ec2.IConnectable] = ()
    transit_encryption_port: WholeNumber | None = None


@dataclass(frozen=True, kw_only=True)
class S3FilesVolume:
    """A bucket's objects as files, with S3 Files, on Fargate and Managed Instances.

    The job mounts it with its job role, which can only mount it, write to it unless ``read_only``,
    and read the bucket's objects if ``bucket`` is given.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/s3files-volumes.html

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        file_system_arn: The file system's ARN.
        container_path: Where the container sees it, an absolute path.
        access_point_arn: Mount through this access point. Default: the file system itself.
        root_directory: The directory to mount; not together with an access point. Default: the
            file system's root.
        read_only: Whether the container can only read. Default: no, it can write.
        bucket: The bucket behind it, from which large files are then read directly. Default:
            everything is read through the file system.
        transit_encryption_port: The port of the encrypted connection. Default: AWS chooses it.
    """

    name: str
    file_system_arn: str
    container_path: str
    access_point_arn: str | None = None
    root_directory: str | None = None
    read_only: bool = False
    bucket: s3.IBucket | None = None
    transit_encryption_port: WholeNumber | None = None


@dataclass(frozen=True, kw_only=True)
class HostVolume:
    """A path of the container's host, or an empty directory that is deleted with the job.

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        container_path: Where the container sees it, an absolute path.
        host_path: The path on the host, which is an instance: not on Fargate. Default: an empty
            directory that is deleted with the job.
        read_only: Whether the container can only read. Default: no, it can write.
    """

    name: str
    container_path: str
    host_path: str | None = None
    read_only: bool = False


AnyVolume: TypeAlias = EfsVolume | S3FilesVolume | HostVolume | batch.HostVolume | AnyInstanceVolume
"""What a container can mount: ours, or what ``batch.EcsVolume.host(…)`` makes."""

_EXPECTED = f"EfsVolume(…), S3FilesVolume(…), HostVolume(…), {EXPECTED}"


def refuse_mounts_of_instances(
    arguments: Arguments,
    volumes: Sequence[AnyVolume] | None,
    capability: str = PlatformCapability.FARGATE,
) -> None:
    """Refuse volumes that instances mount, for jobs on platforms without such mounts."""
    why = _MOUNTS_NOTHING.get(capability)
    listed = volumes if why is not None and isinstance(volumes, list | tuple) else ()
    for place, volume in enumerate(listed):
        if isinstance(volume, INSTANCE_VOLUMES):
            arguments.wrong_value(
                f"volumes[{place}] is {type(volume).__name__}, which instances mount, and "
                f"{why}: run the job on EC2"
            )


_MOUNTS_NOTHING: Final[dict[str, str]] = {
    PlatformCapability.FARGATE: "Fargate has none; allowed: EfsVolume, S3FilesVolume, and "
    "HostVolume without host_path",
    PlatformCapability.MANAGED_INSTANCES: "Managed Instances accept no launch template that tells "
    "them to; allowed: EfsVolume, S3FilesVolume and HostVolume",
}


class Volumes:
    """The volumes of one container: its properties, and what its job role needs."""

    def __init__(self, arguments: Arguments, volumes: Sequence[AnyVolume] | None) -> None:
        self.properties: list[dict[str, Any]] = []
        self.statements: list[dict[str, Any]] = []
        self._file_systems: list[EfsVolume] = []
        self._of_instances: list[AnyInstanceVolume] = []
        self._read: list[tuple[s3.IBucket, list[dict[str, Any]]]] = []
        kinds: Any = EfsVolume | S3FilesVolume | HostVolume | batch.HostVolume | INSTANCE_VOLUMES
        self.mount_points = arguments.each("volumes", volumes, kinds, _EXPECTED, self._mount_point)

    def _mount_point(self, arguments: Arguments, volume: AnyVolume) -> dict[str, Any]:
        bound = bound_of("volume-name")
        name = arguments.text("name", volume.name, required=True, bound=bound)
        if isinstance(volume, EfsVolume):
            self._add_efs(arguments, volume, name)
        elif isinstance(volume, S3FilesVolume):
            self._add_s3_files(arguments, volume, name)
        else:
            if isinstance(volume, HostVolume | batch.HostVolume):
                source = volume.host_path
            else:
                known = expect_source(arguments, volume)
                source = host_path(volume) if known else None
                self._of_instances += [volume] if known else []
            host = given(SourcePath=arguments.text("host_path", source))
            self.properties.append(given(Name=name, Host=host))
        path = (
            container_path(volume)
            if isinstance(volume, INSTANCE_VOLUMES)
            else volume.container_path
        )
        read_only: Any = (
            bool(volume.readonly) if isinstance(volume, batch.HostVolume) else volume.read_only
        )
        return {
            "SourceVolume": name,
            "ContainerPath": arguments.text("container_path", path, required=True),
            "ReadOnly": arguments.flag("read_only", read_only, required=True),
        }

    def admit(self, scope: Construct) -> None:
        """Let mount targets admit the environments that they were told of, and buckets the jobs."""
        note_volumes(scope, self._of_instances)
        for bucket, read in self._read:
            let_in_from_another_account(scope, bucket, read)
        for volume in self._file_systems:
            for environment in volume.allow_from:
                admit_environment(scope, environment, volume.file_system)

    def _add_efs(self, arguments: Arguments, volume: EfsVolume, name: Any) -> None:
        if not has_member(volume.file_system, "file_system_id"):
            wrong = arguments.wrong_type("file_system", volume.file_system, "an efs.IFileSystem")
            self.properties.append({"Name": name, "EfsVolumeConfiguration": wrong})
            return
        if volume.allow_from is None:
            arguments.wrong_type("allow_from", None, "a list of compute environments")
        arguments.resources(
            "allow_from",
            volume.allow_from,
            "connections",
            "a managed compute environment such as FargateComputeEnvironment(…)",
            "compute environments",
        )
        known_flag(arguments, "root_access", volume.root_access)
        arguments.of_this_region(
            "file_system",
            volume.file_system,
            volume.file_system.file_system_arn,
            MOUNTED_IN_ITS_REGION,
        )
        point = _access_point(arguments, volume)
        self._file_systems.append(volume)
        configuration = given(
            FileSystemId=volume.file_system.file_system_id,
            RootDirectory=arguments.text("root_directory", volume.root_directory),
            TransitEncryption=State.ENABLED,
            TransitEncryptionPort=arguments.number(
                "transit_encryption_port",
                volume.transit_encryption_port,
                bound=bound_of("efs-transit-port"),
            ),
            AuthorizationConfig=given(
                AccessPointId=None if point is None else point.access_point_id, Iam=State.ENABLED
            ),
        )
        self.properties.append({"Name": name, "EfsVolumeConfiguration": configuration})
        self.statements.append(
            _mount(
                "elasticfilesystem",
                volume.file_system.file_system_arn,
                None if point is None else point.access_point_arn,
                write=not volume.read_only,
                root=volume.root_access,
            )
        )

    def _add_s3_files(self, arguments: Arguments, volume: S3FilesVolume, name: Any) -> None:
        point = arguments.text("access_point_arn", volume.access_point_arn)
        configuration = given(
            FileSystemArn=arguments.text(
                "file_system_arn",
                volume.file_system_arn,
                required=True,
                bound=bound_of("s3files-file-system-arn"),
            ),
            AccessPointArn=point,
            RootDirectory=arguments.text("root_directory", volume.root_directory),
            TransitEncryptionPort=arguments.number(
                "transit_encryption_port",
                volume.transit_encryption_port,
                bound=bound_of("s3files-transit-port"),
            ),
        )
        system = configuration.get("FileSystemArn")
        if isinstance(point, str) and isinstance(system, str):
            problem = apart((None, point), (None, system))
            if problem is not None:
                arguments.wrong_value(f"access_point_arn: {problem}: give both of one file system")
        self.properties.append({"Name": name, "S3FilesVolumeConfiguration": configuration})
        self.statements.append(
            _mount(
                "s3files",
                volume.file_system_arn,
                None if point is UNKNOWN else point,
                write=not volume.read_only,
                root=False,
            )
        )
        bucket = volume.bucket
        if bucket is None:
            return
        if not has_member(bucket, "bucket_arn"):
            arguments.wrong_type("bucket", bucket, "an s3.IBucket")
            return
        arguments.of_this_partition("bucket", bucket.bucket_arn)
        read: list[dict[str, Any]] = [
            {"Effect": "Allow", "Action": S3_LIST_BUCKET, "Resource": bucket.bucket_arn},
            {
                "Effect": "Allow",
                "Action": [S3_GET_OBJECT, "s3:GetObjectVersion"],
                "Resource": f"{bucket.bucket_arn}/*",
            },
        ]
        self.statements += read
        self._read.append((bucket, read))


def _access_point(arguments: Arguments, volume: EfsVolume) -> efs.IAccessPoint | None:
    """Return the access point, refused where it is one of another file system for sure."""
    point = volume.access_point
    if point is None:
        return None
    if not has_member(point, "access_point_id"):
        arguments.wrong_type("access_point", point, "an efs.IAccessPoint")
        return None
    arguments.of_this_region("access_point", point, point.access_point_arn, MOUNTED_IN_ITS_REGION)
    try:
        owner = point.file_system
    except RuntimeError:  # imported by its ID alone: nobody knows
        return point
    ids = owner.file_system_id, volume.file_system.file_system_id
    if ids[0] != ids[1] and (
        not any(map(is_token, ids)) or (_made_here(owner) and _made_here(volume.file_system))
    ):
        arguments.wrong_value(
            f"access_point is one of the file system {owner.node.path}; allowed: one of "
            f"{volume.file_system.node.path}: give both of one file system"
        )
    return point


def _made_here(file_system: efs.IFileSystem) -> bool:
    from aws_cdk import aws_efs as efs  # noqa: PLC0415  # few jobs mount a file system

    return isinstance(file_system, efs.FileSystem)


def _mount(
    service: str, file_system: str, access_point: str | None, *, write: bool, root: bool
) -> dict[str, Any]:
    """Return what mounts a file system: through its access point only, where it has one."""
    actions = [f"{service}:ClientMount"]
    if write:
        actions.append(f"{service}:ClientWrite")
    if root:
        actions.append(f"{service}:ClientRootAccess")
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": file_system}
    if access_point is not None:
        through = {f"{service}:AccessPointArn": access_point}
        statement["Condition"] = {"StringEquals": through}
    return statement
