"""CloudFormation properties as API requests, and responses as Step Functions shows them."""

from __future__ import annotations

import pytest

from batch_constructs.local.cloudformation.property_values import from_response, to_request
from batch_constructs.local.cloudformation.resource_type import ProvisioningError


def test_names_are_spelled_as_the_api_does_and_a_user_s_keys_stay() -> None:
    request = to_request(
        "RegisterJobDefinition",
        {
            "JobDefinitionName": "x",
            "Type": "Container",
            "Parameters": {"Key": "Value", "lower": "1"},
            "Tags": {"Team": "blue"},
            "ContainerProperties": {
                "ResourceRequirements": [{"Type": "VCPU", "Value": 1}],
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}},
            },
        },
    )

    assert request == {
        "jobDefinitionName": "x",
        "type": "container",
        "parameters": {"Key": "Value", "lower": "1"},
        "tags": {"Team": "blue"},
        "containerProperties": {
            "resourceRequirements": [{"type": "VCPU", "value": "1"}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
        },
    }


@pytest.mark.parametrize(("given", "sent"), [("4", 4), (4, 4), (4.0, 4), ("4.0", 4)])
def test_a_number_may_be_a_string(given: object, sent: int) -> None:
    assert to_request("CreateJobQueue", {"Priority": given}) == {"priority": sent}


def test_a_boolean_may_be_a_string() -> None:
    assert to_request("RegisterJobDefinition", {"PropagateTags": "true"}) == {"propagateTags": True}


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ProvisioningError) as refusal:
        to_request(
            "CreateJobQueue",
            {"Priority": "high", "Nonsense": 1, "ComputeEnvironmentOrder": [{"Rank": 1}]},
        )

    message = str(refusal.value)
    assert "#/Priority: expected type: integer, found: 'high'" in message
    assert "#: extraneous key [Nonsense] is not permitted" in message
    assert "#/ComputeEnvironmentOrder/0: extraneous key [Rank] is not permitted" in message


def test_a_response_is_capitalised_but_a_user_s_keys() -> None:
    job = {"jobId": "1", "parameters": {"key": "x"}, "container": {"exitCode": 0}}

    assert from_response("DescribeJobs", {"jobs": [job]}) == {
        "Jobs": [{"JobId": "1", "Parameters": {"key": "x"}, "Container": {"ExitCode": 0}}]
    }
