"""Rules about what grows with an app until a policy has no more room for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.quotas import (
    BUCKET_POLICY_BYTES,
    BUCKET_POLICY_SOURCE,
    EVENT_BUS_POLICY_CHARACTERS,
    EVENT_BUS_POLICY_SOURCE,
    FUNCTION_POLICY_BYTES,
    FUNCTION_POLICY_SOURCE,
    KEY_POLICY_BYTES,
    KEY_POLICY_SOURCE,
    LOG_RESOURCE_POLICY_CHARACTERS,
    LOG_RESOURCE_POLICY_SOURCE,
    MANAGED_POLICIES_A_ROLE,
    MANAGED_POLICY_CHARACTERS,
    MANAGED_POLICY_SOURCE,
    QUEUE_POLICY_BYTES,
    QUEUE_POLICY_SOURCE,
    QUEUE_POLICY_STATEMENTS,
    ROLE_POLICY_CHARACTERS,
    ROLE_POLICY_SOURCE,
    TOPIC_POLICY_BYTES,
    TOPIC_POLICY_SOURCE,
    TOPIC_POLICY_STATEMENTS,
    TRUST_POLICY_CHARACTERS,
    TRUST_POLICY_ON_REQUEST,
    TRUST_POLICY_SOURCE,
)
from batch_constructs.rules.access.arn_patterns import QUEUE_POLICIES, least_in, made_up
from batch_constructs.rules.access.function_policy import policy_of, statement_of
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.whole import Whole
from batch_constructs.rules.template.written_lengths import (
    document_length,
    is_intrinsic,
    length_of,
    listed,
    of_type,
    text_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_rule = partial(rule, subject=Whole.type)


_Role = tuple[str, bool]
"""A role as a policy names it: its logical ID, or its name."""


def _by_role(
    whole: Whole, kind: str, weight: Callable[[Any], int], key: str = "Roles"
) -> Counter[_Role]:
    """Add up what policies of a kind, which exist for certain, give to each role."""
    attached: Counter[_Role] = Counter()
    for _, properties in of_type(whole, kind, surely=True):
        given = weight(properties)
        roles = properties.get(key)
        for role in {*filter(None, map(_role, listed(roles) or [roles]))}:
            attached[role] += given
    return attached


def _role(written: object) -> _Role | None:
    match written:
        case {"Ref": str() as id_}:
            return id_, False
        case str():
            return written, True
    return None


def _of(attached: Counter[_Role], id_: str, properties: Mapping[str, Any]) -> int:
    """Give what policies have given to a role."""
    name = properties.get("RoleName")
    return attached[id_, False] + (attached[name, True] if isinstance(name, str) else 0)


@_rule(
    "role-policy-size",
    title="role whose inline policies are too long",
    fix="name fewer resources, or put some of it into managed policies",
    source=ROLE_POLICY_SOURCE,
)
def role_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role. Values known only at deployment count as little as they can be."""
    least = least_in(whole.resources.get)

    def length(given: Mapping[str, Any]) -> int:
        return document_length(given.get("PolicyDocument"), least)

    attached = _by_role(whole, "AWS::IAM::Policy", length)
    attached += _by_role(whole, "AWS::IAM::RolePolicy", length, "RoleName")
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        own = [one for one in listed(properties.get("Policies")) if isinstance(one, dict)]
        together = sum(map(length, own)) + _of(attached, id_, properties)
        if together > ROLE_POLICY_CHARACTERS:
            most = f"IAM takes {ROLE_POLICY_CHARACTERS} of a role"
            said = f"the inline policies have {together} characters or more; {most}"
            yield f"Resources/{id_}", said


