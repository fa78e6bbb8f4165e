"""Targets of rules in another Region or account: what the CDK carries events to, and what not.

For a target that an app makes elsewhere, the CDK has the rule send to the event bus there, and a
second rule there hands on. Each of the two stacks then has to know a name in the other before
anything is deployed: that of the rule, which the CDK makes up, and that of a function or an
event bus, which only its author can give.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_events-readme.html
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, cast

import jsii
from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from batch_constructs.construct import own_account
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import Place, elsewhere
from batch_constructs.tokens import is_token
from batch_constructs.topic import is_fifo

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_events import IRuleRef
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.queues.rule_target import RuleTarget

_TARGETS: Final = {
    "function_arn": "LambdaFunction",
    "topic_arn": "SnsTopic",
    "queue_arn": "SqsQueue",
}
"""What a resource that is a target as it is has → the CDK's target that permits it."""

_NAMES: Final = {"function_arn": "function_name", "event_bus_arn": "event_bus_name"}
"""What a resource has that is reached elsewhere by its name alone → the argument of its name."""

_ROLE_OF_THE_CDK: Final = "EventsRole"
"""The ID of the one role that the CDK makes for all rules that have the same target."""

_FIFO_QUEUE: Final = (
    "a FIFO queue, which accepts no message without a group: give targets.SqsQueue(queue, "
    "message_group_id=…)"
)

_SAME_ACCOUNT: Final = "@aws-cdk/aws-events:eventsTargetQueueSameAccount"
"""The CDK's flag by which a queue with a key admits the rules of one account: without, of all.

https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/FEATURE_FLAGS.md
"""

_REACHED_HERE: Final = (
    "elsewhere, a rule can only reach event buses: send the events to a bus there "
    "(targets.EventBus), and let a rule of that bus pass them on"
)


