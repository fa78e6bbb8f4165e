"""Rules about what the targets of EventBridge get of an event."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.delivery import INPUT_PATH, PREDEFINED_PLACEHOLDERS, WHOLE_EVENT
from batch_constructs.aws.source import probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.computed_commands import FIELD
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.submitted_jobs import EVENT_RULE
from batch_constructs.rules.template.values import (
    UNKNOWN,
    PartlyKnown,
    entries,
    from_json,
    mapping,
    settled,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

_rule = partial(rule, subject=EVENT_RULE)


@_rule(
    "event-input-json",
    title="input of a target that is not JSON",
    fix="write Input as JSON; a text stands in quotation marks",
    source=probed(
        "events/pf-events-target-input-json",
        '"JSON syntax error in input for target t1" is what EventBridge answers.',
    ),
)
def event_input_json(source: Resource) -> Iterator[Fault]:
    """EventBridge refuses the target."""
    for position, target in entries(source.properties, "Targets"):
        written = settled(target.get("Input"))
        if written is not None and from_json(written) is UNKNOWN:
            yield f"Targets/{position}/Input", f'Input is "{show(written)}", which is not JSON'


@_rule(
    "event-input-paths",
    title="path of an input transformer that EventBridge refuses",
    fix="begin it with $, as in $.detail, and write names with dots",
    source=probed(
        "events/pf-events-input-path-jsonpath",
        "EventBridge refuses a path without $, and names in brackets, in InputPathsMap as in"
        ' InputPath: "InputPath for target t1 is invalid".',
    ),
)
def event_input_paths(source: Resource) -> Iterator[Fault]:
    """EventBridge refuses the target."""
    for position, target in entries(source.properties, "Targets"):
        paths = mapping(mapping(target, "InputTransformer"), "InputPathsMap")
        for name in paths:
            got = settled(paths[name])
            problem = None if got is None else INPUT_PATH.wrong(got)
            if problem:
                path = f"Targets/{position}/InputTransformer/InputPathsMap/{name}"
                yield path, f"{show(name)} {problem}"


@_rule(
    "event-input-placeholder",
    title="placeholder that nothing fills",
    fix="add it to InputPathsMap",
    source=probed(
        "events/pf-events-input-transformer-placeholders",
        "EventBridge answers: InputTemplate for target … contains invalid placeholder …; and of"
        " the whole event: InputTemplate for target … contains placeholder aws.events.event.json"
        " valid only for JSON template (pf-events-input-transformer-json-var).",
    ),
)
def event_input_placeholder(source: Resource) -> Iterator[Fault]:
    """EventBridge refuses the target."""
    for position, target in entries(source.properties, "Targets"):
        transformer = mapping(target, "InputTransformer")
        paths = transformer.get("InputPathsMap", {})
        template = literal(transformer.get("InputTemplate"))
        if template is None or not isinstance(paths, dict) or isinstance(paths, PartlyKnown):
            continue
        path = f"Targets/{position}/InputTransformer/InputTemplate"
        for name in dict.fromkeys(FIELD.findall(template)):
            if name not in paths and name not in PREDEFINED_PLACEHOLDERS:
                yield path, f"InputTemplate has <{show(name)}>, which InputPathsMap does not have"
            elif name == WHOLE_EVENT and template.lstrip()[:1] not in ("{", "\0"):
                said = f"InputTemplate has <{name}>, and is not an object"
                yield path, said, "make the template a JSON object"
