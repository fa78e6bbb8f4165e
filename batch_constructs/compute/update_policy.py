"""What happens to running jobs when an environment is updated.

https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given

if TYPE_CHECKING:
    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class UpdatePolicy:
    """How a compute environment replaces its instances when it is updated.

    Attributes:
        terminate_jobs: Whether running jobs are terminated at once. Default: they have
            ``job_execution_timeout`` to finish.
        job_execution_timeout: How long running jobs can continue, 1 to 7200 minutes. Default: 30
            minutes.
    """

    terminate_jobs: bool | None = None
    job_execution_timeout: Duration | None = None


def read_update_policy(arguments: Arguments, policy: UpdatePolicy | None) -> dict[str, Any]:
    """Return CloudFormation's ``UpdatePolicy``."""
    if policy is None:
        return {}
    if not isinstance(policy, UpdatePolicy):
        arguments.wrong_type("update_policy", policy, "an UpdatePolicy, such as UpdatePolicy()")
        return {}
    inner = arguments.within("update_policy")
    return given(
        TerminateJobsOnUpdate=inner.flag("terminate_jobs", policy.terminate_jobs),
        JobExecutionTimeoutMinutes=inner.minutes(
            "job_execution_timeout", policy.job_execution_timeout
        ),
    )
