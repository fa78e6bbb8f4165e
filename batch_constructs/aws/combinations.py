"""The combinations of ``combinations.json``: properties that AWS takes, refuses or needs together.

A line names its rule, the CloudFormation type, what is not right, AWS's page (by a member of
Batch's API or an address), AWS's sentence, and why it matters. ``"parts"`` are the ways to break
one rule; a line without them is its own only part. What the other fields mean stands at `Part`.
Values that other rooms need too stand in a module beside this one, and the line names them:
``"values": "platforms.WINDOWS_FAMILIES"``.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.limits import named
from batch_constructs.aws.property_paths import HERE, ways
from batch_constructs.aws.record import Record
from batch_constructs.aws.source import Source, api
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values = tuple[object, ...]

GIVEN: Final = "given"
"""Anything that is there for sure, in place of values."""

SHAPES: Final = (
    "not_taken",
    "needed",
    "empty",
    "at_most_one",
    "exactly_one",
    "at_least_one",
    "once",
    "bound",
    "reference",
)


class Part(Record, kw_only=True):
    """One way to break a rule.

    A name is a property, perhaps with the way to it below ``within``; ``*`` is every entry of a
    list. Of values, None is a property that is left out, and ``ECS_*`` every text that begins so:
    an asterisk stands for any part of a text.

    Attributes:
        shape: which fault it is. ``not_taken``: a property is given, with one of ``values`` or none
            of ``but`` where there are such. ``needed``: nothing is given. ``empty``: it is given,
            but empty. ``at_most_one``, ``exactly_one``, ``at_least_one``: of several properties.
            ``once``: a value of a list is there twice. ``bound``: a value is out of its bound.
            ``reference``: another resource of the template is given by ``Ref``, or by its ARN.
        names: the properties.
        kinds: of which kinds of job or environment, all of whose words it must be: written
            ``"EC2 !UNMANAGED"`` it is the first and not the second. None means all.
        within: where the properties stand.
        beside: what else must be so within the same mapping: names and their values.
        values: the values that are not taken.
        but: the values that are taken.
        even_empty: whether an empty list or mapping is not taken, either.
        default: the value where none is given.
        bounds: the bound of each property.
        to: the types of resources that a reference is to; none means any.
        attribute: what of them is given that should not be; None for ``Ref``.
        message: what to say, unless the shape says it well: of the ``{key}``, its ``{value}``, in
            quotation marks or as a ``{word}``, the ``{kind}`` and the words ``{beside}``.
        fix: what to do about ``{}``, unless the rule says it.
    """

    shape: str
    names: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...] = ()
    within: tuple[str, ...] = HERE
    beside: Mapping[str, Values | str]
    values: Values = ()
    but: Values = ()
    even_empty: bool = False
    default: object = None
    bounds: Mapping[str, Any]
    to: tuple[str, ...] = ()
    attribute: str | None = None
    message: str = ""
    fix: str = ""


class Combination(Record, kw_only=True):
    """What one rule is made of.

    Attributes:
        rule: the identifier of the rule.
        types: the CloudFormation types.
        parts: the ways to break it.
        title: the fault in a few words, for the page of the rules.
        why: why it matters, for the page of the rules.
        fix: what to do; ``{}`` stands for the property.
        source: AWS's page.
        severity: how bad it is.
    """

    rule: str
    types: tuple[str, ...]
    parts: tuple[Part, ...]
    title: str
    why: str
    fix: str
    source: Source
    severity: str


def combinations() -> Mapping[str, tuple[Combination, ...]]:
    """Give the combinations, by the chapter of the rules that they belong to."""
    return {name: chapter(name) for name in _written()}


@cache
def chapter(name: str) -> tuple[Combination, ...]:
    """Give the combinations of one chapter of the rules; there may be none."""
    return tuple(combination_at(name, place) for place, _ in enumerate(lines(name)))


def lines(name: str) -> Sequence[Mapping[str, Any]]:
    """Give the combinations of one chapter as they are written."""
    return _written().get(name, ())


@cache
def combination_at(name: str, place: int) -> Combination:
    """Give one combination of a chapter."""
    return _combination(_written()[name][place])


@cache
def _written() -> Mapping[str, list[dict[str, Any]]]:
    written: Mapping[str, list[dict[str, Any]]] = read("combinations")
    return written


def _combination(line: dict[str, Any]) -> Combination:
    says = line["says"]
    parts = [_part(one, one.get("fix", "")) for one in line.get("parts", ())]
    return Combination(
        rule=line["rule"],
        types=names_in(line["type"]),
        parts=tuple(parts) or (_part(line, ""),),
        title=line["title"],
        why=line["why"],
        fix=line.get("fix", ""),
        source=api(line["member"], says) if "member" in line else Source(line["page"], says),
        severity=line.get("severity", "error"),
    )


def _part(line: dict[str, Any], fix: str) -> Part:
    shape = shape_of(line)
    names = names_in(line[shape])
    bound = named(line["is"]) if "is" in line else {}  # of all of them, or of each by its name
    return Part(
        shape=shape,
        names=names,
        kinds=tuple(tuple(one.split()) for one in names_in(line.get("kinds", ()))),
        within=ways(line.get("within", HERE)),
        beside={
            name: GIVEN if values == GIVEN else tuple(values)
            for name, values in line.get("beside", {}).items()
        },
        values=_values(line.get("values", ())),
        but=_values(line.get("but", ())),
        even_empty=line.get("even_empty", False),
        default=line.get("default"),
        bounds=bound if type(bound) is dict else {name.rpartition("/")[2]: bound for name in names},
        to=names_in(line.get("to", ())),
        attribute=line.get("attribute"),
        message=line.get("message", ""),
        fix=fix,
    )


def shape_of(line: Mapping[str, Any]) -> str:
    """Give which fault a part is about."""
    return next(shape for shape in SHAPES if shape in line)


def _values(written: Any) -> tuple[object, ...]:
    values = named(written) if isinstance(written, str) else written
    # text as a template has it, and no members of an enumeration
    return tuple(str(one) if isinstance(one, str) else one for one in values)


def names_in(written: Any) -> tuple[str, ...]:
    """Read one word, several, or the name of some that stand in a module beside this one."""
    if not isinstance(written, str):
        return tuple(written)
    module, _, constant = written.partition(".")
    return (
        tuple(map(str, named(written))) if module.islower() and constant.isupper() else (written,)
    )
