"""Rules about paths of the host that a job sees, and that some instance has to mount first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.source import api
from batch_constructs.aws.template_facts import MOUNTS
from batch_constructs.rules.areas.instance_rules import has_own_image
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template.listed_parts import volumes
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    LAUNCH_TEMPLATE,
    ComputeEnvironment,
    LaunchTemplate,
)
from batch_constructs.rules.template.values import absent, listing, mapping, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition, Resource

_MOUNTED: Final = pattern("/mnt/.+|/(efs|fsx|lustre|s3)(/.*)?")
"""What is called so is storage that was mounted, and no directory that Docker may make."""


@rule(
    "unmounted-host-path",
    subject=JOB_DEFINITION,
    severity=Severity.WARNING,
    title="host path that no instance mounts",
    fix="give the compute environment a launch template that mounts it: the same volumes as "
    "LaunchTemplate(volumes=[…])",
    source=api(
        "Host.sourcePath",
        "\"If the source path location doesn't exist on the host container instance, the Docker"
        ' daemon creates it."',
    ),
)
def unmounted_host_path(job: JobDefinition) -> Iterator[Fault]:
    """Docker creates an empty directory there, and the job writes to the instance's own disk.

    If constructs of this library define the job and the launch template, it also has to be the same
    bucket, prefix or file system. Managed Instances mount nothing.
    """
    for task, path, volume in volumes(job):
        host = text(mapping(volume, "Host"), "SourcePath")
        if host is None or not _is_mounted(job, host):
            continue
        if task.platform == PlatformCapability.MANAGED_INSTANCES:
            yield (
                f"{path}/Host/SourcePath",
                f"the job mounts {show(host)}, and Managed Instances have no user data to mount it",
                "run the job on EC2, or use a volume of Amazon EFS or S3 Files",
            )
            continue

        def problem(environment: ComputeEnvironment, host: str = host) -> str | None:
            return _missing(job, environment, host)

        yield from on_environments(job, problem, f"{path}/Host/SourcePath")


def _is_mounted(job: JobDefinition, host: str) -> bool:
    """Tell whether a path is surely storage: by its name, or since somebody mounts it."""
    if _MOUNTED.fullmatch(host) or host in _told(job):
        return True
    return any(
        isinstance(one, LaunchTemplate) and one.speaks_of(host)
        for one in job.template.all(LAUNCH_TEMPLATE)
    )


def _missing(job: JobDefinition, environment: ComputeEnvironment, host: str) -> str | None:
    """Say that no instance of an environment mounts a path, or that each mounts something else."""
    templates = environment.all_launch_templates
    if templates is None or not _has_aws_images_alone(environment):
        return None
    if all(one.speaks_of(host) is False for one in templates):
        return f"the job mounts {show(host)}, which the instances of {environment.id} do not have"
    wanted = _told(job).get(host)
    found = [_told(one).get(host) for one in templates]
    if wanted and all(one and _differ(one, wanted) for one in found):
        return (
            f"the job mounts {show(wanted[1])} at {show(host)}, where the instances of "
            f"{environment.id} mount {show(found[0][1])}"  # type: ignore[index]  # all are there
        )
    return None


def _differ(one: list[str], other: list[str]) -> bool:
    """Tell whether two sources are not the same for sure: an ID may be that of a resource here."""
    kinds = [how.partition(" of the app")[0].partition(" by name")[0] for how, _ in (one, other)]
    return kinds[0] != kinds[1] or (one[0] == other[0] and one[1] != other[1])


def _told(resource: Resource) -> dict[str, list[str]]:
    """Give what the constructs of this library tell of a resource."""
    metadata: Any = resource.template.raw(resource.id).get("Metadata")
    told = metadata.get(MOUNTS) if isinstance(metadata, dict) else None
    return told if isinstance(told, dict) else {}


def _has_aws_images_alone(environment: ComputeEnvironment) -> bool:
    """Tell whether instances start from images of AWS for Amazon ECS."""
    resources = environment.resources
    images = [] if absent(resources, "Ec2Configuration") else listing(resources, "Ec2Configuration")
    return (
        environment.is_ec2
        and environment.is_eks is False
        and images is not None
        and not any(
            not isinstance(image, dict) or has_own_image(environment, image)
            for image in images or [{}]
        )
    )
