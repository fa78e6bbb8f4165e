"""All rules, and those about a type of resource: an area's module is loaded when it is wanted."""

from __future__ import annotations

from functools import lru_cache

from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules import areas, rule

if TYPE_CHECKING:
    from batch_constructs.rules.rule import Rule

    RULES: dict[str, Rule]
    """Every rule by its identifier."""

    BY_SUBJECT: dict[str, list[Rule]]
    """The rules about each type of resource."""


if not TYPE_CHECKING:  # or every misspelled name would be there to a type checker

    def __getattr__(name: str) -> object:
        """Load every rule where all are wanted; a check loads those about what it meets."""
        tables = {"RULES": rule.BY_ID, "BY_SUBJECT": rule.BY_SUBJECT}
        if name not in tables:
            raise AttributeError(name)
        areas.load()
        return tables[name]


@lru_cache(maxsize=512)
def rules_about(type: str) -> list[Rule]:
    """Give the rules about a type of resource, in the order of their areas."""
    areas.load_about(type)
    return _loaded(type, len(rule.BY_SUBJECT.get(type, ())))


def has_rules(type: str) -> bool:
    """Whether there are rules about a type of resource."""
    return type in areas.areas_about()


@lru_cache(maxsize=512)
def speaking(type: str, names: frozenset[str], types: frozenset[str]) -> list[Rule]:
    """Give the rules that may say something of a resource with such properties in a template.

    Args:
        type: its type.
        names: the names of its properties.
        types: of the template's resources, with the services that these are of.
    """
    present = names | types
    areas.load_about(type, present)
    number = len(rule.BY_SUBJECT.get(type, ()))
    rules, by_name = _loaded(type, number), _by_name(type, number)
    places = {*by_name[""]}.union(*(by_name[name] for name in by_name.keys() & names))
    asked = [rules[place] for place in sorted(places)]
    return [one for one in asked if _is_combination(one) or areas.may_speak(one.area, present)]


@lru_cache(maxsize=512)
def _loaded(type: str, number: int) -> list[Rule]:
    """Give the rules about a type that are loaded, which are so many."""
    del number
    places = {area: place for place, area in enumerate(areas.AREAS)}
    # in an area the combinations come first, whatever was loaded first
    return sorted(
        rule.BY_SUBJECT.get(type, ()),
        key=lambda one: (places[one.area], not _is_combination(one)),
    )


def _is_combination(one: Rule) -> bool:
    """Tell a rule of an area's table from those of its module."""
    return isinstance(one, rule.LateRule) and one.noun == ""


@lru_cache(maxsize=512)
def _by_name(type: str, number: int) -> dict[str, list[int]]:
    """Give the places of the rules that need a property; those of the others under no name."""
    found: dict[str, list[int]] = {"": []}
    for place, one in enumerate(_loaded(type, number)):
        for name in one.needs or ("",):
            found.setdefault(name, []).append(place)
    return found
