"""What is known of EC2 instance types: vCPUs, memory, GPUs, architecture.

The table `instance_types.json` is made by `scripts/make_instance_types.py` from a public source and
carries its date. A size that it does not know is *unknown*, not wrong, where its family is known
and newer sizes are plausible; an unknown family is unknown too, unless no EC2 family is written so.
"""

from __future__ import annotations

from functools import cache, lru_cache

from batch_constructs.aws.job_definition_facts import CpuArchitecture
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, docs, guide
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import Final

BUNDLES: Final = {
    "optimal": ("m6i", "c6i", "r6i", "c7i"),
    "default_x86_64": ("m6i", "c6i", "r6i", "c7i"),
    "default_arm64": ("m6g", "c6g", "r6g", "c7g"),
}
"""Names that stand for several families (ComputeResource.instanceTypes); Batch may widen them."""

_FAMILY = pattern(r"([a-z]+)-?(\d{1,4})[a-z]*(?:-[a-z0-9]+)*")
_SIZE = pattern(r"nano|micro|small|medium|large|(?:\d{1,3})?xlarge|metal(?:-\d{1,3}xl)?")
_ARM = pattern(r"a1|[a-z]+\d+g[a-z]*(?:-[a-z0-9]+)*")
_STILL_GROWING = 2
"""AWS adds sizes and variants to the newest generations of a series, not to older ones; and new
generations are not far from the newest."""


AGENT_MIB: Final = 32
"""What Batch's image keeps for the ECS agent and other processes of the system."""

KERNEL_SHARE: Final = 0.01
"""What the kernel keeps at least: of the 8192 MiB of the page's m4.large it leaves 7985."""

MEMORY_SOURCE: Final[Source] = guide(
    "memory-management",
    '"The default AWS Batch compute resource AMI also reserves 32 MiB of memory for the Amazon ECS'
    " container agent and other critical system processes. This memory isn't available for job"
    ' allocation."',
)

_SURE_SHARE: Final = 0.95
_SURELY_KEPT_MIB: Final = 256
"""What is left for jobs on every instance that somebody measured, of whatever size.

Of 524,288 MiB of a trn1.32xlarge ECS had 507,821, of 32,768 of an r5d.xlarge 31,672 (ASFHyP3/hyp3
582), of 8,192 of an m4.large 7,985 (``MEMORY_SOURCE``). AWS publishes no figure for others.
https://github.com/meta-pytorch/torchx/issues/795
"""


