"""Rules about the roles of a compute environment: who may assume them, and what they allow."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import managed_policies as policies
from batch_constructs.aws.actions import EC2_CREATE_TAGS
from batch_constructs.aws.compute_environment_facts import (
    PROVIDER,
    ResourceType,
)
from batch_constructs.aws.names import OF_A_ROLE
from batch_constructs.aws.role_actions import CLUSTER_ACTIONS, INSTANCE_ACTIONS, JOIN_CLUSTER
from batch_constructs.aws.service_principals import EC2, ENVIRONMENT_ROLES
from batch_constructs.aws.source import api, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.aws.updates import is_best_fit
from batch_constructs.rules.access.arn_patterns import HOLE, arn
from batch_constructs.rules.access.rights import rights
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import (
    ROLE,
    TRUST,
    literal,
    role_of,
    untrusted,
)
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
    Resource,
)
from batch_constructs.rules.template.values import Reference, listing, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

_warning = partial(rule, severity=Severity.WARNING)

_PROFILE: Final = "AWS::IAM::InstanceProfile"
INSTANCE_ROLE: Final = "ComputeResources/InstanceRole"
_SPOT_FLEET_ROLE: Final = "ComputeResources/SpotIamFleetRole"
_MANAGED_INSTANCE: Final = f"{PROVIDER}/InstanceLaunchTemplate/Ec2InstanceProfileArn"
_MANAGED_INFRASTRUCTURE: Final = f"{PROVIDER}/InfrastructureRoleArn"


def environment_role(environment: ComputeEnvironment, path: str) -> object:
    """Give the role at a path of an environment; where a profile stands, the role that is in it."""
    *way, key = path.split("/")
    within = environment.properties
    for step in way:
        within = mapping(within, step)
    value = within.get(key)
    if ENVIRONMENT_ROLES[path].service != EC2:
        return value
    profile = profile_of(environment, value)
    roles = listing(profile.properties, "Roles") if profile is not None else None
    return roles[0] if roles else None


def profile_of(environment: Resource, value: object) -> Resource | None:
    """Find an instance profile by a reference, by its name, or by that of a role."""
    found = environment.neighbour(value, _PROFILE)
    if found is not None:
        return found
    role = _named_role(environment, value)
    written = (literal(value) or "").rpartition("/")[2]
    for profile in environment.template.all(_PROFILE):
        name = profile.properties.get("InstanceProfileName")
        if name is None:
            continue
        if name == written:
            return profile
        if role is not None and (
            role_of(profile, name) is role or name == role.properties.get("RoleName")
        ):
            return profile
    return None


def _named_role(environment: Resource, value: object) -> Resource | None:
    """Find the role whose name a value is: ``Ref`` of a role is its name."""
    if isinstance(value, Reference) and value.attribute is None:
        return environment.neighbour(value, ROLE)
    return None


def _launches_spot_fleets(environment: ComputeEnvironment) -> bool:
    strategy = environment.resources.get("AllocationStrategy")
    return environment.kind == ResourceType.SPOT and is_best_fit(environment.kind, strategy)


@rule(
    "environment-role-trust",
    COMPUTE_ENVIRONMENT,
    title="role that the environment's service cannot assume",
    fix=TRUST,
    source=guide(
        "service_IAM_role",
        "Each role trusts its own service: CreateComputeEnvironmentRequest.serviceRole "
        "batch, ComputeResource.instanceRole ec2, ComputeResource.spotIamFleetRole "
        "spotfleet, ManagedInstancesProvider.infrastructureRoleArn ecs, "
        "InstanceLaunchTemplate.ec2InstanceProfileArn ec2.",
    ),
)
def environment_role_trust(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID. On SPOT, only BEST_FIT, the default, uses Spot Fleet."""
    for path, trust in ENVIRONMENT_ROLES.items():
        if path == _SPOT_FLEET_ROLE and not _launches_spot_fleets(environment):
            continue
        if message := untrusted(
            role_of(environment, environment_role(environment, path)), trust.service
        ):
            yield path, message


