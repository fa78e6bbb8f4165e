"""Whom the methods that open a door to jobs let in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from tests import rendered

OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
BY_WAY_OF_SQS = '{"StringEquals": {"kms:ViaService": {"Fn::Join": ["", ["sqs.", '
OTHERS = "111122223333"


@pytest.fixture(autouse=True)
def what_users_grant() -> Iterator[None]:
    """None of it is ours: no judge looks at what users let somebody do."""
    with rendered.somebody_elses():
        yield


class Doors:
    """A gateway with a key, a function and a workflow, and what they come to."""

    def __init__(self, *, encrypted: bool = True) -> None:
        self.stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
        self.queue = bc.JobQueue.from_job_queue_name(self.stack, "Queue", "nightly")
        self.job = bc.JobDefinition.from_job_definition_name(self.stack, "Job", "report")
        self.key = kms.Key(self.stack, "Key") if encrypted else None
        self.submitted: dict[str, Any] = {"queue": self.queue, "job_definition": self.job}

    def gateway(self, **options: Any) -> bc.SubmissionGateway:
        return bc.SubmissionGateway(
            self.stack, "Gateway", encryption_key=self.key, **self.submitted, **options
        )

    def function(self) -> bc.SubmitFunction:
        return bc.SubmitFunction(self.stack, "Submit", **self.submitted)

    def statements(self, type: str, document: str, whose: str) -> list[dict[str, Any]]:
        found = assertions.Template.from_stack(self.stack).find_resources(type)
        return [
            one
            for id_, resource in found.items()
            if id_.startswith(whose)
            for one in resource["Properties"][document]["Statement"]
            if one["Effect"] == "Allow"
        ]


def test_a_service_sends_and_calls_for_this_account_alone() -> None:
    doors = Doors()
    gateway, function = doors.gateway(), doors.function()
    gateway.grant_send_messages(iam.ServicePrincipal("sns.amazonaws.com"))
    function.grant_invoke(iam.ServicePrincipal("s3.amazonaws.com"))

    [sent] = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource")
    assert (sent["Principal"], sent["Condition"]) == ({"Service": "sns.amazonaws.com"}, OWN_ACCOUNT)
    _, used = doors.statements("AWS::KMS::Key", "KeyPolicy", "Key")
    assert (used["Principal"], used["Condition"]) == ({"Service": "sns.amazonaws.com"}, OWN_ACCOUNT)
    found = assertions.Template.from_stack(doors.stack)
    [permission] = found.find_resources("AWS::Lambda::Permission").values()
    assert permission["Properties"]["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_a_service_that_says_for_whom_it_acts_is_admitted_as_it_says() -> None:
    doors = Doors(encrypted=False)
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OTHERS}:orders"}}
    service = iam.ServicePrincipal("sns.amazonaws.com", conditions=condition)
    doors.gateway().grant_send_messages(service)
    doors.function().grant_invoke(service)

    [sent] = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource")
    assert sent["Condition"] == condition
    found = assertions.Template.from_stack(doors.stack)
    [permission] = found.find_resources("AWS::Lambda::Permission").values()
    assert permission["Properties"]["SourceArn"] == condition["ArnLike"]["aws:SourceArn"]
    assert "SourceAccount" not in permission["Properties"]


def test_event_bridge_uses_the_key_of_a_gateway_without_saying_for_whom() -> None:
    """It tells KMS nothing of whom it acts for; of the queue it does."""
    doors = Doors()
    doors.gateway().grant_send_messages(iam.ServicePrincipal("events.amazonaws.com"))

    [sent] = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource")
    assert sent["Condition"] == OWN_ACCOUNT
    _, used = doors.statements("AWS::KMS::Key", "KeyPolicy", "Key")
    assert "Condition" not in used


@pytest.mark.parametrize(
    "anybody",
    [
        iam.AnyPrincipal(),
        iam.StarPrincipal(),
        iam.ArnPrincipal("*"),
        iam.AnyPrincipal().with_conditions({"Bool": {"aws:SecureTransport": "true"}}),
        iam.AnyPrincipal().with_conditions({"StringLike": {"aws:PrincipalArn": "*"}}),
    ],
)
def test_everybody_is_let_in_by_no_door(anybody: iam.IGrantable) -> None:
    doors = Doors(encrypted=False)
    gateway = doors.gateway(mode="COALESCE")

    for door in (gateway.grant_send_messages, gateway.grant_read_messages):
        with pytest.raises(ValueError, match="Stack/Gateway: grantee is everybody; anyone, in any"):
            door(anybody)
    with pytest.raises(ValueError, match="Stack/Submit: grantee is everybody"):
        doors.function().grant_invoke(anybody)
    assert doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource") == []


def test_a_service_among_others_and_what_is_no_grantee_are_refused() -> None:
    gateway = Doors(encrypted=False).gateway()
    several = iam.CompositePrincipal(
        iam.ServicePrincipal("sns.amazonaws.com"), iam.AccountPrincipal(OTHERS)
    )

    with pytest.raises(ValueError, match="a service together with other.*grant it to each of them"):
        gateway.grant_send_messages(several)
    with pytest.raises(TypeError, match="Stack/Gateway: grantee is .*; expected an iam.IGrantable"):
        gateway.grant_send_messages("arn:aws:iam::111122223333:root")  # type: ignore[arg-type]


def test_an_organization_and_another_account_are_let_in() -> None:
    doors = Doors(encrypted=False)
    gateway = doors.gateway()
    gateway.grant_send_messages(iam.OrganizationPrincipal("o-abcdefghij"))
    gateway.grant_send_messages(iam.AccountPrincipal(OTHERS))

    sent = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource")
    assert [one.get("Condition") for one in sent] == [
        {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
        None,
    ]


def test_a_sender_uses_the_key_of_a_gateway_by_way_of_sqs_and_for_what_sqs_asks() -> None:
    doors = Doors()
    shop = iam.Role(doors.stack, "Shop", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    gateway = doors.gateway()
    gateway.grant_send_messages(shop)
    gateway.grant_send_messages(iam.AccountPrincipal(OTHERS))

    own = doors.statements("AWS::IAM::Policy", "PolicyDocument", "Shop")
    _, others = doors.statements("AWS::KMS::Key", "KeyPolicy", "Key")
    [mine] = [one for one in own if "kms:Decrypt" in one["Action"]]
    for used in (mine, others):
        assert used["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert json.dumps(used["Condition"]).startswith(BY_WAY_OF_SQS)
    assert [one["Action"][0] for one in own if one is not mine] == ["sqs:SendMessage"]


@pytest.mark.parametrize(
    ("grantee", "problem"),
    [
        (iam.AccountPrincipal(OTHERS), f"grantee is in account {OTHERS}, and this in 444455556666"),
        (iam.ServicePrincipal("s3.amazonaws.com"), "Step Functions has no resource policies"),
    ],
)
def test_nobody_starts_a_workflow_whom_step_functions_would_deny(
    grantee: iam.IGrantable, problem: str
) -> None:
    place = cdk.Environment(account="444455556666", region="eu-west-1")
    stack = cdk.Stack(cdk.App(), "Stack", env=place)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "report")
    jobs = [bc.WorkflowJob(name="one", job_definition=job)]

    with pytest.raises(ValueError, match=problem):
        bc.Workflow(stack, "Work", queue=queue, jobs=jobs).grant_start_execution(grantee)


def test_a_queue_with_a_key_takes_events_of_rules_of_this_account_alone() -> None:
    doors = Doors()
    own: list[sqs.Queue] = [
        sqs.Queue(doors.stack, f"Mine{number}", encryption_master_key=doors.key)
        for number in range(4)
    ]
    jobs = [bc.WorkflowJob(name="one", job_definition=doors.job)]
    workflow = bc.Workflow(doors.stack, "Work", queue=doors.queue, jobs=jobs)
    workflow.on_failed("Failed", target=own[0])
    told = bc.events_of(doors.queue)
    told.on_job_failed("JobFailed", target=own[1])
    told.on_queue_blocked("Blocked", target=targets.SqsQueue(own[2]))
    bc.JobNotifications(
        doors.stack, "Told", queues=[doors.queue], targets=[targets.SqsQueue(own[3])]
    )

    sent = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "Mine")
    assert len(sent) == len(own)
    for one in sent:
        assert one["Principal"] == {"Service": "events.amazonaws.com"}
        assert one["Condition"] == OWN_ACCOUNT
    used = doors.statements("AWS::KMS::Key", "KeyPolicy", "Key")
    [free] = [one for one in used[1:] if "Condition" not in one]
    assert free["Principal"] == {"Service": "events.amazonaws.com"}
    assert free["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_a_topic_that_a_gateway_takes_needs_no_grant() -> None:
    doors = Doors(encrypted=False)
    doors.gateway().add_topic(sns.Topic(doors.stack, "Topic"))

    [sent] = doors.statements("AWS::SQS::QueuePolicy", "PolicyDocument", "GatewaySource")
    assert list(sent["Condition"]["ArnEquals"]) == ["aws:SourceArn"]
