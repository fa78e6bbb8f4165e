"""Rules about paths of the host that a job sees, and that some instance has to mount first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template.listed_parts import volumes
from batch_constructs.rules.template.resource_graph import JOB_DEFINITION, ComputeEnvironment
from batch_constructs.rules.template.values import absent, entries, listing, mapping, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition

_MOUNTS: Final = pattern("(/mnt)?/(efs|fsx|lustre|s3)(/.*)?")
"""What is called so is storage that was mounted, and no directory that Docker may make."""


@rule(
    "unmounted-host-path",
    subject=JOB_DEFINITION,
    severity=Severity.WARNING,
    title="host path that no instance mounts",
    fix="give the compute environment a launch template whose user data mounts it",
    source=api(
        "Host.sourcePath",
        "\"If the source path location doesn't exist on the host container instance, the Docker"
        ' daemon creates it."',
    ),
)
def unmounted_host_path(job: JobDefinition) -> Iterator[Fault]:
    """Docker creates an empty directory there, and the job writes to the instance's own disk."""
    for _, path, volume in volumes(job):
        host = text(mapping(volume, "Host"), "SourcePath")
        if host is None or not _MOUNTS.fullmatch(host):
            continue

        def problem(environment: ComputeEnvironment, host: str = host) -> str | None:
            if not _has_aws_image_alone(environment):
                return None
            return (
                f"the job mounts {show(host)}, which the instances of {environment.id} do not have"
            )

        yield from on_environments(job, problem, f"{path}/Host/SourcePath")


def _has_aws_image_alone(environment: ComputeEnvironment) -> bool:
    """Tell whether instances start from an image of AWS, without commands of anybody's."""
    resources = environment.resources
    return (
        environment.is_ec2
        and environment.is_eks is False
        and absent(resources, "LaunchTemplate")
        and absent(resources, "ImageId")
        and (
            absent(resources, "Ec2Configuration")
            or listing(resources, "Ec2Configuration") is not None
        )
        and all(absent(one, "ImageIdOverride") for _, one in entries(resources, "Ec2Configuration"))
    )
