"""What a check says: one finding for each fault."""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.record import Record


class Severity(StrEnum):
    """How sure, and how bad.

    An error is what AWS documents, or was seen, to refuse. A warning follows from AWS's documents,
    costs money, or is unsafe. An info is worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Record):
    """One fault in one resource.

    Attributes:
        rule: the identifier of the rule, for example ``fargate-size``.
        severity: error, warning or info.
        resource: the logical ID of the resource, empty for the template as a whole.
        path: where in the resource, for example ``Properties/ComputeResources/BidPercentage``.
        message: what is wrong, the value got, and what is allowed.
        fix: what to do, in one line.
        source: the AWS text that says so.
        line: in a file, where it stands, counted from 1.
        column: in a file, as ``line``.
    """

    rule: str
    severity: Severity
    resource: str
    path: str
    message: str
    fix: str
    source: str
    line: int | None = None
    column: int | None = None

    def __hash__(self) -> int:
        """Let equal findings be one key; few differ in no more than what is left out here."""
        return hash((self.rule, self.resource, self.path, self.message))

    @property
    def parts(self) -> list[str]:
        """Give the path from the root of the template."""
        within = self.path.split("/") if self.path else []
        return ["Resources", self.resource, *within] if self.resource else within
