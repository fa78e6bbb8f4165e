"""Rules about the template as a whole: what CloudFormation refuses before it creates any resource.

cfn-lint reports most of this as well. The rules are here because such a mistake hides others: a
misspelled section hides the resources below it, a repeated key hides the first of two values, and
a broken reference hides the resource it was meant for. ``check`` would find nothing there, and
would say so.
"""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.bound import did_you_mean, each_meant, nearest
from batch_constructs.aws.source import api, seen
from batch_constructs.aws.template_facts import (
    CIRCLE_SOURCE,
    FORMAT_VERSION,
    FORMAT_VERSIONS,
    NEEDED_OF_ENTRIES,
    NULL_SOURCE,
    OBJECT_SECTIONS,
    REFERENCE_SOURCE,
    REPEATED_KEY_SOURCE,
    RESOURCES,
    RESOURCES_SECTION_SOURCE,
    RESOURCES_SOURCE,
    SECTIONS,
    SECTIONS_SOURCE,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.circles import circles
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
)
from batch_constructs.rules.template.values import show
from batch_constructs.rules.template.whole import ATTRIBUTE, Whole, is_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

_rule = partial(rule, subject=Whole.type)


@_rule(
    "resource-count",
    title="template with more resources than CloudFormation allows",
    fix="split the template into nested stacks, or stacks that import from each other",
    source=RESOURCES_SOURCE,
)
def resource_count(whole: Whole) -> Iterator[Fault]:
    """No other rule then checks the template.

    The CDK counts the resources itself and stops before the rules run. If
    `@aws-cdk/core:stackResourceLimit` turns that off, this rule reports it.
    """
    if len(whole.resources) > RESOURCES:
        count = f"{len(whole.resources)}"
        yield "Resources", f"there are {count} resources; CloudFormation allows {RESOURCES}"


