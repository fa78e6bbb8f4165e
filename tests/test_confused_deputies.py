"""Who may make use of what, in one stack of everything, by the defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from tests.everything import template_of_everything

NO_SOURCE = {
    "ec2.amazonaws.com": "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "id_roles_use_switch-role-ec2_instance-profiles.html",
    "ecs.amazonaws.com": "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
    "infrastructure_IAM_role.html",
    "lambda.amazonaws.com": "https://docs.aws.amazon.com/lambda/latest/dg/"
    "lambda-intro-execution-role.html",
    "spotfleet.amazonaws.com": "https://docs.aws.amazon.com/batch/latest/userguide/"
    "spot_fleet_IAM_role.html",
}
"""Service that assumes a role without saying for whom → AWS's page, whose trust has no condition.

An instance profile and an execution role are passed within one account only.
"""

NO_CONDITION = {
    ("AWS::SNS::TopicPolicy", "events.amazonaws.com"): "https://docs.aws.amazon.com/eventbridge/"
    "latest/userguide/eb-use-resource-based.html#eb-sns-permissions",
    ("AWS::KMS::Key", "events.amazonaws.com"): "https://docs.aws.amazon.com/sns/latest/dg/"
    "sns-key-management.html#compatibility-with-aws-services",
}
"""Resource and service that AWS admits without a condition → AWS's page."""

RENDERED = Path(__file__).parent / "__snapshots__" / "test_examples"

FOR_WHOM = ("aws:SourceArn", "aws:SourceAccount", "kms:EncryptionContext")
"""Keys of a condition that say for whose resource a service acts."""

