"""What a role of another stack has room for, beside the policies that it has already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

import batch_constructs as bc
from batch_constructs.aws import quotas
from tests import rendered
from tests.test_other_stacks import JOB, policies, role


@pytest.fixture(autouse=True)
def what_users_grant() -> Iterator[None]:
    """None of it is ours: no judge looks at what users let somebody do."""
    with rendered.somebody_elses():
        yield


@pytest.fixture
def shared(app: cdk.App) -> cdk.Stack:
    """A stack of what several share."""
    return cdk.Stack(app, "Shared")


OBJECTS = f"arn:aws:s3:::{'b' * 50}/"


def given_objects(count: int) -> iam.PolicyDocument:
    """Return an inline policy of about a hundred characters and 60 for each object."""
    named = [f"{OBJECTS}{number:03}" for number in range(count)]
    return iam.PolicyDocument(
        statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=named)]
    )


@pytest.mark.parametrize("actions", [10, 25])
def test_a_role_without_room_for_a_statement_has_all_of_it_in_managed_policies(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack, actions: int
) -> None:
    """No template has a policy without statements, and none more than what IAM takes."""
    given = role(shared, inline_policies={"Own": given_objects(138)})
    made = cast("iam.CfnRole", given.node.default_child)
    assert (
        200 < quotas.ROLE_POLICY_CHARACTERS - len(json.dumps(shared.resolve(made.policies))) < 300
    )
    asked = [f"logs:DescribeSomething{number:02}" for number in range(actions)]
    job = bc.FargateJobDefinition(stack, "Job", **JOB, job_role=given)
    job.grant_principal.add_to_principal_policy(iam.PolicyStatement(actions=asked, resources=["*"]))

    for _ in range(2):  # a second synthesis says the same
        assembly = app.synth(force=True)
        found = assembly.get_stack_by_name(stack.stack_name).template["Resources"].values()
        says = [one["Type"] for one in found if asked[0] in json.dumps(one)]
        assert says == ["AWS::IAM::ManagedPolicy"]
        assert not any(one["Type"] == "AWS::IAM::Policy" for one in found)


def test_a_role_whose_own_policy_the_cdk_moved_away_is_told_what_is_wrong_with_it(
    app: cdk.App, shared: cdk.Stack
) -> None:
    """A statement of more than 10,000 characters goes to a managed policy, which takes less."""
    given = role(shared)
    for statement in given_objects(150).to_json()["Statement"]:
        given.add_to_policy(iam.PolicyStatement.from_json(statement))
    bc.FargateJobDefinition(cdk.Stack(app, "Later"), "Job", **JOB, execution_role=given)

    with pytest.raises(RuntimeError, match=r"'batch-constructs::managed-policy-size'"):
        app.synth()


def test_a_policy_that_is_seen_first_leaves_room_to_one_that_was_made_before_it(
    app: cdk.App, shared: cdk.Stack
) -> None:
    """Stacks are seen in their order, whichever of them was given the role first."""
    given = role(shared)
    for one in reversed([cdk.Stack(app, name) for name in ("First", "Second")]):
        job = bc.FargateJobDefinition(one, "Job", **JOB, job_role=given)
        for statement in (given_objects(100), given_objects(100)):
            job.grant_principal.add_to_principal_policy(
                iam.PolicyStatement.from_json(statement.to_json()["Statement"][0])
            )

    assembly = app.synth()
    inline = [
        len(json.dumps(one["PolicyDocument"], separators=(",", ":")))
        for name in ("First", "Second")
        for one in policies(assembly.get_stack_by_name(name).template).values()
    ]
    assert sum(inline) <= quotas.ROLE_POLICY_CHARACTERS
