"""Amazon Resource Names of AWS Batch resources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Arns:
    """The ARNs of one account in one Region.

    Args:
        account_id: twelve digits.
        region: such as ``us-east-1``.
    """

    account_id: str
    region: str

    def of(self, kind: str, name: str, *, service: str = "batch") -> str:
        """Return the ARN of a resource, such as ``of("job-queue", "high")``."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{kind}/{name}"

    def name(self, kind: str, name_or_arn: str) -> str:
        """Return the name of a resource that is given by its name or its ARN."""
        prefix = self.of(kind, "")
        return name_or_arn.removeprefix(prefix)
