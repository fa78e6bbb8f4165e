"""How many Elastic Fabric Adapters an instance type has, one on each of its network cards.

The table `efa.json` is what `DescribeInstanceTypes` says (`NetworkInfo.EfaInfo`);
`scripts/make_instance_types.py` writes it, too.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.bound import Whole
from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import Final

SOURCE: Final[Source] = docs(
    "AWSEC2/latest/UserGuide/efa-acc-inst-types.html",
    "For each additional network interface, use the next unused network card index, for an EFA-only"
    " network interface.",
)

SECURITY_GROUP_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/UserGuide/create-efa.html",
    '"To enable OS-bypass functionality, the EFA must be a member of a security group that allows'
    ' all inbound and outbound traffic to and from the security group itself."',
)

MISSING_DEVICE_SOURCE: Final[Source] = seen(
    "https://github.com/dstackai/dstack/issues/2787",
    "Docker ends with: error gathering device information while adding custom device: no such file"
    " or directory.",
)

INTERFACE_TYPES: Final = ("efa", "efa-only")
"""What an interface with an adapter is called, with the network's other traffic and without."""

DEVICES: Final = "/dev/infiniband/uverbs"
"""How the device of an adapter begins; its number follows."""


@cache
def _interfaces() -> dict[str, int]:
    """Read how many adapters each instance type has."""
    found: dict[str, int] = read("efa")["interfaces"]
    return found


@cache
def most_efa() -> Whole:
    """Give how many adapters one instance has, at most."""
    return Whole(1, max(_interfaces().values()))


def efa_interfaces(instance_type: str) -> int:
    """Return how many Elastic Fabric Adapters an instance type has; 0 if none is known.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html
    """
    return _interfaces().get(instance_type, 0)
