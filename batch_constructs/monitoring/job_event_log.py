"""A log of what AWS Batch says, for people to ask: no code, EventBridge writes it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_events as events

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import own_region
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import log_group_in_arn
from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.event_bus import event_bus_argument, expect_forwarded
from batch_constructs.known_queue import arn_of
from batch_constructs.log_settings import LogSettings, log_settings
from batch_constructs.monitoring.watched_resources import heard_queues
from batch_constructs.one_call import OneCall
from batch_constructs.queue_senders import admit_rules
from batch_constructs.queues.job_event_patterns import blocked_pattern, state_change_pattern

from . import query_texts
from .console_address import console_address
from .event_log_policy import admit_event_bridge_to
from .rule_patterns import patterns_that_fit
from .saved_query import save_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.one_call import Made
    from batch_constructs.queues.any_job_queue import AnyJobQueue


class JobEventLog(BatchConstruct):
    """A log group of the jobs that failed and the queues that were blocked.

    The dashboard's table of last failures reads it. EventBridge writes to it directly. An event
    that AWS delivers twice is logged twice, but the saved queries show it once.

    Creates, below its own ID: ``LogGroup``, ``FailedRule`` (and ``FailedRule1``, … for many
    queues) and, below the ID of each queue, ``BlockedRule`` (AWS::Events::Rule),
    ``DeadLetterQueue`` (AWS::SQS::Queue), and the saved queries ``LastFailures``,
    ``FailuresByReason`` and ``BlockedQueues``.

    Attributes:
        log_group: The log group.
        dead_letter_queue: Events that EventBridge could not log.
        blocked_rules: The ``events.CfnRule`` for each blocked queue, by the queue's ARN.
        failed_rules: The rules for failed jobs.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s).
        event_bus: The bus that receives the queues' events. For queues in another Region or
            account, a rule there forwards the events to it. Default: the account's default bus.
        log_retention: How long events are kept. Default: a month.
        log_encryption_key: A key for the log group; CloudWatch Logs gets permission to use it.
            Default: the log service's own encryption.

    Raises:
        ValueError: no queue.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
    """

    blocked_rules: dict[str, events.CfnRule]
    failed_rules: list[events.CfnRule]
    dead_letter_queue: sqs.Queue
    log_group: logs.LogGroup

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        event_bus: events.IEventBus | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        bus = event_bus_argument(arguments, event_bus)
        watched = heard_queues(arguments, queues, bus)
        kept = log_settings(arguments, log_retention, log_encryption_key)
        arguments.refuse()

        log_group = event_log_group(self, kept)
        self._keep(log_group=log_group)
        self.dead_letter_queue = dead_letter_queue(self)
        admit_rules(self.dead_letter_queue)
        failed = patterns_that_fit(
            [queue.arn for queue in watched],
            lambda arns: state_change_pattern(queue_arns=arns, states=[JobState.FAILED.value]),
        )
        call, log = OneCall(self), EventLog(log_group, self.dead_letter_queue, bus)
        self._written_to = log.name
        of_failed = [
            log.add_rule(call, f"FailedRule{number or ''}", pattern)
            for number, pattern in enumerate(failed)
        ]
        blocked = {
            queue.arn: log.add_rule(
                call, f"{queue.id}/BlockedRule", blocked_pattern(queue_arns=[queue.arn])
            )
            for queue in watched
        }
        call.make(at_once=True)
        self.failed_rules = [rule.resource for rule in of_failed]
        self.blocked_rules = {arn: rule.resource for arn, rule in blocked.items()}
        for rule in (*of_failed, *blocked.values()) if bus is not None else ():
            expect_forwarded(rule.resource)
        last_failures = query_texts.last_failures(
            own_region() if bus is None else query_texts.REGION_OF_EVENT, console_address(self)
        )
        save_queries(
            self,
            [log.name],
            LastFailures=("last failures", last_failures),
            FailuresByReason=("failures by reason", query_texts.FAILURES_BY_REASON),
            BlockedQueues=("blocked queues", query_texts.BLOCKED_QUEUES),
        )


def written_to(log: JobEventLog) -> str:
    """Return the name of its log group, for which Python need not load that one's module."""
    return log._written_to  # noqa: SLF001  # of this module


def event_log_group(scope: Construct, kept: LogSettings) -> Made[logs.LogGroup]:
    """Make a log group (ID ``LogGroup``) that EventBridge may write to."""
    call = OneCall(scope)
    group = call.add(
        "aws_logs.LogGroup",
        "LogGroup",
        {
            "retention": kept.retention,
            "encryptionKey": kept.encryption_key,
            "removalPolicy": RemovalPolicy.DESTROY,
        },
        tell=["logGroupName", "logGroupArn"],
    )
    call.make(at_once=True)
    tell_checkov(group, "AWS::Logs::LogGroup", KmsKeyId=kept.encryption_key)
    admit_event_bridge_to(scope, group.attribute("logGroupArn"))
    return group


class EventLog:
    """Where rules write what they match: a log group, or else a queue.

    Attributes:
        name: The name of the log group.
    """

    def __init__(
        self,
        log_group: Made[logs.LogGroup],
        dead_letters: sqs.Queue,
        event_bus: events.IEventBus | None = None,
    ) -> None:
        self.name = log_group.attribute("logGroupName")
        self._dead_letters = arn_of(dead_letters)
        self._event_bus = None if event_bus is None else event_bus.event_bus_name

    def add_rule(self, call: OneCall, id: str, pattern: Mapping[str, Any]) -> Made[events.CfnRule]:
        """Have a rule made that writes there what it matches."""
        target = {
            "id": "Log",
            "arn": f"{arn_prefix('logs')}{log_group_in_arn(self.name)}",
            "deadLetterConfig": {"arn": self._dead_letters},
        }
        return call.add(
            "aws_events.CfnRule",
            id,
            {"eventBusName": self._event_bus, "eventPattern": dict(pattern), "targets": [target]},
        )
