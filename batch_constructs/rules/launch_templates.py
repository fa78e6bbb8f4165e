"""Rules about the launch templates of compute environments."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.resources import COMPUTE_ENVIRONMENT, ComputeEnvironment
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.values import Base64, Text, entries, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "launch_templates"
_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)
_LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"


@_rule(
    "user-data-mime",
    title="user data that are not MIME multipart",
    fix="put the script into a part of MIME multipart user data",
    source='LaunchTemplateSpecification.launchTemplateId; User Guide, Launch templates: "Amazon EC2'
    " user data in the launch template must be in the MIME multi-part archive format, because your"
    ' user data is merged with other Amazon EC2 user data"',
)
def user_data_mime(environment: ComputeEnvironment) -> Iterator[Fault]:
    """AWS Batch adds a part of its own; with a plain script the environment becomes INVALID."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
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
        if template is None:
            continue
        data = mapping(template.properties, "LaunchTemplateData").get("UserData")
        written = data.content if isinstance(data, Base64) else None
        written = written.pattern if isinstance(written, Text) else written
        if isinstance(written, str) and not written.lstrip().startswith(
            ("MIME-Version:", "Content-Type:")
        ):
            first = (written.strip().splitlines() or [""])[0]
            yield (
                path,
                f'the user data of {template.id} begin with "{show(first)}": not MIME multipart',
            )
