"""Rules about volumes, mount points, devices and other Linux parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import storage
from batch_constructs.aws.bound import one_of, shown
from batch_constructs.aws.source import api, docs
from batch_constructs.rules.areas.job_definitions import job_rule, listed, repeated, volumes
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limits import register
from batch_constructs.rules.template.values import (
    UNKNOWN,
    absent,
    given,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition
    from batch_constructs.rules.template.values import Properties

AREA: Final = "job_definitions.storage"
_rule = partial(job_rule, area=AREA)

register("storage", area=AREA)


@_rule(
    "unknown-volume",
    title="mount point of a volume that is not there",
    fix="add the volume to Volumes, or name one of them",
    source=api(
        "Volume.name",
        '"This name is referenced in the sourceVolume parameter of container definition'
        ' mountPoints."; MountPoint.sourceVolume, ContainerProperties.mountPoints,'
        " ContainerProperties.volumes, TaskContainerProperties.mountPoints,"
        " EcsTaskProperties.volumes.",
    ),
)
def unknown_volume(job: JobDefinition) -> Iterator[Fault]:
    """The name must be one of the job's volumes."""
    for task in job.tasks:
        mounts = (
            (path, mount)
            for container in task.containers
            for path, mount in listed(container.path, container.properties, "MountPoints")
        )
        yield from unknown_mounts(task.properties, mounts, "SourceVolume")


def unknown_mounts(
    owner: Properties, mounts: Iterator[tuple[str, Properties]], key: str
) -> Iterator[Fault]:
    """Find the mounts of volumes that a task or a pod does not have."""
    written = owner.get("Volumes", [])
    if not isinstance(written, list):
        return
    names = [volume.get("Name") if isinstance(volume, dict) else UNKNOWN for volume in written]
    if any(not isinstance(name, str | None) for name in names):
        return
    for path, mount in mounts:
        got = text(mount, key)
        if got is not None and got not in names:
            known = one_of([name for name in names if name] or ["none"])
            yield f"{path}/{key}", f"there is no volume {shown(got)}; there are {known}"


@_rule(
    "mount-incomplete",
    severity=Severity.WARNING,
    title="mount point without a volume or a path",
    fix="give SourceVolume and ContainerPath",
    source=api(
        "MountPoint.sourceVolume",
        '"The name of the volume to mount."; MountPoint.containerPath: the path on the container'
        " where the volume is mounted.",
    ),
)
def mount_incomplete(job: JobDefinition) -> Iterator[Fault]:
    """One without the other mounts nothing."""
    for container in job.containers:
        for path, mount in listed(container.path, container.properties, "MountPoints"):
            for key in ("SourceVolume", "ContainerPath"):
                if absent(mount, key):
                    yield f"{path}/{key}", f"{key} is missing"


@_rule(
    "duplicate-volume",
    title="volume or mount path given twice",
    fix="give each volume a name, and each mount point a path, of its own",
    source=api(
        "Volume.name",
        '"This name is referenced in the sourceVolume parameter of container definition'
        ' mountPoints."; MountPoint.containerPath: a path has one volume.',
    ),
)
def duplicate_volume(job: JobDefinition) -> Iterator[Fault]:
    """Which of the two would be mounted is not defined."""
    for task in job.tasks:
        for path, name in repeated(listed(task.path, task.properties, "Volumes"), "Name"):
            yield path, f"two volumes are called {shown(name)}"
        for container in task.containers:
            mounts = listed(container.path, container.properties, "MountPoints")
            for path, where in repeated(mounts, "ContainerPath"):
                yield path, f"two volumes are mounted at {shown(where)}"


_PATHS: Final = (
    ("", "MountPoints", ("ContainerPath",)),
    ("LinuxParameters", "Tmpfs", ("ContainerPath",)),
    ("LinuxParameters", "Devices", ("HostPath", "ContainerPath")),
)


@_rule(
    "mount-path",
    title="mount path that is not absolute",
    fix="begin the path with a slash",
    source=api(
        "Tmpfs.containerPath",
        '"The absolute file path in the container where the tmpfs volume is mounted."; so also'
        " MountPoint.containerPath, Device.containerPath, Device.hostPath and Host.sourcePath.",
    ),
)
def mount_path(job: JobDefinition) -> Iterator[Fault]:
    """Containers and hosts know absolute paths only."""
    found = [
        (f"{path}/Host", mapping(volume, "Host"), "SourcePath")
        for task, path, volume in volumes(job)
        if not task.is_windows and text(mapping(volume, "Host"), "SourcePath")
    ]
    for container in job.containers:
        if container.task.is_windows:
            continue
        for within, key, members in _PATHS:
            owner = mapping(container.properties, within) if within else container.properties
            path = f"{container.path}/{within}" if within else container.path
            found += [
                (place, entry, member)
                for place, entry in listed(path, owner, key)
                for member in members
            ]
    for path, properties, key in found:
        got = text(properties, key)
        if got is not None and not got.startswith("/"):
            yield f"{path}/{key}", f"{key} is {shown(got)}; allowed are absolute paths"


def _efs(job: JobDefinition) -> Iterator[tuple[str, Properties, Properties]]:
    """Go through the volumes on Amazon EFS: path, configuration, authorization."""
    for _, path, volume in volumes(job):
        efs = mapping(volume, "EfsVolumeConfiguration")
        yield f"{path}/EfsVolumeConfiguration", efs, mapping(efs, "AuthorizationConfig")


