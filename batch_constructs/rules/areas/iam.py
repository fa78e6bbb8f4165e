"""Rules about IAM: who may assume a role, and what it allows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
    Resource,
    Task,
)
from batch_constructs.rules.template.role_policies import (
    ROLE,
    Permissions,
    literal,
    permissions,
    policy_name,
    principals,
    role_of,
    trusts,
)
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    SCHEDULE,
    submissions,
)
from batch_constructs.rules.template.values import (
    entries,
    listing,
    mapping,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "iam"
_rule = partial(rule, area=AREA)

TRUST: Final = "allow the service to assume the role: sts:AssumeRole for its principal"


def untrusted(user: Resource, value: object, service: str) -> str | None:
    """Say that a role cannot be assumed by a service, if that is so."""
    role = role_of(user, value)
    if role is None or trusts(role, service):
        return None
    trusted = one_of(principals(role) or ["nobody"])
    return f"{service}.amazonaws.com may not assume {role.id}, which trusts {trusted}"


@_rule(
    "environment-role-trust",
    COMPUTE_ENVIRONMENT,
    title="role that the environment's service may not assume",
    fix=TRUST,
    source="CreateComputeEnvironmentRequest.serviceRole (batch), ComputeResource.instanceRole"
    " (ec2),"
    " ComputeResource.spotIamFleetRole (spotfleet), ManagedInstancesProvider.infrastructureRoleArn"
    ' ("This'
    ' role must have a trust policy for ecs.amazonaws.com"),'
    " InstanceLaunchTemplate.ec2InstanceProfileArn"
    ' ("a trust policy for ec2.amazonaws.com")',
)
def environment_role_trust(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID."""
    resources = environment.resources
    provider = mapping(resources, "ManagedInstancesProvider")
    launch = mapping(provider, "InstanceLaunchTemplate")
    profile = _profile_role(environment, resources.get("InstanceRole"))
    managed_profile = _profile_role(environment, launch.get("Ec2InstanceProfileArn"))
    path = "ComputeResources/ManagedInstancesProvider"
    for where, value, service in (
        ("ServiceRole", environment.properties.get("ServiceRole"), "batch"),
        ("ComputeResources/SpotIamFleetRole", resources.get("SpotIamFleetRole"), "spotfleet"),
        ("ComputeResources/InstanceRole", profile, "ec2"),
        (f"{path}/InfrastructureRoleArn", provider.get("InfrastructureRoleArn"), "ecs"),
        (f"{path}/InstanceLaunchTemplate/Ec2InstanceProfileArn", managed_profile, "ec2"),
    ):
        if message := untrusted(environment, value, service):
            yield where, message


def _profile_role(environment: Resource, value: object) -> object:
    """Give the role inside an instance profile."""
    profile = environment.neighbour(value, "AWS::IAM::InstanceProfile")
    roles = listing(profile.properties, "Roles") if profile is not None else None
    return roles[0] if roles else None


