"""Rules about the instances of a compute environment: types, images and launch templates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws import instance_types
from batch_constructs.aws.compute_environments import ECS_IMAGES, EKS_IMAGES
from batch_constructs.aws.source import api
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.template.values import (
    Properties,
    absent,
    entries,
    given,
    listing,
    mapping,
    one_of,
    show,
    text,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "instances"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)


@_rule(
    "unknown-instance-type",
    title="instance type that does not exist",
    fix="name an instance type or a family of EC2, or default_x86_64 or default_arm64",
    source=api(
        "ComputeResource.instanceTypes",
        '"You can specify instance families"; of another name the service answers that an instance'
        " type can only be one of those it lists.",
    ),
)
def unknown_instance_type(environment: ComputeEnvironment) -> Iterator[Fault]:
    """What may be newer than this library's table is taken as it is.

    A type is refused where EC2 has no such series, or its generation has long had all its sizes.
    """
    if environment.is_fargate:
        return
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        if isinstance(name, str) and instance_types.is_impossible(name):
            sizes = instance_types.sizes_of(name.partition(".")[0])
            allowed = f"the family has {show(', '.join(sizes), 200)}" if sizes else "no such family"
            yield (
                f"ComputeResources/InstanceTypes/{position}",
                f'there is no instance type "{show(name)}"; {allowed}',
                f"use one of {one_of(sizes[:6])}" if sizes else "name a family or type of EC2",
            )


@_rule(
    "mixed-architectures",
    title="x86 and Arm instance types in one environment",
    fix="keep one architecture to an environment, and a queue to each",
    source=api(
        "ComputeResource.instanceTypes",
        '"the instance types that you select for the compute environment must share the same'
        " architecture. For example, you can't mix x86 and ARM instances in the same compute"
        ' environment."',
    ),
)
def mixed_architectures(environment: ComputeEnvironment) -> Iterator[Fault]:
    """An image runs on one architecture; ``optimal`` and ``default_x86_64`` are x86."""
    found: dict[str, str] = {}
    for name in texts(environment.resources, "InstanceTypes"):
        architecture = instance_types.architecture(name)
        if architecture is not None:
            found.setdefault(architecture, name)
    if len(found) > 1:
        yield (
            "ComputeResources/InstanceTypes",
            (
                f'the instance types are mixed: "{found["X86_64"]}" is x86_64 and'
                f' "{found["ARM64"]}" is Arm'
            ),
        )


@_rule(
    "duplicate-instance-type",
    severity=Severity.WARNING,
    title="instance type given twice",
    fix="name each instance type once",
    source=api("ComputeResource.instanceTypes", "a list of distinct types and families"),
)
def duplicate_instance_type(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The second one changes nothing."""
    seen: set[str] = set()
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        if isinstance(name, str):
            if name in seen:
                yield (
                    f"ComputeResources/InstanceTypes/{position}",
                    f'the instance type "{show(name)}" is given twice',
                )
            seen.add(name)


def _images(environment: ComputeEnvironment) -> Iterator[tuple[str, Properties]]:
    for position, image in entries(environment.resources, "Ec2Configuration"):
        yield f"ComputeResources/Ec2Configuration/{position}", image


def _has_own_image(environment: ComputeEnvironment, image: Properties) -> bool:
    return "ImageIdOverride" in image or "ImageId" in environment.resources


