"""Statements of a role, divided among as many policies as IAM's sizes take.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.names import LONGEST_ARN
from batch_constructs.aws.quotas import (
    MANAGED_POLICIES_A_ROLE,
    MANAGED_POLICY_CHARACTERS,
    ROLE_POLICY_CHARACTERS,
)
from batch_constructs.one_call import of
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam

    from batch_constructs.one_call import InJavaScript, Made, OneCall

Statement = dict[str, Any]

_FRAME: Final = 60
"""Characters of a document around its statements."""


MORE_POLICY: Final = "MorePolicy"
"""ID, before its number, of a policy for what has no room inline."""

LEFT_FOR_GRANTS: Final = 1900
"""Characters left for what the CDK adds beside: tracing, log delivery, queues, topics, keys."""


class RolePolicies:
    """The policies of one role: an inline one, and managed ones for what has no room there.

    Attributes:
        inline: The statements of the inline policy.
        managed: Those of each managed policy.
    """

    def __init__(
        self,
        statements: Sequence[Statement],
        *,
        lengths: Mapping[str, int] | None = None,
        room: int = ROLE_POLICY_CHARACTERS - LEFT_FOR_GRANTS,
    ) -> None:
        """Divide them.

        Args:
            statements: What the role may do.
            lengths: Text with a token → how many characters it comes to, at most. Default: as many
                as the longest ARN.
            room: How many characters there are for the inline policy.
        """
        self._lengths = {} if lengths is None else lengths
        self.inline: list[Statement] = []
        self.managed: list[list[Statement]] = []
        at, room = self.inline, room - _FRAME
        waiting = list(statements)
        while waiting:
            now, later = self._divided(waiting.pop(0), room)
            if now is not None:
                at.append(now)
                room -= self._length(now)
            if later is not None:
                waiting.insert(0, later)
                at, room = [], MANAGED_POLICY_CHARACTERS - _FRAME
                self.managed.append(at)

    def problem(self, what: str) -> str | None:
        """Say that a role cannot hold all of it, if that is so; ``what`` would be fewer."""
        if len(self.managed) <= MANAGED_POLICIES_A_ROLE:
            return None
        return (
            f"its role needs {len(self.managed)} managed policies for its permissions; allowed: "
            f"{MANAGED_POLICIES_A_ROLE} of {MANAGED_POLICY_CHARACTERS} characters: {what}"
        )

    def attach(self, call: OneCall, role: object) -> list[Made[iam.ManagedPolicy]]:
        """Have managed policies made (IDs ``MorePolicy1``, …), which the role's user waits for."""
        return [
            call.add(
                "aws_iam.ManagedPolicy",
                f"{MORE_POLICY}{number}",
                {"roles": [role], "document": as_document(statements)},
            )
            for number, statements in enumerate(self.managed, start=1)
        ]

    def _divided(
        self, statement: Statement, room: int
    ) -> tuple[Statement | None, Statement | None]:
        """Divide a statement into what has room and what has not."""
        if self._length(statement) <= room:
            return statement, None
        resources = statement.get("Resource")
        if not isinstance(resources, list):
            return None, statement
        fitting = 0
        left = room - self._length({**statement, "Resource": []})
        for resource in resources:
            left -= self._length(resource) + 1
            if left < 0:
                break
            fitting += 1
        if not fitting:
            return None, statement
        return (
            {**statement, "Resource": resources[:fitting]},
            {**statement, "Resource": resources[fitting:]},
        )

    def length(self) -> int:
        """Count the characters of the inline policy."""
        return _FRAME + sum(map(self._length, self.inline))

    def _length(self, value: Any) -> int:
        """Count the characters of JSON, at most, whatever is not known yet."""
        return len(json.dumps(self._spelt_out(value), separators=(",", ":"))) + 1

    def _spelt_out(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._spelt_out(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._spelt_out(item) for item in value]
        return "x" * self._lengths.get(value, LONGEST_ARN) if is_token(value) else value


def policy_of(statements: Sequence[Statement]) -> dict[str, Any]:
    """Write a policy of statements, as IAM does."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def as_document(statements: Sequence[Statement]) -> InJavaScript:
    """Have a policy made of statements."""
    return of("aws_iam.PolicyDocument.fromJson", policy_of(statements))
