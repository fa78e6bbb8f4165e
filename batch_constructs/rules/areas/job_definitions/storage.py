"""Rules about volumes, mount points, devices and other Linux parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import (
    in_containers,
    in_tasks,
    job_limit,
    job_rule,
)
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import (
    UNKNOWN,
    absent,
    entries,
    given,
    listing,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition

AREA: Final = "job_definitions.storage"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)

_limit(
    id="volume-name",
    where=in_tasks("Volumes/*"),
    key="Name",
    noun="the volume name",
    title="volume name of a wrong shape",
    source='Volume.name: "It can be up to 255 characters long. It can contain uppercase and'
    " lowercase"
    ' letters, numbers, hyphens (-), and underscores (_)."',
    why="Mount points refer to it.",
).matching(r"[A-Za-z0-9_-]+", "1 to 255 letters, digits, hyphens and underscores", 255)


@_rule(
    "unknown-volume",
    title="mount point of a volume that is not there",
    fix="add the volume to Volumes, or name one of them",
    source='Volume.name: "This name is referenced in the sourceVolume parameter of container'
    ' definition mountPoints."; MountPoint.sourceVolume; ContainerProperties.mountPoints,'
    " ContainerProperties.volumes, TaskContainerProperties.mountPoints, EcsTaskProperties.volumes",
)
def unknown_volume(job: JobDefinition) -> Iterator[Fault]:
    """The name must be one of the job's volumes."""
    for task in job.tasks:
        volumes = task.properties.get("Volumes", [])
        if not isinstance(volumes, list):
            continue
        names = [volume.get("Name") if isinstance(volume, dict) else UNKNOWN for volume in volumes]
        if any(not isinstance(name, str | None) for name in names):
            continue
        for container in task.containers:
            for position, mount in entries(container.properties, "MountPoints"):
                source = text(mount, "SourceVolume")
                path = f"{container.path}/MountPoints/{position}/SourceVolume"
                if source is not None and source not in names:
                    known = ", ".join(str(name) for name in names if name) or "none"
                    yield path, f'the volume "{show(source)}" is not there; volumes are {known}'


@_rule(
    "mount-incomplete",
    severity=Severity.WARNING,
    title="mount point without a volume or a path",
    fix="give SourceVolume and ContainerPath",
    source="MountPoint.sourceVolume: the name of the volume to mount; MountPoint.containerPath:"
    " the path on"
    " the container where the volume is mounted",
)
def mount_incomplete(job: JobDefinition) -> Iterator[Fault]:
    """One without the other mounts nothing."""
    for container in job.containers:
        for position, mount in entries(container.properties, "MountPoints"):
            for key in ("SourceVolume", "ContainerPath"):
                if absent(mount, key):
                    yield f"{container.path}/MountPoints/{position}/{key}", f"{key} is missing"


@_rule(
    "duplicate-volume",
    title="volume or mount path given twice",
    fix="give each volume a name, and each mount point a path, of its own",
    source="Volume.name, MountPoint.containerPath: unique within a job and a container",
)
def duplicate_volume(job: JobDefinition) -> Iterator[Fault]:
    """Which of the two would be mounted is not defined."""
    for task in job.tasks:
        seen: set[str] = set()
        for position, volume in entries(task.properties, "Volumes"):
            name = text(volume, "Name")
            if name in seen:
                yield f"{task.path}/Volumes/{position}/Name", f'two volumes are called "{name}"'
            if name:
                seen.add(name)
        for container in task.containers:
            paths: set[str] = set()
            for position, mount in entries(container.properties, "MountPoints"):
                where = text(mount, "ContainerPath")
                if where in paths:
                    yield (
                        f"{container.path}/MountPoints/{position}/ContainerPath",
                        f'two volumes are mounted at "{show(where)}"',
                    )
                if where:
                    paths.add(where)


