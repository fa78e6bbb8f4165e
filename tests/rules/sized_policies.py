"""Policies of a length that is told: what a quota admits, and one more."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from batch_constructs.aws import quotas


def document(length: int) -> dict[str, Any]:
    """Write a policy of so many characters as JSON without white space."""
    frame = {"Version": "2012-10-17", "Statement": [{"Sid": ""}]}
    short = len(json.dumps(frame, separators=(",", ":")))
    return {"Version": "2012-10-17", "Statement": [{"Sid": "x" * (length - short)}]}


def role(length: int) -> dict[str, Any]:
    policies = [{"PolicyName": "p", "PolicyDocument": document(length)}]
    return {"R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}}


def role_that_names(resource: Any, at_least: Any, length: int) -> dict[str, Any]:
    """Write one of so many characters, if what it names comes to its shortest text."""
    shortest = {"Version": "2012-10-17", "Statement": [{"Sid": "", "Resource": at_least}]}
    missing = length - len(json.dumps(shortest, separators=(",", ":")))
    statement = {"Sid": "x" * missing, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    own = {"Policies": [{"PolicyName": "p", "PolicyDocument": document}]}
    return {
        "R": {"Type": "AWS::IAM::Role", "Properties": own},
        "S": {"Type": "AWS::SecretsManager::Secret"},
        "Q": {"Type": "AWS::SQS::Queue"},
        "J": {"Type": "AWS::IAM::Role"},
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "bucket"}},
    }


def role_and_policy(length: int) -> dict[str, Any]:
    attached = {"Roles": [{"Ref": "R"}], "PolicyDocument": document(length - 5000)}
    return {**role(5000), "P": {"Type": "AWS::IAM::Policy", "Properties": attached}}


def role_and_its_policies(length: int) -> dict[str, Any]:
    """Attach some by a policy that is a resource of its own, some by the role's name."""
    first = {"RoleName": {"Ref": "R"}, "PolicyDocument": document(length - 8000)}
    named = {"Roles": ["r"], "PolicyDocument": json.dumps(document(3000), indent=4)}
    made = role(5000)
    made["R"]["Properties"]["RoleName"] = "r"
    return {
        **made,
        "A": {"Type": "AWS::IAM::RolePolicy", "Properties": first},
        "B": {"Type": "AWS::IAM::Policy", "Properties": named},
    }


def elsewhere(role: Any, length: int) -> dict[str, Any]:
    """Write policies of a role that the template does not make, and one of another role."""
    none = {"Ref": "AWS::NoValue"}
    first = {"Roles": [role, none], "PolicyDocument": document(5000)}
    second = {"RoleName": role, "PolicyDocument": document(length - 5000)}
    other = {"Roles": ["other"], "PolicyDocument": document(length - 5000)}
    return {
        "A": {"Type": "AWS::IAM::Policy", "Properties": first},
        "B": {"Type": "AWS::IAM::RolePolicy", "Properties": second},
        "C": {"Type": "AWS::IAM::Policy", "Properties": other},
        "D": {"Type": "AWS::IAM::Policy", "Properties": other | {"Roles": [none, none]}},
    }


def of_people(noun: str, length: int) -> dict[str, Any]:
    """Write a group's or a user's own policy, and others of it, by its name and by reference."""
    own = {f"{noun}Name": "x", "Policies": [{"PolicyDocument": document(500)}]}
    named = {f"{noun}Name": "x", "PolicyDocument": document(500)}
    referred = {f"{noun}s": [{"Ref": "P"}], "PolicyDocument": document(length - 1000)}
    return {
        "P": {"Type": f"AWS::IAM::{noun}", "Properties": own},
        "A": {"Type": f"AWS::IAM::{noun}Policy", "Properties": named},
        "B": {"Type": "AWS::IAM::Policy", "Properties": referred},
    }


def trust(length: int) -> dict[str, Any]:
    own = {"AssumeRolePolicyDocument": document(length)}
    return {"R": {"Type": "AWS::IAM::Role", "Properties": own}}


def key(kind: str, length: int) -> dict[str, Any]:
    return {"K": {"Type": kind, "Properties": {"KeyPolicy": document(length)}}}


