"""State machines of Step Functions: what a template says of their states."""

from __future__ import annotations

import json

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.text import SUBSTITUTION
from batch_constructs.rules.template.values import (
    UNKNOWN,
    PartlyKnown,
    Properties,
    Reference,
    Text,
    Unknown,
    mapping,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

STATE_MACHINE: Final = "AWS::StepFunctions::StateMachine"
SERVERLESS_STATE_MACHINE: Final = "AWS::Serverless::StateMachine"
STATE_MACHINES: Final = (STATE_MACHINE, SERVERLESS_STATE_MACHINE)

DEEPEST: Final = 40
"""Levels of a definition that are looked at."""


def batch_tasks(machine: Resource) -> Iterator[tuple[str, Properties]]:
    """Give the states of a state machine that submit jobs, with their paths."""
    for path, state, resource in calls_of_batch(machine):
        if ":batch:submitjob" in resource.lower():
            yield path, state


def calls_of_batch(machine: Resource) -> Iterator[tuple[str, Properties, str]]:
    """Give the states of a state machine that call AWS Batch: path, state and resource."""
    for path, state in states_of(machine):
        resource = state.get("Resource")
        literal = resource.pattern if isinstance(resource, Text) else resource
        if isinstance(literal, str) and ":batch:" in literal.lower():
            yield path, state, literal


@once
def states_of(machine: Resource) -> list[tuple[str, Properties]]:
    """Give the states of a state machine, those inside of others too, with their paths."""
    return [
        (f"{path}States/{name}", state)
        for path, within in machines_of(machine)
        for name, state in mapping(within, "States").items()
        if isinstance(state, dict)
    ]


@once
def machines_of(machine: Resource) -> list[tuple[str, Properties]]:
    """Give the definition of a state machine, and those inside of it, with their paths."""
    return [*_machines_in(state_machine_definition(machine), f"{written_in(machine)}/", 0)]


def _machines_in(definition: object, path: str, depth: int) -> Iterator[tuple[str, Properties]]:
    if not isinstance(definition, dict) or depth > DEEPEST:
        return
    yield path, definition
    for name, state in mapping(definition, "States").items():
        if not isinstance(state, dict):
            continue
        where = f"{path}States/{name}"
        for key in ("Iterator", "ItemProcessor"):
            yield from _machines_in(state.get(key), f"{where}/{key}/", depth + 1)
        branches = state.get("Branches")
        for position, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _machines_in(branch, f"{where}/Branches/{position}/", depth + 1)


def written_in(machine: Resource) -> str:
    """Give the property that the definition of a state machine stands in."""
    return "Definition" if "Definition" in machine.properties else "DefinitionString"


@once
def state_machine_definition(machine: Resource) -> object:
    """Give the definition of a state machine as data, its substitutions made."""
    properties = machine.properties
    written = properties.get(written_in(machine))
    definition = written if isinstance(written, dict) else parse(written)
    substitutions = properties.get("DefinitionSubstitutions")
    if not isinstance(substitutions, dict):
        substitutions = {}
    return _substitute(definition, substitutions, 0)


def _substitute(value: object, variables: Properties, depth: int) -> object:
    if depth > DEEPEST:
        return UNKNOWN
    if isinstance(value, str) and "${" in value:
        whole = SUBSTITUTION.fullmatch(value)
        if whole:
            return variables.get(whole[1], UNKNOWN)
        parts: list[str | Reference | Unknown] = []
        end = 0
        for match in SUBSTITUTION.finditer(value, 0, value.rfind("}") + 1):
            one = variables.get(match[1], UNKNOWN)
            known = one if isinstance(one, str | Reference) else UNKNOWN
            parts += [value[end : match.start()], known]
            end = match.end()
        return Text((*parts, value[end:]))
    if isinstance(value, list):
        return [_substitute(entry, variables, depth + 1) for entry in value]
    if isinstance(value, dict):
        made = {key: _substitute(entry, variables, depth + 1) for key, entry in value.items()}
        return PartlyKnown(made) if isinstance(value, PartlyKnown) else made
    return value


_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK: Final = pattern(f"{_OPEN}(\\d+){_CLOSE}")


def parse(written: object) -> object:
    """Parse JSON in which references and unknown parts stand."""
    parts = written.parts if isinstance(written, Text) else (written,)
    pieces: list[str] = []
    for place, part in enumerate(parts):
        pieces.append(part if isinstance(part, str) else f"{_OPEN}{place}{_CLOSE}")
    try:
        parsed = json.loads("".join(pieces), strict=False)
    except (ValueError, RecursionError):
        return UNKNOWN
    return _restore(parsed, parts, 0)


def _restore(value: object, parts: tuple[object, ...], depth: int) -> object:
    if depth > DEEPEST:
        return UNKNOWN
    if isinstance(value, str) and _OPEN in value:
        whole = _MARK.fullmatch(value)
        if whole:
            return parts[int(whole[1])]
        found: list[str | Reference | Unknown] = []
        end = 0
        for match in _MARK.finditer(value):
            one = parts[int(match[1])]
            found += [value[end : match.start()], one if isinstance(one, Reference) else UNKNOWN]
            end = match.end()
        return Text((*found, value[end:]))
    if isinstance(value, list):
        return [_restore(entry, parts, depth + 1) for entry in value]
    if isinstance(value, dict):
        return {key: _restore(entry, parts, depth + 1) for key, entry in value.items()}
    return value