@_rule(
    "mount-path",
    title="mount path that is not absolute",
    fix="begin the path with a slash",
    source="MountPoint.containerPath, Tmpfs.containerPath, Device.containerPath, Device.hostPath,"
    ' Host.sourcePath: "The absolute file path in the container"',
)
def mount_path(job: JobDefinition) -> Iterator[Fault]:
    """Containers and hosts know absolute paths only."""
    for task in job.tasks:
        if task.is_windows:
            continue
        for position, volume in entries(task.properties, "Volumes"):
            source = text(mapping(volume, "Host"), "SourcePath")
            if source and not source.startswith("/"):
                path = f"{task.path}/Volumes/{position}/Host/SourcePath"
                yield path, f'the path "{show(source)}" is not absolute'
        for container in task.containers:
            linux = mapping(container.properties, "LinuxParameters")
            for within, prefix, key, members in (
                (container.properties, "", "MountPoints", ("ContainerPath",)),
                (linux, "LinuxParameters/", "Tmpfs", ("ContainerPath",)),
                (linux, "LinuxParameters/", "Devices", ("HostPath", "ContainerPath")),
            ):
                for position, entry in entries(within, key):
                    for member in members:
                        got = text(entry, member)
                        if got is not None and not got.startswith("/"):
                            yield (
                                f"{container.path}/{prefix}{key}/{position}/{member}",
                                f'the path "{show(got)}" is not absolute',
                            )


@_rule(
    "efs-encryption",
    title="Amazon EFS access point or IAM without encryption in transit",
    fix="set TransitEncryption to ENABLED",
    source='EFSVolumeConfiguration.transitEncryption: "Transit encryption must be enabled if'
    " Amazon EFS"
    " IAM authorization is used. If this parameter is omitted, the default value of DISABLED is"
    ' used."; EFSAuthorizationConfig.accessPointId, EFSAuthorizationConfig.iam',
)
def efs_encryption(job: JobDefinition) -> Iterator[Fault]:
    """Access points and IAM authorization work over TLS only."""
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            authorization = mapping(efs, "AuthorizationConfig")
            encryption = efs.get("TransitEncryption", "DISABLED")
            if encryption != "DISABLED":
                continue
            reasons = []
            if given(authorization, "AccessPointId"):
                reasons.append("an access point")
            if text(authorization, "Iam") == "ENABLED":
                reasons.append("IAM authorization")
            if reasons:
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/TransitEncryption",
                    f"encryption in transit is DISABLED with {' and '.join(reasons)}",
                )


@_rule(
    "efs-root-directory",
    title="root directory together with an access point",
    fix="leave RootDirectory out: the access point has its own",
    source='EFSVolumeConfiguration.rootDirectory: "If an EFS access point is specified in the'
    ' authorizationConfig, the root directory parameter must either be omitted or set to /"',
)
def efs_root_directory(job: JobDefinition) -> Iterator[Fault]:
    """The access point decides what is the root."""
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            root = text(efs, "RootDirectory")
            point = given(mapping(efs, "AuthorizationConfig"), "AccessPointId")
            if point and root not in (None, "", "/"):
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/RootDirectory",
                    f'the root directory is "{show(root)}" with an access point; allowed is /',
                )


@_rule(
    "efs-job-role",
    title="Amazon EFS with IAM, but no job role",
    fix="give the job a role that may mount the file system",
    source='EFSAuthorizationConfig.iam: "EFS IAM authorization requires that TransitEncryption be'
    ' ENABLED and that a JobRoleArn is specified."; ContainerProperties.jobRoleArn,'
    " EcsTaskProperties.taskRoleArn",
)
def efs_job_role(job: JobDefinition) -> Iterator[Fault]:
    """The file system is mounted with the role of the job."""
    for task in job.tasks:
        if not absent(task.properties, task.role_key):
            continue
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            if text(mapping(efs, "AuthorizationConfig"), "Iam") == "ENABLED":
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/AuthorizationConfig/Iam",
                    f"IAM authorization is ENABLED, but {task.role_key} is missing",
                )


_efs = in_tasks("Volumes/*/EfsVolumeConfiguration")

_limit(
    id="efs-transit-encryption",
    where=_efs,
    key="TransitEncryption",
    noun="TransitEncryption",
    title="unknown value for encryption in transit",
    source="EFSVolumeConfiguration.transitEncryption: ENABLED or DISABLED",
    why="A word, not a boolean.",
).one_of(("ENABLED", "DISABLED"))

