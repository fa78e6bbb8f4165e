"""Rules about the launch templates of compute environments."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.source import guide
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
    Resource,
)
from batch_constructs.rules.template.values import Base64, Text, entries, flag, given, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "launch_templates"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)
_LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"


@_rule(
    "user-data-mime",
    title="user data that are not MIME multipart",
    fix="put the script into a part of MIME multipart user data",
    source=guide(
        "launch-templates",
        'LaunchTemplateSpecification.launchTemplateId: "Amazon EC2 user data in the launch template'
        " must be in the MIME multi-part archive format, because your user data is merged with"
        ' other Amazon EC2 user data"',
    ),
)
def user_data_mime(environment: ComputeEnvironment) -> Iterator[Fault]:
    """AWS Batch adds a part of its own; with a plain script the environment becomes INVALID."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for path, template in _templates(environment):
        begin = _begin(mapping(template.properties, "LaunchTemplateData").get("UserData"))
        if not begin or begin.startswith(_UNKNOWN_OR_OTHER):
            continue
        if not begin.lower().startswith(("mime-version:", "content-type:")):
            first = (begin.strip().splitlines() or [""])[0]
            yield (
                path,
                f'the user data of {template.id} begin with "{show(first)}": not MIME multipart',
            )


def _templates(environment: ComputeEnvironment) -> Iterator[tuple[str, Resource]]:
    """Give the launch templates of an environment that are in the template, with their paths."""
    launch = mapping(environment.resources, "LaunchTemplate")
    places = [("ComputeResources/LaunchTemplate", launch)]
    places += [
        (f"ComputeResources/LaunchTemplate/Overrides/{position}", override)
        for position, override in entries(launch, "Overrides")
    ]
    for path, reference in places:
        template = environment.neighbour(
            reference.get("LaunchTemplateId"), _LAUNCH_TEMPLATE
        ) or environment.neighbour(reference.get("LaunchTemplateName"), _LAUNCH_TEMPLATE)
        if template is not None:
            yield path, template


@_rule(
    "launch-template-ignored",
    severity=Severity.WARNING,
    title="part of a launch template that Batch ignores",
    fix="say it on the compute environment: InstanceTypes, InstanceRole, Subnets, Type SPOT",
    source=guide(
        "launch-templates",
        '"The following launch template parameters are ignored by AWS Batch: Instance type,'
        " Instance role, Network interface subnets, Instance market options, Disable API"
        ' termination"; LaunchTemplateSpecification.launchTemplateId',
    ),
)
def launch_template_ignored(environment: ComputeEnvironment) -> Iterator[Fault]:
    """What was meant by it does not happen: no Spot price, another role, another subnet."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for path, template in _templates(environment):
        data = mapping(template.properties, "LaunchTemplateData")
        ignored = [key for key in _IGNORED if given(data, key) and flag(data, key) is not False]
        for _, interface in entries(data, "NetworkInterfaces"):
            if given(interface, "SubnetId"):
                ignored.append("the SubnetId of a network interface")
        for what in ignored:
            yield path, f"{template.id} gives {what}, which Batch ignores"


_IGNORED: Final = (
    "DisableApiTermination",
    "IamInstanceProfile",
    "InstanceMarketOptions",
    "InstanceType",
)

_UNKNOWN_OR_OTHER: Final = ("\0", "[", "<")
"""What nobody can know yet, the settings of Bottlerocket, and the scripts of Windows."""


def _begin(data: object) -> str:
    """Give the beginning of user data, empty if it is not known."""
    content = data.content if isinstance(data, Base64) else data
    written = content.pattern if isinstance(content, Text) else content
    if not isinstance(written, str):
        return ""
    if isinstance(data, Base64):
        return written.lstrip()
    with suppress(ValueError):
        return b64decode(written[:_A_LINE], validate=True).decode("utf-8", "replace").lstrip()
    return ""


_A_LINE: Final = 64