@_rule(
    "template-section",
    title="section of a template that CloudFormation does not read",
    fix="remove it, or move it under Metadata",
    source=SECTIONS_SOURCE,
)
def template_section(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template."""
    if whole.is_final:
        for name, section in whole.template.items():
            if name not in SECTIONS:
                yield str(name), f"a template has no section {show(name)}"
            elif name in OBJECT_SECTIONS and section is not None and not isinstance(section, dict):
                said = "the section is not an object"
                yield str(name), said, f"write names and their values below {name}"
        version = whole.template.get(FORMAT_VERSION, FORMAT_VERSIONS[0])
        if version not in (*FORMAT_VERSIONS, None):
            said = f"the version of the template is {show(version)}; allowed: {FORMAT_VERSIONS[0]}"
            yield FORMAT_VERSION, said, f"set it to {FORMAT_VERSIONS[0]}, or leave it out"
        for section, needed in NEEDED_OF_ENTRIES.items():
            entries = whole.template.get(section)
            for name, one in entries.items() if isinstance(entries, dict) else ():
                complete = isinstance(one, dict) and needed in one
                if one is not None and not complete and not str(name).startswith("Fn::"):
                    yield f"{section}/{name}", f"{needed} is missing", f"add {needed}"


@_rule(
    "template-resources",
    title="resource without a type, or with an invalid name",
    fix="give each resource an alphanumeric logical ID and a Type such as AWS::Batch::JobQueue",
    source=RESOURCES_SECTION_SOURCE,
)
def template_resources(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template."""
    if not whole.is_final:
        return
    if "Resources" in whole.template and not whole.resources:
        yield "Resources", "there is no resource; at least one is needed", "add a resource"
    for id_, resource in whole.resources.items():
        path = f"Resources/{id_}"
        if is_loop(id_):
            continue
        if not (str(id_).isascii() and str(id_).isalnum()):
            yield path, f"the logical ID {show(id_)} contains more than letters and digits"
        if not isinstance(resource, dict):
            yield path, "the resource is not an object"
        elif not isinstance(resource.get("Type"), str):
            yield path, "the resource has no Type"
        elif "::" not in resource["Type"]:
            said = f"{show(resource['Type'])} is not a type of a resource"
            yield f"{path}/Type", said, "write it as in AWS::Batch::JobQueue or Custom::Name"


@_rule(
    "batch-type",
    title="AWS Batch resource with a misspelled type",
    fix="write the type as CloudFormation does",
    source=RESOURCES_SECTION_SOURCE,
)
def batch_type(whole: Whole) -> Iterator[Fault]:
    """CloudFormation answers *Unrecognized resource types*, and no other rule checks the resource.

    A type that resembles no known type may be new, and is not reported.
    """
    for id_, resource in whole.resources.items():
        type_ = resource.get("Type") if isinstance(resource, dict) else None
        if not isinstance(type_, str) or type_ in _BATCH_TYPES:
            continue
        before, name = type_[: len(_OF_BATCH)], type_[len(_OF_BATCH) :]
        if before.upper() != _OF_BATCH.upper():
            continue
        names = [one.removeprefix(_OF_BATCH) for one in _BATCH_TYPES]
        alike = [one for one in names if abs(len(one) - len(name)) <= _LETTERS]
        right = each_meant([name], alike).get(name)
        if right is not None:
            hint = did_you_mean(f"{_OF_BATCH}{right}")
            yield f"Resources/{id_}/Type", f"{show(type_)} is not a type of AWS Batch{hint}"


_OF_BATCH: Final = "AWS::Batch::"
_LETTERS: Final = 2
"""How many letters too many or too few a misspelled type has at most."""

_BATCH_TYPES: Final = (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_DEFINITION,
    JOB_QUEUE,
    QUOTA_SHARE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
)


@_rule(
    "null-value",
    title="empty value",
    fix="add a value, remove the name, or use AWS::NoValue",
    source=NULL_SOURCE,
)
def null_value(whole: Whole) -> Iterator[Fault]:
    """In YAML, this is a name with nothing after its colon."""
    if whole.is_final:
        for path in whole.nulls():
            yield "/".join(path), "the value is null, which CloudFormation refuses"


@_rule(
    "unresolved-reference",
    title="reference to something that does not exist",
    fix="refer to a resource, parameter, mapping or condition of the template",
    source=REFERENCE_SOURCE,
)
def unresolved_reference(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template, wherever the reference is.

    A YAML file without a version and without parameters may be part of a larger template, as in the
    Serverless Framework, and the target may be elsewhere. An attribute is only reported if a
    resource of AWS Batch has it under another name.
    """
    all_there = whole.is_final and not whole.may_be_a_part
    told: set[tuple[str, str, str]] = set()
    there = [*map(str, whole.resources)]
    for path, kind, name in whole.unresolved():
        one = (path[1] if len(path) > 1 else "", kind, name)
        if one in told or not (all_there or (kind == ATTRIBUTE and whole.keeps_types)):
            continue
        told.add(one)
        if kind == ATTRIBUTE:
            target, _, attribute = name.partition(".")
            said = f"{show(target)} has no attribute {show(attribute)}"
            yield "/".join(path), said, f"use Ref: it gives the ARN of {show(target)}"
            continue
        message = f"there is no {kind} {show(name)} in the template"
        near = (
            nearest(name, there, _ALIKE, most=_MOST_LETTERS) if len(told) <= _MOST_GUESSED else None
        )
        fix = f"refer to {near}" if near and kind.startswith("resource") else None
        yield ("/".join(path), message, fix) if fix else ("/".join(path), message)


_ALIKE: Final = 0.6
_MOST_GUESSED: Final = 20
_MOST_LETTERS: Final = 500_000
"""Guessing what was meant takes its time: so many names, and so many pairs of letters of each."""


@_rule(
    "circular-dependency",
    title="resources that wait for each other",
    fix="take one of the references out, into a resource of its own, such as an "
    "AWS::EC2::SecurityGroupIngress, an AWS::IAM::Policy or an AWS::Lambda::Permission",
    source=CIRCLE_SOURCE,
)
def circular_dependency(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template, since none of them can be created first.

    A resource waits for those that its properties refer to, and for those under DependsOn.
    """
    waits = whole.waits() if whole.is_final else {}
    for circle in circles(waits):
        first, *others = map(show, circle)
        if len(others) > _MOST_OF_A_CIRCLE:
            others[_MOST_OF_A_CIRCLE:] = ["…"]
        said = " → ".join([first, *others, first])
        conditions = {whole.condition_of(one) for one in circle} - {""}
        if len(conditions) > 1:
            continue  # they may never be there together
        when = "".join(f" (when {one} is true)" for one in conditions)
        path = waits[circle[0]][circle[1 % len(circle)]]
        yield "/".join(path), f"each of these waits for the next: {said}{when}"


_MOST_OF_A_CIRCLE: Final = 10
"""Resources that a message names."""


@_rule(
    "repeated-key",
    severity=Severity.WARNING,
    title="name that is used twice",
    fix="keep one of the two, or rename one",
    source=REPEATED_KEY_SOURCE,
)
def repeated_key(whole: Whole) -> Iterator[Fault]:
    """The last value counts, both for CloudFormation and for every other rule.

    The first one is lost.
    """
    if whole.document is not None and whole.document.repeats:
        for path, name, _ in whole.document.source_map.repeats:
            yield "/".join((*path, name)), f"{show(name)} is used twice; the last value counts"


@_rule(
    "other-tool",
    severity=Severity.INFO,
    title="source file of another tool",
    fix="check the output of that tool, with batch-constructs check or in its output directory",
    source=seen(
        "https://www.serverless.com/framework/docs/guides/variables",
        "Jinja and the Serverless Framework replace these placeholders before CloudFormation "
        "sees them.",
    ),
)
def other_tool(whole: Whole) -> Iterator[Fault]:
    """What the tool inserts is unknown, so there is no finding about it."""
    if whole.is_of_another_tool:
        yield "", "it has placeholders of another tool, such as Jinja or Serverless"


@_rule(
    "unused-environment",
    severity=Severity.INFO,
    title="compute environment that no queue uses",
    fix="add it to the environments of a queue: queue.add_compute_environment(environment)",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"The job scheduler uses this parameter to determine which compute environment runs a'
        ' specific job."',
    ),
)
def unused_environment(whole: Whole) -> Iterator[Fault]:
    """No job ever runs there.

    Not reported: an environment with its own name, which other stacks can use, and templates
    without queues, which are a part of something larger. If a queue has no environment, only that
    is reported.
    """
    orders = [_order_of(resource) for _, resource in whole.by_type.get(JOB_QUEUE, ())]
    if not whole.is_final or not orders or None in orders:
        return
    for id_, resource in whole.by_type.get(COMPUTE_ENVIRONMENT, ()):
        properties = resource.get("Properties")
        named = not isinstance(properties, dict) or "ComputeEnvironmentName" in properties
        if id_ not in whole.referred_to and not named:
            yield f"Resources/{id_}/Properties", f"no queue of the template uses {id_}"


def _order_of(queue: dict[str, object]) -> object:
    """Give the environments of a queue; None where it has none, which another rule tells."""
    properties = queue.get("Properties")
    if not isinstance(properties, dict):
        return None
    return properties.get("ComputeEnvironmentOrder") or properties.get("ServiceEnvironmentOrder")
