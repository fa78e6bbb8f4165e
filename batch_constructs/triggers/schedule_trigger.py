"""Jobs by the clock: EventBridge Scheduler submits them itself, without a Lambda function.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Unpack

from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import own_partition
from batch_constructs.aws.bound import refused, shown
from batch_constructs.aws.delivery import WINDOW_MINUTES, WITH_WINDOW, WITHOUT_WINDOW
from batch_constructs.aws.metrics import DEFAULT_SCHEDULE_GROUP
from batch_constructs.aws.names import SCHEDULER_SUBMIT_JOB
from batch_constructs.aws.quotas import DESCRIPTION, SCHEDULE_NAME
from batch_constructs.aws.role_actions import DECRYPT
from batch_constructs.aws.schedule_expression import is_rate, problem_with
from batch_constructs.aws.service_principals import SCHEDULER
from batch_constructs.by_way_of import put_aside_statements
from batch_constructs.construct import BatchConstruct, given, own_account
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.encryption_key import key_argument
from batch_constructs.function_alarms import WatchedDelivery, delivery_alarms, tell
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_queue import arn_of
from batch_constructs.one_call import OneCall, as_json, new
from batch_constructs.role_policies import as_document
from batch_constructs.shared_arguments import only, spells_out
from batch_constructs.tokens import is_token
from batch_constructs.topic import topic_argument
from batch_constructs.triggers.delivery_retries import (
    DEFAULTS,
    DeliveryArguments,
    given_or_own_queue,
    read_retries,
)
from batch_constructs.triggers.job_to_submit import SubmissionArguments, read_job_to_submit

if TYPE_CHECKING:
    from aws_cdk import Duration, TimeZone
    from aws_cdk import aws_events as events
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.event_trigger import TriggerArguments

_DEFAULT_ZONE = "Etc/UTC"
"""What the CDK's ScheduleExpression says when it was given none."""

_GOES_BY_NO_CLOCK = (
    "a rate, which has no time of day: leave it out, or write cron(…) for a time of day"
)

_NO_EVENT = (
    "a schedule has no event: write the value itself; the command of the job definition can "
    "contain any text"
)


