"""The Lambda functions of a template that submit jobs."""

from __future__ import annotations

from batch_constructs.aws.authorization import SUBMIT
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.access.rights import rights_of
from batch_constructs.rules.template.resource_graph import JobDefinition, JobQueue
from batch_constructs.rules.template.submitted_jobs import (
    FUNCTION,
    SERVERLESS_FUNCTION,
    variables_of,
)

if TYPE_CHECKING:
    from batch_constructs.rules.template.resource_graph import Resource


def batch_functions(owner: Resource) -> list[Resource]:
    """Give the Lambda functions of the template that submit jobs, those of AWS SAM too."""
    memory = owner.template.memory
    known = memory.get("batch functions")
    if known is None:
        functions = [*owner.template.all(FUNCTION), *owner.template.all(SERVERLESS_FUNCTION)]
        known = [one for one in functions if _submits(one)]
        memory["batch functions"] = known
    return known  # type: ignore[return-value]  # what was put there


def _submits(function: Resource) -> bool:
    held = rights_of(function)
    if held is not None and any(
        one.allows and one.covers(SUBMIT) and "*" not in (one.actions or ())
        for one in held[1].statements
        if not one.but_actions
    ):
        return True
    return any(
        isinstance(function.neighbour(value), JobQueue | JobDefinition)
        for value in variables_of(function).values()
    )
