"""A template as one thing: what its text has, what it refers to, what nobody can look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from batch_constructs.aws.table import read
from batch_constructs.aws.template_facts import FORMAT_VERSION, PSEUDO_PARAMETERS
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template.loops import PREFIX, Unrolled
from batch_constructs.rules.template.resource_view import JOB_DEFINITION, JOB_QUEUE
from batch_constructs.rules.template.text import substitutions

if TYPE_CHECKING:
    from batch_constructs.rules.template.left_out import Counts
    from batch_constructs.rules.template.property_texts import PropertyTexts
    from batch_constructs.rules.template.template_files import Document
    from batch_constructs.rules.template.written_lengths import ByType

Path = tuple[str, ...]
_Place = tuple[Any, ...]
"""A key, and the place of what it stands in; the root has none."""

REFERRING: Final = ("Resources", "Outputs", "Conditions")
"""Sections whose values refer to resources, parameters and conditions."""

_RESOURCES: Final = ("resource", "resource or parameter")
_ORDERING: Final = ("Properties", "DependsOn")
"""What of a resource makes it wait for those that are named there."""

ATTRIBUTE: Final = "attribute"
"""A kind of what is referred to; its name is that of the resource, a dot, and its own."""

_OF_BATCH: Final = "AWS::Batch::"
ARN: Final = "Arn"

_AWS_TRANSFORMS: Final = ("AWS::LanguageExtensions", "AWS::Serverless-")
_STACK: Final = "AWS::CloudFormation::Stack"
_STACK_SETS: Final = "AWS::CloudFormation::StackSet"
_OTHER_TEMPLATES: Final = ("TemplateBody",)
"""Properties that hold a template of their own."""


def resources_by_type(resources: Mapping[str, object]) -> ByType:
    """Give ID and text of the resources of each type."""
    found: dict[str, list[tuple[str, dict[str, object]]]] = {}
    for id_, resource in resources.items():
        if isinstance(resource, dict) and isinstance(type_ := resource.get("Type"), str):
            found.setdefault(type_, []).append((str(id_), resource))
    return found


class Whole:
    """A template, and its text if it was read from one.

    Attributes:
        type: what rules about it call it.
        template: the template, loops written out as far as they are known.
        document: its text.
    """

    type: Final = "template"

    def __init__(
        self,
        unrolled: Unrolled,
        document: Document | None = None,
        texts: PropertyTexts | None = None,
    ) -> None:
        self._texts = texts
        self.template: Mapping[str, object] = unrolled.template
        self.document = document
        self._unrolled = unrolled

    @cached_property
    def resources(self) -> Mapping[str, object]:
        """Give the resources as they are written."""
        return self._section("Resources")

    @cached_property
    def by_type(self) -> ByType:
        """Give ID and text of the resources of each type."""
        return resources_by_type(self.resources)

    def _section(self, name: str) -> Mapping[str, object]:
        section = self.template.get(name)
        return section if isinstance(section, Mapping) else {}

    @cached_property
    def transforms(self) -> list[str]:
        """Give the names of the template's own transforms."""
        written = self.template.get("Transform", [])
        several = written if isinstance(written, list) else [written]
        return [
            str(one.get("Name")) if isinstance(one, Mapping) else str(one) for one in several if one
        ]

    @cached_property
    def is_final(self) -> bool:
        """Tell whether CloudFormation takes it as it is: nothing is added to it later."""
        return (
            not any(one != "AWS::LanguageExtensions" for one in self.transforms)
            and not self.is_of_another_tool
            and not any(_is_made_later(self._section(name)) for name in ("Resources", "Parameters"))
            and not any(
                isinstance(one, Mapping) and str(one.get("Type")).endswith("::MODULE")
                for one in self.resources.values()
            )
            and "Fn::Transform" not in self.template
        )

    @cached_property
    def keeps_types(self) -> bool:
        """Tell whether each resource stays what it is: no macro of others' is used."""
        return all(one.startswith(_AWS_TRANSFORMS) for one in self.transforms)

    @cached_property
    def may_be_a_part(self) -> bool:
        """Tell whether a file may be a part of a template, which another tool puts together."""
        return (
            self.document is not None
            and not self.document.is_json
            and not {FORMAT_VERSION, "Parameters"} & {*self.template}
        )

    @cached_property
    def is_of_another_tool(self) -> bool:
        """Tell whether placeholders of Jinja or the Serverless Framework stand in the text."""
        return self.document is not None and self.document.placeholder >= 0

    @cached_property
    def _found(self) -> tuple[list[_Place], list[tuple[str, str, _Place]], int]:
        """Go through all values once: nulls, names that are referred to, transforms inside."""
        nulls: list[_Place] = []
        named: list[tuple[str, str, _Place]] = []
        transforms = 0
        waiting: list[tuple[object, _Place]] = [
            (value, (name, None)) for name, value in [*self.template.items()][::-1]
        ]
        seen = self._nothing_to_find()
        while waiting:
            value, place = waiting.pop()
            if value is None:
                nulls.append(place)
            elif isinstance(value, list):
                if id(value) not in seen:
                    seen.add(id(value))
                    waiting += [
                        (entry, (n, place))
                        for n, entry in enumerate(value)
                        if type(entry) not in _PLAIN
                    ]
            elif isinstance(value, _OBJECTS):
                if id(value) in seen:
                    continue
                seen.add(id(value))
                if len(value) == 1 and not value.keys().isdisjoint(_REFERRING_FUNCTIONS):
                    once = dict.fromkeys(_references(value))
                    named += [(kind, name, place) for kind, name in once]
                if "Fn::Transform" in value:
                    transforms += 1
                waiting += [
                    (entry, (key, place))
                    for key, entry in [*value.items()][::-1]
                    if type(entry) not in _PLAIN and key not in _OTHER_TEMPLATES
                ]
        return nulls, named, transforms

    def _nothing_to_find(self) -> set[int]:
        """Give the properties whose text says that they refer to nothing, and have no null."""
        found: set[int] = set()
        if self._texts is not None:
            for id_, resource in self.resources.items():
                text = self._texts.of(id_) if isinstance(resource, dict) else None
                if text is not None and text.refers_to_nothing and "null" not in text.json:
                    found.add(id(resource.get("Properties")))  # type: ignore[attr-defined]  # it is a mapping
        return found

    def nulls(self) -> Iterator[Path]:
        """Give where nothing stands as a value."""
        return (_path(place) for place in self._found[0])

    @cached_property
    def referred_to(self) -> set[object]:
        """Give the names that resources, outputs and conditions refer to, or wait for."""
        found: set[object] = {name for _, name, _ in self._found[1]}
        for resource in self.resources.values():
            waits = resource.get("DependsOn") if isinstance(resource, Mapping) else None
            several = waits if isinstance(waits, list) else [waits]
            found.update(one for one in several if isinstance(one, str))
        return found

    def unresolved(self) -> Iterator[tuple[Path, str, str]]:
        """Give what is referred to and is not there: where, what kind of thing, its name."""
        there = {
            "resource or parameter": {*self.resources, *self._section("Parameters")},
            "resource": self.resources,
            "condition": self._section("Conditions"),
            "mapping": self._section("Mappings"),
        }
        for kind, section in (("condition", "Conditions"), ("mapping", "Mappings")):
            if _is_made_later(self._section(section)):
                del there[kind]
        there["pseudo parameter"] = PSEUDO_PARAMETERS
        for path, kind, name in self._named:
            lacks = kind == ATTRIBUTE and self._lacks(*name.partition(".")[::2])
            if (lacks or name not in there.get(kind, (name,))) and path[0] in REFERRING:
                yield path, kind, name

    def _lacks(self, target: str, attribute: str) -> bool:
        """Tell whether a resource of AWS Batch has an attribute under another name for sure."""
        resource = self.resources.get(target)
        type_ = str(resource.get("Type")) if isinstance(resource, Mapping) else ""
        noun = type_.removeprefix(_OF_BATCH)
        known = references().get(type_) if noun != type_ else None
        others = (ARN, "Name", "Id", f"{noun}{ARN}", f"{noun}Name")
        return known is not None and attribute != known and attribute in others

    def waits(self) -> dict[str, dict[str, Path]]:
        """Give which resources wait for which others, and where each of these is named.

        What one of several values of a condition refers to is left out.
        """
        resources = self.resources.keys() - self._section("Parameters").keys()
        found: dict[str, dict[str, Path]] = {}
        for path, kind, name in self._named:
            if name in resources and kind in _RESOURCES and "Fn::If" not in path:
                section, id_, *below = path
                if section == "Resources" and below and below[0] in _ORDERING:
                    found.setdefault(id_, {}).setdefault(name, path)
        return found

    def condition_of(self, id: str) -> str:
        """Give the condition of a resource, "" for none."""
        resource = self.resources[id]
        written = resource.get("Condition") if isinstance(resource, Mapping) else None
        return written if isinstance(written, str) else ""

    @cached_property
    def _named(self) -> list[tuple[Path, str, str]]:
        """Give what is referred to: where, what kind of thing, its name."""
        return [*self._names()]

    def _names(self) -> Iterator[tuple[Path, str, str]]:
        for section in ("Resources", "Outputs"):
            for id_, one in self._section(section).items():
                for key, kind in (("DependsOn", "resource"), ("Condition", "condition")):
                    written = one.get(key) if isinstance(one, Mapping) else None
                    for name in written if isinstance(written, list) else [written]:
                        if isinstance(name, str):
                            yield (section, id_, key), kind, name
        for id_, definition in self._section("Conditions").items():
            for name in _conditions_in(definition):
                yield ("Conditions", id_), "condition", name
        for kind, name, place in self._found[1]:
            is_pseudo = name.startswith("AWS::")
            yield _path(place), "pseudo parameter" if is_pseudo else kind, name

    def not_looked_at(
        self, *, worlds_skipped: int, left_out: Counts, nested_known: bool
    ) -> list[str]:
        """Say what a check did not look at."""
        types = [
            one.get("Type") if isinstance(one, Mapping) else None for one in self.resources.values()
        ]
        macros = self._found[2] + sum(
            not one.startswith(_AWS_TRANSFORMS) for one in self.transforms
        )
        nested = 0 if nested_known else types.count(_STACK)
        nested += types.count("AWS::Serverless::Application")
        modules = sum(str(one).endswith("::MODULE") for one in types)
        jobs, queues = types.count(JOB_DEFINITION), types.count(JOB_QUEUE)
        unwired = queues if are_too_many(jobs=jobs, queues=queues) else 0
        counted = (
            (self._unrolled.left, "resource in Fn::ForEach", "resources in Fn::ForEach"),
            (types.count(_STACK_SETS), "StackSet body", "StackSet bodies"),
            (nested, "nested stack", "nested stacks"),
            (macros, "macro", "macros"),
            (modules, "module", "modules"),
            (
                unwired,
                "queue for jobs that nothing submits",
                "queues for jobs that nothing submits",
            ),
            (worlds_skipped, "combination of conditions", "combinations of conditions"),
            *((count, *kind.value) for kind, count in left_out.items()),
        )
        return [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]


