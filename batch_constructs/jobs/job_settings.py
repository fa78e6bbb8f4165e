"""What every definition says beside its containers: retries, time, priority, what it consumes.

https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given
from batch_constructs.jobs.consumed_resources import Consumes
from batch_constructs.jobs.retry_policy import RetryPolicy, retry_strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.consumed_resources import Consumable

REFUSED_THOUGH_A_WARNING = frozenset({"parameter-without-default"})
"""A placeholder without a default can still be given at submission, but a construct has
``parameters`` to say so."""


@dataclass(frozen=True, kw_only=True)
class JobArguments:
    """The arguments that job definitions of every kind share, as they were given."""

    parameters: Mapping[str, str] | None
    retry_policy: RetryPolicy | None
    timeout: Duration | None
    scheduling_priority: int | None
    consumable_resources: Mapping[Consumable, int] | None
    keep_old_revisions: bool
    propagate_tags: bool
    job_definition_name: str | None
    tags: Mapping[str, str] | None


class Job:
    """The properties beside those of the containers.

    Attributes:
        properties: CloudFormation's.
        known: The same as the rules see them.
        beside: The resources that these refer to.
    """

    def __init__(
        self,
        arguments: Arguments,
        own: JobArguments,
        *,
        kind: str,
        capability: str | None,
        on_eks: bool = False,
    ) -> None:
        consumes = Consumes(arguments, own.consumable_resources)
        propagated = arguments.flag("propagate_tags", own.propagate_tags, required=True)
        kept = arguments.switch("keep_old_revisions", own.keep_old_revisions)
        self.properties: dict[str, Any] = given(
            Type=kind,
            PlatformCapabilities=None if capability is None else [capability],
            PropagateTags=None if on_eks else propagated,
            RetryStrategy=retry_strategy(arguments, own.retry_policy),
            Timeout=given(AttemptDurationSeconds=arguments.seconds("timeout", own.timeout)),
            Parameters=arguments.mapping("parameters", own.parameters),
            SchedulingPriority=arguments.number("scheduling_priority", own.scheduling_priority),
            JobDefinitionName=arguments.text("job_definition_name", own.job_definition_name),
            ConsumableResourceProperties=consumes.properties,
            ResourceRetentionPolicy=given(SkipDeregisterOnUpdate=kept),
            Tags=arguments.mapping("tags", own.tags),
        )
        self.known = {**self.properties, **given(ConsumableResourceProperties=consumes.known)}
        self.beside = consumes.beside
