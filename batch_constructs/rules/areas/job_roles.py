"""Rules about the roles of a job: who may assume them, and what they allow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batch_constructs.aws import managed_policies as policies
from batch_constructs.aws.service_principals import JOB_ROLES
from batch_constructs.aws.source import api, docs, guide
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JobDefinition, Resource, Task
from batch_constructs.rules.template.role_policies import (
    Permissions,
    literal,
    permissions,
    role_of,
    untrusted,
)
from batch_constructs.rules.template.values import entries, mapping, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_warning = partial(rule, severity=Severity.WARNING)


@rule(
    "job-role-trust",
    JOB_DEFINITION,
    title="role that the tasks of a job may not assume",
    fix=f"allow {JOB_ROLES.service} to assume the role",
    source=docs(
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        "ContainerProperties.jobRoleArn, ContainerProperties.executionRoleArn,"
        " EcsTaskProperties.taskRoleArn and EcsTaskProperties.executionRoleArn trust"
        " ecs-tasks.amazonaws.com.",
    ),
)
def job_role_trust(job: JobDefinition) -> Iterator[Fault]:
    """Both roles are assumed by ecs-tasks.amazonaws.com, not by batch."""
    for task in job.tasks:
        for key in (task.role_key, "ExecutionRoleArn"):
            if message := untrusted(role_of(job, task.properties.get(key)), JOB_ROLES.service):
                yield f"{task.path}/{key}", message


def _execution_permissions(job: JobDefinition, task: Task) -> tuple[Resource, Permissions] | None:
    role = role_of(job, task.properties.get("ExecutionRoleArn"))
    return None if role is None else (role, permissions(role))


@_warning(
    "execution-role-permissions",
    JOB_DEFINITION,
    title="execution role that cannot write logs or pull the image",
    fix=f"attach {policies.TASK_EXECUTION}",
    source=guide(
        "execution-IAM-role",
        "AmazonECSTaskExecutionRolePolicy is the policy of ContainerProperties.executionRoleArn.",
    ),
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
                f"attach {policies.TASK_EXECUTION}"
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


@_warning(
    "secret-permission",
    JOB_DEFINITION,
    title="execution role that may not read a secret",
    fix="allow the execution role secretsmanager:GetSecretValue, or ssm:GetParameters for a"
    " parameter",
    source=guide(
        "specifying-sensitive-data",
        "For Secret.valueFrom the execution role needs secretsmanager:GetSecretValue or"
        " ssm:GetParameters.",
    ),
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


@_warning(
    "efs-permission",
    JOB_DEFINITION,
    title="job role that may not mount the file system",
    fix="allow the job role elasticfilesystem:ClientMount, and ClientWrite to write",
    source=api(
        "EFSAuthorizationConfig.iam",
        '"Whether or not to use the Batch job IAM role defined in a job definition when mounting'
        ' the Amazon EFS file system."',
    ),
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


@_warning(
    "one-role-for-both",
    JOB_DEFINITION,
    title="execution role used as the job role",
    fix="give the job a role of its own, with what the program needs",
    source=docs(
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        "What the program may do is the task's role, ContainerProperties.jobRoleArn;"
        " the execution role is the agent's.",
    ),
)
def one_role_for_both(job: JobDefinition) -> Iterator[Fault]:
    """The program gets what the agent may do: read every secret that the role can read."""
    for task in job.tasks:
        own, execution = task.properties.get(task.role_key), task.properties.get("ExecutionRoleArn")
        role = role_of(job, own)
        if role is None or role_of(job, execution) is not role:
            continue
        allowed = permissions(role)
        if any(map(allowed.surely, ("secretsmanager:GetSecretValue", "ssm:GetParameters"))):
            yield f"{task.path}/{task.role_key}", f"{role.id} is the execution role too"
