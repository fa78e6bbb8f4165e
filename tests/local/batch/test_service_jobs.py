"""Service jobs: SageMaker training jobs that wait, run and end as AWS Batch's service jobs do."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.batch.conftest import Account, RecordingPorts

PAYLOAD = {
    "AlgorithmSpecification": {
        "TrainingImage": "training",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["sh", "-c"],
        "ContainerArguments": ["echo learns at $RATE; exit $CODE"],
    },
    "Environment": {"RATE": "0.1", "CODE": "0"},
    "OutputDataConfig": {"S3OutputPath": "s3://models/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "RoleArn": "arn:aws:iam::123456789012:role/training",
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


@pytest.fixture
def training(account: Account) -> Account:
    """An account with a service environment of one instance, and a queue."""
    account.batch.create_service_environment(
        serviceEnvironmentName="training",
        serviceEnvironmentType="SAGEMAKER_TRAINING",
        capacityLimits=[{"maxCapacity": 1, "capacityUnit": "NUM_INSTANCES"}],
    )
    _queue(account, "training")
    return account


def _queue(account: Account, name: str, **more: Any) -> None:
    account.batch.create_job_queue(
        jobQueueName=name,
        jobQueueType="SAGEMAKER_TRAINING",
        priority=1,
        serviceEnvironmentOrder=[{"order": 1, "serviceEnvironment": "training"}],
        **more,
    )


def _submit(account: Account, code: int = 0, queue: str = "training", **more: Any) -> str:
    payload = {**PAYLOAD, "Environment": {"RATE": "0.1", "CODE": str(code)}}
    command = more.pop("command", None)
    if command is not None:
        payload["AlgorithmSpecification"] = {
            "TrainingInputMode": "File",
            "ContainerEntrypoint": command,
        }
    job: str = account.batch.submit_service_job(
        jobName="learn",
        jobQueue=queue,
        serviceJobType="SAGEMAKER_TRAINING",
        serviceRequestPayload=json.dumps(payload),
        **more,
    )["jobId"]
    return job


def _until(account: Account, job: str, *wanted: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        detail: dict[str, Any] = account.batch.describe_service_job(jobId=job)
        if detail["status"] in wanted:
            return detail
        time.sleep(0.02)
    raise AssertionError(f"{job} is {detail['status']}")


def test_a_training_job_runs_what_its_payload_names(
    training: Account, ports: RecordingPorts
) -> None:
    job = _submit(training, tags={"team": "a"})

    detail = _until(training, job, "SUCCEEDED", "FAILED")

    assert detail["statusReason"] == "Received status from SageMaker: Training job completed"
    assert detail["tags"] == {"team": "a"}
    assert detail["capacityUsage"] == [{"capacityUnit": "ml.m5.large", "quantity": 1.0}]
    (attempt,) = detail["attempts"]
    assert attempt["serviceResourceId"] == detail["latestAttempt"]["serviceResourceId"]
    assert (
        ":sagemaker:us-east-1:123456789012:training-job/AWSBatchlearn"
        in (attempt["serviceResourceId"]["value"])
    )
    said = [lines for (group, _), lines in ports.logs.items() if "TrainingJobs" in group]
    assert said == [["learns at 0.1"]]


def test_its_events_are_of_service_jobs_and_hold_neither_payload_nor_tags(
    training: Account, ports: RecordingPorts
) -> None:
    job = _submit(training, tags={"team": "a"})
    _until(training, job, "SUCCEEDED")
    events: list[dict[str, Any]] = []
    while not events or events[-1]["detail"]["status"] != "SUCCEEDED":
        events = [event for event in ports.events if event["detail"]["jobId"] == job]

    assert {event["detail-type"] for event in events} == {"Batch Service Job State Change"}
    assert events[0]["resources"] == [f"arn:aws:batch:us-east-1:123456789012:service-job/{job}"]
    assert not {"tags", "serviceRequestPayload"} & set(events[0]["detail"])


def test_it_waits_until_its_environment_has_instances(training: Account) -> None:
    first = _submit(training, command=["sleep", "600"])
    second = _submit(training)
    _until(training, first, "RUNNING")

    assert training.batch.describe_service_job(jobId=second)["status"] == "RUNNABLE"
    front = training.batch.get_job_queue_snapshot(jobQueue="training")["frontOfQueue"]
    assert front["jobs"][0]["jobArn"].endswith(f":service-job/{second}")
    training.batch.terminate_service_job(jobId=first, reason="enough")

    ended = _until(training, first, "FAILED")
    assert (ended["statusReason"], ended["isTerminated"]) == ("enough", True)
    _until(training, second, "SUCCEEDED")


def test_a_failed_one_is_tried_again_by_its_status_reason(training: Account) -> None:
    again = {"attempts": 2, "evaluateOnExit": []}
    once = [{"action": "EXIT", "onStatusReason": "Received status from SageMaker: Algorithm*"}]
    jobs = [
        _submit(training, 3, retryStrategy=again),
        _submit(training, 3, retryStrategy={"attempts": 2, "evaluateOnExit": once}),
    ]

    attempts = [len(_until(training, job, "FAILED")["attempts"]) for job in jobs]

    assert attempts == [2, 1]


def test_operations_on_jobs_do_not_see_it_and_those_on_service_jobs_see_no_other(
    training: Account,
) -> None:
    service = _submit(training, command=["sleep", "600"])
    _until(training, service, "RUNNING")

    training.batch.terminate_job(jobId=service, reason="no")
    assert training.batch.describe_jobs(jobs=[service])["jobs"] == []
    assert training.batch.list_jobs(jobQueue="training")["jobSummaryList"] == []
    (listed,) = training.batch.list_service_jobs(jobQueue="training")["jobSummaryList"]
    assert (listed["jobId"], listed["status"]) == (service, "RUNNING")
    with pytest.raises(ClientError, match="there is no service job other"):
        training.batch.describe_service_job(jobId="other")


def test_within_a_share_the_highest_priority_goes_first_also_when_it_was_changed(
    training: Account,
) -> None:
    policy = training.batch.create_scheduling_policy(name="fair", fairsharePolicy={})["arn"]
    _queue(training, "fair", schedulingPolicyArn=policy)
    running = _submit(training, queue="fair", shareIdentifier="a", command=["sleep", "600"])
    _until(training, running, "RUNNING")
    first, second = (_submit(training, queue="fair", shareIdentifier="a") for _ in range(2))

    training.batch.update_service_job(jobId=second, schedulingPriority=9)

    front = training.batch.get_job_queue_snapshot(jobQueue="fair")["frontOfQueue"]["jobs"]
    assert [job["jobArn"].rpartition("/")[2] for job in front] == [second, first]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"serviceRequestPayload": "{"}, "serviceRequestPayload is not JSON"),
        ({"serviceRequestPayload": "{}"}, "lacks AlgorithmSpecification, OutputDataConfig"),
        ({"shareIdentifier": "a"}, "shareIdentifier must not be specified"),
        ({"quotaShareName": "a"}, "quotaShareName must not be specified"),
    ],
)
def test_what_cannot_be_a_service_job_is_refused(
    change: dict[str, Any], said: str, training: Account
) -> None:
    request: dict[str, Any] = {
        "jobName": "learn",
        "jobQueue": "training",
        "serviceJobType": "SAGEMAKER_TRAINING",
        "serviceRequestPayload": json.dumps(PAYLOAD),
    }

    with pytest.raises(ClientError, match=said):
        training.batch.submit_service_job(**{**request, **change})


def test_a_queue_with_quota_shares_takes_jobs_of_the_shares_it_has(training: Account) -> None:
    policy = training.batch.create_scheduling_policy(
        name="quota", quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"}
    )["arn"]
    _queue(training, "quota", schedulingPolicyArn=policy)
    training.batch.create_quota_share(
        quotaShareName="team",
        jobQueue="quota",
        capacityLimits=[{"maxCapacity": 1, "capacityUnit": "NUM_INSTANCES"}],
        resourceSharingConfiguration={"strategy": "RESERVE"},
        preemptionConfiguration={"inSharePreemption": "DISABLED"},
    )

    with pytest.raises(ClientError, match="no ENABLED quota share"):
        _submit(training, queue="quota", quotaShareName="other")
    job = _submit(training, queue="quota", quotaShareName="team")

    assert _until(training, job, "SUCCEEDED")["quotaShareName"] == "team"
