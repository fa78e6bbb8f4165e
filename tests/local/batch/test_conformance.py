"""Every operation of the AWS Batch API, driven by boto3: it works.

The fixture's server checks every answer against botocore's shape for it: types, required members,
enumerations, and that there is no member the model does not know.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

from batch_constructs.local.batch import OPERATIONS, ServiceError
from batch_constructs.local.batch.api_model import match

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.batch.conftest import Account

ACCOUNT_ARN = "arn:aws:batch:us-east-1:123456789012"
TRAINING = {
    "AlgorithmSpecification": {"TrainingInputMode": "File", "ContainerEntrypoint": ["true"]},
    "OutputDataConfig": {"S3OutputPath": "s3://models/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    "RoleArn": "arn:aws:iam::123456789012:role/training",
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
QUOTA_SHARE = {
    "capacityLimits": [{"maxCapacity": 1, "capacityUnit": "ml.m5.large"}],
    "resourceSharingConfiguration": {"strategy": "RESERVE"},
    "preemptionConfiguration": {"inSharePreemption": "DISABLED"},
}

TRAINING_QUEUE: dict[str, Any] = {
    "jobQueueName": "training",
    "priority": 1,
    "serviceEnvironmentOrder": [{"order": 1, "serviceEnvironment": "training"}],
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
    "UpdateServiceEnvironment": {"serviceEnvironment": "training", "state": "ENABLED"},
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
    "SubmitServiceJob": {
        "jobName": "training",
        "jobQueue": "training",
        "serviceRequestPayload": json.dumps(TRAINING),
        "serviceJobType": "SAGEMAKER_TRAINING",
    },
    "DescribeServiceJob": {"jobId": "{service_job}"},
    "ListServiceJobs": {"jobQueue": "training"},
    "UpdateServiceJob": {"jobId": "{service_job}", "schedulingPriority": 1},
    "TerminateServiceJob": {"jobId": "{service_job}", "reason": "no"},
    "TerminateServiceJobs": {"jobs": ["{service_job}"], "reason": "no"},
    "CancelJobs": {"jobs": ["{job}"], "reason": "no longer needed"},
    "TerminateJob": {"jobId": "{job}", "reason": "no longer needed"},
    "TerminateJobs": {"jobs": ["{job}"], "reason": "no longer needed"},
    "TagResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue", "tags": {"team": "b"}},
    "ListTagsForResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue"},
    "UntagResource": {"resourceArn": f"{ACCOUNT_ARN}:job-queue/queue", "tagKeys": ["team"]},
    "DeregisterJobDefinition": {"jobDefinition": "job:1"},
    "DeleteQuotaShare": {"quotaShareArn": f"{ACCOUNT_ARN}:job-queue/queue/quota-share/share"},
    "DeleteServiceEnvironment": {"serviceEnvironment": "unknown"},
    "DeleteConsumableResource": {"consumableResource": "licence"},
    "DeleteSchedulingPolicy": {"arn": f"{ACCOUNT_ARN}:scheduling-policy/fair"},
    "DeleteJobQueue": {"jobQueue": "unknown"},
    "DeleteComputeEnvironment": {"computeEnvironment": "unknown"},
}


def ask_everything(ask: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    """Ask every operation once, with the IDs of the jobs that were submitted before."""
    job = service_job = ""
    for operation, request in REQUESTS.items():
        if operation == "SubmitServiceJob":
            ask("CreateJobQueue", TRAINING_QUEUE)
        answer = ask(
            operation, {key: _filled(value, job, service_job) for key, value in request.items()}
        )
        if operation == "SubmitJob":
            job = answer["jobId"]
        if operation == "SubmitServiceJob":
            service_job = answer["jobId"]


def test_every_operation_of_the_api_is_accounted_for() -> None:
    assert set(REQUESTS) == set(OPERATIONS)


def test_every_modelled_operation_answers_in_its_shape(ready: Account) -> None:
    def ask(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(ready.batch, xform_name(operation))(**request)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        if operation == "SubmitJob":
            ready.ended(answer["jobId"])
        return answer

    ask_everything(ask)


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
    with pytest.raises(ServiceError, match="not an operation of AWS Batch"):
        match(method, path, {}, {})


def _filled(value: Any, job: str, service_job: str) -> Any:
    if isinstance(value, list):
        return [_filled(item, job, service_job) for item in value]
    if value in ("{job}", "{service_job}"):
        return value.format(job=job, service_job=service_job)
    return value
