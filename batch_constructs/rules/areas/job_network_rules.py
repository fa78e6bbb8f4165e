"""Rules about the network of a job: its address, its image, its secrets, its file systems."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import network
from batch_constructs.aws.resource_states import State
from batch_constructs.aws.source import api, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas.job_on_queue_rules import on_environments, on_queues
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
    JobQueue,
    Resource,
    Task,
)
from batch_constructs.rules.template.values import (
    entries,
    listing,
    mapping,
)
from batch_constructs.rules.template.vpc import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

_job_rule = partial(rule, subject=JOB_DEFINITION, severity=Severity.WARNING)
_environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, severity=Severity.WARNING)


def _in_every_environment(queue: JobQueue) -> list[ComputeEnvironment] | None:
    return queue.environments if queue.is_known_in_full else None


def _subnets_of(queue: JobQueue) -> list[vpc.Subnet] | None:
    """Give the subnets of all environments of a queue, None if one is not known."""
    environments = _in_every_environment(queue)
    if not environments:
        return None
    found: list[vpc.Subnet] = []
    for environment in environments:
        known = vpc.subnets(environment)
        if known is None:
            return None
        found += known
    return found


def _public_ip(task: Task) -> object:
    """Give ENABLED or DISABLED, or something else if it is not known."""
    network = task.properties.get("NetworkConfiguration", {})
    return network.get("AssignPublicIp", State.DISABLED) if isinstance(network, dict) else None


@_job_rule(
    "public-subnets-without-public-ip",
    title="Fargate job in public subnets without a public IP address",
    fix="set AssignPublicIp to ENABLED, or use private subnets with a NAT gateway",
    source=api("NetworkConfiguration.assignPublicIp", '"The default value is DISABLED."'),
)
def public_subnets_without_public_ip(job: JobDefinition) -> Iterator[Fault]:
    """Without an address, the job cannot reach the internet, so it cannot pull its image."""
    for task in job.tasks:
        if not task.on_fargate or _public_ip(task) != State.DISABLED:
            continue

        def problem(queue: JobQueue) -> str | None:
            for subnet in _subnets_of(queue) or ():
                there = vpc.endpoints(queue.template, subnet)
                if (
                    subnet.reach is Reach.PUBLIC
                    and there is not None
                    and (not {*network.ENDPOINTS_OF_JOBS} <= there)
                ):
                    return f"{subnet.resource.id} is public, and the job gets no public IP address"
            return None

        path = f"{task.path}/NetworkConfiguration/AssignPublicIp"
        yield from on_queues(job, problem, path)


@_job_rule(
    "public-ip-without-gateway",
    title="public IP address in a subnet without an internet gateway",
    fix="use public subnets, or a NAT gateway",
    source=api(
        "NetworkConfiguration.assignPublicIp",
        "A public IP address needs a route to an internet gateway.",
    ),
)
def public_ip_without_gateway(job: JobDefinition) -> Iterator[Fault]:
    """The address leads nowhere."""
    for task in job.tasks:
        if not task.on_fargate or _public_ip(task) != State.ENABLED:
            continue

        def problem(queue: JobQueue) -> str | None:
            for subnet in _subnets_of(queue) or ():
                if subnet.reach is Reach.ISOLATED:
                    return f"{subnet.resource.id} has no route to an internet gateway"
            return None

        path = f"{task.path}/NetworkConfiguration/AssignPublicIp"
        yield from on_queues(job, problem, path)


def _public_image(image: object) -> str | None:
    """Give the name of an image that is surely not in a private Amazon ECR repository."""
    if not isinstance(image, str) or network.PRIVATE_IMAGE.match(image) or not image:
        return None
    registry, _, rest = image.partition("/")
    if not rest or "." not in registry or registry in network.PUBLIC_REGISTRIES:
        return image
    return None


@_job_rule(
    "public-image-isolated",
    title="public image in subnets without internet access",
    fix="copy the image to a private Amazon ECR repository, or use a pull through cache or a NAT"
    " gateway",
    source=network.ENDPOINTS_SOURCE,
)
def public_image_isolated(job: JobDefinition) -> Iterator[Fault]:
    """Endpoints only reach private Amazon ECR; public registries need the internet."""
    for container in job.containers:
        image = _public_image(container.properties.get("Image"))
        if image is None:
            continue

        def problem(queue: JobQueue, image: str = image) -> str | None:
            for subnet in _subnets_of(queue) or ():
                if subnet.reach is Reach.ISOLATED:
                    return f'"{image}" is public, but {subnet.resource.id} has no route to it'
            return None

        yield from on_queues(job, problem, f"{container.path}/Image")


@_job_rule(
    "egress-image",
    title="security groups that block the image's registry",
    fix=f"allow outbound TCP {network.HTTPS} to 0.0.0.0/0, or copy the image to Amazon ECR",
    source=guide(
        "compute_environments",
        "Container instances need external network access; ContainerProperties.image is pulled over"
        " HTTPS, from a public registry through the internet.",
    ),
)
def egress_image(job: JobDefinition) -> Iterator[Fault]:
    """The image cannot be pulled, because outbound traffic to its registry is not allowed."""
    for container in job.containers:
        image = _public_image(container.properties.get("Image"))
        if image is None:
            continue

        def problem(environment: ComputeEnvironment, image: str = image) -> str | None:
            groups = vpc.security_groups(environment) or []
            if not groups or not any(vpc.lets_out(one, network.HTTPS) for one in groups):
                return None  # no-egress tells it
            if any(vpc.lets_out_to_internet(one, network.HTTPS) for one in groups):
                return None
            return (
                f'"{image}" is public, but {environment.id} allows outbound HTTPS to private '
                "networks only"
            )

        yield from on_environments(job, problem, f"{container.path}/Image")


_SECRETS: Final = {
    "AWS::SecretsManager::Secret": network.SECRETS_MANAGER,
    "AWS::SSM::Parameter": network.PARAMETER_STORE,
}


@_job_rule(
    "secret-endpoint",
    title="secret in subnets that cannot reach it",
    fix=f"add the VPC endpoint {network.SECRETS_MANAGER}, or {network.PARAMETER_STORE} for"
    " parameters",
    source=network.ENDPOINTS_SOURCE,
)
def secret_endpoint(job: JobDefinition) -> Iterator[Fault]:
    """The task stops before the program starts."""
    for container in job.containers:
        needed: set[str] = set()
        for _, secret in entries(container.properties, "Secrets"):
            target = job.neighbour(secret.get("ValueFrom"))
            written = literal(secret.get("ValueFrom")) or ""
            for type_, service in _SECRETS.items():
                if f":{service}:" in written or (target is not None and target.type == type_):
                    needed.add(service)

        def problem(queue: JobQueue, needed: set[str] = needed) -> str | None:
            for subnet in _subnets_of(queue) or ():
                there = vpc.endpoints(queue.template, subnet)
                missing = sorted(needed - (needed if there is None else there))
                if subnet.reach is Reach.ISOLATED and missing:
                    return f"{subnet.resource.id} has no endpoint for {', '.join(missing)}"
            return None

        yield from on_queues(job, problem, f"{container.path}/Secrets")


@_job_rule(
    "multi-node-public-subnets",
    title="multi-node job in public subnets",
    fix="use private subnets with a NAT gateway",
    source=guide(
        "multi-node-parallel-jobs",
        "The nodes use the awsvpc network mode, whose interfaces get no public IP address on EC2: a"
        " private subnet with a NAT gateway is needed.",
    ),
)
def multi_node_public_subnets(job: JobDefinition) -> Iterator[Fault]:
    """The containers have no internet access."""
    if not job.is_multi_node or job.is_eks:
        return

    def problem(queue: JobQueue) -> str | None:
        for subnet in _subnets_of(queue) or ():
            if subnet.reach is Reach.PUBLIC:
                return f"{subnet.resource.id} is public, but the nodes get no public IP address"
        return None

    yield from on_queues(job, problem, "NodeProperties")


def _file_systems(job: JobDefinition) -> Iterator[tuple[str, Resource]]:
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            system = job.neighbour(efs.get("FileSystemId"), "AWS::EFS::FileSystem")
            if system is not None:
                yield f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/FileSystemId", system


@_job_rule(
    "efs-mount-target",
    title="file system without a mount target for the job",
    fix="create an AWS::EFS::MountTarget in each Availability Zone of the compute environment",
    source=network.MOUNT_TARGET_SOURCE,
)
def efs_mount_target(job: JobDefinition) -> Iterator[Fault]:
    """The mount fails, and so does the task."""
    for path, system in _file_systems(job):
        targets = vpc.mount_targets(job.template, system)
        if targets is None:
            continue
        if not targets:
            yield path, f"{system.id} has no mount target in the template"
            continue
        zones: set[str] | None = set()
        for target in targets:
            subnet = target.neighbour(target.properties.get("SubnetId"), "AWS::EC2::Subnet")
            where = None if subnet is None else vpc.zone(subnet)
            zones = None if where is None or zones is None else zones | {where}
        if zones is None:
            continue

        def problem(
            queue: JobQueue, zones: set[str] = zones, system: Resource = system
        ) -> str | None:
            for subnet in _subnets_of(queue) or ():
                where = vpc.zone(subnet.resource)
                if where is not None and where not in zones:
                    return f"{system.id} has no mount target in the zone of {subnet.resource.id}"
            return None

        yield from on_queues(job, problem, path)


@_job_rule(
    "efs-mount-target-ingress",
    title="mount target that blocks NFS",
    fix=f"allow inbound TCP {network.NFS} from the security group of the compute environment",
    source=network.NFS_SOURCE,
)
def efs_mount_target_ingress(job: JobDefinition) -> Iterator[Fault]:
    """The mount times out."""
    for path, system in _file_systems(job):
        for target in vpc.mount_targets(job.template, system) or ():
            groups = [
                target.neighbour(value, "AWS::EC2::SecurityGroup")
                for value in listing(target.properties, "SecurityGroups") or ()
            ]
            known = [group for group in groups if group is not None]
            blocked = known and not any(vpc.lets_in(group, network.NFS) for group in known)
            if blocked and len(known) == len(groups):
                yield (
                    path,
                    f"the mount target {target.id} blocks NFS traffic (TCP {network.NFS})",
                )
