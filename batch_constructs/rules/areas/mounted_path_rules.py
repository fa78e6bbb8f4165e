"""Rules about paths of the host that a job sees, and that some instance has to mount first."""

from __future__ import annotations

from batch_constructs.aws import instance_types
from batch_constructs.aws.bound import one_of
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.source import api, docs
from batch_constructs.aws.template_facts import MOUNTS, TO_READ, TO_WRITE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.areas.instance_rules import has_own_image
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.listed_parts import volumes
from batch_constructs.rules.template.once import once
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

_MOUNTED: Final = pattern("(/mnt)?/(efs|fsx|lustre|s3)(/.*)?")
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

    If our constructs define both the job and the launch template, the mount must also be of the
    same bucket, prefix or file system, and not read-only if the job writes. Managed Instances mount
    nothing.
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
    """Tell whether a path is certainly storage: by its name, or because something mounts it."""
    if _MOUNTED.fullmatch(host) or host in _told(job):
        return True
    return any(
        isinstance(one, LaunchTemplate) and one.speaks_of(host)
        for one in job.template.all(LAUNCH_TEMPLATE)
    )


def _missing(job: JobDefinition, environment: ComputeEnvironment, host: str) -> str | None:
    """Say that no instance of an environment mounts a path, or that all mount something else."""
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
    if wanted and wanted[2:] == [TO_WRITE] and all(one and one[2:] == [TO_READ] for one in found):
        return (
            f"the job may write to {show(host)}, which the instances of {environment.id} mount to "
            "read only"
        )
    return None


def _differ(one: list[str], other: list[str]) -> bool:
    """Tell whether two sources certainly differ: an ID can be that of a resource here."""
    kinds = [how.partition(" of the app")[0].partition(" by name")[0] for how, *_ in (one, other)]
    return kinds[0] != kinds[1] or (one[0] == other[0] and one[1] != other[1])


def _told(resource: Resource) -> dict[str, list[str]]:
    """Give what the constructs of this library tell of a resource."""
    metadata: Any = resource.template.raw(resource.id).get("Metadata")
    told = metadata.get(MOUNTS) if isinstance(metadata, dict) else None
    if not isinstance(told, dict):
        return {}
    return {path: one for path, one in told.items() if _is_a_note(one)}


def _is_a_note(one: object) -> bool:
    """Tell whether this library can have written it; older versions said two things."""
    return isinstance(one, list) and len(one) != 1 and all(isinstance(each, str) for each in one)


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


_OWN_DISKS: Final = pattern("Instance[ _]Storage")
"""How the disks of an instance are found: by their model, or in /dev/disk/by-id."""


@once
def _mounts_own_disks(template: LaunchTemplate) -> bool:
    return _OWN_DISKS.search(template.script) is not None


@environment_rule(
    "instance-store-types",
    severity=Severity.WARNING,
    title="instance store on instance types without disks of their own",
    fix="use types with disks, such as m6id; the names of their families often contain a d",
    source=instance_types.DISKS_SOURCE,
)
def instance_store_types(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Jobs write to the root volume instead, and may fill it."""
    for path, template, names in environment.types_of_launch_templates:
        if not _mounts_own_disks(template):
            continue
        without = [one for one in names or () if instance_types.has_disks(one) is False]
        if without:
            said = one_of(without, last="and")
            yield path, f"{template.id} mounts the instance's own disks, and {said} have none"


@environment_rule(
    "file-system-vpc",
    severity=Severity.WARNING,
    title="FSx file system in another VPC than the instances",
    fix="create the file system in the VPC of the environment, or connect the two VPCs",
    source=docs(
        "fsx/latest/LustreGuide/mounting-on-premises.html",
        "\"You connect the client's VPC and your Amazon FSx file system's VPC using either a VPC"
        ' peering connection or a VPC transit gateway."',
    ),
)
def file_system_vpc(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The instances cannot mount it. Those whose user data is from our constructs then shut down.

    There is no finding if the template connects VPCs.
    """
    own = vpc.vpcs_of(environment, listing(environment.resources, "Subnets"))
    if not own or any(environment.template.ids.get(one) for one in vpc.CONNECTIONS):
        return
    for path, _, template in environment.known_launch_templates:
        for reference in dict.fromkeys(one.target for one in template.references):
            found = template.template.get(reference)
            if found is None or found.type != "AWS::FSx::FileSystem":
                continue
            theirs = vpc.vpcs_of(found, listing(found.properties, "SubnetIds"))
            if theirs and own.isdisjoint(theirs):
                yield path, f"{template.id} mounts {found.id}, which is in another VPC"
