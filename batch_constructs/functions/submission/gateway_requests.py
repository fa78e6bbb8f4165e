"""What the gateway asks of AWS Batch: its own settings, and what a message adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.submit_job import ARRAY_SIZE
from batch_constructs.functions.claims.effect import RefusedError
from batch_constructs.functions.claims.outcome import Failure

from .defaults import defaults, merged, said_of_containers
from .reasons import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .message_reader import Message
    from .settings import Settings

_NOTHING: Any = {"environment": [], "resourceRequirements": []}
"""Overrides that change nothing, and that each container is asked for."""


@dataclass(frozen=True)
class Requests:
    """Requests of ``SubmitJob``."""

    settings: Settings

    def of_message(self, message: Message, name: str) -> dict[str, Any]:
        """Return the request of a job for one message.

        Raises:
            RefusedError: something in the message is so odd that there is none.
        """
        given = {**self._every_request(), **defaults()}
        self._refuse_ours(given)
        try:
            return self._said(merged(given, {**message.request, "jobName": name}))
        except Exception as error:
            raise RefusedError(unreadable(error, message.id), Failure.UNWRITABLE) from error

    def _refuse_ours(self, given: Mapping[str, Any]) -> None:
        """Raise what is wrong with the settings, which is no message's fault: all come again."""
        overrides = {**_NOTHING, **given.get("containerOverrides", {})}
        self._said({**given, "containerOverrides": overrides})

    def of_array(self, name: str, messages: int) -> dict[str, Any]:
        """Return the request of an array for so many, or of a job for one, with its manifest."""
        uri = f"s3://{self.settings.manifest_bucket}/{self.manifest_key(name)}"
        request = {
            **self._every_request(),
            "jobName": name,
            "containerOverrides": {
                "environment": [
                    {"name": "MESSAGE_MANIFEST", "value": uri},
                    {"name": "MESSAGE_MANIFEST_REGION", "value": self.settings.region},
                ]
            },
        }
        if messages >= ARRAY_SIZE.low:
            request["arrayProperties"] = {"size": messages}
        return self._said(merged(defaults(), request))

    def _said(self, request: dict[str, Any]) -> dict[str, Any]:
        return said_of_containers(request, self.settings.containers)

    def manifest_key(self, name: str) -> str:
        """Return where the manifest of an array lies in its bucket."""
        return f"{self.settings.manifest_prefix}{name}"

    def _every_request(self) -> dict[str, Any]:
        request: dict[str, Any] = {
            "jobQueue": self.settings.job_queue,
            "jobDefinition": self.settings.job_definition,
        }
        if self.settings.share_identifier is not None:
            request["shareIdentifier"] = self.settings.share_identifier
        if self.settings.scheduling_priority is not None:
            request["schedulingPriorityOverride"] = self.settings.scheduling_priority
        return request
