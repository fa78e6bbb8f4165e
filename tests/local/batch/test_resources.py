"""Compute environments, job queues, scheduling policies: creating, changing, deleting, tagging."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account, RecordingPorts


def test_a_new_environment_is_valid_and_enabled(account: Account) -> None:
    arn = account.environment()

    (environment,) = account.batch.describe_compute_environments(computeEnvironments=[arn])[
        "computeEnvironments"
    ]

    assert (environment["state"], environment["status"]) == ("ENABLED", "VALID")
    assert environment["containerOrchestrationType"] == "ECS"
    assert ":cluster/ce_Batch_" in environment["ecsClusterArn"]


@pytest.mark.parametrize("resources", [{}, {"type": "FARGATE", "maxvCpus": 4}])
def test_an_environment_has_a_cluster_until_it_is_deleted(
    resources: dict[str, Any], account: Account, ports: RecordingPorts
) -> None:
    network = {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    account.batch.create_compute_environment(
        computeEnvironmentName="own",
        **(
            {"type": "MANAGED", "computeResources": resources | network}
            if resources
            else {"type": "UNMANAGED"}
        ),
    )

    (environment,) = account.batch.describe_compute_environments()["computeEnvironments"]
    assert [environment["ecsClusterArn"]] == ports.clusters

    account.batch.update_compute_environment(computeEnvironment="own", state="DISABLED")
    account.batch.delete_compute_environment(computeEnvironment="own")
    assert ports.clusters == []


@pytest.mark.parametrize(
    ("role", "strategy", "problem"),
    [
        ("batch", "BEST_FIT_PROGRESSIVE", "having a Batch Service Linked Role"),
        (None, "BEST_FIT", "an allocation strategy other than BEST_FIT"),
        (None, "BEST_FIT_PROGRESSIVE", None),
    ],
)
def test_instances_become_others_only_where_an_infrastructure_update_can_be(
    account: Account, role: str | None, strategy: str, problem: str | None
) -> None:
    network = {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    account.batch.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "allocationStrategy": strategy,
            "maxvCpus": 4,
            "instanceTypes": ["m7i"],
            **network,
        },
        **({} if role is None else {"serviceRole": f"arn:aws:iam::123456789012:role/{role}"}),
    )

    def change(**resources: Any) -> None:
        account.batch.update_compute_environment(
            computeEnvironment="ce", computeResources=resources
        )

    change(maxvCpus=8, **network)
    told = nullcontext() if problem is None else pytest.raises(ClientError, match=problem)
    with told as refused:
        change(subnets=["subnet-2"], maxvCpus=9)
    assert problem is None or "fields [subnets] can" in str(refused)
    with pytest.raises(ClientError, match="unmanagedvCpus cannot be specified for MANAGED"):
        account.batch.update_compute_environment(computeEnvironment="ce", unmanagedvCpus=4)


def test_an_environment_must_be_disabled_before_it_is_deleted(account: Account) -> None:
    account.environment()

    with pytest.raises(ClientError, match="DISABLED"):
        account.batch.delete_compute_environment(computeEnvironment="ce")


def test_an_environment_with_a_queue_is_not_deleted(ready: Account) -> None:
    ready.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    with pytest.raises(ClientError, match="Cannot delete, found existing JobQueue relationship"):
        ready.batch.delete_compute_environment(computeEnvironment="ce")

    ready.batch.update_job_queue(jobQueue="queue", state="DISABLED")
    ready.batch.delete_job_queue(jobQueue="queue")
    ready.batch.delete_compute_environment(computeEnvironment="ce")
    assert ready.batch.describe_compute_environments()["computeEnvironments"] == []


def test_an_environment_in_use_is_deleted_when_its_job_has_ended(ready: Account) -> None:
    ready.environment("other")
    ready.definition("sh", "-c", "until [ -e go ]; do sleep 0.01; done")
    job = ready.submit()
    ready.until(job, "RUNNING")
    ready.batch.update_job_queue(
        jobQueue="queue", computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "other"}]
    )
    ready.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    ready.batch.delete_compute_environment(computeEnvironment="ce")

    (environment,) = ready.batch.describe_compute_environments(computeEnvironments=["ce"])[
        "computeEnvironments"
    ]
    assert environment["status"] == "DELETING"

    ready.batch.terminate_job(jobId=job, reason="enough")
    ready.ended(job)
    described = ready.batch.describe_compute_environments(computeEnvironments=["ce"])
    assert described["computeEnvironments"] == []


def test_a_queue_that_is_deleted_terminates_its_jobs(ready: Account) -> None:
    ready.definition("sleep", "600")
    running, waiting = [ready.submit() for _ in range(2)], ready.submit()
    for job in running:
        ready.until(job, "RUNNING")
    with pytest.raises(ClientError, match="DISABLED"):
        ready.batch.delete_job_queue(jobQueue="queue")

    ready.batch.update_job_queue(jobQueue="queue", state="DISABLED")
    ready.batch.delete_job_queue(jobQueue="queue")

    assert {ready.ended(job)["status"] for job in [*running, waiting]} == {"FAILED"}
    ready.wait_for(lambda: ready.batch.describe_job_queues()["jobQueues"] == [])


def test_a_disabled_queue_takes_no_jobs(ready: Account) -> None:
    ready.definition("true")
    ready.batch.update_job_queue(jobQueue="queue", state="DISABLED")

    with pytest.raises(ClientError, match="accepts no jobs: it is DISABLED"):
        ready.submit()


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        ({"minvCpus": 0}, "MinvCpus is given, which the type FARGATE does not"),
        ({"type": "EC2"}, "instanceTypes must be specified for EC2"),
        ({"maxvCpus": 0}, "maxvCpus is 0; allowed: whole numbers from 1"),
        ({"subnets": []}, "Subnets is missing; the type FARGATE needs it"),
        ({"subnets": ["s"] * 17}, "Subnets has 17 subnets; allowed: 1 to 16"),
        ({"securityGroupIds": []}, "SecurityGroupIds is missing; the type FARGATE"),
        ({"securityGroupIds": ["g"] * 6}, "has 6 security groups; allowed: 1 to 5"),
        (
            {"type": "EC2", "instanceTypes": ["m7i"], "subnets": []},
            "subnets must be specified",
        ),
        ({"type": "ECS_MANAGED_INSTANCES"}, "Subnets is given, which the type ECS_MANAGED_INST"),
        (
            {"type": "EC2", "instanceTypes": ["m7i"], "minvCpus": 3},
            "MinvCpus is 3, which is more than MaxvCpus",
        ),
        (
            {"type": "EC2", "instanceTypes": ["m7i"], "minvCpus": -1},
            "MinvCpus is -1; allowed: whole numbers from 0",
        ),
    ],
)
def test_resources_that_do_not_go_together_are_refused(
    resources: dict[str, Any], problem: str, account: Account
) -> None:
    with pytest.raises(ClientError, match=problem):
        account.environment(**resources)


def test_fargate_and_ec2_do_not_mix_in_a_queue(account: Account) -> None:
    account.environment("fargate")
    account.environment("ec2", type="EC2", instanceTypes=["m7i"])

    with pytest.raises(ClientError, match="EC2 and FARGATE environments cannot be mixed"):
        account.queue(environments=["fargate", "ec2"])


def test_a_name_is_taken_once(account: Account) -> None:
    account.environment()

    with pytest.raises(ClientError, match="Object already exists"):
        account.environment()


def test_a_queue_keeps_the_order_of_its_environments(account: Account) -> None:
    for name in ("b", "a"):
        account.environment(name)
    account.queue(environments=["b", "a"])

    (queue,) = account.batch.describe_job_queues()["jobQueues"]
    names = [entry["computeEnvironment"][-1] for entry in queue["computeEnvironmentOrder"]]
    assert names == ["b", "a"]
    assert queue["jobQueueType"] == "ECS_FARGATE"


@pytest.mark.parametrize(
    ("had", "other"),
    [("fairsharePolicy", "quotaSharePolicy"), ("quotaSharePolicy", "fairsharePolicy")],
)
def test_a_scheduling_policy_keeps_its_kind(had: str, other: str, account: Account) -> None:
    of: dict[str, Any] = {
        "fairsharePolicy": {"shareDecaySeconds": 60},
        "quotaSharePolicy": {"idleResourceAssignmentStrategy": "FIFO"},
    }
    arn = account.batch.create_scheduling_policy(name="kind", **{had: of[had]})["arn"]

    with pytest.raises(ClientError, match=f"a {had} cannot be changed to a {other}"):
        account.batch.update_scheduling_policy(arn=arn, **{other: of[other]})

    account.batch.update_scheduling_policy(arn=arn, **{had: of[had]})


def test_a_policy_in_use_is_not_deleted(account: Account) -> None:
    account.environment()
    arn = account.batch.create_scheduling_policy(name="fair", fairsharePolicy={})["arn"]
    account.queue(schedulingPolicyArn=arn)

    with pytest.raises(ClientError, match="found existing JobQueue relationship"):
        account.batch.delete_scheduling_policy(arn=arn)


def test_a_fifo_queue_gets_no_policy_later(ready: Account) -> None:
    arn = ready.batch.create_scheduling_policy(name="fair", fairsharePolicy={})["arn"]

    with pytest.raises(ClientError, match="cannot be added to a FIFO job queue"):
        ready.batch.update_job_queue(jobQueue="queue", schedulingPolicyArn=arn)


def test_tags_are_merged_and_removed(account: Account) -> None:
    arn = account.environment()

    account.batch.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    account.batch.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert account.batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_jobs_have_tags_and_their_children_do_not(ready: Account) -> None:
    ready.definition("true")
    job = ready.submit(arrayProperties={"size": 2}, tags={"a": "1"})
    arn = ready.job(job)["jobArn"]

    ready.batch.tag_resource(resourceArn=arn, tags={"b": "2"})

    assert ready.job(job)["tags"] == {"a": "1", "b": "2"}
    with pytest.raises(ClientError, match="does not exist"):
        ready.batch.list_tags_for_resource(resourceArn=f"{arn}:0")


@pytest.mark.parametrize(
    "other", ["gone", "arn:aws:batch:us-east-1:916902469227:compute-environment/theirs"]
)
def test_an_environment_that_is_not_there_is_told_by_one_arn(account: Account, other: str) -> None:
    with pytest.raises(
        ClientError, match=r"arn:\S+:compute-environment/\w+ does not exist"
    ) as told:
        account.queue(environments=[other])

    assert str(told.value).count("arn:") == 1


@pytest.mark.parametrize("asked", [{}, {"computeEnvironments": ["a", "b", "gone", "c"]}])
def test_lists_come_in_pages_those_by_name_too(account: Account, asked: dict[str, Any]) -> None:
    for name in ("a", "b", "c"):
        account.environment(name)

    pages = account.batch.get_paginator("describe_compute_environments").paginate(
        **asked, PaginationConfig={"PageSize": 2}
    )

    names = [[e["computeEnvironmentName"] for e in page["computeEnvironments"]] for page in pages]
    assert names == [["a", "b"], ["c"]]


def test_a_token_that_was_not_given_out_is_refused(account: Account) -> None:
    with pytest.raises(ClientError, match="nextToken"):
        account.batch.describe_job_queues(nextToken="made-up")


def test_a_queue_for_service_jobs_is_kept_and_takes_no_others(ready: Account) -> None:
    ready.batch.create_service_environment(
        serviceEnvironmentName="training",
        serviceEnvironmentType="SAGEMAKER_TRAINING",
        capacityLimits=[{"maxCapacity": 4, "capacityUnit": "NUM_INSTANCES"}],
    )
    ready.batch.create_job_queue(
        jobQueueName="training",
        jobQueueType="SAGEMAKER_TRAINING",
        priority=1,
        serviceEnvironmentOrder=[{"order": 1, "serviceEnvironment": "training"}],
        jobStateTimeLimitActions=[
            {
                "reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
                "state": "RUNNABLE",
                "maxTimeSeconds": 600,
                "action": "TERMINATE",
            }
        ],
    )
    ready.definition("true")

    with pytest.raises(ClientError, match="is for service jobs"):
        ready.submit(jobQueue="training")
    for queue, kind, environment in (
        ("training", "computeEnvironment", "environment"),
        ("queue", "serviceEnvironment", "training"),
    ):
        order = {f"{kind}Order": [{"order": 1, kind: environment}]}
        with pytest.raises(ClientError, match="cannot have both"):
            ready.batch.update_job_queue(jobQueue=queue, **order)
    ready.batch.update_service_environment(serviceEnvironment="training", state="DISABLED")
    with pytest.raises(ClientError, match="found existing JobQueue relationship"):
        ready.batch.delete_service_environment(serviceEnvironment="training")


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        ({"maxTimeSeconds": 599}, "is 599 seconds; allowed: 600 to 86400 seconds"),
        ({"action": "TERMINATE"}, 'the action is "TERMINATE"; allowed: CANCEL'),
        ({"reason": "BAD_LUCK"}, r"jobStateTimeLimitActions\[0\].reason is .BAD_LUCK.; allowed"),
    ],
)
def test_a_time_limit_that_aws_batch_refuses_is_refused(
    limit: dict[str, Any], problem: str, account: Account
) -> None:
    account.environment()
    good = {
        "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        "state": "RUNNABLE",
        "maxTimeSeconds": 600,
        "action": "CANCEL",
    }

    with pytest.raises(ClientError, match=problem):
        account.queue(jobStateTimeLimitActions=[good | limit])


def test_a_priority_out_of_range_is_refused(account: Account) -> None:
    account.environment()
    with pytest.raises(ClientError, match="priority is -1; allowed: whole numbers from 0 to 1000"):
        account.queue(priority=-1)
