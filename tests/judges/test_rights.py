"""AWS's service authorization reference judges every right that is granted."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batch_constructs as bc
from batch_constructs.aws import authorization
from batch_constructs.tokens import is_made_up
from tests import rendered
from tests.judges import published_api
from tests.judges import published_rights as published
from tests.judges.policy_documents import (
    ARNS,
    BESIDE,
    OWN,
    TRUST,
    Statement,
    several,
    statements_in,
)
from tests.judges.test_coverage import script

PACKAGE = Path(bc.__file__).parent

NEWER = {
    "batch:SetCapacityTags": "batch/latest/userguide/capacity-tags-access-policy.html",
    "s3files:ClientMount": "AmazonECS/latest/developerguide/s3files-volumes.html",
    "s3files:ClientWrite": "AmazonECS/latest/developerguide/s3files-volumes.html",
}
"""Action that the published reference has not yet → AWS's page."""

NO_ACTIONS = {
    "batch:TerminateJobs": "what AWS says there is not",
    "s3:TestEvent": "an event",
    "sns:PublishBatch": "an operation without an action of its own, as the next three",
    "sqs:ChangeMessageVisibilityBatch": "",
    "sqs:DeleteMessageBatch": "",
    "sqs:SendMessageBatch": "",
}
"""What is written like an action and is none → what it is."""

AS_ON_ITS_PAGE = {
    (
        "kms:Describe*",
        "kms:EncryptionContext:aws:logs:arn",
    ): "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
}
"""Action and condition that it is never asked about → the page on which AWS writes them so."""

OF_THE_CDK = {
    f"{policy}: batch:SubmitJob requires job too"
    for policy in ("GrantedByTheL2DefaultPolicy193BC522", "JobEventsRoleDefaultPolicy2850C8B0")
} | {
    (
        "AExecutionRoleDefaultPolicyBAA0A646: ssm:DescribeParameters fits none of"
        " arn:aws:ssm:us-east-1:123456789012:parameter/name"
    )
}
"""What the CDK grants too widely or too narrowly.

An `aws_batch` L2 and a target of a rule know nothing of the resource `job`; `grant_read` of a
parameter allows what takes no resource on it alone.
"""


ENCRYPTED = ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*")
ADDED_BY_THE_CDK = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl")
"""What the CDK's own targets and destinations are granted on a queue beside sending to it."""

EXPORTED: dict[str, tuple[str, ...]] = {
    "cur/latest/userguide/dataexports-s3-bucket.html": ("s3:GetBucketPolicy", "s3:PutObject")
}
SERVICES: dict[str, dict[str, tuple[str, ...]]] = {
    "bcm-data-exports": EXPORTED,
    "billingreports": EXPORTED,
    "cloudtrail": {
        "awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html": (
            "s3:GetBucketAcl",
            "s3:PutObject",
        ),
        "awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html": (
            "kms:DescribeKey",
            "kms:GenerateDataKey*",
        ),
    },
    "cloudwatch": {
        "AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html": ("sns:Publish",),
        "sns/latest/dg/sns-key-management.html": ENCRYPTED,
    },
    "delivery": {
        "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html": (
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ),
    },
    "events": {
        "eventbridge/latest/userguide/eb-use-resource-based.html": (
            "lambda:InvokeFunction",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sns:Publish",
            "sqs:SendMessage",
        ),
        "sns/latest/dg/sns-key-management.html": ENCRYPTED,
    },
    "logs": {
        "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html": (
            "kms:Decrypt*",
            "kms:Describe*",
            "kms:Encrypt*",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ),
    },
    "s3": {
        "AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html": (
            "sns:Publish",
            "sqs:SendMessage",
            *ENCRYPTED,
        ),
    },
    "sns": {
        "sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html": ("sqs:SendMessage",),
        "sns/latest/dg/sns-key-management.html": ENCRYPTED,
    },
}
"""Service → AWS's page → what the service does itself to a resource that admits it."""


