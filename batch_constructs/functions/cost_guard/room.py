"""Notes of a guard on what has no room for one more tag: they lie in the guard's own table."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import tags as batch_tags
from batch_constructs.aws.resource_states import State
from batch_constructs.functions.claims.effect import NotDoneError
from batch_constructs.functions.claims.outcome import FAILED_CALL

from .note import HELD, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.functions.claims.rows import Claims

_log = logging.getLogger()

_OF_AWS = "aws:"
"""How the tags begin that AWS writes, and does not count."""


@dataclass(frozen=True, kw_only=True)
class NotesWithRoom:
    """AWS Batch, as a guard asks and tells it. ``batch`` is a boto3 client.

    What is full is noted in the table, as if it were a tag, and held back like all else. That note
    is good until it is cleared, whether or not there is room again or people enabled it. Other
    guards do not see it: one that lets go enables what this one holds until its next run.
    """

    batch: Any
    claims: Claims
    note: str
    """The tag that is this guard's."""
    full: set[str] = field(default_factory=set)
    """What takes no more tags."""
    in_table: set[str] = field(default_factory=set)
    """What has its note in the table."""
    unread: set[str] = field(default_factory=set)
    """What could not be read in the table."""

    def __getattr__(self, name: str) -> Any:
        """Return what a guard does not do by notes."""
        return getattr(self.batch, name)

    def describe_job_queues(self, **request: Any) -> Mapping[str, Any]:
        """Describe queues, each with its note."""
        described = self.batch.describe_job_queues(**request)
        queues = [self._noted(one, one["jobQueueArn"]) for one in described["jobQueues"]]
        return {**described, "jobQueues": queues}

    def describe_compute_environments(self, **request: Any) -> Mapping[str, Any]:
        """Describe environments, each with its note."""
        described = self.batch.describe_compute_environments(**request)
        environments = [
            self._noted(one, one["computeEnvironmentArn"])
            for one in described["computeEnvironments"]
        ]
        return {**described, "computeEnvironments": environments}

    def tag_resource(self, *, resourceArn: str, tags: Mapping[str, str]) -> None:  # noqa: N803 - AWS's
        """Write the note where there is room; never over one that could not be read.

        That may say that the guard disabled the queue, which nobody else would enable again. That
        it is to hold it says no less.

        Raises:
            NotDoneError: the next run is to do it, which may read the note.
        """
        if resourceArn in self.unread and not tags[self.note].endswith(HELD):
            raise NotDoneError(f"the note about {resourceArn} could not be read")
        if resourceArn in self.full:
            self._write(resourceArn, tags[self.note])
            return
        self.batch.tag_resource(resourceArn=resourceArn, tags=tags)
        try:
            self._clear(resourceArn)
        except FAILED_CALL:  # the tag is what counts; it is cleared with it at last
            _log.exception("cannot clear the note about %s", resourceArn)

    def untag_resource(self, *, resourceArn: str, tagKeys: list[str]) -> None:  # noqa: N803 - AWS's
        """Take the note away, wherever it is; one in the table would else be read later."""
        if not self._clear(resourceArn):
            self.batch.untag_resource(resourceArn=resourceArn, tagKeys=tagKeys)

    def _noted(self, described: Mapping[str, Any], arn: str) -> Mapping[str, Any]:
        tags = tags_of(described)
        if self.note in tags:
            return described
        if sum(not one.startswith(_OF_AWS) for one in tags) >= batch_tags.COUNT.high:
            self.full.add(arn)
        is_likely = arn in self.full or described["state"] == State.DISABLED
        if self.unread and not is_likely:  # each call of a table that is away takes its time
            return described
        try:
            noted = self.claims.result_of(*self._place(arn))
            if not noted:
                return described
            self._write(arn, noted)  # notes expire
        except FAILED_CALL:
            _log.exception("cannot read the note about %s", arn)
            self.unread.add(arn)
            return described
        return {**described, "tags": {**tags, self.note: noted}}

    def _write(self, arn: str, note: str) -> None:
        self.claims.note(*self._place(arn), result=note)
        self.in_table.add(arn)

    def _clear(self, arn: str) -> bool:
        """Clear the note in the table; return whether that is where it was read."""
        was_read = arn in self.in_table
        if was_read or self.claims.result_of(*self._place(arn)):
            self.claims.note(*self._place(arn), result="")
            self.in_table.discard(arn)
        return was_read

    def _place(self, arn: str) -> tuple[str, ...]:
        return ("guard", self.note, "beside", arn)
