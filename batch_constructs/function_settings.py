"""How the Lambda functions that ship with this library run, and their tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.applied_settings import default_for
from batch_constructs.aws.actions import (
    EC2_DESCRIBE_NETWORK_INTERFACES,
    EC2_DESCRIBE_SUBNETS,
    LAMBDA_SOURCE_FUNCTION,
)
from batch_constructs.aws.authorization import NETWORK_OF_FUNCTIONS
from batch_constructs.aws.bound import Whole
from batch_constructs.construct import arn_prefix
from batch_constructs.encryption_key import key_argument
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.loaded_late import aws_logs as logs
from batch_constructs.place import BOUNDARY_OF_HERE
from batch_constructs.security_groups import read_security_groups
from batch_constructs.subnets import chosen_subnets
from batch_constructs.topic import topic_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import IConstruct

    from batch_constructs.arguments import Arguments
    from batch_constructs.subnet_selection import SubnetSelectionKeywords
    from batch_constructs.tokens import WholeNumber

_CONCURRENCY = Whole(1)

_IN_PUBLIC = (
    "vpc_subnets are public, or the VPC has no others, and a function in a public subnet cannot "
    "reach the internet: choose private subnets, with a NAT gateway or endpoints"
)
"""What the CDK says of functions in public subnets, with a parameter that nobody has here."""


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Settings of a function of this library and of its table, for ``function_settings=``.

    Attributes:
        vpc: The VPC in which the function runs. From there it must reach AWS's services, through a
            NAT gateway or endpoints. Default: none.
        vpc_subnets: Private subnets of that VPC. Default: those with internet access, otherwise the
            isolated ones.
        security_groups: Security groups of the function. Default: a new one that allows all
            outbound traffic and no inbound traffic.
        encryption_key: A KMS key for the function's environment variables, its log group and its
            table; CloudWatch Logs gets permission to use it. Default: the services' own keys.
        reserved_concurrency: How many instances of the function can run at a time, and always can,
            1 or more. Default: whatever the account has left.
        log_retention: How long the function's log is kept. Default: a month.
        permissions_boundary: The permissions boundary of the function's role. Default: the stack's.
        point_in_time_recovery: Whether the table, if there is one, can be restored to any second of
            the last 35 days. Default: only for the table that records which messages became jobs.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, does
            not run on schedule, or puts something into its dead-letter queue. If the construct has
            an ``alarm_topic``, you can use that instead. Default: none.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """

    vpc: ec2.IVpc | None = None
    vpc_subnets: ec2.SubnetSelection | SubnetSelectionKeywords | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None
    encryption_key: kms.IKey | None = None
    reserved_concurrency: WholeNumber | None = None
    log_retention: logs.RetentionDays | None = None
    permissions_boundary: iam.IManagedPolicy | None = None
    point_in_time_recovery: bool | None = None
    alarm_topic: sns.ITopic | None = None


def read_function_settings(
    arguments: Arguments, settings: FunctionSettings | None
) -> FunctionSettings:
    """Look at ``function_settings``, and return what was given, or what the app says."""
    construct = arguments.construct
    if settings is None:
        settings = settings_of_the_app(construct)
    if not isinstance(settings, FunctionSettings):
        arguments.wrong_type("function_settings", settings, "FunctionSettings(…)")
        return FunctionSettings()
    view = arguments.within("function_settings")
    _read_network(view, settings)
    key_argument(view, "encryption_key", settings.encryption_key)
    boundary = settings.permissions_boundary
    if boundary is not None and not has_member(boundary, "managed_policy_arn"):
        view.wrong_type("permissions_boundary", boundary, "an iam.IManagedPolicy")
    elif boundary is not None:
        member = "managedPolicyArn"
        view.of_this_account("permissions_boundary", boundary, member, BOUNDARY_OF_HERE)
    view.number("reserved_concurrency", settings.reserved_concurrency, bound=_CONCURRENCY)
    kept = settings.log_retention
    if kept is not None and not isinstance(kept, logs.RetentionDays):
        view.wrong_type("log_retention", kept, "a member of logs.RetentionDays")
    known_flag(view, "point_in_time_recovery", settings.point_in_time_recovery, required=False)
    topic_argument(view, "alarm_topic", settings.alarm_topic)
    if kept is None:
        settings = replace(settings, log_retention=default_for(construct, "log_retention"))
    return settings


def settings_of_the_app(construct: IConstruct) -> FunctionSettings:
    """Return what the app says of the functions that are made in a construct."""
    said: FunctionSettings | None = default_for(construct, "function_settings")
    settings = FunctionSettings() if said is None else said
    if settings.log_retention is None:
        settings = replace(settings, log_retention=default_for(construct, "log_retention"))
    return settings


def check_alarm_topics(
    arguments: Arguments, alarm_topic: object, settings: FunctionSettings | None
) -> None:
    """Note two topics at once; that of the app's settings gives way."""
    other = getattr(settings, "alarm_topic", None)
    if alarm_topic is not None and other is not None and other is not alarm_topic:
        arguments.only_one("alarm_topic", "function_settings.alarm_topic")


def _read_network(view: Arguments, settings: FunctionSettings) -> None:
    for name in ("vpc_subnets", "security_groups"):
        if settings.vpc is None and getattr(settings, name) is not None:
            view.wrong_value(f"{name} is given without vpc: give vpc, or leave {name} out")
    if settings.vpc is not None:
        chosen = chosen_subnets(view, settings.vpc, settings.vpc_subnets)
        if chosen and any(one.subnet_id in chosen for one in settings.vpc.public_subnets):
            view.wrong_value(_IN_PUBLIC)
    read_security_groups(view, settings.security_groups)


def is_restorable(settings: FunctionSettings, *, default: bool = False) -> bool:
    """Say whether a table can be restored to a point in time."""
    given = settings.point_in_time_recovery
    return default if given is None else given


def network_statements() -> list[dict[str, Any]]:
    """Return what Lambda needs of a role to give a function its network interfaces.

    The interfaces are this account's; their subnet and security groups may be another's, which
    shares them. The function's own code may do none of it: it has the role's credentials, too.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    anybodys = arn_prefix("ec2", account="*")
    return [
        {
            "Effect": "Allow",
            "Action": list(NETWORK_OF_FUNCTIONS),
            # the interfaces have no ID yet; without "all resource IDs" Lambda may not delete them
            "Resource": [
                f"{arn_prefix('ec2')}*/*",
                f"{anybodys}security-group/*",
                f"{anybodys}subnet/*",
            ],
        },
        {
            "Effect": "Allow",
            "Action": [EC2_DESCRIBE_NETWORK_INTERFACES, EC2_DESCRIBE_SUBNETS],
            # these take no resource
            "Resource": "*",
        },
        {
            "Effect": "Deny",
            "Action": sorted((*NETWORK_OF_FUNCTIONS, EC2_DESCRIBE_NETWORK_INTERFACES)),
            # whatever it is about
            "Resource": "*",
            "Condition": {"ArnLike": {LAMBDA_SOURCE_FUNCTION: f"{arn_prefix('lambda')}function:*"}},
        },
    ]