@rule(
    "instance-profile",
    COMPUTE_ENVIRONMENT,
    title="role instead of an instance profile",
    fix="create an AWS::IAM::InstanceProfile with the role in it, and use its ARN",
    source=api(
        "ComputeResource.instanceRole",
        '"You can specify the short name or full Amazon Resource Name (ARN) of an instance'
        ' profile."',
    ),
)
def instance_profile(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 instances get a role only through an instance profile, which can have the same name."""
    value = environment.resources.get("InstanceRole")
    role = environment.neighbour(value, ROLE)
    written = literal(value) or ""
    if role is not None:
        by_name = _named_role(environment, value) is role
        if by_name and (profile_of(environment, value) or _is_elsewhere(role)):
            return
        yield INSTANCE_ROLE, f"{role.id} is a role; use an instance profile"
    elif OF_A_ROLE in written:
        yield (
            INSTANCE_ROLE,
            f'"{show(written)}" is a role; use the ARN of an instance profile',
        )


def _is_elsewhere(role: Resource) -> bool:
    """Tell whether a profile of a role's own name may be outside of the template."""
    profiles = role.template.all(_PROFILE)
    held = (
        role_of(profile, one)
        for profile in profiles
        for one in listing(profile.properties, "Roles") or ()
    )
    return "RoleName" in role.properties and all(one is not role for one in held)


@_warning(
    "instance-role-permissions",
    COMPUTE_ENVIRONMENT,
    title="instance role that cannot join the cluster",
    fix=f"attach {policies.ECS_INSTANCE}",
    source=api(
        "ComputeResource.instanceRole",
        '"The Amazon ECS instance profile applied to Amazon EC2 instances in a compute'
        ' environment."',
    ),
)
def instance_role_permissions(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances start and cost money but never register, and jobs stay RUNNABLE."""
    role = role_of(environment, environment_role(environment, INSTANCE_ROLE))
    if environment.is_eks is not False or role is None:
        return
    if rights(role).deny(JOIN_CLUSTER, arn("ecs", f"cluster/{HOLE}")):
        yield INSTANCE_ROLE, f"{role.id} does not allow {JOIN_CLUSTER}"


@_warning(
    "service-role-permissions",
    COMPUTE_ENVIRONMENT,
    title="service role with too few permissions",
    fix=f"attach {policies.BATCH_SERVICE}, or leave ServiceRole out",
    source=guide(
        "service_IAM_role",
        "AWSBatchServiceRole is the policy of CreateComputeEnvironmentRequest.serviceRole;"
        " ManagedInstancesProvider.infrastructureRoleArn has its own.",
    ),
)
def service_role_permissions(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID."""
    for path, needed in (
        ("ServiceRole", [*CLUSTER_ACTIONS, *(INSTANCE_ACTIONS if environment.is_ec2 else ())]),
        (_MANAGED_INFRASTRUCTURE, ["ec2:CreateFleet"]),
    ):
        role = role_of(environment, environment_role(environment, path))
        if role is None or environment.is_eks is not False:
            continue
        held = rights(role)
        lacks = [action for action in needed if not held.mention(action)]
        if held.are_none:
            yield path, f"{role.id} allows nothing; it needs {needed[0]} and more"
        elif lacks:
            yield path, f"{role.id} does not allow {', '.join(lacks)}"


@_warning(
    "spot-fleet-role-policy",
    COMPUTE_ENVIRONMENT,
    title="Spot Fleet role that cannot tag instances",
    fix=f"attach {policies.SPOT_FLEET}",
    source=policies.SPOT_FLEET_SOURCE,
)
def spot_fleet_role_policy(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch tags the instances that it launches."""
    role = role_of(environment, environment_role(environment, _SPOT_FLEET_ROLE))
    if role is None or not _launches_spot_fleets(environment):
        return
    held = rights(role)
    if held.surely_mention(EC2_CREATE_TAGS):
        return
    if policies.OLD_SPOT_FLEET in held.managed:
        yield (
            _SPOT_FLEET_ROLE,
            f"{role.id} has the policy {policies.OLD_SPOT_FLEET}, which cannot tag instances",
        )
    elif not held.mention(EC2_CREATE_TAGS):
        yield _SPOT_FLEET_ROLE, f"{role.id} does not allow ec2:CreateTags"


@_warning(
    "instance-role-in-containers",
    COMPUTE_ENVIRONMENT,
    title="instance role that lets every container read the account's parameters or secrets",
    fix="name the resources, or move the job's permissions to its job role",
    source=policies.INSTANCE_CREDENTIALS_SOURCE,
)
def instance_role_in_containers(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Containers get the instance's credentials from its metadata, whatever their job role allows.

    A role with far too many permissions has a finding of its own.
    """
    for path in (INSTANCE_ROLE, _MANAGED_INSTANCE):
        role = role_of(environment, environment_role(environment, path))
        if role is None or _hides_metadata(environment):
            continue
        held = rights(role)
        for statement in held.statements:
            opened = ("resource", "*") if statement.opens_everything else statement.all_secrets
            if opened is None or statement.is_far_too_much:
                continue
            kind, all_ = opened
            reads = (one for one in policies.READS_OF_SECRETS if statement.covers(one))
            action = next((one for one in reads if held.allow(one, all_) is not False), None)
            if action is None:
                continue
            name = statement.managed
            whose = f"the policy {name} of {role.id}" if name else role.id
            said = f"{whose} allows {action} on every {kind}"
            if name == policies.SESSION_MANAGER:
                yield path, said, _NO_SESSION_MANAGER
            elif name:
                yield path, said, f"take {name} off; {_TO_THE_JOB}"
            else:
                yield path, said


_TO_THE_JOB: Final = "move the job's permissions to its job role"
_NO_SESSION_MANAGER: Final = (
    f"remove {policies.SESSION_MANAGER}; for Session Manager allow "
    f"{', '.join(policies.SESSION_ACTIONS)}, and {_TO_THE_JOB}"
)


def _hides_metadata(environment: ComputeEnvironment) -> bool:
    """Tell whether the launch template switches the instance's metadata off."""
    return any(
        mapping(mapping(template.properties, "LaunchTemplateData"), "MetadataOptions").get(
            "HttpEndpoint"
        )
        == "disabled"
        for _, reference in environment.launch_templates
        if (template := environment.launch_template(reference)) is not None
    )