_MOST_PAIRS: Final = 20_000
"""Jobs times queues that are looked at; where each fits the first one, it is one queue a job."""


def are_too_many(*, jobs: int, queues: int) -> bool:
    """Tell whether to look at each job on each queue would take long."""
    return jobs * queues > _MOST_PAIRS


_PLAIN: Final = frozenset((str, int, bool, float))
_OBJECTS: Final = (dict, Mapping)
"""Plain ones first, since to ask for a `Mapping` is dear."""

_REFERRING_FUNCTIONS: Final = frozenset(("Ref", "Fn::GetAtt", "Fn::If", "Fn::Sub", "Fn::FindInMap"))
_NAMING: Final = {"Fn::If": "condition", "Fn::FindInMap": "mapping"}
"""Functions of a name and two more arguments, and what it is a name of; with a fourth, which is a
default, nothing need be there."""


@cache
def references() -> dict[str, str]:
    """Give the attribute that a reference to a resource of each type is."""
    known: dict[str, str] = read("references")
    return known


def _is_made_later(section: Mapping[str, object]) -> bool:
    return any(str(name).startswith("Fn::") for name in section)


def _path(place: _Place) -> Path:
    parts: list[str] = []
    while place is not None:
        key, place = place
        parts.append(str(key))
    return tuple(reversed(parts))


