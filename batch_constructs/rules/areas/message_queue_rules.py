"""Rules about queues of messages that functions read, and submit jobs for."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.delivery import (
    FUNCTION_SECONDS,
    SQS_VISIBILITY_SECONDS,
    SQS_WITHOUT_WINDOW,
    VISIBILITY_FACTOR,
    VISIBILITY_FACTOR_SOURCE,
)
from batch_constructs.aws.names import form, is_arn
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.role_actions import DECRYPT, READ_QUEUE_ACTIONS
from batch_constructs.aws.source import Source, docs, probed
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.arn_patterns import QUEUE, spelled
from batch_constructs.rules.access.batch_functions import batch_functions
from batch_constructs.rules.access.kms_keys import key_of, may_use
from batch_constructs.rules.access.rights import rights_of
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JOB_QUEUE,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import EVENT_SOURCE_MAPPING, SERVERLESS_FUNCTION
from batch_constructs.rules.template.values import (
    Reference,
    absent,
    flag,
    listing,
    mapping,
    number,
    show,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

register("message_queues", area="message_queue")

_rule = partial(rule, severity=Severity.WARNING)

_SQS_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/services-sqs-configure.html",
    "The function's timeout has to be at most the queue's visibility timeout. Its role needs "
    "sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes. A dead-letter queue "
    "takes the messages that keep failing.",
)


def read_queues(reader: Resource) -> Iterator[tuple[str, Resource, Resource]]:
    """Give the queues that functions around AWS Batch read, with the functions and the paths."""
    if reader.type == SERVERLESS_FUNCTION:
        template = reader.template
        if not (template.all(JOB_QUEUE) or template.all(JOB_DEFINITION)):
            return
        for name, event in mapping(reader.properties, "Events").items():
            if isinstance(event, dict) and event.get("Type") == "SQS":
                queue = reader.neighbour(mapping(event, "Properties").get("Queue"), QUEUE)
                if queue is not None:
                    yield f"Events/{name}/Properties/Queue", queue, reader
        return
    mapped = mapped_queue(reader)
    if mapped is not None:
        yield "EventSourceArn", *mapped


def mapped_queue(mapping_: Resource) -> tuple[Resource, Resource] | None:
    """Give the queue of a mapping and the function that reads it, if that one submits jobs."""
    queue = mapping_.neighbour(mapping_.properties.get("EventSourceArn"), QUEUE)
    function = mapping_.neighbour(mapping_.properties.get("FunctionName"))
    if queue is None or function is None or function not in batch_functions(mapping_):
        return None
    return queue, function


def _hides(queue: Resource, function: Resource) -> tuple[float, float] | None:
    """Give how long a queue hides a message, and how long a function runs; None if not known.

    What Globals of AWS SAM may set is not looked at.
    """
    visible = number(
        {"VisibilityTimeout": SQS_VISIBILITY_SECONDS, **queue.properties}, "VisibilityTimeout"
    )
    default = {} if function.type == SERVERLESS_FUNCTION else {"Timeout": FUNCTION_SECONDS}
    timeout = number({**default, **function.properties}, "Timeout")
    return None if visible is None or timeout is None else (visible, timeout)


@_rule(
    "function-event-visibility",
    (SERVERLESS_FUNCTION, EVENT_SOURCE_MAPPING),
    severity=Severity.ERROR,
    title="visibility timeout shorter than the function's timeout",
    fix="set the VisibilityTimeout of the queue to at least the Timeout of the function, "
    f"preferably {VISIBILITY_FACTOR} times as long",
    source=_SQS_SOURCE,
)
def function_event_visibility(reader: Resource) -> Iterator[Fault]:
    """Lambda refuses the mapping."""
    for path, queue, function in read_queues(reader):
        times = _hides(queue, function)
        if times is not None and times[0] < times[1]:
            yield path, _hidden(queue, function, *times)


def _hidden(queue: Resource, function: Resource, visible: float, timeout: float) -> str:
    return (
        f"{queue.id} hides messages for {show(visible)} seconds, but {function.id} runs for "
        f"up to {show(timeout)}"
    )


@_rule(
    "visibility-margin",
    (SERVERLESS_FUNCTION, EVENT_SOURCE_MAPPING),
    title=f"visibility timeout under {VISIBILITY_FACTOR} times the function's timeout",
    fix=f"set the VisibilityTimeout of the queue to {VISIBILITY_FACTOR} times the Timeout of the"
    " function",
    source=VISIBILITY_FACTOR_SOURCE,
)
def visibility_margin(reader: Resource) -> Iterator[Fault]:
    """A message comes back and becomes a second job while the first try is still waiting."""
    for path, queue, function in read_queues(reader):
        times = _hides(queue, function)
        if times is not None and times[1] <= times[0] < VISIBILITY_FACTOR * times[1]:
            fix = f"set VisibilityTimeout of {queue.id} to {show(VISIBILITY_FACTOR * times[1])}"
            yield path, _hidden(queue, function, *times), fix


@_rule(
    "event-source-permission",
    EVENT_SOURCE_MAPPING,
    severity=Severity.ERROR,
    title="function that cannot read its queue",
    fix=f"allow {READ_QUEUE_ACTIONS[0]}, {READ_QUEUE_ACTIONS[1]} and {READ_QUEUE_ACTIONS[2]}",
    source=_SQS_SOURCE,
)
def event_source_permission(mapping_: Resource) -> Iterator[Fault]:
    """The mapping cannot be created."""
    mapped = mapped_queue(mapping_)
    owner = None if mapped is None else rights_of(mapped[1])
    if mapped is None or owner is None:
        return
    queue, (role, held) = mapped[0], owner
    arn = spelled(Reference(queue.id, "Arn"), queue.template)
    lacks = [action for action in READ_QUEUE_ACTIONS if held.deny(action, arn)]
    if lacks:
        allowed_elsewhere = all(held.mention(action) for action in lacks)
        where = f" on {queue.id}" if allowed_elsewhere else ""
        fix = missing_statement.fix(role.id, lacks, {"Fn::GetAtt": [queue.id, "Arn"]})
        yield "FunctionName", f"{role.id} does not allow {', '.join(lacks)}{where}", fix
    key = key_of(queue.properties.get("KmsMasterKeyId"), queue.template)
    if key is not None and may_use(key, role, DECRYPT) is False:
        fix = missing_statement.fix(role.id, [DECRYPT], {"Fn::GetAtt": [key.id, "Arn"]})
        message = f"{role.id} is not allowed to kms:Decrypt with {key.id}, the key of {queue.id}"
        yield "FunctionName", message, fix


@_rule(
    "source-queue-dead-letters",
    EVENT_SOURCE_MAPPING,
    title="source queue without a dead-letter queue",
    fix="give the queue a RedrivePolicy",
    source=_SQS_SOURCE,
)
def source_queue_dead_letters(mapping_: Resource) -> Iterator[Fault]:
    """A message that cannot be submitted keeps coming back until it expires, and is then lost."""
    mapped = mapped_queue(mapping_)
    if mapped is not None and absent(mapped[0].properties, "RedrivePolicy"):
        yield "EventSourceArn", f"{mapped[0].id} has no dead-letter queue"


@rule(
    "event-source-batch-window",
    EVENT_SOURCE_MAPPING,
    title="large batches without a batching window",
    fix="set MaximumBatchingWindowInSeconds to 1 or more",
    source=probed(
        "lambda/pf-lambda-esm-batchsize-window",
        '"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater'
        ' than 10" is what Lambda answers.',
    ),
)
def event_source_batch_window(mapping_: Resource) -> Iterator[Fault]:
    """Lambda refuses the mapping."""
    source = mapping_.properties.get("EventSourceArn")
    if mapping_.neighbour(source, QUEUE) is None and not _OF_SQS.match(literal(source) or ""):
        return
    size = number(mapping_.properties, "BatchSize")
    window = number({_WINDOW: 0, **mapping_.properties}, _WINDOW)
    if size is not None and size > SQS_WITHOUT_WINDOW and window == 0:
        yield _WINDOW, f"BatchSize is {show(size)}, without a batching window"


_WINDOW: Final = "MaximumBatchingWindowInSeconds"
_OF_SQS: Final = pattern(form("sqs", ".*"))


@rule(
    "event-source-reserved",
    EVENT_SOURCE_MAPPING,
    title="more functions at a time than are reserved",
    fix="raise ReservedConcurrentExecutions of the function, or lower MaximumConcurrency",
    source=probed(
        "lambda/pf-lambda-esm-max-concurrency-vs-reserved",
        '"MaximumConcurrency: 100 is greater than Function Reserved Concurrency: 5" is what Lambda'
        " answers.",
    ),
)
def event_source_reserved(mapping_: Resource) -> Iterator[Fault]:
    """Lambda refuses the mapping."""
    function = mapping_.neighbour(mapping_.properties.get("FunctionName"))
    if function is None:
        return
    most = number(mapping(mapping_.properties, "ScalingConfig"), "MaximumConcurrency")
    reserved = number(function.properties, "ReservedConcurrentExecutions")
    if most is not None and reserved is not None and most > reserved:
        said = f"MaximumConcurrency is {show(most)}, and {function.id} has {show(reserved)}"
        yield "ScalingConfig/MaximumConcurrency", said


@rule(
    "queue-policy-queue",
    "AWS::SQS::QueuePolicy",
    title="queue of a policy that is not given by its URL",
    fix="use Ref, which is the URL",
    source=probed(
        "sqs/pf-sqs-queue-policy-queues",
        '"The address … is not valid for this endpoint" is what SQS answers to an ARN.',
    ),
)
def queue_policy_queue(policy: Resource) -> Iterator[Fault]:
    """SQS refuses the policy, and CloudFormation cannot even roll the stack back."""
    for position, one in enumerate(listing(policy.properties, "Queues") or ()):
        queue = policy.neighbour(one, QUEUE)
        by_arn = isinstance(one, Reference) and queue is not None and one.attribute == "Arn"
        if by_arn or is_arn(one):
            yield f"Queues/{position}", "the queue is given by its ARN; use its URL"


@rule(
    "dead-letter-queue-kind",
    QUEUE,
    title="dead-letter queue of another kind",
    fix="make both FIFO queues, or neither",
    source=probed(
        "sqs/pf-sqs-dlq-same-type",
        '"Dead-letter queue must be same type of queue as the source" is what SQS answers.',
    ),
)
def dead_letter_queue_kind(queue: Resource) -> Iterator[Fault]:
    """SQS refuses the queue."""
    target = mapping(queue.properties, "RedrivePolicy").get("deadLetterTargetArn")
    lost = queue.neighbour(target, QUEUE)
    own, other = _is_fifo(queue), None
    if lost is not None:
        other = _is_fifo(lost)
    elif is_arn(target):
        other = target.endswith(".fifo")
    if own is not None and other is not None and own is not other:
        kinds = {True: "a FIFO queue", False: "a standard queue"}
        said = f"the queue is {kinds[own]}, and its dead-letter queue is {kinds[other]}"
        yield "RedrivePolicy/deadLetterTargetArn", said


def _is_fifo(queue: Resource) -> bool | None:
    """Tell whether a queue is a FIFO queue; None if that is not known."""
    return flag({"FifoQueue": False, **queue.properties}, "FifoQueue")
