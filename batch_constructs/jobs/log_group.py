"""Where a job's output goes: a log group of its own, that expires.

https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_logs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Aws
from aws_cdk import aws_logs as logs

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.aws.names import LOG_GROUP_OPTION, LOG_REGION_OPTION
from batch_constructs.aws.role_actions import LOG_STREAM_ACTIONS
from batch_constructs.construct import arn_prefix, given, make_l1
from batch_constructs.encryption_key import admit_logs
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import Place

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from batch_constructs.arguments import Arguments


_DAYS: dict[str, int | None] = {
    "ONE_DAY": 1,
    "THREE_DAYS": 3,
    "FIVE_DAYS": 5,
    "ONE_WEEK": 7,
    "TWO_WEEKS": 14,
    "ONE_MONTH": 30,
    "TWO_MONTHS": 60,
    "THREE_MONTHS": 90,
    "FOUR_MONTHS": 120,
    "FIVE_MONTHS": 150,
    "SIX_MONTHS": 180,
    "ONE_YEAR": 365,
    "THIRTEEN_MONTHS": 400,
    "EIGHTEEN_MONTHS": 545,
    "TWO_YEARS": 731,
    "THREE_YEARS": 1096,
    "FIVE_YEARS": 1827,
    "SIX_YEARS": 2192,
    "SEVEN_YEARS": 2557,
    "EIGHT_YEARS": 2922,
    "NINE_YEARS": 3288,
    "TEN_YEARS": 3653,
    "INFINITE": None,
}
"""``logs.RetentionDays`` → days; jsii brings its members to Python without their number."""


class JobLogs:
    """The log group of one job definition, given or its own.

    Where no container writes to it, there is none.
    """

    def __init__(
        self,
        arguments: Arguments,
        *,
        log_group: logs.ILogGroup | logs.CfnLogGroup | None,
        retention: logs.RetentionDays | None,
        encryption_key: kms.IKey | None,
        needed: bool,
    ) -> None:
        self._needed = needed
        self._group = log_group if not isinstance(log_group, logs.CfnLogGroup) else None
        self._resource = log_group if isinstance(log_group, logs.CfnLogGroup) else None
        self._days = _days(arguments, retention)
        self._key = encryption_key
        self.options: dict[str, str] = {}
        self._region = _region(arguments, log_group)
        if log_group is not None and (retention is not None or encryption_key is not None):
            arguments.wrong_value(
                "log_group is given with log_retention or log_encryption_key, which are the log "
                "group's own: set them where it is made"
            )
        driver_is_known = not arguments.is_wrong("log_configuration")
        if not needed and driver_is_known and any((log_group, retention, encryption_key)):
            arguments.wrong_value(
                "log_group, log_retention or log_encryption_key is given, but no container logs to "
                "CloudWatch Logs: leave them out, or the log driver"
            )

    def make(self, scope: Construct) -> None:
        """Make the log group where none was given (ID ``LogGroup``): an L1, in one crossing."""
        self._scope = scope
        if not self._needed:
            return
        if self._group is not None:
            self._arn = self._group.log_group_arn
            self.options = given(
                **{
                    LOG_GROUP_OPTION: self._group.log_group_name,
                    LOG_REGION_OPTION: self._region,
                }
            )
            return
        if self._resource is None:
            key = None if self._key is None else self._key.key_arn
            self._resource = make_l1(
                logs.CfnLogGroup,
                scope,
                "LogGroup",
                given(retentionInDays=self._days, kmsKeyId=key),
            )
            tell_checkov(self._resource, "AWS::Logs::LogGroup", KmsKeyId=key)
            if self._key is not None:
                admit_logs(scope, self._key)
        name = self._resource.ref
        self._arn = f"{arn_prefix('logs')}log-group:{name}:*"
        self.options = {LOG_GROUP_OPTION: name}

    def log_group(self) -> logs.ILogGroup:
        """Return the log group as the CDK's L2s take it; a view of the own one.

        Raises:
            ValueError: no container writes to CloudWatch Logs.
        """
        if not self._needed:
            raise ValueError(
                f"{self._scope.node.path}: there is no log group, since no container logs to "
                "CloudWatch Logs: leave log_configuration out to have one"
            )
        if self._group is None and self._resource is not None:
            self._group = logs.LogGroup.from_log_group_arn(
                self._scope, "WatchableLogGroup", self._resource.attr_arn
            )
        return cast("logs.ILogGroup", self._group)

    def statements(self) -> list[dict[str, Any]]:
        """Return what writes to this log group."""
        return [_write_statement(self._arn)] if self._needed else []


def write_statement(log_group_name: str, region: str | None) -> dict[str, Any]:
    """Return what writes to a log group of the stack's account, by default in its Region."""
    prefix = arn_prefix("logs")
    if region is not None:
        prefix = f"arn:{Aws.PARTITION}:logs:{region}:{Aws.ACCOUNT_ID}:"
    return _write_statement(f"{prefix}log-group:{log_group_name}:*")


def _region(arguments: Arguments, group: Any) -> str | None:
    """Return the Region of a log group, where it is another one; its account has to be this one."""
    if not has_member(group, "log_group_arn"):
        return None
    there = Place.of(group, str(group.log_group_arn))
    differ = there.beside(Place.of_stack(arguments.construct))
    if differ is None:
        return None
    if differ[0] == "Region":
        return there.region
    arguments.wrong_value(
        f"log_group is in account {differ[1]}, and the stack in {differ[2]}; jobs write only to "
        "log groups of their own account: give one of this account"
    )
    return None


def _write_statement(streams_arn: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": list(LOG_STREAM_ACTIONS),
        "Resource": streams_arn,
    }


def _days(arguments: Arguments, retention: logs.RetentionDays | None) -> int | None:
    if retention is None:
        retention = logs.RetentionDays.ONE_MONTH
    if not isinstance(retention, logs.RetentionDays):
        arguments.wrong_type(
            "log_retention", retention, "a member of logs.RetentionDays, such as ONE_MONTH"
        )
        return None
    return _DAYS[retention.name]
