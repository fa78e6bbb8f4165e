"""IAM checks, where ministack asks for other rights than AWS."""

from __future__ import annotations

import json
from typing import Any

from batch_constructs.aws import names, operations
from batch_constructs.aws.actions import SNS_PUBLISH, SQS_DELETE_MESSAGE, SQS_SEND_MESSAGE

_ONE_RIGHT = {
    "sns:PublishBatch": SNS_PUBLISH,
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": SQS_DELETE_MESSAGE,
    "sqs:SendMessageBatch": SQS_SEND_MESSAGE,
}
"""Operation → the right it needs, where that is not called after it."""


_WITHOUT_STREAMS = (
    operations.TAG_RESOURCE,
    operations.UNTAG_RESOURCE,
    operations.LIST_TAGS_FOR_RESOURCE,
)
"""What is checked on a log group without the ``:*`` behind it."""


def install() -> None:
    """Ask for the rights that AWS asks for.

    ``ssm:GetParameters`` is checked on the parameter it reads, the first if there are several,
    ``events:ListTargetsByRule`` on the rule, and CloudWatch Logs on a group's streams;
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
        _, _, headers, body, _, region, account_id = request
        here = {"service": service, "region": region, "account": account_id}
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "events" and operation == "ListTargetsByRule":
            return names.arn("rule", json.loads(body).get("Rule"), **here)
        if service == "logs" and operation not in _WITHOUT_STREAMS:
            return _log_streams(json.loads(body or "{}"), region, account_id)
        arn: str = their_resource(service, *request)
        if service != "ssm" or arn != "*" or operation != "GetParameters":
            return arn
        parameters = json.loads(body).get("Names", [])
        if not parameters or names.is_arn(parameters[0]):
            return parameters[0] if parameters else arn
        return names.arn("parameter", parameters[0].removeprefix("/"), **here)

    iam_actions.extract_iam_action = action_of
    iam_actions.extract_resource_arn = resource_of


def _log_streams(request: dict[str, Any], region: str, account: str) -> str:
    """Return what a request to CloudWatch Logs is checked on.

    Always a stream's ARN, with nothing for what is not named: AWS asks for ``:*`` behind the name
    of a group in a policy. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """
    listed = [*request.get("logGroupNames", ()), *request.get("logGroupIdentifiers", ())]
    given = [request.get("logGroupName"), request.get("logGroupIdentifier"), *listed]
    group = next((str(one) for one in given if one), "")
    if not names.is_arn(group):
        here = {"service": "logs", "region": region, "account": account}
        group = names.arn("log-group", group, separator=":", **here)
    return names.log_stream(group, request.get("logStreamName", ""))
