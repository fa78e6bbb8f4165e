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
    """Rules for AWS Batch's events about one job queue.

    ``JobQueue`` has them. For an L2 or an L1 queue, ``events_of(queue)`` does.
    """

    _instead = "create a JobQueue, which has them, or use events_of(queue) for any other queue"

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
        """Create a rule for state changes of the queue's jobs.

        An array counts as one job, unless you ask for its children. The nodes of a multi-node job
        do not count as jobs. Submitting a job sends no event. An event can arrive twice, or after a
        later one.

        Args:
            id: The ID of the rule, below the queue.
            target: The target of the event: a Lambda function, an SNS topic, an SQS queue, or any
                target of ``aws_events_targets``. Default: none until ``add_target``.
            states: Only for jobs that move to these. Default: every state.
            job_definitions: Only for jobs of these definitions, in all revisions. Default: all.
            include_array_children: Whether each child of an array is reported, too.
            description: What the rule is for.
            rule_name: A physical name. Default: one that CloudFormation generates.

        Returns:
            The rule (AWS::Events::Rule).

        Raises:
            ValueError: a state that AWS Batch does not send, no state, a name that EventBridge
                refuses, or a queue of another Region or account.
            TypeError: something that is not a job definition or a target.

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
        """Create a rule for jobs of the queue that failed permanently.

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
        """Create a rule for jobs of the queue that succeeded.

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
