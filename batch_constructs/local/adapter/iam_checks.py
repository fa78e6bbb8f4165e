"""IAM checks, where ministack asks for other rights than AWS."""

from __future__ import annotations

import json
from typing import Any

from batch_constructs.aws import names
from batch_constructs.aws.actions import SNS_PUBLISH, SQS_DELETE_MESSAGE, SQS_SEND_MESSAGE

_ONE_RIGHT = {
    "sns:PublishBatch": SNS_PUBLISH,
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": SQS_DELETE_MESSAGE,
    "sqs:SendMessageBatch": SQS_SEND_MESSAGE,
}
"""Operation → the right it needs, where that is not called after it."""


def install() -> None:
    """Ask for the rights that AWS asks for.

    ``ssm:GetParameters`` is checked on the parameter it reads, the first if there are several, and
    ``events:ListTargetsByRule`` on the rule;
    operations on many messages need the right for one; AWS Batch has checks of its own.
    """
    from ministack.core import iam_actions

    their_action = iam_actions.extract_iam_action
    their_resource = iam_actions.extract_resource_arn

    def action_of(service: str, *request: Any) -> str | None:
        if service == "batch":
            return None  # the signature is checked here, the rights by `batch_api`
        action: str | None = their_action(service, *request)
        return action if action is None else _ONE_RIGHT.get(action, action)

    def resource_of(service: str, *request: Any) -> str:
        arn: str = their_resource(service, *request)
        _, _, headers, body, _, region, account_id = request
        here = {"service": service, "region": region, "account": account_id}
        if service == "events" and headers.get("x-amz-target", "").endswith("ListTargetsByRule"):
            return names.arn("rule", json.loads(body).get("Rule"), **here)
        if service != "ssm" or arn != "*":
            return arn
        if not headers.get("x-amz-target", "").endswith(".GetParameters"):
            return arn
        parameters = json.loads(body).get("Names", [])
        if not parameters or names.is_arn(parameters[0]):
            return parameters[0] if parameters else arn
        return names.arn("parameter", parameters[0].removeprefix("/"), **here)

    iam_actions.extract_iam_action = action_of
    iam_actions.extract_resource_arn = resource_of
