"""Fast storage that instances mount as they start, and jobs then see: Lustre, S3, their own disks.

One value goes to both sides: ``LaunchTemplate(volumes=[…])`` mounts it on the instance before the
ECS agent starts, and ``Ec2JobDefinition(volumes=[…])`` shows it to the container.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from batch_constructs.admitted_traffic import admit_environment
from batch_constructs.aws.bound import as_text, refused, shown
from batch_constructs.aws.limits import bound_of
from batch_constructs.aws.storage import (
    INSTALL_LUSTRE,
    INSTALL_MOUNTPOINT,
    LUSTRE_MOUNT_NAME,
    WRITABLE_BY_ALL,
)
from batch_constructs.aws.template_facts import TO_READ, TO_WRITE
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.mounted_bucket import bucket_name, expect_bucket, grant_bucket
from batch_constructs.noted_volumes import note_at_path
from batch_constructs.place import OF_ONE_REGION
from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_fsx as fsx
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3
    from aws_cdk.interfaces import aws_s3express as s3express_interfaces
    from constructs import Construct

    from batch_constructs.arguments import Arguments

_WRITES = ["--allow-delete", "--allow-overwrite", *WRITABLE_BY_ALL]
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_SYSTEM_PATH = re.compile("/(bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|sys|usr|var)")


@dataclass(frozen=True)
class FsxLustreVolume:
    """A file system of Amazon FSx for Lustre, mounted by the instance, not on Fargate.

    Environments that use the launch template get access to the file system's ports. Every job on
    the instance that sees the path can read it, and write to it unless ``read_only``.
    https://docs.aws.amazon.com/fsx/latest/LustreGuide/mounting-ecs.html

    Attributes:
        file_system: The file system: an ``fsx.LustreFileSystem``, or one that
            ``fsx.LustreFileSystem.from_lustre_file_system_attributes`` takes in.
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        host_path: Where the instance mounts it. Default: ``/mnt/NAME``.
        container_path: Where the container sees it. Default: the same.
        read_only: Whether the instance mounts it to read only. Default: no.
        mount_name: The ``MountName`` that ``aws fsx describe-file-systems`` shows, for an imported
            file system. Default: that of the file system in the app.
    """

    file_system: fsx.LustreFileSystem | fsx.IFileSystem
    name: str = field(default="lustre", kw_only=True)
    host_path: str | None = field(default=None, kw_only=True)
    container_path: str | None = field(default=None, kw_only=True)
    read_only: bool = field(default=False, kw_only=True)
    mount_name: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class S3MountVolume:
    """A bucket as files, with Mountpoint for Amazon S3 on the instance; not on Fargate.

    The instance role of environments that use the launch template gets the permissions that
    Mountpoint needs under the prefix: to list and read, and to write without ``read_only``. Any job
    on the instance that sees the path therefore has them, whatever its job role. A directory bucket
    of S3 Express One Zone only has sessions for the whole bucket, to read or to write.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mountpoint.html

    Attributes:
        bucket: The bucket: an ``s3.IBucket``, or an ``s3express.CfnDirectoryBucket``, which
            ``from_bucket_name`` can import.
        prefix: What the keys of its objects begin with, such as ``reads/``. Default: the whole
            bucket.
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        host_path: Where the instance mounts it. Default: ``/mnt/NAME``.
        container_path: Where the container sees it. Default: the same.
        read_only: Whether nothing can be written. If not, any user can write whole files, overwrite
            and delete them, but not change parts of them. Default: yes.
    """

    bucket: s3.IBucket | s3express_interfaces.IDirectoryBucketRef
    prefix: str | None = field(default=None, kw_only=True)
    name: str = field(default="s3", kw_only=True)
    host_path: str | None = field(default=None, kw_only=True)
    container_path: str | None = field(default=None, kw_only=True)
    read_only: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class InstanceStoreVolume:
    """The instance's own NVMe disks, as one file system that is empty at first.

    All jobs on the instance share it. On an instance without such disks, it is a plain directory on
    the root volume, and the rule ``instance-store-types`` warns.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html

    Attributes:
        name: The volume's name within the definition: letters, digits, ``-`` and ``_``.
        host_path: Where the instance mounts it. Default: ``/mnt/NAME``.
        container_path: Where the container sees it. Default: the same.
        read_only: Whether the container can only read. Default: no, it can write.
    """

    name: str = "scratch"
    host_path: str | None = None
    container_path: str | None = None
    read_only: bool = False


AnyInstanceVolume: TypeAlias = FsxLustreVolume | S3MountVolume | InstanceStoreVolume
"""What an instance can mount."""

INSTANCE_VOLUMES: Any = FsxLustreVolume | S3MountVolume | InstanceStoreVolume
_FILE_SYSTEM = "an fsx.LustreFileSystem, or one imported with from_lustre_file_system_attributes"
EXPECTED = "FsxLustreVolume(…), S3MountVolume(…) or InstanceStoreVolume(…)"


def host_path(volume: AnyInstanceVolume) -> str:
    """Return where the instance mounts it."""
    name, path = as_text(volume.name), as_text(volume.host_path)
    return f"/mnt/{name}" if path is None else path


def container_path(volume: AnyInstanceVolume) -> str:
    """Return where the container sees it."""
    return host_path(volume) if volume.container_path is None else volume.container_path


def expect_volumes(
    arguments: Arguments, volumes: Sequence[AnyInstanceVolume] | None
) -> list[AnyInstanceVolume]:
    """Return the volumes of a launch template, and note what is wrong with them."""
    listed = arguments.items("volumes", volumes, EXPECTED)
    seen: dict[str, int] = {}
    for place, volume in enumerate(listed):
        if not isinstance(volume, INSTANCE_VOLUMES):
            arguments.wrong_type(f"volumes[{place}]", volume, EXPECTED)
            continue
        inner = arguments.within(f"volumes[{place}]")
        name = inner.text("name", volume.name, required=True, bound=bound_of("volume-name"))
        inner.text("container_path", volume.container_path)
        if not expect_source(inner, volume) or name is UNKNOWN:
            continue
        path = inner.text("host_path", host_path(volume))
        if isinstance(path, str) and not is_token(path):
            expect_plain_path(inner, "host_path", path)
        if path in seen:
            inner.wrong_value(
                f"host_path is {shown(path)}, like that of volumes[{seen[path]}]: give each "
                "volume another name"
            )
        seen.setdefault(path, place)
    return [one for one in listed if isinstance(one, INSTANCE_VOLUMES)]


def expect_source(arguments: Arguments, volume: AnyInstanceVolume) -> bool:
    """Look at what a volume is of, and tell whether its path on the instance is a text."""
    _expect_origin(arguments, volume)
    known_flag(arguments, "read_only", volume.read_only)
    prefix = getattr(volume, "prefix", None)
    return arguments.within_text(name=volume.name, host_path=volume.host_path, prefix=prefix)


def _expect_origin(arguments: Arguments, volume: AnyInstanceVolume) -> None:
    if isinstance(volume, FsxLustreVolume):
        _expect_file_system(arguments, volume)
    elif isinstance(volume, S3MountVolume):
        expect_bucket(arguments, volume.bucket)
        prefix = arguments.text("prefix", volume.prefix)
        if isinstance(prefix, str) and not is_token(prefix) and not prefix.endswith("/"):
            arguments.wrong_value(
                f"prefix {refused(prefix, 'one that ends with /, as Mountpoint requires')}: write "
                f"{shown(prefix + '/')}"
            )


def _expect_file_system(arguments: Arguments, volume: FsxLustreVolume) -> None:
    system = volume.file_system
    if not has_member(system, "dns_name") or not has_member(system, "connections"):
        arguments.wrong_type("file_system", system, _FILE_SYSTEM)
        return
    arguments.of_this_region("file_system", system, "", OF_ONE_REGION)
    told = has_member(system, "mount_name")
    arguments.text("mount_name", with_tokens(volume.mount_name), bound=LUSTRE_MOUNT_NAME)
    if volume.mount_name is None and not told:
        arguments.wrong_value(
            "mount_name is missing for a file system that is not in the app and does not "
            "know it: give the MountName that `aws fsx describe-file-systems` prints"
        )
    elif volume.mount_name is not None and told:
        arguments.wrong_value(
            "mount_name is given for a file system in the app, which has its own: leave it out"
        )


def note_volumes(construct: Construct, volumes: Sequence[AnyInstanceVolume]) -> None:
    """Note what a launch template mounts, or what a job expects."""
    for volume in volumes:
        path = host_path(volume)
        if not is_token(path):
            note_at_path(construct, path, _source(volume))


def _source(volume: AnyInstanceVolume) -> list[str]:
    """Say how the content of a volume is known, what it is, and whether anybody may write.

    Empty if it is not known.
    """
    if isinstance(volume, InstanceStoreVolume):
        return ["disks", "the instance's own disks", TO_WRITE]
    if isinstance(volume, FsxLustreVolume):
        of: Any = volume.file_system
        kind, name, below = "file system", str(of.dns_name), ""
    else:
        of, prefix = volume.bucket, as_text(volume.prefix or "")
        kind, name, below = "bucket", bucket_name(of), f"{prefix} of " if prefix else ""
    how = f"{kind} by name"
    if is_token(name):
        how, name = f"{kind} of the app", str(of.node.path)
        made = of if has_member(of, "cfn_resource_type") else of.node.default_child
        if not has_member(made, "cfn_resource_type"):
            return []
    if is_token(below):
        return []
    return [how, f"{below}the {kind} {name}", TO_READ if volume.read_only else TO_WRITE]


def expect_plain_path(arguments: Arguments, parameter: str, path: str) -> None:
    """Refuse a path that a shell would take apart, or that hides the system's own files."""
    if not _PLAIN_PATH.fullmatch(path):
        arguments.wrong_value(
            f"{parameter} "
            + refused(path, "an absolute path of letters, digits and the signs . _ - such as /data")
        )
    elif _SYSTEM_PATH.fullmatch(path):
        arguments.wrong_value(
            f"{parameter} is {shown(path)}, which contains the system; allowed: a directory of "
            "its own, such as /scratch"
        )


