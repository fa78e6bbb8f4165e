"""`assert_least_privilege`: what is too much, what passes, what may be allowed."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.aws.authorization import OTHERS_WITHOUT_RESOURCES
from batch_constructs.testing import assert_least_privilege
from tests.judges import published_rights


def policy(**statement: Any) -> dict[str, Any]:
    whole = {"Effect": "Allow", **statement}
    return {
        "Resources": {
            "Rights": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"PolicyDocument": {"Statement": [whole]}, "PolicyName": "p"},
            }
        }
    }


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ({"Action": "*", "Resource": "arn:aws:s3:::b"}, r"it allows \*"),
        ({"Action": ["s3:*"], "Resource": "arn:aws:s3:::b"}, r"it allows s3:\*"),
        ({"Action": "s3:GetObject", "Resource": ["*"]}, r's3:GetObject on "\*"'),
        ({"Action": ["batch:DescribeJobs", "batch:SubmitJob"], "Resource": "*"}, "SubmitJob on"),
        ({"NotAction": "iam:*", "Resource": "arn:aws:s3:::b"}, "NotAction with Allow"),
        ({"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b"}, "NotResource with Allow"),
    ],
)
def test_a_right_to_too_much_fails(statement: dict[str, Any], problem: str) -> None:
    with pytest.raises(
        AssertionError, match=rf"^more than least privilege, 1:\nRights: .*{problem}"
    ):
        assert_least_privilege(policy(**statement))


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "s3:GetObject*", "Resource": "arn:aws:s3:::b/*"},
        {"Action": ["batch:DescribeJobs", "ecr:GetAuthorizationToken"], "Resource": "*"},
        {"Action": "Batch:listjobs", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": {"Ref": "Any"}},
    ],
)
def test_a_right_to_what_is_named_passes(statement: dict[str, Any]) -> None:
    assert_least_privilege(policy(**statement))


def test_a_policy_inside_of_a_role_is_looked_at() -> None:
    inside = policy(Action="s3:GetObject", Resource="*")["Resources"]["Rights"]["Properties"]
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [inside]}}

    with pytest.raises(AssertionError, match='Role: it allows s3:GetObject on "'):
        assert_least_privilege({"Resources": {"Role": role}})


def test_an_administrator_fails() -> None:
    arn = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}
    role = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [arn]}}

    with pytest.raises(AssertionError, match="the policy AdministratorAccess allows nearly"):
        assert_least_privilege({"Resources": {"Role": role}})


@pytest.mark.parametrize("allow", [["s3:*Object"], ["Rights"], "Right?"])
def test_what_is_allowed_by_action_or_logical_id_passes(allow: Any) -> None:
    assert_least_privilege(policy(Action="s3:GetObject", Resource="*"), allow=allow)


def test_what_is_allowed_and_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="nothing matches s3:PutObject"):
        assert_least_privilege(policy(Action="s3:GetObject", Resource="b"), allow=["s3:PutObject"])


def test_a_choice_of_resources_is_looked_at_in_every_case() -> None:
    chosen = policy(Action="s3:GetObject", Resource={"Fn::If": ["Wide", "*", "arn:aws:s3:::b"]})
    chosen["Parameters"] = {"Wide": {"Type": "String"}}
    chosen["Conditions"] = {"Wide": {"Fn::Equals": [{"Ref": "Wide"}, "yes"]}}

    with pytest.raises(AssertionError, match="s3:GetObject on"):
        assert_least_privilege(chosen)


def test_what_this_library_makes_has_least_privilege(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    environment = bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    job = bc.Ec2JobDefinition(stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(1))
    bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=queue,
        job_definition=job,
        function_settings=bc.FunctionSettings(vpc=vpc),
    )

    assert_least_privilege(stack)


@pytest.mark.parametrize("action", OTHERS_WITHOUT_RESOURCES)
def test_aws_publishes_no_resource_of_an_action_that_goes_with_everything(action: str) -> None:
    (facts,) = published_rights.actions(action).values()

    assert published_rights.kinds(facts) == []
