"""Rules about the instances of a compute environment: their types and their images."""

from __future__ import annotations

from batch_constructs.aws import compute_environment_facts as aws
from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.job_definition_facts import CpuArchitecture
from batch_constructs.aws.source import api, probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.values import (
    Properties,
    entries,
    given,
    listing,
    show,
    text,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment


@environment_rule(
    "unknown-instance-type",
    title="instance type that does not exist",
    fix="name an instance type or a family of EC2, or default_x86_64 or default_arm64",
    source=api(
        "ComputeResource.instanceTypes",
        '"You can specify instance families"; for any other name, the service answers that '
        "an instance type can only be one of those it lists.",
    ),
)
def unknown_instance_type(environment: ComputeEnvironment) -> Iterator[Fault]:
    """A type that may be newer than this library's table is accepted.

    A type is refused if EC2 has no such series, or if its generation has long been complete.
    """
    if environment.is_fargate:
        return
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        if isinstance(name, str) and instance_types.is_impossible(name):
            sizes = instance_types.sizes_of(name.partition(".")[0])
            small = None if instance_types.is_impossible(name.lower()) else name.lower()
            if small is not None:
                more = "instance types are written in lower-case letters"
            elif sizes:
                more = f"its family has {show(', '.join(sizes), 200)}"
            else:
                more = "neither does its family"
            yield (
                f"ComputeResources/InstanceTypes/{position}",
                f'InstanceTypes names "{show(name)}", which does not exist; {more}',
                f"use {small}"
                if small is not None
                else f"use {one_of(sizes[:6])}"
                if sizes
                else "name an instance type or a family of EC2",
            )


@environment_rule(
    "mixed-architectures",
    title="x86 and Arm instance types in one environment",
    fix="give each architecture its own environment and queue",
    source=api(
        "ComputeResource.instanceTypes",
        '"the instance types that you select for the compute environment must share the same'
        " architecture. For example, you can't mix x86 and ARM instances in the same compute"
        ' environment."',
    ),
)
def mixed_architectures(environment: ComputeEnvironment) -> Iterator[Fault]:
    """An image runs on one architecture. ``optimal`` and ``default_x86_64`` are x86."""
    found: dict[str, str] = {}
    for name in texts(environment.resources, "InstanceTypes"):
        architecture = instance_types.architecture(name)
        if architecture is not None:
            found.setdefault(architecture, name)
    if len(found) > 1:
        yield (
            "ComputeResources/InstanceTypes",
            (
                f'InstanceTypes mixes x86_64 ("{found[CpuArchitecture.X86_64]}") and Arm '
                f'("{found[CpuArchitecture.ARM64]}")'
            ),
        )


def _images(environment: ComputeEnvironment) -> Iterator[tuple[str, Properties]]:
    for position, image in entries(environment.resources, "Ec2Configuration"):
        yield f"ComputeResources/Ec2Configuration/{position}", image


def has_own_image(environment: ComputeEnvironment, image: Properties) -> bool:
    """Tell whether the image is, or may be, another one than AWS Batch provides."""
    if "ImageIdOverride" in image or "ImageId" in environment.resources:
        return True
    launch = environment.resources.get("LaunchTemplate")
    if launch is not None and not environment.launch_templates:
        return True
    for _, reference in environment.launch_templates:
        template = environment.launch_template(reference)
        data = None if template is None else template.properties.get("LaunchTemplateData")
        if not isinstance(data, dict) or "ImageId" in data:
            return True
    return False


@environment_rule(
    "ordered-instance-types",
    title="bundle of instance types where their order counts",
    fix="list families or instance types, the preferred first",
    source=probed(
        "batch/pf-batch-ce-ordered-strategy-instance-bundles",
        "AWS Batch answers: Instance type bundles (e.g. optimal, default_x86_64) are not allowed"
        " for BEST_FIT_PROGRESSIVE_ORDERED allocation strategy.",
    ),
)
def ordered_instance_types(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch refuses the environment: a bundle has no order."""
    strategy = text(environment.resources, "AllocationStrategy")
    if strategy not in aws.ORDERED_STRATEGIES:
        return
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        if isinstance(name, str) and name in instance_types.BUNDLES:
            path = f"ComputeResources/InstanceTypes/{position}"
            yield path, f"InstanceTypes has {name}, and the allocation strategy is {strategy}"


@environment_rule(
    "amazon-linux-2",
    title="Amazon Linux 2 image on a new environment",
    fix="use ECS_AL2023, or ECS_AL2023_NVIDIA for GPUs",
    source=api(
        "Ec2Configuration.imageType",
        '"Effective June 30, 2026, Batch will block creation of new Amazon ECS compute'
        ' environments using Batch-provided Amazon Linux 2 AMIs."',
    ),
)
def amazon_linux_2(environment: ComputeEnvironment) -> Iterator[Fault]:
    """A custom image (``ImageIdOverride``) is still allowed."""
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind in aws.ENDED_ECS_IMAGES and not has_own_image(environment, image):
            yield (
                f"{path}/ImageType",
                (
                    f"ImageType is {kind}, which is not possible in new environments since "
                    f"2026-06-30; allowed: {one_of(aws.ECS_IMAGES)}"
                ),
            )


@environment_rule(
    "amazon-linux-2-eks",
    severity=Severity.WARNING,
    title="Amazon Linux 2 image on EKS",
    fix="use EKS_AL2023, or EKS_AL2023_NVIDIA for GPUs",
    source=api(
        "Ec2Configuration.imageType",
        '"Amazon Web Services ended support for Amazon EKS AL2-optimized and AL2-accelerated AMIs'
        ' on November 26, 2025."',
    ),
)
def amazon_linux_2_eks(environment: ComputeEnvironment) -> Iterator[Fault]:
    """It no longer gets security patches."""
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind in aws.ENDED_EKS_IMAGES and not has_own_image(environment, image):
            yield f"{path}/ImageType", f"ImageType is {kind}, whose support has ended"


@environment_rule(
    "image-instance-mismatch",
    title="instance types that the image does not support",
    fix="choose newer instance types, or use an image of your own",
    source=aws.IMAGE_FAMILIES_SOURCE,
)
def image_instance_mismatch(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Amazon Linux 2023, the default, does not support A1, and has no driver for P3 and G3."""
    if not environment.is_ec2 or environment.is_eks is not False:
        return
    images = [image for _, image in _images(environment)]
    if any(has_own_image(environment, image) for image in images or [{}]):
        return
    if given(environment.resources, "LaunchTemplate") or (
        "Ec2Configuration" in environment.resources
        and listing(environment.resources, "Ec2Configuration") is None
    ):
        return
    kinds = {text(image, "ImageType") for image in images} or set(aws.ECS_IMAGES)
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        family = name.partition(".")[0] if isinstance(name, str) else ""
        where = f"ComputeResources/InstanceTypes/{position}"
        if family in aws.NO_AL2023_FAMILIES and kinds <= set(aws.ECS_IMAGES):
            yield where, f'InstanceTypes names "{name}", which Amazon Linux 2023 does not support'
        if family in aws.NO_AL2023_NVIDIA_FAMILIES and aws.ImageType.ECS_AL2023_NVIDIA in kinds:
            yield where, f'InstanceTypes names "{name}", which ECS_AL2023_NVIDIA does not support'


@environment_rule(
    "nvidia-image-on-graviton",
    severity=Severity.WARNING,
    title="NVIDIA image for Arm instances",
    fix="use ECS_AL2023 (EKS_AL2023) for Arm instances",
    source=api(
        "Ec2Configuration.imageType",
        '"can be used for all non Amazon Web Services Graviton-based instance types"',
    ),
)
def nvidia_image_on_graviton(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The GPU images are built for x86."""
    if environment.architecture != CpuArchitecture.ARM64:
        return
    for path, image in _images(environment):
        kind = text(image, "ImageType") or ""
        if kind.endswith("_NVIDIA") and not has_own_image(environment, image):
            yield f"{path}/ImageType", f"ImageType is {kind}, but the instances are Arm"
