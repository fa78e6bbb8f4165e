"""How long what has tokens in it becomes, at least: what only the deployment knows has a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.event_pattern import length
from batch_constructs.aws.names import LONGEST_ARN
from batch_constructs.aws.pattern import pattern as regular_expression
from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.jsii_objects import has_member
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = regular_expression(r"\$\{Token\[([^\]]*)\]\}")


def shortest_pattern(pattern: dict[str, Any]) -> int:
    """Count the characters of an event pattern at least, of tokens as far as they are known.

    What each token stands for is asked of the CDK only where the pattern may be too long.
    """
    if length(_replaced(pattern, _longest)) <= EVENT_PATTERN_CHARACTERS:
        return 0
    return length(_replaced(pattern, _shortest))


def longest_pattern(pattern: dict[str, Any]) -> int:
    """Count the characters of an event pattern, each text with tokens as the longest ARN."""
    return length(_replaced(pattern, lambda _: LONGEST_ARN))


def _replaced(value: Any, measure: Callable[[str], int]) -> Any:
    """Put a text of the length that is reckoned in the place of each one with tokens."""
    if isinstance(value, dict):
        return {name: _replaced(item, measure) for name, item in value.items()}
    if isinstance(value, str):
        return "x" * measure(value) if is_token(value) else value
    if is_token(value):
        return 0  # a number, or a list that may be empty
    return [_replaced(item, measure) for item in value] if isinstance(value, list) else value


def _longest(text: str) -> int:
    return len(text) + LONGEST_ARN * len(_TOKEN.findall(text))


def _shortest(text: str) -> int:
    from batch_constructs.rules.template.written_lengths import nothing_known  # noqa: PLC0415  # seldom needed

    names = [name.rpartition(".")[0].replace(".", "::") for name in _TOKEN.findall(text)]
    of_the_place = [nothing_known(name, None) for name in names]
    rest = 0 if all(of_the_place) else _referred(text)
    return len(_TOKEN.sub("", text)) + sum(of_the_place) + rest


def _referred(text: str) -> int:
    """Count what references to resources of a text come to."""
    from aws_cdk import Reference, Tokenization  # noqa: PLC0415  # loaded by whoever made the token

    tokens = Tokenization.reverse_string(text).tokens
    return sum(_of_reference(one) for one in tokens if isinstance(one, Reference))


def _of_reference(reference: Any) -> int:
    from batch_constructs.rules.access.arn_patterns import name_property, shortest  # noqa: PLC0415  # seldom needed

    target = reference.target
    if not has_member(target, "cfn_resource_type"):
        return 0
    kind = target.cfn_resource_type
    attribute = None if reference.display_name == "Ref" else reference.display_name
    key = name_property(kind, attribute)
    member = "".join(f"_{one.lower()}" if one.isupper() else one for one in key).lstrip("_")
    name = getattr(target, member) if key and has_member(target, member) else ""
    properties = {} if name is None else {key: "" if is_token(name) else name}
    return shortest(kind, attribute, "", properties)