@spells_out(SubmissionArguments, DeliveryArguments, defaults=DEFAULTS)
class ScheduleTrigger(BatchConstruct):
    """Submits a job on a schedule: at a rate, by cron, or once.

    Creates, below its own ID: ``Resource`` (AWS::Scheduler::Schedule), ``Role/Resource``
    (AWS::IAM::Role, which can submit this definition to this queue and do nothing else) and
    ``DeadLetterQueue/Resource`` (AWS::SQS::Queue, for submissions that failed permanently).

    Attributes:
        resource: The L1 schedule, for escape hatches.
        role: The role that the Scheduler uses.
        dead_letter_queue: The submissions that failed permanently.
        watched_delivery: What ``BatchMonitoring(triggers=…)`` watches.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queue: The job queue: ours, an ``aws_batch`` L2 or an L1.
        job_definition: The job definition: ours, an ``aws_batch`` L2 or an L1.
        schedule: ``"rate(1 hour)"``, ``"cron(0 3 * * ? *)"``, ``"at(2026-12-24T18:00:00)"``, or the
            CDK's ``ScheduleExpression`` or ``events.Schedule``.
        time_zone: The time zone of cron and at expressions, such as ``"Europe/Berlin"`` or
            ``TimeZone.EUROPE_BERLIN``, daylight saving included; not of rates. Default: UTC.
        flexible_time_window: How much later than scheduled the job may be submitted, 1 minute to a
            day. Default: exactly on schedule.
        start: Nothing is submitted before this ``datetime``, which needs a time zone; not with
            ``at``. Default: at once.
        end: Nothing is submitted after this time. Default: no end.
        dead_letter_queue: Your own queue. Default: a new one.
        alarm_topic: Receives alarms (below ``Alarms``) about submissions in the dead-letter queue,
            and submissions that could not even be put there. EventBridge Scheduler counts the
            latter for a whole schedule group, so another schedule in the group can also cause this
            alarm. Default: none.
        schedule_name: A physical name. Default: one that CloudFormation generates.
        schedule_group: The group it belongs to: the CDK's ``ScheduleGroup``, an L1, or its name.
            Default: the account's default group.
        encryption_key: Encrypts what the schedule submits; the role may decrypt with it. Default: a
            key of the service.
        description: What the schedule is for.

    Raises:
        ValueError: arguments that AWS would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-scheduler-schedule.html
    """

    dead_letter_queue: sqs.IQueue
    resource: scheduler.CfnSchedule
    role: iam.Role
    watched_delivery: WatchedDelivery

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        schedule: str | scheduler.ScheduleExpression | events.Schedule,
        time_zone: str | TimeZone | None = None,
        flexible_time_window: Duration | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        schedule_name: str | None = None,
        schedule_group: scheduler.IScheduleGroup | scheduler.CfnScheduleGroup | str | None = None,
        encryption_key: kms.IKey | None = None,
        description: str | None = None,
        **shared: Unpack[TriggerArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        job = read_job_to_submit(
            arguments,
            id,
            queue=queue,
            job_definition=job_definition,
            no_fields=_NO_EVENT,
            **only(SubmissionArguments, shared),
        )
        retries = read_retries(arguments, shared)
        properties = given(
            scheduleExpression=_expression(arguments, schedule),
            scheduleExpressionTimezone=_time_zone(arguments, schedule, time_zone),
            flexibleTimeWindow=_window(arguments, flexible_time_window),
            startDate=_moment(arguments, "start", start),
            endDate=_moment(arguments, "end", end),
            state=arguments.state("enabled", shared["enabled"]),
            name=arguments.text("schedule_name", schedule_name, bound=SCHEDULE_NAME),
            groupName=_group(arguments, schedule_group),
            description=arguments.text("description", description, bound=DESCRIPTION),
        )
        key_argument(arguments, "encryption_key", encryption_key)
        told = topic_argument(arguments, "alarm_topic", shared["alarm_topic"])
        _check_order(arguments, start, end)
        _check_once(arguments, properties["scheduleExpression"], start=start, end=end)
        arguments.refuse()

        self.dead_letter_queue = given_or_own_queue(self, shared["dead_letter_queue"])
        statements = [*job.statements(), *put_aside_statements(self.dead_letter_queue)]
        if encryption_key is not None:
            properties["kmsKeyArn"] = encryption_key.key_arn
            decrypt = {"Effect": "Allow", "Action": DECRYPT}
            statements.append({**decrypt, "Resource": encryption_key.key_arn})
        call = OneCall(self)
        principal = new("aws_iam.ServicePrincipal", SCHEDULER, {"conditions": own_account()})
        role = call.add(
            "aws_iam.Role",
            "Role",
            {"assumedBy": principal, "inlinePolicies": {"Submit": as_document(statements)}},
        )
        resource = call.add(
            "aws_scheduler.CfnSchedule",
            "Resource",
            {
                "target": {
                    "arn": f"arn:{own_partition()}:{SCHEDULER_SUBMIT_JOB}",
                    "roleArn": role.attribute("roleArn"),
                    "input": as_json(job.request()),
                    "retryPolicy": retries.as_l1(),
                    "deadLetterConfig": {"arn": arn_of(self.dead_letter_queue)},
                },
                **properties,
            },
        )
        call.make(at_once=True)
        self._keep(role=role, resource=resource)
        self.watched_delivery = WatchedDelivery(
            dead_letter_queue=self.dead_letter_queue,
            schedule_group=properties.get("groupName", DEFAULT_SCHEDULE_GROUP),
        )
        tell(self, delivery_alarms(self.watched_delivery), told)


def _group(arguments: Arguments, group: Any) -> Any:
    """Read a schedule group's name: the CDK's, an L1's, or a name."""
    if has_member(group, "schedule_group_name"):
        arguments.of_this_place(
            "schedule_group",
            group,
            "a schedule is in a group of its own Region and account: give one of these, or leave "
            "it out",
            str(group.schedule_group_arn),
        )
        return group.schedule_group_name
    if has_member(group, "schedule_group_ref"):
        return group.schedule_group_ref.schedule_group_name
    return arguments.text("schedule_group", group, bound=SCHEDULE_NAME)


def _expression(arguments: Arguments, schedule: Any) -> Any:
    text = schedule if isinstance(schedule, str) else getattr(schedule, "expression_string", None)
    if not isinstance(text, str):
        return arguments.wrong_type(
            "schedule", schedule, 'an expression such as "rate(1 hour)" or "cron(0 3 * * ? *)"'
        )
    text = with_tokens(text)
    problem = None if is_token(text) else problem_with(text)
    return (
        text if problem is None else arguments.wrong_value(f"schedule is {shown(text)}; {problem}")
    )


def _time_zone(arguments: Arguments, schedule: Any, given_zone: Any) -> Any:
    if has_member(given_zone, "timezone_name"):
        given_zone = given_zone.timezone_name  # the CDK's TimeZone
    zone = arguments.text("time_zone", with_tokens(given_zone))
    expression_zone = getattr(schedule, "time_zone", None)  # of a ScheduleExpression
    own = None if expression_zone is None else expression_zone.timezone_name
    if is_rate(getattr(schedule, "expression_string", schedule)):
        if zone is not None:
            return arguments.wrong_value(f"time_zone is given with {_GOES_BY_NO_CLOCK}")
        if own not in {None, _DEFAULT_ZONE}:
            return arguments.wrong_value(f"schedule has a time zone with {_GOES_BY_NO_CLOCK}")
    if zone is None:
        return own
    if own not in {None, zone, _DEFAULT_ZONE}:
        return arguments.wrong_value(
            f"time_zone is {shown(zone)}, but schedule has a time zone of its own, {shown(own)}: "
            "leave one of them out"
        )
    if isinstance(zone, str) and not is_token(zone) and _is_unknown_zone(zone):
        return arguments.wrong_value(
            f"time_zone {refused(zone, 'names of the IANA database such as Europe/Berlin or UTC')}"
        )
    return zone


def _is_unknown_zone(name: str) -> bool:
    from zoneinfo import available_timezones  # noqa: PLC0415 - reads files; used only here

    known = available_timezones()
    return bool(known) and name not in known  # a machine may have no database


def _window(arguments: Arguments, window: Duration | None) -> Any:
    minutes = arguments.minutes("flexible_time_window", window)
    if minutes is None:
        return {"mode": WITHOUT_WINDOW}
    return {
        "mode": WITH_WINDOW,
        "maximumWindowInMinutes": arguments.bounded(
            "flexible_time_window", minutes, WINDOW_MINUTES
        ),
    }


def _moment(arguments: Arguments, parameter: str, moment: Any) -> Any:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return arguments.wrong_type(parameter, moment, "a datetime with a time zone")
    if moment.tzinfo is None:
        return arguments.wrong_value(
            f"{parameter} is {moment.isoformat()} without a time zone: write "
            "datetime(…, tzinfo=timezone.utc)"
        )
    # CloudFormation refuses a moment without milliseconds (delivery.SCHEDULE_DATE)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _check_once(arguments: Arguments, expression: Any, **moments: datetime | None) -> None:
    """Note when a schedule begins or ends that runs once, which Scheduler ignores."""
    known = isinstance(expression, str) and not is_token(expression)
    once = known and expression.lower().startswith("at(")
    for parameter, moment in moments.items():
        if once and moment is not None:
            arguments.wrong_value(
                f"{parameter} is given with the one moment of {shown(expression)}, and EventBridge "
                "Scheduler ignores it there: leave it out"
            )


def _check_order(arguments: Arguments, start: Any, end: Any) -> None:
    both = isinstance(start, datetime) and isinstance(end, datetime)
    if both and start.tzinfo and end.tzinfo and end <= start:
        arguments.wrong_value(
            f"end is {end.isoformat()}, not after start, {start.isoformat()}, so nothing would run"
        )
    if isinstance(end, datetime) and end.tzinfo and end <= datetime.now(UTC):
        arguments.wrong_value(
            f"end is {end.isoformat()}, which is in the past, so nothing would run"
        )
