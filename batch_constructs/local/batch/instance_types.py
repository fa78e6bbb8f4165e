"""What fits on an EC2 instance, told from the name of its type.

AWS names sizes regularly: the letter of the family says how many GiB of memory come with a vCPU,
the size says how many vCPUs there are. That is close enough to let jobs wait or be misplaced on a
laptop, and is no table of EC2's offers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_GIB_PER_VCPU = {"c": 2, "m": 4, "t": 4, "r": 8, "x": 16, "i": 8, "g": 4, "p": 8, "hpc": 4}
_LARGEST_VCPUS = 192
_VCPUS = {"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4}
_TYPE = re.compile(r"^(?P<letters>[a-z]+)\d+[a-z0-9-]*(\.(?P<size>[a-z0-9-]+))?$")
_MULTIPLE = re.compile(r"^(metal-)?(?P<count>\d+)xl(arge)?$")
_ANY_TYPE = ("optimal", "default_x86_64", "default_arm64")


@dataclass(frozen=True, kw_only=True)
class InstanceSize:
    """The largest job an instance can take.

    Args:
        vcpus: its vCPUs.
        gib_per_vcpu: its memory in GiB for each vCPU.
        gpus: whether it may have GPUs.
    """

    vcpus: int
    gib_per_vcpu: int
    gpus: bool

    @property
    def memory_mib(self) -> int:
        """Its memory in MiB."""
        return self.vcpus * self.gib_per_vcpu * 1024


def instance_size(instance_type: str) -> InstanceSize:
    """Read a type (``m7i.2xlarge``), a family (``m7i``) or a placeholder (``optimal``).

    A name that follows no known rule is taken to be large.
    """
    if instance_type in _ANY_TYPE:
        return InstanceSize(vcpus=_LARGEST_VCPUS, gib_per_vcpu=8, gpus=False)
    named = _TYPE.match(instance_type)
    if named is None:
        return InstanceSize(vcpus=_LARGEST_VCPUS, gib_per_vcpu=16, gpus=True)
    letters, size = named["letters"], named["size"]
    gib = _GIB_PER_VCPU.get(letters, _GIB_PER_VCPU.get(letters[0], 16))
    multiple = _MULTIPLE.match(size) if size is not None else None
    vcpus = 4 * int(multiple["count"]) if multiple else _VCPUS.get(str(size), _LARGEST_VCPUS)
    return InstanceSize(vcpus=vcpus, gib_per_vcpu=gib, gpus=letters[0] in "gp")


def instance_sizes(instance_types: Iterable[str]) -> tuple[InstanceSize, ...]:
    """Read several types; none at all means that AWS Batch chooses."""
    return tuple(instance_size(name) for name in instance_types) or (instance_size("optimal"),)
