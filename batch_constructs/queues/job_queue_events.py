"""What AWS Batch tells EventBridge about jobs and queues, as event patterns.

A job that is retried goes back to ``RUNNABLE``; ``FAILED`` is the end of a job
(https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html). Children of an array, and
nodes of a multi-node job, send events of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from batch_constructs.arguments import Arguments
from batch_constructs.aws import batch_events, event_pattern
from batch_constructs.aws.bound import as_text, meant, one_of, refused
from batch_constructs.aws.job_states import WITH_EVENTS, JobState
from batch_constructs.aws.quotas import DESCRIPTION, RULE_NAME
from batch_constructs.aws.submit_job import RESCUED_CHILD
from batch_constructs.construct import BuiltUpon
from batch_constructs.event_bus import expect_forwarded
from batch_constructs.jobs.job_definition import (
    is_job_definition,
    job_definition_arn_without_revision,
)
from batch_constructs.pattern_length import shortest_pattern
from batch_constructs.place import elsewhere
from batch_constructs.reference import JOB_DEFINITION
from batch_constructs.tokens import is_made_up, without_tokens

if TYPE_CHECKING:
    from abc import abstractmethod
    from collections.abc import Sequence

    from aws_cdk import aws_events as events
    from constructs import Construct, IConstruct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.rule_target import RuleTarget

TOLD_THERE = "AWS Batch publishes it only there: monitor it from a stack in that place"
"""Why a queue or an environment of another Region or account cannot be watched from here."""


def state_change_pattern(
    *,
    queue_arns: Sequence[str],
    states: Sequence[str] = (),
    definition_prefixes: Sequence[str] = (),
    include_array_children: bool = False,
) -> dict[str, Any]:
    """Return the pattern of jobs that change state.

    Args:
        queue_arns: The queues; none means every queue of the account.
        states: The states that jobs move to; none means all.
        definition_prefixes: What the ARN of a job's definition begins with; none means all.
        include_array_children: Whether each child of an array sends its own, beside its parent.
    """
    # by a member that only they have: a bus takes few rules whose patterns hold a wildcard
    apart = [batch_events.NODE_INDEX]
    apart += [] if include_array_children else [batch_events.ARRAY_INDEX]
    detail: dict[str, Any] = {part: {index: [{"exists": False}]} for part, index in apart}
    if queue_arns:
        detail["jobQueue"] = list(queue_arns)
    if states:
        detail["status"] = list(states)
    if definition_prefixes:
        detail["jobDefinition"] = [{"prefix": prefix} for prefix in definition_prefixes]
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.JOB_STATE_CHANGE],
        "detail": detail,
    }


def rescued_child_pattern(
    *, queue_arns: Sequence[str], definition_prefixes: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the pattern of children of arrays that ran again in rescue queues, and succeeded."""
    pattern = state_change_pattern(
        queue_arns=queue_arns, states=[JobState.SUCCEEDED], definition_prefixes=definition_prefixes
    )
    variable = {"name": [RESCUED_CHILD]}
    pattern["detail"][event_pattern.OR] = [
        {"container": {"environment": variable}},
        {"ecsProperties": {"taskProperties": {"containers": {"environment": variable}}}},
        {"eksProperties": {"podProperties": {"containers": {"env": variable}}}},
    ]
    return pattern


def service_state_change_pattern(
    *, queue_arns: Sequence[str], states: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the pattern of service jobs that change state; no states means all."""
    return {
        "source": [batch_events.SOURCE],
        "detail-type": [batch_events.SERVICE_JOB_STATE_CHANGE],
        "detail": {
            "jobQueue": list(queue_arns),
            **({"status": list(states)} if states else {}),
        },
    }


def blocked_pattern(*, queue_arns: Sequence[str]) -> dict[str, Any]:
    """Return the pattern of queues that a job blocks, of compute jobs and service jobs alike."""
    pattern: dict[str, Any] = {
        "source": [batch_events.SOURCE],
        "detail-type": list(batch_events.QUEUE_BLOCKED),
    }
    if queue_arns:
        pattern["detail"] = {"jobQueue": list(queue_arns)}
    return pattern


def definition_prefix(definition: AnyJobDefinition) -> str:
    """Return what the ARN of every revision of a definition begins with."""
    return f"{job_definition_arn_without_revision(definition)}:"


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
                hint = ": AWS Batch sends nothing as a job is submitted"
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


class QueueEvents(QueueRules):
    """Rules for AWS Batch's events about one job queue.

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
    targets: Sequence[events.IRuleTarget] = (),
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
    refuse_pattern(f"{scope.node.path}/{id}", pattern, way_out=way_out)
    from aws_cdk import aws_events as events  # noqa: PLC0415 - loaded when it is used

    from batch_constructs.queues.target_place import rule_name_there  # noqa: PLC0415 - as before

    named = rule_name is not None and not is_made_up(rule_name)  # the CDK would refuse that one
    rule = events.Rule(
        scope,
        id,
        event_bus=event_bus,
        description=description,
        rule_name=rule_name if named else rule_name_there(),
        targets=list(targets),
        event_pattern=events.EventPattern(
            source=pattern["source"],
            detail_type=pattern["detail-type"],
            detail=pattern.get("detail"),
        ),
    )
    if event_bus is not None:
        expect_forwarded(cast("IConstruct", rule.node.default_child))
    return rule


def refuse_pattern(path: str, pattern: dict[str, Any], *, way_out: str) -> None:
    """Refuse a pattern of ours that EventBridge would refuse: it names too much.

    Raises:
        ValueError: it is so.
    """
    at_least = shortest_pattern(pattern)
    for place, problem in event_pattern.wrong(without_tokens(pattern), at_least=at_least):
        mend = f"{place} {problem}" if place else f"the event pattern {problem}: {way_out}"
        raise ValueError(f"{path}: {mend}")
