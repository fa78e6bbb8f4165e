"""Rules about the network: whether jobs and instances find a way out."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules import vpc
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.graph import on_queues
from batch_constructs.rules.policies import literal
from batch_constructs.rules.resources import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
    JobQueue,
    Resource,
    Task,
)
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.values import (
    entries,
    flag,
    given,
    listing,
    mapping,
    one_of,
)
from batch_constructs.rules.vpc import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "network"
_environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA, severity=Severity.WARNING)
_job_rule = partial(rule, subject=JOB_DEFINITION, area=AREA, severity=Severity.WARNING)

_FOR_ANY: Final = ("ecr.api", "ecr.dkr", "s3", "logs")
_FOR_INSTANCES: Final = ("ecs", "ecs-agent", "ecs-telemetry")


@_environment_rule(
    "isolated-subnets",
    title="subnets without a way out, and without the endpoints",
    fix="add the VPC endpoints, or a NAT gateway with a default route",
    source="User Guide, Interface endpoints considerations: jobs need Amazon ECR (ecr.api,"
    " ecr.dkr, and S3 for"
    ' the layers) and CloudWatch Logs; "To run jobs, you must create the interface VPC endpoints'
    " for Amazon"
    ' ECS." (ecs, ecs-agent, ecs-telemetry); ComputeResource.subnets',
)
def isolated_subnets(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Images cannot be pulled, logs not written, and instances never register."""
    if environment.is_eks is not False or environment.is_unmanaged:
        return
    needed = (*_FOR_INSTANCES, *_FOR_ANY) if environment.is_ec2 else _FOR_ANY
    if not environment.is_ec2 and not environment.is_fargate:
        return
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is not Reach.ISOLATED:
            continue
        there = vpc.endpoints(environment.template, subnet)
        if there is None:
            return
        missing = [service for service in needed if service not in there]
        if missing:
            yield (
                "ComputeResources/Subnets",
                (
                    f"{subnet.resource.id} has no route to the internet, and no endpoint for"
                    f" {', '.join(missing)}"
                ),
                f"add VPC endpoints for {', '.join(missing)}, or a NAT gateway",
            )
            return


