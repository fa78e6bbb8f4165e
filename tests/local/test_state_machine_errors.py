"""State machines of the embedded AWS report what Batch answered as deployed ones do."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.adapter.state_machines import reported

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws


def refusal(code: str, status: int) -> dict[str, Any]:
    return {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("TooManyRequestsException", 429, "Batch.AWSBatchException"),
        ("AccessDeniedException", 403, "Batch.AWSBatchException"),
        ("ClientException", 400, "Batch.ClientException"),
        ("ServerException", 500, "Batch.ServerException"),
    ],
)
def test_an_error_has_the_name_and_the_cause_that_deployed_machines_report(
    code: str, status: int, name: str
) -> None:
    cause = f"no (Service: AWSBatch; Status Code: {status}; Error Code: {code})"

    assert reported(refusal(code, status)) == (name, cause)


def executed(aws: LocalAws, state: dict[str, Any], **sent: Any) -> dict[str, Any]:
    """Run a state machine of one state, which catches whatever can be caught."""
    iam, machines = aws.client("iam"), aws.client("stepfunctions")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "states.amazonaws.com"},
    }
    name = f"of-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    definition = {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}
    machine = machines.create_state_machine(
        name=name, roleArn=role, definition=json.dumps(definition)
    )["stateMachineArn"]
    arn = machines.start_execution(stateMachineArn=machine, input=json.dumps(sent))["executionArn"]
    while True:
        found: dict[str, Any] = machines.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.05)


CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Only"}]
SUBMIT = "arn:aws:states:::batch:submitJob"


@pytest.mark.local_aws
@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (
            {"Type": "Pass", "Parameters": {"missing.$": "$.nope.deep"}},
            (
                "The JSONPath '$.nope.deep' specified for the field 'missing.$' could not be found "
                "in the input '{\"other\":1}'"
            ),
        ),
        (
            {
                "Type": "Task",
                "Resource": SUBMIT,
                "Parameters": {"JobName": "x", "JobQueue.$": "$.queue", "JobDefinition": "x"},
                "Catch": CATCH,
                "Retry": [{"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["States.ALL"]}],
            },
            "The JSONPath '$.queue' specified for the field 'JobQueue.$' could not be found",
        ),
        ({"Type": "Pass", "InputPath": "$.nope"}, "No results for path: $.nope"),
        ({"Type": "Pass", "OutputPath": "$.nope"}, "No results for path: $.nope"),
        (
            {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $.nope)"}},
            "No results for path: $.nope",
        ),
        ({"Type": "Pass", "Parameters": {"a.$": "$$.Nope"}}, "could not be found"),
        ({"Type": "Pass", "Parameters": {"a.$": "$.b[?(@.c)]"}}, "does not support paths such as"),
    ],
)
def test_a_path_that_leads_nowhere_fails_the_execution_whatever_is_caught(
    local_aws: LocalAws, state: dict[str, Any], cause: str
) -> None:
    found = executed(local_aws, state, other=1)

    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert cause in found["cause"]


@pytest.mark.local_aws
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", {"a": None, "b": [{"c": 1}]}),
        ("$.a", None),
        ("$['b'][0].c", 1),
        ("$.b[7]", None),
        ("$.b[*].c", [1]),
        ("States.Array($.b[0].c, 2)", [1, 2]),
    ],
)
def test_a_path_that_leads_somewhere_is_followed(
    local_aws: LocalAws, path: str, value: object
) -> None:
    found = executed(local_aws, {"Type": "Pass", "Parameters": {"x.$": path}}, a=None, b=[{"c": 1}])

    assert json.loads(found["output"]) == {"x": value}
