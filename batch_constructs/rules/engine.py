"""Runs the rules over a whole template, or over one resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from batch_constructs.aws.bound import one_of
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.aws.record import Record
from batch_constructs.aws.template_facts import RESOURCES
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.alike_resources import AlikeResources
from batch_constructs.rules.circumstances import needed
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.held_back_findings import causes_in
from batch_constructs.rules.respelled import MISSPELLED, as_written, respelled
from batch_constructs.rules.rulebook import has_rules, speaking
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.left_out import LeftOut, TooManyLookUpsError
from batch_constructs.rules.template.loops import Unrolled, unroll
from batch_constructs.rules.template.property_texts import PropertyTexts
from batch_constructs.rules.template.resource_graph import Resource, Template
from batch_constructs.rules.template.resource_view import with_services
from batch_constructs.rules.template.sam_globals import with_globals
from batch_constructs.rules.template.template_conditions import Resources, World, Worlds
from batch_constructs.rules.template.whole import Whole

if TYPE_CHECKING:
    from batch_constructs.rules.rule import Fault, Rule
    from batch_constructs.rules.template.template_files import Document

_NULL: Final = "null-value"
_NONE: Final[frozenset[str]] = frozenset()
_NOTHING_BESIDE: Final[Mapping[str, Mapping[str, object]]] = {}
_MOST_OF_A_KIND: Final = 100
MORE: Final = "(and there are more)"
_MOST_TOLD: Final = 300
"""Findings; of a template with more, each resource tells one of a kind."""

_MOST_LOOK_UPS: Final = 400_000
"""How often rules look a resource of a template up; those beyond are not asked, which is said."""

_MOST_VALUES: Final = 100_000
"""Values of resources that are looked at again as other conditions hold; a world more is one too
many."""

_OF_A_CHECK: Final = 30
"""As many values as it takes to look at a resource that has next to none."""

_SEVERAL: Final = (dict, list, Mapping)

_WORST_FIRST: Final = {severity: place for place, severity in enumerate(Severity)}


class Examination(Record):
    """What came of a look at a template.

    Attributes:
        findings: by resource in the template's order, the worst first within a resource.
        not_looked_at: what nobody can know, or what was too much.
        template: the template with its loops written out.
        origins: logical ID of a resource that a loop made → the path of its text.
    """

    findings: list[Finding]
    not_looked_at: list[str]
    template: Mapping[str, object]
    origins: Mapping[str, tuple[str, ...]]


def check_template(template: Mapping[str, object]) -> list[Finding]:
    """Check every resource of a template, alone and together with the others.

    Args:
        template: a CloudFormation template as parsed from JSON or YAML. Intrinsic functions are
            resolved as far as the template allows; what stays unknown is never a finding.

    Returns:
        The findings by resource in the template's order, the worst first within a resource.
    """
    return examine(template).findings


def examine(
    template: Mapping[str, object], document: Document | None = None, *, nested_known: bool = False
) -> Examination:
    """Check a template, and say what was not looked at.

    Args:
        template: the template.
        document: its text, for what only the text shows.
        nested_known: whether the templates of its nested stacks are looked at for themselves.
    """
    unrolled = unroll(with_globals(template))
    seen = _examine(unrolled, document, nested_known=nested_known)
    found: Sequence[Finding] = seen.findings
    if 0 < sum(one.rule == MISSPELLED for one in found) <= _MOST_MISSPELLED:
        rewritten, meant, written = respelled(unrolled.template, found)
        if meant:
            again = unrolled.replaced(template=rewritten)
            after = _examine(again, document, nested_known=nested_known).findings
            found = [*meant, *(as_written(one, written) for one in after)]
    ordered = _in_order(found, Whole(unrolled).resources)
    return seen.replaced(
        findings=_once_a_loop(ordered, unrolled.origins) if unrolled.origins else ordered
    )


_MOST_MISSPELLED: Final = 20
"""Names; a template with more is looked at once only."""


def _in_order(found: Iterable[Finding], resources: Iterable[str]) -> list[Finding]:
    """Sort by resource, as the template has them, and the worst first within a resource."""
    places = {id_: place for place, id_ in enumerate(resources)}
    return sorted(found, key=lambda one: (places.get(one.resource, -1), _WORST_FIRST[one.severity]))


def _examine(unrolled: Unrolled, document: Document | None, *, nested_known: bool) -> Examination:
    texts = None if document is None else PropertyTexts(unrolled.template)
    whole = Whole(unrolled, document, texts)
    resources = {
        id_: resource
        for id_, resource in whole.resources.items()
        if isinstance(id_, str) and isinstance(resource, Mapping)
    }
    found, skipped, left_out = [*dict.fromkeys(_check_whole(whole))], 0, {}
    if len(whole.resources) <= RESOURCES:
        worlds = Worlds(unrolled.template, resources, texts)
        nulls = {(one.resource, one.path) for one in found if one.rule == _NULL}
        # what a value of null leaves missing is said of it already
        alike = None if document is None else AlikeResources(whole)
        found += [
            one
            for one in _in_worlds(worlds, resources, alike)
            if (one.resource, one.path) not in nulls
        ]
        skipped, left_out = worlds.skipped, worlds.left_out
    return Examination(
        found,
        whole.not_looked_at(worlds_skipped=skipped, left_out=left_out, nested_known=nested_known),
        unrolled.template,
        unrolled.origins,
    )


def _once_a_loop(found: list[Finding], origins: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Tell once what holds for several resources of a loop: it is one text, and one fault."""
    alike: dict[object, list[Finding]] = {}
    for one in found:
        text = origins.get(one.resource, one.resource)
        alike.setdefault((text, one.rule, one.path, one.message, one.fix), []).append(one)
    return [_with_others(*several) for several in alike.values()]


