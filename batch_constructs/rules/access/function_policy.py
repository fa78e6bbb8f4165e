"""The policy of a Lambda function, into which Lambda writes a statement for each permission."""

from __future__ import annotations

from batch_constructs.aws.actions import PRINCIPAL_ORGANIZATION, SOURCE_ACCOUNT, SOURCE_ARN
from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.names import ACCOUNT, root_of
from batch_constructs.aws.service_principals import DOMAIN
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CONDITIONS: Final = {
    "SourceAccount": ("StringEquals", SOURCE_ACCOUNT),
    "SourceArn": ("ArnLike", SOURCE_ARN),
    "PrincipalOrgID": ("StringEquals", PRINCIPAL_ORGANIZATION),
}
"""Property of a permission → what it becomes.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""


def policy_of(statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Write the policy with such statements as Lambda keeps it."""
    return {"Version": POLICY_VERSION, "Id": "default", "Statement": [*statements]}


def statement_of(permission: Mapping[str, Any], *, name: str, function: Any) -> dict[str, Any]:
    """Write what a permission becomes.

    Args:
        permission: its properties.
        name: what CloudFormation calls it.
        function: the ARN of the function, or its name.
    """
    conditions: dict[str, dict[str, Any]] = {}
    for key, (operator, variable) in _CONDITIONS.items():
        if permission.get(key) is not None:
            conditions.setdefault(operator, {})[variable] = permission[key]
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": _principal(permission.get("Principal")),
        "Action": permission.get("Action"),
        "Resource": function,
        **({"Condition": conditions} if conditions else {}),
    }


def _principal(written: Any) -> Any:
    if not isinstance(written, str) or written == "*":
        return written
    if written.endswith(DOMAIN):
        return {"Service": written}
    return {"AWS": root_of(written) if ACCOUNT.admits(written) else written}
