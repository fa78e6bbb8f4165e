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

ACCESS_KEY_ID = "test"
"""The key the embedded AWS takes for the account's administrator. It opens nothing elsewhere."""

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


def client_variables(endpoint_url: str, region: str) -> dict[str, str]:
    """Return what makes an AWS SDK or the ``cdk`` CLI talk to the embedded AWS, and nothing else.

    Profiles, credential files and the instance metadata service are switched off, so that no real
    credential is ever picked up by accident.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY_ID,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client_environment(endpoint_url: str, region: str, marker: str) -> dict[str, str]:
    """Return the whole environment for a child process that talks to the embedded AWS.

    With the server's marker, the process ends when the server does.
    """
    return {
        **without_aws(),
        **client_variables(endpoint_url, region),
        MARKER: marker,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
