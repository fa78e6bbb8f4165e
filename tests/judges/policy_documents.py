"""Every policy document of a template: what roles may do, who may take them, who may use what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

OWN = "arn:aws:{}:us-east-1:123456789012:{}"
ARNS = {
    "AWS::Batch::ConsumableResource": OWN.format("batch", "consumable-resource/name"),
    "AWS::Batch::JobDefinition": OWN.format("batch", "job-definition/name:1"),
    "AWS::Batch::JobQueue": OWN.format("batch", "job-queue/name"),
    "AWS::Batch::ComputeEnvironment": OWN.format("batch", "compute-environment/name"),
    "AWS::DynamoDB::Table": OWN.format("dynamodb", "table/name"),
    "AWS::ECR::Repository": OWN.format("ecr", "repository/name"),
    "AWS::ECS::Cluster": OWN.format("ecs", "cluster/name"),
    "AWS::EFS::FileSystem": OWN.format("elasticfilesystem", "file-system/fs-1"),
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/name",
    "AWS::KMS::Key": OWN.format("kms", "key/1"),
    "AWS::Lambda::Function": OWN.format("lambda", "function:name"),
    "AWS::Logs::LogGroup": OWN.format("logs", "log-group:name:*"),
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": OWN.format("sns", "name"),
    "AWS::Events::EventBus": OWN.format("events", "event-bus/name"),
    "AWS::SQS::Queue": OWN.format("sqs", "name"),
    "AWS::SSM::Parameter": OWN.format("ssm", "parameter/name"),
    "AWS::SecretsManager::Secret": OWN.format("secretsmanager", "secret:name"),
    "AWS::StepFunctions::StateMachine": OWN.format("states", "stateMachine:name"),
}
"""What `Fn::GetAtt` of an ARN, or `Ref` where that is one, comes to."""

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}

NAMED_BY_REF = ("AWS::Batch::", "AWS::SNS::", "AWS::SecretsManager::", "AWS::StepFunctions::")
"""Services of which `Ref` gives the ARN."""

UNKNOWN = "arn:*"
"""What a parameter or another stack has to say."""

OF_ROLES = (
    "AWS::IAM::Group",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
)
"""Types whose policies say what somebody may do; all others say who may use a resource."""

TRUST = "AssumeRolePolicyDocument"

BESIDE: dict[str, str | None] = {
    "AWS::EC2::VPCEndpoint": None,
    "AWS::EFS::FileSystem": "AWS::EFS::FileSystem",
    "AWS::ECR::Repository": "AWS::ECR::Repository",
    "AWS::KMS::Key": "AWS::KMS::Key",
    "AWS::Lambda::Permission": "AWS::Lambda::Function",
    "AWS::Logs::LogGroup": "AWS::Logs::LogGroup",
    "AWS::Logs::ResourcePolicy": "AWS::Logs::LogGroup",
    "AWS::Events::EventBusPolicy": "AWS::Events::EventBus",
    "AWS::S3::BucketPolicy": "AWS::S3::Bucket",
    "AWS::SNS::TopicInlinePolicy": "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy": "AWS::SNS::Topic",
    "AWS::SQS::QueueInlinePolicy": "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy": "AWS::SQS::Queue",
    "AWS::SecretsManager::ResourcePolicy": "AWS::SecretsManager::Secret",
}
"""Type of a resource's policy → what it stands beside; an endpoint's says it of anything."""


class Statement(NamedTuple):
    """A statement of a document: where it is, itself, its ARNs and who has it."""

    where: str
    said: dict[str, Any]
    arns: list[str]
    holders: list[str]
    """The logical IDs of the roles, users or groups that have it; else its own."""
    beside: str | None
    """The type of the resource that a resource's policy stands beside; ``None`` of a role's."""

    @property
    def actions(self) -> list[str]:
        return [str(one) for one in several(self.said["Action"])]

    @property
    def services(self) -> list[str]:
        """The services that it is about, where it stands beside a resource or trusts."""
        principal = self.said.get("Principal", {})
        return several(principal["Service"]) if "Service" in principal else []


def statements_in(resources: dict[str, Any]) -> Iterator[Statement]:
    """Give every statement of every policy document, wherever in a template it stands."""
    types = {name: one["Type"] for name, one in resources.items()}
    for name, resource in resources.items():
        type_, properties = resource["Type"], resource.get("Properties", {})
        if type_ == "AWS::CloudFormation::StackSet":
            yield from statements_in(json.loads(properties["TemplateBody"])["Resources"])
            continue
        holders = [name]
        if type_ in OF_ROLES and "PolicyDocument" in properties:
            named = [one for key in ("Roles", "Users", "Groups") for one in properties.get(key, ())]
            named += [properties[key] for key in ("RoleName", "UserName") if key in properties]
            holders = [
                one["Ref"] if isinstance(one, dict) and "Ref" in one else str(one) for one in named
            ]
        for key, document in documents(properties, types):
            for one in several(document["Statement"]):
                yield _statement(name, type_, key, one, types, holders)
        if type_ == "AWS::Lambda::Permission":
            said = {
                "Effect": "Allow",
                "Action": properties["Action"],
                "Resource": properties["FunctionName"],
                "Principal": {"Service": properties["Principal"]},
            }
            yield _statement(name, type_, "", said, types, holders)


def _statement(
    name: str,
    type_: str,
    key: str,
    said: dict[str, Any],
    types: dict[str, str],
    holders: list[str],
) -> Statement:
    principal = said.get("Principal")
    if isinstance(principal, dict) and "Service" in principal:
        services = [text(one, types) for one in several(principal["Service"])]
        said = {**said, "Principal": {**principal, "Service": services}}
    arns = [text(one, types) for one in several(said.get("Resource", "*"))]
    if key == TRUST:
        return Statement(name, said, [ARNS["AWS::IAM::Role"]], holders, "AWS::IAM::Role")
    if type_ in OF_ROLES:
        return Statement(name, said, arns, holders, None)
    beside = BESIDE[type_]
    if beside is not None:
        # in the policy of a resource, `*` is the resource
        arns = [ARNS[beside] if arn == "*" else arn for arn in arns]
    return Statement(name, said, arns, holders, beside)


def documents(value: Any, types: dict[str, str], key: str = "") -> Iterator[tuple[str, Any]]:
    """Give each policy document in a value, written as text or not, with its property's name."""
    if isinstance(value, dict) and "Statement" in value:
        yield key, value
    elif isinstance(value, dict) and "Fn::Join" in value:
        yield from documents(text(value, types), types, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from documents(item, types, name)
    elif isinstance(value, list):
        for item in value:
            yield from documents(item, types, key)
    elif isinstance(value, str) and '"Statement"' in value:
        yield key, json.loads(value)


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(value: Any, types: dict[str, str]) -> str:
    """Write an ARN of a template out, with made-up names."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    match function:
        case "Ref":
            kind = types.get(given, "")
            named = kind and not kind.startswith(NAMED_BY_REF)
            return "name" if named else PSEUDO.get(given) or ARNS.get(kind, UNKNOWN)
        case "Fn::GetAtt":
            return ARNS.get(types.get(given[0], ""), UNKNOWN)
        case "Fn::Join":
            parts = [text(one, types) for one in given[1]]
            known = UNKNOWN not in parts[1:]  # a part of it is no ARN of its own
            return str(given[0]).join(parts) if known else UNKNOWN
        case "Fn::Select" if "Fn::Split" in given[1]:
            separator, whole = given[1]["Fn::Split"]
            whole, place = text(whole, types), int(given[0])
            parts = whole.split(separator)
            return parts[place] if place < len(parts) else UNKNOWN
    return UNKNOWN
