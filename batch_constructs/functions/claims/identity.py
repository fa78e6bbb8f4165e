"""What tells one piece of work from another: a digest of its whole identity."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST_BYTES = 16


def digest(*identity: str) -> bytes:
    """Shorten an identity; two that differ anywhere differ here.

    Parts are told from each other, so that ``("a", "bc")`` is not ``("ab", "c")``.
    """
    whole = identity[0] if len(identity) == 1 else json.dumps(identity)
    return sha256(whole.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def digests_of(keys: bytes) -> Iterator[bytes]:
    """Divide digests that stand one after another."""
    for at in range(0, len(keys), DIGEST_BYTES):
        yield keys[at : at + DIGEST_BYTES]