def statements() -> Iterator[tuple[Statement, dict[str, list[str]]]]:
    """Give each statement once, and what its role has beside it: action → ARNs."""
    seen: set[str] = set()
    for template in rendered.TEMPLATES.values():
        found = list(statements_in(template.get("Resources", {})))
        allowed: dict[tuple[str, str], list[str]] = {}
        for one in found:
            for key in itertools.product(one.holders, one.actions):
                allowed.setdefault(key, []).extend(
                    one.arns if one.said["Effect"] == "Allow" else ()
                )
        for one in found:
            beside = {
                action: [arn for holder in one.holders for arn in allowed[holder, action]]
                for action in one.actions
            }
            said = json.dumps([one.said, one.arns, one.beside, beside])
            if said not in seen:
                seen.add(said)
                yield one, beside


def wrong(
    statement: dict[str, Any], arns: list[str], beside: dict[str, list[str]] | None = None
) -> Iterator[str]:
    """Say what AWS's reference has against a statement that allows something."""
    patterns = [one for one in several(statement["Action"]) if one not in NEWER]
    used = {"*", *(arn for one in patterns for arn in about(one, arns))}
    for pattern in patterns:
        if not published.actions(pattern):
            yield f"there is no action {pattern}"
        elif "*" in arns:
            if known := kinds_of(pattern):
                yield f"{pattern} stands with *, and knows {', '.join(known)}"
        elif not about(pattern, arns):
            yield f"{pattern} fits none of {', '.join(arns)}"
        else:
            together = [*arns, *(beside or {}).get(pattern, ())]
            for kind in kinds_of(pattern, required=True) if "*" not in pattern else ():
                if not any(published.fits(arn, prefix(pattern), kind) for arn in together):
                    yield f"{pattern} requires {kind} too"
    if patterns and (idle := set(arns) - used):
        yield f"no action of the statement is about {', '.join(sorted(idle))}"


def unknown_conditions(statement: dict[str, Any]) -> Iterator[str]:
    """Say which condition keys an action is never asked about, so that they match nothing."""
    for keys in statement.get("Condition", {}).values():
        for pattern, key in itertools.product(several(statement["Action"]), keys):
            known = pattern in NEWER or (pattern, key) in AS_ON_ITS_PAGE
            if not known and not published.takes_condition(pattern, key):
                yield f"{pattern} knows no condition {key}"


def prefix(pattern: str) -> str:
    return pattern.partition(":")[0].lower()


def kinds_of(pattern: str, *, required: bool = False) -> list[str]:
    found = published.actions(pattern).values()
    return sorted({kind for one in found for kind in published.kinds(one, required=required)})


def about(pattern: str, arns: list[str]) -> list[str]:
    """Give the ARNs of a statement that an action of it knows."""
    kinds = kinds_of(pattern)
    return [arn for arn in arns if any(published.fits(arn, prefix(pattern), one) for one in kinds)]


def test_every_statement_of_a_role_fits_the_reference() -> None:
    found = [(one, beside) for one, beside in statements() if one.beside is None]
    assert len(found) > 40

    said = [
        f"{one.where}: {problem}"
        for one, beside in found
        if one.said["Effect"] == "Allow" and not any(map(is_made_up, one.arns))
        for problem in (*wrong(one.said, one.arns, beside), *unknown_conditions(one.said))
    ]

    assert [one for one in said if one not in OF_THE_CDK] == []


def of_resources() -> list[Statement]:
    return [one for one, _ in statements() if one.beside is not None]


def test_every_statement_beside_a_resource_fits_the_reference() -> None:
    found = of_resources()
    types = {one.beside for one in found}
    assert types >= {
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
    }

    assert [
        f"{one.where}: {problem}"
        for one in found
        for problem in (
            *wrong(one.said, one.arns),
            *unknown_conditions(one.said),
            *elsewhere(one),
        )
    ] == []


def elsewhere(one: Statement) -> Iterator[str]:
    """Say which actions of a resource's policy are another service's."""
    own = {"AWS::IAM::Role": "sts"}.get(str(one.beside), ARNS[str(one.beside)].split(":")[2])
    for action in one.actions:
        if prefix(action) not in (own, "*"):
            yield f"{action} is not an action of {own}"


