"""The head of a workflow engine may do what engines call, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

import batch_constructs as bc

CALLS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "what_engines_call.json").read_text()
)
"""Engine → action → where its source, as it is published, calls for it."""

ARN = "arn:aws:batch:eu-west-1:123456789012:"


@pytest.fixture
def head(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Head", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))


@pytest.fixture
def queue(stack: cdk.Stack) -> bc.JobQueue:
    return bc.JobQueue.from_job_queue_arn(stack, "Queue", f"{ARN}job-queue/main")


def rights(stack: cdk.Stack) -> dict[str, list[Any]]:
    """Return what each action is allowed on."""
    found: dict[str, list[Any]] = {}
    template = cdk.assertions.Template.from_stack(stack)
    for policy in template.find_resources("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions, resources = statement["Action"], statement["Resource"]
            for action in actions if isinstance(actions, list) else [actions]:
                on = found.setdefault(action, [])
                on += resources if isinstance(resources, list) else [resources]
    return found


@pytest.mark.parametrize("engine", CALLS)
def test_the_head_of_an_engine_may_do_all_that_it_calls(
    engine: str, stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head, job_roles=[head])

    assert set(CALLS[engine]) <= set(rights(stack))


def test_no_head_may_do_what_no_engine_calls(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head, job_roles=[head])

    assert set(rights(stack)) == {action for calls in CALLS.values() for action in calls}


@pytest.mark.parametrize("kind", [logs.LogGroup, logs.CfnLogGroup])
def test_the_head_reads_the_streams_of_one_group(
    kind: Callable[..., Any], stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head, log_group=kind(stack, "Logs"))

    [read] = rights(stack)["logs:GetLogEvents"]
    assert read["Fn::GetAtt"][1] == "Arn"


def test_only_definitions_of_the_prefix_are_registered_submitted_and_tagged(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head, job_definition_prefix="nf-")

    mine, jobs, to = f"{ARN}job-definition/nf-*", f"{ARN}job/*", f"{ARN}job-queue/main"
    allowed = rights(stack)
    assert allowed["batch:RegisterJobDefinition"] == [mine]
    assert allowed["batch:DeregisterJobDefinition"] == [mine]
    assert sorted(allowed["batch:SubmitJob"]) == sorted([mine, to, jobs])
    assert sorted(allowed["batch:TagResource"]) == sorted([mine, jobs])
    assert allowed["batch:TerminateJob"] == [jobs]


def test_roles_are_passed_only_where_they_are_named(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head)
    assert "iam:PassRole" not in rights(stack)


def test_a_role_is_passed_to_jobs_only(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    queue.grant_engine(head, job_roles=[head])

    template = cdk.assertions.Template.from_stack(stack)
    [policy] = template.find_resources("AWS::IAM::Policy").values()
    [passing] = [
        one
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        if one["Action"] == "iam:PassRole"
    ]
    services = {"iam:PassedToService": ["batch.amazonaws.com", "ecs-tasks.amazonaws.com"]}
    assert passing["Condition"] == {"StringEqualsIfExists": services}


def test_the_log_of_the_jobs_is_the_default_one_or_that_which_is_named(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    group = logs.LogGroup(stack, "Log")
    other = iam.Role(stack, "Other", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    queue.grant_engine(head)
    queue.grant_engine(other, log_group=group)

    read = rights(stack)["logs:GetLogEvents"]
    assert sum("log-group:/aws/batch/job:log-stream:*" in json.dumps(one) for one in read) == 1
    assert sum("Fn::GetAtt" in json.dumps(one) for one in read) == 1


def test_a_role_that_cannot_be_passed_is_refused(
    stack: cdk.Stack, queue: bc.JobQueue, head: iam.Role
) -> None:
    there = cdk.Stack(
        cdk.App(), "There", env=cdk.Environment(account="123456789012", region="eu-west-1")
    )
    queue = bc.JobQueue.from_job_queue_arn(there, "Queue", f"{ARN}job-queue/main")
    role = iam.Role.from_role_arn(there, "Theirs", f"arn:aws:iam::{'2' * 12}:role/theirs")
    user = iam.User(there, "User")

    with pytest.raises(ValueError, match=r"There/Queue: job_roles\[0\]: .* is in account 2222"):
        queue.grant_engine(user, job_roles=[role])


def test_rights_to_a_queue_of_the_stack_are_in_its_account_and_region(
    stack: cdk.Stack, vpc: ec2.Vpc, head: iam.Role
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    queue = bc.JobQueue(stack, "Own", compute_environments=[environment])
    queue.grant_engine(head, job_definition_prefix="nf-")

    (definitions,) = rights(stack)["batch:RegisterJobDefinition"]
    assert definitions["Fn::Join"][1][-1].endswith(":job-definition/nf-*")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"job_definition_prefix": "nf*"}, "job_definition_prefix is"),
        ({"job_definition_prefix": ""}, "job_definition_prefix is empty"),
        ({"job_roles": ["role"]}, r"job_roles\[0\] is str \"role\"; expected an iam.IRole"),
        ({"log_group": "group"}, 'log_group is str "group"; expected a logs.ILogGroup'),
    ],
)
def test_what_cannot_be_granted_is_refused(
    options: dict[str, Any], message: str, queue: bc.JobQueue, head: iam.Role
) -> None:
    with pytest.raises((ValueError, TypeError), match=f"Stack/Queue: {message}"):
        queue.grant_engine(head, **options)


def test_the_roles_of_many_teams_are_divided_among_policies_that_iam_takes() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "q")
    head = iam.Role(stack, "Head", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    form = "arn:aws:iam::123456789012:role/a-job-role-of-a-team-with-a-name-{}"
    arns = [form.format(number) for number in range(250)]
    roles = [iam.Role.from_role_arn(stack, f"Role{at}", arn) for at, arn in enumerate(arns)]
    queue.grant_engine(head, job_roles=roles)

    resources = app.synth().get_stack_by_name("S").template["Resources"].values()
    managed = [one for one in resources if one["Type"] == "AWS::IAM::ManagedPolicy"]
    documents = [one["Properties"]["PolicyDocument"] for one in managed]
    assert all(len(json.dumps(one, separators=(",", ":"))) <= 6144 for one in documents)
    passed = json.dumps([one for one in resources if "Policy" in one["Type"]])
    assert [arn for arn in arns if f'"{arn}"' not in passed] == []
