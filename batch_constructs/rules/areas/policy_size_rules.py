"""Rules about what grows with an app until a policy has no more room for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial

from batch_constructs.aws.quotas import (
    BUCKET_POLICY_BYTES,
    BUCKET_POLICY_SOURCE,
    EVENT_BUS_POLICY_CHARACTERS,
    EVENT_BUS_POLICY_SOURCE,
    FUNCTION_POLICY_BYTES,
    FUNCTION_POLICY_SOURCE,
    GROUP_POLICY_CHARACTERS,
    GROUP_POLICY_SOURCE,
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
    USER_POLICY_CHARACTERS,
    USER_POLICY_SOURCE,
)
from batch_constructs.aws.template_facts import NO_VALUE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any
from batch_constructs.rules.access.arn_patterns import QUEUE_POLICIES, least_in, made_up
from batch_constructs.rules.access.function_policy import policy_of, statement_of
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.values import spelled_out
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


_Identity = tuple[str, bool]
"""A role, user or group as a policy names it: its name, or what stands for that."""


class _Attached:
    """What policies, which exist for certain, give to roles, users or groups.

    Attributes:
        given: to each.
        last: the last policy of each, by logical ID.
    """

    def __init__(self) -> None:
        self.given: Counter[_Identity] = Counter()
        self.last: dict[_Identity, str] = {}

    def add(self, whole: Whole, kind: str, weight: Callable[[Any], int], key: str) -> None:
        """Add what policies of a kind give to those that a property names."""
        for id_, properties in of_type(whole, kind, surely=True):
            given = weight(properties)
            named = properties.get(key)
            for one in {*filter(None, map(_identity, listed(named) or [named]))}:
                self.given[one] += given
                self.last[one] = id_

    def to(self, id_: str, properties: Mapping[str, Any], key: str) -> int:
        """Take what is given to one of the template, whose name a property says."""
        name = properties.get(key)
        own = [_identity({"Ref": id_}), (name, True) if isinstance(name, str) else None]
        return sum(self.given.pop(one, 0) for one in own if one is not None)


def _identity(written: object) -> _Identity | None:
    if isinstance(written, str):
        return written, True
    if not isinstance(written, dict) or "Fn::If" in written or written == NO_VALUE:
        return None
    return spelled_out(written), False


@_rule(
    "role-policy-size",
    title="role whose inline policies are too long",
    fix="name fewer resources, or move some statements into managed policies",
    source=ROLE_POLICY_SOURCE,
)
def role_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role.

    Values known only at deployment count with their minimum length. For a role from another stack,
    only what this template adds counts.
    """
    yield from _inline_policies(whole, "Role", ROLE_POLICY_CHARACTERS)


@_rule(
    "group-policy-size",
    title="user group whose inline policies are too long",
    fix="name fewer resources, or move some statements into managed policies",
    source=GROUP_POLICY_SOURCE,
)
def group_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the policy. Values known only at deployment count with their minimum length."""
    yield from _inline_policies(whole, "Group", GROUP_POLICY_CHARACTERS)


@_rule(
    "user-policy-size",
    title="user whose inline policies are too long",
    fix="grant it to a role that the user assumes, or move some statements into managed policies",
    source=USER_POLICY_SOURCE,
)
def user_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the policy. Values known only at deployment count with their minimum length."""
    yield from _inline_policies(whole, "User", USER_POLICY_CHARACTERS)


def _inline_policies(whole: Whole, noun: str, most: int) -> Iterator[Fault]:
    """Say of which roles, groups or users the inline policies are too long together."""
    least = least_in(whole.resources.get)

    def length(given: Mapping[str, Any]) -> int:
        return document_length(given.get("PolicyDocument"), least)

    def said(together: int) -> str:
        takes = f"IAM allows {most} for a {noun.lower()}"
        return f"the inline policies have {together} characters or more; {takes}"

    attached = _Attached()
    attached.add(whole, "AWS::IAM::Policy", length, f"{noun}s")
    attached.add(whole, f"AWS::IAM::{noun}Policy", length, f"{noun}Name")
    for id_, properties in of_type(whole, f"AWS::IAM::{noun}"):
        own = [one for one in listed(properties.get("Policies")) if isinstance(one, dict)]
        together = sum(map(length, own)) + attached.to(id_, properties, f"{noun}Name")
        if together > most:
            yield f"Resources/{id_}", said(together)
    elsewhere = {attached.last[one]: given for one, given in attached.given.items() if given > most}
    for policy, together in elsewhere.items():
        yield f"Resources/{policy}", said(together)


