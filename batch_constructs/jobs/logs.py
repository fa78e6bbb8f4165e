"""Where a job's output goes: a log group of its own, that expires.

https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_logs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws
from aws_cdk import aws_logs as logs

from batch_constructs.construct import arn_prefix

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from batch_constructs.arguments import Arguments


class JobLogs:
    """The log group of one job definition, given or its own."""

    def __init__(
        self,
        arguments: Arguments,
        *,
        log_group: logs.ILogGroup | None,
        retention: logs.RetentionDays | None,
        encryption_key: kms.IKey | None,
    ) -> None:
        self._given = log_group
        self._retention = logs.RetentionDays.ONE_MONTH if retention is None else retention
        self._key = encryption_key
        self._name = ""
        if log_group is not None and not hasattr(type(log_group), "log_group_name"):
            arguments.wrong_type("log_group", log_group, "a logs.ILogGroup")
        if not isinstance(self._retention, logs.RetentionDays):
            arguments.wrong_type(
                "log_retention", retention, "a member of logs.RetentionDays, such as ONE_MONTH"
            )
        if log_group is not None and (retention is not None or encryption_key is not None):
            arguments.wrong_value(
                "log_group is given together with log_retention or log_encryption_key; these are "
                "the log group's own: set them where it is made"
            )

    def make(self, scope: Construct) -> logs.ILogGroup:
        """Return the log group, made where none was given (ID ``LogGroup``)."""
        group = self._given
        if group is None:
            group = logs.LogGroup(
                scope, "LogGroup", retention=self._retention, encryption_key=self._key
            )
            if self._key is not None:
                _admit_cloudwatch_logs(self._key)
        self._name = group.log_group_name
        return group

    def configuration(self) -> dict[str, Any]:
        """Return CloudFormation's ``LogConfiguration``."""
        return {"LogDriver": "awslogs", "Options": {"awslogs-group": self._name}}

    def statements(self) -> list[dict[str, Any]]:
        """Return what writes to this log group."""
        return [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{arn_prefix('logs')}log-group:{self._name}:*",
            }
        ]


def _admit_cloudwatch_logs(key: kms.IKey) -> None:
    """Let CloudWatch Logs use a key for this account's log groups, and for nothing else.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # only where there is a key

    context = {"kms:EncryptionContext:aws:logs:arn": f"{arn_prefix('logs')}log-group:*"}
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
            actions=[
                "kms:Encrypt*",
                "kms:Decrypt*",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:Describe*",
            ],
            resources=["*"],  # in a key's policy, `*` is the key itself
            conditions={"ArnLike": context},
        )
    )
