"""What the construct says of every submission, and what one message or event says otherwise."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def defaults() -> dict[str, Any]:
    """Read the members of ``SubmitJob`` that the construct gives, from ``DEFAULTS``."""
    read: dict[str, Any] = json.loads(os.environ.get("DEFAULTS", "{}"))
    return read


def merged(given: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Add what is given to what is asked, which wins; maps and variables name by name.

    What is asked in a form that AWS Batch refuses stays as it is, for AWS Batch to refuse.
    """
    request = {**given, **asked}
    for name in ("parameters", "tags"):
        if name in given and isinstance(asked.get(name), dict):
            request[name] = {**given[name], **asked[name]}
    ours, theirs = given.get("containerOverrides"), asked.get("containerOverrides")
    if ours and theirs:
        overrides = {**ours, **theirs}
        for member, key in (("environment", "name"), ("resourceRequirements", "type")):
            if member in ours and isinstance(theirs.get(member), list):
                overrides[member] = _by(key, ours[member], theirs[member])
        request["containerOverrides"] = overrides
    return request


def _by(key: str, ours: Sequence[Mapping[str, Any]], theirs: Sequence[Any]) -> list[Any]:
    named = [entry.get(key) for entry in theirs if isinstance(entry, dict)]
    return [*(entry for entry in ours if entry[key] not in named), *theirs]
