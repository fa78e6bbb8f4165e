"""Rules about the roles of a job: who may assume them, and what they allow."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import managed_policies as policies
from batch_constructs.aws import network
from batch_constructs.aws.actions import VIA_SERVICE
from batch_constructs.aws.resource_states import State
from batch_constructs.aws.role_actions import (
    CREATE_LOG_GROUP,
    DECRYPT,
    GET_PARAMETERS,
    GET_SECRET,
    MOUNT,
    MOUNT_AND_WRITE,
)
from batch_constructs.aws.service_principals import DOMAIN, JOB_ROLES
from batch_constructs.aws.source import docs, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.answer import any_of
from batch_constructs.rules.access.arn_patterns import (
    FILE_SYSTEM,
    HOLE,
    spelled,
)
from batch_constructs.rules.access.job_needs import (
    logging,
    pulling,
    reading,
    secret_of,
)
from batch_constructs.rules.access.kms_keys import key_of, may_use
from batch_constructs.rules.access.resource_policy import admitted
from batch_constructs.rules.access.rights import Rights, rights
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import role_of, untrusted
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JobDefinition,
    Resource,
    Task,
)
from batch_constructs.rules.template.values import (
    Reference,
    entries,
    mapping,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_warning = partial(rule, severity=Severity.WARNING)


@rule(
    "job-role-trust",
    JOB_DEFINITION,
    title="role that the tasks of a job cannot assume",
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


def _execution_rights(job: JobDefinition, task: Task) -> tuple[Resource, Rights] | None:
    role = role_of(job, task.properties.get("ExecutionRoleArn"))
    return None if role is None else (role, rights(role))


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
        found = _execution_rights(job, task)
        if found is None or not task.on_fargate:
            continue
        role, held = found
        needs = [
            need
            for one in task.containers
            for need in (*logging(one, job.template), *pulling(one, job.template))
        ]
        lacks: list[str] = []
        wanted: list[str] = []
        for need in needs:
            missing_here = [one for one in need.actions if held.deny(one, *need.forms)]
            if missing_here and not all(one in lacks for one in missing_here):
                lacks += [one for one in missing_here if one not in lacks]
                wanted.append(missing_statement.statement(missing_here, [need.resource]))
        if not lacks:
            continue
        elsewhere = [one for one in lacks if held.mention(one)]
        message = f"{role.id} does not allow {', '.join(lacks)}"
        if elsewhere == lacks:
            message += " where the job needs it"
        fix = f"add to the policies of {role.id}: {', '.join(wanted)}"
        if CREATE_LOG_GROUP in lacks:
            fix += (
                "; or create the log group in the template" if lacks == [CREATE_LOG_GROUP] else ""
            )
        elif not elsewhere:
            fix = f"attach {policies.TASK_EXECUTION}, or {fix}"
        yield f"{task.path}/ExecutionRoleArn", message, fix


@_warning(
    "secret-permission",
    JOB_DEFINITION,
    title="execution role that cannot read a secret",
    fix="allow the execution role secretsmanager:GetSecretValue, or ssm:GetParameters for a"
    " parameter",
    source=guide(
        "specifying-sensitive-data",
        "For Secret.valueFrom the execution role needs secretsmanager:GetSecretValue or"
        " ssm:GetParameters.",
    ),
)
def secret_permission(job: JobDefinition) -> Iterator[Fault]:
    """The managed policy does not include this permission.

    A bare name is taken as the name of a parameter.
    """
    for _, role, held, path, source in _fetched(job):
        need = reading(job, source)
        if need is None or not held.deny(need.actions[0], *need.forms):
            continue
        if _has_resource_policy(job, source):
            continue
        action = need.actions[0]
        yield (
            path,
            f"{role.id} does not allow {action}, which {_called(source)} needs",
            missing_statement.fix(role.id, [action], need.resource)
            + ("" if "secret" in action else "; or use the full ARN of a Secrets Manager secret"),
        )


def _called(source: object) -> str:
    """Name what a secret comes from, as the template writes it."""
    if isinstance(source, Reference):
        return source.target
    written = missing_statement.written(source)
    return show(written["Fn::Sub"] if isinstance(written, dict) else written, _LONGEST_SHOWN)


_LONGEST_SHOWN: Final = 120
"""An ARN is seldom longer."""


def _has_resource_policy(job: JobDefinition, source: object) -> bool:
    """Tell whether a secret has, or may have, a policy of its own in the template."""
    secret = secret_of(job, source)
    for policy in job.template.all("AWS::SecretsManager::ResourcePolicy"):
        target = policy.neighbour(policy.properties.get("SecretId"))
        if target is None or target is secret:
            return True
    return False


def _fetched(job: JobDefinition) -> Iterator[tuple[Task, Resource, Rights, str, object]]:
    """Give what the agent fetches for a container: secrets, log options, credentials."""
    for task in job.tasks:
        found = _execution_rights(job, task)
        if found is None:
            continue
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
                yield (task, *found, path, source)


def _sources(within: object, key: str, path: str) -> Iterator[tuple[str, object]]:
    for position, entry in entries(within, key) if isinstance(within, dict) else ():
        if "ValueFrom" in entry:
            yield f"{path}/{position}/ValueFrom", entry["ValueFrom"]


@_warning(
    "secret-key",
    JOB_DEFINITION,
    title="execution role that cannot use the key of a secret",
    fix="allow the execution role kms:Decrypt on the key",
    source=guide(
        "private-auth-iam",
        '"kms:Decrypt—Required only if your key uses a custom KMS key and not the default key. The'
        ' Amazon Resource Name (ARN) for your custom key must be added as a resource."',
    ),
)
def secret_key(job: JobDefinition) -> Iterator[Fault]:
    """The task stops with *ResourceInitializationError* before the program starts."""
    for _, role, _, path, source in _fetched(job):
        secret = secret_of(job, source)
        given = secret.properties.get("KmsKeyId") if secret is not None else None
        key = key_of(given, job.template)
        if secret is None or key is None:
            continue
        by_way_of = {VIA_SERVICE.lower(): f"secretsmanager.{HOLE}.{DOMAIN}"}
        if may_use(key, role, DECRYPT, by_way_of) is False:
            yield (
                path,
                (
                    f"{role.id} is not allowed to kms:Decrypt with {key.id}, the key of the "
                    f"secret {secret.id}"
                ),
                missing_statement.fix(role.id, [DECRYPT], {"Fn::GetAtt": [key.id, "Arn"]})
                + f", and allow the account or the role in the key policy of {key.id}",
            )


@_warning(
    "efs-permission",
    JOB_DEFINITION,
    title="job role that cannot mount the file system",
    fix="allow the job role elasticfilesystem:ClientMount, and ClientWrite to write",
    source=network.FILE_SYSTEM_POLICY_SOURCE,
)
def efs_permission(job: JobDefinition) -> Iterator[Fault]:
    """With IAM authorization, a file system that has a policy checks the job role.

    The default policy of a file system allows everyone.
    """
    for task in job.tasks:
        role = role_of(job, task.properties.get(task.role_key))
        if role is None:
            continue
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            system = job.neighbour(efs.get("FileSystemId"), FILE_SYSTEM)
            uses_role = text(mapping(efs, "AuthorizationConfig"), "Iam") == State.ENABLED
            if system is None or not uses_role or _may_mount(role, system) is not False:
                continue
            resource = {"Fn::GetAtt": [system.id, "Arn"]}
            yield (
                f"{task.path}/Volumes/{position}/EfsVolumeConfiguration/AuthorizationConfig/Iam",
                f"{role.id} does not allow {MOUNT}, nor does the policy of {system.id}",
                missing_statement.fix(role.id, MOUNT_AND_WRITE, resource),
            )


def _may_mount(role: Resource, system: Resource) -> bool | None:
    """Tell whether a role may mount a file system, by its own policies or the system's."""
    policy = system.properties.get("FileSystemPolicy")
    if policy is None:
        return True
    template = role.template
    system_arn, who = (spelled(Reference(one.id, "Arn"), template) for one in (system, role))
    own = rights(role).allow(MOUNT, system_arn)
    return any_of((own, admitted(policy, who, MOUNT, system_arn, template)))


@_warning(
    "one-role-for-both",
    JOB_DEFINITION,
    title="execution role used as the job role",
    fix="give the job its own role, with the permissions that the program needs",
    source=docs(
        "AmazonECS/latest/developerguide/task-iam-roles.html",
        "The program's permissions come from the task's role, "
        "ContainerProperties.jobRoleArn; the execution role is for the agent.",
    ),
)
def one_role_for_both(job: JobDefinition) -> Iterator[Fault]:
    """The program gets the permissions of the agent.

    It can then read every secret that the role can read.
    """
    for task in job.tasks:
        own, execution = task.properties.get(task.role_key), task.properties.get("ExecutionRoleArn")
        role = role_of(job, own)
        if role is None or role_of(job, execution) is not role:
            continue
        secrets = (GET_SECRET, GET_PARAMETERS)
        if any(map(rights(role).surely_mention, secrets)):
            yield f"{task.path}/{task.role_key}", f"{role.id} is also the execution role"
