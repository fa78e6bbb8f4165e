"""Policy statements of several containers, put together without saying anything twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def merged(statements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put statements of the same actions and conditions into one, with all their resources."""
    found: dict[str, dict[str, Any]] = {}
    resources: dict[str, dict[str, None]] = {}
    for statement in statements:
        rest = {name: value for name, value in statement.items() if name != "Resource"}
        key = json.dumps(rest, sort_keys=True, default=id)
        found.setdefault(key, rest)
        named = statement["Resource"]
        listed = named if isinstance(named, list) else [named]
        resources.setdefault(key, {}).update(dict.fromkeys(listed))
    return [
        {
            **rest,
            "Resource": next(iter(resources[key]))
            if len(resources[key]) == 1
            else list(resources[key]),
        }
        for key, rest in found.items()
    ]
