"""AWS's service authorization reference judges every right that is granted."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

import batch_constructs as bc
from batch_constructs.aws import authorization
from tests import rendered
from tests.judges import published_api
from tests.judges import published_rights as published
from tests.judges.test_coverage import script

PACKAGE = Path(bc.__file__).parent
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

POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


@pytest.fixture(scope="module", autouse=True)
def what_submits_and_watches() -> None:
    """Render whatever has a role of its own, also when the judge sits alone."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Submitting")
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1)
    fargate = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    queue, other = (
        bc.JobQueue(stack, name, compute_environments=[fargate]) for name in ("Queue", "Other")
    )
    job = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )
    what: Any = {"queue": queue, "job_definition": job}
    bc.ScheduleTrigger(stack, "Nightly", schedule="rate(1 day)", **what)
    bc.EventTrigger(stack, "Event", event_pattern={"source": ["com.example"]}, **what)
    for mode in bc.SubmissionMode:
        bc.SubmissionGateway(stack, f"Gateway{mode.name}", mode=mode, **what)
    bc.JobQueue(stack, "Rescued", compute_environments=[fargate], spot_rescue_queue=other)
    bc.Workflow(
        stack,
        "Workflow",
        queue=queue,
        jobs=[bc.WorkflowJob(name="only", job_definition=job)],
        spot_rescue_queue=other,
    )
    user = iam.Role(stack, "User", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    queue.grant_submit(user, job)
    topic = sns.Topic(stack, "Topic")
    bc.JobNotifications(stack, "Notifications", queues=[queue], topic=topic)
    bc.BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=topic)
    bc.CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=bc.VcpuBudget.of_vcpu_hours(100),
        action=bc.GuardAction.DISABLE_QUEUES,
    )
    app.synth()


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
            return ARNS.get(types[given[0]], UNKNOWN)
        case "Fn::Join":
            return str(given[0]).join(text(one, types) for one in given[1])
        case "Fn::Select" if "Fn::Split" in given[1]:
            separator, whole = given[1]["Fn::Split"]
            return text(whole, types).split(separator)[int(given[0])]
    return UNKNOWN


OF_THE_CDK = {"GrantedByTheL2DefaultPolicy193BC522: batch:SubmitJob requires job too"}
"""What an `aws_batch` L2 grants, which knows nothing of the resource `job`."""


class Written(NamedTuple):
    """A statement of a template: where it is, itself, its ARNs, and what its role has beside it."""

    where: str
    statement: dict[str, Any]
    arns: list[str]
    beside: dict[str, list[str]]
    """Action → the ARNs that other statements of the same role, user or group allow it on."""


def statements() -> Iterator[Written]:
    """Give each statement of each role once."""
    seen: set[str] = set()
    for template in rendered.TEMPLATES.values():
        found = list(written_in(template.get("Resources", {})))
        allowed: dict[tuple[str, str], list[str]] = {}
        for _, holders, one, arns in found:
            for key in itertools.product(holders, several(one["Action"])):
                allowed.setdefault(key, []).extend(arns if one["Effect"] == "Allow" else ())
        for name, holders, one, arns in found:
            actions = several(one["Action"])
            beside = {
                action: [arn for holder in holders for arn in allowed[holder, action]]
                for action in actions
            }
            said = json.dumps([one["Action"], arns, one["Effect"], beside])
            if said not in seen:
                seen.add(said)
                yield Written(name, one, arns, beside)


def written_in(
    resources: dict[str, Any],
) -> Iterator[tuple[str, list[str], dict[str, Any], list[str]]]:
    """Give the statements of a template's roles, with the logical IDs of who has them."""
    types = {name: one["Type"] for name, one in resources.items()}
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        documents = [one["PolicyDocument"] for one in properties.get("Policies", ())]
        holders = [name]
        if resource["Type"] in POLICIES:
            documents.append(properties["PolicyDocument"])
            named = [one for key in ("Roles", "Users", "Groups") for one in properties.get(key, ())]
            holders = [one["Ref"] if isinstance(one, dict) else one for one in named]
        elif resource["Type"] != "AWS::IAM::Role":
            continue
        for document in documents:
            for one in several(document["Statement"]):
                yield name, holders, one, [text(each, types) for each in several(one["Resource"])]


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
            if pattern not in authorization.NETWORK_OF_FUNCTIONS and (known := kinds_of(pattern)):
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
    found = list(statements())
    assert len(found) > 40

    said = [
        f"{one.where}: {problem}"
        for one in found
        if one.statement["Effect"] == "Allow"
        for problem in wrong(one.statement, one.arns, one.beside)
    ]

    assert [one for one in said if one not in OF_THE_CDK] == []


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
    ],
)
def test_the_judge_can_agree(action: str, arns: list[str]) -> None:
    assert list(wrong({"Action": action}, arns)) == []


def test_a_resource_that_another_policy_of_the_role_has_is_not_missing() -> None:
    beside = {"batch:SubmitJob": SUBMIT[2:]}

    assert list(wrong({"Action": "batch:SubmitJob"}, SUBMIT[:2], beside)) == []


WRITTEN = re.compile(r"[a-z0-9-]+:[A-Z][a-z][A-Za-z*]+")


def literals() -> Iterator[tuple[str, str]]:
    """Give all that is written in the package like an action, with the module."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
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
