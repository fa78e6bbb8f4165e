"""Volumes of a job's container: a file system of EFS, or a path of the host.

https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_efs as efs

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class EfsVolume:
    """A file system of Amazon EFS; what travels to and from it is always encrypted.

    The job mounts it as its job role, which is granted exactly the mount, and the write unless
    ``read_only``. The file system has to admit the compute environment:
    ``file_system.connections.allow_default_port_from(environment)``.

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        file_system: The file system.
        container_path: Where the container sees it, an absolute path.
        access_point: Mount through this access point. Default: the file system itself.
        root_directory: The directory to mount; not together with an access point. Default: the
            file system's root.
        read_only: Whether the container may only read. Default: it may write.
    """

    name: str
    file_system: efs.IFileSystem
    container_path: str
    access_point: efs.IAccessPoint | None = None
    root_directory: str | None = None
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class HostVolume:
    """A path of the container's host, which is an instance: not on Fargate.

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        container_path: Where the container sees it, an absolute path.
        host_path: The path on the host. Default: an empty directory that goes with the job.
        read_only: Whether the container may only read. Default: it may write.
    """

    name: str
    container_path: str
    host_path: str | None = None
    read_only: bool = False


class Volumes:
    """The volumes of one container: its properties, and what its job role needs."""

    def __init__(
        self, arguments: Arguments, volumes: Sequence[EfsVolume | HostVolume] | None
    ) -> None:
        self.properties: list[dict[str, Any]] = []
        self.mount_points: list[dict[str, Any]] = []
        self.statements: list[dict[str, Any]] = []
        for volume in arguments.items("volumes", volumes, "EfsVolume or HostVolume"):
            if isinstance(volume, EfsVolume):
                self._add_efs(volume)
            elif isinstance(volume, HostVolume):
                host = given(SourcePath=volume.host_path)
                self.properties.append(given(Name=volume.name, Host=host))
            else:
                arguments.wrong_type("volumes", volume, "EfsVolume(…) or HostVolume(…)")
                continue
            self.mount_points.append(
                {
                    "SourceVolume": volume.name,
                    "ContainerPath": volume.container_path,
                    "ReadOnly": volume.read_only,
                }
            )

    def _add_efs(self, volume: EfsVolume) -> None:
        point = volume.access_point
        authorization = given(
            AccessPointId=None if point is None else point.access_point_id, Iam="ENABLED"
        )
        configuration = given(
            FileSystemId=volume.file_system.file_system_id,
            RootDirectory=volume.root_directory,
            TransitEncryption="ENABLED",
            AuthorizationConfig=authorization,
        )
        self.properties.append({"Name": volume.name, "EfsVolumeConfiguration": configuration})
        actions = ["elasticfilesystem:ClientMount"]
        if not volume.read_only:
            actions.append("elasticfilesystem:ClientWrite")
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": actions,
            "Resource": volume.file_system.file_system_arn,
        }
        if point is not None:
            through = {"elasticfilesystem:AccessPointArn": point.access_point_arn}
            statement["Condition"] = {"StringEquals": through}
        self.statements.append(statement)
