"""How a function of ours runs every few minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_events as events

from batch_constructs.loaded_late import aws_events_targets as targets

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct


def run_every(
    scope: Construct,
    pause: Duration,
    function: lambda_.IFunction,
    dead_letter_queue: sqs.IQueue,
    *,
    description: str,
) -> events.CfnRule:
    """Let a function run (ID ``Schedule``); a run that cannot begin is made up for by the next.

    Returns:
        The rule.
    """
    target = targets.LambdaFunction(function, dead_letter_queue=dead_letter_queue, retry_attempts=0)
    rule = events.Rule(
        scope,
        "Schedule",
        description=description,
        schedule=events.Schedule.rate(pause),
        targets=[target],
    )
    return cast("events.CfnRule", rule.node.default_child)
