"""The ``local`` extra: what the embedded AWS is made of beside this library."""

from __future__ import annotations

from importlib.util import find_spec

from batch_constructs.local.errors import LocalAwsError

_PACKAGES = ("hypercorn", "ministack", "psutil")


def require_extra() -> None:
    """Check that the ``local`` extra is installed.

    Raises:
        LocalAwsError: it is not, with what to install.
    """
    if any(find_spec(package) is None for package in _PACKAGES):
        raise LocalAwsError(
            "the embedded AWS is not installed; install it: pip install 'batch-constructs[local]'"
        )
