"""The permissions of a function of ours, which stand in one policy of a limited size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import allowed
from batch_constructs.aws.quotas import FUNCTION_POLICY_BYTES
from batch_constructs.rules.access.function_policy import policy_of, statement_of
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from batch_constructs.construct import BatchConstruct


class FunctionPermissions:
    """What the policy of a function has taken so far, each permission reckoned once."""

    def __init__(self, construct: BatchConstruct, function: lambda_.Function) -> None:
        self._construct = construct
        self._function = function
        self._looked_at = 0
        self._bytes = _length(policy_of([])) - len(",")

    def refuse_what_has_no_room(self) -> None:
        """Reckon what was added, and take it away again where Lambda would refuse it.

        Raises:
            ValueError: it is so.
        """
        from aws_cdk.aws_lambda import CfnPermission  # noqa: PLC0415  # it is there where one was made

        children = self._function.node.children
        added = [one for one in children[self._looked_at :] if isinstance(one, CfnPermission)]
        length = self._bytes + sum(_length_of(one) for one in added)
        if length > FUNCTION_POLICY_BYTES:
            for one in added:
                self._function.node.try_remove_child(one.node.id)
            raise ValueError(
                f"{self._construct.node.path}: grantee makes the policy of the function {length} "
                f"bytes long or more; {allowed(f'at most {FUNCTION_POLICY_BYTES}')}: allow "
                "several at once, such as a service with aws:SourceAccount and an aws:SourceArn "
                "that ends with an asterisk, or an iam.OrganizationPrincipal"
            )
        self._looked_at = len(children)
        self._bytes = length


def _length_of(permission: lambda_.CfnPermission) -> int:
    """Count the bytes of a permission in the policy at least; of a token nothing is known."""
    from batch_constructs.rules.access.arn_patterns import made_up, shortest  # noqa: PLC0415  # seldom needed
    from batch_constructs.rules.template.submitted_jobs import FUNCTION  # noqa: PLC0415  # as above

    written = {
        "Action": permission.action,
        "Principal": permission.principal,
        "PrincipalOrgID": permission.principal_org_id,
        "SourceAccount": permission.source_account,
        "SourceArn": permission.source_arn,
    }
    known = {name: "" if is_token(value) else value for name, value in written.items()}
    function = "-" * shortest(FUNCTION, "Arn", "", {})
    return len(",") + _length(statement_of(known, name=made_up(""), function=function))


def _length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
