"""What AWS refuses of the resources beside AWS Batch, where ministack takes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.local.cloudformation.first_look import look_first
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HELD: Final = (
    "AWS::Events::Rule",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Pipes::Pipe",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
)
"""Types whose properties are held to the rules, with their functions resolved."""

_AREAS: Final = (
    "event",
    "event_input",
    "message_queue",
    "pipe",
    "policy_language",
    "state_machine",
    "submitter",
)


def check_properties(handlers: Mapping[str, dict[str, Any]]) -> None:
    """Let the handlers of these types look at properties before they make or change anything."""
    for kind in HELD:
        look_first(handlers[kind], partial(_check, kind))


def _check(kind: str, properties: Mapping[str, Any]) -> None:
    problems = "; ".join(refused(kind, properties))
    if problems:
        raise ProvisioningError(problems)


def refused(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Say what AWS refuses of a resource, by the rules over templates."""
    # loaded by the first stack, so that the server starts at once
    from batch_constructs.rules import check_resource
    from batch_constructs.rules.error_outcomes import REFUSED, outcome_of_error
    from batch_constructs.rules.rulebook import RULES

    for one in check_resource(kind, properties, errors_and=frozenset()):
        if RULES[one.rule].area in _AREAS and outcome_of_error(one.rule) == REFUSED:
            yield f"{one.path.removeprefix('Properties/')}: {one.message}"
