"""Rules about who may send to a queue, or call a function, that becomes jobs."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws.actions import LAMBDA_INVOKE_FUNCTION, SQS_SEND_MESSAGE
from batch_constructs.aws.source import docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.arn_patterns import QUEUE, QUEUE_POLICIES, spelled
from batch_constructs.rules.access.batch_functions import batch_functions
from batch_constructs.rules.access.for_whom import OF_A_SERVICE, OF_ANYBODY, says_for_whom
from batch_constructs.rules.access.function_policy import statement_of
from batch_constructs.rules.access.policy_document import statements
from batch_constructs.rules.areas.message_queue_rules import read_queues
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import literal, several
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_SOURCE_MAPPING,
    FUNCTION,
    SERVERLESS_FUNCTION,
)
from batch_constructs.rules.template.values import mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

_warning = partial(rule, severity=Severity.WARNING)
_PERMISSION: Final = "AWS::Lambda::Permission"
_URL: Final = "AWS::Lambda::Url"


def _stranger(principal: object, conditions: object) -> str:
    """Say who is admitted, in whichever account; empty where a condition says for whom."""
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    if "*" in several(named.get("AWS")) and not says_for_whom(conditions, OF_ANYBODY):
        return "everybody"
    services = [one for one in several(named.get("Service")) if isinstance(one, str)]
    if services and not says_for_whom(conditions, OF_A_SERVICE):
        return f"{show(services[0])} for every account"
    return ""


def _feeds_jobs(queue: Resource) -> bool:
    """Whether a function that submits jobs reads a queue."""
    template, functions = queue.template, batch_functions(queue)
    readers = [*template.all(EVENT_SOURCE_MAPPING), *template.all(SERVERLESS_FUNCTION)]
    return any(
        one is queue and function in functions
        for reader in readers
        for _, one, function in read_queues(reader)
    )


@_warning(
    "open-message-queue",
    QUEUE_POLICIES,
    title="job queue's message queue that accepts messages from any account",
    fix="set aws:SourceArn or aws:SourceAccount in the Condition, and name accounts or roles "
    "instead of *",
    source=docs(
        "IAM/latest/UserGuide/confused-deputy.html",
        "Anyone can make a service send messages. The service acts for one account only if "
        "the policy of the resource has a condition on aws:SourceArn, aws:SourceAccount, "
        "aws:SourceOrgID or aws:SourceOrgPaths.",
    ),
)
def open_message_queue(policy: Resource) -> Iterator[Fault]:
    """Other people's topics or buckets can send messages.

    Their jobs run with the job's role and secrets.
    """
    queues = [
        queue
        for value in several(policy.properties.get("Queues", policy.properties.get("Queue")))
        if (queue := policy.neighbour(value, QUEUE)) is not None and _feeds_jobs(queue)
    ]
    if not queues:
        return
    document = policy.properties.get("PolicyDocument")
    for position, one in enumerate(statements(document, policy.template)):
        if one is None or not one.allows or one.covers(SQS_SEND_MESSAGE) is not True:
            continue
        who = _stranger(one.principal, one.condition)
        if who:
            yield (
                f"PolicyDocument/Statement/{position}",
                f"{queues[0].id}, whose messages become jobs, accepts messages from {who}",
            )
            return


@_warning(
    "open-function",
    (_PERMISSION, _URL),
    title="function that submits jobs for any account",
    fix="set SourceArn or SourceAccount, or PrincipalOrgID if Principal is *; set AuthType of a "
    "URL to AWS_IAM",
    source=docs(
        "lambda/latest/api/API_AddPermission.html",
        '"If you grant permission to a service principal without specifying the source, other'
        " accounts could potentially configure resources in their account to invoke your Lambda"
        ' function."',
    ),
)
def open_function(door: Resource) -> Iterator[Fault]:
    """Anyone who calls it can run jobs with the job's role and secrets."""
    properties = door.properties
    name = "FunctionName" if door.type == _PERMISSION else "TargetFunctionArn"
    function = door.neighbour(properties.get(name), FUNCTION)
    if function is None or function not in batch_functions(door):
        return
    if door.type == _URL:
        if literal(properties.get("AuthType")) == "NONE":
            yield "AuthType", f"{function.id} submits jobs, and anyone can call its URL"
        return
    if properties.get("EventSourceToken") is not None:
        return
    if literal(properties.get("FunctionUrlAuthType")) == "NONE":
        return  # that of a URL, which is told itself
    written = statement_of(properties, name=door.id, function=spelled("*", door.template))
    [one] = statements({"Statement": [written]}, door.template)
    if one is None or one.covers(LAMBDA_INVOKE_FUNCTION) is not True:
        return
    who = _stranger(written["Principal"], mapping(written, "Condition") or None)
    if who:
        yield "Principal", f"{function.id} submits jobs, and accepts calls from {who}"
