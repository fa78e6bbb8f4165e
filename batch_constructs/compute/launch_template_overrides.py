"""The launch templates of one compute environment: the usual one, and others for some types.

https://docs.aws.amazon.com/batch/latest/APIReference/API_LaunchTemplateSpecification.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Reference, ReferenceStrength, Stack, Tokenization
from aws_cdk import aws_ec2 as ec2

from batch_constructs.aws.bound import shown
from batch_constructs.aws.limits import bound_of
from batch_constructs.compute.instance_type_names import instance_type_name
from batch_constructs.compute.launch_template import LaunchTemplate
from batch_constructs.construct import given
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_scope import are_in_one_stack
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments
    from batch_constructs.aws.compute_environment_facts import UserdataType
    from batch_constructs.compute.launch_template import AnyLaunchTemplate
    from batch_constructs.instance_volumes import AnyInstanceVolume

_EXPECTED = "a LaunchTemplate or an ec2.ILaunchTemplate"


@dataclass(frozen=True, kw_only=True)
class LaunchTemplateOverride:
    """Another launch template for some of an environment's instance types.

    Attributes:
        launch_template: The template; its newest version is used.
        instance_types: Types and families of the environment, but not ``default_x86_64`` and the
            like.
        userdata_type: On Amazon EKS with a custom image, ``EKS_NODEADM`` or
            ``EKS_BOOTSTRAP_SH``. Default: AWS's.
    """

    launch_template: AnyLaunchTemplate
    instance_types: Sequence[str | ec2.InstanceType | ec2.InstanceClass]
    userdata_type: UserdataType | str | None = None


def launch_template_properties(
    arguments: Arguments,
    template: AnyLaunchTemplate | None,
    overrides: Sequence[LaunchTemplateOverride] | None,
    userdata_type: UserdataType | str | None = None,
    *,
    on_eks: bool = False,
) -> dict[str, Any] | None:
    """Return CloudFormation's ``LaunchTemplate``."""
    if on_eks:
        _refuse_what_eks_does_not_have(arguments, template, overrides)
    others = arguments.each(
        "launch_template_overrides",
        overrides,
        LaunchTemplateOverride,
        'LaunchTemplateOverride(launch_template=…, instance_types=["g5"])',
        _override,
    )
    userdata = arguments.text("userdata_type", userdata_type, bound=bound_of("userdata-type"))
    if template is None:
        if others:
            arguments.wrong_value(
                "launch_template_overrides is given without launch_template: give launch_template "
                "for the other types"
            )
        if userdata_type is not None:
            arguments.wrong_value(
                "userdata_type is given without launch_template: leave it out, or give "
                "launch_template"
            )
        return None
    return {
        **_reference(arguments, template),
        **given(Overrides=others, UserdataType=userdata),
    }


def _override(arguments: Arguments, override: LaunchTemplateOverride) -> dict[str, Any]:
    types = arguments.items("instance_types", override.instance_types, 'strings such as "g5"')
    return {
        **_reference(arguments, override.launch_template),
        **given(
            TargetInstanceTypes=[
                arguments.text(f"instance_types[{place}]", instance_type_name(item), required=True)
                for place, item in enumerate(types)
            ],
            UserdataType=arguments.text("userdata_type", override.userdata_type),
        ),
    }


def _reference(arguments: Arguments, template: Any) -> dict[str, Any]:
    if not has_member(template, "launch_template_id"):
        arguments.wrong_type("launch_template", template, _EXPECTED)
        return {}
    arguments.started_here("launch_template", template)
    _refuse_plain_user_data(arguments, template)
    # The newest version by its number, so that a change of the template is a change here too.
    version = getattr(template, "latest_version_number", None)
    if (
        version is not None
        and is_token(version)
        and not are_in_one_stack(arguments.construct, template)
    ):
        version = _weakly(version)
    known = template.launch_template_id
    return given(
        LaunchTemplateId=known,
        LaunchTemplateName=template.launch_template_name if known is None else None,
        Version=template.version_number if version is None else version,
    )


def _weakly(version: str) -> str:
    """Refer to the version of another stack's template so that the template may change.

    CloudFormation refuses to change an export that is in use.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
    """
    token = Tokenization.reverse_string(version).first_token
    if not Reference.is_reference(token):
        return version
    return Stack.consume_reference(version, ReferenceStrength.WEAK)


def _refuse_plain_user_data(arguments: Arguments, template: Any) -> None:
    """Refuse a shell script: AWS Batch adds a part of its own, and wants MIME multipart."""
    user_data = getattr(template, "user_data", None)
    if user_data is None:
        return
    text = user_data.render()
    if text and not is_token(text) and not text.startswith(("MIME-Version:", "Content-Type:")):
        arguments.wrong_value(
            f"launch_template has user data that begins with {shown(text.splitlines()[0])}; "
            "allowed: only MIME multipart: give the commands as LaunchTemplate(user_data=[…]), "
            "or use ec2.MultipartUserData"
        )


def mounted_volumes(
    template: AnyLaunchTemplate | None, overrides: Sequence[LaunchTemplateOverride] | None
) -> list[AnyInstanceVolume]:
    """Return what the instances of an environment mount, each once."""
    volumes = [volume for one in used_templates(template, overrides) for volume in one.volumes]
    return [one for place, one in enumerate(volumes) if one not in volumes[:place]]


def used_templates(template: Any, overrides: Any) -> list[LaunchTemplate]:
    """Return the templates of this library that an environment uses."""
    others = overrides if isinstance(overrides, list | tuple) else ()
    given = (template, *(getattr(other, "launch_template", None) for other in others))
    return [one for one in given if isinstance(one, LaunchTemplate)]


def refuse_reserved(arguments: Arguments, template: Any, overrides: Any) -> None:
    """Refuse templates that name reserved capacity, for Spot Instances."""
    for one in used_templates(template, overrides):
        if one._reserved_only:  # noqa: SLF001  # of the same room
            arguments.wrong_value(
                f"launch_template {one.node.path} has a capacity_reservation, which Spot "
                "Instances cannot use: leave it out there, or use On-Demand Instances"
            )


def _refuse_what_eks_does_not_have(
    arguments: Arguments, template: Any, overrides: Sequence[LaunchTemplateOverride] | None
) -> None:
    """Refuse what relies on the ECS agent, which the nodes of Amazon EKS do not have."""
    for one in used_templates(template, overrides):
        if one.volumes:
            arguments.wrong_value(
                f"launch_template {one.node.path} has volumes, which are mounted before the ECS "
                "agent starts, and Amazon EKS has none: leave volumes out there, and let "
                "pods claim volumes of a CSI driver"
            )
        if one._prefetches:  # noqa: SLF001  # of the same room
            arguments.wrong_value(
                f"launch_template {one.node.path} has prefetch_images, which are pulled before the "
                "ECS agent starts, and Amazon EKS has none: leave prefetch_images out there"
            )
        if one.image_pull is not None:
            arguments.wrong_value(
                f"launch_template {one.node.path} has image_pull, which is for the ECS agent, and "
                "Amazon EKS has none: leave image_pull out there, and give the container "
                "of the job its image_pull_policy"
            )
