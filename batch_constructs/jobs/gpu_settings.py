"""What a job on GPUs needs beside its image: shared memory, limits, devices; by instance type.

https://docs.aws.amazon.com/batch/latest/userguide/gpu-jobs.html
https://docs.nvidia.com/deeplearning/frameworks/user-guide/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from aws_cdk import Size

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import shown
from batch_constructs.aws.efa import DEVICES, efa_interfaces
from batch_constructs.jobs.linux_parameters import Device, Ulimit

if TYPE_CHECKING:
    from collections.abc import Sequence

_STACK_BYTES = 64 * 1024 * 1024


class GpuSettings(TypedDict):
    """Arguments of ``Ec2JobDefinition`` and ``Container``."""

    vcpus: float
    memory: Size
    gpus: int
    shared_memory: Size
    ulimits: Sequence[Ulimit]
    devices: Sequence[Device]


def gpu_settings(instance_type: str, *, gpus: int | None = None, efa: bool = False) -> GpuSettings:
    """Return settings for a job on GPUs: ``Ec2JobDefinition(…, **gpu_settings(…))``.

    The job gets the same proportion of vCPUs and memory as of GPUs. Half of the memory is shared
    memory, because Docker's default of 64 MiB is too little for data loaders and NCCL. Memory can
    be locked, and stacks are 64 MiB, as NVIDIA recommends for its containers.

    Args:
        instance_type: The instance type, such as ``"g5.12xlarge"``, that the environment has.
        gpus: How many of its GPUs. Default: all.
        efa: Whether the container gets the devices of all Elastic Fabric Adapters of the instance,
            with all of its GPUs; the launch template needs ``efa=efa_interfaces(…)``. Default: no.

    Raises:
        ValueError: an unknown type, one without a GPU or an adapter, or too many GPUs.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
    """
    found = instance_types.expand(instance_type) or []
    type_ = found[0] if len(found) == 1 and "." in instance_type else None
    if type_ is None or not type_.gpus or type_.vcpus is None or type_.sure_memory_mib is None:
        raise ValueError(
            f"instance_type is {shown(instance_type)}, which is not known to have GPUs; expected a "
            'type such as "g5.12xlarge"'
        )
    wanted = type_.gpus if gpus is None else gpus
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= type_.gpus:
        raise ValueError(
            f"gpus is {wanted!r}; allowed: 1 to {type_.gpus} of {instance_type}: give that, or "
            "use a larger type"
        )
    devices = []
    if efa:
        if not efa_interfaces(instance_type) or wanted != type_.gpus:
            raise ValueError(
                f"efa is given with {wanted} of the {type_.gpus} GPUs of {instance_type}, which "
                f"has {efa_interfaces(instance_type)} adapters; allowed: all GPUs of an instance "
                "with adapters: leave efa out, or gpus"
            )
        devices = [
            Device(host_path=f"{DEVICES}{number}")
            for number in range(efa_interfaces(instance_type))
        ]
    memory = int(type_.sure_memory_mib * wanted / type_.gpus)
    return {
        "vcpus": type_.vcpus * wanted // type_.gpus,
        "memory": Size.mebibytes(memory),
        "gpus": wanted,
        "shared_memory": Size.mebibytes(memory // 2),
        "ulimits": [
            Ulimit(name="memlock", soft_limit=-1, hard_limit=-1),
            Ulimit(name="stack", soft_limit=_STACK_BYTES, hard_limit=_STACK_BYTES),
        ],
        "devices": devices,
    }
