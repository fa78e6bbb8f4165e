"""Every template that this run has synthesised with a construct of ours in it.

The rules look at each of them at synthesis, and what they are shown is kept here: no test has to
say what it rendered. What the rules refuse never reaches AWS and is not kept. AWS's published texts
judge all the rest in `tests/judges`, last.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from batch_constructs import validation_plugin
from batch_constructs.rules import Finding, Severity, check_template


class Packed(MutableMapping[str, Mapping[str, Any]]):
    """Templates, kept small: a run renders thousands."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        template: Mapping[str, Any] = json.loads(zlib.decompress(self._packed[name]))
        return template

    def __setitem__(self, name: str, template: Mapping[str, Any]) -> None:
        self._packed[name] = zlib.compress(json.dumps(template, sort_keys=True).encode(), 1)

    def __delitem__(self, name: str) -> None:
        del self._packed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


TEMPLATES = Packed()
"""Digest → template."""

REQUESTS: list[tuple[str, Mapping[str, Any]]] = []
"""Operation and body of each request that code of ours sent to AWS Batch."""


def keep() -> None:
    """Keep each template that the rules are shown from now on."""

    def checked_and_kept(template: Mapping[str, Any]) -> list[Finding]:
        findings = check_template(template)
        if not any(finding.severity is Severity.ERROR for finding in findings):
            written = json.dumps(template, sort_keys=True).encode()
            TEMPLATES[hashlib.sha256(written).hexdigest()] = template
        return findings

    vars(validation_plugin)["check_template"] = checked_and_kept


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
