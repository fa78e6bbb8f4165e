"""Parameters that AWS publishes the IDs of its images in; ministack has two of them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from batch_constructs.aws.published_images import OF_AN_IMAGE, RECOMMENDED, published_arn


def install() -> None:
    """Answer for each of them, with an ID that is made of its name: no instance starts from it."""
    from ministack.core.responses import get_region
    from ministack.services import ssm

    theirs = ssm._public_parameter  # noqa: SLF001 - a touch point

    def public_parameter(name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = theirs(name)
        if found is not None or not OF_AN_IMAGE.fullmatch(name):
            return found
        return {
            "Name": name,
            "Type": "String",
            "Value": _value(name),
            "Version": 1,
            "LastModifiedDate": 0,
            "ARN": published_arn(name, get_region()),
        }

    ssm._public_parameter = public_parameter  # noqa: SLF001 - a touch point


def _value(name: str) -> str:
    if name.endswith(RECOMMENDED):
        return json.dumps({"image_id": _value(f"{name}/image_id")})
    return f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