@_rule(
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
    """An image of one's own (`ImageIdOverride`) is still allowed."""
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind in ECS_IMAGES[:2] and not _has_own_image(environment, image):
            yield (
                f"{path}/ImageType",
                (
                    f"the image type is {kind}, which new environments may not use since"
                    " 2026-06-30;"
                    " allowed are ECS_AL2023 and ECS_AL2023_NVIDIA"
                ),
            )


@_rule(
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
    """No security patches come any more."""
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind in EKS_IMAGES[:2] and not _has_own_image(environment, image):
            yield f"{path}/ImageType", f"the image type is {kind}, whose support has ended"


@_rule(
    "image-type-orchestration",
    title="image type of the other orchestration",
    fix="use an ECS_… image type without EksConfiguration, and an EKS_… one with it",
    source=api(
        "Ec2Configuration.imageType",
        '"The supported values are different for ECS and EKS resources."',
    ),
)
def image_type_orchestration(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The agent in the image joins an ECS cluster or an EKS cluster, not both."""
    if environment.is_eks is None:
        return
    wrong, allowed = ("ECS_", EKS_IMAGES) if environment.is_eks else ("EKS_", ECS_IMAGES)
    where = "an EKS" if environment.is_eks else "an ECS"
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind and kind.startswith(wrong):
            yield (
                f"{path}/ImageType",
                f"the image type is {kind} on {where} environment; allowed are {one_of(allowed)}",
            )
        if not environment.is_eks and given(image, "ImageKubernetesVersion"):
            yield (
                f"{path}/ImageKubernetesVersion",
                "ImageKubernetesVersion is given on an environment without EksConfiguration",
                "leave ImageKubernetesVersion out",
            )


@_rule(
    "duplicate-image-type",
    title="two image configurations of one type",
    fix="keep one entry for each image type",
    source=api(
        "ComputeResource.ec2Configuration",
        '"One or two values can be provided", matched to instance types by'
        " Ec2Configuration.imageType",
    ),
    severity=Severity.WARNING,
)
def duplicate_image_type(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch picks the entry by its type, so the second would never be chosen."""
    seen: set[str] = set()
    for path, image in _images(environment):
        kind = text(image, "ImageType")
        if kind in seen:
            yield f"{path}/ImageType", f"the image type {kind} is configured twice"
        if kind:
            seen.add(kind)


_NO_DRIVER: Final = ("p3", "p3dn", "g3", "g3s", "p2")


@_rule(
    "image-instance-mismatch",
    title="instance types that the image does not support",
    fix="choose newer instance types, or give an image of your own",
    source=api(
        "Ec2Configuration.imageType",
        '"Amazon Linux 2023 does not support A1 instances"; "ECS_AL2023_NVIDIA doesn\'t support p3'
        ' and g3 instance types"',
    ),
)
def image_instance_mismatch(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Amazon Linux 2023, the default, has no support for A1, and no driver for P3 and G3."""
    if not environment.is_ec2 or environment.is_eks is not False:
        return
    images = [image for _, image in _images(environment)]
    if any(_has_own_image(environment, image) for image in images or [{}]):
        return
    if given(environment.resources, "LaunchTemplate") or (
        "Ec2Configuration" in environment.resources
        and listing(environment.resources, "Ec2Configuration") is None
    ):
        return
    kinds = {text(image, "ImageType") for image in images} or {"ECS_AL2023", "ECS_AL2023_NVIDIA"}
    for position, name in enumerate(listing(environment.resources, "InstanceTypes") or ()):
        family = name.partition(".")[0] if isinstance(name, str) else ""
        where = f"ComputeResources/InstanceTypes/{position}"
        if family == "a1" and kinds <= {"ECS_AL2023", "ECS_AL2023_NVIDIA"}:
            yield where, f'Amazon Linux 2023 does not support the A1 instances of "{name}"'
        if family in _NO_DRIVER[:4] and "ECS_AL2023_NVIDIA" in kinds:
            yield where, f'ECS_AL2023_NVIDIA does not support "{name}" (P3 and G3 instances)'


@_rule(
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
    if environment.architecture != "ARM64":
        return
    for path, image in _images(environment):
        kind = text(image, "ImageType") or ""
        if kind.endswith("_NVIDIA") and not _has_own_image(environment, image):
            yield f"{path}/ImageType", f"the image type is {kind}, but the instances are Arm"


def _launch_templates(environment: ComputeEnvironment) -> Iterator[tuple[str, Properties]]:
    launch = environment.resources.get("LaunchTemplate")
    if isinstance(launch, dict):
        yield "ComputeResources/LaunchTemplate", launch
        for position, override in entries(launch, "Overrides"):
            yield f"ComputeResources/LaunchTemplate/Overrides/{position}", override


@_rule(
    "launch-template-reference",
    title="launch template without id or name, or with both",
    fix="give either LaunchTemplateId or LaunchTemplateName",
    source=api(
        "ComputeResource.launchTemplate",
        '"You must specify either the launch template ID or launch template name in the request,'
        ' but not both."; LaunchTemplateSpecification.launchTemplateId,'
        " LaunchTemplateSpecification.launchTemplateName; the same holds for"
        " LaunchTemplateSpecificationOverride.launchTemplateId and"
        " LaunchTemplateSpecificationOverride.launchTemplateName",
    ),
)
def launch_template_reference(environment: ComputeEnvironment) -> Iterator[Fault]:
    """One of the two says which template it is."""
    for path, launch in _launch_templates(environment):
        keys = [key for key in ("LaunchTemplateId", "LaunchTemplateName") if key in launch]
        if not keys:
            yield path, "the launch template has neither LaunchTemplateId nor LaunchTemplateName"
        if all(given(launch, key) for key in ("LaunchTemplateId", "LaunchTemplateName")):
            yield path, "the launch template has both LaunchTemplateId and LaunchTemplateName"


@_rule(
    "userdata-type-ecs",
    severity=Severity.WARNING,
    title="EKS user data type on an ECS environment",
    fix="leave UserdataType out",
    source=api(
        "LaunchTemplateSpecification.userdataType", '"The EKS node initialization process to use."'
    ),
)
def userdata_type_ecs(environment: ComputeEnvironment) -> Iterator[Fault]:
    """ECS instances have no EKS node initialization."""
    if environment.is_eks is False:
        for path, launch in _launch_templates(environment):
            if given(launch, "UserdataType"):
                yield f"{path}/UserdataType", "UserdataType is given without EksConfiguration"


@_rule(
    "launch-template-targets",
    title="launch template override for instance types it may not target",
    fix="target types or families from InstanceTypes, each in one override",
    source=api(
        "LaunchTemplateSpecificationOverride.targetInstanceTypes",
        '"This parameter is required when defining a launch template override"; "not allowed:'
        ' optimal, default_x86_64, and default_arm64"; "can target only instance types and'
        ' families that are included within the ComputeResource.instanceTypes set"; "can\'t'
        ' overlap"',
    ),
)
def launch_template_targets(environment: ComputeEnvironment) -> Iterator[Fault]:
    """An override is for some of the environment's instance types, each of them once."""
    launch = mapping(environment.resources, "LaunchTemplate")
    taken: list[str] = []
    for position, override in entries(launch, "Overrides"):
        path = f"ComputeResources/LaunchTemplate/Overrides/{position}/TargetInstanceTypes"
        if absent(override, "TargetInstanceTypes"):
            yield path, "TargetInstanceTypes is missing; an override needs it"
        for index, target in enumerate(listing(override, "TargetInstanceTypes") or ()):
            if not isinstance(target, str):
                continue
            where = f"{path}/{index}"
            if target in instance_types.BUNDLES:
                yield where, f'the override targets "{target}"; allowed are types and families'
            elif instance_types.is_impossible(target):
                yield where, f'the override targets "{show(target)}", which does not exist'
            elif not _offers(environment, target):
                yield where, f'the override targets "{target}", which is not in InstanceTypes'
            for other in taken:
                if _overlap(target, other):
                    yield where, f'the override targets "{target}", and another one "{other}"'
            taken.append(target)


def _offers(environment: ComputeEnvironment, target: str) -> bool:
    names = environment.instance_types
    if not names or any(name in instance_types.BUNDLES for name in names):
        return True
    family = target.partition(".")[0]
    return target in names or family in names


def _overlap(one: str, other: str) -> bool:
    return one == other or one.partition(".")[0] == other or other.partition(".")[0] == one


@_rule(
    "desired-vcpus",
    severity=Severity.INFO,
    title="desired vCPUs in a template",
    fix="leave DesiredvCpus out",
    source=api(
        "ComputeResource.desiredvCpus",
        '"Batch modifies this value between the minimum and maximum values based on job queue'
        ' demand."',
    ),
)
def desired_vcpus(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch changes the value all the time, so an update of the stack may fail or lose jobs."""
    if environment.is_ec2 and given(environment.resources, "DesiredvCpus"):
        yield "ComputeResources/DesiredvCpus", "DesiredvCpus is given, which Batch sets itself"
