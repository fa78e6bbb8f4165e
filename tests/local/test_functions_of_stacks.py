"""Functions of a stack: their code has to be there; a custom resource ends with its function."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws

TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}


def template(code: dict[str, str], **more: Any) -> dict[str, Any]:
    function = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["R", "Arn"]},
        "Code": code,
    }
    return {
        "Resources": {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
            "F": {"Type": "AWS::Lambda::Function", "Properties": function},
            **more,
        }
    }


def reasons(aws: LocalAws, name: str, body: dict[str, Any]) -> tuple[str, list[str]]:
    """Create a stack, and give its end and why its resources failed."""
    stacks = aws.client("cloudformation")
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    end = time.monotonic() + 60
    status = "CREATE_IN_PROGRESS"
    while status.endswith("IN_PROGRESS") and time.monotonic() < end:
        [stack] = stacks.describe_stacks(StackName=name)["Stacks"]
        status = stack["StackStatus"]
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    failed = [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    return status, [one.get("ResourceStatusReason", "") for one in failed]


CUSTOM = {"Type": "Custom::Own", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}}
ANSWER = """
import json, urllib.request
def handler(event, context):
    body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "it", "Data": {}}).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, method="PUT"))
    raise ValueError("after its answer")
"""


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        (
            "raises",
            "def handler(event, context):\n    raise ValueError('no such thing')\n",
            "no such",
        ),
        ("syntax", "def handler(:\n", "invalid syntax"),
    ],
)
def test_a_custom_resource_fails_with_its_function_and_says_why(
    local_aws: LocalAws, name: str, code: str, error: str
) -> None:
    body = template({"ZipFile": code}, C=CUSTOM)

    status, [reason] = reasons(local_aws, f"custom-{name}", body)

    assert status == "ROLLBACK_COMPLETE"
    assert "the function of C failed (" in reason
    assert error in reason


def test_what_a_function_answered_before_it_failed_counts(local_aws: LocalAws) -> None:
    body = template({"ZipFile": ANSWER}, C=CUSTOM)

    assert reasons(local_aws, "custom-answered", body) == ("CREATE_COMPLETE", [])


def test_a_function_without_its_code_is_not_made(local_aws: LocalAws) -> None:
    body = template({"S3Bucket": "no-such-bucket", "S3Key": "code.zip"})

    status, [reason] = reasons(local_aws, "no-code", body)

    assert status == "ROLLBACK_COMPLETE"
    assert "there is no s3://no-such-bucket/code.zip, which Code names" in reason