class InstanceType(Record):
    """One instance type.

    Attributes:
        name: for example ``m7g.large``.
        vcpus: the default number of vCPUs, None if the table does not know.
        memory_mib: the memory that is sold, in MiB (the ECS agent registers less), or None.
        gpus: the number of GPUs, or None.
        architecture: ``X86_64`` or ``ARM64``, or None.
    """

    name: str
    vcpus: int | None
    memory_mib: int | None
    gpus: int | None
    architecture: str | None

    @property
    def job_memory_mib(self) -> float | None:
        """The memory that jobs may have at most: less than is sold, see ``MEMORY_SOURCE``."""
        if self.memory_mib is None:
            return None
        return self.memory_mib * (1 - KERNEL_SHARE) - AGENT_MIB

    @property
    def sure_memory_mib(self) -> float | None:
        """The memory that a job that has to fit can count on."""
        if self.memory_mib is None:
            return None
        return max(self.memory_mib * _SURE_SHARE - _SURELY_KEPT_MIB, 0)

    def holds(self, *, vcpus: float | None, memory: float | None, gpus: float | None) -> bool:
        """Tell whether a job may fit, as far as its needs and the type are known."""
        pairs = ((vcpus, self.vcpus), (memory, self.job_memory_mib), (gpus, self.gpus))
        return all(need is None or has is None or need <= has for need, has in pairs)

    def packed(
        self, *, vcpus: float, memory: float, gpus: float = 0, surely: bool = False
    ) -> Packing | None:
        """Reckon how jobs of one size fill an instance; None where one does not fit.

        Args:
            vcpus: What a job asks for.
            memory: Likewise, in MiB.
            gpus: Likewise.
            surely: Whether to count on memory only that every instance has left.
        """
        offered_mib = self.sure_memory_mib if surely else self.job_memory_mib
        offered = ((vcpus, self.vcpus), (memory, offered_mib), (gpus, self.gpus))
        needed = [(need, has or 0) for need, has in offered if need > 0]
        jobs = min((int(has // need) for need, has in needed), default=0)
        if jobs < 1:
            return None
        return Packing(self, jobs, max(jobs * need / has for need, has in needed))


class Packing(Record):
    """How jobs of one size fill an instance.

    Attributes:
        type_: the instance type.
        jobs: how many run on it at once.
        used: what they use of what there is least of, from 0 to 1: nothing else fits beside them
            that needs as much of it.
    """

    type_: InstanceType
    jobs: int
    used: float


_ARM64: Final = CpuArchitecture.ARM64.value
_X86_64: Final = CpuArchitecture.X86_64.value
_ARCHITECTURES: Final = {True: _ARM64, False: _X86_64, None: None}


@cache
def _table() -> tuple[str, dict[str, dict[str, InstanceType]]]:
    raw = read("instance_types")
    families: dict[str, dict[str, InstanceType]] = {}
    for family, entry in raw["families"].items():
        architecture = _ARCHITECTURES[entry["arm64"]]
        families[family] = {
            size: _instance_type(f"{family}.{size}", facts, architecture)
            for size, facts in entry["sizes"].items()
        }
    return raw["date"], families


def _instance_type(
    name: str, facts: tuple[int, int, int] | None, architecture: str | None
) -> InstanceType:
    vcpus, memory, gpus = facts or (None, None, None)
    return InstanceType(name, vcpus, memory, gpus, architecture)


def date() -> str:
    """Tell of which day the table is."""
    return _table()[0]


def expand(name: str) -> list[InstanceType] | None:
    """List the instance types that a name of ComputeResource.instanceTypes stands for.

    Returns:
        The types; None where the table does not know the name.
    """
    families = _table()[1]
    if name in BUNDLES:
        return [type_ for family in BUNDLES[name] for type_ in families[family].values()]
    family, _, size = name.partition(".")
    sizes = families.get(family)
    if sizes is None:
        return None
    if not size:
        return list(sizes.values())
    return [sizes[size]] if size in sizes else None


def known() -> list[InstanceType]:
    """List every instance type of the table."""
    return [type_ for sizes in _table()[1].values() for type_ in sizes.values()]


@lru_cache(maxsize=2048)
def architecture(name: str) -> str | None:
    """Tell the architecture of an instance type, a family or a bundle; None if it is not known."""
    if name in BUNDLES:
        return _ARM64 if name == "default_arm64" else _X86_64
    family = name.partition(".")[0]
    sizes = _table()[1].get(family)
    if sizes:
        return next(iter(sizes.values())).architecture
    return _ARM64 if _ARM.fullmatch(family) else None


DISKS_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/UserGuide/instance-store-volumes.html",
    "Which instance types have instance store volumes; DescribeInstanceTypes says so, too"
    " (InstanceStorageSupported).",
)


def has_disks(name: str) -> bool | None:
    """Tell whether a type, a family or a bundle has disks of its own; None if it is not known.

    All sizes of a family have them, or none has; a bundle has them if all of its families do.
    """
    families = read("instance_types")["families"]
    found = [
        families.get(one, {}).get("disks") for one in BUNDLES.get(name, (name.partition(".")[0],))
    ]
    return None if None in found else all(found)


@lru_cache(maxsize=2048)
def is_impossible(name: str) -> bool:
    """Tell whether no such instance type can exist.

    A family or a size that the table does not know may be newer than the table; it is impossible
    where its series is not one of EC2's, or its generation is long complete or far away.
    """
    if name in BUNDLES:
        return False
    family, dot, size = name.partition(".")
    written = _FAMILY.fullmatch(family)
    if not written or (dot and not _SIZE.fullmatch(size)):
        return family not in _table()[1] or bool(dot and size not in _table()[1][family])
    sizes = _table()[1].get(family)
    if sizes is not None and (not dot or size in sizes):
        return False
    series, generation = written[1], int(written[2])
    newest = _newest_generations().get(series)
    if newest is None or generation <= newest - _STILL_GROWING:
        return True
    return generation > max(newest, _newest_of_all()) + _STILL_GROWING


@cache
def _newest_of_all() -> int:
    """Give the newest generation of any series; a new one of another series has followed it.

    The number in ``u-24tb1`` is its memory.
    """
    return max(newest for series, newest in _newest_generations().items() if series != "u")


@cache
def _newest_generations() -> dict[str, int]:
    newest: dict[str, int] = {}
    for family in _table()[1]:
        if written := _FAMILY.fullmatch(family):
            newest[written[1]] = max(newest.get(written[1], 0), int(written[2]))
    return newest


def sizes_of(family: str) -> list[str]:
    """List the sizes that a family has, smallest first."""
    return [type_.name for type_ in sorted(_table()[1].get(family, {}).values(), key=_by_size)]


def _by_size(type_: InstanceType) -> tuple[int, int, str]:
    return type_.vcpus or 0, type_.memory_mib or 0, type_.name
