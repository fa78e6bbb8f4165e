"""Event buses: where a rule stands, and how it hears of another Region or account.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.metrics import EVENT_BUS_DIMENSION, RULE_NAME_IN_ARN
from batch_constructs.aws.names import DEFAULT_EVENT_BUS
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import elsewhere

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from constructs import IConstruct

    from batch_constructs.arguments import Arguments

FORWARD: Final = (
    "let a rule there send the events to a bus here (targets.EventBus), and give that bus as "
    "event_bus"
)
"""How events of another Region or account are heard of."""


def event_bus_argument(arguments: Arguments, event_bus: Any) -> events.IEventBus | None:
    """Read ``event_bus``: one of the stack's own Region and account, where its rules stand."""
    if event_bus is None:
        return None
    if not has_member(event_bus, "event_bus_name"):
        arguments.wrong_type("event_bus", event_bus, "an events.IEventBus")
        return None
    problem = elsewhere(
        arguments.construct,
        str(event_bus.event_bus_arn),
        f"a rule only receives events from buses in its own Region and account: {FORWARD}",
        resource=event_bus,
    )
    if problem is not None:
        arguments.wrong_value(f"event_bus: {problem}")
    bus: events.IEventBus = event_bus
    return bus


def dimensions_of(rule: events.CfnRule) -> dict[str, str]:
    """Return the dimensions of a rule's own metrics, which differ on a custom bus.

    Of the name of a rule there its reference says more, and its ARN where it stands.
    """
    from aws_cdk import Fn  # noqa: PLC0415  # for few rules

    bus = rule.event_bus_name
    if bus is None or bus == DEFAULT_EVENT_BUS:
        return {"RuleName": rule.ref}
    name = Fn.select(RULE_NAME_IN_ARN, Fn.split("/", rule.attr_arn))
    return {EVENT_BUS_DIMENSION: bus, "RuleName": name}


def expect_forwarded(rule: IConstruct) -> None:
    """Tell the rules that the events of AWS's services are forwarded to the bus of this rule."""
    from aws_cdk import Acknowledgment, Validations  # noqa: PLC0415  # for few rules

    Validations.of(rule).acknowledge(
        Acknowledgment(
            id="batch-constructs::event-bus",
            reason="The events are forwarded to this bus, as event_bus says.",
        )
    )
