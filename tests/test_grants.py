"""AWS Batch has no resource policies: who is granted something is an identity of the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

import batch_constructs as bc

HERE, ELSEWHERE = "111111111111", "222222222222"
Grant = Callable[[cdk.Stack, Any], iam.Grant]


def stack(app: cdk.App | None = None, account: str = HERE) -> cdk.Stack:
    env = cdk.Environment(account=account, region="eu-west-1")
    return cdk.Stack(cdk.App() if app is None else app, f"Of{account}", env=env)


def queue(scope: cdk.Stack, region: str = "eu-west-1") -> bc.JobQueue:
    arn = f"arn:aws:batch:{region}:{HERE}:job-queue/nightly"
    return bc.JobQueue.from_job_queue_arn(scope, "Queue", arn)


def submit(scope: cdk.Stack, grantee: Any) -> iam.Grant:
    definition = bc.FargateJobDefinition.from_job_definition_arn(
        scope, "Job", f"arn:aws:batch:eu-west-1:{HERE}:job-definition/report"
    )
    return queue(scope).grant_submit(grantee, definition)


def engine(scope: cdk.Stack, grantee: Any) -> iam.Grant:
    return queue(scope).grant_engine(grantee, job_definition_prefix="nf-")


def service_job(scope: cdk.Stack, grantee: Any) -> iam.Grant:
    arn = f"arn:aws:batch:eu-west-1:{HERE}:job-queue/training"
    return bc.ServiceJobQueue.from_job_queue_arn(scope, "Queue", arn).grant_submit_service_job(
        grantee
    )


def update(scope: cdk.Stack, grantee: Any) -> iam.Grant:
    arn = f"arn:aws:batch:eu-west-1:{HERE}:consumable-resource/licences"
    return bc.ConsumableResource.from_consumable_resource_arn(scope, "Some", arn).grant_update(
        grantee
    )


every_grant = pytest.mark.parametrize("grant", [submit, engine, service_job, update])


@every_grant
def test_a_role_of_another_account_is_refused(grant: Grant) -> None:
    ours = stack()
    role = iam.Role.from_role_arn(ours, "Role", f"arn:aws:iam::{ELSEWHERE}:role/head")

    with pytest.raises(
        ValueError, match=rf"Of{HERE}/\w+: grantee is in account {ELSEWHERE}, and this in"
    ):
        grant(ours, role)


@every_grant
@pytest.mark.parametrize(
    "principal",
    [
        lambda: iam.AccountPrincipal(HERE),
        lambda: iam.ServicePrincipal("events.amazonaws.com"),
    ],
)
def test_what_has_no_policies_is_refused(grant: Grant, principal: Callable[[], Any]) -> None:
    said = r"Of\d+/\w+: grantee is an? \w+Principal, which has no policies; AWS Batch"
    with pytest.raises(ValueError, match=said):
        grant(stack(), principal())


@every_grant
@pytest.mark.parametrize("account", [HERE, cdk.Aws.ACCOUNT_ID], ids=["ours", "unknown"])
def test_a_role_of_the_account_or_of_one_that_nobody_knows_is_granted(
    grant: Grant, account: str
) -> None:
    ours = stack()
    role = iam.Role.from_role_arn(ours, "Role", f"arn:aws:iam::{account}:role/head")

    assert grant(ours, role).success


@every_grant
def test_a_role_of_a_stack_in_another_account_is_refused(grant: Grant) -> None:
    app = cdk.App()
    ours = stack(app)
    role = iam.Role(stack(app, ELSEWHERE), "Role", assumed_by=iam.AccountRootPrincipal())

    with pytest.raises(ValueError, match=f"grantee is in account {ELSEWHERE}"):
        grant(ours, role)


def test_nobody_of_another_account_starts_a_workflow() -> None:
    ours = stack()
    job = bc.WorkflowJob(
        name="a", job_definition=bc.JobDefinition.from_job_definition_name(ours, "Job", "tools")
    )
    workflow = bc.Workflow(ours, "Workflow", queue=queue(ours), jobs=[job])
    here, there = (
        iam.Role.from_role_arn(ours, f"Of{account}", f"arn:aws:iam::{account}:role/head")
        for account in (HERE, ELSEWHERE)
    )

    assert workflow.grant_start_execution(here).success
    said = rf"Workflow: grantee is in account {ELSEWHERE}, .* Step Functions has no resource pol"
    with pytest.raises(ValueError, match=said):
        workflow.grant_start_execution(there)


def test_an_engine_reads_no_log_group_of_another_account() -> None:
    ours = stack()
    role = iam.Role(ours, "Role", assumed_by=iam.AccountRootPrincipal())
    group = logs.LogGroup.from_log_group_arn(
        ours, "Logs", f"arn:aws:logs:eu-west-1:{ELSEWHERE}:log-group:/jobs:*"
    )

    with pytest.raises(ValueError, match=rf"log_group is in account {ELSEWHERE}, and the queue in"):
        queue(ours).grant_engine(role, log_group=group)


def test_an_engine_reads_logs_and_finds_instances_where_its_queue_is() -> None:
    ours = stack()
    role = iam.Role(ours, "Role", assumed_by=iam.AccountRootPrincipal())

    queue(ours, region="us-east-1").grant_engine(role, job_definition_prefix="nf-")

    (policy,) = Template.from_stack(ours).find_resources("AWS::IAM::Policy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    text = json.dumps([one["Resource"] for one in statements])
    assert "eu-west-1" not in text
    assert "AWS::Region" not in text
    assert f"arn:aws:ecs:us-east-1:{HERE}:task/*" in text
    assert f"arn:aws:logs:us-east-1:{HERE}:log-group:/aws/batch/job:log-stream:*" in text