_OF_ANOTHER_ACCOUNT: Final = (
    "in another account of the Region, a rule reaches a topic with a role that both accounts "
    "allow: give targets.SnsTopic(topic, role=role, authorize_using_role=True), and allow the "
    "role in the topic's policy; or send the events to a bus there (targets.EventBus), and let a "
    "rule of that bus pass them on"
)
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html"""


def check_target(arguments: Arguments, target: Any, parameter: str = "target") -> None:
    """Note a target that was imported from another place, or that has no name to be known by.

    And one to which EventBridge delivers nothing.
    """
    if (refused := _without_delivery(target)) is not None:
        arguments.wrong_value(f"{parameter} {refused}")
        return
    member = next((one for one in _TARGETS if has_member(target, one)), None)
    if member is None:
        return
    if _is_made_here(target):
        problem = _unnamed(arguments.construct, target)
    else:
        arn = getattr(target, member)
        differ = Place.of(target, arn).beside(Place.of_stack(arguments.construct))
        of_another_account = differ is not None and differ[0] == "account"
        because = _OF_ANOTHER_ACCOUNT if of_another_account else _REACHED_HERE
        problem = elsewhere(arguments.construct, arn, because, resource=target)
    if problem is not None:
        arguments.wrong_value(f"{parameter}: {problem}")


def _without_delivery(target: Any) -> str | None:
    """Say that a topic or a queue gets nothing of EventBridge, given as it is or as a target of it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
    """
    topic = target if has_member(target, "topic_arn") else _of(target, "topic")
    if topic is not None and is_fifo(topic):
        return "is a FIFO topic, to which EventBridge delivers nothing: give a standard topic"
    if has_member(target, "queue_arn") and target.fifo:
        return f"is {_FIFO_QUEUE}"
    return None


def _of(target: Any, member: str) -> Any:
    return getattr(target, member) if has_member(target, member) else None


def rule_target(scope: Construct, target: RuleTarget, parameter: str) -> events.IRuleTarget:
    """Take a function, a topic or a queue as a target; EventBridge is permitted to reach it.

    Of a target of ``aws_events_targets`` only its binding tells what it is of: that is looked at.
    """
    kind = next((kind for member, kind in _TARGETS.items() if has_member(target, member)), None)
    if kind is not None:
        from aws_cdk import aws_events_targets as targets  # noqa: PLC0415 - loaded when it is used

        made: events.IRuleTarget = getattr(targets, kind)(target)
        return _from_here(scope, made)
    queue = _of(target, "queue")
    given = _from_here(scope, cast("events.IRuleTarget", target))
    bound = _ByAnOwnRole(given, parameter, is_fifo=queue is not None and bool(queue.fifo))
    if Place.of_stack(scope) == Place(None, None):
        return bound
    return _LookedAt(bound, scope, parameter)


def _from_here(scope: Construct, target: events.IRuleTarget) -> events.IRuleTarget:
    """Have a queue admit all rules of the account where it cannot be left to name this one.

    One of another stack, in the same place: by the ARN of the rule, its stack would refer to that
    of the rule, which refers to it. One with a key: the CDK would have it admit everybody's rules.
    """
    if not has_member(target, "queue"):
        return target
    from batch_constructs.queue_senders import is_of_another_stack  # noqa: PLC0415 - loads aws_sqs

    queue = cast("Any", target).queue
    if queue.encryption_master_key is not None:
        return _OfThisAccount(target)
    together = Place.of_stack(queue) == Place.of_stack(scope)
    return _Unnamed(target) if together and is_of_another_stack(scope, queue) else target


@jsii.implements(events.IRuleTarget)
class _Unnamed:
    """A target that is bound to all rules of the account and Region in place of its own."""

    def __init__(self, target: events.IRuleTarget) -> None:
        self._target = target

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:
        """Bind it."""
        from batch_constructs.queue_senders import all_rules_of  # noqa: PLC0415 - as above

        scope = cast("Construct", rule)
        known = scope.node.try_find_child("AllRules")
        every = (
            events.Rule.from_event_rule_arn(scope, "AllRules", all_rules_of(scope))
            if known is None
            else cast("events.IRule", known)
        )
        every.node.set_context(_SAME_ACCOUNT, value=True)
        return self._target.bind(every, id)


@jsii.implements(events.IRuleTarget)
class _OfThisAccount(_Unnamed):
    """A queue with a key, which admits the rules of the account alone.

    With its key EventBridge says for nobody that it asks, so that the CDK's statement about the
    key, which has the same condition, would let nothing through.
    """

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:
        """Bind it."""
        from batch_constructs.queue_senders import admit_event_bridge  # noqa: PLC0415 - loads aws_sqs

        config = super().bind(rule, id)
        admit_event_bridge(cast("Any", self._target).queue.encryption_master_key)
        return config


@jsii.implements(events.IRuleTarget)
class _ByAnOwnRole:
    """A target whose role, where the CDK makes it, EventBridge takes for this account alone.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """

    def __init__(self, target: events.IRuleTarget, parameter: str, *, is_fifo: bool) -> None:
        self._target, self._parameter, self._is_fifo = target, parameter, is_fifo

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:
        """Bind it.

        Raises:
            ValueError: it is a FIFO queue, and no group is given.
        """
        config = self._target.bind(rule, id)
        if self._is_fifo and config.sqs_parameters is None:
            raise ValueError(f"{rule.node.path}: {self._parameter} is {_FIFO_QUEUE}")
        if config.role is not None and config.role.node.id == _ROLE_OF_THE_CDK:
            _act_for_this_account(config.role)
        return config


def _act_for_this_account(role: iam.IRole) -> None:
    """Have a role that the CDK makes for rules act for this account; others' stay as they are.

    The CDK's trusts EventBridge in one statement, without a condition; one that
    ``iam.Role.customize_roles`` looks after is not made.
    """
    made = role.node.default_child
    policy = getattr(role, "assume_role_policy", None)
    if policy is None or not isinstance(made, iam.CfnRole):
        return
    written = Stack.of(role).resolve(policy.to_json())
    if [set(one) for one in written["Statement"]] == [{"Action", "Effect", "Principal"}]:
        path = "AssumeRolePolicyDocument.Statement.0.Condition"
        made.add_property_override(path, own_account())


@jsii.implements(events.IRuleTarget)
class _LookedAt:
    """A target whose resource is looked at as it is bound to its rule.

    The CDK looks only after that: it refuses what was imported from elsewhere without a parameter.
    """

    def __init__(self, target: events.IRuleTarget, scope: Construct, parameter: str) -> None:
        self._target, self._scope, self._parameter = target, scope, parameter

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:
        """Bind it; refuse what no rule of here reaches, or what has no name to be known by.

        Raises:
            ValueError: it is so.
        """
        config = self._target.bind(rule, id)
        arn, resource = config.arn, config.target_resource
        reached = _maker_of(arn) if resource is None else resource
        problem = None
        if resource is not None:
            problem = _taken_in(self._scope, arn, resource, has_role=config.role is not None)
        if problem is None:
            problem = _unnamed(self._scope, reached)
        if problem is not None:
            raise ValueError(f"{rule.node.path}: {self._parameter}: {problem}")
        by_a_role = resource is not None and config.role is not None
        if by_a_role and not _is_made_here(resource):
            return _without_its_place(config)
        return config


def _taken_in(scope: Construct, arn: str, resource: Any, *, has_role: bool) -> str | None:
    """Say that a resource is elsewhere, and was not imported to a stack of that place, if so.

    The ARN of some targets is written as if they were where they were taken in. In another account
    of the Region, a rule reaches what its role may reach.
    """
    into = Place.of_stack(resource)
    for known in (arn, ""):
        differ = Place.of(resource, known).beside(into)
        if differ is not None:
            of_another_account = differ[0] == "account"
            if of_another_account and has_role:
                return None
            because = _OF_ANOTHER_ACCOUNT if of_another_account else _REACHED_HERE
            return elsewhere(scope, known, because, resource=resource)
    return None


def _without_its_place(config: events.RuleTargetConfig) -> events.RuleTargetConfig:
    """Return the target that a role reaches, for which the CDK would want a bus in another account.

    What was imported says by its ARN where it is; the rule is told nothing but that.
    """
    names = inspect.signature(events.RuleTargetConfig).parameters
    told = {name: getattr(config, name) for name in names if name != "target_resource"}
    return events.RuleTargetConfig(**told)


def _unnamed(scope: Construct, resource: Any) -> str | None:
    """Say that a function or a bus is made elsewhere without a name of its own, if so."""
    member = next((one for one in _NAMES if has_member(resource, one)), None)
    if member is None or not _is_made_here(resource) or _has_name(resource):
        return None
    return elsewhere(
        scope,
        "",
        "it can only be reached from elsewhere if its name is known before the deployment: give "
        f"it {_NAMES[member]}",
        resource=resource,
    )


def _maker_of(arn: str) -> Any:
    """Return the construct whose resource an ARN is of; None where that is no reference."""
    from aws_cdk import Reference, Tokenization  # noqa: PLC0415 - loaded when it is used

    token: Any = Tokenization.reverse_string(arn).first_token if is_token(arn) else None
    return token.target.node.scope if Reference.is_reference(token) else None


def _has_name(resource: Any) -> bool:
    """Whether a resource's physical name is known beforehand, or made up where it has to be."""
    from aws_cdk import Intrinsic, Stack, Tokenization  # noqa: PLC0415 - loaded when it is used

    name = getattr(resource, "_physical_name", None)
    if not is_token(name):
        return True
    token: Any = Tokenization.reverse_string(str(name)).first_token
    return not isinstance(token, Intrinsic) and Stack.of(resource).resolve(name) is None


def _is_made_here(resource: Any) -> bool:
    from aws_cdk import Resource  # noqa: PLC0415 - loaded when it is used

    return bool(Resource.is_owned_resource(resource))
