"""Where a job's output goes: a log group of its own, that expires.

https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_logs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.applied_settings import default_for
from batch_constructs.asked_once import own_account_id, own_partition
from batch_constructs.aws.names import LOG_GROUP_OPTION, LOG_REGION_OPTION, log_group_in_arn
from batch_constructs.aws.quotas import LOG_RETENTION_DAYS
from batch_constructs.aws.role_actions import LOG_STREAM_ACTIONS
from batch_constructs.construct import arn_prefix, given
from batch_constructs.encryption_key import admit_logs, key_argument
from batch_constructs.jsii_objects import has_member
from batch_constructs.loaded_late import aws_logs as logs
from batch_constructs.place import Place, because_of

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.one_call import Made, OneCall

_KEPT_DAYS = 30
_SAY_WHERE_LOGS_GO = ("log_configuration", "container", "containers", "node_ranges")


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
        self._given = log_group
        self._group: logs.ILogGroup | None = None
        if log_group is not None and not isinstance(log_group, logs.CfnLogGroup):
            self._group = log_group
        self._made: Made[logs.CfnLogGroup] | None = None
        self._region = _region(arguments, log_group)
        wants_own = needed and log_group is None
        settings = arguments.construct if wants_own else None
        own_retention, own_key = retention, encryption_key
        if retention is None:
            own_retention = default_for(settings, "log_retention")
        if encryption_key is None:
            own_key = default_for(settings, "log_encryption_key")
            key_argument(arguments, "log_encryption_key", own_key)
        self._days = _days(arguments, own_retention)
        self._key = own_key
        own = " and ".join(given(log_retention=retention, log_encryption_key=encryption_key))
        if log_group is not None and own:
            arguments.wrong_value(
                f"log_group is given with {own}: leave log_group out, or set {own} where the log "
                "group is created"
            )
        if not needed and not any(map(arguments.is_wrong, _SAY_WHERE_LOGS_GO)):
            for parameter, value in (
                ("log_group", log_group),
                ("log_retention", retention),
                ("log_encryption_key", encryption_key),
            ):
                if value is not None:
                    arguments.wrong_value(
                        f"{parameter} is given, but no container writes to the definition's log "
                        "group: each has another log driver, or a group by the option "
                        f"{LOG_GROUP_OPTION}: leave it out"
                    )

    def add_to(self, call: OneCall, scope: Construct) -> None:
        """Have the log group made where none was given (ID ``LogGroup``): an L1."""
        self._scope = scope
        if not self._needed:
            return
        if self._given is None:
            key = None if self._key is None else self._key.key_arn
            properties = given(retentionInDays=self._days, kmsKeyId=key)
            self._made = call.add("aws_logs.CfnLogGroup", "LogGroup", properties)
            tell_checkov(self._made, "AWS::Logs::LogGroup", KmsKeyId=key)
            if self._key is not None:
                admit_logs(scope, self._key)

    def log_group(self) -> logs.ILogGroup:
        """Return the log group as the CDK's L2s take it; a view of the own one.

        Raises:
            ValueError: no container writes to CloudWatch Logs.
        """
        if not self._needed:
            raise ValueError(
                f"{self._scope.node.path}: there is no log group, because no container logs to "
                "CloudWatch Logs: leave log_configuration out to have one"
            )
        if self._group is None:
            self._group = logs.LogGroup.from_log_group_arn(
                self._scope, "WatchableLogGroup", self._resource().attr_arn
            )
        return self._group

    @property
    def options(self) -> dict[str, str]:
        """The options of the log driver that name it, or what stands for it until it is made."""
        if not self._needed:
            return {}
        return given(**{LOG_GROUP_OPTION: self._name, LOG_REGION_OPTION: self._region})

    @property
    def _name(self) -> str:
        if self._made is not None:
            return self._made.attribute("ref")
        return self._resource().ref if self._group is None else self._group.log_group_name

    def statements(self) -> list[dict[str, Any]]:
        """Return what writes to this log group."""
        if not self._needed:
            return []
        if self._group is not None:
            return [_write_statement(self._group.log_group_arn)]
        return [write_statement(self._name, None)]

    def _resource(self) -> logs.CfnLogGroup:
        given = self._given if self._made is None else self._made.resource
        return cast("logs.CfnLogGroup", given)


def write_statement(log_group_name: str, region: str | None) -> dict[str, Any]:
    """Return what writes to a log group of the stack's account, by default in its Region."""
    prefix = arn_prefix("logs")
    if region is not None:
        prefix = f"arn:{own_partition()}:logs:{region}:{own_account_id()}:"
    return _write_statement(f"{prefix}{log_group_in_arn(log_group_name)}:*")


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
    because = because_of(
        differ, ("jobs can only write to log groups of their own account: give one of this account")
    )
    arguments.wrong_value(
        f"log_group is in {differ[0]} {differ[1]}, and the stack in {differ[2]}; {because}"
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
        return _KEPT_DAYS
    if not isinstance(retention, logs.RetentionDays):
        arguments.wrong_type(
            "log_retention", retention, "a member of logs.RetentionDays, such as ONE_MONTH"
        )
        return None
    # jsii brings the members to Python in their order, without their numbers
    days = (*LOG_RETENTION_DAYS, None)
    return dict(zip(logs.RetentionDays, days, strict=True))[retention]
