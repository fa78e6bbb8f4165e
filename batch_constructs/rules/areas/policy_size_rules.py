"""Rules about what grows with an app until a policy has no more room for it."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.quotas import (
    BUCKET_POLICY_BYTES,
    BUCKET_POLICY_SOURCE,
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
)
from batch_constructs.rules.access.arn_patterns import shortest
from batch_constructs.rules.areas.event_rules import QUEUE_POLICIES
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.whole import Whole
from batch_constructs.rules.template.written_lengths import (
    is_conditional,
    is_intrinsic,
    length_of,
    listed,
    nothing_known,
    of_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_constructs.rules.template.written_lengths import Least

_rule = partial(rule, subject=Whole.type)


def _least(whole: Whole) -> Least:
    """Reckon what a reference comes to: at least an ARN of its kind, without a name."""

    def least(target: str, attribute: str | None) -> int:
        resource = whole.resources.get(target)
        if not isinstance(resource, dict):
            return nothing_known(target, attribute)
        return shortest(str(resource.get("Type")), attribute)

    return least


def _by_role(whole: Whole, kind: str, weight: Callable[[Any], int]) -> Counter[str]:
    """Add up what policies of a kind, which exist for certain, give to each role."""
    attached: Counter[str] = Counter()
    for id_, properties in of_type(whole, kind):
        if is_conditional(whole, id_):
            continue
        given = weight(properties)
        for role in listed(properties.get("Roles")):
            if isinstance(role, dict) and isinstance(role.get("Ref"), str):
                attached[role["Ref"]] += given
    return attached


@_rule(
    "role-policy-size",
    title="role whose inline policies are too long",
    fix="name fewer resources, or put some of it into managed policies",
    source=ROLE_POLICY_SOURCE,
)
def role_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role. Values known only at deployment count as little as they can be."""
    least = _least(whole)
    attached = _by_role(
        whole, "AWS::IAM::Policy", lambda given: length_of(given.get("PolicyDocument"), least)
    )
    for id_, properties in of_type(whole, "AWS::IAM::Role"):
        own = [one for one in listed(properties.get("Policies")) if isinstance(one, dict)]
        length = sum(length_of(one.get("PolicyDocument"), least) for one in own) + attached[id_]
        if length > ROLE_POLICY_CHARACTERS:
            most = f"IAM takes {ROLE_POLICY_CHARACTERS} of a role"
            said = f"the inline policies have {length} characters or more; {most}"
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
        count = len(own) + attached[id_]
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
    for id_, properties in of_type(whole, "AWS::IAM::ManagedPolicy"):
        length = length_of(properties.get("PolicyDocument"), _least(whole))
        if length > MANAGED_POLICY_CHARACTERS:
            most = f"IAM takes {MANAGED_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the policy has {length} characters or more; {most}"


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


def _too_long(
    whole: Whole, kind: str, service: str, most: int | None, most_bytes: int
) -> Iterator[Fault]:
    """Say which policies of a kind have more statements or bytes than a service takes."""
    for id_, properties in of_type(whole, kind):
        document = properties.get("PolicyDocument")
        statements = document.get("Statement") if isinstance(document, dict) else None
        count = sum(isinstance(one, dict) and not is_intrinsic(one) for one in listed(statements))
        length = length_of(document, _least(whole))
        if most is not None and count > most:
            said = f"the policy has {count} statements; {service} takes {most}"
            yield f"Resources/{id_}", said
        if length > most_bytes:
            said = f"the policy has {length} bytes or more; {service} takes {most_bytes}"
            yield f"Resources/{id_}", said
