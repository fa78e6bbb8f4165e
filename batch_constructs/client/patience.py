"""Looking at jobs again and again: AWS that told of them may be silent, or leave one out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.client.deadline import may_pass
from batch_constructs.client.jobs_not_found import JobsNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.client.batch_client import BatchClient

LEFT_OUT_SECONDS = 300.0
"""How long a job may be left out of the answers that AWS Batch told of before."""


class Patience:
    """Describes jobs; once AWS Batch has described them, it tolerates temporary errors.

    Args:
        client: who looks.
    """

    def __init__(self, client: BatchClient) -> None:
        self._client = client
        self._was_told = False
        self._left_out_since: float | None = None

    def look(self, job_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Describe jobs; those that were described before may be missing.

        Raises:
            JobsNotFoundError: one was never described, or has been missing for too long.
        """
        clock = self._client._clock  # noqa: SLF001  # of the same room
        try:
            details = self._client.describe(job_ids)
        except JobsNotFoundError as error:
            if self._left_out_since is None:
                self._left_out_since = clock()
            for_long = clock() - self._left_out_since >= LEFT_OUT_SECONDS
            if for_long or not self._was_told:
                raise
            return error.told
        except Exception as error:
            if not self._was_told or not may_pass(error):  # a wrong address stays wrong
                raise
            return []
        self._was_told, self._left_out_since = True, None
        return details
