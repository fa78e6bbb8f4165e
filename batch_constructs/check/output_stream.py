"""Writes to a terminal, a pipe or a file, whatever becomes of it."""

from __future__ import annotations

import os

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream; None is one that was closed before the start."""
    return stream is not None and stream.isatty()


def write(stream: TextIO | None, text: str) -> str | None:
    """Write a text to its end, and say why not where that cannot be.

    Characters that the stream's encoding does not have are written as escapes.
    """
    if stream is None:
        return "it is closed" if text else None
    try:
        stream.write(_in_its_encoding(stream, text))
        stream.flush()
    except OSError as error:
        _write_no_more(stream)
        return error.strerror or type(error).__name__
    return None


def _in_its_encoding(stream: TextIO, text: str) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _write_no_more(stream: TextIO) -> None:
    """Let Python's own last flush, at the end of the process, find somewhere to write to."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError:  # a stream without a file
        return