DOCUMENTS = {
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """What one of each construct comes to, with its defaults, and what stands beside it."""
    resources: dict[str, Any] = template_of_everything()["Resources"]
    return resources


@pytest.fixture(scope="module")
def resources(whole: dict[str, Any]) -> dict[str, Any]:
    return {id_: one for id_, one in whole.items() if id_.startswith(("My", "BatchConstructs"))}


def of_type(resources: dict[str, Any], *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for id_, one in resources.items():
        if one["Type"] in types:
            yield id_, one.get("Properties", {})


def services(statement: dict[str, Any]) -> list[str]:
    principal = statement["Principal"]
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    listed = named if isinstance(named, list) else [named]
    return [one if isinstance(one, str) else json.dumps(one) for one in listed]


def says_for_whom(statement: dict[str, Any], *keys: str) -> bool:
    """Whether a condition names one of these keys and asks for no value that is everybody's."""
    conditions: dict[str, dict[str, Any]] = statement.get("Condition", {})
    return any(
        key.startswith(keys) and value not in ("*", ["*"])
        for operator in conditions.values()
        for key, value in operator.items()
    )


def assumed_for_anybody(resources: dict[str, Any]) -> list[tuple[str, str]]:
    """Name roles, and the service that assumes them for whomever, though it says for whom."""
    return [
        (id_, service)
        for id_, role in of_type(resources, "AWS::IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        for service in services(statement)
        if service not in NO_SOURCE and not says_for_whom(statement, "aws:SourceAccount")
    ]


def test_what_an_example_trusts_acts_for_this_account() -> None:
    """The templates of the apps; those of the how-tos are looked at where they are made."""
    rendered = [json.loads(one.read_text())["Resources"] for one in RENDERED.glob("*.json")]

    assert len(rendered) > 1
    assert [assumed_for_anybody(resources) for resources in rendered] == [[]] * len(rendered)


def test_a_role_is_assumed_for_this_account_wherever_the_service_says_for_whom(
    resources: dict[str, Any],
) -> None:
    seen = {
        service
        for _, role in of_type(resources, "AWS::IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        for service in services(statement)
    }
    assert assumed_for_anybody(resources) == []
    assert set(NO_SOURCE) < seen
    assert all(page.startswith("https://docs.aws.amazon.com/") for page in NO_SOURCE.values())


def test_a_resource_admits_a_service_for_this_account_only(resources: dict[str, Any]) -> None:
    seen = set()
    for id_, own in of_type(resources, *DOCUMENTS):
        kind = resources[id_]["Type"]
        for statement in own[DOCUMENTS[kind]]["Statement"]:
            for service in services(statement) if statement["Effect"] == "Allow" else ():
                if (kind, service) in NO_CONDITION:
                    seen.add((kind, service))
                    continue
                assert says_for_whom(statement, *FOR_WHOM), (id_, service)
    assert seen == set(NO_CONDITION)


SNAPSHOTS = sorted(Path(__file__).parent.glob("**/__snapshots__/*/*_renders_what_*.json"))
AUTHORS = {"JobRole014917C6", "ServiceRole4288B192"}
"""Roles that the author of a stack brings along, with a trust of his own."""


@pytest.mark.parametrize("file", SNAPSHOTS, ids=[one.stem.split("before")[-1] for one in SNAPSHOTS])
def test_in_every_snapshot_a_service_acts_for_this_account_only(file: Path) -> None:
    found: dict[str, Any] = json.loads(file.read_text())["Resources"]
    documents = {**DOCUMENTS, "AWS::IAM::Role": "AssumeRolePolicyDocument"}
    free = []
    for id_, own in of_type(found, *documents):
        kind = found[id_]["Type"]
        for statement in own[documents[kind]]["Statement"] if id_ not in AUTHORS else ():
            for service in services(statement) if statement["Effect"] == "Allow" else ():
                without = (kind, service) in NO_CONDITION or (
                    kind == "AWS::IAM::Role" and service in NO_SOURCE
                )
                if not without and not says_for_whom(statement, *FOR_WHOM):
                    free.append((id_, service))
    assert free == []


def test_nobody_is_everybody(resources: dict[str, Any]) -> None:
    for id_, own in of_type(resources, *DOCUMENTS):
        for statement in own[DOCUMENTS[resources[id_]["Type"]]]["Statement"]:
            anybody = statement["Principal"] in ("*", {"AWS": "*"})
            assert not anybody or statement["Effect"] == "Deny", id_


def test_a_function_is_invoked_by_one_resource_of_this_account(resources: dict[str, Any]) -> None:
    permissions = list(of_type(resources, "AWS::Lambda::Permission"))

    assert permissions
    assert all("SourceArn" in own or "SourceAccount" in own for _, own in permissions)


def passed(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the statements that let somebody pass roles."""
    return [
        statement
        for _, own in of_type(resources, "AWS::IAM::Role", "AWS::IAM::Policy")
        for document in [
            *(one["PolicyDocument"] for one in own.get("Policies", ())),
            own.get("PolicyDocument", {"Statement": []}),
        ]
        for statement in document["Statement"]
        if "iam:PassRole" in json.dumps(statement["Action"])
    ]


def test_a_role_is_passed_only_to_the_services_that_it_is_for(resources: dict[str, Any]) -> None:
    rendered = [json.loads(one.read_text())["Resources"] for one in SNAPSHOTS]
    found = [[one for some in rendered for one in passed(some)], passed(resources)]

    assert all(found)
    for one in [statement for some in found for statement in some]:
        assert "iam:PassedToService" in json.dumps(one.get("Condition"))
        assert "*" not in json.dumps(one["Resource"])


def test_a_key_of_yours_is_used_by_way_of_sqs_and_sns() -> None:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "report")
    letters = sqs.Queue(stack, "Letters", encryption_master_key=kms.Key(stack, "OfLetters"))
    topic = sns.Topic(stack, "Topic", master_key=kms.Key(stack, "OfTopic"))
    submitted: dict[str, Any] = {"queue": queue, "job_definition": job}
    submitted["dead_letter_queue"] = letters
    bc.ScheduleTrigger(stack, "Nightly", schedule="rate(1 day)", **submitted)
    bc.SubmitFunction(stack, "Submit", **submitted)
    bc.JobNotifications(
        stack, "Told", queues=[queue], topic=topic, idle_after=cdk.Duration.hours(1)
    )
    budget = bc.VcpuBudget.of_vcpu_hours(1)
    bc.CostGuard(stack, "Guard", queues=[queue], topic=topic, budget=budget)

    found = assertions.Template.from_stack(stack).to_json()["Resources"]
    used = [
        (id_.partition("Role")[0], statement["Resource"]["Fn::GetAtt"][0], json.dumps(statement))
        for id_, own in of_type(found, "AWS::IAM::Role", "AWS::IAM::Policy")
        for document in [own, *own.get("Policies", ())]
        for statement in document.get("PolicyDocument", {"Statement": []})["Statement"]
        if "kms:" in json.dumps(statement["Action"])
    ]
    assert len({who for who, _, _ in used}) == 5
    for who, key, statement in used:
        service = "sqs" if key.startswith("OfLetters") else "sns"
        assert f'"kms:ViaService": {{"Fn::Join": ["", ["{service}."' in statement, who


TLS = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("kind", "policy", "member"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
    ],
)
def test_nothing_is_sent_or_read_without_tls(
    kind: str, policy: str, member: str, resources: dict[str, Any]
) -> None:
    over_tls = {
        str(held)
        for _, own in of_type(resources, policy)
        for held in (own[member] if isinstance(own[member], list) else [own[member]])
        if any(
            one["Effect"] == "Deny" and one.get("Condition") == TLS
            for one in own["PolicyDocument"]["Statement"]
        )
    }
    ids = {id_ for id_, _ in of_type(resources, kind)}

    assert ids
    assert {str({"Ref": id_}) for id_ in ids} == over_tls


def test_everything_at_rest_is_encrypted_and_no_log_is_kept_for_ever(
    resources: dict[str, Any],
) -> None:
    for id_, queue in of_type(resources, "AWS::SQS::Queue"):
        assert queue.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in queue, id_
    for id_, topic in of_type(resources, "AWS::SNS::Topic"):
        assert "KmsMasterKeyId" in topic, id_
    for id_, bucket in of_type(resources, "AWS::S3::Bucket"):
        assert "BucketEncryption" in bucket, id_
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, id_
    for id_, group in of_type(resources, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] <= 365, id_
    for id_, key in of_type(resources, "AWS::KMS::Key"):
        assert key["EnableKeyRotation"] is True, id_


def test_every_function_is_one_of_ours(whole: dict[str, Any]) -> None:
    """The CDK adds some of its own for a bucket's notifications, for log retention and the like."""
    handlers = {own["Handler"] for _, own in of_type(whole, "AWS::Lambda::Function")}

    assert "eks_access.associate.handler" in handlers
    assert all(one.endswith(".handler") and one.count(".") == 2 for one in handlers), handlers
    assert not any(one["Type"].startswith("Custom::S3") for one in whole.values())
