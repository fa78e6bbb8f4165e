"""The statement that is missing, as JSON that can be pasted into a policy of the template."""

from __future__ import annotations

import json

from batch_constructs.aws.names import ARN_PARTS
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.values import Reference, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ARN_VARIABLES: Final = {1: "${AWS::Partition}", 3: "${AWS::Region}", 4: "${AWS::AccountId}"}
"""What stands in a part of an ARN that is not written out."""


def statement(
    actions: Sequence[str],
    resources: Sequence[object],
    principal: Mapping[str, object] | None = None,
) -> str:
    """Write a statement that allows actions on resources, which are as a template writes them."""
    written: dict[str, object] = {"Effect": "Allow"}
    if principal:
        written["Principal"] = dict(principal)
    written["Action"] = actions[0] if len(actions) == 1 else list(actions)
    written["Resource"] = resources[0] if len(resources) == 1 else list(resources)
    return json.dumps(written)


def fix(role: str, actions: Sequence[str], *resources: object) -> str:
    """Say what to add to the policies of a role."""
    return f"add to the policies of {role}: {statement(actions, resources)}"


def arn(service: str, resource: str, *, region: bool = True) -> dict[str, str]:
    """Write the ARN of a resource in the account and Region of the stack."""
    where = "${AWS::Region}" if region else ""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{where}:${{AWS::AccountId}}:{resource}"}


def written(value: object) -> object:
    """Write a value as a template does: a reference, a text with references in it, or as it is."""
    if isinstance(value, Reference):
        if value.attribute is None:
            return {"Ref": value.target}
        return {"Fn::GetAtt": [value.target, value.attribute]}
    if not isinstance(value, Text):
        return value if isinstance(value, str) else "*"
    spelled = "".join(_part(part) for part in value.parts)
    parts = spelled.split(":", ARN_PARTS)
    if len(parts) > ARN_PARTS:
        parts = [
            _ARN_VARIABLES.get(place, part) if part == "\0" else part
            for place, part in enumerate(parts)
        ]
    return {"Fn::Sub": ":".join(parts).replace("\0", "*")}


def _part(part: object) -> str:
    if isinstance(part, Reference):
        attribute = f".{part.attribute}" if part.attribute else ""
        return f"${{{part.target}{attribute}}}"
    return part if isinstance(part, str) else "\0"
