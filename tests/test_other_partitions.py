"""ARNs of another partition than the stack's: none reaches another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

import batch_constructs as bc

ACCOUNT = "123456789012"


def stack_in(region: str | None) -> cdk.Stack:
    place = cdk.Environment(account=ACCOUNT, region=region)
    return cdk.Stack(cdk.App(), "Stack", env=place)


def queue(scope: cdk.Stack) -> bc.JobQueue:
    return bc.JobQueue.from_job_queue_name(scope, "Queue", "main")


def job(scope: cdk.Stack, **arguments: Any) -> object:
    memory = cdk.Size.gibibytes(2)
    return bc.FargateJobDefinition(scope, "X", image="busybox", vcpus=1, memory=memory, **arguments)


def role(scope: cdk.Stack, of: str) -> iam.IRole:
    return iam.Role.from_role_arn(scope, "Role", f"arn:{of}:iam::{ACCOUNT}:role/jobs")


def mounted(scope: cdk.Stack, of: str) -> object:
    bucket = s3.Bucket.from_bucket_arn(scope, "Bucket", f"arn:{of}:s3:::data")
    return bc.LaunchTemplate(scope, "X", volumes=[bc.S3MountVolume(bucket)])


def watched(scope: cdk.Stack, of: str) -> object:
    return bc.ObjectCreatedTrigger(
        scope,
        "X",
        bucket=s3.Bucket.from_bucket_arn(scope, "Bucket", f"arn:{of}:s3:::data"),
        queue=queue(scope),
        job_definition=bc.JobDefinition.from_job_definition_name(scope, "Job", "a"),
    )


def submitted(scope: cdk.Stack, of: str) -> object:
    arn = f"arn:{of}:batch:{scope.region}:{ACCOUNT}:job-queue/main"
    return bc.ScheduleTrigger(
        scope,
        "X",
        schedule="rate(1 day)",
        queue=bc.JobQueue.from_job_queue_arn(scope, "Queue", arn),
        job_definition=bc.JobDefinition.from_job_definition_name(scope, "Job", "a"),
    )


def told(scope: cdk.Stack, of: str) -> object:
    topic = sns.Topic.from_topic_arn(scope, "Topic", f"arn:{of}:sns:{scope.region}:{ACCOUNT}:a")
    return bc.JobNotifications(scope, "X", queues=[queue(scope)], topic=topic)


def logged(scope: cdk.Stack, of: str) -> object:
    arn = f"arn:{of}:logs:{scope.region}:{ACCOUNT}:log-group:/jobs:*"
    return job(scope, log_group=logs.LogGroup.from_log_group_arn(scope, "Logs", arn))


def bounded(scope: cdk.Stack, of: str) -> object:
    arn = f"arn:{of}:iam::aws:policy/PowerUserAccess"
    policy = iam.ManagedPolicy.from_managed_policy_arn(scope, "Boundary", arn)
    settings = bc.FunctionSettings(permissions_boundary=policy)
    return bc.JobGauges(scope, "X", queues=[queue(scope)], function_settings=settings)


USES: dict[str, Callable[[cdk.Stack, str], object]] = {
    "job_role": lambda scope, of: job(scope, job_role=role(scope, of)),
    "execution_role": lambda scope, of: job(scope, execution_role=role(scope, of)),
    "log_group": logged,
    "instance_role": lambda scope, of: bc.Ec2ComputeEnvironment(
        scope, "X", vpc=ec2.Vpc(scope, "Vpc", max_azs=1), instance_role=role(scope, of)
    ),
    r"volumes\[0\].bucket": mounted,
    "bucket": watched,
    "queue": submitted,
    "topic": told,
    "event_bus_arn": lambda scope, of: bc.ForwardedEvents(
        scope, "X", event_bus_arn=f"arn:{of}:events:us-east-1:{ACCOUNT}:event-bus/central"
    ),
    "function_settings.permissions_boundary": bounded,
}


@pytest.mark.parametrize(("parameter", "use"), USES.items(), ids=USES)
def test_what_is_of_another_partition_is_refused_in_one_line(
    parameter: str, use: Callable[[cdk.Stack, str], object]
) -> None:
    scope = stack_in("cn-north-1")

    why = "partitions of AWS cannot reach each other: give one of aws-cn"
    said = rf"^Stack/X: {parameter}:? .*is in partition aws, and the stack in aws-cn; {why}[^\n]*$"
    with pytest.raises(ValueError, match=said):
        use(scope, "aws")
    assert scope.node.try_find_child("X") is None


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_what_is_of_the_partition_of_the_stack_or_of_one_that_nobody_knows_is_taken(
    use: Callable[[cdk.Stack, str], object],
) -> None:
    use(stack_in("cn-north-1"), "aws-cn")
    use(stack_in("cn-north-1"), cdk.Aws.PARTITION)
    use(stack_in(None), "aws-cn")