def mount_commands(volume: FsxLustreVolume | S3MountVolume) -> list[str]:
    """Return the shell commands that mount a volume.

    An instance that cannot mount it switches itself off: jobs never write beside it, into the
    instance's own disk. They run before the ECS agent starts, which waits for the user data.
    """
    path = host_path(volume)
    quoted = path if is_token(path) else shlex.quote(path)
    if isinstance(volume, FsxLustreVolume):
        options = "relatime,flock,ro" if volume.read_only else "relatime,flock"
        system: Any = volume.file_system
        source = f"{system.dns_name}@tcp:/{_mount_name(volume)}"
        install, mount = INSTALL_LUSTRE, f"mount -t lustre -o {options} {source} {quoted}"
    else:
        flags = ["--allow-other"]
        flags += ["--read-only"] if volume.read_only else _WRITES
        if volume.prefix is not None:
            prefix = as_text(volume.prefix)
            flags.append(f"--prefix {prefix if is_token(prefix) else shlex.quote(prefix)}")
        source = bucket_name(volume.bucket)
        install, mount = INSTALL_MOUNTPOINT, f"mount-s3 {' '.join(flags)} {source} {quoted}"
    return [
        f"mkdir -p {quoted}",
        "for attempt in 1 2 3 4 5; do",
        f"  {install} && {mount} && break",
        "  sleep 15",
        "done",
        f"if ! mountpoint -q {quoted}; then",
        f'  echo "cannot mount {path}: this instance switches itself off" > /dev/console',
        "  systemctl mask --now --no-block ecs",
        "  shutdown -h now",
        "fi",
    ]


def _mount_name(volume: FsxLustreVolume) -> str:
    system: Any = volume.file_system
    return str(system.mount_name if volume.mount_name is None else as_text(volume.mount_name))


def admit(
    scope: Construct,
    volume: AnyInstanceVolume,
    *,
    environment: ec2.IConnectable,
    instance_role: iam.IRole | None,
) -> None:
    """Let the instances of an environment, which is the scope as well, reach what they mount."""
    if isinstance(volume, FsxLustreVolume):
        ports = volume.file_system.connections
        admit_environment(scope, environment, volume.file_system)
        # Lustre's servers call back on the same ports.
        if ports.default_port is not None:
            environment.connections.allow_from(ports, ports.default_port)
    elif isinstance(volume, S3MountVolume) and instance_role is not None:
        grant_bucket(
            scope,
            volume.bucket,
            instance_role,
            prefix=as_text(volume.prefix or ""),
            read_only=volume.read_only,
        )
