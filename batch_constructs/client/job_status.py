"""What a job is doing: its state, and for an array the states of its children."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.job_states import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

_SINGLE = 1


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """The status of a job at one moment.

    Attributes:
        job_id: its ID; ``parent:index`` for an array's child.
        name: its name.
        queue: name or ARN of its queue.
        state: where it is.
        reason: why, in AWS's words; empty if AWS gives no reason.
        children: for an array, how many children are in which state.
    """

    job_id: str
    name: str
    queue: str
    state: JobState
    reason: str = ""
    children: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> JobStatus:
        """Read what ``DescribeJobs`` says of one job."""
        array = detail.get("arrayProperties", {})
        counts = {state: count for state, count in array.get("statusSummary", {}).items() if count}
        return cls(
            job_id=detail["jobId"],
            name=detail["jobName"],
            queue=detail["jobQueue"],
            state=JobState(detail["status"]),
            reason=detail.get("statusReason", ""),
            children=counts if "size" in array else {},
        )

    @property
    def total(self) -> int:
        """How many jobs this is: the children of an array, or one."""
        return sum(self.children.values()) or _SINGLE

    @property
    def finished(self) -> int:
        """How many of them have ended, whether they succeeded or failed."""
        if not self.children:
            return _SINGLE if self.state.is_final else 0
        return sum(self.children.get(state, 0) for state in JobState if state.is_final)

    def as_json(self) -> dict[str, Any]:
        """Give plain data."""
        plain: dict[str, Any] = {
            "jobId": self.job_id,
            "jobName": self.name,
            "jobQueue": self.queue,
            "status": str(self.state),
        }
        if self.reason:
            plain["statusReason"] = self.reason
        if self.children:
            plain["children"] = dict(self.children)
        return plain
