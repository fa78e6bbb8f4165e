"""Messages become jobs: SQS, and what feeds it, to AWS Batch below the API's rate.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from batch_constructs.acknowledgements import note_rights, tell_checkov
from batch_constructs.arguments import Arguments
from batch_constructs.aws.actions import (
    S3_GET_OBJECT,
    S3_PUT_OBJECT,
    SQS_SEND_MESSAGE,
)
from batch_constructs.aws.admission import Admission
from batch_constructs.aws.delivery import SQS_RETENTION_DAYS, VISIBILITY_FACTOR
from batch_constructs.aws.quotas import FUNCTION_DESCRIPTION
from batch_constructs.aws.role_actions import READ_QUEUE_ACTIONS
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.by_way_of import by_way_of, table_key_statements
from batch_constructs.construct import once_made
from batch_constructs.dead_letter_queue import redrive_command
from batch_constructs.encryption_key import key_argument
from batch_constructs.enum_argument import member
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    is_restorable,
    read_function_settings,
)
from batch_constructs.grants import as_admitted
from batch_constructs.jobs.job_definition import takes_grants
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.submission_overrides import number_text
from batch_constructs.tokens import is_token
from batch_constructs.topic import admit, topic_argument
from batch_constructs.triggers.gateway_arguments import (
    CONCURRENCY,
    RECEIVES_OF_DEATHS,
    GatewayArguments,
    read_gateway,
    refuse_too_few_functions,
)
from batch_constructs.triggers.job_to_submit import JobToSubmit, read_job_to_submit
from batch_constructs.triggers.message_schema import MODULE
from batch_constructs.triggers.message_sources import MessageSources
from batch_constructs.triggers.submit_function import (
    LIST_JOBS,
    check_admitted,
    read_allow,
    told,
    told_allow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.submission_overrides import SubmissionOverrides
    from batch_constructs.tokens import WholeNumber

_TIMEOUT = 120
_MANIFEST_PREFIX = "manifests/"
_ENCRYPTED_BY = ("s3", "sqs")
"""What encrypts with the key of a gateway."""

_FIELDS_OF_MESSAGES = (
    "these are the values for messages without any: write the value itself; parameters accept "
    "fields of a message, and allow lets a message set the others itself"
)


class SubmissionMode(StrEnum):
    """How messages become jobs."""

    JOB_PER_MESSAGE = "JOB_PER_MESSAGE"
    """Each message becomes a job; its body says what goes along."""

    COALESCE = "COALESCE"
    """Up to 10,000 messages become one array job; each child fetches its message."""


class SubmissionGateway(MessageSources):
    """Turns the messages of a queue into jobs: exactly one for each valid message, and none lost.

    Submissions stay below ``max_submissions_per_second`` and back off when they are throttled. A
    message that is delivered again, or arrives twice with the same ``idempotency_key``, does not
    become a second job, even if the function dies in the middle of a batch. Messages that can never
    become jobs go to the dead-letter queue, with the reason in the message attribute ``Reason``.

    In mode ``JOB_PER_MESSAGE`` a body is a JSON object with ``parameters`` and ``environment``,
    plain maps, and those members of ``SubmitJob`` (``containerOverrides``, ``shareIdentifier``,
    ``timeout``, ``tags``, …) that ``allow`` names; or any JSON if ``parameters`` map its fields. A
    sender can decide nothing else. In mode ``COALESCE`` up to 10,000 messages (as many as fit into
    the 6 MB that Lambda passes at a time) become an array job; ``batch_constructs.client.message``
    fetches a child's message.

    Creates, below its own ID: ``SourceQueue`` and ``DeadLetterQueue`` (AWS::SQS::Queue), ``Ledger``
    (AWS::DynamoDB::Table: which messages became jobs), ``Function`` (``Handler``, ``Role``,
    ``LogGroup``), ``Mapping`` (AWS::Lambda::EventSourceMapping), ``DeadLetterAlarm``
    (AWS::CloudWatch::Alarm) and, in mode ``COALESCE``, ``Manifests`` (AWS::S3::Bucket).

    Attributes:
        message_queue: The queue to send messages to; ``grant_send_messages`` grants the permission.
        dead_letter_queue: Messages that cannot become jobs.
        function: The ``lambda_.Function`` that submits.
        ledger: The table.
        manifest_bucket: The messages of arrays; None in the other mode.
        dead_letter_alarm: In alarm while the dead-letter queue is not empty.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queue: The job queue: ours, an ``aws_batch`` L2 or an L1.
        job_definition: The job definition: ours, an ``aws_batch`` L2 or an L1. In mode
            ``COALESCE``, our definitions can read the manifests; for others, use
            ``grant_read_messages``.
        mode: ``SubmissionMode.JOB_PER_MESSAGE`` or ``COALESCE``. Default: one job for each message.
        max_submissions_per_second: 0.02 to 50, for all functions together. Default: 20.
        parameters: Job parameter → field of the JSON body, such as ``"$.detail.object.key"``.
            Default: the body contains ``parameters``.
        allow: What a message can set besides parameters and environment variables, such as
            ``Admission.COMMAND`` or ``"vcpus"``; a message with anything else goes to the
            dead-letter queue. Default: nothing.
        schema: JSON schema (draft 4, 6 or 7) that bodies must match, with references only to
            itself, and without nested repetition in patterns. A message that takes longer than a
            second to check is set aside. Default: none.
        idempotency_key: Field of the JSON body that identifies a message, such as ``"$.id"``.
            Default: its SQS message ID.
        deduplication_window: How long a message is remembered, 1 to 24 hours. Default: 6 hours.
        share_identifier: For messages without one. A queue with a scheduling policy requires it,
            here or in every message (mode ``JOB_PER_MESSAGE``).
        scheduling_priority: Rank within the share, 0 to 9999.
        timeout: For messages without one: time limit of one attempt, at least a minute. Default:
            the definition's.
        overrides: ``SubmissionOverrides``: sizes, retries, tags, and whatever has no parameter of
            its own; for messages without them.
        enabled: Whether it submits; otherwise messages wait in the queue, up to 14 days. Default:
            yes.
        fifo: Whether to keep the order of messages within a group; only with one job for each
            message. Default: no.
        max_batching_window: How long Lambda collects messages, up to 300 s; not with FIFO queues.
            Default: 60 s in mode ``COALESCE``, otherwise 1 s.
        max_receive_count: Deliveries of a message before it is set aside, 2 to 995. Default: 10.
        max_messages_per_hour: In mode ``COALESCE``, how many messages the function's memory is
            sized for. Beyond that, messages wait in the queue, and are set aside with the reason on
            their last receive. Default: 1,000,000.
        alarm_topic: Receives alarms when a message is in the dead-letter queue, and when the
            function fails or is throttled (below ``Alarms``). Default: none.
        encryption_key: Encrypts queues, table and manifests. With ``add_bucket``, the
            policy of an imported key has to let EventBridge use it. Default: keys of the services.
        job_name: The prefix of the jobs' names. Default: the construct's ID.
        description: What the function is for. Default: that it turns messages into jobs.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function and its table. Default: none.

    Raises:
        ValueError: arguments that AWS would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """

    dead_letter_alarm: cloudwatch.Alarm
    dead_letter_queue: sqs.Queue
    function: lambda_.Function
    ledger: dynamodb.Table
    manifest_bucket: s3.Bucket | None
    message_queue: sqs.Queue

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        mode: SubmissionMode | str = SubmissionMode.JOB_PER_MESSAGE,
        max_submissions_per_second: float = 20,
        parameters: Mapping[str, str] | None = None,
        allow: Sequence[Admission | str] | None = None,
        schema: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        deduplication_window: Duration | None = None,
        share_identifier: str | None = None,
        scheduling_priority: WholeNumber | None = None,
        timeout: Duration | None = None,
        overrides: SubmissionOverrides | None = None,
        enabled: bool = True,
        fifo: bool = False,
        max_batching_window: Duration | None = None,
        max_receive_count: int = 10,
        max_messages_per_hour: WholeNumber | None = None,
        alarm_topic: sns.ITopic | None = None,
        encryption_key: kms.IKey | None = None,
        job_name: str | None = None,
        description: str | None = None,
        function_settings: FunctionSettings | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        how = member(arguments, "mode", mode, SubmissionMode)
        admitted = read_allow(arguments, allow)
        if admitted and (parameters or how is SubmissionMode.COALESCE):
            arguments.wrong_value(
                "allow is given with parameters or mode COALESCE, where messages can set nothing "
                "else: leave allow out"
            )
        job = read_job_to_submit(
            arguments,
            id,
            queue=queue,
            job_definition=job_definition,
            job_name=job_name,
            share_identifier=share_identifier,
            scheduling_priority=scheduling_priority,
            timeout=timeout,
            overrides=overrides,
            shares_may_come_later=Admission.SHARE_IDENTIFIER in admitted,
            no_fields=_FIELDS_OF_MESSAGES,
        )
        check_admitted(arguments, job, admitted)
        gateway = read_gateway(
            arguments,
            job,
            coalesce=how is SubmissionMode.COALESCE,
            max_submissions_per_second=max_submissions_per_second,
            parameters=parameters,
            schema=schema,
            idempotency_key=idempotency_key,
            deduplication_window=deduplication_window,
            fifo=fifo,
            max_batching_window=max_batching_window,
            max_receive_count=max_receive_count,
            max_messages_per_hour=max_messages_per_hour,
        )
        topic = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.flag("enabled", enabled, required=True)
        text = arguments.text("description", description, bound=FUNCTION_DESCRIPTION)
        key_argument(arguments, "encryption_key", encryption_key)
        settings = read_function_settings(arguments, function_settings)
        refuse_too_few_functions(arguments, settings.reserved_concurrency)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        arguments.refuse()

        self._fifo = gateway.fifo
        self._idempotency_key = gateway.idempotency_key
        self.dead_letter_queue = self._queue("DeadLetterQueue", encryption_key)
        self.message_queue = self._queue(
            "SourceQueue",
            encryption_key,
            visibility_timeout=Duration.seconds(
                VISIBILITY_FACTOR * _TIMEOUT + gateway.max_batching_window_seconds
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue,
                # the function sets aside what fails, with its reason; this is for its own deaths
                max_receive_count=gateway.max_receive_count + RECEIVES_OF_DEATHS,
            ),
        )
        self._key_of_ledger = settings.encryption_key if encryption_key is None else encryption_key
        self.ledger = self._table(settings)
        self.manifest_bucket = self._bucket(encryption_key) if gateway.coalesce else None
        self.function = self._function(job, gateway, admitted, text, settings)
        if encryption_key is not None:
            once_made(
                lambda: by_way_of(
                    encryption_key.grant_encrypt_decrypt(self.function), *_ENCRYPTED_BY
                )
            )
        lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            event_source_arn=self.message_queue.queue_arn,
            function_name=self.function.function_arn,
            batch_size=gateway.batch_size,
            enabled=None if enabled is True else enabled,
            maximum_batching_window_in_seconds=gateway.max_batching_window_seconds or None,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximumConcurrency": CONCURRENCY},
        )
        self._told = settings.alarm_topic if topic is None else topic
        self.dead_letter_alarm = self._alarm(self._told)
        # beside the alarm on the dead-letter queue, which has an ID and an attribute of its own
        watch(self, WatchedFunction(handler=self.function), topic, settings)
        if self.manifest_bucket is not None and takes_grants(job_definition):
            once_made(partial(self.grant_read_messages, job_definition))  # type: ignore[arg-type]  # ours: IGrantable

    def grant_read_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a job's role to read the messages of arrays.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the gateway submits one job for each message; there is nothing to read. Or
                the grantee is everybody.
        """
        if self.manifest_bucket is None:
            raise ValueError(
                f"{self.node.path}: in mode JOB_PER_MESSAGE a job gets its message in its "
                "parameters and environment; there is nothing to fetch"
            )
        bucket, grantee = self.manifest_bucket, as_admitted(self, grantee)
        if bucket.encryption_key is not None:
            by_way_of(bucket.encryption_key.grant_decrypt(grantee), "s3")
        actions, manifests = [S3_GET_OBJECT], [bucket.arn_for_objects(f"{_MANIFEST_PREFIX}*")]
        note_rights(grantee, actions, manifests)
        return iam.Grant.add_to_principal_or_resource(
            grantee=grantee, actions=actions, resource=bucket, resource_arns=manifests
        )

    def _queue(self, id: str, key: kms.IKey | None, **options: Any) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            id,
            fifo=True if self._fifo else None,
            encryption=sqs.QueueEncryption.SQS_MANAGED if key is None else None,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(SQS_RETENTION_DAYS),
            **options,
        )
        tell_checkov(queue, "AWS::SQS::Queue", KmsMasterKeyId=key)
        return queue

    def _table(self, settings: FunctionSettings) -> dynamodb.Table:
        recovery = (
            dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
            if is_restorable(settings, default=True)
            else None
        )
        table = dynamodb.Table(
            self,
            "Ledger",
            partition_key=dynamodb.Attribute(name="log", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="number", type=dynamodb.AttributeType.NUMBER),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            encryption_key=self._key_of_ledger,
            point_in_time_recovery_specification=recovery,
            removal_policy=RemovalPolicy.DESTROY,
        )
        tell_checkov(
            table,
            "AWS::DynamoDB::Table",
            PointInTimeRecoverySpecification=recovery,
            SSESpecification=self._key_of_ledger,
        )
        return table

    def _bucket(self, key: kms.IKey | None) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Manifests",
            encryption=s3.BucketEncryption.S3_MANAGED if key is None else None,
            encryption_key=key,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # jobs may wait for long before they fetch their messages
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
        )
        tell_checkov(bucket, "AWS::S3::Bucket")
        return bucket

    def _function(
        self,
        job: JobToSubmit,
        gateway: GatewayArguments,
        admitted: list[Admission],
        description: str | None,
        settings: FunctionSettings,
    ) -> lambda_.Function:
        shipped = ShippedFunction(
            self,
            "Function",
            folder="submission",
            module="index",
            description=description or "Turns messages into AWS Batch jobs",
            environment={**self._environment(job, gateway), **told_allow(admitted)},
            statements=self._statements(job, admitted),
            timeout=Duration.seconds(_TIMEOUT),
            settings=settings,
            memory_mebibytes=gateway.memory_mebibytes,
            code={} if gateway.schema_code is None else {MODULE: gateway.schema_code},
        )
        return shipped.handler

    def _environment(self, job: JobToSubmit, gateway: GatewayArguments) -> dict[str, str]:
        environment = {
            **told(self, job),
            "SUBMISSIONS_PER_SECOND": f"{gateway.per_second / CONCURRENCY:g}",
            "LEDGER_TABLE": self.ledger.table_name,
            "DEAD_LETTER_QUEUE_URL": self.dead_letter_queue.queue_url,
            "FIFO": "true" if gateway.fifo else "false",
            "MAX_RECEIVES": str(gateway.max_receive_count),
            "WINDOW_SECONDS": number_text(gateway.window_seconds),
        }
        if gateway.most_remembered is not None:
            environment["MOST_REMEMBERED"] = str(gateway.most_remembered)
        if self.manifest_bucket is not None:
            environment["MANIFEST_BUCKET"] = self.manifest_bucket.bucket_name
            environment["MANIFEST_PREFIX"] = _MANIFEST_PREFIX
        if gateway.parameters:
            known = not any(map(is_token, gateway.parameters.values()))
            write = json.dumps if known else Stack.of(self).to_json_string
            environment["PARAMETERS"] = write(gateway.parameters)
        if gateway.idempotency_key is not None:
            environment["IDEMPOTENCY_KEY"] = gateway.idempotency_key
        if gateway.schema_code is not None:
            environment["SCHEMA"] = MODULE
        return environment

    def _statements(self, job: JobToSubmit, admitted: Sequence[Admission]) -> list[dict[str, Any]]:
        receive = list(READ_QUEUE_ACTIONS)
        ledger = [f"dynamodb:{name}" for name in ("GetItem", "PutItem", "Query", "UpdateItem")]
        allowed: list[tuple[str | list[str], str]] = [
            (receive, self.message_queue.queue_arn),
            (SQS_SEND_MESSAGE, self.dead_letter_queue.queue_arn),
            (ledger, self.ledger.table_arn),
        ]
        if self.manifest_bucket is not None:
            manifests = self.manifest_bucket.arn_for_objects(f"{_MANIFEST_PREFIX}*")
            allowed.append((S3_PUT_OBJECT, manifests))
        return [
            *job.statements(tagging=Admission.TAGS in admitted),
            LIST_JOBS,
            *(
                {"Effect": "Allow", "Action": action, "Resource": resource}
                for action, resource in allowed
            ),
            *table_key_statements(self._key_of_ledger),
        ]

    def _alarm(self, topic: sns.ITopic | None) -> cloudwatch.Alarm:
        back = redrive_command(self.dead_letter_queue.queue_arn, self.message_queue.queue_arn)
        alarm = cloudwatch.Alarm(
            self,
            "DeadLetterAlarm",
            alarm_description="Messages are in the dead-letter queue of a submission gateway; "
            "their attribute Reason says why. Fix the cause, and send them "
            f"back: {back} .",
            metric=self.dead_letter_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if topic is not None:
            from aws_cdk import aws_cloudwatch_actions as actions  # noqa: PLC0415 - when used

            alarm.add_alarm_action(actions.SnsAction(topic))
            admit(topic, ALARMS)
        return alarm