def _with_others(first: Finding, *more: Finding) -> Finding:
    if not more:
        return first
    others = one_of([one.resource for one in more], last="and")
    return first.replaced(message=f"{first.message} (also in {others})")


def _in_worlds(worlds: Worlds, resources: Resources, alike: AlikeResources | None) -> list[Finding]:
    """Check every resource in every world, once where two worlds are the same for it."""
    found: dict[Finding, list[int]] = {}
    conditions: list[Mapping[str, bool | None]] = []
    present: dict[str, list[int]] = {}
    known: dict[tuple[str, object], dict[Finding, None]] = {}
    look_ups = _MOST_LOOK_UPS
    sizes: dict[str, int] = {}
    spent = before = 0
    for place, world in enumerate(worlds):
        if place and 2 * spent - before > _MOST_VALUES:  # as much again as in the last one
            worlds.skipped += len(worlds) - place
            break
        before = spent
        world.template.look_ups = look_ups
        conditions.append(world.conditions)
        for id_, state in world.present.items():
            if not has_rules(str(resources[id_].get("Type"))):
                continue
            present.setdefault(id_, []).append(place)
            if (id_, state) not in known:
                if len(worlds) > 1:
                    if id_ not in sizes:
                        sizes[id_] = _OF_A_CHECK + _values_in(resources[id_])
                    spent += sizes[id_]
                most = _MOST_OF_A_KIND if len(found) < _MOST_TOLD else 1
                same = alike.found(id_, state, known, most) if alike else None
                known[id_, state] = _found_of(world, id_, most) if same is None else same
            for one in known[id_, state]:
                found.setdefault(one, []).append(place)
        look_ups = max(0, world.template.look_ups)
    return [
        _when(one, needed(conditions, there, present[one.resource])) for one, there in found.items()
    ]


def _found_of(world: World, id: str, most: int) -> dict[Finding, None]:
    """Check a resource; of each kind, tell so many faults."""
    subject = world.template.view(id)
    if subject is None:
        return {}
    return dict.fromkeys(causes_in([*_check(subject, most=most)]))


def _values_in(resource: Mapping[str, object]) -> int:
    """Count the values of a resource, each as often as it stands there, up to the most."""
    count = 0
    waiting: list[object] = [resource]
    while waiting and count <= _MOST_VALUES:
        value = waiting.pop()
        if isinstance(value, _SEVERAL):
            count += len(value)
            waiting += value.values() if isinstance(value, Mapping) else value
    return count