def test_a_service_is_let_do_what_aws_says_it_does_and_nothing_else() -> None:
    assert [problem for one in of_resources() for problem in unneeded(one)] == []


def unneeded(one: Statement) -> Iterator[str]:
    """Say which actions no page of AWS says that a service takes."""
    if one.said["Effect"] == "Allow" and one.beside != "AWS::IAM::Role":
        for service in one.services:
            pages = SERVICES.get(service.partition(".")[0], {})
            for action in set(one.actions).difference(*pages.values(), ADDED_BY_THE_CDK):
                yield f"{one.where}: {service} does no {action}"


@pytest.mark.parametrize(
    ("type_", "action", "service"),
    [
        ("AWS::Logs::ResourcePolicy", "logs:PutRetentionPolicy", "events"),
        ("AWS::SQS::QueuePolicy", "sqs:CreateQueue", "events"),
        ("AWS::SNS::TopicPolicy", "sns:DeleteEndpoint", "cloudwatch"),
        ("AWS::S3::BucketPolicy", "s3:GetObject", "cloudtrail"),
        ("AWS::Lambda::Permission", "lambda:UpdateFunctionCode", "events"),
        ("AWS::IAM::Role", "sts:GetCallerIdentity", "lambda"),
        ("AWS::IAM::Role", "iam:PassRole", "lambda"),
        ("AWS::KMS::Key", "kms:CreateKey", "logs"),
        ("AWS::SQS::QueuePolicy", "sns:Publish", "sns"),
    ],
)
@pytest.mark.parametrize("write", [dict, json.dumps], ids=["object", "text"])
def test_the_judge_can_refuse_the_policy_of_a_resource(
    type_: str, action: str, service: str, write: Callable[[Any], Any]
) -> None:
    said = {
        "Effect": "Allow",
        "Action": action,
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    arn = ARNS.get(str(BESIDE.get(type_)), "*")
    trust = type_ == "AWS::IAM::Role"
    document = {"Statement": [said if trust else {**said, "Resource": arn}]}
    properties = {TRUST if trust else "PolicyDocument": write(document)}
    if type_ == "AWS::Lambda::Permission":
        properties = {
            "Action": action,
            "FunctionName": arn,
            "Principal": f"{service}.amazonaws.com",
        }

    found = list(statements_in({"It": {"Type": type_, "Properties": properties}}))

    assert [
        problem
        for one in found
        for problem in (*wrong(one.said, one.arns), *elsewhere(one), *unneeded(one))
    ]


SUBMIT = [OWN.format("batch", one) for one in ("job-queue/q", "job-definition/d", "job/*")]


@pytest.mark.parametrize(
    ("action", "arns", "problem"),
    [
        ("batch:SubmitJobs", SUBMIT, "there is no action batch:SubmitJobs"),
        ("batch:TerminateJobs", SUBMIT, "there is no action batch:TerminateJobs"),
        ("batch:SubmitJob", ["*"], "batch:SubmitJob stands with *"),
        ("batch:SubmitJob", SUBMIT[:2], "batch:SubmitJob requires job too"),
        ("batch:ListJobs", SUBMIT[:1], "batch:ListJobs fits none of"),
        ("sqs:SendMessage", [ARNS["AWS::SNS::Topic"]], "sqs:SendMessage fits none of"),
        (
            "sqs:SendMessage",
            [ARNS["AWS::SQS::Queue"], ARNS["AWS::SNS::Topic"]],
            "no action of the statement is about arn:aws:sns",
        ),
        ("s3:ListBucket", ["arn:aws:s3:::bucket/*"], "s3:ListBucket fits none of"),
        ("s3:GetObject", ["arn:aws:s3:::bucket"], "s3:GetObject fits none of"),
        ("batch:UpdateJobQueue", [f"{SUBMIT[0]}/quota-share/s"], "fits none of"),
    ],
)
def test_the_judge_can_refuse(action: str, arns: list[str], problem: str) -> None:
    assert any(problem in one for one in wrong({"Action": action}, arns))


@pytest.mark.parametrize(
    ("action", "arns"),
    [
        ("batch:SubmitJob", SUBMIT),
        ("batch:ListJobs", ["*"]),
        ("s3:GetObject*", ["arn:aws:s3:::bucket/prefix/*"]),
        ("s3:ListBucket", ["arn:aws:s3:::bucket"]),
    ],
)
def test_the_judge_can_agree(action: str, arns: list[str]) -> None:
    assert list(wrong({"Action": action}, arns)) == []


@pytest.mark.parametrize(
    ("action", "key", "known"),
    [
        ("s3:ListBucket", "s3:prefix", True),
        ("s3:GetObject", "s3:prefix", False),
        ("kms:Decrypt", "kms:EncryptionContext:aws:logs:arn", True),
        ("sqs:SendMessage", "kms:ViaService", False),
        ("iam:PassRole", "iam:PassedToService", True),
        ("batch:SubmitJob", "batch:EKSImage", True),
        ("batch:TerminateJob", "batch:ShareIdentifier", False),
        ("logs:PutLogEvents", "aws:RequestTag/team", False),
        ("logs:PutLogEvents", "aws:SourceArn", True),
    ],
)
def test_the_judge_knows_which_conditions_an_action_is_asked_about(
    action: str,
    key: str,
    known: bool,  # noqa: FBT001 - a case
) -> None:
    said = {"Action": action, "Condition": {"StringLike": {key: "x"}}}

    assert (list(unknown_conditions(said)) == []) is known


def test_a_resource_that_another_policy_of_the_role_has_is_not_missing() -> None:
    beside = {"batch:SubmitJob": SUBMIT[2:]}

    assert list(wrong({"Action": "batch:SubmitJob"}, SUBMIT[:2], beside)) == []


WRITTEN = re.compile(r"[a-z0-9-]+:[A-Z][a-z][A-Za-z*]+")


def literals() -> Iterator[tuple[str, str]]:
    """Give all that is written in the package like an action, with the module."""
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if WRITTEN.search(text) else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in WRITTEN.findall(node.value) if "/" not in node.value else ():
                    yield str(file.relative_to(PACKAGE)), found


def test_every_action_that_the_package_writes_exists() -> None:
    found = [(file, name) for file, name in literals() if published.service(name.partition(":")[0])]
    conditions = {name for _, name in found if published.is_condition(name)}
    assert len(found) > 80

    assert [
        (file, name)
        for file, name in found
        if name not in conditions | set(NEWER) | set(NO_ACTIONS) and not published.actions(name)
    ] == []


def test_the_floor_says_of_each_action_what_aws_says() -> None:
    batch = published.service("batch")
    ours = dict(authorization.ACTIONS)
    del ours["SetCapacityTags"]  # is newer

    for name, facts in batch["privileges"].items():
        one = ours.pop(name)
        assert sorted(one.required) == sorted(published.kinds(facts, required=True)), name
        assert sorted(one.kinds) == sorted(published.kinds(facts)), name
        keys = {key for kind in facts["resource_types"].values() for key in kind["condition_keys"]}
        assert sorted(one.conditions) == sorted(key for key in keys if key.startswith("batch:"))
    assert ours == {}


def test_every_operation_takes_an_action() -> None:
    operations = published_api.model().operation_names
    taken = {authorization.AUTHORIZED_AS.get(one, one) for one in operations}

    assert taken == set(authorization.ACTIONS) - {"SetCapacityTags"}


def test_the_floor_writes_arns_as_aws_does() -> None:
    prefix = "arn:${Partition}:batch:${Region}:${Account}:"

    assert {kind: prefix + form for kind, form in authorization.RESOURCE_FORMS.items()} == {
        kind: one["arn"] for kind, one in published.service("batch")["resources"].items()
    }


def test_the_managed_policies_are_what_aws_published_last() -> None:
    made = script("make_managed_policies")

    assert made.OUTPUT.read_text("utf-8") == made.text()
