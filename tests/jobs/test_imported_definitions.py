"""Job definitions that exist already: their names, their roles and their logs."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

import batch_constructs as bc

ARN = "arn:aws:batch:us-east-1:123456789012:job-definition/tool:3"


def test_what_is_granted_to_a_definition_is_granted_to_the_role_it_was_taken_in_with(
    stack: cdk.Stack,
) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    group = logs.LogGroup.from_log_group_name(stack, "Logs", "/jobs/tool")
    definition = bc.JobDefinition.from_job_definition_attributes(
        stack, "Tool", job_definition_arn=ARN, job_role=role, log_group=group
    )

    s3.Bucket(stack, "Bucket").grant_read(definition)

    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == [stack.resolve(role.role_name)]
    assert definition.job_definition_name == "tool"
    assert definition.log_group.log_group_name == "/jobs/tool"


@pytest.mark.parametrize("member", ["job_role", "log_group", "grant_principal"])
def test_what_a_definition_was_not_taken_in_with_is_named(member: str, stack: cdk.Stack) -> None:
    definition = bc.JobDefinition.from_job_definition_attributes(
        stack, "Tool", job_definition_arn=ARN
    )

    with pytest.raises(ValueError, match="Stack/Tool: .* is unknown; .*_attributes"):
        getattr(definition, member)


def test_wrong_attributes_are_refused_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(TypeError) as refusal:
        bc.JobDefinition.from_job_definition_attributes(
            stack,
            "Tool",
            job_definition_arn=ARN,
            job_role="role",  # type: ignore[arg-type]  # the mistake
            log_group="group",  # type: ignore[arg-type]  # the mistake
        )

    assert 'job_role is str "role"; expected an iam.IRole' in str(refusal.value)
    assert 'log_group is str "group"; expected a logs.ILogGroup' in str(refusal.value)


def test_a_right_to_submit_is_the_same_from_the_definition_as_from_the_queue(
    stack: cdk.Stack,
) -> None:
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    definition = bc.JobDefinition.from_job_definition_name(stack, "Tool", "tool")
    roles = [iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal()) for name in "AB"]

    definition.grant_submit(roles[0], queue)
    queue.grant_submit(roles[1], definition)

    one, other = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    documents = [policy["Properties"]["PolicyDocument"] for policy in (one, other)]
    assert documents[0] == documents[1]