@_rule(
    "instance-profile",
    COMPUTE_ENVIRONMENT,
    title="role where an instance profile belongs",
    fix="make an AWS::IAM::InstanceProfile with the role in it, and give its ARN",
    source='ComputeResource.instanceRole: "You can specify the short name or full Amazon Resource'
    " Name (ARN)"
    ' of an instance profile."',
)
def instance_profile(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 instances take a role through an instance profile only."""
    value = environment.resources.get("InstanceRole")
    role = role_of(environment, value)
    written = literal(value) or ""
    if role is not None:
        yield (
            "ComputeResources/InstanceRole",
            f"{role.id} is a role; an instance profile is allowed",
        )
    elif written.startswith("arn:") and ":role/" in written:
        yield (
            "ComputeResources/InstanceRole",
            f'"{show(written)}" is a role; the ARN of an instance profile is allowed',
        )


@_rule(
    "instance-role-permissions",
    COMPUTE_ENVIRONMENT,
    severity=Severity.WARNING,
    title="instance role that cannot join the cluster",
    fix="attach service-role/AmazonEC2ContainerServiceforEC2Role",
    source="User Guide, Amazon ECS instance role: AmazonEC2ContainerServiceforEC2Role;"
    " ComputeResource.instanceRole",
)
def instance_role_permissions(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances start, cost money, and never register; jobs stay RUNNABLE."""
    if environment.is_eks is not False:
        return
    role = role_of(
        environment, _profile_role(environment, environment.resources.get("InstanceRole"))
    )
    if role is not None and not permissions(role).may("ecs:RegisterContainerInstance"):
        yield (
            "ComputeResources/InstanceRole",
            f"{role.id} does not allow ecs:RegisterContainerInstance",
        )


@_rule(
    "service-role-permissions",
    COMPUTE_ENVIRONMENT,
    severity=Severity.WARNING,
    title="service role that allows nothing",
    fix="attach service-role/AWSBatchServiceRole, or leave ServiceRole out",
    source="CreateComputeEnvironmentRequest.serviceRole; User Guide, Batch service IAM role:"
    " AWSBatchServiceRole;"
    " ManagedInstancesProvider.infrastructureRoleArn",
)
def service_role_permissions(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The environment becomes INVALID."""
    provider = mapping(environment.resources, "ManagedInstancesProvider")
    for path, value, action in (
        ("ServiceRole", environment.properties.get("ServiceRole"), "ecs:ListClusters"),
        (
            "ComputeResources/ManagedInstancesProvider/InfrastructureRoleArn",
            provider.get("InfrastructureRoleArn"),
            "ec2:CreateFleet",
        ),
    ):
        role = role_of(environment, value)
        allowed = None if role is None else permissions(role)
        if role is not None and allowed is not None and allowed.complete and not allowed.statements:
            yield path, f"{role.id} allows nothing; {action} and more are needed"


@_rule(
    "open-trust",
    ROLE,
    severity=Severity.WARNING,
    title="role that anybody may assume",
    fix="name the service under Principal",
    source="IAM, Security best practices: a principal of * without a condition trusts every"
    " account",
)
def open_trust(role: Resource) -> Iterator[Fault]:
    """Every AWS account may act with it."""
    if not _is_for_batch(role):
        return
    for position, one in entries(mapping(role.properties, "AssumeRolePolicyDocument"), "Statement"):
        principal = one.get("Principal")
        aws = principal.get("AWS") if isinstance(principal, dict) else None
        anybody = "*" in (principal, aws) or (isinstance(aws, list) and "*" in aws)
        if anybody and one.get("Effect") == "Allow" and "Condition" not in one:
            yield (
                f"AssumeRolePolicyDocument/Statement/{position}/Principal",
                "the principal is *, which is everybody",
            )


@_rule(
    "spot-fleet-role-policy",
    COMPUTE_ENVIRONMENT,
    severity=Severity.WARNING,
    title="Spot Fleet role that cannot tag instances",
    fix="attach service-role/AmazonEC2SpotFleetTaggingRole",
    source='ComputeResource.spotIamFleetRole: "The previously recommended AmazonEC2SpotFleetRole'
    " managed"
    " policy doesn't have the required permissions to tag Spot Instances.\"",
)
def spot_fleet_role_policy(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Batch tags what it launches."""
    role = role_of(environment, environment.resources.get("SpotIamFleetRole"))
    if role is None:
        return
    allowed = permissions(role)
    path = "ComputeResources/SpotIamFleetRole"
    newer = "AmazonEC2SpotFleetTaggingRole" in allowed.managed
    if "AmazonEC2SpotFleetRole" in allowed.managed and not newer:
        yield path, f"{role.id} has the policy AmazonEC2SpotFleetRole, which cannot tag instances"
    elif not allowed.may("ec2:CreateTags"):
        yield path, f"{role.id} does not allow ec2:CreateTags"


@_rule(
    "job-role-trust",
    JOB_DEFINITION,
    title="role that the tasks of a job may not assume",
    fix="allow ecs-tasks.amazonaws.com to assume the role",
    source="ContainerProperties.jobRoleArn, ContainerProperties.executionRoleArn,"
    " EcsTaskProperties.taskRoleArn, EcsTaskProperties.executionRoleArn; User Guide, Batch"
    " execution IAM role",
)
def job_role_trust(job: JobDefinition) -> Iterator[Fault]:
    """Both roles are assumed by ecs-tasks.amazonaws.com, not by batch."""
    for task in job.tasks:
        for key in (task.role_key, "ExecutionRoleArn"):
            if message := untrusted(job, task.properties.get(key), "ecs-tasks"):
                yield f"{task.path}/{key}", message


def _execution_permissions(job: JobDefinition, task: Task) -> tuple[Resource, Permissions] | None:
    role = role_of(job, task.properties.get("ExecutionRoleArn"))
    return None if role is None else (role, permissions(role))


@_rule(
    "execution-role-permissions",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="execution role that cannot write logs or pull the image",
    fix="attach service-role/AmazonECSTaskExecutionRolePolicy",
    source="User Guide, Batch execution IAM role: AmazonECSTaskExecutionRolePolicy;"
    " ContainerProperties.executionRoleArn",
)
def execution_role_permissions(job: JobDefinition) -> Iterator[Fault]:
    """The task stops with *ResourceInitializationError* before the program starts."""
    for task in job.tasks:
        found = _execution_permissions(job, task)
        if found is None or task.platform != "FARGATE":
            continue
        role, allowed = found
        missing: list[str] = []
        for container in task.containers:
            log = container.properties.get("LogConfiguration", {})
            driver = log.get("LogDriver", "awslogs") if isinstance(log, dict) else None
            if driver == "awslogs":
                missing += [
                    action
                    for action in ("logs:CreateLogStream", "logs:PutLogEvents")
                    if not allowed.may(action)
                ]
            image = literal(container.properties.get("Image")) or ""
            if ".dkr.ecr." in image and not allowed.may("ecr:GetAuthorizationToken"):
                missing.append("ecr:GetAuthorizationToken")
            options = mapping(mapping(container.properties, "LogConfiguration"), "Options")
            creates = options.get("awslogs-create-group") in ("true", True)
            if creates and not allowed.may("logs:CreateLogGroup"):
                missing.append("logs:CreateLogGroup")
        if missing:
            yield (
                f"{task.path}/ExecutionRoleArn",
                f"{role.id} does not allow {', '.join(dict.fromkeys(missing))}",
                "attach service-role/AmazonECSTaskExecutionRolePolicy"
                if missing != ["logs:CreateLogGroup"]
                else "allow logs:CreateLogGroup, or make the log group in the template",
            )


def _secret_action(job: JobDefinition, source: object) -> str | None:
    """Give the permission that reading a secret takes, None if it is not known."""
    target = job.neighbour(source)
    if target is not None:
        return {
            "AWS::SecretsManager::Secret": "secretsmanager:GetSecretValue",
            "AWS::SSM::Parameter": "ssm:GetParameters",
        }.get(target.type)
    written = literal(source)
    if not written:
        return None
    if ":secretsmanager:" in written:
        return "secretsmanager:GetSecretValue"
    if ":ssm:" in written or (not written.startswith(("arn:", "\0")) and "\0" not in written):
        return "ssm:GetParameters"
    return None


@_rule(
    "secret-permission",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="execution role that may not read a secret",
    fix="allow the execution role secretsmanager:GetSecretValue, or ssm:GetParameters for a"
    " parameter",
    source="User Guide, Specifying sensitive data: the execution role needs"
    " secretsmanager:GetSecretValue or ssm:GetParameters; Secret.valueFrom",
)
def secret_permission(job: JobDefinition) -> Iterator[Fault]:
    """The managed policy does not include it; a bare name is taken for a parameter's."""
    for task in job.tasks:
        found = _execution_permissions(job, task)
        if found is None:
            continue
        role, allowed = found
        for container in task.containers:
            log = mapping(container.properties, "LogConfiguration")
            sources = [
                *_sources(container.properties, "Secrets", f"{container.path}/Secrets"),
                *_sources(log, "SecretOptions", f"{container.path}/LogConfiguration/SecretOptions"),
            ]
            credentials = mapping(container.properties, "RepositoryCredentials")
            if "CredentialsParameter" in credentials:
                path = f"{container.path}/RepositoryCredentials/CredentialsParameter"
                sources.append((path, credentials["CredentialsParameter"]))
            for path, source in sources:
                action = _secret_action(job, source)
                if action is not None and not allowed.may(action):
                    what = show(literal(source) or getattr(source, "target", "the secret"))
                    yield (
                        path,
                        f"{role.id} does not allow {action}, which {what} takes",
                        f"allow {action} on it"
                        if "secret" in action
                        else f"allow {action} on it, or"
                        " give the full ARN if it is a Secrets Manager secret",
                    )


def _sources(within: object, key: str, path: str) -> Iterator[tuple[str, object]]:
    for position, entry in entries(within, key) if isinstance(within, dict) else ():
        if "ValueFrom" in entry:
            yield f"{path}/{position}/ValueFrom", entry["ValueFrom"]


@_rule(
    "efs-permission",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="job role that may not mount the file system",
    fix="allow the job role elasticfilesystem:ClientMount, and ClientWrite to write",
    source="EFSAuthorizationConfig.iam: the job role is used to mount the Amazon EFS file system",
)
def efs_permission(job: JobDefinition) -> Iterator[Fault]:
    """With IAM authorization the file system asks the job role."""
    for task in job.tasks:
        role = role_of(job, task.properties.get(task.role_key))
        if role is None or permissions(role).may("elasticfilesystem:ClientMount"):
            continue
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            system = job.neighbour(efs.get("FileSystemId"), "AWS::EFS::FileSystem")
            if system is not None and "FileSystemPolicy" in system.properties:
                continue
            if text(mapping(efs, "AuthorizationConfig"), "Iam") == "ENABLED":
                yield (
                    f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/AuthorizationConfig/Iam",
                    f"{role.id} does not allow elasticfilesystem:ClientMount",
                )


@_rule(
    "one-role-for-both",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="execution role used as the job role",
    fix="give the job a role of its own, with what the program needs",
    source="Amazon ECS: the task role and the execution role are separate by design;"
    " ContainerProperties.jobRoleArn",
)
def one_role_for_both(job: JobDefinition) -> Iterator[Fault]:
    """The program gets what the agent may do: read every secret that the role can read."""
    for task in job.tasks:
        own, execution = task.properties.get(task.role_key), task.properties.get("ExecutionRoleArn")
        role = role_of(job, own)
        if role is None or role_of(job, execution) is not role:
            continue
        reads = ("secretsmanager:GetSecretValue", "ssm:GetParameters")
        sensitive = any(
            one.allows and one.covers(action)
            for one in permissions(role).statements
            for action in reads
        )
        if sensitive:
            yield f"{task.path}/{task.role_key}", f"{role.id} is the execution role too"


_SENSITIVE: Final = (
    "secretsmanager:GetSecretValue",
    "iam:PassRole",
    "sts:AssumeRole",
    "kms:Decrypt",
)
_BROAD: Final = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def _is_for_batch(role: Resource) -> bool:
    """Tell whether a role is one of a job, an environment, or a submitter."""
    memory = role.template.memory
    known = memory.get("roles for batch")
    if known is None:
        known = set(_roles_for_batch(role))
        memory["roles for batch"] = known
    return role.id in known  # type: ignore[operator]  # a set was put there


def _roles_for_batch(role: Resource) -> Iterator[str]:
    template = role.template
    values: list[object] = []
    for job in template.all(JOB_DEFINITION):
        if isinstance(job, JobDefinition):
            for task in job.tasks:
                values += [
                    task.properties.get(task.role_key),
                    task.properties.get("ExecutionRoleArn"),
                ]
    for environment in template.all(COMPUTE_ENVIRONMENT):
        if isinstance(environment, ComputeEnvironment):
            values.append(_profile_role(environment, environment.resources.get("InstanceRole")))
    values += [role_value(one.source, one.path) for one in submissions(template)]
    for value in values:
        found = role_of(role, value)
        if found is not None:
            yield found.id


def role_value(source: Resource, path: str) -> object:
    """Give the role with which a source submits."""
    if source.type == EVENT_RULE:
        position = int(path.partition("/")[2])
        targets = listing(source.properties, "Targets") or []
        target = targets[position] if position < len(targets) else None
        return target.get("RoleArn") if isinstance(target, dict) else None
    if source.type == SCHEDULE:
        return mapping(source.properties, "Target").get("RoleArn")
    return source.properties.get("RoleArn", source.properties.get("Role"))


@_rule(
    "broad-permissions",
    ROLE,
    severity=Severity.WARNING,
    title="role that may do far more than it needs",
    fix="name the actions and the resources",
    source="IAM, Security best practices: grant least privilege; User Guide, Identity-based policy"
    " examples",
)
def broad_permissions(role: Resource) -> Iterator[Fault]:
    """Whoever runs code in the container, or submits a job, owns what the role owns."""
    mine = _is_for_batch(role)
    for position, arn in enumerate(listing(role.properties, "ManagedPolicyArns") or ()):
        name = policy_name(arn)
        if mine and name in _BROAD:
            yield f"ManagedPolicyArns/{position}", f"the policy {name} allows nearly everything"
        elif name == "AWSBatchFullAccess" and mine:
            yield (
                f"ManagedPolicyArns/{position}",
                "the policy AWSBatchFullAccess allows batch:* on *",
            )
    for statement in permissions(role).statements:
        if not statement.allows or not statement.on_everything or statement.conditional:
            continue
        for action in statement.actions:
            if mine and action in _SENSITIVE:
                yield "Policies", f'the role allows "{action}" on every resource'
            everything = action == "*" or action.endswith(":*")
            known = action in ("ecs:*", "ec2:*", "ssmmessages:*")
            if (everything and mine and not known) or action in ("batch:*", "batch:**"):
                yield "Policies", f'the role allows "{action}" on every resource'
