"""What a container on EC2 may ask of its Linux host.

https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.aws.container_facts import DEFAULT_SWAPPINESS
from batch_constructs.construct import given

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_cdk import Size

    from batch_constructs.arguments import Arguments
    from batch_constructs.tokens import WholeNumber


@dataclass(frozen=True, kw_only=True)
class Ulimit:
    """A limit of the container's processes, such as ``nofile`` or ``memlock``.

    Attributes:
        name: The limit, as ``ulimit`` calls it.
        soft_limit: The process's limit, in the limit's own unit; -1 is unlimited.
        hard_limit: The most to which the process can raise it, in the limit's own unit; -1 is
            unlimited.
    """

    name: str
    soft_limit: WholeNumber
    hard_limit: WholeNumber


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device of the host that the container sees.

    Attributes:
        host_path: The device's path on the host, such as ``/dev/fuse``.
        container_path: Its path in the container. Default: the same.
        permissions: One or more of ``READ``, ``WRITE``, ``MKNOD``. Default: all three.
    """

    host_path: str
    container_path: str | None = None
    permissions: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Tmpfs:
    """A file system in memory.

    Attributes:
        container_path: Where it is mounted, an absolute path.
        size: Its maximum size.
        mount_options: Such as ``noexec``. Default: none.
    """

    container_path: str
    size: Size
    mount_options: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Swap:
    """The container's swap space; the instance has to have some.

    Attributes:
        max_size: How much swap space the container can use.
        swappiness: How aggressively pages are swapped, 0 to 100. Default: 60, the kernel's.
    """

    max_size: Size
    swappiness: WholeNumber | None = None


# What is the same in aws_batch is taken as well.
_DEVICES: Any = Device | batch.Device
_FILE_SYSTEMS: Any = Tmpfs | batch.Tmpfs
_ULIMITS: Any = Ulimit | batch.Ulimit
_DEVICE = 'Device(host_path="/dev/fuse")'
_TMPFS = 'Tmpfs(container_path="/scratch", size=Size.mebibytes(256))'
_ULIMIT = 'Ulimit(name="nofile", soft_limit=65536, hard_limit=65536)'


def linux_parameters(
    arguments: Arguments,
    *,
    shared_memory: Size | None,
    devices: Sequence[Device | batch.Device] | None,
    tmpfs: Sequence[Tmpfs | batch.Tmpfs] | None,
    swap: Swap | None,
    init_process: bool,
) -> dict[str, Any]:
    """Return CloudFormation's ``LinuxParameters``."""
    if swap is not None and not isinstance(swap, Swap):
        arguments.wrong_type("swap", swap, "Swap(max_size=Size.gibibytes(1))")
        swap = None
    return given(
        InitProcessEnabled=arguments.switch("init_process", init_process),
        SharedMemorySize=arguments.mebibytes("shared_memory", shared_memory),
        Devices=arguments.each("devices", devices, _DEVICES, _DEVICE, _device),
        Tmpfs=arguments.each("tmpfs", tmpfs, _FILE_SYSTEMS, _TMPFS, _tmpfs),
        **({} if swap is None else _swap(arguments, swap)),
    )


def _swap(arguments: Arguments, swap: Swap) -> dict[str, Any]:
    """Return the swap space with its swappiness, which AWS Batch wants to be said beside it."""
    chosen = swap.swappiness
    return {
        "MaxSwap": arguments.mebibytes("swap.max_size", swap.max_size, required=True),
        "Swappiness": DEFAULT_SWAPPINESS
        if chosen is None
        else arguments.number("swap.swappiness", chosen),
    }


def ulimit_properties(
    arguments: Arguments, ulimits: Sequence[Ulimit | batch.Ulimit] | None
) -> list[dict[str, Any]]:
    """Return CloudFormation's ``Ulimits``."""
    return arguments.each("ulimits", ulimits, _ULIMITS, _ULIMIT, _ulimit)


def _ulimit(arguments: Arguments, limit: Ulimit | batch.Ulimit) -> dict[str, Any]:
    return {
        "Name": arguments.text("name", _word(limit.name), required=True),
        "SoftLimit": arguments.number("soft_limit", limit.soft_limit, required=True),
        "HardLimit": arguments.number("hard_limit", limit.hard_limit, required=True),
    }


def _device(arguments: Arguments, device: Device | batch.Device) -> dict[str, Any]:
    return given(
        HostPath=arguments.text("host_path", device.host_path, required=True),
        ContainerPath=arguments.text("container_path", device.container_path),
        Permissions=arguments.texts("permissions", _words(device.permissions, str.upper)),
    )


def _tmpfs(arguments: Arguments, tmpfs: Tmpfs | batch.Tmpfs) -> dict[str, Any]:
    return given(
        ContainerPath=arguments.text("container_path", tmpfs.container_path, required=True),
        Size=arguments.mebibytes("size", tmpfs.size, required=True),
        MountOptions=arguments.texts("mount_options", _words(tmpfs.mount_options, str.lower)),
    )


def _word(given_name: Any, case: Callable[[str], str] = str.lower) -> Any:
    """Spell a member of an enumeration of the CDK's as AWS does; leave other things alone."""
    return case(given_name.name) if isinstance(given_name, Enum) else given_name


def _words(names: Any, case: Callable[[str], str]) -> Any:
    return [_word(one, case) for one in names] if isinstance(names, list | tuple) else names
