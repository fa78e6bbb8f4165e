"""The sizes of jobs on Fargate: fixed pairs of vCPUs and memory.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
"""

from __future__ import annotations

from batch_constructs.aws.bound import one_of, refused, shown
from batch_constructs.aws.source import Source, api, docs
from batch_constructs.aws.typing_names import Final

MEMORY: Final[dict[float, tuple[int, ...]]] = {
    0.25: (512, 1024, 2048),
    0.5: (1024, 2048, 3072, 4096),
    1: tuple(range(2048, 8192 + 1, 1024)),
    2: tuple(range(4096, 16384 + 1, 1024)),
    4: tuple(range(8192, 30720 + 1, 1024)),
    8: tuple(range(16384, 61440 + 1, 4096)),
    16: tuple(range(32768, 122880 + 1, 8192)),
    32: (61440, 122880, 249856),
}
"""vCPUs → the memory that goes with them, in MiB."""

SOURCE: Final[Source] = api(
    "ResourceRequirement.value",
    '"must match one of the supported values and the VCPU values must be one of the values'
    ' supported for that memory value"',
)

LEAST_VCPUS: Final = min(MEMORY)
"""What the smallest job on Fargate takes."""

WINDOWS_VCPUS: Final = (1, 2, 4)
"""The vCPUs that Fargate offers to Windows."""

WINDOWS_SOURCE: Final[Source] = docs(
    "AmazonECS/latest/developerguide/task-cpu-memory-error.html",
    "1, 2 and 4 vCPU are for Linux and Windows, the others for Linux; likewise"
    " ResourceRequirement.value.",
)

_SPELLED_OUT: Final = 8
"""How many sizes are listed; more are written as a range."""


def wrong_vcpus(vcpus: object, *, windows: bool = False) -> str | None:
    """Say what is wrong with a number of vCPUs."""
    offered = WINDOWS_VCPUS if windows else tuple(MEMORY)
    if vcpus in offered:
        return None
    on = "for Windows on Fargate" if windows else "on Fargate"
    return f"{refused(vcpus, one_of(offered))} {on}"


def wrong_memory(mib: float, vcpus: float | None = None) -> str | None:
    """Say what is wrong with an amount of memory, beside a number of vCPUs that is offered."""
    if vcpus is None:
        if any(mib in sizes for sizes in MEMORY.values()):
            return None
        every = [size for sizes in MEMORY.values() for size in sizes]
        offered = f"{min(every)} to {max(every)} MiB on Fargate, depending on the vCPUs"
        return refused(mib, offered, "MiB")
    sizes = MEMORY[vcpus]
    if mib in sizes:
        return None
    steps = f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
    written = one_of(sizes) if len(sizes) <= _SPELLED_OUT else steps
    return f"{refused(mib, written, 'MiB')} MiB with {shown(vcpus)} vCPU on Fargate"


def nearest_memory(mib: float, vcpus: float) -> int:
    """Give the memory nearest to an amount that Fargate offers with a number of vCPUs."""
    return min(MEMORY[vcpus], key=lambda size: (abs(size - mib), size))
