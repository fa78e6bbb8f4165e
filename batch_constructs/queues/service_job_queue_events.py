"""What AWS Batch tells EventBridge about service jobs and their queues.

https://docs.aws.amazon.com/batch/latest/userguide/service-job-events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.aws.job_states import SERVICE_STATES_WITH_EVENTS, ServiceJobState
from batch_constructs.queues.job_event_patterns import service_state_change_pattern
from batch_constructs.queues.queue_rules import QueueRules, read_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_events as events

    from batch_constructs.queues.rule_target import RuleTarget


class ServiceQueueEvents(QueueRules):
    """Rules on what AWS Batch tells EventBridge about one queue of service jobs."""

    def on_service_job_state_change(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        states: Sequence[ServiceJobState | str] | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Create a rule for state changes of the queue's service jobs; submissions send no event.

        Args:
            id: The ID of the rule, below the queue.
            target: The target of the event: a Lambda function, an SNS topic, an SQS queue, or any
                target of ``aws_events_targets``. Default: none until ``add_target``.
            states: Only for jobs that move to these. Default: every state.
            description: What the rule is for.
            rule_name: A physical name. Default: one that CloudFormation generates.

        Returns:
            The rule (AWS::Events::Rule).

        Raises:
            ValueError: a state that AWS Batch does not send, no state, a name that EventBridge
                refuses, or a queue of another Region or account.
            TypeError: something that is not a target.

        https://docs.aws.amazon.com/batch/latest/userguide/service-job-events.html
        """
        arguments = Arguments(self._scope())
        pattern = service_state_change_pattern(
            queue_arns=[self.job_queue_arn],
            states=read_states(arguments, states, SERVICE_STATES_WITH_EVENTS),
        )
        return self._rule(
            arguments, id, pattern, target=target, description=description, rule_name=rule_name
        )

    def on_service_job_failed(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Create a rule for service jobs of the queue that failed permanently.

        See ``on_service_job_state_change`` for the arguments.

        Returns:
            The rule (AWS::Events::Rule).
        """
        return self.on_service_job_state_change(
            id,
            target=target,
            states=[ServiceJobState.FAILED],
            description=description,
            rule_name=rule_name,
        )

    def on_service_job_succeeded(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Create a rule for service jobs of the queue that succeeded.

        See ``on_service_job_state_change`` for the arguments.

        Returns:
            The rule (AWS::Events::Rule).
        """
        return self.on_service_job_state_change(
            id,
            target=target,
            states=[ServiceJobState.SUCCEEDED],
            description=description,
            rule_name=rule_name,
        )
