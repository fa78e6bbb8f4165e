"""Rules about secrets and code in the text of a submission, which a description of it shows."""

from __future__ import annotations

import re
from functools import partial

from batch_constructs.aws.bound import shown
from batch_constructs.aws.credential_names import option_with_credential
from batch_constructs.aws.credentials import SHORTEST, credential_in, may_hold_credentials
from batch_constructs.aws.job_definition_facts import PLACEHOLDER
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api
from batch_constructs.aws.template_facts import RESOLVED_SECRET_SOURCE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.areas.secret_rules import label_value, secret_value
from batch_constructs.rules.areas.submitter_rules import SUBMITTERS
from batch_constructs.rules.code_in_command import code_in, marked_code
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.as_written import ATTRIBUTE, DEFAULT, NO_ECHO
from batch_constructs.rules.template.computed_commands import computed_commands
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.state_machine_view import parse
from batch_constructs.rules.template.submitted_jobs import (
    FUNCTION,
    submissions_from,
    variables_of,
)
from batch_constructs.rules.template.values import UNKNOWN, Text, as_json, entries, mapping, text
from batch_constructs.rules.template.written_strings import secrets_written, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.rules.template.resource_graph import Resource

_TEMPLATE: Final = "InputTransformer/InputTemplate"
_FIELD: Final = pattern(r"<[\w.-]+>")
"""A field of the event, with quotation marks around it or without."""
_STRING_OR_UNKNOWN: Final = pattern(r'"(?:[^"\\]|\\.)*"?|\0', re.DOTALL)

_rule = partial(rule, subject=(*SUBMITTERS, FUNCTION))


@_rule(
    "submitted-secret",
    severity=Severity.WARNING,
    title="sensitive value in plain text in a submission",
    fix="keep it in Secrets Manager or Parameter Store, and name it in the job definition",
    source=api(
        "ContainerOverrides.environment",
        "Environment variables of a submission; DescribeJobs shows them.",
    ),
)
def submitted_secret(source: Resource) -> Iterator[Fault]:
    """Anyone who can describe the job or the stack can read it."""
    for path, request in _requests(source):
        told: dict[str, str] = {}
        for below, name, value in _named_values(request):
            fault = secret_value(name, value)
            if fault is not None:
                told[below] = fault
        for name, tag in mapping(request, "Tags").items():
            fault = label_value(name, tag)
            if fault is not None:
                told[f"Tags/{name}"] = fault
        command = mapping(request, "ContainerOverrides").get("Command")
        words = map(literal, command) if isinstance(command, list) else ()
        place = option_with_credential([*words])
        if place is not None:
            option = "the password or token of an option is in the template"
            told[f"ContainerOverrides/Command/{place}"] = option
        searched = request if may_hold_credentials(as_json(request)) else None
        for below, written in strings("", searched, names=True, shortest=SHORTEST):
            kind = credential_in(written)
            if kind is not None:
                told.setdefault(below, f"{kind} is in the template")
        for below, message in told.items():
            yield f"{path}{below}" if path.endswith("/") else path, message
    yield from _beside(source)


def _beside(source: Resource) -> Iterator[Fault]:
    """Give the credentials in what is said of a submitter, and in the events that it waits for."""
    if source.type == FUNCTION or not submissions_from(source):
        return
    for place in ("Description", "EventPattern"):
        for path, written in strings(place, source.properties.get(place), names=True):
            kind = credential_in(written)
            if kind is not None:
                yield path, f"{kind} is in the template"


@_rule(
    "submitted-secret-resolved",
    severity=Severity.WARNING,
    title="secret that CloudFormation writes into a submission",
    fix="name the secret under Secrets of the job definition; AWS Batch then reads it",
    source=RESOLVED_SECRET_SOURCE,
)
def submitted_secret_resolved(source: Resource) -> Iterator[Fault]:
    """The value is visible in every description of the job, and in its events."""
    if source.type == FUNCTION and not _submits(source):
        return
    for path, (service, name) in secrets_written(source).items():
        what = {
            NO_ECHO: f"the value of {name}, which is NoEcho,",
            ATTRIBUTE: f"{name}, which is a secret,",
            DEFAULT: f"a credential, the default of {name},",
        }.get(service, "a secret's value")
        yield path, f"{what} is written into the submission"


