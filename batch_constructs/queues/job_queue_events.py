"""Rules on what AWS Batch tells EventBridge about the jobs of one queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.aws.job_states import JobState
from batch_constructs.jobs.job_definition import is_job_definition
from batch_constructs.queues.job_event_patterns import definition_prefix, state_change_pattern
from batch_constructs.queues.queue_rules import QueueRules, read_states
from batch_constructs.reference import JOB_DEFINITION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_events as events

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.rule_target import RuleTarget


class QueueEvents(QueueRules):
    """Rules on what AWS Batch tells EventBridge about one job queue.

    ``JobQueue`` has them. For an L2 or an L1 queue, ``events_of(queue)`` does.
    """

    _instead = "make a JobQueue, which has them, or ask events_of(queue) for those of any queue"

    def on_job_state_change(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        states: Sequence[JobState | str] | None = None,
        job_definitions: Sequence[AnyJobDefinition] | None = None,
        include_array_children: bool = False,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Send on what becomes of the queue's jobs.

        An array is one job here unless its children are asked for; the nodes of a multi-node job
        are never jobs of their own. Nothing is sent as a job is submitted. The same event may come
        twice, and later than one that followed it.

        Args:
            id: The ID of the rule, below the queue.
            target: Where the event goes: a Lambda function, an SNS topic, an SQS queue, or any
                target of ``aws_events_targets``. Default: nowhere until ``add_target``.
            states: Only of jobs that move to these. Default: every state.
            job_definitions: Only of jobs of these definitions, all revisions. Default: all.
            include_array_children: Whether each child of an array is told of too.
            description: What the rule is for.
            rule_name: A physical name. Default: one that CloudFormation generates.

        Returns:
            The rule (AWS::Events::Rule).

        Raises:
            ValueError: a state that AWS Batch does not send, no state, a name that EventBridge
                refuses, or a queue of another Region or account.
            TypeError: a job definition or a target that is none.

        https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
        """
        arguments = Arguments(self._scope())
        definitions = arguments.resources(
            "job_definitions",
            job_definitions,
            is_job_definition,
            JOB_DEFINITION.expected,
            "job definitions",
        )
        pattern = state_change_pattern(
            queue_arns=[self.job_queue_arn],
            states=read_states(arguments, states),
            definition_prefixes=[definition_prefix(definition) for definition in definitions],
            include_array_children=include_array_children,
        )
        return self._rule(
            arguments, id, pattern, target=target, description=description, rule_name=rule_name
        )

    def on_job_failed(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        job_definitions: Sequence[AnyJobDefinition] | None = None,
        include_array_children: bool = False,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Send on jobs of the queue that failed for good: not attempts that are retried.

        See ``on_job_state_change`` for the arguments.

        Returns:
            The rule (AWS::Events::Rule).
        """
        return self.on_job_state_change(
            id,
            target=target,
            states=[JobState.FAILED],
            job_definitions=job_definitions,
            include_array_children=include_array_children,
            description=description,
            rule_name=rule_name,
        )

    def on_job_succeeded(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        job_definitions: Sequence[AnyJobDefinition] | None = None,
        include_array_children: bool = False,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Send on jobs of the queue that succeeded.

        See ``on_job_state_change`` for the arguments.

        Returns:
            The rule (AWS::Events::Rule).
        """
        return self.on_job_state_change(
            id,
            target=target,
            states=[JobState.SUCCEEDED],
            job_definitions=job_definitions,
            include_array_children=include_array_children,
            description=description,
            rule_name=rule_name,
        )
