"""What a trigger submits: one job definition to one queue, with what goes along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.construct import given
from batch_constructs.jobs.job_definition import is_job_definition, job_definition_arn
from batch_constructs.queues.queue_shares import is_fair_share
from batch_constructs.queues.reference import is_job_queue, job_queue_arn, jobs_of
from batch_constructs.queues.submit import submit_resources
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.reference import AnyJobQueue

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHARE = re.compile(r"[A-Za-z0-9]{1,255}")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_SMALLEST_ARRAY, _LARGEST_ARRAY, _LARGEST_PRIORITY = 2, 10_000, 9999
_SHORTEST_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What every trigger of ours submits."""

    queue: AnyJobQueue
    job_definition: AnyJobDefinition
    job_name: str
    array_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    timeout_seconds: int | None = None

    @property
    def queue_arn(self) -> str:
        """The queue's ARN."""
        return job_queue_arn(self.queue)

    @property
    def definition_arn(self) -> str:
        """The definition's ARN."""
        return job_definition_arn(self.job_definition)

    def statements(self, *, tagging: bool = False) -> list[dict[str, Any]]:
        """Allow exactly this submission."""
        submit = {
            "Effect": "Allow",
            "Action": "batch:SubmitJob",
            "Resource": submit_resources(self.queue, self.job_definition),
        }
        tag = {
            "Effect": "Allow",
            "Action": "batch:TagResource",
            # the job that is tagged as it is submitted has no ID yet
            "Resource": jobs_of(self.queue),
        }
        return [submit, tag] if tagging else [submit]

    def request(self) -> dict[str, Any]:
        """Spell the submission as EventBridge Scheduler and Step Functions want it."""
        return {
            "JobName": self.job_name,
            "JobQueue": self.queue_arn,
            "JobDefinition": self.definition_arn,
            **given(
                ArrayProperties=given(Size=self.array_size),
                Parameters=dict(self.parameters),
                ContainerOverrides=self.container_overrides(),
                ShareIdentifier=self.share_identifier,
                SchedulingPriorityOverride=self.scheduling_priority,
                Timeout=given(AttemptDurationSeconds=self.timeout_seconds),
            ),
        }

    def container_overrides(self) -> dict[str, Any]:
        """Spell what changes in the container."""
        return given(
            Command=list(self.command) if self.command is not None else None,
            Environment=[
                {"Name": name, "Value": value} for name, value in self.environment.items()
            ],
        )


def read_submission(
    arguments: Arguments,
    id: str,
    *,
    queue: AnyJobQueue,
    job_definition: AnyJobDefinition,
    job_name: str | None = None,
    array_size: int | None = None,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    share_identifier: str | None = None,
    scheduling_priority: int | None = None,
    timeout: Duration | None = None,
    shares_may_come_later: bool = False,
) -> Submission:
    """Read a trigger's arguments and note what is wrong with them."""
    if not is_job_queue(queue):
        arguments.wrong_type("queue", queue, "a job queue of batch_constructs or aws_cdk.aws_batch")
    if not is_job_definition(job_definition):
        arguments.wrong_type(
            "job_definition",
            job_definition,
            "a job definition of batch_constructs or aws_cdk.aws_batch",
        )
    share = arguments.text("share_identifier", share_identifier)
    check_share(arguments, queue, share, may_come_later=shares_may_come_later)
    variables = arguments.mapping("environment", environment)
    reserved = [name for name in variables if str(name).startswith("AWS_BATCH")]
    if reserved:
        arguments.wrong_value(
            f"environment has {', '.join(reserved)}; names beginning with AWS_BATCH are AWS "
            "Batch's own: choose others"
        )
    return Submission(
        queue=queue,
        job_definition=job_definition,
        job_name=_name(arguments, id, job_name),
        array_size=whole_number(
            arguments, "array_size", array_size, _SMALLEST_ARRAY, _LARGEST_ARRAY
        ),
        parameters=arguments.mapping("parameters", parameters),
        environment=variables,
        command=arguments.texts("command", command),
        share_identifier=share,
        scheduling_priority=whole_number(
            arguments, "scheduling_priority", scheduling_priority, 0, _LARGEST_PRIORITY
        ),
        timeout_seconds=_timeout(arguments, timeout),
    )


def safe_name(text: str) -> str:
    """Make a job's name of any text."""
    return _NOT_IN_A_NAME.sub("-", text).strip("-_") or "job"


def check_share(
    arguments: Arguments,
    queue: AnyJobQueue,
    share: Any,
    *,
    may_come_later: bool = False,
    where: str = "",
) -> None:
    """Note a share identifier that is missing, malformed, or too much for the queue."""
    fair = is_fair_share(queue)
    if share is None:
        if fair and not may_come_later:
            arguments.wrong_value(
                f"{where}share_identifier is missing; the queue has a scheduling policy, and AWS "
                'Batch refuses a submission without one: write share_identifier="…", one of its '
                "shares"
            )
        return
    if isinstance(share, str) and not is_token(share) and not _SHARE.fullmatch(share):
        arguments.wrong_value(
            f"{where}share_identifier is {share!r}; allowed are up to 255 letters and digits"
        )
    if fair is False:
        arguments.wrong_value(
            f"{where}share_identifier is {share!r}, but the queue has no scheduling policy, and "
            "AWS Batch refuses one there: leave it out, or give the queue a scheduling policy"
        )


def _name(arguments: Arguments, id: str, job_name: str | None) -> Any:
    if job_name is None:
        return safe_name(id)
    name = arguments.text("job_name", job_name)
    if isinstance(name, str) and not is_token(name) and not _NAME.fullmatch(name):
        arguments.wrong_value(
            f"job_name is {name!r}; it starts with a letter or digit and holds up to 128 letters, "
            "digits, - and _"
        )
    return name


def whole_number(
    arguments: Arguments, parameter: str, value: int | None, low: int, high: int
) -> Any:
    """Read a whole number and note when it is out of range."""
    number = arguments.number(parameter, value)
    if not isinstance(number, int | float) or is_token(number):
        return number
    if low <= number <= high and number == int(number):
        return int(number)
    return arguments.wrong_value(
        f"{parameter} is {number}; allowed is a whole number from {low} to {high}"
    )


def _timeout(arguments: Arguments, timeout: Duration | None) -> Any:
    seconds = arguments.seconds("timeout", timeout)
    if isinstance(seconds, int) and not is_token(seconds) and seconds < _SHORTEST_TIMEOUT_SECONDS:
        return arguments.wrong_value(
            f"timeout is {seconds} seconds; AWS Batch allows 60 or more: use Duration.minutes(1)"
        )
    return seconds
