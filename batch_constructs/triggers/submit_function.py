"""A Lambda function that submits, ready made, for whatever calls Lambda."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

from aws_cdk import Duration, Stack

from batch_constructs.arguments import Arguments
from batch_constructs.aws.actions import BATCH_DESCRIBE_JOBS, BATCH_LIST_JOBS
from batch_constructs.aws.admission import CONTAINER_MEMBERS, Admission
from batch_constructs.aws.overridden_containers import not_sayable
from batch_constructs.aws.quotas import FUNCTION_ENVIRONMENT_KB
from batch_constructs.aws.tags import COUNT
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.construct import BatchConstruct
from batch_constructs.enum_argument import member
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.function_permissions import FunctionPermissions
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.functions.submission.repeat import WHOSE
from batch_constructs.grants import as_admitted
from batch_constructs.jobs.queue_limit import tell_of_messages
from batch_constructs.jobs.submitted_containers import NO_ARRAY, is_multi_node
from batch_constructs.shared_arguments import spells_out
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.submission_overrides import number_text
from batch_constructs.tokens import without_tokens
from batch_constructs.topic import topic_argument
from batch_constructs.triggers.delivery_retries import check_dead_letter_queue, given_or_own_queue
from batch_constructs.triggers.job_to_submit import SubmissionArguments, read_job_to_submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.job_to_submit import JobToSubmit


@spells_out(SubmissionArguments, defaults={})
class SubmitFunction(BatchConstruct):
    """A Lambda function that submits one job for each invocation.

    Its event holds ``parameters`` and ``environment``, plain maps, and those members of
    ``SubmitJob`` (``containerOverrides``, ``arrayProperties``, ``shareIdentifier``, …) that
    ``allow`` names. A caller can decide nothing else. The function backs off when it is throttled.
    Of all events with the same ``jobName`` within sixteen days, only the first becomes a job. If
    AWS Batch does not accept a name (``order/1``), the job's name keeps the valid characters,
    followed by a digest of the whole.

    Creates, below its own ID: ``Function`` with ``Handler`` (AWS::Lambda::Function), ``Role`` and
    ``LogGroup``, ``Claims`` (AWS::DynamoDB::Table) and ``DeadLetterQueue`` (AWS::SQS::Queue).

    Attributes:
        dead_letter_queue: The events that did not become jobs; the function accepts them in this
            form.
        watched_function: What ``BatchMonitoring(functions=…)`` watches.
        function: The ``lambda_.Function``: a target, something to ``grant_invoke``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queue: The job queue: ours, an ``aws_batch`` L2 or an L1.
        job_definition: The job definition: ours, an ``aws_batch`` L2 or an L1.
        job_name: The prefix of the names of jobs whose event has no name. Default: the construct's
            ID.
        array_size: For events without one: children of an array job, 2 to 10,000. Default: not an
            array.
        parameters: Values for the definition's ``Ref::`` placeholders; those of an event are added
            and take precedence. Default: the definition's.
        environment: Environment variables, added to the definition's; those of an event are added
            and take precedence. Default: none.
        command: For events without one. Default: the definition's.
        share_identifier: For events without one. Required by a queue with a scheduling policy.
        scheduling_priority: For events without one, 0 to 9999.
        timeout: For events without one: time limit of one attempt, at least a minute. Default: the
            definition's.
        overrides: ``SubmissionOverrides``: sizes, retries, tags, and whatever has no parameter of
            its own; for events without them.
        allow: What an event can set besides parameters and environment variables, such as
            ``Admission.COMMAND`` or ``"array_size"``; an event with more is refused. Default:
            nothing.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function. Default: none.
        dead_letter_queue: A queue for asynchronous events that did not become jobs after two
            retries, for example because the job queue is disabled. Default: a new one.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, or
            puts something into the dead-letter queue. Default: none.

    Raises:
        ValueError: arguments that AWS would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    """

    dead_letter_queue: sqs.IQueue
    watched_function: WatchedFunction
    function: lambda_.Function

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        allow: Sequence[Admission | str] | None = None,
        function_settings: FunctionSettings | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        alarm_topic: sns.ITopic | None = None,
        **shared: Unpack[SubmissionArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        admitted = read_allow(arguments, allow)
        job = read_job_to_submit(
            arguments,
            id,
            queue=queue,
            job_definition=job_definition,
            **shared,
            shares_may_come_later=Admission.SHARE_IDENTIFIER in admitted,
            no_fields=_SAID_BY_THE_EVENT,
        )
        check_admitted(arguments, job, admitted)
        check_told(arguments, job)
        _check_room_for_a_tag(arguments, job)
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        check_dead_letter_queue(arguments, dead_letter_queue)
        alarmed = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.refuse()

        self.dead_letter_queue = given_or_own_queue(self, dead_letter_queue)
        claims = ClaimsTable(self, settings)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="submission",
            module="submit",
            description="Submits one AWS Batch job for each invocation",
            environment={**claims.environment(), **told(self, job), **told_allow(admitted)},
            statements=[*job.statements(tagging=True), FIND_JOBS, *claims.statements()],
            timeout=Duration.minutes(1),
            dead_letter_queue=self.dead_letter_queue,
            settings=settings,
        )
        self.function = shipped.handler
        self.watched_function = WatchedFunction(
            handler=self.function, dead_letter_queue=self.dead_letter_queue
        )
        self._permissions = FunctionPermissions(self, self.function)
        watch(self, self.watched_function, alarmed, settings)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a grantee to call the function; a service only for this account.

        To allow a service more, pass an ``iam.ServicePrincipal`` with its own conditions.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the grantee is everybody, or the function's policy has no room for one more
                service or account.
        """
        grant = self.function.grant_invoke(as_admitted(self, grantee))
        self._permissions.refuse_what_has_no_room()
        return grant


