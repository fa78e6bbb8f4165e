"""The parameters in which AWS publishes the IDs of its images.

See https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
"""

from __future__ import annotations

import re

from batch_constructs.aws.names import OF_A_PARAMETER, PARAMETER_STORE

RECOMMENDED = "/recommended"
"""What the names of those end with that hold JSON; its ``image_id`` is a parameter below."""

OF_AN_IMAGE = re.compile(
    rf"/aws/service/(?:.+(?:{RECOMMENDED}|/image_id|/ami-id)|ami-[a-z-]+-latest/.+)"
)
"""The names of such parameters."""


def published_arn(name: str, region: str) -> str:
    """Write the ARN of a parameter that AWS publishes; it belongs to no account."""
    return f"arn:aws{PARAMETER_STORE}{region}:{OF_A_PARAMETER}{name}"
