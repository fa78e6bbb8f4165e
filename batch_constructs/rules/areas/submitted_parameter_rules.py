"""Rules about the parameters of a submission: those that a job takes, and those it does not."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import submit_job
from batch_constructs.aws.bound import meant
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.arn_patterns import EVENT_RULE
from batch_constructs.rules.areas.event_rules import passes_no_object
from batch_constructs.rules.areas.submit_request_rules import overridden_containers
from batch_constructs.rules.areas.submitter_rules import SUBMITTERS
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.submitted_jobs import (
    Submission,
    command_words,
    placeholders,
    submissions_from,
    without_default,
)
from batch_constructs.rules.template.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import JobDefinition, Resource

_PARAMETERS: Final = api(
    "SubmitJobRequest.parameters",
    '"Additional parameters passed to the job that replace parameter substitution placeholders'
    ' that are set in the job definition."',
)

_rule = partial(rule, subject=SUBMITTERS, severity=Severity.WARNING)


@_rule(
    "parameter-not-passed",
    title="submission that leaves out a parameter",
    fix="pass it, or give the definition a default under Parameters",
    source=_PARAMETERS,
)
def parameter_not_passed(source: Resource) -> Iterator[Fault]:
    """The program gets the literal text ``Ref::name``."""
    for one in submissions_from(source):
        passed = one.request.get("Parameters", {})
        if one.definition is None or not isinstance(passed, dict) or any(_commands(one)):
            continue
        taken = without_default(one.definition)
        source.template.count(len(taken))
        lacks = [name for name in taken if name not in passed]
        if lacks and not passes_no_object(source, one):
            names = show(", ".join(f'"{show(name)}"' for name in lacks), _MOST_OF_NAMES)
            message = f"{one.definition.id} needs {names}, which has no default and gets no value"
            yield one.path, message


@_rule(
    "parameter-not-taken",
    title="submission with a parameter that the job does not take",
    fix="write Ref::name in the command where the value belongs, or leave the parameter out",
    source=_PARAMETERS,
)
def parameter_not_taken(source: Resource) -> Iterator[Fault]:
    """Batch takes the submission, and the program never sees the value.

    Reported only where the definition is in the template, all of its commands are known, and none
    of them is overridden. What an event fills in is reported only under a name that is nearly one
    that the job takes: triggers offer all that a job may want to know of an event.
    """
    for one in submissions_from(source):
        passed = one.request.get("Parameters")
        taken = None if one.definition is None else _taken(one.definition)
        if taken is None or not isinstance(passed, dict) or any(_commands(one)):
            continue
        is_of_an_event = source.type == EVENT_RULE and "InputTransformer" in one.target
        for name in passed:
            instead = "" if name in taken else meant(name, taken)
            if name not in taken and (instead or not is_of_an_event):
                message = f"{one.definition.id} has no Ref::{show(name)} in its command"  # type: ignore[union-attr]  # it has taken some
                yield one.path, f"{message}{instead}"


def _taken(job: JobDefinition) -> set[str] | None:
    """Give the parameters that a job takes or has a default for; None if that is not known."""
    defaults = job.properties.get("Parameters", {})
    if type(defaults) is not dict or not (job.containers or job.pods):
        return None
    if not all(type(word) is str for word in command_words(job)):
        return None
    return {*defaults, *(name for _, name in placeholders(job))}


_MOST_OF_NAMES: Final = 400
"""Characters of the names of parameters in a message."""


def _commands(one: Submission) -> Iterator[bool]:
    """Tell of each override whether it may replace the command."""
    for key in submit_job.ALL_OVERRIDES:
        if key in one.request and not isinstance(one.request[key], dict):
            yield True
    for overrides in overridden_containers(one):
        yield "Command" in overrides
