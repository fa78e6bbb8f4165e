"""What happens to running jobs, and to the machine image, when an environment is updated.

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
        terminate_jobs: Whether running jobs are ended at once. Default: they may finish, for as
            long as ``job_timeout``.
        job_timeout: How long running jobs may go on, 1 to 7200 minutes. Default: 30 minutes.
        latest_image: Whether an update also takes the newest machine image of AWS. Default: yes.
    """

    terminate_jobs: bool | None = None
    job_timeout: Duration | None = None
    latest_image: bool = True

    def to_property(self, arguments: Arguments) -> dict[str, Any]:
        """Return CloudFormation's ``UpdatePolicy``."""
        return given(
            TerminateJobsOnUpdate=arguments.flag("update.terminate_jobs", self.terminate_jobs),
            JobExecutionTimeoutMinutes=arguments.minutes("update.job_timeout", self.job_timeout),
        )


def read_update(arguments: Arguments, update: UpdatePolicy | None) -> UpdatePolicy:
    """Return the policy that was given, or that of AWS."""
    if update is None:
        return UpdatePolicy()
    if not isinstance(update, UpdatePolicy):
        arguments.wrong_type("update", update, "an UpdatePolicy, such as UpdatePolicy()")
        return UpdatePolicy()
    return update
