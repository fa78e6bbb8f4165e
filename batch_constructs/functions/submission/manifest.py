"""The manifest of an array job: an S3 object from which child *i* reads message *i*.

It starts with one line of 21 characters for each message, its offset and its length in bytes
(``%010d %09d`` and a line feed); the messages follow. A child asks for two byte ranges and never
for the whole object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_BYTES = 21


def encode(bodies: Sequence[str]) -> bytes:
    """Write the manifest of these messages."""
    messages = [body.encode() for body in bodies]
    at = LINE_BYTES * len(messages)
    lines = []
    for message in messages:
        lines.append(b"%010d %09d\n" % (at, len(message)))
        at += len(message)
    return b"".join([*lines, *messages])
