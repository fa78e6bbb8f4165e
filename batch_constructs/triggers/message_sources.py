"""What sends the messages of a gateway: people and programs, topics, buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Annotations, Resource

from batch_constructs.arguments import Arguments
from batch_constructs.aws.role_actions import SEND_QUEUE_ACTIONS
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.by_way_of import let_send_with_key
from batch_constructs.construct import BatchConstruct
from batch_constructs.event_bus import event_bus_argument
from batch_constructs.function_alarms import tell, undelivered
from batch_constructs.grants import as_admitted
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.queue_senders import admit_event_bridge, admit_rule
from batch_constructs.queues.queue_rules import make_rule
from batch_constructs.tokens import is_token
from batch_constructs.topic import is_fifo
from batch_constructs.triggers.event_fields import OBJECT_CREATED_FIELDS
from batch_constructs.triggers.object_created_trigger import read_object_pattern, tell_event_bridge

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import aws_events as events
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

_OBJECT_KEY = OBJECT_CREATED_FIELDS["key"]


class MessageSources(BatchConstruct):
    """A queue of messages, and what sends them; the gateway makes the queue, and says how it is."""

    dead_letter_queue: sqs.Queue
    message_queue: sqs.Queue
    _fifo: bool
    _idempotency_key: Any
    _told: sns.ITopic | None

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._event_bridge_has_key = False
        self._rules: dict[str, events.CfnRule] = {}
        self._watchers: list[Callable[[str, events.CfnRule], None]] = [self._tell_of]

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a grantee to send messages; a service can send only on behalf of this account.

        To allow a service more, pass an ``iam.ServicePrincipal`` with its own conditions. The
        sender can use the queue's key only as SQS requires, and only through SQS.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the grantee is everyone.
        """
        sender = as_admitted(self, grantee)
        granted = self.message_queue.grant(sender, *SEND_QUEUE_ACTIONS)
        key = self.message_queue.encryption_master_key
        if getattr(grantee.grant_principal, "service", None) == EVENTS:
            admit_event_bridge(key)
        else:
            let_send_with_key(sender, key)
        return granted

    def add_topic(self, topic: sns.ITopic) -> sns.Subscription:
        """Turn the messages of an SNS topic into jobs; the body is the published message.

        The queue's policy allows the topic by its ARN as long as there is room (for about twenty of
        the longest ARNs), otherwise all topics of this account in the topics' Regions. Topics of
        another account are always allowed by their ARNs, as many as there is room for.

        Raises:
            TypeError: it is not a topic.
            ValueError: the gateway is FIFO and the topic is not, which SNS refuses; the gateway has
                the topic already; or the queue's policy has no room for it.
        """
        from batch_constructs.triggers.topic_subscription import subscribe  # noqa: PLC0415 - when used

        if not has_member(topic, "topic_arn"):
            raise TypeError(
                f"{self.node.path}: topic is {described(topic)}; expected an sns.ITopic"
            )
        is_known = not is_token(topic.topic_arn) or Resource.is_owned_resource(topic)
        if self._fifo and is_known and not is_fifo(topic):
            raise ValueError(
                f"{self.node.path}: topic is a standard topic, to which SNS subscribes no FIFO "
                "queue: give a FIFO topic, or use a gateway without fifo"
            )
        return subscribe(self.message_queue, topic)

    def add_bucket(
        self,
        id: str,
        bucket: s3.IBucket | s3.CfnBucket,
        *,
        prefix: str | None = None,
        suffix: str | None = None,
        event_bus: events.IEventBus | None = None,
    ) -> events.Rule:
        """Turn objects that are created in a bucket into jobs; the body is EventBridge's event.

        Give the gateway ``parameters={"key": "$.detail.object.key", …}``, and
        ``idempotency_key="$.id"``, since EventBridge delivers at least once. With the object's own
        key, a corrected file would be ignored for as long as messages are remembered, and you get a
        warning. ``"$.detail.object.sequencer"`` is different each time the object is written.

        The queue's policy allows the rule by name as long as it has room for names (about sixty),
        otherwise all rules of this account and Region.

        Args:
            id: ID of the rule that is created.
            bucket: As for ``ObjectCreatedTrigger``.
            prefix: Only keys with this prefix. Default: any.
            suffix: Only keys with this suffix. Default: any.
            event_bus: As for ``ObjectCreatedTrigger``.

        Raises:
            ValueError: the gateway is FIFO; EventBridge would have to set a message group. Or the
                bucket is in another Region or account, and no bus brings its events.
        """
        if self._fifo:
            raise ValueError(
                f"{self.node.path}: a FIFO gateway accepts no events of buckets, because they "
                "arrive in no order: use one without fifo"
            )
        arguments = Arguments(self)
        bus = event_bus_argument(arguments, event_bus)
        pattern = read_object_pattern(
            arguments, bucket=bucket, prefix=prefix, suffix=suffix, event_bus=bus
        )
        arguments.refuse(id)
        if self._idempotency_key == _OBJECT_KEY:
            Annotations.of(self).add_warning_v2(
                "batch-constructs:corrected-file",
                f"idempotency_key is {_OBJECT_KEY}, so a corrected file with the same key does "
                "not become a job while the first one is remembered (deduplication_window): use "
                "$.id or $.detail.object.sequencer",
            )
        way_out = "shorten prefix or suffix"
        rule = make_rule(self, id, pattern, way_out=way_out, event_bus=bus)
        resource: Any = rule.node.default_child
        resource.targets = [
            {
                "id": "Queue",
                "arn": self.message_queue.queue_arn,
                "deadLetterConfig": {"arn": self.dead_letter_queue.queue_arn},
            }
        ]
        for target in (self.message_queue, self.dead_letter_queue):
            admit_rule(self, target, rule.rule_arn, None if bus is None else bus.event_bus_name)
        if not self._event_bridge_has_key:  # one for both queues and all buckets
            admit_event_bridge(self.message_queue.encryption_master_key)
            self._event_bridge_has_key = True
        if bus is None:
            tell_event_bridge(bucket)
        self._rules[id] = resource
        for watcher in self._watchers:
            watcher(id, resource)
        return rule

    def _tell_of(self, id: str, rule: events.CfnRule) -> None:
        tell(cast("Construct", self.node.find_child(id)), undelivered([rule]), self._told)


def watch_rules(sources: MessageSources, watcher: Callable[[str, events.CfnRule], None]) -> None:
    """Call a function with the rule of each bucket, also of those that are added later."""
    sources._watchers.append(watcher)  # noqa: SLF001  # of the same file
    for rule_id, rule in sources._rules.items():  # noqa: SLF001
        watcher(rule_id, rule)
