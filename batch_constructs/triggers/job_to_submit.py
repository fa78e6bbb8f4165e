"""What a trigger submits: one job definition to one queue, with what goes along."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from batch_constructs.aws.bound import allowed, shown
from batch_constructs.aws.names import JOB_NAME, NOT_IN_A_JOB_NAME
from batch_constructs.aws.submit_job import (
    ARRAY_SIZE,
    OVERRIDES_BYTES,
    SCHEDULING_PRIORITY,
    SHARE_IDENTIFIER,
    overrides_length,
)
from batch_constructs.construct import given
from batch_constructs.jobs.job_definition import is_job_definition, job_definition_arn_from
from batch_constructs.jobs.queue_limit import count_in_limit
from batch_constructs.jobs.submit_rights import (
    apart_from,
    jobs_of,
    submit_resources,
    submit_statements,
)
from batch_constructs.jobs.submitted_containers import (
    check_array,
    check_said,
    containers_of,
    said_of_containers,
)
from batch_constructs.place import SUBMIT_THERE, elsewhere
from batch_constructs.queues.any_job_queue import is_job_queue, job_queue_arn
from batch_constructs.queues.scheduling_policy import is_fair_share
from batch_constructs.rules import UNKNOWN
from batch_constructs.submission_overrides import (
    Requirements,
    check_payload,
    given_overrides,
    in_api_case,
    name_of_memory,
    read_environment,
    read_requirements,
    read_timeout,
    sizes_said,
)
from batch_constructs.tag_arguments import read_tags
from batch_constructs.tokens import WholeNumber, is_token
from batch_constructs.triggers.event_fields import as_paths, is_field
from batch_constructs.triggers.job_fit import check_parameters, check_platform, check_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.aws.overridden_containers import Containers
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.submission_overrides import SubmissionOverrides

_LONGEST_PREFIX = 80
"""What is left of a name for what comes behind it: 128 characters, less an ID and an index."""


class SubmissionArguments(TypedDict, total=False):
    """What every trigger may say of the jobs that it submits.

    Args:
        job_name: Name of the jobs. Default: the construct's ID.
        array_size: Children of an array job, 2 to 10,000. Default: not an array.
        parameters: Values for the definition's ``Ref::`` placeholders. Default: the definition's.
        environment: Environment variables, added to the definition's. Default: none.
        command: Replaces the definition's command. Default: the definition's.
        share_identifier: Required by a queue with a scheduling policy.
        scheduling_priority: Rank within the share, 0 to 9999. Default: the definition's.
        timeout: Time limit of one attempt, at least a minute. Default: the definition's.
        overrides: ``SubmissionOverrides``: sizes, retries, tags, and whatever has no parameter of
            its own.
    """

    job_name: str | None
    array_size: WholeNumber | None
    parameters: Mapping[str, str] | None
    environment: Mapping[str, str] | None
    command: Sequence[str] | None
    share_identifier: str | None
    scheduling_priority: WholeNumber | None
    timeout: Duration | None
    overrides: SubmissionOverrides | None


@dataclass(frozen=True, kw_only=True)
class JobToSubmit:
    """What every trigger of ours submits."""

    scope: Construct
    """What submits it."""
    queue: AnyJobQueue
    job_definition: AnyJobDefinition
    job_name: str
    array_size: WholeNumber | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: WholeNumber | None = None
    timeout_seconds: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    requirements: Requirements = field(default_factory=lambda: Requirements(resources=[], retry={}))

    @property
    def queue_arn(self) -> str:
        """The queue's ARN."""
        return job_queue_arn(self.queue)

    @cached_property
    def definition_arn(self) -> str:
        """The definition's ARN."""
        return job_definition_arn_from(self.scope, self.job_definition)

    @property
    def name_prefix(self) -> str:
        """How the names of jobs begin that are called after their message or event."""
        return self.job_name[:_LONGEST_PREFIX]

    def statements(self, *, tagging: bool = False) -> list[dict[str, Any]]:
        """Allow exactly this submission, and tags where it has any or somebody may add some."""
        resources = submit_resources(self.queue, self.job_definition)
        submit, tag = submit_statements(resources, jobs_of(self.queue))
        return [submit, tag] if tagging or self.tags else [submit]

    def request(self) -> dict[str, Any]:
        """Spell the submission as EventBridge Scheduler and Step Functions want it."""
        return {
            "JobName": self.job_name,
            "JobQueue": self.queue_arn,
            "JobDefinition": self.definition_arn,
            **given(
                ArrayProperties=given(Size=self.array_size),
                Parameters=dict(self.parameters),
                **said_of_containers(self.job_definition, self.container_overrides()),
                ShareIdentifier=self.share_identifier,
                SchedulingPriorityOverride=self.scheduling_priority,
                Timeout=given(AttemptDurationSeconds=self.timeout_seconds),
                RetryStrategy=self.requirements.retry,
                Tags=dict(self.tags),
            ),
        }

    def defaults(self) -> dict[str, Any]:
        """Spell what a message or an event adds to, as boto3 does: all but whose job it is."""
        return given(
            arrayProperties=given(size=self.array_size),
            parameters=dict(self.parameters),
            containerOverrides=in_api_case(self.container_overrides()),
            timeout=given(attemptDurationSeconds=self.timeout_seconds),
            retryStrategy=in_api_case(self.requirements.retry),
            tags=dict(self.tags),
        )

    @property
    def containers(self) -> Containers | None:
        """The containers of the definition, where it does not take ``ContainerOverrides``."""
        return containers_of(self.job_definition)

    def container_overrides(self) -> dict[str, Any]:
        """Spell what changes in the container, as ``ContainerOverrides`` say it."""
        return given(
            Command=list(self.command) if self.command is not None else None,
            Environment=[
                {"Name": name, "Value": value} for name, value in self.environment.items()
            ],
            ResourceRequirements=[dict(one) for one in self.requirements.resources],
        )


