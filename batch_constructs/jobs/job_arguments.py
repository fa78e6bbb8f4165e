"""What every definition says beside its containers: retries, time, priority, what it consumes.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

from batch_constructs.construct import given
from batch_constructs.jobs.concurrency import with_limit
from batch_constructs.jobs.consumed_resources import Consumes
from batch_constructs.jobs.old_revisions import read_kept
from batch_constructs.jobs.retry_policy import RetryPolicy, retry_strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.consumed_resources import (
        Consumable,
        ConsumedQuantities,
        LimitedQueue,
    )
    from batch_constructs.tokens import WholeNumber

REFUSED_THOUGH_NO_ERROR = frozenset({"parameter-without-default", "secret-resolved"})
"""A placeholder without a default can still be given at submission, but a construct has
``parameters`` to say so; AWS takes a secret's value anywhere, but a construct has ``secrets``."""


class JobArguments(TypedDict, total=False):
    """The arguments that the definitions of every kind of job take.

    Args:
        parameters: Default values for ``Ref::name`` in the command; a submission can override them.
            Default: none.
        retry_policy: Which failures are retried. Default: ``RetryPolicy()``: up to three attempts
            for lost Spot capacity and failed image pulls, no retries for the job's own failures.
        timeout: How long one attempt can run, at least a minute. Default: no limit.
        scheduling_priority: Its rank within a share identifier, 0 to 9999, in a queue with a
            scheduling policy. Default: none.
        keep_old_revisions: Whether a deployment keeps previous revisions active, for anyone who
            submits by revision. A number, at least 1, keeps that many, and those that a live job, a
            rule or a schedule uses; a function (``BatchConstructsOldRevisions``, one for the stack)
            deregisters the others. Default: no, AWS deregisters them.
        job_definition_name: A name of up to 128 letters, digits, ``-`` and ``_``. Default: one that
            CloudFormation generates.
        tags: Tags of the definition and, because they are propagated, of its jobs' tasks. Default:
            those of the stack.
    """

    parameters: Mapping[str, str] | None
    retry_policy: RetryPolicy | None
    timeout: Duration | None
    scheduling_priority: WholeNumber | None
    keep_old_revisions: bool | int
    job_definition_name: str | None
    tags: Mapping[str, str] | None


class ConsumptionArguments(TypedDict, total=False):
    """The arguments about what a whole job consumes; the nodes of one have their own.

    Args:
        consumable_resources: How much of each ``ConsumableResource`` a job takes while it runs,
            such as ``{licenses: 1}``. Default: nothing.
        max_concurrent_jobs: How many of its jobs run at once, at least 1; the others wait. A number
            creates a consumable resource (``ConcurrentJobs``) for this definition only. Definitions
            with the same ``ConsumableResource``, or with the same ``JobQueue`` that has such a
            limit, share its quantity. Default: no limit.
    """

    consumable_resources: ConsumedQuantities | None
    max_concurrent_jobs: WholeNumber | Consumable | LimitedQueue | None


class EksJobArguments(JobArguments, ConsumptionArguments):
    """The arguments that the definition of a pod shares with those of other jobs."""


DEFAULTS: Final = {
    "keep_old_revisions": False,
    "propagate_tags": True,
    "privileged": False,
    "readonly_root_filesystem": False,
    "init_process": False,
}
"""What the shared arguments of job definitions are by default, where that is not None."""


class Job:
    """The properties beside those of the containers.

    Attributes:
        properties: CloudFormation's.
        known: The same as the rules see them.
        beside: The resources that these refer to.
        kept: How many old revisions stay active; None where it is all or none.
    """

    def __init__(
        self,
        arguments: Arguments,
        own: Mapping[str, Any],
        *,
        kind: str,
        capability: str | None,
        on_eks: bool = False,
    ) -> None:
        consumes = Consumes(
            arguments,
            with_limit(arguments, own.get("consumable_resources"), own.get("max_concurrent_jobs")),
        )
        propagated = arguments.flag(
            "propagate_tags", own.get("propagate_tags", False), required=True
        )
        self.kept = read_kept(arguments, own["keep_old_revisions"])
        kept = (
            arguments.switch("keep_old_revisions", own["keep_old_revisions"])
            if self.kept is None and not arguments.is_wrong("keep_old_revisions")
            else True
        )
        self.properties: dict[str, Any] = given(
            Type=kind,
            PlatformCapabilities=None if capability is None else [capability],
            PropagateTags=None if on_eks else propagated,
            RetryStrategy=retry_strategy(arguments, own["retry_policy"]),
            Timeout=given(AttemptDurationSeconds=arguments.seconds("timeout", own["timeout"])),
            Parameters=arguments.mapping("parameters", own["parameters"]),
            SchedulingPriority=arguments.number("scheduling_priority", own["scheduling_priority"]),
            JobDefinitionName=arguments.text("job_definition_name", own["job_definition_name"]),
            ConsumableResourceProperties=consumes.properties,
            ResourceRetentionPolicy=given(SkipDeregisterOnUpdate=kept),
            Tags=arguments.mapping("tags", own["tags"]),
        )
        self.known = {**self.properties, **given(ConsumableResourceProperties=consumes.known)}
        self.beside = consumes.beside
