"""The one error of the embedded AWS: something on this machine is not as it must be."""

from __future__ import annotations


class LocalAwsError(RuntimeError):
    """What is wrong, and the fix, in a sentence that a command can print as it is."""
