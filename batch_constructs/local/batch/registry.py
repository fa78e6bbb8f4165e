"""Resources that are no more than their description: named documents with an ARN and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.local.batch.service_errors import EXISTS, client_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.store import Document, Store


class Registry:
    """The documents of one kind, by name.

    Args:
        kind: such as ``scheduling-policy``.
        arns: names them.
        store: keeps them.
        arn_kind: the kind as it stands in the ARN, where that is another word.
    """

    def __init__(self, kind: str, *, arns: Arns, store: Store, arn_kind: str | None = None) -> None:
        self._kind = kind
        self._arn_kind = kind if arn_kind is None else arn_kind
        self._arns = arns
        self._store = store
        self._by_name = dict(store.load(kind))

    def __iter__(self) -> Iterator[Document]:
        return iter([self._by_name[name] for name in sorted(self._by_name)])

    def arn(self, name: str) -> str:
        """Return the ARN of a document with this name."""
        return self._arns.of(self._arn_kind, name)

    def find(self, name_or_arn: str) -> Document | None:
        """Return a document by its name or ARN."""
        return self._by_name.get(self._arns.name(self._arn_kind, name_or_arn))

    def get(self, name_or_arn: str) -> Document:
        """Return a document by its name or ARN.

        Raises:
            ServiceError: there is none.
        """
        document = self.find(name_or_arn)
        if document is None:
            arn = self._arns.meant(self._arn_kind, name_or_arn)
            raise client_error(f"{arn} does not exist")
        return document

    def add(self, name: str, document: Document) -> None:
        """Add a document.

        Raises:
            ServiceError: the name is taken.
        """
        if name in self._by_name:
            raise client_error(EXISTS)
        self._by_name[name] = document
        self._store.save(self._kind, name, document)

    def save(self, name_or_arn: str) -> None:
        """Write a document down after a change."""
        name = self._arns.name(self._arn_kind, name_or_arn)
        self._store.save(self._kind, name, self._by_name[name])

    def remove(self, name_or_arn: str) -> None:
        """Remove a document; one that is not there is no error."""
        name = self._arns.name(self._arn_kind, name_or_arn)
        if self._by_name.pop(name, None) is not None:
            self._store.delete(self._kind, name)

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a document, to be changed in place; None where there is none."""
        document = self.find(arn)
        if document is None:
            return None
        tags: dict[str, str] = document.setdefault("tags", {})
        return tags
