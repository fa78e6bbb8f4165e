"""Rules about volumes, mount points, devices and other Linux parameters."""

from __future__ import annotations

from batch_constructs.aws.bound import one_of, shown
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.listed_parts import listed, repeated, volumes
from batch_constructs.rules.template.values import UNKNOWN, mapping, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition
    from batch_constructs.rules.template.values import Properties


register("storage", area="storage")


@job_rule(
    "unknown-volume",
    title="mount point of a volume that does not exist",
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
    there = {*names}
    known = ""
    for path, mount in mounts:
        got = text(mount, key)
        if got is not None and got not in there:
            known = known or one_of([name for name in names if name] or ["none"])
            yield f"{path}/{key}", f"there is no volume {shown(got)}; there are {known}"


_PATHS: Final = (
    ("", "MountPoints", ("ContainerPath",)),
    ("LinuxParameters", "Tmpfs", ("ContainerPath",)),
    ("LinuxParameters", "Devices", ("HostPath", "ContainerPath")),
)


@job_rule(
    "mount-path",
    title="mount path that is not absolute",
    fix="start the path with a slash",
    source=api(
        "Tmpfs.containerPath",
        '"The absolute file path in the container where the tmpfs volume is mounted."; so also'
        " MountPoint.containerPath, Device.containerPath, Device.hostPath and Host.sourcePath.",
    ),
)
def mount_path(job: JobDefinition) -> Iterator[Fault]:
    """Paths in containers and on hosts are absolute."""
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
            yield f"{path}/{key}", f"{key} is {shown(got)}; allowed: absolute paths"


@job_rule(
    "ulimit-order",
    title="soft limit above the hard limit",
    fix="set SoftLimit to at most HardLimit",
    source=api(
        "Ulimit.softLimit",
        '"The soft limit for the ulimit type.", which cannot be higher than Ulimit.hardLimit.',
    ),
)
def ulimit_order(job: JobDefinition) -> Iterator[Fault]:
    """Docker does not start such a container. -1 means no limit."""
    for container in job.containers:
        ulimits = [*listed(container.path, container.properties, "Ulimits")]
        for path, ulimit in ulimits:
            soft, hard = number(ulimit, "SoftLimit"), number(ulimit, "HardLimit")
            if soft is not None and hard is not None and hard >= 0 and not 0 <= soft <= hard:
                yield (
                    f"{path}/SoftLimit",
                    f"SoftLimit is {soft}, which is more than HardLimit ({hard})"
                    if soft > hard
                    else f"SoftLimit is {soft}; allowed: 0 to HardLimit ({hard})",
                )
        for path, name in repeated(ulimits, "Name"):
            yield path, f"the ulimit {shown(name)} is given twice", "keep one of them"
