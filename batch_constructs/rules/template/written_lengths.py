"""How long what a template says is, at least: what only the deployment knows is not counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.rules.template.whole import Whole


def of_type(whole: Whole, type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give ID and properties of each resource of a type."""
    for id_, resource in whole.resources.items():
        if isinstance(resource, dict) and resource.get("Type") == type:
            properties = resource.get("Properties")
            if isinstance(properties, dict):
                yield str(id_), properties


def is_conditional(whole: Whole, id_: str) -> bool:
    """Whether a resource is made under a condition alone."""
    resource = whole.resources[id_]
    return isinstance(resource, dict) and "Condition" in resource


def listed(value: object) -> list[Any]:
    """Give a list, if it is one."""
    return value if isinstance(value, list) else []


def is_intrinsic(value: Mapping[Any, Any]) -> bool:
    """Whether an object is a function of CloudFormation's."""
    return len(value) == 1 and str(next(iter(value))).startswith(("Ref", "Fn::"))


def length_of(value: object) -> int:
    """Count the characters of a document as JSON, at least: without what is not known yet."""
    if isinstance(value, dict):
        if is_intrinsic(value):
            return text_length(value, 2)
        return 1 + sum(length_of(str(name)) + 2 + length_of(one) for name, one in value.items())
    if isinstance(value, list):
        return 1 + sum(1 + length_of(one) for one in value)
    return len(json.dumps(value, ensure_ascii=False, default=str))


def text_length(value: object, quotes: int) -> int:
    """Count the bytes of a text, at least."""
    return len(known_text(value).encode(errors="replace")) + quotes


def known_text(value: object) -> str:
    """Give what is known of a text; what only the deployment knows is left out."""
    match value:
        case {"Fn::Join": [str() as glue, list() as parts]}:
            return glue.join(map(known_text, parts))
        case dict() | list() | None:
            return ""
    return str(value)
