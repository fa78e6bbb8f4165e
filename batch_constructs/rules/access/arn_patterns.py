"""Names and ARNs as text, and whether a pattern of a policy matches one.

A text is a string in which single characters stand for what is not written out: `HOLE` for what
nobody can know, `CLOSED` for the same inside a part of an ARN, and one character for each resource
of the template whose name CloudFormation makes up. A made-up name is like no name that is written
out, and like no other resource's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.names import (
    ACCOUNT_ID_LENGTH,
    ARN_PARTS,
    GENERATED_NAME_ENDING,
    GENERATED_NAME_SHORTEST_ENDING,
    GENERATED_NAME_SHORTEST_LIMIT,
    REGISTRY,
    SECRET_ENDING,
    SHORTEST_PARTITION,
    SHORTEST_REGION,
    every,
    is_arn,
    log_group_in_arn,
)
from batch_constructs.aws.pattern import pattern as regular_expression
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
)
from batch_constructs.rules.template.values import Reference, Text
from batch_constructs.rules.template.wildcard import fits
from batch_constructs.rules.template.written_lengths import nothing_known, text_length

if TYPE_CHECKING:
    from batch_constructs.rules.template.resource_graph import Template
    from batch_constructs.rules.template.written_lengths import Least

HOLE: Final = "\0"
CLOSED: Final = "\1"
"""A part of an ARN that is not known; it holds no colon."""

_MADE_UP: Final = 0xF0000
"""Where the characters of made-up names begin: a plane that Unicode keeps free."""

_REFERRED: Final = 0xFFFFF + 1
"""Where the characters begin that stand for values of resources nobody here knows more about."""


LOG_GROUP: Final = "AWS::Logs::LogGroup"
KEY: Final = "AWS::KMS::Key"
ALIAS: Final = "AWS::KMS::Alias"
SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105  # a type of CloudFormation's
ATTACHMENT: Final = "AWS::SecretsManager::SecretTargetAttachment"
PARAMETER: Final = "AWS::SSM::Parameter"
QUEUE: Final = "AWS::SQS::Queue"
TOPIC: Final = "AWS::SNS::Topic"
TOPIC_POLICIES: Final = ("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy")
QUEUE_POLICIES: Final = ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")
REPOSITORY: Final = "AWS::ECR::Repository"
FILE_SYSTEM: Final = "AWS::EFS::FileSystem"
EVENT_RULE: Final = "AWS::Events::Rule"
ROLE: Final = "AWS::IAM::Role"

_FORMS: Final = {
    (COMPUTE_ENVIRONMENT, None): (
        "batch",
        every(kinds.COMPUTE_ENVIRONMENT, "%"),
        "ComputeEnvironmentName",
    ),
    (JOB_DEFINITION, None): ("batch", every(kinds.JOB_DEFINITION, "%:@"), "JobDefinitionName"),
    (JOB_QUEUE, None): ("batch", every(kinds.JOB_QUEUE, "%"), "JobQueueName"),
    (JOB_QUEUE, "JobQueueArn"): ("batch", every(kinds.JOB_QUEUE, "%"), "JobQueueName"),
    (LOG_GROUP, None): ("", "%", "LogGroupName"),
    (LOG_GROUP, "Arn"): ("logs", log_group_in_arn("%:*"), "LogGroupName"),
    (KEY, None): ("", "%", ""),
    (KEY, "Arn"): ("kms", "key/%", ""),
    (SECRET, None): ("secretsmanager", "secret:%-@", "Name"),
    (SECRET, "Id"): ("secretsmanager", "secret:%-@", "Name"),
    (PARAMETER, None): ("", "%", "Name"),
    (QUEUE, "Arn"): ("sqs", "%", "QueueName"),
    (TOPIC, None): ("sns", "%", "TopicName"),
    (TOPIC, "TopicArn"): ("sns", "%", "TopicName"),
    (REPOSITORY, None): ("", "%", "RepositoryName"),
    (REPOSITORY, "RepositoryUri"): (
        "",
        f"{CLOSED}{REGISTRY}{CLOSED}.amazonaws.com/%",
        "RepositoryName",
    ),
    (REPOSITORY, "Arn"): ("ecr", "repository/%", "RepositoryName"),
    (FILE_SYSTEM, None): ("", "%", ""),
    (FILE_SYSTEM, "Arn"): ("elasticfilesystem", "file-system/%", ""),
    (EVENT_RULE, "Arn"): ("events", "rule/%", "Name"),
    (ROLE, None): ("", "%", "RoleName"),
    (ROLE, "Arn"): ("iam", "role/%", "RoleName"),
}
"""Type and attribute → the service of the ARN, its resource, and the property with the name.

