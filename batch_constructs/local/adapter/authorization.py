"""IAM checks where ministack asks for rights on ``*`` and AWS for rights on resources."""

from __future__ import annotations

import json
from typing import Any


def install() -> None:
    """Name the parameter that ``ssm:GetParameters`` reads, and leave AWS Batch to its own checks.

    Of several parameters in one request, the first is checked.
    """
    from ministack.core import iam_actions

    their_action = iam_actions.extract_iam_action
    their_resource = iam_actions.extract_resource_arn

    def action_of(service: str, *request: Any) -> str | None:
        # None leaves the signature to be checked here, and the rights to `batch_api`.
        return None if service == "batch" else their_action(service, *request)

    def resource_of(service: str, *request: Any) -> str:
        arn: str = their_resource(service, *request)
        if service != "ssm" or arn != "*":
            return arn
        _, _, headers, body, _, region, account_id = request
        if not headers.get("x-amz-target", "").endswith(".GetParameters"):
            return arn
        names = json.loads(body).get("Names", [])
        if not names or names[0].startswith("arn:"):
            return names[0] if names else arn
        return f"arn:aws:ssm:{region}:{account_id}:parameter/{names[0].removeprefix('/')}"

    iam_actions.extract_iam_action = action_of
    iam_actions.extract_resource_arn = resource_of
