"""The environment of a job's process: variables, secrets, and what AWS Batch adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.names import ARN_PARTS, SECRETS_MANAGER
from batch_constructs.local.batch.container_metadata import on_fargate
from batch_constructs.local.batch.job_nodes import node_id
from batch_constructs.local.batch.ports import PortError, Ports, SecretReference

if TYPE_CHECKING:
    from pathlib import Path

    from batch_constructs.local.batch.job_containers import Container
    from batch_constructs.local.batch.jobs import Job

_SECRET_ARN_FIELDS = ARN_PARTS + len(("secret", "NAME"))


def process_environment(
    job: Job,
    container: Container,
    *,
    attempt: int,
    queue_name: str,
    directory: Path,
    ports: Ports,
) -> dict[str, str]:
    """Build the environment of one container.

    Its home is its own directory, so that nothing of the user's is read by a login shell.
    See https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html

    Raises:
        PortError: a secret cannot be had.
    """
    environment = {
        "HOME": str(directory),
        variables.EXECUTION_ENVIRONMENT: variables.ON_FARGATE
        if on_fargate(job)
        else variables.ON_INSTANCES,
        **ports.job_environment(
            container=f"{job.id}/{container.name}", job_role_arn=container.job_role_arn
        ),
    }
    for variable in container.properties.get("environment", ()):
        environment[variable["name"]] = variable.get("value", "")
    for secret in container.properties.get("secrets", ()):
        environment[secret["name"]] = _value(
            secret["valueFrom"], container.execution_role_arn, ports
        )
    environment |= {
        variables.JOB_ID: job.id,
        variables.JOB_ATTEMPT: str(attempt),
        variables.QUEUE_NAME: queue_name,
        variables.ENVIRONMENT_NAME: str(job.environment),
    }
    if container.node is not None:
        environment[variables.JOB_ID] = node_id(job.id, container.node.index)
        environment.update(container.node.variables())
    if job.index is not None:
        environment[variables.ARRAY_INDEX] = str(job.index)
        environment[variables.ARRAY_SIZE] = str(job.submission.array_size)
    return environment


def secret_reference(value_from: str) -> SecretReference:
    """Take the ARN of a Secrets Manager secret apart: ``…:secret:NAME[:key[:stage[:version]]]``."""
    parts = value_from.split(":")
    secret_id = ":".join(parts[:_SECRET_ARN_FIELDS])
    rest = [part or None for part in parts[_SECRET_ARN_FIELDS:]]
    key, stage, version = [*rest, None, None, None][:3]
    return SecretReference(
        secret_id=secret_id, json_key=key, version_stage=stage, version_id=version
    )


def _value(value_from: str, role: str | None, ports: Ports) -> str:
    if role is None:
        raise PortError(
            f"the job definition has no executionRoleArn, which is needed to read {value_from}"
        )
    if SECRETS_MANAGER in value_from:
        return ports.secret_value(secret_reference(value_from), execution_role_arn=role)
    return ports.parameter_value(value_from, execution_role_arn=role)
