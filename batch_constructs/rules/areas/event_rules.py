"""Rules about what happens around jobs: events, topics, queues, functions, alarms, logs."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import batch_events, event_pattern
from batch_constructs.aws.actions import (
    KMS_GENERATE_DATA_KEY,
    SNS_PUBLISH,
    SOURCE_ARN,
    SQS_SEND_MESSAGE,
)
from batch_constructs.aws.bound import meant, one_of, shown
from batch_constructs.aws.delivery import OBJECTS_SOURCE
from batch_constructs.aws.job_states import SERVICE_JOB_STATES
from batch_constructs.aws.names import MANAGED_QUEUE_KEY, MANAGED_TOPIC_KEY, is_arn
from batch_constructs.aws.role_actions import DECRYPT
from batch_constructs.aws.service_principals import DOMAIN, EVENTS
from batch_constructs.aws.source import docs, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.arn_patterns import (
    QUEUE,
    QUEUE_POLICIES,
    TOPIC,
    TOPIC_POLICIES,
    least_in,
    spelled,
)
from batch_constructs.rules.access.kms_keys import key_of, may_use
from batch_constructs.rules.access.resource_policy import admitted
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    FUNCTION,
    Submission,
    placeholders,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Reference,
    entries,
    flag,
    from_json,
    listing,
    mapping,
    show,
    text,
    texts,
)
from batch_constructs.rules.template.written_lengths import length_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

_rule = partial(rule, severity=Severity.WARNING)


_PUT_TARGETS: Final = docs(
    "eventbridge/latest/APIReference/API_PutTargets.html",
    '"For Lambda and Amazon SNS resources, EventBridge relies on resource-based policies."',
)
KEYS_OF_TOPICS: Final = docs(
    "sns/latest/dg/sns-key-management.html",
    "Services publish to an encrypted topic only if it uses a customer managed key whose "
    "policy allows them kms:GenerateDataKey* and kms:Decrypt; they cannot use SNS's own key.",
)


@_rule(
    "event-pattern-syntax",
    EVENT_RULE,
    severity=Severity.ERROR,
    title="event pattern that EventBridge refuses",
    fix="write EventPattern in the syntax of EventBridge",
    source=event_pattern.SOURCE,
)
def event_pattern_syntax(source: Resource) -> Iterator[Fault]:
    """EventBridge answers *Event pattern is not valid*, and the deployment fails.

    This applies to every rule of EventBridge. A longer pattern needs a higher quota; values known
    only at deployment count with their minimum length.
    """
    pattern = _pattern(source)
    if pattern is None:
        yield "EventPattern", "the pattern is not JSON"
        return
    written = mapping(source.template.raw(source.id), "Properties").get("EventPattern")
    at_least = length_of(written, least_in(source.template.raw)) if isinstance(written, dict) else 0
    for path, message in event_pattern.wrong(pattern, at_least=at_least):
        yield f"EventPattern/{path}".rstrip("/"), f"{path or 'the pattern'} {message}"


def _pattern(source: Resource) -> object:
    """Give the event pattern of a rule, which may be written as a text; None for one without."""
    pattern = source.properties.get("EventPattern", UNKNOWN)
    if isinstance(pattern, str):
        read = from_json(pattern)
        return None if read is UNKNOWN else read
    return pattern


@_rule(
    "event-field",
    EVENT_RULE,
    title="event pattern with a field that no event has",
    fix="remove the field, or use one that the event has; fields below detail go inside detail",
    source=event_pattern.FIELDS_SOURCE,
)
def event_field(source: Resource) -> Iterator[Fault]:
    """EventBridge accepts the pattern, but it silently matches nothing.

    This applies to every rule of EventBridge.
    """
    known = event_pattern.FIELDS
    for path, name in event_pattern.unknown_fields(_pattern(source)):
        if "{" not in name:  # a token, or a placeholder of another tool
            said = f"no event has the field {shown(name)}; there are {one_of(known)}"
            yield f"EventPattern/{path}", f"{said}{meant(name, known)}"


@_rule(
    "event-pattern",
    EVENT_RULE,
    title="event pattern that no Batch event matches",
    fix="match source aws.batch, a detail-type and status as Batch writes them, and ARNs",
    source=batch_events.EVENTS_SOURCE,
)
def event_pattern_of_batch(source: Resource) -> Iterator[Fault]:
    """The rule silently never fires. Events carry ARNs, not names."""
    pattern = mapping(source.properties, "EventPattern")
    sources = listing(pattern, "source")
    if sources is None or batch_events.SOURCE not in sources:
        yield from _misspelt_source(sources or [])
        return
    for got in texts(pattern, "detail-type"):
        if got not in batch_events.DETAIL_TYPES and len(sources) == 1:
            yield (
                "EventPattern/detail-type",
                f'there is no event "{show(got)}"; there are {one_of(batch_events.DETAIL_TYPES)}',
            )
    detail = mapping(pattern, "detail")
    for got in texts(detail, "status"):
        if got not in SERVICE_JOB_STATES:
            yield (
                "EventPattern/detail/status",
                f'there is no job status "{show(got)}"; there are {one_of(SERVICE_JOB_STATES)}',
            )
    for key, noun in (("jobQueue", "queue"), ("jobDefinition", "definition")):
        for name in listing(detail, key) or ():
            if isinstance(name, str) and not is_arn(name):
                yield (
                    f"EventPattern/detail/{key}",
                    (f'the {noun} is matched by its name "{show(name)}", but events carry its ARN'),
                    f"match the ARN: Ref of the {noun}",
                )


def _misspelt_source(sources: list[object]) -> Iterator[Fault]:
    for one in sources:
        if isinstance(one, str) and one.lower() in ("batch", batch_events.SOURCE):
            message = f"the source is {show(one)}; allowed: {batch_events.SOURCE}"
            yield "EventPattern/source", message


def _policies(owner: Resource, types: tuple[str, ...]) -> Iterator[Resource]:
    """Give the resource policies of the template for a topic or a queue."""
    for type_ in types:
        for policy in owner.template.all(type_):
            keys = (key for key in _OWNERS if key in policy.properties)
            targets = policy.properties.get(next(keys, ""))
            for one in targets if isinstance(targets, list) else [targets]:
                found = owner.template.target(one)
                if found is owner or one is UNKNOWN:
                    yield policy


_OWNERS: Final = ("TopicArn", "Queue", "Topics", "Queues")
"""The property of a resource policy that says what it stands at."""


def admits(
    owner: Resource, types: tuple[str, ...], action: str, service: str, source: Resource
) -> bool:
    """Tell whether a service may send to a topic or queue, or whether it may be so."""
    template = owner.template
    resource = spelled(Reference(owner.id, _ARNS[owner.type]), template)
    keys: dict[str, str | None] = {}
    if source.type == EVENT_RULE and "EventBusName" not in source.properties:
        keys[SOURCE_ARN.lower()] = spelled(Reference(source.id, "Arn"), template)
    return any(
        admitted(policy.properties.get("PolicyDocument"), service, action, resource, template, keys)
        is not False
        for policy in _policies(owner, types)
    )


_ARNS: Final = {TOPIC: "TopicArn", QUEUE: "Arn"}


def has_policy(owner: Resource, types: tuple[str, ...]) -> bool:
    """Tell whether a topic or queue has a policy in the template, or may have one."""
    return any(True for _ in _policies(owner, types))


def key_fault(owner: Resource, service: str, managed: str) -> str | None:
    """Say why a service may not use the KMS key of a topic or queue."""
    value = owner.properties.get("KmsMasterKeyId")
    if literal(value) == managed:
        return f"{owner.id} is encrypted with {managed}, which {service} cannot use"
    key = key_of(value, owner.template)
    if key is None:
        return None
    for action in (KMS_GENERATE_DATA_KEY, DECRYPT):
        if may_use(key, f"{service}.{DOMAIN}", action) is False:
            return f"the key {key.id} of {owner.id} does not allow {service} {action}"
    return None


@_rule(
    "event-target-topic",
    EVENT_RULE,
    title="topic to which EventBridge cannot publish",
    fix=f"allow {EVENTS} sns:Publish in an AWS::SNS::TopicPolicy, and in the key policy"
    " kms:GenerateDataKey* and kms:Decrypt",
    source=KEYS_OF_TOPICS,
)
def event_target_topic(source: Resource) -> Iterator[Fault]:
    """Notifications are lost without any message."""
    if not _about_batch(source):
        return
    for position, target in entries(source.properties, "Targets"):
        topic = source.neighbour(target.get("Arn"), TOPIC)
        if topic is None:
            continue
        path = f"Targets/{position}/Arn"
        if not admits(topic, TOPIC_POLICIES, SNS_PUBLISH, EVENTS, source):
            yield path, f"{EVENTS} is not allowed to publish to {topic.id}"
        if fault := key_fault(topic, "events", MANAGED_TOPIC_KEY):
            yield path, fault
        if flag(topic.properties, "FifoTopic"):
            said = f"{topic.id} is a FIFO topic, and EventBridge does not deliver to FIFO topics"
            yield path, said, "use a standard topic"


def _about_batch(source: Resource) -> bool:
    """Tell whether a rule is about Batch: it matches Batch's events, or submits jobs."""
    sources = texts(mapping(source.properties, "EventPattern"), "source")
    return batch_events.SOURCE in sources or bool(submissions_from(source))


