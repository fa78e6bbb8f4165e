"""KMS keys: what one is, and how CloudWatch Logs is let use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.actions import ENCRYPTED_LOG_GROUP
from batch_constructs.aws.names import log_group_in_arn
from batch_constructs.aws.role_actions import KEY_OF_LOGS_ACTIONS
from batch_constructs.aws.service_principals import DOMAIN
from batch_constructs.construct import arn_prefix, once_made
from batch_constructs.jsii_objects import has_member

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from batch_constructs.arguments import Arguments

KEY: Final = (
    "a kms.IKey and not an alias, because an alias's ARN in a policy allows "
    "nothing: give the key that it refers to"
)


_USED_HERE = (
    "AWS's services only use keys in their own Region: give a key in this Region, or the replica "
    "there of a multi-Region key"
)


def is_key(value: object) -> bool:
    """Whether a value is a KMS key; an alias offers the same and is none."""
    return has_member(value, "key_arn") and not has_member(value, "alias_name")


def key_argument(arguments: Arguments, parameter: str, value: Any) -> None:
    """Note what is no KMS key, or one of another Region."""
    if value is None:
        return
    if not is_key(value):
        arguments.wrong_type(parameter, value, KEY)
    else:
        arguments.of_this_region(parameter, value, str(value.key_arn), _USED_HERE)


def admit_logs(scope: Construct, key: kms.IKey, *, parameter: str = "log_encryption_key") -> None:
    """Let CloudWatch Logs use a key for this account's log groups, and for nothing else.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    once_made(lambda: _admit_logs(scope, key, parameter))


def _admit_logs(scope: Construct, key: kms.IKey, parameter: str) -> None:
    from aws_cdk import Annotations, Aws  # noqa: PLC0415  # only where there is a key
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # only where there is a key

    context = {ENCRYPTED_LOG_GROUP: f"{arn_prefix('logs')}{log_group_in_arn('*')}"}
    added = key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="CloudWatchLogs",
            principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.{DOMAIN}")],
            actions=list(KEY_OF_LOGS_ACTIONS),
            resources=["*"],  # in a key's policy, `*` is the key itself
            conditions={"ArnLike": context},
        )
    )
    if not added.statement_added:
        Annotations.of(scope).add_warning_v2(
            "batch-constructs:log-key-of-others",
            f"{parameter} is imported, so its policy cannot be changed here: allow "
            f"logs.REGION.{DOMAIN} in it, or CloudWatch Logs refuses the key. See "
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
        )
