"""What is raised of a job that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class JobsNotFoundError(LookupError):
    """AWS Batch knows no such job; it forgets jobs some days after they end.

    Attributes:
        missing: the jobs that it does not describe.
        told: the descriptions of the others.
    """

    def __init__(
        self, words: str, *, missing: Sequence[str] = (), told: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(words)
        self.missing, self.told = list(missing), list(told)
