"""The root volume of instances, on EBS.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import ebs
from batch_constructs.aws.bound import Whole, allowed, one_of, shown
from batch_constructs.construct import given
from batch_constructs.encryption_key import key_argument
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from aws_cdk import Size
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

    from batch_constructs.arguments import Arguments

_SYSTEM_GIBIBYTES: Final = 8
"""What the system of an image for ECS, Docker's logs and a little room take of a disk; reckoned."""

_UNPACKING_SECONDS: Final = 120
"""In what time images are written where this library chooses the throughput: sooner than the four
minutes in which the ECS agent has a container created."""


@dataclass(frozen=True, kw_only=True)
class RootVolume:
    """The EBS root volume of instances, with images, containers and what they write.

    Attributes:
        size: Its size, at least 30 GiB, which is the image's size. Default: the image's.
        volume_type: ``gp3``, ``gp2``, ``io1``, ``io2`` or ``standard``, or the CDK's
            ``ec2.EbsDeviceVolumeType``. Default: ``gp3``.
        iops: Operations a second: 3,000 to 80,000 for gp3, 100 to 64,000 for io1, 100 to 256,000
            for io2, which require it; for each GiB at most 500, 50 and 1,000. Default: 3,000 for
            gp3.
        throughput: MiB a second, for gp3: 125 to 2,000, and at most one for every four ``iops``.
            Default: 125.
        image_size: The total unpacked size of all images on an instance. The disk needs room for
            them besides the system. Without ``throughput``, gp3 gets enough to write them in two
            minutes, as far as its ``iops`` allow. Default: unknown.
        encryption_key: A key to encrypt it; the Spot and Auto Scaling service roles need permission
            to use it. Default: encrypted with the account's key for EBS.
    """

    size: Size | None = None
    volume_type: ec2.EbsDeviceVolumeType | str = ebs.GP3
    iops: WholeNumber | None = None
    throughput: WholeNumber | None = None
    image_size: Size | None = None
    encryption_key: kms.IKey | None = None


def ebs_properties(arguments: Arguments, volume: RootVolume | None) -> dict[str, Any]:
    """Return CloudFormation's ``Ebs``."""
    if volume is not None and not isinstance(volume, RootVolume):
        arguments.wrong_type("root_volume", volume, "RootVolume(size=Size.gibibytes(100))")
        volume = None
    volume = RootVolume() if volume is None else volume
    inner = arguments.within("root_volume")
    kind = _volume_type(inner, volume.volume_type)
    size = inner.gibibytes("size", volume.size)
    iops = inner.number("iops", volume.iops)
    throughput = inner.number("throughput", volume.throughput)
    images = inner.gibibytes("image_size", volume.image_size)
    if isinstance(images, int) and not is_token(images):
        _expect_room(inner, size, images)
        if throughput is None and kind == ebs.GP3:
            throughput = _fast_enough(images, iops)
    key = volume.encryption_key
    key_argument(inner, "encryption_key", key)
    if inner.is_wrong("encryption_key"):
        key = None
    if isinstance(kind, str) and not is_token(kind):
        _expect_fitting(inner, kind, size, iops, throughput)
    return given(
        DeleteOnTermination=True,
        Encrypted=True,
        Iops=iops,
        KmsKeyId=None if key is None else key.key_arn,
        Throughput=throughput,
        VolumeSize=size,
        VolumeType=kind,
    )


def _volume_type(arguments: Arguments, kind: object) -> Any:
    """Read a type of volume: in EC2's spelling, or the CDK's member, which is in capitals."""
    return arguments.text(
        "volume_type", kind.name.lower() if isinstance(kind, Enum) else kind, required=True
    )