@_rule(
    "role-policy-count",
    severity=Severity.WARNING,
    title="role with too many managed policies",
    fix="merge the statements of several policies into one, or ask AWS to raise the quota",
    source=MANAGED_POLICY_SOURCE,
)
def role_policy_count(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the next one, unless your quota is higher."""
    attached = _Attached()
    attached.add(whole, "AWS::IAM::ManagedPolicy", lambda _: 1, "Roles")
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        arns = listed(properties.get("ManagedPolicyArns"))
        own = [one for one in arns if not (isinstance(one, dict) and "Fn::If" in one)]
        count = len(own) + attached.to(id_, properties, "RoleName")
        if count > MANAGED_POLICIES_A_ROLE:
            most = f"IAM allows {MANAGED_POLICIES_A_ROLE} for a role"
            yield f"Resources/{id_}", f"there are {count} managed policies; {most}"


@_rule(
    "managed-policy-size",
    title="managed policy that is too long",
    fix="split it into several",
    source=MANAGED_POLICY_SOURCE,
)
def managed_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the policy. Values known only at deployment count with their minimum length."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::IAM::ManagedPolicy"):
        length = document_length(properties.get("PolicyDocument"), least)
        if length > MANAGED_POLICY_CHARACTERS:
            most = f"IAM allows {MANAGED_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the policy has {length} characters or more; {most}"


@_rule(
    "role-trust-size",
    severity=Severity.WARNING,
    title="role whose trust policy is too long",
    fix="trust accounts or an organization instead of single principals, or ask AWS for up to "
    f"{TRUST_POLICY_ON_REQUEST} characters",
    source=TRUST_POLICY_SOURCE,
)
def role_trust_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role, unless your quota is higher."""
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        length = document_length(properties.get("AssumeRolePolicyDocument"), least)
        if length > TRUST_POLICY_CHARACTERS:
            most = f"IAM allows {TRUST_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the trust policy has {length} characters or more; {most}"


@_rule(
    "queue-policy-size",
    title="policy of an SQS queue that is too long",
    fix="put several sources into one statement, use several queues, or let one rule send the "
    "events of several, as JobNotifications(queues=[…], targets=[…]) does",
    source=QUEUE_POLICY_SOURCE,
)
def queue_policy_size(whole: Whole) -> Iterator[Fault]:
    """SQS refuses the policy. Values known only at deployment count with their minimum length."""
    most = (QUEUE_POLICY_STATEMENTS, QUEUE_POLICY_BYTES)
    for kind in QUEUE_POLICIES:
        yield from _too_long(whole, kind, "SQS", *most)


@_rule(
    "topic-policy-size",
    title="policy of a topic that is too long",
    fix="put several sources into one statement, or use several topics",
    source=TOPIC_POLICY_SOURCE,
)
def topic_policy_size(whole: Whole) -> Iterator[Fault]:
    """SNS refuses the policy. Values known only at deployment count with their minimum length."""
    most = (TOPIC_POLICY_STATEMENTS, TOPIC_POLICY_BYTES)
    yield from _too_long(whole, "AWS::SNS::TopicPolicy", "SNS", *most)


@_rule(
    "bucket-policy-size",
    title="policy of a bucket that is too long",
    fix="put several principals or sources into one statement",
    source=BUCKET_POLICY_SOURCE,
)
def bucket_policy_size(whole: Whole) -> Iterator[Fault]:
    """S3 refuses the policy. Values known only at deployment count with their minimum length."""
    yield from _too_long(whole, "AWS::S3::BucketPolicy", "S3", None, BUCKET_POLICY_BYTES)


@_rule(
    "function-policy-size",
    title="more permissions than fit into a function's policy",
    fix="let one permission cover several sources, with an asterisk in SourceArn and a "
    "SourceAccount, or with an organization; or let one rule send the events of several, as "
    "JobNotifications(queues=[…], targets=[…]) does",
    source=FUNCTION_POLICY_SOURCE,
)
def function_policy_size(whole: Whole) -> Iterator[Fault]:
    """Lambda refuses the next permission.

    Each one is a statement in the function's policy. Values known only at deployment count with
    their minimum length.
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
            yield f"Resources/{place}", f"{said}; Lambda allows {FUNCTION_POLICY_BYTES}"


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
    fix="put several principals into one statement, or use grants",
    source=KEY_POLICY_SOURCE,
)
def key_policy_size(whole: Whole) -> Iterator[Fault]:
    """KMS refuses the policy. Values known only at deployment count with their minimum length."""
    for kind in ("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
        yield from _too_long(whole, kind, "KMS", None, KEY_POLICY_BYTES, key="KeyPolicy")


@_rule(
    "event-bus-policy-size",
    title="event bus with a policy that is too long",
    fix="allow an organization instead of its accounts",
    source=EVENT_BUS_POLICY_SOURCE,
)
def event_bus_policy_size(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the next statement, because all statements of a bus are in one policy.

    Values known only at deployment count with their minimum length.
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
            most = f"EventBridge allows {EVENT_BUS_POLICY_CHARACTERS}"
            said = f"the statements of an event bus have {length} characters or more"
            yield f"Resources/{last[bus]}", f"{said}; {most}"


@_rule(
    "log-resource-policy-size",
    title="resource policy of CloudWatch Logs that is too long",
    fix="refer to log groups by the start of their names, followed by an asterisk",
    source=LOG_RESOURCE_POLICY_SOURCE,
)
def log_resource_policy_size(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses it.

    Values known only at deployment count with their minimum length.
    """
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::Logs::ResourcePolicy"):
        length = text_length(properties.get("PolicyDocument"), 0, least)
        if length > LOG_RESOURCE_POLICY_CHARACTERS:
            most = f"CloudWatch Logs allows {LOG_RESOURCE_POLICY_CHARACTERS}"
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
            said = f"the policy has {count} statements; {service} allows {most}"
            yield f"Resources/{id_}", said
        if length > most_bytes:
            said = f"the policy has {length} bytes or more; {service} allows {most_bytes}"
            yield f"Resources/{id_}", said