def permissions(length: int) -> dict[str, Any]:
    """Write permissions of a function with a name, told by its ARN and by its logical ID."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:F"
    kept = {
        "Sid": "P1-123456789012",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"AWS:SourceArn": ""},
        },
    }
    other = {**kept, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    other["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    whole = {"Version": "2012-10-17", "Id": "default", "Statement": [kept] * 10 + [other]}
    room = length - len(json.dumps(whole, separators=(",", ":")))
    texts = ["x" * (room // 10)] * 9 + ["x" * (room - room // 10 * 9)]
    made = [
        {"Principal": "events.amazonaws.com", "SourceArn": text, "SourceAccount": "123456789012"}
        for text in texts
    ]
    made.append({"Principal": "123456789012", "PrincipalOrgID": "o-1234567890"})
    named = [{"Ref": "F"}, {"Fn::GetAtt": ["F", "Arn"]}, {"Fn::GetAtt": "F.Arn"}]
    called = {"Action": "lambda:InvokeFunction"}
    return {
        "F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "F"}},
        **{
            f"P{chr(place + ord('a'))}": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {**one, **called, "FunctionName": named[place % 3]},
            }
            for place, one in enumerate(made)
        },
    }


def bus_policies(length: int) -> dict[str, Any]:
    """Write two statements of one bus, and one of another."""
    kind = "AWS::Events::EventBusPolicy"
    ours = {"EventBusName": {"Ref": "B"}}
    frame = len(json.dumps({"Sid": ""}, separators=(",", ":")))
    return {
        "B": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "b"}},
        "P": {"Type": kind, "Properties": {**ours, "Statement": {"Sid": "x" * (5000 - frame)}}},
        "Q": {
            "Type": kind,
            "Properties": {**ours, "Statement": {"Sid": "x" * (length - 5000 - frame)}},
        },
        "R": {"Type": kind, "Properties": {"Statement": {"Sid": "x" * 1000}}},
    }


def log_policy(length: int) -> dict[str, Any]:
    pieces = ["x" * (length - 12), {"Ref": "AWS::AccountId"}]
    own = {"PolicyDocument": {"Fn::Join": ["", pieces]}}
    return {"P": {"Type": "AWS::Logs::ResourcePolicy", "Properties": own}}


def arns(count: int) -> dict[str, Any]:
    some = [f"arn:aws:iam::111122223333:policy/p{number}" for number in range(count)]
    return {"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": some}}}


def arns_and_policy(count: int) -> dict[str, Any]:
    own = {"Roles": [{"Ref": "R"}], "PolicyDocument": document(100)}
    return {**arns(count - 1), "M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": own}}


def managed(length: int) -> dict[str, Any]:
    own = {"PolicyDocument": document(length)}
    return {"M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": own}}


def sent(kind: str, length: int) -> dict[str, Any]:
    """Write the policy of a queue, a topic or a bucket."""
    return {"P": {"Type": kind, "Properties": {"PolicyDocument": document(length)}}}


def statements(kind: str, count: int) -> dict[str, Any]:
    """Write one that says so many things, and maybe more that nobody can know."""
    maybe = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}}
    own = {"PolicyDocument": {"Statement": [*([{"Effect": "Allow"}] * count), maybe]}}
    return {"P": {"Type": kind, "Properties": own}}


QUEUE_POLICY = "AWS::SQS::QueuePolicy"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
OWN_POLICY = "AWS::SQS::QueueInlinePolicy"
BUCKET_POLICY = "AWS::S3::BucketPolicy"

CASES: list[Any] = [
    ("queue-policy-size", partial(sent, QUEUE_POLICY), quotas.QUEUE_POLICY_BYTES),
    ("queue-policy-size", partial(statements, QUEUE_POLICY), quotas.QUEUE_POLICY_STATEMENTS),
    ("queue-policy-size", partial(statements, OWN_POLICY), quotas.QUEUE_POLICY_STATEMENTS),
    ("topic-policy-size", partial(sent, TOPIC_POLICY), quotas.TOPIC_POLICY_BYTES),
    ("topic-policy-size", partial(statements, TOPIC_POLICY), quotas.TOPIC_POLICY_STATEMENTS),
    ("bucket-policy-size", partial(sent, BUCKET_POLICY), quotas.BUCKET_POLICY_BYTES),
    ("role-policy-size", role, quotas.ROLE_POLICY_CHARACTERS),
    ("role-policy-size", role_and_policy, quotas.ROLE_POLICY_CHARACTERS),
    ("role-policy-size", role_and_its_policies, quotas.ROLE_POLICY_CHARACTERS),
    ("role-policy-size", partial(elsewhere, "imported"), quotas.ROLE_POLICY_CHARACTERS),
    (
        "role-policy-size",
        partial(elsewhere, {"Fn::ImportValue": "Role"}),
        quotas.ROLE_POLICY_CHARACTERS,
    ),
    ("group-policy-size", partial(of_people, "Group"), quotas.GROUP_POLICY_CHARACTERS),
    ("user-policy-size", partial(of_people, "User"), quotas.USER_POLICY_CHARACTERS),
    ("role-trust-size", trust, quotas.TRUST_POLICY_CHARACTERS),
    ("key-policy-size", partial(key, "AWS::KMS::Key"), quotas.KEY_POLICY_BYTES),
    ("key-policy-size", partial(key, "AWS::KMS::ReplicaKey"), quotas.KEY_POLICY_BYTES),
    ("function-policy-size", permissions, quotas.FUNCTION_POLICY_BYTES),
    ("event-bus-policy-size", bus_policies, quotas.EVENT_BUS_POLICY_CHARACTERS),
    ("log-resource-policy-size", log_policy, quotas.LOG_RESOURCE_POLICY_CHARACTERS),
    ("role-policy-count", arns, quotas.MANAGED_POLICIES_A_ROLE),
    ("role-policy-count", arns_and_policy, quotas.MANAGED_POLICIES_A_ROLE),
    ("managed-policy-size", managed, quotas.MANAGED_POLICY_CHARACTERS),
]
