"""How long what a template says is, at least.

What only the deployment knows is reckoned as short as it can be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring

from batch_constructs.aws.names import ACCOUNT_ID_LENGTH, SHORTEST_PARTITION, SHORTEST_REGION
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.template_facts import NO_VALUE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template.text import substitutions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.whole import Whole


_PSEUDO_PARAMETERS: Final = {
    "AWS::Partition": SHORTEST_PARTITION,
    "AWS::Region": SHORTEST_REGION,
    "AWS::AccountId": ACCOUNT_ID_LENGTH,
}


ByType = Mapping[str, list[tuple[str, dict[str, Any]]]]
"""Type → the resources of it: logical ID, and what is written."""


def of_type(
    whole: Whole, type: str, *, surely: bool = False
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give ID and properties of each resource of a type, or of each that has no condition."""
    return resources_of_type(whole.by_type, type, surely=surely)


def resources_of_type(
    by_type: ByType, type: str, *, surely: bool = False
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the same of resources by their type."""
    for id_, resource in by_type.get(type, ()):
        properties = resource.get("Properties")
        if isinstance(properties, dict) and not (surely and "Condition" in resource):
            yield id_, properties


def listed(value: object) -> list[Any]:
    """Give a list, if it is one."""
    return value if isinstance(value, list) else []


def is_intrinsic(value: Mapping[Any, Any]) -> bool:
    """Whether an object is a function of CloudFormation's."""
    return len(value) == 1 and str(next(iter(value))).startswith(("Ref", "Fn::"))


_NUMBERS: Final = (int, float)

Least = Callable[[str, str | None], int]
"""Gives how many characters a reference to a resource, or to an attribute of it, has at least."""


def nothing_known(target: str, attribute: str | None) -> int:
    """Count what CloudFormation itself knows of a stack, and nothing of resources."""
    return 0 if attribute else _PSEUDO_PARAMETERS.get(target, 0)


def length_of(value: object, least: Least = nothing_known) -> int:
    """Count the characters of a document as JSON, at least: what is not known yet as its least.

    What may not be there counts for nothing.
    """
    if isinstance(value, str):
        return _length_of_text(value)
    if isinstance(value, dict):
        if is_intrinsic(value):
            return _length_of_function(value, least)
        inside = 0
        for name, one in value.items():
            length = length_of(one, least)
            if length:
                inside += _length_of_text(str(name)) + 2 + length
        return 1 + max(inside, 1)
    if isinstance(value, list):
        inside = sum(1 + length for one in value if (length := length_of(one, least)))
        return 1 + max(inside, 1)
    return len(repr(value)) if isinstance(value, _NUMBERS) else 0


_MOST_OF_A_NAME: Final = 512
"""Characters of an ARN or a name that a reference stands for."""


def is_surely_within(most: int, *texts: str | None) -> bool:
    """Tell by a look at documents as JSON that none is too long, as nearly all are not.

    What stands between the pieces of a text stands there again and again.
    """
    for text in texts:
        if text is None or not text.isascii() or "Fn::Join" in text:
            return False
        references = text.count('"Ref"') + text.count('"Fn::') + text.count("${")
        if len(text) + references * _MOST_OF_A_NAME > most:
            return False
    return True


def _length_of_text(text: str) -> int:
    return len(encode_basestring(_written(text)))


def _length_of_function(value: Mapping[Any, Any], least: Least) -> int:
    match value:
        case {"Fn::If": [_, then, otherwise]}:
            return min(length_of(then, least), length_of(otherwise, least))
    return 0 if value == NO_VALUE else text_length(value, 2, least)


DYNAMIC_REFERENCE: Final = pattern(r"\{\{resolve:[^{}]+\}\}")


def _written(text: str) -> str:
    """Leave out what CloudFormation puts in the place of references that a text holds."""
    return DYNAMIC_REFERENCE.sub("", text) if "{{resolve:" in text else text


def document_length(value: object, least: Least) -> int:
    """Count the characters of a policy, which may be written as a text, too."""
    if isinstance(value, str):
        try:
            return length_of(json.loads(value))
        except (ValueError, RecursionError):
            return 0
    return length_of(value, least)


def text_length(value: object, quotes: int, least: Least = nothing_known) -> int:
    """Count the bytes of a text, at least."""
    return quotes + _least(value, least)


def _least(value: object, least: Least) -> int:  # noqa: PLR0911  # the hot path
    if isinstance(value, str):  # as most are
        return _bytes(value)
    match value:
        case {"Fn::Join": [str() as glue, list() as parts]}:
            return sum(_least(one, least) for one in parts) + _bytes(glue) * (len(parts) - 1)
        case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text]}:
            return _substituted(text, {}, least)
        case {"Fn::Sub": [str() as text, dict() as named]}:
            return _substituted(text, named, least)
        case {"Fn::If": [_, then, other]}:
            return min(_least(then, least), _least(other, least))
        case dict():
            target, attribute = referred(value)
            return least(target, attribute) if target else 0
    return len(str(value)) if isinstance(value, _NUMBERS) else 0


def referred(value: object) -> tuple[str, str | None]:
    """Give what a reference names: a logical ID and an attribute, None for the resource itself."""
    match value:
        case {"Ref": str() as target}:
            return target, None
        case {"Fn::GetAtt": [str() as target, str() as attribute]}:
            return target, attribute
        case {"Fn::GetAtt": str() as name}:
            return _named(name)
    return "", None


def _named(name: str) -> tuple[str, str | None]:
    target, _, attribute = name.partition(".")
    return target, attribute or None


def _substituted(text: str, named: Mapping[str, Any], least: Least) -> int:
    length = 0
    known: dict[str, int] = {}
    for before, name in substitutions(text):
        length += _bytes(before)
        if name is None:
            continue
        if name.startswith("!"):
            length += _bytes(name.removeprefix("!")) + len("${}")
            continue
        if name not in known:  # what is named often is reckoned once: it may name others so, too
            known[name] = _least(named[name], least) if name in named else least(*_named(name))
        length += known[name]
    return length


def _bytes(text: str) -> int:
    written = _written(text)
    return len(written) if written.isascii() else len(written.encode(errors="replace"))


def known_text(value: object) -> str:
    """Give what is known of a text; what only the deployment knows is left out."""
    match value:
        case {"Fn::Join": [str() as glue, list() as parts]}:
            return glue.join(map(known_text, parts))
        case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text, _]}:
            return "".join(
                f"{before}${{{name[1:]}}}" if name and name[0] == "!" else before
                for before, name in substitutions(text)
            )
        case dict() | list() | None:
            return ""
    return str(value)


def compact(template: object) -> str:
    """Write a template as short as it can be; one that contains itself has no length."""
    try:
        return json.dumps(
            template, separators=(",", ":"), ensure_ascii=False, default=str, skipkeys=True
        )
    except (ValueError, RecursionError):
        return ""
