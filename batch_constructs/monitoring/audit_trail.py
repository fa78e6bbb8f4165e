"""Who submitted, terminated and changed what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.arguments import Arguments
from batch_constructs.aws import batch_events
from batch_constructs.aws.actions import (
    KMS_DESCRIBE_KEY,
    KMS_GENERATE_DATA_KEY_ANY,
    S3_PUT_OBJECT,
    SOURCE_ARN,
)
from batch_constructs.aws.event_pattern import ANYTHING_BUT, OR
from batch_constructs.aws.metrics import EVENTS_NAMESPACE, TRIGGERED_RULES
from batch_constructs.aws.names import ROLE_ARN
from batch_constructs.aws.quotas import ALARM_NAME
from batch_constructs.aws.service_principals import ALARMS, BATCH, CLOUDFORMATION, CLOUDTRAIL
from batch_constructs.construct import BatchConstruct, arn_prefix, once_made
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.encryption_key import admit_logs
from batch_constructs.function_alarms import WatchedDelivery, delivery_alarms, tell
from batch_constructs.jsii_objects import has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.log_settings import log_settings
from batch_constructs.monitoring.alarm_thresholds import Alarm
from batch_constructs.monitoring.job_event_log import EventLog, event_log_group
from batch_constructs.monitoring.metric_series import Series
from batch_constructs.monitoring.watched_resources import watched_environments, watched_queues
from batch_constructs.one_call import OneCall
from batch_constructs.queue_senders import admit_rules
from batch_constructs.queues.job_event_patterns import refuse_pattern
from batch_constructs.topic import admit, topic_argument
from batch_constructs.whole_days import check_days

from . import query_texts
from .rule_patterns import patterns_that_fit
from .saved_query import save_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.monitoring.watched_resources import Watched
    from batch_constructs.queues.any_job_queue import AnyJobQueue

_FROM_CLOUDTRAIL = {"source": [batch_events.SOURCE], "detail-type": [batch_events.API_CALL]}
_CALLER = BATCH


class AuditTrail(BatchConstruct):
    """An encrypted log of all changes to AWS Batch, with an alarm on changes by hand.

    CloudTrail records the calls, and EventBridge writes those to AWS Batch into a log group, with
    the caller's identity and address. An alarm reports changes to queues, environments and
    definitions outside of CloudFormation deployments. The log contains the parameters of the calls,
    including environment variables that callers pass with a job, and is therefore encrypted with a
    key. Read-only calls are not logged.

    Creates, below its own ID: ``Key`` (AWS::KMS::Key), ``LogGroup``, ``Rule`` and ``ChangesRule``
    (AWS::Events::Rule), ``DeadLetterQueue`` (AWS::SQS::Queue: events that could not be logged), the
    alarm ``ChangesByHand``, and the saved queries ``WhoDidWhat`` and ``Changes``; if one event
    pattern is too short for all queues and environments, also ``ChangesRule1`` with
    ``ChangesByHand1``, …; with ``create_trail`` also ``Bucket``
    (AWS::S3::Bucket) and ``Trail`` (AWS::CloudTrail::Trail). The key costs 1 USD a month; nothing
    else costs anything while nothing happens. A second trail in an account costs 2 USD for 100,000
    calls.

    Attributes:
        log_group: Where the calls are.
        alarms: The ``cloudwatch.CfnAlarm`` on changes outside deployments; several if one event
            pattern is too short for everything.
        key: The key of the log group and of the trail.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: The queues whose changes raise the alarm. Default, if there are no
            compute_environments either: every change in the account and Region, including changes
            of definitions.
        compute_environments: The environments whose changes raise the alarm. Default: see queues.
        alarm_topic: The topic for this alarm, and for alarms on events that could not be logged
            (``Alarms``, 0.10 USD a month each). Default: none; the alarm on changes is only visible
            in CloudWatch, and there are no others.
        create_trail: Whether to create a trail. CloudTrail sends nothing if neither the account nor
            the organization has one. Default: no, because most accounts have one.
        expected_roles: Roles whose changes raise no alarm, such as a cost guard's, or their ARNs.
        log_retention: How long the log is kept. Default: a year.
        log_encryption_key: A key for the log group and the trail; CloudWatch Logs and CloudTrail
            get permission to use it. Default: a new key.
        trail_retention: How long the files of the trail that ``create_trail`` makes are kept, in
            whole days. Default: a year.
        alarm_name: A physical name; a second alarm has the suffix ``-1``. Default: one that
            CloudFormation generates.

    Raises:
        ValueError: a topic that would drop the alarm, or roles that no event pattern has room for.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/userguide/logging-using-cloudtrail.html
    """

    alarms: list[cloudwatch.CfnAlarm]
    dead_letter_queue: sqs.Queue
    key: kms.IKey
    log_group: logs.LogGroup

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue] | None = None,
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        alarm_topic: sns.ITopic | None = None,
        create_trail: bool = False,
        expected_roles: Sequence[iam.IRole | str] | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
        trail_retention: Duration | None = None,
        alarm_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues, needed=queues is not None)
        environments = watched_environments(arguments, compute_environments)
        topic = topic_argument(arguments, "alarm_topic", alarm_topic)
        known_flag(arguments, "create_trail", create_trail)
        roles = _role_arns(arguments, expected_roles)
        kept = log_settings(
            arguments, log_retention, log_encryption_key, default=logs.RetentionDays.ONE_YEAR
        )
        if trail_retention is not None and create_trail is False:
            arguments.wrong_value(
                "trail_retention is given without create_trail=True, so there is no trail to keep: "
                "leave it out, or give create_trail=True"
            )
        files_kept = Duration.days(365) if trail_retention is None else trail_retention
        check_days(arguments, "trail_retention", files_kept)
        alarm_name = arguments.text("alarm_name", alarm_name, bound=ALARM_NAME)
        arguments.refuse()
        patterns = patterns_that_fit(
            [*watched, *environments],
            lambda some: changes_pattern(
                [one for one in watched if one in some],
                [one for one in environments if one in some],
                roles,
            ),
        )
        for pattern in patterns:
            refuse_pattern(self.node.path, pattern, way_out="give fewer expected_roles")

        self.key: kms.IKey = kept.encryption_key
        if self.key is None:
            self.key = self._key()
            admit_logs(self, self.key)
        log_group = event_log_group(self, replace(kept, encryption_key=self.key))
        self._keep(log_group=log_group)
        calls = {**_FROM_CLOUDTRAIL, "detail": {"eventSource": [_CALLER]}}
        self.dead_letter_queue = dead_letter_queue(self)
        admit_rules(self.dead_letter_queue)
        call, log = OneCall(self), EventLog(log_group, self.dead_letter_queue)
        everything = log.add_rule(call, "Rule", calls)
        # the log has them already, and shows each once: nobody says that EventBridge counts what a
        # rule without a target matches
        changes = [
            log.add_rule(call, f"ChangesRule{number or ''}", pattern)
            for number, pattern in enumerate(patterns)
        ]
        call.make(at_once=True)
        self.alarms = [
            self._alarm_on(
                rule.attribute("ref"),
                str(number or ""),
                alarm_name if alarm_name is None or not number else f"{alarm_name}-{number}",
                [] if topic is None else [topic.topic_arn],
            )
            for number, rule in enumerate(changes)
        ]
        # the others match nothing that this one does not match as well
        delivery = WatchedDelivery(
            dead_letter_queue=self.dead_letter_queue, rules=[everything.resource]
        )
        tell(self, delivery_alarms(delivery), topic)
        if topic is not None:
            admit(topic, ALARMS)
        save_queries(
            self,
            [log.name],
            WhoDidWhat=("who did what", query_texts.WHO_DID_WHAT),
            Changes=("changes by hand", query_texts.CHANGES_BY_HAND),
        )
        if create_trail:
            self._make_trail(files_kept)

    def _key(self) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description="What people did to AWS Batch",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,  # without the key, what is kept cannot be read
        )

    def _alarm_on(
        self, rule: str, number: str, name: str | None, actions: list[str]
    ) -> cloudwatch.CfnAlarm:
        """Raise an alarm on changes: it reads the metric that EventBridge publishes of the rule."""
        changes = Alarm(
            id="ChangesByHand",
            title="Somebody changed AWS Batch outside a deployment",
            watches=Series(
                namespace=EVENTS_NAMESPACE,
                name=TRIGGERED_RULES,
                dimensions={"RuleName": rule},
                statistic="Sum",
            ),
            above=0,
            advice="The saved query of this name says who, from where, and what.",
        )
        return cloudwatch.CfnAlarm(
            self,
            f"{changes.id}{number}",
            alarm_name=name,
            alarm_description=f"{changes.title}. {changes.advice}",
            alarm_actions=actions,
            **changes.properties(),
        )

    def _make_trail(self, kept: Duration) -> None:
        once_made(lambda: _admit_cloudtrail(self.key))
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[s3.LifecycleRule(expiration=kept)],
        )
        tell_checkov(bucket, "AWS::S3::Bucket", VersioningConfiguration=True)
        _admit_trails(bucket)
        trail = cloudtrail.Trail(
            self,
            "Trail",
            # seen as somebody else's, or the CDK would admit trails of any account
            bucket=s3.Bucket.from_bucket_arn(self, "TrailBucket", bucket.bucket_arn),
            encryption_key=self.key,
            enable_file_validation=True,
            is_multi_region_trail=False,
            include_global_service_events=False,
            management_events=cloudtrail.ReadWriteType.WRITE_ONLY,
        )
        trail.node.add_dependency(cast("s3.BucketPolicy", bucket.policy))
        tell_checkov(trail, "AWS::CloudTrail::Trail")


def _role_arns(arguments: Arguments, roles: Any) -> list[str]:
    """Read roles, and ARNs of roles, as ARNs."""
    listed = arguments.items("expected_roles", roles, "roles or their ARNs")
    for place, role in enumerate(listed):
        if isinstance(role, str):
            # What is no role's ARN matches no caller, so that its changes would raise the alarm.
            arguments.text(f"expected_roles[{place}]", role, required=True, bound=ROLE_ARN)
        elif not has_member(role, "role_arn"):
            arguments.wrong_type(f"expected_roles[{place}]", role, "an iam.IRole or its ARN")
    return [one if isinstance(one, str) else getattr(one, "role_arn", "") for one in listed]


def changes_pattern(
    queues: Sequence[Watched], environments: Sequence[Watched], expected_roles: Sequence[str]
) -> dict[str, Any]:
    """Return the pattern of changes that neither CloudFormation nor an expected role made."""
    detail: dict[str, Any] = {
        "eventSource": [_CALLER],
        "eventName": [{"prefix": verb} for verb in batch_events.CHANGES],
        "sourceIPAddress": [{ANYTHING_BUT: [CLOUDFORMATION]}],
        "errorCode": [{"exists": False}],
    }
    any_of: list[dict[str, Any]] = []
    if queues:
        any_of.append({"requestParameters": {"jobQueue": _either(queues)}})
    if environments:
        any_of.append({"requestParameters": {"computeEnvironment": _either(environments)}})
    if expected_roles:
        # A user or the root user has no session: a pattern on it alone would miss them.
        callers = [_issuer({ANYTHING_BUT: list(expected_roles)}), _issuer({"exists": False})]
        any_of = [{**one, **caller} for one in any_of or [{}] for caller in callers]
    if len(any_of) == 1:
        detail |= any_of[0]  # EventBridge refuses an alternative to nothing
    elif any_of:
        detail[OR] = any_of
    return {**_FROM_CLOUDTRAIL, "detail": detail}


def _issuer(matches: Mapping[str, Any]) -> dict[str, Any]:
    """Match the role behind a caller's session."""
    return {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [dict(matches)]}}}}


