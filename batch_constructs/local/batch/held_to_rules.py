"""What is created is held to the rules over templates, where those call it an error.

Loaded by the first request that creates something, so that the server starts at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.names import as_member
from batch_constructs.rules import check_resource
from batch_constructs.rules.areas.shape_rules import AREA as SHAPE
from batch_constructs.rules.areas.shape_rules import model
from batch_constructs.rules.rulebook import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HELD_ELSEWHERE = (SHAPE, "tag")
"""Areas that the request was held to before: its shape, and tags less those of CloudFormation."""

_NOT_NEEDED_HERE = (
    "ec2-environment-needs",
    "ec2-environment-security-groups",
    "eks-allocation-strategy",
    "fargate-execution-role",
    "secrets-execution-role",
    "spot-fleet-role",
    "unmanaged-service-role",
)
"""Rules about what is missing that nothing on this machine needs: roles and security groups."""


def against_rules(noun: str, request: Mapping[str, Any]) -> Iterator[str]:
    """List what `check` calls an error in a resource, such as a ``JobQueue``."""
    type_ = f"AWS::Batch::{noun}"
    properties = _as_a_template_spells(model()[type_], request)
    for one in check_resource(type_, properties, errors_and=frozenset()):
        if RULES[one.rule].area not in _HELD_ELSEWHERE and one.rule not in _NOT_NEEDED_HERE:
            yield f"{_place(one.path)}{one.message}"


def _as_a_template_spells(node: Any, value: Any) -> Any:
    if isinstance(node, dict) and isinstance(value, dict):
        spelled = {name.lower(): name for name in node}
        return {
            name: _as_a_template_spells(node.get(name), member)
            for name, member in ((spelled.get(key.lower(), key), one) for key, one in value.items())
        }
    if isinstance(node, list) and isinstance(value, list):
        return [_as_a_template_spells(node[0], entry) for entry in value]
    return value


def _place(path: str) -> str:
    """Write a path below ``Properties`` as botocore writes that of a member."""
    steps = "/".join(map(as_member, path.split("/")[1:]))
    written = re.sub(r"/(\d+)(?=/|$)", r"[\1]", steps).replace("/", ".")
    return f"{written}: " if written else ""