@_rule(
    "role-policy-count",
    severity=Severity.WARNING,
    title="role with more managed policies than it may have",
    fix="put the statements of several policies into one, or ask AWS for more policies a role",
    source=MANAGED_POLICY_SOURCE,
)
def role_policy_count(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the next one, unless the account was given more."""
    attached = _by_role(whole, "AWS::IAM::ManagedPolicy", lambda _: 1)
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        arns = listed(properties.get("ManagedPolicyArns"))
        own = [one for one in arns if not (isinstance(one, dict) and "Fn::If" in one)]
        count = len(own) + _of(attached, id_, properties)
        if count > MANAGED_POLICIES_A_ROLE:
            most = f"IAM takes {MANAGED_POLICIES_A_ROLE} a role"
            yield f"Resources/{id_}", f"there are {count} managed policies; {most}"


@_rule(
    "managed-policy-size",
    title="managed policy that is too long",
    fix="divide it into several",
    source=MANAGED_POLICY_SOURCE,
)
def managed_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the policy. Values known only at deployment count as little as they can be."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::IAM::ManagedPolicy"):
        length = document_length(properties.get("PolicyDocument"), least)
        if length > MANAGED_POLICY_CHARACTERS:
            most = f"IAM takes {MANAGED_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the policy has {length} characters or more; {most}"


@_rule(
    "role-trust-size",
    severity=Severity.WARNING,
    title="role whose trust policy is too long",
    fix="trust accounts or an organization in place of single principals, or ask AWS for up to"
    f" {TRUST_POLICY_ON_REQUEST} characters",
    source=TRUST_POLICY_SOURCE,
)
def role_trust_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role, unless the account was given more."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        length = document_length(properties.get("AssumeRolePolicyDocument"), least)
        if length > TRUST_POLICY_CHARACTERS:
            most = f"IAM takes {TRUST_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the trust policy has {length} characters or more; {most}"


@_rule(
    "queue-policy-size",
    title="policy of a queue of SQS that is too long",
    fix="put several sources into one statement, or divide what is sent among several queues",
    source=QUEUE_POLICY_SOURCE,
)
def queue_policy_size(whole: Whole) -> Iterator[Fault]:
    """SQS refuses the policy. Values known only at deployment count as little as they can be."""
    most = (QUEUE_POLICY_STATEMENTS, QUEUE_POLICY_BYTES)
    for kind in QUEUE_POLICIES:
        yield from _too_long(whole, kind, "SQS", *most)


@_rule(
    "topic-policy-size",
    title="policy of a topic that is too long",
    fix="put several sources into one statement, or divide what is sent among several topics",
    source=TOPIC_POLICY_SOURCE,
)
def topic_policy_size(whole: Whole) -> Iterator[Fault]:
    """SNS refuses the policy. Values known only at deployment count as little as they can be."""
    most = (TOPIC_POLICY_STATEMENTS, TOPIC_POLICY_BYTES)
    yield from _too_long(whole, "AWS::SNS::TopicPolicy", "SNS", *most)


@_rule(
    "bucket-policy-size",
    title="policy of a bucket that is too long",
    fix="put several principals or sources into one statement",
    source=BUCKET_POLICY_SOURCE,
)
def bucket_policy_size(whole: Whole) -> Iterator[Fault]:
    """S3 refuses the policy. Values known only at deployment count as little as they can be."""
    yield from _too_long(whole, "AWS::S3::BucketPolicy", "S3", None, BUCKET_POLICY_BYTES)


@_rule(
    "function-policy-size",
    title="permissions that the policy of a function has no room for",
    fix="let one permission admit several: a SourceArn with an asterisk and SourceAccount, or an"
    " organization",
    source=FUNCTION_POLICY_SOURCE,
)
def function_policy_size(whole: Whole) -> Iterator[Fault]:
    """Lambda refuses the next permission: each is a statement of one policy of the function.

    Values known only at deployment count as little as they can be.
    """
    least = least_in(whole.resources.get)
    frame = length_of(policy_of([])) - 1
    lengths: Counter[str] = Counter()
    permissions: dict[str, list[str]] = defaultdict(list)
    for id_, properties in of_type(whole, "AWS::Lambda::Permission", surely=True):
        written = properties.get("FunctionName")
        function = _function_of(written)
        if not function:
            continue
        arn = {"Fn::GetAtt": [function, "Arn"]} if isinstance(written, dict) else written
        statement = statement_of(properties, name=made_up(id_), function=arn)
        lengths[function] += length_of(statement, least) + 1
        permissions[function].append(id_)
    for function, together in lengths.items():
        length = frame + together
        if length > FUNCTION_POLICY_BYTES:
            place = function if function in whole.resources else permissions[function][-1]
            count = len(permissions[function])
            said = f"{count} permissions make a policy of {length} bytes or more"
            yield f"Resources/{place}", f"{said}; Lambda takes {FUNCTION_POLICY_BYTES}"


def _function_of(written: object) -> str:
    """Give the function that a permission is about: its logical ID, or its name or ARN."""
    match written:
        case {"Ref": str() as id_} | {"Fn::GetAtt": [str() as id_, "Arn"]}:
            return id_
        case {"Fn::GetAtt": str() as name}:
            return name.partition(".")[0]
    return written if isinstance(written, str) else ""


@_rule(
    "key-policy-size",
    title="policy of a key that is too long",
    fix="put several principals into one statement, or give grants",
    source=KEY_POLICY_SOURCE,
)
def key_policy_size(whole: Whole) -> Iterator[Fault]:
    """KMS refuses the policy. Values known only at deployment count as little as they can be."""
    for kind in ("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
        yield from _too_long(whole, kind, "KMS", None, KEY_POLICY_BYTES, key="KeyPolicy")


@_rule(
    "event-bus-policy-size",
    title="event bus that admits more than its policy has room for",
    fix="admit an organization in place of its accounts",
    source=EVENT_BUS_POLICY_SOURCE,
)
def event_bus_policy_size(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the next statement: all of a bus stand in one policy.

    Values known only at deployment count as little as they can be.
    """
    least = least_in(whole.resources.get)
    lengths: Counter[str] = Counter()
    last: dict[str, str] = {}
    for id_, properties in of_type(whole, "AWS::Events::EventBusPolicy", surely=True):
        bus = str(properties.get("EventBusName", "default"))
        lengths[bus] += document_length(properties.get("Statement"), least)
        last[bus] = id_
    for bus, length in lengths.items():
        if length > EVENT_BUS_POLICY_CHARACTERS:
            most = f"EventBridge takes {EVENT_BUS_POLICY_CHARACTERS}"
            said = f"the statements of an event bus have {length} characters or more"
            yield f"Resources/{last[bus]}", f"{said}; {most}"


@_rule(
    "log-resource-policy-size",
    title="resource policy of CloudWatch Logs that is too long",
    fix="name log groups by what their names begin with, and an asterisk",
    source=LOG_RESOURCE_POLICY_SOURCE,
)
def log_resource_policy_size(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses it. What is known only at deployment counts as little as can be."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::Logs::ResourcePolicy"):
        length = text_length(properties.get("PolicyDocument"), 0, least)
        if length > LOG_RESOURCE_POLICY_CHARACTERS:
            most = f"CloudWatch Logs takes {LOG_RESOURCE_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the policy has {length} characters or more; {most}"


def _too_long(
    whole: Whole,
    kind: str,
    service: str,
    most: int | None,
    most_bytes: int,
    *,
    key: str = "PolicyDocument",
) -> Iterator[Fault]:
    """Say which policies of a kind have more statements or bytes than a service takes."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, kind):
        document = properties.get(key)
        statements = document.get("Statement") if isinstance(document, dict) else None
        count = sum(isinstance(one, dict) and not is_intrinsic(one) for one in listed(statements))
        length = document_length(document, least)
        if most is not None and count > most:
            said = f"the policy has {count} statements; {service} takes {most}"
            yield f"Resources/{id_}", said
        if length > most_bytes:
            said = f"the policy has {length} bytes or more; {service} takes {most_bytes}"
            yield f"Resources/{id_}", said