_SAID_BY_THE_EVENT = (
    "these are the values for events without any: write the value itself, and let the callers of "
    "the function send the others"
)


def told(scope: Construct, job: JobToSubmit) -> dict[str, str]:
    """Tell a function of ours what it submits, in its environment variables."""
    variables = {
        "JOB_QUEUE": job.queue_arn,
        "JOB_DEFINITION": job.definition_arn,
        "NAME_PREFIX": job.name_prefix,
    }
    if job.share_identifier is not None:
        variables["SHARE_IDENTIFIER"] = job.share_identifier
    if job.scheduling_priority is not None:
        variables["SCHEDULING_PRIORITY"] = number_text(job.scheduling_priority)
    defaults = job.defaults()
    if defaults:
        variables["DEFAULTS"] = Stack.of(scope).to_json_string(defaults)
    if job.containers is not None:
        told_containers = [one.told() for one in job.containers]
        variables["CONTAINERS"] = Stack.of(scope).to_json_string(told_containers)
    return variables


def read_allow(arguments: Arguments, allow: Sequence[Admission | str] | None) -> list[Admission]:
    """Read what a message or an event may set beside parameters and environment."""
    expected = 'strings such as "command", or Admission'
    read = [
        member(arguments, f"allow[{place}]", one, Admission)
        for place, one in enumerate(arguments.items("allow", allow, expected))
    ]
    return [one for one in Admission if one in read]


def check_admitted(arguments: Arguments, job: JobToSubmit, admitted: Sequence[Admission]) -> None:
    """Note what is admitted and AWS Batch would refuse of every event."""
    if Admission.ARRAY_SIZE in admitted and is_multi_node(job.job_definition):
        arguments.wrong_value(
            f'allow has "{Admission.ARRAY_SIZE}", but the job is multi-node, {NO_ARRAY}: leave it '
            "out"
        )
    if Admission.CONSUMABLE_RESOURCES in admitted:
        tell_of_messages(arguments.construct, job.queue)
    for one in admitted if job.containers is not None else ():
        member = CONTAINER_MEMBERS.get(one)
        why = None if member is None else not_sayable(member, job.containers or ())
        if why is not None:
            arguments.wrong_value(
                f'allow has "{one}", but {why}: leave it out, or allow "{Admission.CONTAINERS}", '
                f'"{Admission.NODES}" or "{Admission.PODS}", and let each event set it in the '
                "form that SubmitJob accepts for such a job"
            )


def told_allow(admitted: Sequence[Admission]) -> dict[str, str]:
    """Tell a function of ours what messages may set."""
    return {"ALLOW": ",".join(admitted)} if admitted else {}


MOST_BYTES_TOLD = 2500
"""Of the 4 KB of a function's environment variables, what ARNs and names surely leave."""


def check_told(arguments: Arguments, job: JobToSubmit) -> None:
    """Note more than a function has room for."""
    if arguments.problems:
        return
    length = len(json.dumps(without_tokens(job.defaults()), separators=(",", ":"), default=str))
    if length > MOST_BYTES_TOLD:
        arguments.wrong_value(
            f"parameters, environment, command and overrides are {length} bytes of JSON; "
            f"allowed: {MOST_BYTES_TOLD}, because Lambda allows {FUNCTION_ENVIRONMENT_KB} KB of "
            "environment variables: put long values into the job definition or into S3"
        )


def _check_room_for_a_tag(arguments: Arguments, job: JobToSubmit) -> None:
    """Note so many tags that the function could not tell its jobs from those of another."""
    count, most = len(job.tags), COUNT.high - 1
    if count == COUNT.high:
        arguments.wrong_value(
            f"overrides has {count} tags; allowed: {most}, because the function adds one, "
            f"{WHOSE}, by which it knows its job after a lost answer: leave one of them out"
        )


LIST_JOBS = {
    "Effect": "Allow",
    "Action": BATCH_LIST_JOBS,
    "Resource": "*",  # AWS knows no resources for ListJobs
}
"""To find a job by its name before it is submitted again."""

FIND_JOBS = {**LIST_JOBS, "Action": [BATCH_DESCRIBE_JOBS, BATCH_LIST_JOBS]}
"""The same, where others may give their jobs that name."""
