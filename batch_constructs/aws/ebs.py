"""Volumes of Amazon EBS that instances start from.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
"""

from __future__ import annotations

from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

IMAGE_GIBIBYTES: Final = 30
"""The root volume of AWS's images; one of a smaller size does not hold them."""

ROOT_DEVICE: Final = "/dev/xvda"
"""Where Amazon Linux has its root volume."""

IMAGE_SOURCE: Final[Source] = seen(
    "https://github.com/aws/containers-roadmap/issues/134",
    "The images of ECS have 30 GB, and a launch template cannot make the root device smaller than"
    " the snapshot of its image.",
)

GP3: Final = "gp3"
"""The type of volume whose speed does not hang on its size."""

LARGEST_GIBIBYTES: Final = {
    GP3: 65536,
    "gp2": 16384,
    "io1": 16384,
    "io2": 65536,
    "standard": 1024,
}
"""The types of volume that instances start from, and their largest sizes."""

NO_BOOT_VOLUMES: Final = ("st1", "sc1")
IOPS: Final = {GP3: (3000, 80000), "io1": (100, 64000), "io2": (100, 256000)}
NEEDS_IOPS: Final = ("io1", "io2")
THROUGHPUT: Final = (125, 2000)
"""MiB a second of a gp3 volume."""

IOPS_FOR_ONE_MEBIBYTE: Final = 4
IOPS_OF_ONE_GIBIBYTE: Final = {GP3: 500, "io1": 50, "io2": 1000}
DEFAULT_IOPS: Final = 3000
"""What gp3 has at least, however small it is."""


def most_iops(kind: str, gibibytes: float) -> float:
    """Return the operations a second that a volume of a type and a size can have."""
    least = DEFAULT_IOPS if kind == GP3 else 0
    return max(gibibytes * IOPS_OF_ONE_GIBIBYTE[kind], least)


RATIO_SOURCE: Final[Source] = seen(
    "https://github.com/rocicorp/mono/pull/4410",
    'EC2 refuses 15,000 IOPS of 20 GiB of gp3: "Iops to volume size ratio of 750.000000 is too'
    ' high; maximum is 500". https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html'
    " has the ratios: gp3 500, io1 50, io2 1,000 IOPS for each GiB, and 0.25 MiB/s of gp3 for each"
    " IOPS.",
)

SOURCE: Final[Source] = docs(
    "ebs/latest/userguide/ebs-volume-types.html",
    "gp3: up to 64 TiB, 3,000 to 80,000 IOPS, 125 to 2,000 MiB/s, one for 4 IOPS; io1: 100 to"
    " 64,000 IOPS; io2: 100 to 256,000 IOPS; gp2 and io1: 16 TiB; magnetic volumes: 1 TiB. The"
    " images of ECS take 30 GiB.",
)

OPTIONS_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html",
    'Throughput: "The throughput to provision for a gp3 volume"; KmsKeyId: the "KMS key to use for'
    ' EBS encryption"; Encrypted: "Indicates whether the EBS volume is encrypted."',
)