def _when(finding: Finding, condition: str) -> Finding:
    """Name the condition that a finding needs."""
    if not condition:
        return finding
    return finding.replaced(message=f"{finding.message} ({condition})")


def _check_whole(whole: Whole) -> Iterator[Finding]:
    for rule in speaking(Whole.type, _NONE, with_services(whole.by_type)):
        for path, message, *own_fix in _some(
            [*islice(rule.find(whole), _MOST_OF_A_KIND + 1)], _MOST_OF_A_KIND
        ):
            parts = path.split("/", 2)
            inside = parts[0] == "Resources" and len(parts) > 1
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                resource=parts[1] if inside else "",
                path="/".join(parts[2:]) if inside else path,
                message=without_credentials(message),
                fix=without_credentials(own_fix[0]) if own_fix else rule.fix,
                source=str(rule.source),
            )


def check_resource(
    resource_type: str,
    properties: Mapping[str, object],
    *,
    beside: Mapping[str, Mapping[str, object]] = _NOTHING_BESIDE,
    errors_and: frozenset[str] | None = None,
) -> list[Finding]:
    """Check one resource, with whatever others it refers to.

    Args:
        resource_type: for example ``AWS::Batch::JobDefinition``.
        properties: its properties as CloudFormation spells them. Tokens, `UNKNOWN` and objects
            that are not plain data may stand anywhere; they are unknown.
        beside: other resources by logical ID (``{"Type": …, "Properties": …}``), to which the
            properties refer with ``{"Ref": id}``.
        errors_and: only what is an error, and these rules whatever their severity; a third of the
            rules need not be asked then.

    Returns:
        The findings about this resource only; their `resource` is empty.
    """
    subject: dict[str, Mapping[str, object]] = {
        "": {"Type": resource_type, "Properties": properties}
    }
    resources = {**beside, **subject} if beside else subject
    view = Template(resources, Resolver(resources)).get("")
    rules = None
    if errors_and is not None and view is not None:
        rules = [
            one
            for one in speaking(resource_type, view.names, view.template.types)
            if one.severity is Severity.ERROR or one.id in errors_and
        ]
    found = [] if view is None else [*causes_in([*_check(view, rules)])]
    found.sort(key=lambda one: _WORST_FIRST[one.severity])
    return found


def _causes(subject: Resource) -> tuple[str, ...]:
    """Give the paths below which only the shape is told."""
    if not subject.type.startswith("AWS::Batch::"):
        return ()
    from batch_constructs.rules.areas.shape_rules import doubled  # noqa: PLC0415  # if it is loaded

    return doubled(subject)


def _check(
    subject: Resource, rules: Sequence[Rule] | None = None, *, most: int = _MOST_OF_A_KIND
) -> Iterator[Finding]:
    if subject.type == Whole.type:
        return
    whole = subject.template.raw(subject.id).get("Properties")
    no_object = isinstance(whole, list | str | int | float)
    names = subject.names
    causes = [f"{path}/".lstrip("/") for path in _causes(subject)]
    for rule in speaking(subject.type, names, subject.template.types) if rules is None else rules:
        if no_object and rule.area != "shape":
            continue
        faults: list[Fault] = []
        try:
            for fault in rule.find(subject):
                faults.append(fault)
                if len(faults) > most:
                    break
        except TooManyLookUpsError:
            subject.template.leave_out(LeftOut.RULES)
        for path, message, *own_fix in _some(faults, most) if faults else ():
            if rule.area != "shape" and any(f"{path}/".startswith(one) for one in causes):
                continue
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                resource=subject.id,
                path=f"Properties/{path}" if path else "Properties",
                message=without_credentials(message),
                fix=without_credentials(own_fix[0]) if own_fix else rule.fix,
                source=str(rule.sources.get(subject.type, rule.source)),
            )


def _some(faults: list[Fault], most: int) -> list[Fault]:
    """Say of very many faults of a kind that there are more: to tell them all tells no more."""
    if len(faults) > most:
        del faults[most:]
        path, message, *fix = faults[-1]
        faults[-1] = (path, f"{message} {MORE}", *fix)  # type: ignore[assignment]
    return faults
