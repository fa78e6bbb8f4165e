"""Tags on every kind of resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from batch_constructs.aws.names import is_arn
from batch_constructs.aws.tags import COUNT
from batch_constructs.local.batch.service_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.local.batch.store import Document


class Tagged(Protocol):
    """A kind of resource that has tags."""

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return a resource's tags, to be changed in place; None where there is no such one."""
        ...

    def save(self, arn: str) -> None:
        """Write a resource down after a change."""
        ...


class Tagging:
    """The operations on tags.

    Args:
        kinds: the resources that have tags.
    """

    def __init__(self, *kinds: Tagged) -> None:
        self._kinds = kinds

    def list(self, request: Mapping[str, Any]) -> Document:
        """Answer ListTagsForResource."""
        _, tags = self._find(request["resourceArn"])
        return {"tags": dict(tags)}

    def tag(self, request: Mapping[str, Any]) -> Document:
        """Answer TagResource."""
        kind, tags = self._find(request["resourceArn"])
        if wrong := COUNT.wrong({**tags, **request["tags"]}):
            raise client_error(f"{request['resourceArn']} {wrong}")
        tags.update(request["tags"])
        kind.save(request["resourceArn"])
        return {}

    def untag(self, request: Mapping[str, Any]) -> Document:
        """Answer UntagResource."""
        kind, tags = self._find(request["resourceArn"])
        for key in request["tagKeys"]:
            tags.pop(key, None)
        kind.save(request["resourceArn"])
        return {}

    def _find(self, arn: str) -> tuple[Tagged, dict[str, str]]:
        for kind in self._kinds if is_arn(arn) else ():
            tags = kind.tags_of(arn)
            if tags is not None:
                return kind, tags
        raise client_error(f"{arn} does not exist")