def _either(watched: Sequence[Watched]) -> list[str]:
    """Callers name a resource by its name or by its ARN."""
    return [text for one in watched for text in (one.name, one.arn)]


def _admit_cloudtrail(key: kms.IKey) -> None:
    """Let CloudTrail encrypt the files of this account's trails.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": f"{arn_prefix('cloudtrail')}trail/*"}
    for action, conditions in (
        (KMS_GENERATE_DATA_KEY_ANY, {"StringLike": context}),
        (KMS_DESCRIBE_KEY, {}),
    ):
        # in a key's policy, `*` is the key itself
        key.add_to_resource_policy(_of_trails(action, "*", conditions))


def _admit_trails(bucket: s3.Bucket) -> None:
    """Let this account's trails write into their bucket.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    owned = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    files = bucket.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/*")
    bucket.add_to_resource_policy(_of_trails("s3:GetBucketAcl", bucket.bucket_arn, {}))
    bucket.add_to_resource_policy(_of_trails(S3_PUT_OBJECT, files, owned))


def _of_trails(
    action: str, resource: str, conditions: Mapping[str, Mapping[str, str]]
) -> iam.PolicyStatement:
    """Allow CloudTrail something, on behalf of trails of this account and Region."""
    trails = {"ArnLike": {SOURCE_ARN: f"{arn_prefix('cloudtrail')}trail/*"}}
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(CLOUDTRAIL)],
        actions=[action],
        resources=[resource],
        conditions={**conditions, **trails},
    )