def read_job_to_submit(
    arguments: Arguments,
    id: str,
    *,
    queue: AnyJobQueue,
    job_definition: AnyJobDefinition,
    shares_may_come_later: bool = False,
    no_fields: str | None = None,
    **said: Unpack[SubmissionArguments],
) -> JobToSubmit:
    """Read a trigger's arguments and note what is wrong with them.

    ``no_fields`` says why no text can be a field of an event; without it some can.
    """
    view = arguments.within("overrides")
    over = given_overrides(arguments, said.get("overrides"))
    over = replace(over, **{one: as_paths(view, one, getattr(over, one)) for one in _TEXTS})
    paths = {name: as_paths(arguments, name, value) for name, value in said.items()}

    def chosen(name: str) -> tuple[Arguments, Any]:
        """Take what is said once: as a parameter, or in the overrides."""
        own, other = paths.get(name), getattr(over, name)
        if other is not None and own is not None:
            arguments.only_one(name, f"overrides.{name}")
        return (arguments, own) if other is None else (view, other)

    if not is_job_queue(queue):
        arguments.wrong_type("queue", queue, "a job queue of batch_constructs or aws_cdk.aws_batch")
    if not is_job_definition(job_definition):
        arguments.wrong_type(
            "job_definition",
            job_definition,
            "a job definition of batch_constructs or aws_cdk.aws_batch",
        )
    check_places(arguments, queue, job_definition)
    name = paths.get("job_name")
    check_no_fields(arguments, {"job_name": name}, no_fields or _OF_A_NAME)
    reader, value = chosen("share_identifier")
    share = reader.text("share_identifier", value)
    check_no_fields(reader, {"share_identifier": share}, no_fields)
    check_share(reader, queue, share, may_come_later=shares_may_come_later)
    reader, value = chosen("environment")
    variables = read_environment(reader, value)
    of_containers = [(reader, "environment", "environment")] if variables else []
    check_no_fields(reader, by_place("environment", variables), no_fields)
    reader, value = chosen("command")
    words = reader.texts("command", value)
    of_containers += [(reader, "command", "command")] if words is not None else []
    check_no_fields(reader, by_place("command", words_of(words)), no_fields)
    check_platform(arguments, queue, job_definition)
    count_in_limit(arguments.construct, queue, job_definition)
    parameters = arguments.mapping("parameters", paths.get("parameters"))
    check_no_fields(arguments, by_place("parameters", parameters), no_fields)
    check_parameters(arguments, job_definition, parameters, command_is_known=words is None)
    reader, rank = chosen("scheduling_priority")
    rank = reader.number("scheduling_priority", rank, bound=SCHEDULING_PRIORITY)
    check_priority(reader, queue, rank)
    check_length(arguments, words, variables)
    tags = read_tags(view, over.tags)
    check_no_fields(view, by_place("tags", tags), no_fields)
    check_payload(arguments, _known(parameters))
    requirements = read_requirements(view, over)
    check_sizes(view, job_definition, requirements, memory=name_of_memory(over))
    check_array(arguments, job_definition, paths.get("array_size"))
    check_said(job_definition, [*of_containers, *sizes_said(view, over)])
    return JobToSubmit(
        scope=arguments.construct,
        queue=queue,
        job_definition=job_definition,
        job_name=_name(arguments, id, name),
        array_size=arguments.number("array_size", paths.get("array_size"), bound=ARRAY_SIZE),
        parameters=parameters,
        environment=variables,
        command=words,
        share_identifier=share,
        scheduling_priority=rank,
        timeout_seconds=read_timeout(*chosen("timeout")),
        tags=tags,
        requirements=requirements,
    )


