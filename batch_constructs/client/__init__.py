"""Submit, wait, watch, redrive: AWS Batch at run time, on boto3 and without the CDK.

``batch_constructs.client.message`` needs nothing but Python's standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.aws.job_states import JobState
    from batch_constructs.client.batch_client import (
        BatchClient,
        NotSubmittedError,
        SubmissionUnclearError,
    )

_HOME = {
    "BatchClient": "client.batch_client",
    "JobState": "aws.job_states",
    "NotSubmittedError": "client.batch_client",
    "SubmissionUnclearError": "client.batch_client",
}

__all__ = ["BatchClient", "JobState", "NotSubmittedError", "SubmissionUnclearError"]


if not TYPE_CHECKING:  # or every misspelled name would be there to a type checker

    def __getattr__(name: str) -> object:
        """Import the module a name lives in, the first time it is used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"batch_constructs.{_HOME[name]}"), name)
        globals()[name] = value
        return value