def _conditions_in(definition: object) -> Iterator[str]:
    """Give the conditions that another one is made of."""
    waiting = [definition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            name = one.get("Condition")
            if isinstance(name, str):
                yield name
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _references(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give what a function refers to: the kind of thing, and its name."""
    [(function, argument)] = value.items()
    either = "resource or parameter"
    if function == "Ref" and isinstance(argument, str):
        yield either, argument
    elif function == "Fn::GetAtt":
        yield from _got(argument.split(".", 1) if isinstance(argument, str) else argument)
    elif function in _NAMING:
        match argument:
            case [str(named), _, _]:
                yield _NAMING[function], named
    elif function == "Fn::Sub":
        own = argument[1] if isinstance(argument, list) and len(argument) > 1 else {}
        text = argument[0] if isinstance(argument, list) and argument else argument
        for _, name in substitutions(text) if isinstance(text, str) else ():
            if name and not name.startswith("!"):
                known = isinstance(own, Mapping) and name in own
                target, _, attribute = name.partition(".")
                if not known:
                    yield ("resource" if attribute else either), target
                    if attribute:
                        yield ATTRIBUTE, name


def _got(argument: object) -> Iterator[tuple[str, str]]:
    """Give the resource and the attribute that `Fn::GetAtt` names."""
    match argument:
        case [str(target), *rest]:
            yield "resource", target.partition(".")[0]
            match rest:
                case [str(attribute)]:
                    yield ATTRIBUTE, f"{target}.{attribute}"


def is_loop(name: object) -> bool:
    """Tell whether a name of a section is a loop."""
    return isinstance(name, str) and name.startswith(PREFIX)