_TEXTS = ("command", "environment", "share_identifier", "tags")
"""The fields of overrides that may be a field of an event."""


def check_places(arguments: Arguments, queue: Any, job_definition: Any) -> None:
    """Note a queue of another place than what submits to it, and a definition of yet another."""
    if not is_job_queue(queue):
        return
    arn = job_queue_arn(queue)
    problem = elsewhere(arguments.construct, arn, SUBMIT_THERE, resource=queue)
    if problem is not None:
        arguments.wrong_value(f"queue: {problem}")
    elif is_job_definition(job_definition):
        problem = apart_from(job_definition, queue)
        if problem is not None:
            arguments.wrong_value(f"job_definition: {problem}")


def safe_name(text: str) -> str:
    """Make a job's name of any text."""
    return NOT_IN_A_JOB_NAME.sub("-", text).strip("-_") or "job"


def check_share(
    arguments: Arguments,
    queue: AnyJobQueue,
    share: Any,
    *,
    may_come_later: bool = False,
) -> None:
    """Note a share identifier that is missing, malformed, or too much for the queue."""
    fair = is_fair_share(queue)
    if share is None:
        if fair and not may_come_later:
            arguments.wrong_value(
                "share_identifier is left out, but the queue has a scheduling policy, and AWS "
                "Batch refuses a submission without one: give one of its shares"
            )
        return
    if not is_field(share) and (
        arguments.bounded("share_identifier", share, SHARE_IDENTIFIER) is UNKNOWN
    ):
        return
    if fair is False:
        arguments.wrong_value(
            f"share_identifier is {shown(share)}, but the queue has no scheduling policy, "
            "and AWS Batch refuses one there: leave it out, or give the queue a scheduling policy"
        )


def check_priority(arguments: Arguments, queue: AnyJobQueue, priority: object) -> None:
    """Note a priority within a share where there are no shares."""
    if priority not in (None, UNKNOWN) and is_fair_share(queue) is False:
        arguments.wrong_value(
            "scheduling_priority is given, but the queue has no scheduling policy, and AWS Batch "
            "ignores it there: leave it out, or give the queue a scheduling policy"
        )


def check_length(arguments: Arguments, command: Any, variables: Mapping[str, Any]) -> None:
    """Note more than ECS takes; nobody knows how long a token or a field of an event is."""
    known = _known(variables)
    words = [*_known(words_of(command)).values()]
    length = overrides_length(
        {"command": words, "environment": [{"name": n, "value": v} for n, v in known.items()]}
    )
    if length > OVERRIDES_BYTES:
        arguments.wrong_value(
            f"command and environment have {length} characters together; "
            f"{allowed(f'at most {OVERRIDES_BYTES}')} as overrides of ECS: put long values into "
            "the job definition or into S3"
        )


def _known(texts: Mapping[Any, Any]) -> dict[Any, str]:
    """Leave out of texts what is none, or is known later."""
    return {
        place: text
        for place, text in texts.items()
        if isinstance(text, str)
        and isinstance(place, str | int)
        and not is_token(text)
        and not is_field(text)
    }


def words_of(command: Any) -> dict[Any, str]:
    """Return the words of a command by their place; of one that is a token nobody knows any."""
    known = isinstance(command, list) and not is_token(command)
    return dict(enumerate(command)) if known else {}


def by_place(parameter: str, values: Mapping[Any, Any]) -> dict[str, Any]:
    """Call the values of a mapping, or the words of a command, by their places."""
    return {f"{parameter}[{shown(place)}]": value for place, value in values.items()}


def check_no_fields(arguments: Arguments, texts: Mapping[str, Any], because: str | None) -> None:
    """Note texts that are fields of an event where none can be; without a reason they can."""
    for where, text in texts.items():
        if because is not None and is_field(text):
            arguments.wrong_value(f"{where} is {shown(text)}, a field of an event, but {because}")


_OF_A_NAME = (
    "a name can only contain letters, digits, hyphens and underscores, and a field may contain "
    "others: leave it out, or give a text; environment and overrides.tags accept fields"
)


def _name(arguments: Arguments, id: str, job_name: str | None) -> Any:
    if job_name is None:
        return safe_name(id)
    return arguments.text("job_name", job_name, bound=None if is_field(job_name) else JOB_NAME)
