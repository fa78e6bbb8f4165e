"""Every template that this run has synthesised with a construct of ours in it.

The rules look at each of them at synthesis, and what they are shown is kept here: no test has to
say what it rendered. AWS's published texts judge it in `tests/judges`, last: all but the resources
in which a rule finds an error, and `tests/judges/test_left_out.py` says why there are any. What a
test makes without a construct of ours, and halves of resources at that, it makes within
`somebody_elses`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import FrameType
from typing import Any

from botocore.client import BaseClient

from batch_constructs import functions, validation_plugin
from batch_constructs.rules import Finding, Severity


class Packed(MutableMapping[str, Mapping[str, Any]]):
    """Templates, kept small: a run renders thousands."""

    def __init__(self) -> None:
        self.packed: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        template: Mapping[str, Any] = json.loads(zlib.decompress(self.packed[name]))
        return template

    def __setitem__(self, name: str, template: Mapping[str, Any]) -> None:
        self.packed[name] = zlib.compress(json.dumps(template, sort_keys=True).encode(), 1)

    def __delitem__(self, name: str) -> None:
        del self.packed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


TEMPLATES = Packed()
"""Digest → template."""

LEFT_OUT: dict[str, str] = {}
"""Rule that finds an error → the test that showed it the last resource that is not judged so."""

REQUESTS: list[tuple[str, str, Mapping[str, Any]]] = []
"""Service, operation and body of each request that a function or the client sent through boto3.

All that AWS Batch was sent, and of other services one for each set of members.
"""

_SENDERS = tuple(
    str(Path(functions.__file__).parents[1] / room) for room in ("functions", "client")
)
_ASKED: set[tuple[str, str, frozenset[str]]] = set()
_OURS = [True]


@contextmanager
def somebody_elses() -> Iterator[None]:
    """Keep nothing of what is synthesised within: none of it is a construct of ours."""
    _OURS.append(False)
    try:
        yield
    finally:
        _OURS.pop()


def keep() -> None:
    """Keep each template that the rules are shown and each request that is sent from now on."""

    check = vars(validation_plugin)["_checked"]

    def checked_and_kept(file: str | Path, *told: Any) -> tuple[dict[str, Any], list[Finding]]:
        template, findings = check(file, *told)
        if not _OURS[-1]:
            return template, findings
        errors = [one for one in findings if one.severity is Severity.ERROR]
        LEFT_OUT.update({one.rule: os.environ.get("PYTEST_CURRENT_TEST", "") for one in errors})
        refused = {one.resource for one in errors}
        kept = {n: one for n, one in template.get("Resources", {}).items() if n not in refused}
        if "" not in refused:
            written = json.dumps(template, sort_keys=True).encode()
            TEMPLATES[hashlib.sha256(written).hexdigest()] = {**template, "Resources": kept}
        return template, findings

    vars(validation_plugin)["_checked"] = checked_and_kept
    call = BaseClient._make_api_call

    def kept_and_called(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        asked = (service, operation, frozenset(request))
        if (service == "batch" or asked not in _ASKED) and _is_sent_by_us():
            _ASKED.add(asked)
            REQUESTS.append((service, operation, deepcopy(request)))
        return call(client, operation, request)

    setattr(BaseClient, "_make_api_call", kept_and_called)  # noqa: B010  # mypy knows no such method


def _is_sent_by_us() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith(_SENDERS):
            return True
        frame = frame.f_back
    return False


def resources(*prefixes: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give type, ID and resource of all whose type begins with a prefix, each once."""
    seen: dict[str, None] = {}
    for template in TEMPLATES.values():
        for resource in template.get("Resources", {}).values():
            if resource["Type"].startswith(prefixes):
                written = json.dumps([resource["Type"], resource.get("Properties", {})])
                seen.setdefault(written)
    for number, written in enumerate(seen):
        type_, properties = json.loads(written)
        yield type_, f"R{number}", {"Type": type_, "Properties": properties}