def _expect_fitting(arguments: Arguments, kind: str, size: Any, iops: Any, throughput: Any) -> None:
    """Refuse what a volume of this type cannot be."""
    if kind not in ebs.LARGEST_GIBIBYTES:
        why = ", which instances cannot start from" if kind in ebs.NO_BOOT_VOLUMES else ""
        arguments.wrong_value(
            f"volume_type is {shown(kind)}{why}; {allowed(one_of(ebs.LARGEST_GIBIBYTES))}: leave "
            "it out for gp3"
        )
        return
    sizes = Whole(ebs.IMAGE_GIBIBYTES, ebs.LARGEST_GIBIBYTES[kind], unit="GiB")
    _expect(arguments, "size", size, sizes, kind)
    if kind in ebs.IOPS:
        _expect(arguments, "iops", iops, Whole(*ebs.IOPS[kind]), kind)
        if iops is None and kind in ebs.NEEDS_IOPS:
            low, high = ebs.IOPS[kind]
            arguments.wrong_value(
                f"iops is left out for {kind}; allowed: {low} to {high}: give it, or use gp3"
            )
        if not arguments.is_wrong("iops"):
            _expect_large_enough(arguments, kind, size, iops)
    elif iops is not None:
        arguments.wrong_value(f"iops is given, which {kind} volumes do not support: leave it out")
    if throughput is None:
        return
    if kind != ebs.GP3:
        arguments.wrong_value(
            f"throughput is given, which {kind} volumes do not support: leave it out"
        )
        return
    speeds = Whole(*ebs.THROUGHPUT, unit="MiB a second")
    _expect(arguments, "throughput", throughput, speeds, kind)
    _expect_enough_iops(arguments, ebs.DEFAULT_IOPS if iops is None else iops, throughput)


def _expect_room(arguments: Arguments, size: Any, images: int) -> None:
    """Refuse a disk that its images do not fit on."""
    has = ebs.IMAGE_GIBIBYTES if size is None else size
    if not isinstance(has, int) or is_token(has):
        return
    if has - _SYSTEM_GIBIBYTES < images:
        whose = " (that of the machine image)" if size is None else ""
        arguments.wrong_value(
            f"size is {has} GiB{whose} with images of {images} GiB, but the system needs "
            f"{_SYSTEM_GIBIBYTES}, so no job would start: give "
            f"size=Size.gibibytes({images + _SYSTEM_GIBIBYTES}) or more"
        )


def _fast_enough(images: int, iops: Any) -> int | None:
    """Reckon the throughput that writes the images in two minutes; None where gp3's own does."""
    carried = ebs.DEFAULT_IOPS if iops is None else iops
    if not isinstance(carried, int) or is_token(carried):
        return None
    low, high = ebs.THROUGHPUT
    wanted = -(-images * 1024 // _UNPACKING_SECONDS)
    reached = min(wanted, high, carried // ebs.IOPS_FOR_ONE_MEBIBYTE)
    return reached if reached > low else None


def _expect_enough_iops(arguments: Arguments, iops: Any, throughput: Any) -> None:
    """Refuse a throughput within its range that its operations do not carry."""
    most = ebs.THROUGHPUT[1]
    if not (isinstance(iops, int) and isinstance(throughput, int) and throughput <= most):
        return
    if throughput * ebs.IOPS_FOR_ONE_MEBIBYTE > iops:
        arguments.wrong_value(
            f"throughput is {throughput} with {iops} iops; allowed: one for each "
            f"{ebs.IOPS_FOR_ONE_MEBIBYTE} iops: give iops={throughput * ebs.IOPS_FOR_ONE_MEBIBYTE}"
        )


def _expect_large_enough(arguments: Arguments, kind: str, size: Any, iops: Any) -> None:
    """Refuse more operations a second than a volume of this size can have."""
    has = ebs.IMAGE_GIBIBYTES if size is None else size
    if not (isinstance(iops, int) and isinstance(has, int)) or is_token(iops) or is_token(has):
        return
    most = ebs.most_iops(kind, has)
    if iops > most:
        whose = " (that of the machine image)" if size is None else ""
        needed = -(-iops // ebs.IOPS_OF_ONE_GIBIBYTE[kind])
        arguments.wrong_value(
            f"iops is {iops} with a size of {has} GiB{whose}; allowed with {kind}: at most {most}: "
            f"give size=Size.gibibytes({needed}) or more"
        )


def _expect(arguments: Arguments, parameter: str, value: Any, bound: Whole, kind: str) -> None:
    """Refuse a number that volumes of a kind do not take."""
    known = isinstance(value, int | float) and not is_token(value)
    wrong = bound.wrong(value) if known else None
    if wrong is not None:
        arguments.wrong_value(f"{parameter} {wrong} with {kind}")
