"""Rules about the size of a template, and the numbers of its sections."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.quotas import (
    DYNAMIC_REFERENCES,
    MAPPING_ATTRIBUTES,
    STACK_MAPPINGS,
    STACK_NAME_CHARACTERS,
    STACK_OUTPUTS,
    STACK_PARAMETER_BYTES,
    STACK_PARAMETERS,
    STACK_SOURCE,
    TEMPLATE_BYTES,
    TEMPLATE_BYTES_SOURCE,
    TEMPLATE_DESCRIPTION_BYTES,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.whole import Whole
from batch_constructs.rules.template.written_lengths import DYNAMIC_REFERENCE, compact
from batch_constructs.rules.template.written_strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_rule = partial(rule, subject=Whole.type)


_SECTIONS: Final = (
    ("Outputs", STACK_OUTPUTS),
    ("Parameters", STACK_PARAMETERS),
    ("Mappings", STACK_MAPPINGS),
)
_NAMED: Final = ("Mappings", "Outputs", "Parameters", "Resources")


@_rule(
    "stack-sections",
    title="more outputs, parameters, mappings, values of a mapping or dynamic references than a "
    "stack can have",
    fix="split the template, or combine several values into one",
    source=STACK_SOURCE,
)
def stack_sections(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template."""
    for name, most in _SECTIONS:
        section = whole.template.get(name)
        count = len(section) if isinstance(section, dict) else 0
        if count > most:
            yield name, f"there are {count} {name.lower()}; CloudFormation allows {most}"
    for path, attributes in _attributes(whole):
        if len(attributes) > MAPPING_ATTRIBUTES:
            said = f"there are {len(attributes)} values below one key"
            yield path, f"{said}; CloudFormation allows {MAPPING_ATTRIBUTES}"
    document = whole.document
    if (
        document is not None
        and document.template is whole.template
        and document.text.count("{{resolve:") <= DYNAMIC_REFERENCES
    ):
        return  # to go through a template takes a twentieth of its check
    references = {
        reference
        for path, written in strings("", whole.template)
        if "/Fn::" not in path  # open is whether CloudFormation counts what a function makes
        for reference in DYNAMIC_REFERENCE.findall(written)
    }
    if len(references) > DYNAMIC_REFERENCES:
        said = f"there are {len(references)} dynamic references"
        yield "Resources", f"{said}; CloudFormation allows {DYNAMIC_REFERENCES}"


def _attributes(whole: Whole) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what stands below each key of each mapping."""
    for name, mapping in _entries(whole, "Mappings"):
        for key, attributes in mapping.items() if isinstance(mapping, dict) else ():
            if isinstance(attributes, dict):
                yield f"Mappings/{name}/{key}", attributes


def _entries(whole: Whole, name: str) -> Iterable[tuple[str, Any]]:
    section = whole.template.get(name)
    return section.items() if isinstance(section, dict) else ()


@_rule(
    "template-text-length",
    title="name, description or default that is longer than CloudFormation allows",
    fix="shorten it; a long value can be split across several parameters",
    source=STACK_SOURCE,
)
def template_text_length(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template."""
    most = STACK_NAME_CHARACTERS
    for section in _NAMED:
        for name, _ in _entries(whole, section):
            if len(str(name)) > most and not str(name).startswith("Fn::"):
                said = f"a name has {len(str(name))} characters"
                yield section, f"{said}; CloudFormation allows {most}"
    for name, parameter in _entries(whole, "Parameters"):
        default = parameter.get("Default") if isinstance(parameter, dict) else None
        length = len(default.encode(errors="replace")) if isinstance(default, str) else 0
        if length > STACK_PARAMETER_BYTES:
            said = f"the default has {length} bytes; CloudFormation allows {STACK_PARAMETER_BYTES}"
            yield f"Parameters/{name}", said
    description = whole.template.get("Description")
    length = len(description.encode(errors="replace")) if isinstance(description, str) else 0
    if length > TEMPLATE_DESCRIPTION_BYTES:
        most = TEMPLATE_DESCRIPTION_BYTES
        yield "Description", f"the description has {length} bytes; CloudFormation allows {most}"


@_rule(
    "template-size",
    title="template that is too long",
    fix="split the template into nested stacks, or stacks that import from each other; with "
    "suppress_template_indentation=True of a stack, the CDK writes it without indentation",
    source=TEMPLATE_BYTES_SOURCE,
)
def template_size(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template, even from a bucket."""
    text = whole.document.text if whole.document else compact(whole.template)
    length = len(text.encode(errors="replace"))
    if length > TEMPLATE_BYTES:
        most = f"CloudFormation allows {TEMPLATE_BYTES}"
        yield "Resources", f"the template has {length} bytes or more; {most}"
