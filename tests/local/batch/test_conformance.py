"""Every operation of the AWS Batch API, driven by boto3: it works, or says that it is not modelled.

The fixture's server checks every answer against botocore's shape for it: types, required members,
enumerations, and that there is no member the model does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from batch_constructs.local.batch import OPERATIONS, ServiceError
from batch_constructs.local.batch.api_model import match

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account

ACCOUNT_ARN = "arn:aws:batch:us-east-1:123456789012"
QUOTA_SHARE = {
    "capacityLimits": [{"maxCapacity": 1, "capacityUnit": "ml.m5.large"}],
    "resourceSharingConfiguration": {"strategy": "RESERVE"},
    "preemptionConfiguration": {"inSharePreemption": "DISABLED"},
}

REQUESTS: dict[str, dict[str, Any]] = {
    "CreateComputeEnvironment": {
        "computeEnvironmentName": "ce2",
        "type": "MANAGED",
        "computeResources": {
            "type": "SPOT",
            "maxvCpus": 8,
            "instanceTypes": ["m7i"],
            "subnets": ["subnet-1"],
        },
        "tags": {"team": "a"},
    },
    "DescribeComputeEnvironments": {},
    "UpdateComputeEnvironment": {
        "computeEnvironment": "ce",
        "computeResources": {"maxvCpus": 4},
        "updatePolicy": {"terminateJobsOnUpdate": True},
    },
    "CreateJobQueue": {
        "jobQueueName": "queue2",
        "priority": 2,
        "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}],
        "jobStateTimeLimitActions": [
            {
                "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
                "state": "RUNNABLE",
                "maxTimeSeconds": 600,
                "action": "CANCEL",
            }
        ],
    },
    "DescribeJobQueues": {"jobQueues": ["queue"]},
    "UpdateJobQueue": {"jobQueue": "queue", "priority": 7},
    "GetJobQueueSnapshot": {"jobQueue": "queue"},
    "CreateSchedulingPolicy": {
        "name": "fair",
        "fairsharePolicy": {
            "shareDecaySeconds": 3600,
            "shareDistribution": [{"shareIdentifier": "a*", "weightFactor": 0.5}],
        },
    },
    "DescribeSchedulingPolicies": {"arns": [f"{ACCOUNT_ARN}:scheduling-policy/fair"]},
    "ListSchedulingPolicies": {},
    "UpdateSchedulingPolicy": {
        "arn": f"{ACCOUNT_ARN}:scheduling-policy/fair",
        "fairsharePolicy": {"computeReservation": 10},
    },
    "CreateConsumableResource": {"consumableResourceName": "licence", "totalQuantity": 3},
    "DescribeConsumableResource": {"consumableResource": "licence"},
    "ListConsumableResources": {},
    "UpdateConsumableResource": {
        "consumableResource": "licence",
        "operation": "ADD",
        "quantity": 2,
    },
    "CreateServiceEnvironment": {
        "serviceEnvironmentName": "training",
        "serviceEnvironmentType": "SAGEMAKER_TRAINING",
        "capacityLimits": [{"maxCapacity": 4, "capacityUnit": "NUM_INSTANCES"}],
    },
    "DescribeServiceEnvironments": {},
    "UpdateServiceEnvironment": {"serviceEnvironment": "training", "state": "DISABLED"},
    "CreateQuotaShare": {"quotaShareName": "share", "jobQueue": "queue", **QUOTA_SHARE},
    "DescribeQuotaShare": {"quotaShareArn": f"{ACCOUNT_ARN}:job-queue/queue/quota-share/share"},
    "ListQuotaShares": {"jobQueue": "queue"},
    "UpdateQuotaShare": {
        "quotaShareArn": f"{ACCOUNT_ARN}:job-queue/queue/quota-share/share",
        "state": "DISABLED",
    },
    "RegisterJobDefinition": {
        "jobDefinitionName": "job",
        "type": "container",
        "containerProperties": {
            "image": "busybox",
            "command": ["true"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
        },
        "consumableResourceProperties": {
            "consumableResourceList": [{"consumableResource": "licence", "quantity": 1}]
        },
        "retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onExitCode": "1", "action": "EXIT"}]},
        "timeout": {"attemptDurationSeconds": 60},
    },
    "DescribeJobDefinitions": {"status": "ACTIVE"},
    "SubmitJob": {"jobName": "one", "jobQueue": "queue", "jobDefinition": "job"},
    "ListJobs": {"jobQueue": "queue", "jobStatus": "SUCCEEDED"},
    "ListJobsByConsumableResource": {"consumableResource": "licence"},
    "DescribeJobs": {"jobs": ["{job}"]},
    "CancelJob": {"jobId": "{job}", "reason": "no longer needed"},
    "CancelJobs": {"jobs": ["{job}"], "reason": "no longer needed"},
    "TerminateJob": {"jobId": "{job}", "reason": "no longer needed"},
    "TerminateJobs": {"jobs": ["{job}"], "reason": "no longer needed"},
    "TagResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue", "tags": {"team": "b"}},
    "ListTagsForResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue"},
    "UntagResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue", "tagKeys": ["team"]},
    "DeregisterJobDefinition": {"jobDefinition": "job:1"},
    "DeleteQuotaShare": {"quotaShareArn": f"{ACCOUNT_ARN}:job-queue/queue/quota-share/share"},
    "DeleteServiceEnvironment": {"serviceEnvironment": "training"},
    "DeleteConsumableResource": {"consumableResource": "licence"},
    "DeleteSchedulingPolicy": {"arn": f"{ACCOUNT_ARN}:scheduling-policy/fair"},
    "DeleteJobQueue": {"jobQueue": "unknown"},
    "DeleteComputeEnvironment": {"computeEnvironment": "unknown"},
}

NOT_MODELLED: dict[str, dict[str, Any]] = {
    "SubmitServiceJob": {
        "jobName": "training",
        "jobQueue": "queue",
        "serviceRequestPayload": "{}",
        "serviceJobType": "SAGEMAKER_TRAINING",
    },
    "DescribeServiceJob": {"jobId": "1"},
    "ListServiceJobs": {},
    "TerminateServiceJob": {"jobId": "1", "reason": "no"},
    "TerminateServiceJobs": {"jobs": ["1"], "reason": "no"},
    "UpdateServiceJob": {"jobId": "1", "schedulingPriority": 1},
}


def test_every_operation_of_the_api_is_accounted_for() -> None:
    assert set(REQUESTS) | set(NOT_MODELLED) == set(OPERATIONS)


def test_every_modelled_operation_answers_in_its_shape(ready: Account) -> None:
    job = ""
    for operation, request in REQUESTS.items():
        text = {key: _filled(value, job) for key, value in request.items()}
        answer = getattr(ready.batch, xform_name(operation))(**text)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        if operation == "SubmitJob":
            job = answer["jobId"]
            ready.ended(job)


@pytest.mark.parametrize("operation", NOT_MODELLED)
def test_what_is_not_modelled_says_so(operation: str, batch: Any) -> None:
    with pytest.raises(ClientError, match="not modelled by the local AWS Batch") as error:
        getattr(batch, xform_name(operation))(**NOT_MODELLED[operation])

    assert error.value.response["Error"]["Code"] == "ClientException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"priority": 1}, "jobQueueName"),
        ({"jobQueueName": "q", "priority": "one"}, "priority"),
        ({"jobQueueName": "q", "priority": 1, "state": "ON"}, "ENABLED, DISABLED"),
        ({"jobQueueName": "q", "priority": 1, "colour": "red"}, "colour"),
    ],
)
def test_a_request_of_another_shape_is_refused(
    request_: dict[str, Any], what: str, service: Any
) -> None:
    with pytest.raises(ServiceError, match=what) as error:
        service.handle("CreateJobQueue", request_)

    assert (error.value.code, error.value.http_status) == ("ClientException", 400)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/submitjob"), ("POST", "/v2/anything")])
def test_a_path_that_is_no_operation_is_refused(method: str, path: str) -> None:
    with pytest.raises(ServiceError, match="no operation of AWS Batch"):
        match(method, path, {}, {})


def _filled(value: Any, job: str) -> Any:
    if isinstance(value, list):
        return [_filled(item, job) for item in value]
    return value.format(job=job) if value == "{job}" else value
