"""What the construct says of every submission, and what one message or event says otherwise."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.overridden_containers import as_members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_constructs.aws.overridden_containers import Containers


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


def said_of_containers(request: dict[str, Any], containers: Containers | None) -> dict[str, Any]:
    """Say what changes in the containers in the member that the job definition takes.

    What a message says in that member itself wins.
    """
    overrides = request.get("containerOverrides")
    if containers is None or not overrides:
        return request
    rest = {name: value for name, value in request.items() if name != "containerOverrides"}
    return joined(as_members(overrides, containers), rest)


_KEYS = ("targetNodes", "name", "type")
"""What tells the entries of a list from each other; of tasks there is one."""

_WHOLE = "resources"
"""What a message says whole: its limits and ours may contradict each other."""


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Put two requests together, of which the second wins; entries of lists by their key."""
    both: dict[str, Any] = _both(first, second)
    return both


def _both(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        shared = [name for name in ours if name in theirs and name != _WHOLE]
        both = {name: _both(ours[name], theirs[name]) for name in shared}
        return {**ours, **theirs, **both}
    if not _are_entries(ours) or not _are_entries(theirs):
        return theirs
    found = {_key(entry): entry for entry in ours}
    for entry in theirs:
        found[_key(entry)] = _both(found.get(_key(entry), {}), entry)
    return list(found.values())


def _are_entries(value: Any) -> bool:
    """Whether this is a list whose entries have keys; any other is left for the SDK to refuse."""
    return isinstance(value, list) and all(
        isinstance(entry, dict) and isinstance(_key(entry), str | None) for entry in value
    )


def _key(entry: Mapping[str, Any]) -> Any:
    return next((entry[name] for name in _KEYS if name in entry), None)
