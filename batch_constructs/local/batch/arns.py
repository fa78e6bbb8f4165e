"""Amazon Resource Names of AWS Batch resources."""

from __future__ import annotations

from dataclasses import dataclass

from batch_constructs.aws.names import arn, is_arn


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
        return arn(kind, name, account=self.account_id, region=self.region, service=service)

    def name(self, kind: str, name_or_arn: str) -> str:
        """Return the name of a resource that is given by its name or its ARN."""
        return name_or_arn.removeprefix(self.of(kind, ""))

    def meant(self, kind: str, name_or_arn: str) -> str:
        """Return the ARN of a resource that is given by its name or its ARN, of any account."""
        return name_or_arn if is_arn(name_or_arn) else self.of(kind, name_or_arn)
