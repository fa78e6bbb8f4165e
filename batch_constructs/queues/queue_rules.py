"""Rules of EventBridge on what AWS Batch tells of a queue, of whatever kind.

https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import made_up_if_needed
from batch_constructs.aws.bound import as_text, meant, one_of, refused
from batch_constructs.aws.job_states import WITH_EVENTS, JobState
from batch_constructs.aws.quotas import DESCRIPTION, RULE_NAME
from batch_constructs.construct import BuiltUpon
from batch_constructs.event_bus import expect_forwarded
from batch_constructs.known_scope import known_scope
from batch_constructs.one_call import Made, OneCall, members
from batch_constructs.place import elsewhere
from batch_constructs.queues.job_event_patterns import blocked_pattern, refuse_pattern
from batch_constructs.tokens import is_made_up

if TYPE_CHECKING:
    from abc import abstractmethod
    from collections.abc import Sequence

    from aws_cdk import aws_events as events
    from constructs import Construct, IConstruct

    from batch_constructs.queues.rule_target import RuleTarget

TOLD_THERE = "AWS Batch publishes it only there: monitor it from a stack there"
"""Why a queue or an environment of another Region or account cannot be watched from here."""


def read_states(
    arguments: Arguments,
    states: Any,
    known: Sequence[str] = WITH_EVENTS,
    *,
    required: bool = False,
) -> list[str]:
    """Read ``states`` of jobs that somebody asks for; None, where it may be, asks for all."""
    some = required or states is not None
    listed = arguments.items("states", states, one_of(known), some=some)
    for place, state in enumerate(listed):
        if state not in known:
            hint = meant(state, known)
            if state == JobState.SUBMITTED:
                hint = ": AWS Batch sends no event when a job is submitted"
            arguments.wrong_value(f"states[{place}] {refused(state, one_of(known))}{hint}")
    return [as_text(state) for state in listed]


class QueueRules(BuiltUpon):
    """What the rules on every kind of queue share: how they are made, and what they refuse."""

    if TYPE_CHECKING:  # every queue has it

        @property
        @abstractmethod
        def job_queue_arn(self) -> str:
            """The ARN of the queue."""

    def on_queue_blocked(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Create a rule for a blocked queue, where the job at the head cannot start.

        Args:
            id: The ID of the rule, below the queue.
            target: The target of the event: a Lambda function, an SNS topic, an SQS queue, or any
                target of ``aws_events_targets``. Default: none until ``add_target``.
            description: What the rule is for.
            rule_name: A physical name. Default: one that CloudFormation generates.

        Returns:
            The rule (AWS::Events::Rule).

        https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
        """
        pattern = blocked_pattern(queue_arns=[self.job_queue_arn])
        arguments = Arguments(self._scope())
        return self._rule(
            arguments, id, pattern, target=target, description=description, rule_name=rule_name
        )

    def _whose(self) -> object:
        """Return the queue itself."""
        return self

    def _scope(self) -> Construct:
        """Return the construct that rules are made below."""
        return cast("Construct", self)

    def _rule(
        self,
        arguments: Arguments,
        id: str,
        pattern: dict[str, Any],
        **options: Any,
    ) -> events.Rule:
        problem = elsewhere(
            arguments.construct, self.job_queue_arn, TOLD_THERE, resource=self._whose()
        )
        if problem is not None:
            arguments.wrong_value(problem)
        return rule_to(arguments, id, pattern, **options)


FEWER_DEFINITIONS: Final = "give fewer job_definitions here, and the others to a second"
"""What to do where the names of definitions are too long for one rule; what is second follows."""


def rule_to(
    arguments: Arguments,
    id: str,
    pattern: dict[str, Any],
    *,
    target: RuleTarget | None,
    description: str | None,
    rule_name: str | None,
) -> events.Rule:
    """Make a rule with the target that was given, if one was.

    Raises:
        ValueError: the rule's name is wrong, or what the arguments know of already.
    """
    from batch_constructs.queues.target_place import (  # noqa: PLC0415 - loads aws_events
        check_target,
        rule_target,
    )

    scope = arguments.construct
    name = arguments.text("rule_name", rule_name, bound=RULE_NAME)
    text = arguments.text("description", description, bound=DESCRIPTION)
    check_target(arguments, target)
    arguments.refuse(id)
    rule = make_rule(
        scope,
        id,
        pattern,
        way_out=f"{FEWER_DEFINITIONS} rule",
        description=text,
        rule_name=name,
    )
    if target is not None:
        try:
            rule.add_target(rule_target(scope, target, "target"))
        except Exception:
            scope.node.try_remove_child(id)
            raise
    return rule


def make_rule(
    scope: Construct,
    id: str,
    pattern: dict[str, Any],
    *,
    way_out: str,
    targets: Sequence[Any] = (),
    description: str | None = None,
    rule_name: str | None = None,
    event_bus: events.IEventBus | None = None,
) -> events.Rule:
    """Make a rule on the account's default event bus, where AWS Batch sends its events.

    On another bus are events of other Regions and accounts. The way out is what to do, by the
    user's own parameter, about a pattern that is too long.

    Raises:
        ValueError: a pattern that EventBridge refuses: it names too much.
    """
    refuse_pattern(f"{known_scope(scope).path}/{id}", pattern, way_out=way_out)
    named = rule_name is not None and not is_made_up(rule_name)  # the CDK would refuse that one
    call = OneCall(scope)
    made: Made[events.Rule] = call.add(
        "aws_events.Rule",
        id.replace("/", "--"),  # as the CDK calls it
        {
            "eventBus": event_bus,
            "description": description,
            "ruleName": rule_name if named else made_up_if_needed(),
            "targets": list(targets),
            "eventPattern": {
                "detail": pattern.get("detail"),
                "detailType": pattern["detail-type"],
                "source": pattern["source"],
            },
        },
    )
    call.make(at_once=True)
    rule = made.resource
    if event_bus is not None:
        expect_forwarded(cast("IConstruct", rule.node.default_child))
    return rule


def resources_of(rules: Sequence[events.Rule]) -> list[events.CfnRule]:
    """Return the L1s of rules."""
    return [cast("events.CfnRule", members(rule, "node.defaultChild")[0]) for rule in rules]