def _says_no_group(parameters: object) -> bool:
    """Whether what a target tells SQS surely has no message group."""
    return isinstance(parameters, dict) and "MessageGroupId" not in parameters


@_rule(
    "event-target-queue",
    EVENT_RULE,
    title="queue to which EventBridge cannot send",
    fix=f"allow {EVENTS} sqs:SendMessage in an AWS::SQS::QueuePolicy, and use a"
    " standard queue for dead letters",
    source=docs(
        "eventbridge/latest/userguide/eb-rule-dlq.html",
        "Grant permissions to the dead-letter queue, which must be a standard queue.",
    ),
)
def event_target_queue(source: Resource) -> Iterator[Fault]:
    """Messages and dead letters are lost."""
    if not _about_batch(source):
        return
    for position, target in entries(source.properties, "Targets"):
        dead_letters = mapping(target, "DeadLetterConfig").get("Arn")
        for path, value in (
            (f"Targets/{position}/Arn", target.get("Arn")),
            (f"Targets/{position}/DeadLetterConfig/Arn", dead_letters),
        ):
            queue = source.neighbour(value, QUEUE)
            if queue is None:
                continue
            if not admits(queue, QUEUE_POLICIES, SQS_SEND_MESSAGE, EVENTS, source):
                yield path, f"{EVENTS} is not allowed to send to {queue.id}"
            if fault := key_fault(queue, "events", MANAGED_QUEUE_KEY):
                yield path, fault
            if not flag(queue.properties, "FifoQueue"):
                continue
            if value is dead_letters:
                yield (
                    path,
                    f"{queue.id} is a FIFO queue; a dead-letter queue must be a standard queue",
                )
            elif _says_no_group(target.get("SqsParameters", {})):
                said = f"{queue.id} is a FIFO queue, which accepts no message without a group"
                yield path, said, "set MessageGroupId under SqsParameters, or use a standard queue"