@_rule(
    "submitted-parameter-in-code",
    severity=Severity.WARNING,
    title="parameter, event field or input inside code that a submission runs",
    fix="pass it as a separate word after the code, and read it there as an argument",
    source=api(
        "RegisterJobDefinitionRequest.parameters",
        "A parameter is replaced in ContainerOverrides.command with its value, unchanged.",
    ),
)
def submitted_parameter_in_code(source: Resource) -> Iterator[Fault]:
    """Anyone who can choose the value can run code with the job's role.

    For example, the value may be the key of an object.
    """
    for path, request in _requests(source):
        command = mapping(request, "ContainerOverrides").get("Command")
        words = [literal(word) for word in command] if isinstance(command, list) else []
        for place, name in marked_code(words, PLACEHOLDER):
            below = f"ContainerOverrides/Command/{place}" if path.endswith("/") else ""
            yield f"{path}{below}", f"{shown(f'Ref::{name}')} is inside code"
    for computed in computed_commands(source, _handed_over):
        for place in code_in(computed.words):
            for name in computed.filled_in(place):
                yield computed.path, f"{shown(name)} is inside code"


def _handed_over(template: str) -> dict[str, Any] | None:
    """Read what a rule hands over, to a queue or to a function of this library."""
    request = _object(template)
    return _in_pascal_case(request) if request is not None and "jobName" in request else request


def _requests(source: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what is submitted, with the path that stands before its members."""
    if source.type == FUNCTION:
        for name, value in variables_of(source).items() if _submits(source) else ():
            request = _object(value)
            if request is not None:
                yield f"Environment/Variables/{name}", _in_pascal_case(request)
        return
    for one in submissions_from(source):
        yield one.at(""), one.request
    for place, target in entries(source.properties, "Targets"):
        for where, request in _inputs(target):
            yield f"Targets/{place}/{where}", request


def _inputs(target: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what a rule of EventBridge hands over, where that becomes a job."""
    template = mapping(target, "InputTransformer").get("InputTemplate")
    filled = _FIELD.sub("\0", literal(template) or "")
    for where, written in (("Input", target.get("Input")), (_TEMPLATE, filled)):
        request = _object(written)
        if request is None:
            continue
        if "BatchParameters" in target:
            yield where, request
        elif "jobName" in request:  # for a function of this library
            yield where, _in_pascal_case(request)


def _submits(function: Resource) -> bool:
    """Whether a function is told a queue, as those of this library that submit are."""
    return "JOB_QUEUE" in variables_of(function)


def _object(written: object) -> dict[str, object] | None:
    """Read an object of JSON, in which what the deployment or an event will tell is unknown."""
    known = literal(written) or ""
    if not known.startswith("{"):
        return None
    quoted = _STRING_OR_UNKNOWN.sub(lambda one: '"\0"' if one[0] == "\0" else one[0], known)
    parts = [part for run in quoted.split("\0") for part in (UNKNOWN, run)]
    read = parse(Text(tuple(parts[1:])))
    return read if isinstance(read, dict) else None


def _in_pascal_case(request: dict[str, Any]) -> dict[str, Any]:
    """Spell a request of `SubmitJob`, or an event of a function of ours, as CloudFormation does."""
    overrides = request.get("containerOverrides", request)
    overrides = overrides if isinstance(overrides, dict) else {}
    variables = overrides.get("environment")
    if isinstance(variables, dict):
        named = [*variables.items()]
    else:
        listed = variables if isinstance(variables, list) else []
        named = [(one.get("name"), one.get("value")) for one in listed if isinstance(one, dict)]
    return {
        "Parameters": request.get("parameters"),
        "Tags": request.get("tags"),
        "ContainerOverrides": {
            "Command": overrides.get("command"),
            "Environment": [{"Name": name, "Value": value} for name, value in named],
        },
    }


def _named_values(request: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give variables and parameters: path, name and value."""
    overrides = mapping(request, "ContainerOverrides")
    for place, one in entries(overrides, "Environment"):
        name, value = text(one, "Name"), literal(one.get("Value"))
        if name and value:
            yield f"ContainerOverrides/Environment/{place}/Value", name, value
    parameters = mapping(request, "Parameters")
    for name in parameters:
        if value := literal(parameters[name]):
            yield f"Parameters/{name}", name, value
