"""Events of other accounts and Regions on one bus: what takes them, and what sends them.

EventBridge carries events to a bus of another account or Region, from rules there.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from batch_constructs.arguments import Arguments
from batch_constructs.aws import batch_events
from batch_constructs.aws.actions import EVENTS_PUT_EVENTS, PRINCIPAL_ORGANIZATION
from batch_constructs.aws.bound import shown
from batch_constructs.aws.names import (
    ACCOUNT,
    ACCOUNT_ID_LENGTH,
    DEFAULT_EVENT_BUS,
    EVENT_BUS,
    ORGANIZATION,
)
from batch_constructs.aws.quotas import EVENT_BUS_NAME, EVENT_BUS_POLICY_CHARACTERS
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.construct import BatchConstruct, own_account
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.function_alarms import WatchedDelivery, delivery_alarms, tell
from batch_constructs.monitoring.watched_resources import watched_queues
from batch_constructs.queue_senders import admit_rules
from batch_constructs.tokens import is_token
from batch_constructs.topic import topic_argument

from .rule_patterns import patterns_that_fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.queues.any_job_queue import AnyJobQueue

DEFAULT_BUS_NAME = "batch-events"


class CentralEventBus(BatchConstruct):
    """An event bus that only accepts AWS Batch's events from other accounts and Regions.

    ``JobNotifications``, ``JobEventLog`` and ``JobCounters`` use it with ``event_bus=…``;
    ``ForwardedEvents`` sends them, in a stack of each account and Region.

    Creates, below its own ID: ``Resource`` (AWS::Events::EventBus), and ``Accounts`` and
    ``Organization`` (AWS::Events::EventBusPolicy) where they are given.

    Attributes:
        event_bus: The bus.
        event_bus_arn: Its ARN, which ``ForwardedEvents`` takes.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        accounts: Accounts that can send events; the stack's own account can, from any Region.
            Default: none.
        organization_id: The ID of an organization (``o-…``) whose accounts can all send events.
            Default: none.
        event_bus_name: Its name. Default: ``batch-events``.

    Raises:
        ValueError: something that is not an account or an organization; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
    """

    event_bus: events.IEventBus
    event_bus_arn: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        accounts: Sequence[str] | None = None,
        organization_id: str | None = None,
        event_bus_name: str = DEFAULT_BUS_NAME,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        listed = arguments.texts("accounts", accounts, bound=ACCOUNT)
        organization = arguments.text("organization_id", organization_id, bound=ORGANIZATION)
        name = arguments.text("event_bus_name", event_bus_name, required=True, bound=EVENT_BUS_NAME)
        _expect_room(arguments, listed)
        arguments.refuse()

        self._resource = events.CfnEventBus(self, "Resource", name=str(name))
        self.event_bus_arn = self._resource.attr_arn
        self.event_bus = events.EventBus.from_event_bus_attributes(
            self,
            "Bus",
            event_bus_arn=self._resource.attr_arn,
            event_bus_name=self._resource.ref,
            event_bus_policy="",
        )
        only = {"events:source": batch_events.SOURCE}
        statements: list[dict[str, Any]] = []
        if listed:
            statements.append(self._let("Accounts", {"AWS": list(listed)}, {"StringEquals": only}))
        if organization is not None:
            conditions = {"StringEquals": {**only, PRINCIPAL_ORGANIZATION: organization}}
            statements.append(self._let("Organization", "*", conditions))
        for statement in statements:
            events.CfnEventBusPolicy(
                self,
                f"{statement['Sid']}",
                event_bus_name=self._resource.ref,
                statement_id=f"Batch{statement['Sid']}",
                statement=statement,
            )

    def _let(self, sid: str, principal: Any, conditions: dict[str, Any]) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": EVENTS_PUT_EVENTS,
            "Resource": self._resource.attr_arn,
            "Condition": conditions,
        }


def _expect_room(arguments: Arguments, accounts: Any) -> None:
    """Refuse more accounts than the policy of a bus has room for."""
    count = len(accounts) if isinstance(accounts, list) else 0
    most = (EVENT_BUS_POLICY_CHARACTERS - _AROUND_ACCOUNTS) // (ACCOUNT_ID_LENGTH + len('"",'))
    if count > most:
        arguments.wrong_value(
            f"accounts has {count} entries; allowed: at most {most}, for which the policy of an "
            f"event bus has room ({EVENT_BUS_POLICY_CHARACTERS} characters): give organization_id"
        )


_AROUND_ACCOUNTS: Final = 1100
"""Characters of the policy beside the accounts: both statements, with the longest name of a bus."""


class ForwardedEvents(BatchConstruct):
    """Forwards AWS Batch's events about jobs and blocked queues to an event bus elsewhere.

    Creates, below its own ID: ``Resource`` (AWS::Events::Rule), ``Role`` (AWS::IAM::Role, which can
    put events on that bus and nothing else) and ``DeadLetterQueue`` (AWS::SQS::Queue). If there are
    too many queues for one rule, also ``Resource1`` and so on (AWS::Events::Rule).

    Attributes:
        resource: The L1 rule, the first one if there are several.
        role: The role with which EventBridge sends.
        dead_letter_queue: The events that could not be sent.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        event_bus_arn: The ARN of the bus, of another Region or account.
        queues: The queues whose events are sent. Default: all in the account and Region.
        alarm_topic: Receives alarms (below ``Alarms``) about events in the dead-letter queue, and
            events that could not even be put there. Default: none.

    Raises:
        ValueError: something that is not the ARN of a bus, a queue in another account or Region, or
            a topic that would drop the alarms; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
    """

    resource: events.CfnRule
    role: iam.Role
    dead_letter_queue: sqs.Queue

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        event_bus_arn: str,
        queues: Sequence[AnyJobQueue] | None = None,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        told = topic_argument(arguments, "alarm_topic", alarm_topic)
        arn = arguments.text("event_bus_arn", with_tokens(event_bus_arn), required=True)
        if isinstance(arn, str) and not is_token(arn) and EVENT_BUS not in arn:
            arguments.wrong_value(
                f"event_bus_arn is {shown(arn)}; expected the ARN of an event bus, "
                "which CentralEventBus.event_bus_arn gives"
            )
        stack = Stack.of(self)
        if str(arn).endswith(
            f":events:{stack.region}:{stack.account}{EVENT_BUS}{DEFAULT_EVENT_BUS}"
        ):
            arguments.wrong_value(
                f"event_bus_arn is {shown(arn)}, the bus that these events already arrive on: "
                "name another bus"
            )
        arguments.of_this_partition("event_bus_arn", arn)
        watched = watched_queues(arguments, queues, needed=False)
        arguments.refuse()

        here = iam.ServicePrincipal(EVENTS, conditions=own_account())
        self.role = iam.Role(self, "Role", assumed_by=here)
        self.role.add_to_policy(
            iam.PolicyStatement(actions=[EVENTS_PUT_EVENTS], resources=[str(arn)])
        )
        self.dead_letter_queue = dead_letter_queue(self)
        admit_rules(self.dead_letter_queue)
        patterns = patterns_that_fit([one.arn for one in watched], _of_queues)
        target = {
            "id": "Bus",
            "arn": str(arn),
            "roleArn": self.role.role_arn,
            "deadLetterConfig": {"arn": self.dead_letter_queue.queue_arn},
        }
        rules = [
            events.CfnRule(self, f"Resource{number or ''}", event_pattern=pattern, targets=[target])
            for number, pattern in enumerate(patterns)
        ]
        for rule in rules:
            rule.node.add_dependency(self.role)
        self.resource = rules[0]
        delivery = WatchedDelivery(dead_letter_queue=self.dead_letter_queue, rules=rules)
        tell(self, delivery_alarms(delivery), told)


def _of_queues(arns: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of what AWS Batch tells of some queues; without any, of all."""
    kinds = [batch_events.JOB_STATE_CHANGE, *batch_events.QUEUE_BLOCKED]
    pattern: dict[str, Any] = {"source": [batch_events.SOURCE], "detail-type": kinds}
    return {**pattern, "detail": {"jobQueue": [*arns]}} if arns else pattern