@_rule(
    "efs-encryption",
    title="Amazon EFS access point or IAM without encryption in transit",
    fix="set TransitEncryption to ENABLED",
    source=api(
        "EFSVolumeConfiguration.transitEncryption",
        '"Transit encryption must be enabled if Amazon EFS IAM authorization is used. If this'
        ' parameter is omitted, the default value of DISABLED is used.";'
        " EFSAuthorizationConfig.accessPointId: the same for an access point;"
        " EFSAuthorizationConfig.iam.",
    ),
)
def efs_encryption(job: JobDefinition) -> Iterator[Fault]:
    """Access points and IAM authorization work over TLS only."""
    for path, efs, authorization in _efs(job):
        if efs.get("TransitEncryption", "DISABLED") != "DISABLED":
            continue
        reasons = []
        if given(authorization, "AccessPointId"):
            reasons.append("an access point")
        if text(authorization, "Iam") == "ENABLED":
            reasons.append("IAM authorization")
        if reasons:
            yield (
                f"{path}/TransitEncryption",
                f"TransitEncryption is DISABLED with {' and '.join(reasons)}; allowed is ENABLED",
            )


@_rule(
    "efs-root-directory",
    title="root directory together with an access point",
    fix="leave RootDirectory out: the access point has its own",
    source=api(
        "EFSVolumeConfiguration.rootDirectory",
        '"If an EFS access point is specified in the authorizationConfig, the root directory'
        ' parameter must either be omitted or set to /"',
    ),
)
def efs_root_directory(job: JobDefinition) -> Iterator[Fault]:
    """The access point decides what is the root."""
    for path, efs, authorization in _efs(job):
        root = text(efs, "RootDirectory")
        if given(authorization, "AccessPointId") and root not in (None, "", "/"):
            yield (
                f"{path}/RootDirectory",
                f"RootDirectory is {shown(root)} with an access point; allowed is /",
            )


@_rule(
    "efs-job-role",
    title="Amazon EFS with IAM, but no job role",
    fix="give the job a role that may mount the file system",
    source=api(
        "EFSAuthorizationConfig.iam",
        '"EFS IAM authorization requires that TransitEncryption be ENABLED and that a JobRoleArn is'
        ' specified."; ContainerProperties.jobRoleArn, EcsTaskProperties.taskRoleArn.',
    ),
)
def efs_job_role(job: JobDefinition) -> Iterator[Fault]:
    """The file system is mounted with the role of the job."""
    for task, path, volume in volumes(job):
        config = mapping(mapping(volume, "EfsVolumeConfiguration"), "AuthorizationConfig")
        if text(config, "Iam") == "ENABLED" and absent(task.properties, task.role_key):
            yield (
                f"{path}/EfsVolumeConfiguration/AuthorizationConfig/Iam",
                f"Iam is ENABLED, but {task.role_key} is missing",
            )


@_rule(
    "s3files-job-role",
    title="S3 Files without a job role",
    fix="give the job a role that may mount the file system",
    source=docs(
        "AmazonECS/latest/APIReference/API_S3FilesVolumeConfiguration.html",
        '"Your task definition must include a Task IAM Role."; Volume.s3filesVolumeConfiguration.',
    ),
)
def s3files_job_role(job: JobDefinition) -> Iterator[Fault]:
    """The file system is always mounted with the role of the job."""
    for task, path, volume in volumes(job):
        if given(volume, "S3FilesVolumeConfiguration") and absent(task.properties, task.role_key):
            yield (
                f"{path}/S3FilesVolumeConfiguration",
                f"a volume is on S3 Files, but {task.role_key} is missing",
            )


@_rule(
    "volume-kinds",
    title="volume of two kinds",
    fix="make one volume for each",
    source=docs(
        "AmazonECS/latest/APIReference/API_Volume.html",
        '"Each volume defined in the volume configuration may only specify a name and one of"'
        " several kinds; Volume.host, Volume.efsVolumeConfiguration,"
        " Volume.s3filesVolumeConfiguration.",
    ),
)
def volume_kinds(job: JobDefinition) -> Iterator[Fault]:
    """A volume is on the host, or on a file system."""
    for _, path, volume in volumes(job):
        kinds = [key for key in storage.KINDS if mapping(volume, key)]
        if len(kinds) > 1:
            yield path, f"{' and '.join(kinds)} are given for one volume; allowed is one of them"


@_rule(
    "swappiness-without-swap",
    severity=Severity.WARNING,
    title="swappiness that is ignored",
    fix="give MaxSwap as well",
    source=api(
        "LinuxParameters.swappiness",
        '"If a value isn\'t specified for maxSwap, then this parameter is ignored."',
    ),
)
def swappiness_without_swap(job: JobDefinition) -> Iterator[Fault]:
    """It tunes the use of swap memory, of which there is none."""
    for container in job.containers:
        linux = mapping(container.properties, "LinuxParameters")
        if given(linux, "Swappiness") and "MaxSwap" not in linux:
            yield (
                f"{container.path}/LinuxParameters/Swappiness",
                "Swappiness is given without MaxSwap, and is ignored",
            )


@_rule(
    "ulimit-order",
    title="soft limit above the hard limit",
    fix="set SoftLimit to at most HardLimit",
    source=api(
        "Ulimit.softLimit",
        '"The soft limit for the ulimit type.", which may not pass Ulimit.hardLimit.',
    ),
)
def ulimit_order(job: JobDefinition) -> Iterator[Fault]:
    """The Docker daemon does not start such a container. -1 is no limit."""
    for container in job.containers:
        ulimits = [*listed(container.path, container.properties, "Ulimits")]
        for path, ulimit in ulimits:
            soft, hard = number(ulimit, "SoftLimit"), number(ulimit, "HardLimit")
            if soft is not None and hard is not None and hard >= 0 and not 0 <= soft <= hard:
                yield f"{path}/SoftLimit", f"SoftLimit is {soft}, HardLimit {hard}"
        for path, name in repeated(ulimits, "Name"):
            yield path, f"the ulimit {shown(name)} is given twice", "keep one of them"