@_rule(
    "event-target-function",
    EVENT_RULE,
    title="function that EventBridge cannot invoke",
    fix=f"add an AWS::Lambda::Permission for {EVENTS}",
    source=_PUT_TARGETS,
)
def event_target_function(source: Resource) -> Iterator[Fault]:
    """The function is never called."""
    if not _about_batch(source):
        return
    for position, target in entries(source.properties, "Targets"):
        function = source.neighbour(target.get("Arn"), FUNCTION)
        if function is None or target.get("RoleArn"):
            continue
        name = text(function.properties, "FunctionName")
        for permission in source.template.all("AWS::Lambda::Permission"):
            value = permission.properties.get("FunctionName")
            principal = literal(permission.properties.get("Principal"))
            mine = permission.neighbour(value) is function or (name and literal(value) == name)
            if (mine or value is UNKNOWN) and (principal or "events").startswith("events"):
                break
        else:
            yield f"Targets/{position}/Arn", f"{EVENTS} is not allowed to invoke {function.id}"


@_rule(
    "bucket-notifications",
    EVENT_RULE,
    title="bucket that sends no events to EventBridge",
    fix="set EventBridgeEnabled to true in the NotificationConfiguration of the bucket",
    source=docs(
        "AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html",
        "A bucket sends events to EventBridge only if that is enabled.",
    ),
)
def bucket_notifications(source: Resource) -> Iterator[Fault]:
    """Nothing ever runs."""
    pattern = mapping(source.properties, "EventPattern")
    if OBJECTS_SOURCE not in texts(pattern, "source") or not submissions_from(source):
        return
    names = mapping(mapping(pattern, "detail"), "bucket").get("name")
    for name in names if isinstance(names, list) else []:
        bucket = source.neighbour(name, "AWS::S3::Bucket")
        if bucket is None or _sends_events(bucket):
            continue
        yield (
            "EventPattern/detail/bucket/name",
            f"the bucket {bucket.id} sends no events to EventBridge",
        )


def _sends_events(bucket: Resource) -> bool:
    notifications = bucket.properties.get("NotificationConfiguration", {})
    if not isinstance(notifications, dict):
        return True
    configured = notifications.get("EventBridgeConfiguration")
    if configured is not None:
        return (
            not isinstance(configured, dict) or flag(configured, "EventBridgeEnabled") is not False
        )
    for type_ in ("Custom::S3BucketNotifications", "AWS::CloudFormation::CustomResource"):
        for custom in bucket.template.all(type_):
            if any(bucket.neighbour(value) is bucket for value in custom.properties.values()):
                return True
    return False


@_rule(
    "object-not-passed",
    EVENT_RULE,
    title="object event that does not tell the job which object it is about",
    fix='give the target an InputTransformer with {"Parameters": {"key": "<key>"}}',
    source=guide(
        "batch-cwe-target",
        "Passing event information: the InputTransformer of the target builds Parameters, which"
        " are SubmitJobRequest.parameters.",
    ),
)
def object_not_passed(source: Resource) -> Iterator[Fault]:
    """Each object starts a job, but every job works on the same default."""
    for one in submissions_from(source):
        job = one.definition
        if job is None or not passes_no_object(source, one):
            continue
        passed = one.request.get("Parameters")
        filled = passed if isinstance(passed, dict) else {}
        taken = dict.fromkeys(name for _, name in placeholders(job) if name not in filled)
        names = ", ".join(f'"{show(name)}"' for name in taken)
        if names:
            message = f"the target passes nothing from the event to {job.id}, which has {names}"
            yield one.path, message


def passes_no_object(source: Resource, one: Submission) -> bool:
    """Tell whether a submission for an object of S3 says nothing of it for sure."""
    pattern = mapping(source.properties, "EventPattern")
    if source.type != EVENT_RULE or OBJECTS_SOURCE not in texts(pattern, "source"):
        return False
    target = one.target
    if "InputTransformer" in target or "InputPath" in target:
        return False
    written = literal(target.get("Input"))
    return "Input" not in target or (written is not None and "$." not in written)
