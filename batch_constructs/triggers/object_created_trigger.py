"""Jobs on new S3 objects: S3 tells EventBridge, EventBridge submits, without a Lambda function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

import jsii
from aws_cdk import Token
from constructs import IValidation

from batch_constructs.aws.bound import allowed
from batch_constructs.aws.event_pattern import length
from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.construct import once_made
from batch_constructs.event_bus import FORWARD, expect_forwarded
from batch_constructs.jsii_objects import has_member, is_resolvable
from batch_constructs.one_call import members
from batch_constructs.place import elsewhere
from batch_constructs.shared_arguments import spells_out
from batch_constructs.tokens import without_tokens
from batch_constructs.triggers.delivery_retries import DEFAULTS, DeliveryArguments
from batch_constructs.triggers.event_fields import OBJECT_CREATED_FIELDS, object_created_pattern
from batch_constructs.triggers.event_trigger import EventTrigger
from batch_constructs.triggers.job_to_submit import SubmissionArguments

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from batch_constructs.arguments import Arguments
    from batch_constructs.function_settings import FunctionSettings
    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.event_trigger import TriggerArguments


@spells_out(SubmissionArguments, DeliveryArguments, defaults=DEFAULTS)
class ObjectCreatedTrigger(EventTrigger):
    """Submits a job for every object that is created in a bucket.

    The job gets the parameters ``bucket``, ``key``, ``size`` (bytes) and ``version`` (empty in a
    bucket without versioning); its command uses them as ``Ref::key`` and so on.

    Creates what ``EventTrigger`` creates, and turns on the bucket's notifications to EventBridge:
    by its property, or for an imported bucket by a function of the CDK.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        bucket: An ``aws_s3`` L2 bucket, which can be imported; or an L1, whose
            ``EventBridgeConfiguration`` you set yourself.
        queue: As for ``EventTrigger``.
        job_definition: As for ``EventTrigger``.
        prefix: Only keys with this prefix. Default: any.
        suffix: Only keys with this suffix. Default: any.
        parameters: More parameters, or replacements for these four; values that start with ``$.``
            are fields of the event.
        event_bus: As for ``EventTrigger``; for a bucket of another Region or account, whose
            notifications you turn on there, and forward. Default: the account's default bus.
        rule_name: A physical name. Default: one that CloudFormation generates.
        description: What the rule is for.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function, where there is one. Default: none.

    Raises:
        ValueError: arguments that AWS would refuse; all of them are listed.
        TypeError: arguments of the wrong type.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: s3.IBucket | s3.CfnBucket,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        prefix: str | None = None,
        suffix: str | None = None,
        event_bus: events.IEventBus | None = None,
        rule_name: str | None = None,
        description: str | None = None,
        function_settings: FunctionSettings | None = None,
        **shared: Unpack[TriggerArguments],
    ) -> None:
        parameters = shared["parameters"]
        if isinstance(parameters, Mapping | None):
            shared["parameters"] = {**OBJECT_CREATED_FIELDS, **(parameters or {})}
        objects: Any = {
            "bucket": bucket,
            "prefix": prefix,
            "suffix": suffix,
            "event_bus": event_bus,
        }
        super().__init__(
            scope,
            id,
            queue=queue,
            job_definition=job_definition,
            event_pattern=objects,
            event_bus=event_bus,
            rule_name=rule_name,
            description=description,
            function_settings=function_settings,
            **shared,
        )
        if event_bus is None:
            tell_event_bridge(bucket)
        else:
            expect_forwarded(self.resource)

    def _read_pattern(self, arguments: Arguments, event_pattern: Any) -> dict[str, Any]:
        return read_object_pattern(arguments, **event_pattern)


def read_object_pattern(
    arguments: Arguments, *, bucket: Any, prefix: Any, suffix: Any, event_bus: Any
) -> dict[str, Any]:
    """Make the pattern of a bucket's events, of arguments that are looked at."""
    parts = {"prefix": prefix, "suffix": suffix}
    name = _bucket_name(arguments, bucket, event_bus)
    read = {parameter: _key_part(arguments, parameter, part) for parameter, part in parts.items()}
    pattern = object_created_pattern(name, **read)
    characters = length(without_tokens(pattern))
    if characters > EVENT_PATTERN_CHARACTERS:
        long = " and ".join(parameter for parameter, part in read.items() if part)
        arguments.wrong_value(
            f"{long} make an event pattern of {characters} characters; "
            f"{allowed(f'at most {EVENT_PATTERN_CHARACTERS}')}: shorten them"
        )
    return pattern


def _key_part(arguments: Arguments, parameter: str, value: Any) -> str | None:
    """Read how keys begin or end."""
    if is_resolvable(value):
        return Token.as_string(value)
    if value is None or isinstance(value, str):
        return value
    arguments.wrong_type(parameter, value, "a string")
    return None


def _bucket_name(arguments: Arguments, bucket: Any, event_bus: events.IEventBus | None) -> str:
    """Return a bucket's name: an L2's or an L1's, of the place where its events are."""
    if has_member(bucket, "enable_event_bridge_notification"):
        told, arn = members(bucket, "bucketName", "bucketArn")
        name = str(told)
        arguments.of_this_partition("bucket", arn)
    elif has_member(bucket, "bucket_ref"):
        name = str(bucket.bucket_ref.bucket_name)
    else:
        such = 's3.Bucket.from_bucket_name(self, "Input", "name")'
        arguments.wrong_type("bucket", bucket, f"an aws_s3 bucket, such as {such}")
        return ""
    because = f"Amazon S3 sends its events only there: {FORWARD}"
    problem = elsewhere(arguments.construct, name, because, resource=bucket)
    if event_bus is None and problem is not None:
        arguments.wrong_value(f"bucket: {problem}")
    return name


def tell_event_bridge(bucket: Any) -> None:
    """Let a bucket tell EventBridge of its objects; an L1's owner does that himself.

    Of a bucket of this app the property is set, without the function that the CDK makes for it;
    where that function is there anyway, it has to be told, since it writes the whole property.
    """
    if not has_member(bucket, "enable_event_bridge_notification"):
        return
    [resource] = members(bucket, "node.defaultChild")
    if resource is None or bucket.node.try_find_child("Notifications") is not None:
        once_made(bucket.enable_event_bridge_notification)
        return

    def tell() -> None:
        resource.add_property_override("NotificationConfiguration", _EVENT_BRIDGE)
        bucket.node.add_validation(_NotOverwritten(bucket))

    once_made(tell)


_EVENT_BRIDGE = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


_OVERWRITTEN = (
    "notifications were added to the bucket after a trigger of batch_constructs, and the CDK "
    "overwrites those to EventBridge with them: create the bucket with event_bridge_enabled=True"
)


@jsii.implements(IValidation)
class _NotOverwritten:
    """Refuse a bucket whose own notifications, added later, would switch ours off."""

    def __init__(self, bucket: Any) -> None:
        self._bucket = bucket

    def validate(self) -> list[str]:
        """Say so."""
        later = self._bucket.node.try_find_child("Notifications")
        return [] if later is None else [_OVERWRITTEN]