_limit(
    id="efs-iam",
    where=in_tasks("Volumes/*/EfsVolumeConfiguration/AuthorizationConfig"),
    key="Iam",
    noun="Iam",
    title="unknown value for IAM authorization",
    source="EFSAuthorizationConfig.iam, EFSVolumeConfiguration.authorizationConfig: ENABLED or"
    " DISABLED",
    why="A word, not a boolean.",
).one_of(("ENABLED", "DISABLED"))

_limit(
    id="efs-transit-port",
    where=_efs,
    key="TransitEncryptionPort",
    noun="the port",
    title="port out of range",
    source='EFSVolumeConfiguration.transitEncryptionPort: "The value must be between 0 and'
    ' 65,535."',
    why="A TCP port.",
).between(0, 65535)

_limit(
    id="s3files-transit-port",
    where=in_tasks("Volumes/*/S3FilesVolumeConfiguration"),
    key="TransitEncryptionPort",
    noun="the port",
    title="port out of range",
    source="S3FilesVolumeConfiguration.transitEncryptionPort, Volume.s3filesVolumeConfiguration: a"
    " port",
    why="A TCP port.",
).between(0, 65535)

_limit(
    id="efs-root-directory-length",
    where=_efs,
    key="RootDirectory",
    noun="the root directory",
    title="root directory too long",
    source='EFSVolumeConfiguration.rootDirectory: "The maximum length is 4,096 characters."',
    why="A path of the file system.",
).matching(r"(?s)/?.*", "a path of at most 4096 characters", 4096)

_limit(
    id="efs-file-system-id",
    where=_efs,
    key="FileSystemId",
    noun="the file system",
    title="Amazon EFS file system given by something else than its ID",
    source='EFSVolumeConfiguration.fileSystemId: "The Amazon EFS file system ID to use."',
    why="Not its ARN, not its DNS name.",
).matching(r"fs-[0-9a-f]{8,40}", "an ID such as fs-0123456789abcdef0")


@_rule(
    "volume-kinds",
    title="volume of two kinds",
    fix="make one volume for each",
    source="Volume.host, Volume.efsVolumeConfiguration, Volume.s3filesVolumeConfiguration: one of"
    " them",
)
def volume_kinds(job: JobDefinition) -> Iterator[Fault]:
    """A volume is on the host, or on a file system."""
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            kinds = [
                key
                for key in ("Host", "EfsVolumeConfiguration", "S3FilesVolumeConfiguration")
                if isinstance(volume.get(key), dict) and volume[key]
            ]
            if len(kinds) > 1:
                yield (
                    f"{task.path}/Volumes/{position}",
                    f"a volume is {' and '.join(kinds)} at once",
                )


_linux = in_containers("LinuxParameters")

_limit(
    id="swappiness",
    where=_linux,
    key="Swappiness",
    noun="the swappiness",
    title="swappiness out of range",
    source='LinuxParameters.swappiness: "Valid values are whole numbers between 0 and 100."',
    why="0 avoids swapping, 100 swaps eagerly.",
).between(0, 100)

_limit(
    id="max-swap",
    where=_linux,
    key="MaxSwap",
    noun="the maximum of swap memory",
    title="negative swap memory",
    source='LinuxParameters.maxSwap: "Accepted values are 0 or any positive integer."',
    why="In MiB; 0 means no swap.",
).between(0, None)


