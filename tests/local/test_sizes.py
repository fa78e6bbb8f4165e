"""The embedded AWS refuses what AWS refuses for its size or number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from batch_constructs.aws import quotas
from batch_constructs.aws.template_facts import RESOURCES
from batch_constructs.local.cloudformation import sizes
from batch_constructs.local.cloudformation.resource_type import ProvisioningError
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rulebook import RULES
from tests.rules import sized_policies, sized_resources

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

SIZED = [
    one
    for one in [*sized_policies.CASES, *sized_resources.CASES]
    if RULES[one[0]].area in ("policy_size", "stack_quota")
]
CASES = [one for one in SIZED if RULES[one[0]].severity is Severity.ERROR]
RAISED_ON_REQUEST = [one for one in SIZED if one not in CASES]


@pytest.mark.parametrize(("rule", "make", "most"), CASES)
def test_a_stack_of_the_most_is_taken_and_of_one_more_is_not(
    rule: str, make: Any, most: int
) -> None:
    """Each rule is held to its words elsewhere."""
    assert list(sizes.exceeded({"Resources": make(most)})) == []

    [said] = sizes.exceeded({"Resources": make(most + 1)})
    assert str(most) in said, rule


@pytest.mark.parametrize(("rule", "make", "most"), RAISED_ON_REQUEST)
def test_a_quota_that_aws_raises_on_request_is_no_limit(rule: str, make: Any, most: int) -> None:
    assert list(sizes.exceeded({"Resources": make(most + 1)})) == [], rule


def document(length: int) -> dict[str, str]:
    return {"Sid": "x" * (length - len(json.dumps({"Sid": ""}, separators=(",", ":"))))}


def role(length: int) -> dict[str, Any]:
    return {
        "Policies": [{"PolicyDocument": document(100)}, {"PolicyDocument": document(length - 100)}]
    }


def function(length: int) -> dict[str, Any]:
    return {"Environment": {"Variables": {"NAME": "x" * (length - 4)}}}


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize(
    ("kind", "make", "most"),
    [
        ("AWS::IAM::Role", role, quotas.ROLE_POLICY_CHARACTERS),
        ("AWS::Lambda::Function", function, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ],
)
def test_what_is_known_exactly_at_the_deployment_is_refused_then(
    operation: str, kind: str, make: Any, most: int
) -> None:
    made: list[object] = []
    handlers: Any = {one: {operation: lambda *some: made.append(some)} for one in sizes.SIZED}
    sizes.check_sizes(handlers)
    before = ["It"] if operation == "create" else ["it", {}]

    handlers[kind][operation](*before, make(most), "Stack")
    assert len(made) == 1

    with pytest.raises(ProvisioningError, match=rf"have {most + 1} \w+; .*allows {most}"):
        handlers[kind][operation](*before, make(most + 1), "Stack")
    assert len(made) == 1


@pytest.mark.local_aws
@pytest.mark.parametrize("more", [0, 1])
def test_what_a_growing_app_meets_is_refused_of_its_stack(more: int, local_aws: LocalAws) -> None:
    """The CDK gives rights by policies beside the role: all of a role count together."""
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    trust = {**statement, "Principal": {"Service": "lambda.amazonaws.com"}}
    del trust["Resource"]
    length = quotas.ROLE_POLICY_CHARACTERS // 2
    room = length - len(
        json.dumps({"Statement": [{**statement, "Sid": ""}]}, separators=(",", ":"))
    )
    policies = {
        f"P{n}": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": f"sizes{n}",
                "Roles": [{"Ref": "R"}],
                "PolicyDocument": {"Statement": [{**statement, "Sid": "x" * (room + n * more)}]},
            },
        }
        for n in range(2)
    }
    own = {"AssumeRolePolicyDocument": {"Statement": [{**trust, "Action": "sts:AssumeRole"}]}}
    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": own}, **policies}}

    said = _refused(local_aws, f"Growing{more}", template)

    assert said == (
        "Template error: R: the inline policies have 10241 characters or more; IAM allows 10240 "
        "for a role"
        if more
        else None
    )


@pytest.mark.local_aws
def test_a_nested_stack_is_held_to_the_same(local_aws: LocalAws) -> None:
    store = local_aws.client("s3")
    store.create_bucket(Bucket="nested-sizes")
    topics = {f"T{n}": {"Type": "AWS::SNS::Topic"} for n in range(RESOURCES + 1)}
    store.put_object(Bucket="nested-sizes", Key="t", Body=json.dumps({"Resources": topics}))
    url = f"{local_aws.endpoint_url}/nested-sizes/t"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}

    said = _refused(local_aws, "Nesting", {"Resources": {"N": nested}})

    assert "Number of resources, 501, is greater than maximum allowed, 500" in str(said)


def _refused(aws: LocalAws, name: str, template: dict[str, Any]) -> str | None:
    """Create a stack, and give why it could not be."""
    stacks = aws.client("cloudformation")
    capabilities = ["CAPABILITY_NAMED_IAM"]
    try:
        stacks.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=capabilities
        )
        waiter = stacks.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
    except ClientError as error:
        return str(error).partition("operation: ")[2]
    except WaiterError:
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        return str([one.get("ResourceStatusReason") for one in events])
    stacks.delete_stack(StackName=name)
    return None
