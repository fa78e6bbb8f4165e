"""What the head of a workflow engine needs: Nextflow, Snakemake, Metaflow, Cromwell, Airflow.

Which of these calls which operation, and where in its source, stands in
`tests/queues/what_engines_call.json`; a test holds these rights to it, both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.arguments import Arguments
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import (
    BATCH_DEREGISTER_JOB_DEFINITION,
    BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
    BATCH_DESCRIBE_JOB_DEFINITIONS,
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_DESCRIBE_JOBS,
    BATCH_LIST_JOBS,
    BATCH_REGISTER_JOB_DEFINITION,
    BATCH_TERMINATE_JOB,
    EC2_DESCRIBE_INSTANCES,
)
from batch_constructs.aws.authorization import EVERYTHING, SUBMIT, TAG, submit_job_resources
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, RESOURCE_NAME
from batch_constructs.grants import grant, grant_pass_role
from batch_constructs.jobs.queue_limit import tell_of_engine
from batch_constructs.jobs.submit_rights import jobs_of
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import Place
from batch_constructs.reference import JOB_QUEUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs

    from batch_constructs.queues.job_queue import JobQueue

_READ = (
    BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
    BATCH_DESCRIBE_JOB_DEFINITIONS,
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_DESCRIBE_JOBS,
    BATCH_LIST_JOBS,
    EC2_DESCRIBE_INSTANCES,
)
"""AWS knows no resources for these."""

_ROLES_A_STATEMENT: Final = 20
"""So short, the CDK puts whole statements into further policies where one has no room for all."""


def grant_engine(
    queue: JobQueue,
    grantee: iam.IGrantable,
    *,
    job_definition_prefix: str | None,
    job_roles: Sequence[iam.IRole] | None,
    log_group: logs.ILogGroup | None,
) -> iam.Grant:
    """Let an engine's head run jobs in a queue, with definitions that it registers itself."""
    arguments = Arguments(queue)
    prefix = arguments.text("job_definition_prefix", job_definition_prefix, bound=RESOURCE_NAME)
    roles = arguments.resources("job_roles", job_roles, "role_arn", "an iam.IRole", "iam.IRole")
    for place, role in enumerate(roles):
        arguments.role(f"job_roles[{place}]", role)
    _expect_own_log_group(arguments, queue, log_group)
    arguments.refuse()

    definitions = JOB_QUEUE.beside(queue, kinds.JOB_DEFINITION, f"{prefix or ''}*")
    jobs = jobs_of(queue)
    submit = submit_job_resources(queue=queue.job_queue_arn, definition=definitions, jobs=jobs)
    allowed: dict[str, tuple[list[str], list[str]]] = {
        "define": (
            [BATCH_REGISTER_JOB_DEFINITION, BATCH_DEREGISTER_JOB_DEFINITION],
            [definitions],
        ),
        "submit": ([SUBMIT], submit),
        "tag": ([TAG], [definitions, jobs]),
        "stop": ([BATCH_TERMINATE_JOB], [jobs]),
        "read": (list(_READ), [EVERYTHING]),
        # Which instance a job runs on; the clusters' names are AWS Batch's own.
        "find instances": (
            ["ecs:DescribeTasks", "ecs:DescribeContainerInstances"],
            [
                JOB_QUEUE.beside(queue, kind, "*", service="ecs")
                for kind in ("task", "container-instance")
            ],
        ),
        "read logs": (["logs:GetLogEvents"], [_streams(queue, log_group)]),
    }
    granted = grant(queue, queue.job_queue_arn, grantee, allowed.values())
    for first in range(0, len(roles), _ROLES_A_STATEMENT):
        passed = [role.role_arn for role in roles[first : first + _ROLES_A_STATEMENT]]
        granted = granted.combine(grant_pass_role(grantee, passed))
    tell_of_engine(queue)
    return granted


def _expect_own_log_group(arguments: Arguments, queue: JobQueue, group: Any) -> None:
    """Refuse a log group of another account than the queue's: none of its jobs writes there."""
    if group is None:
        return
    there = Place.of(group, _arn_of(group)).account
    here = Place.of(queue, queue.job_queue_arn).account
    if there is not None and here is not None and there != here:
        arguments.wrong_value(
            f"log_group is in account {there}, and the queue in {here}; jobs can only write to "
            "log groups of their own account: give one of that account"
        )


def _arn_of(group: Any) -> str:
    return str(group.log_group_arn if has_member(group, "log_group_arn") else group.attr_arn)


def _streams(queue: JobQueue, log_group: logs.ILogGroup | None) -> str:
    """Return the ARN of all log streams of a group."""
    if log_group is None:
        group = JOB_QUEUE.beside(
            queue, "log-group", DEFAULT_LOG_GROUP, service="logs", separator=":"
        )
        return f"{group}:log-stream:*"
    # The ARN of an L2 or an L1 ends in ":*", which covers its streams.
    return _arn_of(log_group)