@_rule(
    "swappiness-without-swap",
    severity=Severity.WARNING,
    title="swappiness that is ignored",
    fix="give MaxSwap as well",
    source="LinuxParameters.swappiness: \"If a value isn't specified for maxSwap, then this"
    " parameter"
    ' is ignored."',
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


for _id, _where, _key, _noun, _member in (
    (
        "shared-memory-size",
        _linux,
        "SharedMemorySize",
        "the shared memory",
        "LinuxParameters.sharedMemorySize",
    ),
    (
        "tmpfs-size",
        in_containers("LinuxParameters/Tmpfs/*"),
        "Size",
        "the size of the tmpfs",
        "Tmpfs.size",
    ),
):
    _limit(
        id=_id,
        where=_where,
        key=_key,
        noun=_noun,
        title=f"{_noun} of no size",
        source=f'{_member}: "The size (in MiB)"',
        why="A positive number of MiB.",
    ).between(1, None)

_TMPFS_OPTIONS: Final = frozenset(
    [
        "defaults",
        "ro",
        "rw",
        "suid",
        "nosuid",
        "dev",
        "nodev",
        "exec",
        "noexec",
        "sync",
        "async",
        "dirsync",
        "remount",
        "mand",
        "nomand",
        "atime",
        "noatime",
        "diratime",
        "nodiratime",
        "bind",
        "rbind",
        "unbindable",
        "runbindable",
        "private",
        "rprivate",
        "shared",
        "rshared",
        "slave",
        "rslave",
        "relatime",
        "norelatime",
        "strictatime",
        "nostrictatime",
        "mode",
        "uid",
        "gid",
        "nr_inodes",
        "nr_blocks",
        "mpol",
    ]
)


@_rule(
    "tmpfs-mount-option",
    title="unknown tmpfs mount option",
    fix="use an option that mount knows, such as rw, noexec or mode=1777",
    source="Tmpfs.mountOptions: the valid values listed there",
)
def tmpfs_mount_option(job: JobDefinition) -> Iterator[Fault]:
    """Some options take a value after an equals sign."""
    for container in job.containers:
        linux = mapping(container.properties, "LinuxParameters")
        for position, tmpfs in entries(linux, "Tmpfs"):
            for index, option in enumerate(listing(tmpfs, "MountOptions") or ()):
                if isinstance(option, str) and option.partition("=")[0] not in _TMPFS_OPTIONS:
                    yield (
                        f"{container.path}/LinuxParameters/Tmpfs/{position}/MountOptions/{index}",
                        f'the mount option is "{show(option)}", which is not one of those allowed',
                    )


@_rule(
    "device-permission",
    title="unknown device permission",
    fix="use READ, WRITE and MKNOD",
    source="Device.permissions: READ, WRITE or MKNOD",
)
def device_permission(job: JobDefinition) -> Iterator[Fault]:
    """What the container may do with the device."""
    for container in job.containers:
        linux = mapping(container.properties, "LinuxParameters")
        for position, device in entries(linux, "Devices"):
            for index, got in enumerate(listing(device, "Permissions") or ()):
                if isinstance(got, str) and got.upper() not in ("READ", "WRITE", "MKNOD"):
                    yield (
                        f"{container.path}/LinuxParameters/Devices/{position}/Permissions/{index}",
                        f'the permission is "{show(got)}"; allowed are READ, WRITE and MKNOD',
                    )


_limit(
    id="ulimit-name",
    where=in_containers("Ulimits/*"),
    key="Name",
    noun="the ulimit",
    title="unknown ulimit",
    source='Ulimit.name: "Valid values are: core | cpu | data | fsize | locks | memlock | msgqueue'
    " |"
    ' nice | nofile | nproc | rss | rtprio | rttime | sigpending | stack."',
    why="The names of the Docker daemon.",
).one_of(
    [
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ]
)


@_rule(
    "ulimit-order",
    title="soft limit above the hard limit",
    fix="set SoftLimit to at most HardLimit",
    source="Ulimit.softLimit, Ulimit.hardLimit: the soft limit may not pass the hard limit",
)
def ulimit_order(job: JobDefinition) -> Iterator[Fault]:
    """The Docker daemon does not start such a container. -1 is no limit."""
    for container in job.containers:
        seen: set[str] = set()
        for position, ulimit in entries(container.properties, "Ulimits"):
            path = f"{container.path}/Ulimits/{position}"
            soft, hard = number(ulimit, "SoftLimit"), number(ulimit, "HardLimit")
            if soft is not None and hard is not None and hard >= 0 and not 0 <= soft <= hard:
                yield f"{path}/SoftLimit", f"the soft limit is {soft}, the hard limit {hard}"
            name = text(ulimit, "Name")
            if name in seen:
                yield f"{path}/Name", f"the ulimit {show(name)} is given twice", "keep one of them"
            if name:
                seen.add(name)
