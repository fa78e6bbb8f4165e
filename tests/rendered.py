"""Every template that this run has synthesised with a construct of ours in it.

The rules look at each of them at synthesis, and what they are shown is kept here: no test has to
say what it rendered. AWS's published texts judge all of it in `tests/judges`, last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from batch_constructs import validation_plugin

TEMPLATES: dict[str, Mapping[str, Any]] = {}
"""Digest → template."""

REQUESTS: list[tuple[str, Mapping[str, Any]]] = []
"""Operation and body of each request that code of ours sent to AWS Batch."""


def keep() -> None:
    """Keep each template that the rules are shown from now on."""
    check = validation_plugin.check_template

    def kept_and_checked(template: Mapping[str, Any]) -> Any:
        written = json.dumps(template, sort_keys=True).encode()
        TEMPLATES[hashlib.sha256(written).hexdigest()] = template
        return check(template)

    validation_plugin.check_template = kept_and_checked


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