``%`` is the name, ``@`` what AWS adds to it, such as a revision; without a service the name alone
is the value.
"""


def arn(service: str, resource: str, *, region: bool = True) -> str:
    """Spell the ARN of a resource in the account and Region of the stack."""
    where = CLOSED if region else ""
    return f"arn:{CLOSED}:{service}:{where}:{CLOSED}:{resource}"


def spelled(value: object, template: Template) -> str:
    """Spell a value of a template as text; a single hole where it is no text at all."""
    if isinstance(value, str):
        return _closed(value)
    if isinstance(value, Reference):
        return _referred(value, template)
    return _closed(_put_together(value, template)) if isinstance(value, Text) else HOLE


def _put_together(text: Text, template: Template) -> str:
    """Spell what is known of a text; of one that is longer than any ARN, a hole."""
    parts: list[str] = []
    room = _LONGEST
    for part in text.parts:
        parts.append(part if isinstance(part, str) else spelled(part, template))
        room -= len(parts[-1])
        if room < 0:
            return HOLE
    return "".join(parts)


_ONLY_COUNTED: Final = {
    ("AWS::DynamoDB::Table", "Arn"): ("dynamodb", "table/%", "TableName"),
    ("AWS::Lambda::Function", None): ("", "%", "FunctionName"),
    ("AWS::Lambda::Function", "Arn"): ("lambda", "function:%", "FunctionName"),
    ("AWS::S3::Bucket", None): ("", "%", "BucketName"),
    ("AWS::S3::Bucket", "Arn"): ("s3", "%", "BucketName"),
    ("AWS::StepFunctions::StateMachine", None): ("states", "stateMachine:%", "StateMachineName"),
    ("AWS::StepFunctions::StateMachine", "Arn"): ("states", "stateMachine:%", "StateMachineName"),
}
"""More forms, of which nothing but the length is asked."""

_WITHOUT_REGION: Final = ("iam", "s3")
_WITHOUT_ACCOUNT: Final = ("s3",)


def name_property(type: str, attribute: str | None) -> str:
    """Give the property with the name that what a resource is referred to by has in it."""
    return _form(type, attribute)[2]


def _form(type: str, attribute: str | None) -> tuple[str, str, str]:
    place = (type, attribute)
    return _FORMS.get(place, _ONLY_COUNTED.get(place, ("", "", "")))


def shortest(type: str, attribute: str | None, id: str, properties: Mapping[str, object]) -> int:
    """Count the characters that what a resource is referred to by has at least."""
    service, resource, key = _form(type, attribute)
    if not resource:
        return 0
    ending = SECRET_ENDING if type == SECRET else 1
    length = resource.count("%") * _shortest_name(id, properties, key)
    length += resource.count("@") * ending
    written = arn(service, resource) if service else resource
    length += len(written.translate(_COUNTED_APART))
    if service or CLOSED in resource:
        length += SHORTEST_PARTITION if service else 0
        length += 0 if service in _WITHOUT_REGION else SHORTEST_REGION
        length += 0 if service in _WITHOUT_ACCOUNT else ACCOUNT_ID_LENGTH
    return length


_COUNTED_APART: Final = str.maketrans("", "", f"%@{CLOSED}")


def _shortest_name(id: str, properties: Mapping[str, object], key: str) -> int:
    """Count the characters of a name at least, of one that is made up, too."""
    given = properties.get(key)
    if given is not None:
        return text_length(given, 0)
    if not key:
        return 1  # an ID that AWS makes up
    return len(made_up(id))


def made_up(id: str) -> str:
    """Write the shortest name that CloudFormation makes of a logical ID."""
    longest = GENERATED_NAME_SHORTEST_LIMIT - GENERATED_NAME_ENDING
    return id[:longest].ljust(min(len(id), longest) + GENERATED_NAME_SHORTEST_ENDING, "-")


def least_in(find: Callable[[str], object]) -> Least:
    """Reckon what references come to at least: ARNs of their kinds, and names.

    Args:
        find: gives a resource as it is written by its logical ID.
    """
    lengths: dict[tuple[str, str | None], int] = {}

    def least(target: str, attribute: str | None) -> int:
        length = lengths.get((target, attribute))
        if length is None:
            resource = find(target)
            if isinstance(resource, Mapping) and resource:
                properties = resource.get("Properties")
                known = properties if isinstance(properties, Mapping) else {}
                length = shortest(str(resource.get("Type")), attribute, target, known)
            else:
                length = nothing_known(target, attribute)
            lengths[target, attribute] = length
        return length

    return least


def name_of(id: str, key: str, template: Template) -> str:
    """Spell the name of a resource: what its property says, or one that is made up."""
    found = template.get(id)
    given = None if found is None else found.properties.get(key)
    if given is None:
        return _character(template, _MADE_UP, id)
    asked = template.memory.setdefault("names asked for", set())
    if not isinstance(asked, set) or id in asked:
        return HOLE  # a name that refers to itself, which CloudFormation refuses
    asked.add(id)
    name = spelled(given, template)
    asked.discard(id)
    return name if len(name) <= _LONGEST else HOLE


def _referred(value: Reference, template: Template) -> str:
    found = template.get(value.target)
    if found is not None and found.type == ATTACHMENT:
        return spelled(found.properties.get("SecretId"), template)
    form = None if found is None else _FORMS.get((found.type, value.attribute))
    if form is None:
        return _character(template, _REFERRED, f"{value.target}.{value.attribute}")
    service, resource, key = form
    written = resource.replace("%", name_of(value.target, key, template))
    if "@" in written:
        written = written.replace(
            "@", _character(template, _REFERRED, f"what follows {value.target}")
        )
    return arn(service, written, region=service != "iam") if service else written


def _character(template: Template, begin: int, key: str) -> str:
    known = template.memory.setdefault("characters of names", {})
    if not isinstance(known, dict):
        return HOLE
    return str(known.setdefault(key, chr(begin + len(known))))


def _closed(text: str) -> str:
    """Mark the holes of the first parts of an ARN as such that hold no colon."""
    if not is_arn(text) or HOLE not in text:
        return text
    parts = text.split(":", ARN_PARTS)
    if len(parts) <= ARN_PARTS:
        return text
    return ":".join([*(part.replace(HOLE, CLOSED) for part in parts[:-1]), parts[-1]])


def is_written_out(text: str) -> bool:
    """Tell whether a text stands for nothing but itself."""
    return _STANDS_FOR_OTHERS.search(text) is None


def _is_made_up(character: str) -> bool:
    return _MADE_UP <= ord(character) < _REFERRED


def _is_open(character: str) -> bool:
    """Tell whether a character stands for text that is not known."""
    return character in (HOLE, CLOSED) or ord(character) >= _REFERRED


_OTHERS: Final = f"{HOLE}{CLOSED}{chr(_MADE_UP)}-{chr(0x10FFFF)}"
_STANDS_FOR_OTHERS: Final = regular_expression(f"[{_OTHERS}]")
"""A character that stands for text: without one, a pattern fits or it does not."""

_NOT_PLAIN: Final = regular_expression(f"[*?{_OTHERS}]")
"""A character that does not stand for itself."""

_LONGEST: Final = 2_048
"""Characters of an ARN; nobody knows what a longer pattern is for."""


@lru_cache(maxsize=4096)
def matches(pattern: str, name: str) -> bool | None:
    """Tell whether a pattern of a policy matches a name, whatever the holes of both hold."""
    if pattern == "*" or (pattern == name and HOLE not in name):
        return True
    if len(pattern) > _LONGEST or len(name) > _LONGEST:
        return None
    if HOLE not in pattern and fits(name, pattern, _is_one):
        return True
    if not _STANDS_FOR_OTHERS.search(pattern) and not _STANDS_FOR_OTHERS.search(name):
        return False
    if (one := _service(pattern)) and (other := _service(name)) and one != other:
        return False
    return None if _may_meet(pattern, name) else False


def _is_one(character: str) -> bool:
    """Tell whether a character stands for one character."""
    return _STANDS_FOR_OTHERS.match(character) is None


def _service(text: str) -> str | None:
    """Give the service of an ARN that is sure to be there: of two, most pairs differ in it."""
    parts = text.split(":", 3)
    if len(parts) <= 3 or not is_arn(text):  # noqa: PLR2004  # the partition, the service, the rest
        return None
    sure = _NOT_PLAIN.search(parts[1].replace(CLOSED, "") + parts[2]) is None
    return parts[2] if sure else None


def _may_meet(pattern: str, name: str) -> bool:
    """Tell whether a pattern and a name can mean one text."""
    begin, end, shorter = _plain_at_both(pattern, name), 0, min(len(pattern), len(name))
    if pattern[:begin] != name[:begin]:
        return False
    while begin < shorter and pattern[begin] == name[begin]:
        # what holds no colon ends with the next one, in both alike
        ends_alike = pattern[begin + 1 : begin + 2] == name[begin + 1 : begin + 2] == ":"
        if not _is_plain(pattern[begin]) and not (pattern[begin] == CLOSED and ends_alike):
            break
        begin += 1
    while end < shorter - begin and pattern[~end] == name[~end] and _is_plain(pattern[~end]):
        end += 1
    pattern, name = pattern[begin : len(pattern) - end], name[begin : len(name) - end]
    ends = ((pattern[:1], name[:1]), (pattern[-1:], name[-1:]))
    if any(a and b and _is_plain(a) and _is_plain(b) for a, b in ends):
        return False
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        place = waiting.pop()
        if place == (len(pattern), len(name)):
            return True
        if place not in seen:
            seen.add(place)
            waiting += _steps(pattern, name, *place)
    return False


def _plain_at_both(pattern: str, name: str) -> int:
    """Count the characters that both begin with and that stand for themselves."""
    found = (_NOT_PLAIN.search(text) for text in (pattern, name))
    return min(len(pattern), len(name), *(one.start() for one in found if one is not None))


def _is_plain(character: str) -> bool:
    return _NOT_PLAIN.match(character) is None


def _steps(pattern: str, name: str, here: int, there: int) -> list[tuple[int, int]]:
    """Give how a comparison goes on from a place in the pattern and one in the name."""
    a, b = pattern[here : here + 1], name[there : there + 1]
    steps: list[tuple[int, int]] = []
    if a and a == b:
        steps.append((here + 1, there + 1))
    if a and (a == "*" or _is_open(a)):
        steps.append((here + 1, there))
        if b and not (a == CLOSED and b == ":"):
            steps.append((here, there + 1))
    if b and _is_open(b):
        steps.append((here, there + 1))
        if a and not (b == CLOSED and a == ":"):
            steps.append((here + 1, there))
    if a == "?" and b and not _is_open(b):
        steps.append((here + 1, there + 1))
    if b and _is_made_up(b) and (beyond := _next_open(pattern, here)) is not None:
        steps.append((beyond, there + 1))
    if a and _is_made_up(a) and (beyond := _next_open(name, there)) is not None:
        steps.append((here + 1, beyond))
    return steps


def _next_open(text: str, begin: int) -> int | None:
    """Find the next character that stands for more than itself, within one part of a name."""
    for place in range(begin, len(text)):
        if text[place] in "*?" or _is_open(text[place]):
            return place
        if text[place] in ":/" or _is_made_up(text[place]):
            return None
    return None
