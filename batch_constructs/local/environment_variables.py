"""Environment variables: real AWS credentials and endpoints never reach the embedded AWS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_ID = "123456789012"
"""The account of the embedded AWS, where none is chosen; AWS uses it in its documentation."""

REGION = "us-east-1"
"""The Region of the embedded AWS, where none is chosen."""

MARKER = "BATCH_CONSTRUCTS_LOCAL_SERVER"
"""Whatever is started for a server inherits this variable, so that nothing can outlive it."""

_FOREIGN_PREFIXES = ("AWS_", "AMAZON_", "CDK_", "BOTO_", "MINISTACK_", "LOCALSTACK_")


def without_aws(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment less everything that names an AWS account, endpoint or credential.

    Args:
        environment: variables to start from. Default: those of this process.
    """
    source = os.environ if environment is None else environment
    return {name: value for name, value in source.items() if not name.startswith(_FOREIGN_PREFIXES)}