@_environment_rule(
    "public-subnets-without-addresses",
    title="instances in public subnets without public IP addresses",
    fix="set MapPublicIpOnLaunch to true, or use private subnets with a NAT gateway",
    source="User Guide, Compute environments: container instances need external network access,"
    " through a public IP"
    ' address or a NAT gateway; ManagedInstancesNetworkConfiguration.subnets: "If your subnets'
    " don't provide"
    ' public IP addresses, they must have a NAT gateway"',
)
def public_subnets_without_addresses(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances start, cost money, and never register; jobs stay RUNNABLE."""
    if not (environment.is_ec2 or environment.is_managed_instances) or environment.is_unmanaged:
        return
    if _launch_template_may_add_addresses(environment):
        return
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is Reach.PUBLIC and not subnet.maps_public_ips:
            needed = {*_FOR_INSTANCES, *_FOR_ANY}
            if needed <= (vpc.endpoints(environment.template, subnet) or set()):
                continue
            yield (
                "ComputeResources/Subnets",
                f"{subnet.resource.id} is public, but its instances get no public IP address",
            )
            return


def _launch_template_may_add_addresses(environment: ComputeEnvironment) -> bool:
    launch = environment.resources.get("LaunchTemplate")
    if launch is None:
        return False
    if not isinstance(launch, dict) or given(launch, "Overrides"):
        return True
    value = launch.get("LaunchTemplateId", launch.get("LaunchTemplateName"))
    template = environment.neighbour(value, "AWS::EC2::LaunchTemplate")
    data = None if template is None else template.properties.get("LaunchTemplateData")
    if not isinstance(data, dict):
        return True
    interfaces = data.get("NetworkInterfaces", [])
    if not isinstance(interfaces, list):
        return True
    return any(
        not isinstance(one, dict) or flag(one, "AssociatePublicIpAddress") is not False
        for one in interfaces
    )


@_environment_rule(
    "no-egress",
    title="security groups that let nothing out",
    fix="allow outbound TCP 443",
    source="User Guide: jobs pull images and write logs over HTTPS;"
    " ComputeResource.securityGroupIds,"
    " ManagedInstancesNetworkConfiguration.securityGroups",
)
def no_egress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Neither the image nor the log stream is reached."""
    groups = vpc.security_groups(environment)
    if groups and not any(vpc.lets_out(group, 443) for group in groups):
        names = one_of([group.id for group in groups]).replace(" or ", " and ")
        yield "ComputeResources/SecurityGroupIds", f"{names} let no HTTPS traffic (TCP 443) out"


@_environment_rule(
    "open-ingress",
    title="security group that is open to the internet",
    fix="leave the inbound rule out: jobs need none",
    source="VPC, Security best practices; ComputeResource.securityGroupIds: jobs connect out only",
)
def open_ingress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Jobs need no inbound traffic at all."""
    for group in vpc.security_groups(environment) or ():
        if vpc.is_open(group):
            yield (
                "ComputeResources/SecurityGroupIds",
                f"{group.id} lets the whole internet in (0.0.0.0/0)",
            )


@_environment_rule(
    "endpoint-dns",
    title="interface endpoints in a VPC without DNS names",
    fix="set EnableDnsSupport and EnableDnsHostnames of the VPC to true",
    source="Amazon VPC, Interface endpoints: private DNS needs the attributes enableDnsSupport and"
    " enableDnsHostnames of the VPC; ComputeResource.subnets",
)
def endpoint_dns(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Creating the endpoint is refused; without private DNS nothing finds it."""
    for subnet in vpc.subnets(environment) or ():
        if subnet.reach is not Reach.ISOLATED or subnet.vpc is None:
            continue
        owner = environment.template.get(subnet.vpc)
        if owner is None or not vpc.endpoints(environment.template, subnet):
            continue
        for key, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            if flag({key: default, **owner.properties}, key) is False and any(
                flag(one.properties, "PrivateDnsEnabled")
                for one in environment.template.all("AWS::EC2::VPCEndpoint")
            ):
                yield "ComputeResources/Subnets", f"{key} of {owner.id} is false"
                return


@_environment_rule(
    "one-vpc",
    title="subnets or security groups of different VPCs",
    fix="use subnets and security groups of one VPC",
    source='ComputeResource.subnets: "These subnets must be within the same VPC."',
    severity=Severity.ERROR,
)
def one_vpc(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID."""
    found: dict[str, str] = {}
    for key, type_ in (
        ("Subnets", "AWS::EC2::Subnet"),
        ("SecurityGroupIds", "AWS::EC2::SecurityGroup"),
    ):
        for value in listing(environment.resources, key) or ():
            resource = environment.neighbour(value, type_)
            if resource is not None:
                owner = resource.neighbour(resource.properties.get("VpcId"))
                if owner is not None and owner.type == "AWS::EC2::VPC":
                    found.setdefault(owner.id, resource.id)
    if len(found) > 1:
        where = " and ".join(f"{resource} in {owner}" for owner, resource in found.items())
        yield "ComputeResources/Subnets", f"the network is of different VPCs: {where}"


@_environment_rule(
    "endpoint-ingress",
    title="VPC endpoint that lets nothing in",
    fix="allow inbound TCP 443 from the jobs in the security group of the endpoint",
    source="User Guide, Interface endpoints considerations: the security group of an interface"
    " endpoint must allow"
    " HTTPS from the compute environment; ComputeResource.subnets",
)
def endpoint_ingress(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The endpoint is there, and nothing gets through."""
    isolated = [
        subnet for subnet in vpc.subnets(environment) or () if subnet.reach is Reach.ISOLATED
    ]
    if not isolated:
        return
    for endpoint in environment.template.all("AWS::EC2::VPCEndpoint"):
        if endpoint.properties.get("VpcEndpointType") != "Interface":
            continue
        groups = [
            endpoint.neighbour(value, "AWS::EC2::SecurityGroup")
            for value in listing(endpoint.properties, "SecurityGroupIds") or ()
        ]
        known = [group for group in groups if group is not None]
        if known and len(known) == len(groups) and not any(vpc.lets_in(one, 443) for one in known):
            yield (
                "ComputeResources/Subnets",
                f"the security group of the endpoint {endpoint.id} lets no HTTPS traffic in",
            )


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


def _public_ip(task: Task) -> str | None:
    """Give ENABLED or DISABLED, None if it is not known."""
    network = task.properties.get("NetworkConfiguration", {})
    if not isinstance(network, dict):
        return None
    value = network.get("AssignPublicIp", "DISABLED")
    return value if isinstance(value, str) else None


@_job_rule(
    "public-subnets-without-public-ip",
    title="Fargate job in public subnets without a public IP address",
    fix="set AssignPublicIp to ENABLED, or use private subnets with a NAT gateway",
    source='NetworkConfiguration.assignPublicIp: "The default value is DISABLED"; User Guide: "If'
    " the subnets listed"
    " in this parameter don't have NAT gateways attached, the assignPublicIp parameter in the job"
    " definition must be"
    ' set to ENABLED."',
)
def public_subnets_without_public_ip(job: JobDefinition) -> Iterator[Fault]:
    """There is no route back: the image cannot be pulled."""
    for task in job.tasks:
        if task.platform != "FARGATE" or _public_ip(task) != "DISABLED":
            continue

        def problem(queue: JobQueue) -> str | None:
            for subnet in _subnets_of(queue) or ():
                there = vpc.endpoints(queue.template, subnet)
                if subnet.reach is Reach.PUBLIC and there is not None and not {*_FOR_ANY} <= there:
                    return f"{subnet.resource.id} is public, and the job gets no public IP address"
            return None

        path = f"{task.path}/NetworkConfiguration/AssignPublicIp"
        yield from on_queues(job, problem, path)


@_job_rule(
    "public-ip-without-gateway",
    title="public IP address in a subnet without an internet gateway",
    fix="use public subnets, or a NAT gateway",
    source="NetworkConfiguration.assignPublicIp: a public IP address needs a route to an internet"
    " gateway",
)
def public_ip_without_gateway(job: JobDefinition) -> Iterator[Fault]:
    """The address leads nowhere."""
    for task in job.tasks:
        if task.platform != "FARGATE" or _public_ip(task) != "ENABLED":
            continue

        def problem(queue: JobQueue) -> str | None:
            for subnet in _subnets_of(queue) or ():
                if subnet.reach is Reach.ISOLATED:
                    return f"{subnet.resource.id} has no route to an internet gateway"
            return None

        path = f"{task.path}/NetworkConfiguration/AssignPublicIp"
        yield from on_queues(job, problem, path)


_PRIVATE_IMAGE: Final = re.compile(r"[^/]*\.dkr\.ecr[.-]")


def _public_image(image: object) -> str | None:
    """Give the name of an image that is surely not in a private Amazon ECR repository."""
    if not isinstance(image, str) or _PRIVATE_IMAGE.match(image) or not image:
        return None
    registry, _, rest = image.partition("/")
    if not rest or "." not in registry or registry in _PUBLIC:
        return image
    return None


_PUBLIC: Final = ("public.ecr.aws", "docker.io", "quay.io", "ghcr.io", "gcr.io", "registry.k8s.io")


@_job_rule(
    "public-image-isolated",
    title="public image in subnets without a way out",
    fix="copy the image to a private Amazon ECR repository, or use a pull through cache or a NAT"
    " gateway",
    source="User Guide, Interface endpoints considerations: endpoints let jobs pull private images"
    " from Amazon ECR;"
    " ContainerProperties.image",
)
def public_image_isolated(job: JobDefinition) -> Iterator[Fault]:
    """Endpoints lead to private Amazon ECR only; public registries need the internet."""
    for container in job.containers:
        image = _public_image(container.properties.get("Image"))
        if image is None:
            continue

        def problem(queue: JobQueue, image: str = image) -> str | None:
            for subnet in _subnets_of(queue) or ():
                if subnet.reach is Reach.ISOLATED:
                    return f'"{image}" is public, and {subnet.resource.id} has no route to it'
            return None

        yield from on_queues(job, problem, f"{container.path}/Image")


@_job_rule(
    "secret-endpoint",
    title="secret in subnets that do not reach it",
    fix="add the VPC endpoint secretsmanager, or ssm for parameters",
    source="User Guide, Interface endpoints considerations: jobs with secrets need the endpoints"
    " of Secrets Manager or"
    " Systems Manager; Secret.valueFrom",
)
def secret_endpoint(job: JobDefinition) -> Iterator[Fault]:
    """The task stops before the program starts."""
    for container in job.containers:
        needed: set[str] = set()
        for _, secret in entries(container.properties, "Secrets"):
            target = job.neighbour(secret.get("ValueFrom"))
            written = literal(secret.get("ValueFrom")) or ""
            if (target and target.type == "AWS::SecretsManager::Secret") or (
                ":secretsmanager:" in written
            ):
                needed.add("secretsmanager")
            elif (target and target.type == "AWS::SSM::Parameter") or ":ssm:" in written:
                needed.add("ssm")
        if not needed:
            continue

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
    source="NodeProperties.numNodes; User Guide, Multi-node parallel jobs use the awsvpc network"
    " mode, whose interfaces"
    " get no public IP address on EC2: a private subnet with a NAT gateway is needed",
)
def multi_node_public_subnets(job: JobDefinition) -> Iterator[Fault]:
    """The containers have no way out."""
    if not job.is_multi_node or job.is_eks:
        return

    def problem(queue: JobQueue) -> str | None:
        for subnet in _subnets_of(queue) or ():
            if subnet.reach is Reach.PUBLIC:
                return f"{subnet.resource.id} is public, and the nodes get no public IP address"
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
    fix="make an AWS::EFS::MountTarget in each Availability Zone of the compute environment",
    source="Amazon EFS: create a mount target in each Availability Zone;"
    " EFSVolumeConfiguration.fileSystemId",
)
def efs_mount_target(job: JobDefinition) -> Iterator[Fault]:
    """The mount fails, and the task with it."""
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
    title="mount target that lets no NFS in",
    fix="allow inbound TCP 2049 from the security group of the compute environment",
    source="Amazon EFS: the security group of a mount target must allow inbound TCP 2049;"
    " Volume.efsVolumeConfiguration",
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
            blocked = known and not any(vpc.lets_in(group, 2049) for group in known)
            if blocked and len(known) == len(groups):
                yield path, f"the mount target {target.id} lets no NFS traffic (TCP 2049) in"
