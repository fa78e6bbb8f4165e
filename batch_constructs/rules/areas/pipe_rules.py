"""Rules about pipes of EventBridge."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import event_pattern
from batch_constructs.aws.bound import allowed, meant, one_of
from batch_constructs.aws.delivery import OF_PIPES, PIPE_PLACEHOLDERS
from batch_constructs.aws.source import probed
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.computed_commands import FIELD
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.submitted_jobs import PIPE
from batch_constructs.rules.template.values import (
    UNKNOWN,
    entries,
    from_json,
    mapping,
    settled,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

register("pipes", area="pipe")

_rule = partial(rule, subject=PIPE)


@_rule(
    "pipe-filter-pattern",
    title="filter of a pipe that EventBridge refuses",
    fix="write Pattern as the JSON of an event pattern",
    source=probed(
        "pipes/pf-pipes-filter-pattern",
        '"Invalid Event Pattern. Reason: \\"i\\" must be an object or an array" is what EventBridge'
        ' Pipes answers; "Empty objects are not allowed".',
    ),
)
def pipe_filter_pattern(pipe: Resource) -> Iterator[Fault]:
    """EventBridge Pipes refuses the pipe."""
    criteria = mapping(mapping(pipe.properties, "SourceParameters"), "FilterCriteria")
    for position, one in entries(criteria, "Filters"):
        path = f"SourceParameters/FilterCriteria/Filters/{position}/Pattern"
        written = settled(one.get("Pattern"))
        if written is None:
            continue
        pattern = from_json(written)
        if pattern is UNKNOWN:
            yield path, f'Pattern is "{show(written)}", which is not JSON'
            continue
        for where, problem in event_pattern.wrong(pattern):
            yield path, f"{where or 'Pattern'} {problem}"


@_rule(
    "pipe-input-placeholder",
    title="placeholder of a pipe that nothing fills",
    fix="use a path into the message, such as <$.body.key>, or a variable of EventBridge Pipes",
    source=probed(
        "pipes/pf-pipes-input-template-variables",
        '"Invalid json path reference or predefined variable for placeholder" is what EventBridge'
        " Pipes answers.",
    ),
)
def pipe_input_placeholder(pipe: Resource) -> Iterator[Fault]:
    """EventBridge Pipes refuses the pipe."""
    for within in ("TargetParameters", "EnrichmentParameters"):
        template = literal(mapping(pipe.properties, within).get("InputTemplate"))
        for name in dict.fromkeys(FIELD.findall(template or "")):
            if name.startswith(OF_PIPES) and name not in PIPE_PLACEHOLDERS:
                known = f"{allowed(one_of(PIPE_PLACEHOLDERS))}{meant(name, PIPE_PLACEHOLDERS)}"
                yield f"{within}/InputTemplate", f"InputTemplate has <{show(name)}>; {known}"
