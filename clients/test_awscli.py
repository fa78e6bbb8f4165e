"""The AWS CLI, with every command of AWS Batch: https://docs.aws.amazon.com/cli/latest/reference/batch/"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_CONTAINER = {
    "image": "busybox",
    "command": ["sleep", "600"],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "256"}],
}
_COMMANDS = """
from awscli.botocore import session, xform_name
for name in session.Session().get_service_model("batch").operation_names:
    print(xform_name(name, "-"))
"""
"""What this version of the AWS CLI knows: it carries its own model of the service."""

_TRAINING = {
    "TrainingJobName": "training",
    "RoleArn": "arn:aws:iam::123456789012:role/training",
    "AlgorithmSpecification": {"TrainingImage": "training", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://training/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def test_every_command_of_aws_batch_is_answered(  # noqa: PLR0915 - a statement a command
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    awscli, here = program("awscli"), account()
    known = awscli.run("python", "-c", _COMMANDS, aws=here.aws.environment).split()
    called: set[str] = set()

    def aws(command: str, **members: Any) -> Any:
        if command not in known:
            return {}
        called.add(command)
        said = awscli.run(
            *("aws", "--output", "json", "batch", command),
            *("--cli-input-json", json.dumps(members)),
            aws=here.aws.environment,
        )
        return json.loads(said) if said.strip() else {}

    environment = aws(
        "create-compute-environment",
        computeEnvironmentName="two",
        type="UNMANAGED",
        state="ENABLED",
    )["computeEnvironmentArn"]
    policy = aws("create-scheduling-policy", name="fair", fairsharePolicy={})["arn"]
    order = [{"order": 1, "computeEnvironment": environment}]
    queue = aws(
        "create-job-queue",
        jobQueueName="two",
        priority=1,
        schedulingPolicyArn=policy,
        computeEnvironmentOrder=order,
    )["jobQueueArn"]
    tokens = aws("create-consumable-resource", consumableResourceName="tokens", totalQuantity=5)[
        "consumableResourceArn"
    ]
    training = aws(
        "create-service-environment",
        serviceEnvironmentName="training",
        serviceEnvironmentType="SAGEMAKER_TRAINING",
        capacityLimits=[{"maxCapacity": 1, "capacityUnit": "NUM_INSTANCES"}],
    )["serviceEnvironmentArn"]
    quota = aws(
        "create-scheduling-policy",
        name="quota",
        quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"},
    )["arn"]
    service_queue = aws(
        "create-job-queue",
        jobQueueName="training",
        jobQueueType="SAGEMAKER_TRAINING",
        schedulingPolicyArn=quota,
        priority=1,
        serviceEnvironmentOrder=[{"order": 1, "serviceEnvironment": training}],
    )["jobQueueArn"]
    share = aws(
        "create-quota-share",
        quotaShareName="team",
        jobQueue=service_queue,
        capacityLimits=[{"maxCapacity": 1, "capacityUnit": "NUM_INSTANCES"}],
        resourceSharingConfiguration={"strategy": "RESERVE"},
        preemptionConfiguration={"inSharePreemption": "DISABLED"},
        state="ENABLED",
    )["quotaShareArn"]
    definition = aws(
        "register-job-definition",
        jobDefinitionName="sleeps",
        type="container",
        schedulingPriority=1,
        containerProperties=_CONTAINER,
        consumableResourceProperties={
            "consumableResourceList": [{"consumableResource": tokens, "quantity": 1}]
        },
    )["jobDefinitionArn"]

    def submit() -> str:
        job: str = aws(
            "submit-job",
            jobName="sleeps",
            jobQueue=queue,
            jobDefinition=definition,
            shareIdentifier="team",
        )["jobId"]
        return job

    first, second, third, fourth = submit(), submit(), submit(), submit()
    assert len(aws("describe-jobs", jobs=[first, second, third, fourth])["jobs"]) == 4
    assert aws("list-jobs", jobQueue=queue, filters=[{"name": "JOB_NAME", "values": ["sleeps"]}])
    assert len(aws("list-jobs-by-consumable-resource", consumableResource=tokens)["jobs"]) == 4
    aws("get-job-queue-snapshot", jobQueue=queue)
    aws("cancel-job", jobId=first, reason="enough")
    aws("terminate-job", jobId=first, reason="enough")
    aws("cancel-jobs", jobs=[second], reason="enough")
    aws("terminate-jobs", jobs=[second, third, fourth], reason="enough")

    service_job = aws(
        "submit-service-job",
        jobName="training",
        jobQueue=service_queue,
        quotaShareName="team",
        serviceJobType="SAGEMAKER_TRAINING",
        serviceRequestPayload=json.dumps(_TRAINING),
    )["jobId"]
    assert aws("describe-service-job", jobId=service_job)["jobName"] == "training"
    assert aws("list-service-jobs", jobQueue=service_queue, jobStatus="FAILED") is not None
    aws("update-service-job", jobId=service_job, schedulingPriority=5)
    aws("terminate-service-job", jobId=service_job, reason="enough")
    aws("terminate-service-jobs", jobs=[service_job], reason="enough")

    aws("update-compute-environment", computeEnvironment=environment, state="ENABLED")
    aws("update-consumable-resource", consumableResource=tokens, operation="ADD", quantity=1)
    aws("update-scheduling-policy", arn=policy, fairsharePolicy={"computeReservation": 1})
    aws("update-quota-share", quotaShareArn=share, state="DISABLED")
    aws(
        "update-service-environment",
        serviceEnvironment=training,
        capacityLimits=[{"maxCapacity": 2, "capacityUnit": "NUM_INSTANCES"}],
    )
    for name in (queue, service_queue):
        aws("update-job-queue", jobQueue=name, state="DISABLED")
    aws("describe-compute-environments")
    aws("describe-job-queues")
    aws("describe-job-definitions")
    aws("describe-scheduling-policies", arns=[policy])
    aws("describe-consumable-resource", consumableResource=tokens)
    aws("describe-quota-share", quotaShareArn=share)
    aws("describe-service-environments")
    aws("list-consumable-resources")
    aws("list-scheduling-policies")
    aws("list-quota-shares", jobQueue=service_queue)
    aws("tag-resource", resourceArn=queue, tags={"team": "a"})
    assert aws("list-tags-for-resource", resourceArn=queue)["tags"] == {"team": "a"}
    aws("untag-resource", resourceArn=queue, tagKeys=["team"])

    aws("delete-quota-share", quotaShareArn=share)
    for name in (queue, service_queue):
        aws("delete-job-queue", jobQueue=name)
    aws("update-service-environment", serviceEnvironment=training, state="DISABLED")
    aws("delete-service-environment", serviceEnvironment=training)
    aws("update-compute-environment", computeEnvironment=environment, state="DISABLED")
    aws("delete-compute-environment", computeEnvironment=environment)
    aws("delete-scheduling-policy", arn=policy)
    aws("delete-consumable-resource", consumableResource=tokens)
    aws("deregister-job-definition", jobDefinition=definition)

    assert called == set(known)
