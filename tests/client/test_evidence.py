"""`why`: what other services than AWS Batch know, in the shapes of botocore."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from batch_constructs.client.evidence import Evidence
from batch_constructs.client.why import Why, why
from tests.client.test_why import ARN, QUEUE, job

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/c"
ROLE = "arn:aws:iam::123456789012:role/path/r"
UUID = "59cfd8b7-b102-3b1d-84fe-2c34f232b239"
GROUP = f"AWSBatch-e-asg-{UUID}"
TRUST = "allow that service sts:AssumeRole in the role's trust policy"

Answer = dict[str, Any] | str | list[dict[str, Any]]
"""What an operation answers, page by page if there are several, or the code of its error."""


@cache
def made(service: str) -> Any:
    return boto3.Session("a", "b", region_name="eu-west-1").client(service)


def ask(asked: dict[str, Any], requests: dict[str, Any] | None = None, **answers: Answer) -> Why:
    """Ask why, with what each service answers; nothing else may be asked of it.

    ``requests`` gets the last request to each operation, with the Region of its client.
    """
    known: dict[str, Answer] = {"describe_jobs": {"jobs": [asked]}, **answers}

    class Service:
        def __init__(self, name: str, region_name: str = "") -> None:
            self.name, self.region = name, region_name

        def __getattr__(self, operation: str) -> Any:
            def call(**request: Any) -> Any:
                client = made(self.name)
                with Stubber(client) as stub:
                    given = known[operation]
                    given = given.pop(0) if isinstance(given, list) else given
                    if requests is not None:
                        requests[operation] = request | {"region": self.region}
                    if isinstance(given, str):
                        stub.add_client_error(operation, given, f"{operation} failed")
                    else:
                        stub.add_response(operation, given)
                    return getattr(client, operation)(**request)

            return call

    return why(Service("batch"), "j", client=Service)


def environment(**more: Any) -> dict[str, Any]:
    return {
        "computeEnvironmentName": "e",
        "computeEnvironmentArn": f"{ARN}compute-environment/e",
        "ecsClusterArn": CLUSTER,
        "state": "ENABLED",
        "status": "VALID",
        "computeResources": {"type": "EC2", "maxvCpus": 8, "subnets": []},
        **more,
    }


def activity(status: str, minute: int, message: str = "", description: str = "") -> dict[str, Any]:
    return {
        "ActivityId": "a",
        "AutoScalingGroupName": GROUP,
        "Cause": "a difference between desired and actual capacity",
        "StartTime": datetime(2026, 11, 1, 0, minute, tzinfo=UTC),
        "StatusCode": status,
        "Description": description or "Launching a new EC2 instance. Status Reason: …",
        **({"StatusMessage": message} if message else {}),
    }


def group(name: str = GROUP, *instances: str) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": name,
        "MinSize": 0,
        "MaxSize": 1,
        "DesiredCapacity": 1,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["eu-west-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": datetime(2026, 11, 1, tzinfo=UTC),
        "Instances": [
            {
                "InstanceId": one,
                "AvailabilityZone": "eu-west-1a",
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for one in instances
        ],
    }


def waiting(created: int = 0, *, place: str = "j", **answers: Answer) -> Why:
    """Ask about a job that is RUNNABLE, in an environment on instances where all is well."""
    order = [{"order": 1, "computeEnvironment": f"{ARN}compute-environment/e"}]
    queue = {
        "jobQueueName": "q",
        "jobQueueArn": QUEUE,
        "state": "ENABLED",
        "status": "VALID",
        "priority": 1,
        "computeEnvironmentOrder": order,
    }
    front = [{"jobArn": f"{ARN}job/{place}", "earliestTimeAtPosition": 1}]
    well: dict[str, Any] = {
        "describe_job_queues": {"jobQueues": [queue]},
        "describe_compute_environments": {"computeEnvironments": [environment()]},
        "get_job_queue_snapshot": {"frontOfQueue": {"jobs": front}},
        "describe_auto_scaling_groups": {"AutoScalingGroups": [group()]},
        "describe_scaling_activities": {"Activities": []},
        "list_container_instances": {"containerInstanceArns": []},
    }
    return ask(job("RUNNABLE", createdAt=created), **{**well, **answers})


def launches(*activities: dict[str, Any], since: int = 0) -> list[str]:
    found = waiting(since, describe_scaling_activities={"Activities": list(activities)})
    return [str(one) for one in found.reasons]


def launched(minutes_ago: float, status: str = "Successful") -> dict[str, Any]:
    """Give the activities of a group whose newest launch ended so long ago."""
    end = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {"Activities": [{**activity(status, 1), "EndTime": end}]}


def instances(*connected: bool | str | None, running: tuple[str, ...] = ()) -> list[str]:
    """Ask with registered instances i-0, i-1, … and others that have run for an hour."""
    arns = [f"arn:aws:ecs:eu-west-1:123456789012:container-instance/c/{n}" for n in range(9)]
    described = [
        {"ec2InstanceId": f"i-{number}", **({} if each == "?" else {"agentConnected": each})}
        for number, each in enumerate(connected)
        if each is not None
    ]
    found = waiting(
        describe_auto_scaling_groups={"AutoScalingGroups": [group(GROUP, *running)]},
        describe_scaling_activities=launched(60),
        list_container_instances={"containerInstanceArns": arns[: len(connected)]},
        describe_container_instances={"containerInstances": described},
    )
    return [str(one) for one in found.reasons]


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ("We currently do not have sufficient g4dn.xlarge capacity in the zone.", "allow more"),
        ("You have requested more vCPU capacity than your current vCPU limit of 0.", "ask for"),
        ("Max spot instance count exceeded.", "ask for a higher quota"),
        ("Invalid IAM Instance Profile name.", "see https://docs.aws.amazon.com/autoscaling"),
    ],
)
def test_why_no_instance_was_launched_is_said_with_its_fix(message: str, fix: str) -> None:
    (said,) = launches(activity("Failed", 1, message))

    assert said.startswith(f"an instance of e could not be launched: {message}; {fix}")


def test_only_the_newest_launch_since_the_job_was_submitted_counts() -> None:
    failed, worked = activity("Failed", 1, "no"), activity("Successful", 2, "it runs")
    ended = activity("Successful", 3, description="Terminating EC2 instance: i-1")

    assert launches(failed, worked) == []
    assert launches(ended, failed) != []
    assert launches(activity("InProgress", 4), failed) != []
    assert (
        launches(failed, since=int(datetime(2026, 11, 1, 0, 2, tzinfo=UTC).timestamp() * 1000))
        == []
    )


def test_an_instance_that_ended_before_it_was_in_service_could_not_be_launched() -> None:
    (said,) = launches(activity("Cancelled", 1, "Termination Reason: Client.InvalidKMSKey"))

    assert "could not be launched: Termination Reason: Client.InvalidKMSKey" in said


def test_a_launch_of_which_nothing_is_told_is_no_reason() -> None:
    assert launches(activity("Failed", 1)) == []


@pytest.mark.parametrize(
    ("name", "is_its"),
    [
        (GROUP, True),
        (f"e-asg-{UUID}", True),
        (f"the-e-asg-{UUID}", False),
        (f"e-f-asg-{UUID}", False),
        (f"e-asg-x-asg-{UUID}", False),
        (f"AWSBatch-e-asg-asg-{UUID}", False),
    ],
)
def test_the_group_of_an_environment_is_known_by_its_name(name: str, *, is_its: bool) -> None:
    found = waiting(
        describe_auto_scaling_groups={"AutoScalingGroups": [group(name)]},
        describe_scaling_activities={"Activities": [activity("Failed", 1, "no")]},
    )

    assert bool(found.reasons) is is_its


def test_the_group_may_be_on_any_page_and_on_fargate_there_is_none() -> None:
    pages: list[dict[str, Any]] = [
        {"AutoScalingGroups": [group("other")], "NextToken": "t"},
        {"AutoScalingGroups": [group()]},
    ]
    failed = {"Activities": [activity("Failed", 1, "no")]}
    fargate = environment(computeResources={"type": "FARGATE", "maxvCpus": 8, "subnets": []})

    found = waiting(describe_auto_scaling_groups=pages, describe_scaling_activities=failed)
    on_fargate = waiting(
        describe_compute_environments={"computeEnvironments": [fargate]},
        describe_scaling_activities=failed,
    )

    assert len(found.reasons) == 1
    assert on_fargate.reasons == ()


def test_the_groups_are_read_once_for_all_environments() -> None:
    page: dict[str, Any] = {"AutoScalingGroups": [group(GROUP, "i-0"), group(f"f-asg-{UUID}")]}
    there = [environment(), environment(computeEnvironmentName="f")]

    found = waiting(
        describe_compute_environments={"computeEnvironments": there},
        describe_auto_scaling_groups=[page],
    )

    assert "instances of e: 1 launched, 0 in its cluster" in found.notes
    assert "instances of f: 0 launched, 0 in its cluster" in found.notes


@pytest.mark.parametrize("groups", [{"AutoScalingGroups": []}, "AccessDeniedException"])
def test_where_no_group_is_known_nothing_is_said_of_launches(groups: Answer) -> None:
    found = waiting(describe_auto_scaling_groups=groups)

    assert "instances of e: 0 in its cluster" in found.notes


@pytest.mark.parametrize(
    "activities",
    [
        lambda: launched(2),
        lambda: launched(60, "Failed"),
        lambda: {"Activities": []},
        lambda: "AccessDeniedException",
    ],
)
def test_an_instance_of_which_it_is_not_known_that_it_had_time_to_join_is_a_note(
    activities: Callable[[], Answer],
) -> None:
    found = waiting(
        describe_auto_scaling_groups={"AutoScalingGroups": [group(GROUP, "i-7")]},
        describe_scaling_activities=activities(),
    )

    assert "not in the cluster of e yet: i-7" in found.notes
    assert found.reasons == ()


def test_an_instance_that_is_only_starting_need_not_have_joined() -> None:
    starting = group(GROUP, "i-7")
    starting["Instances"][0]["LifecycleState"] = "Pending"

    found = waiting(
        describe_auto_scaling_groups={"AutoScalingGroups": [starting]},
        describe_scaling_activities=launched(60),
    )

    assert found.reasons == ()


def test_of_more_instances_than_one_page_nothing_is_said() -> None:
    found = waiting(
        describe_auto_scaling_groups={"AutoScalingGroups": [group(GROUP, "i-7")]},
        describe_scaling_activities=launched(60),
        list_container_instances={"containerInstanceArns": [], "nextToken": "t"},
    )

    assert found.reasons == ()


def test_an_instance_that_has_not_joined_or_whose_agent_is_silent_is_said() -> None:
    assert instances(True, running=("i-0",)) == []  # noqa: FBT003
    (missing,) = instances(True, running=("i-0", "i-7"))  # noqa: FBT003
    (silent,) = instances(False, running=("i-0",))  # noqa: FBT003

    assert missing.startswith("the instance i-7 has not joined the cluster of e; check that")
    assert silent.startswith("the ECS agent of the instance i-0 of e is disconnected; look at")


def test_of_instances_that_were_not_described_nothing_is_said() -> None:
    assert instances(None, running=("i-0",)) == []
    assert instances("?", running=("i-0",)) == []


def test_the_place_in_the_queue_is_a_note() -> None:
    first = waiting()
    behind = {"jobs": [{"jobArn": f"{ARN}job/{one}", "earliestTimeAtPosition": 1} for one in "xyj"]}
    third = waiting(get_job_queue_snapshot={"frontOfQueue": behind})
    many = [{"jobArn": f"{ARN}job/x{n}", "earliestTimeAtPosition": 1} for n in range(100)]
    far = waiting(get_job_queue_snapshot={"frontOfQueue": {"jobs": many}})
    unseen = waiting(place="x")

    assert "it is the first job in its queue" in first.notes
    assert "jobs before it in its queue: 2; the first is x" in third.notes
    assert "jobs before it in its queue: at least 100; the first is x0" in far.notes
    assert not any("queue" in note for note in unseen.notes)
    assert first.reasons == third.reasons == far.reasons == ()


def role(name: str, service: str) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROA" * 5,
        "Arn": ROLE,
        "CreateDate": datetime(2026, 11, 1, tzinfo=UTC),
        "AssumeRolePolicyDocument": (
            '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": '
            f'{{"Service": "{service}"}}}}]}}'
        ),
    }


def profile(*roles: dict[str, Any]) -> dict[str, Any]:
    of = {"Path": "/", "InstanceProfileName": "p", "InstanceProfileId": "AIPA" * 5, "Arn": ROLE}
    return {
        "InstanceProfile": {**of, "CreateDate": datetime(2026, 11, 1, tzinfo=UTC), "Roles": roles}
    }


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("NoSuchEntity", ["there is no instance profile p; create it, or name another"]),
        (profile(), ["the instance profile p has no role; add a role to it"]),
        (profile(role("r", "ec2.amazonaws.com")), []),
        (
            profile(role("r", "ecs.amazonaws.com")),
            ["the role r does not trust ec2.amazonaws.com; " + TRUST],
        ),
    ],
)
def test_the_instance_profile_of_an_environment_is_looked_at(
    answer: Answer, said: list[str]
) -> None:
    resources = {"type": "EC2", "maxvCpus": 8, "subnets": [], "instanceRole": "p"}
    there = {"computeEnvironments": [environment(computeResources=resources)]}

    found = waiting(describe_compute_environments=there, get_instance_profile=answer)

    assert [str(one) for one in found.reasons] == said


def test_the_service_role_is_looked_at_unless_it_is_the_service_linked_one() -> None:
    for arn, said in (
        (ROLE, ["there is no role r; create it, or name another"]),
        (
            "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch",
            [],
        ),
    ):
        there = {"computeEnvironments": [environment(serviceRole=arn)]}
        found = waiting(describe_compute_environments=there, get_role="NoSuchEntity")

        assert [str(one) for one in found.reasons] == said


@pytest.mark.parametrize("status", ["STARTING", "FAILED"])
@pytest.mark.parametrize(
    "more",
    [
        {"container": {"executionRoleArn": ROLE, "jobRoleArn": ROLE}},
        {"ecsProperties": {"taskProperties": [{"taskRoleArn": ROLE, "containers": []}]}},
    ],
)
def test_the_roles_of_a_job_that_did_not_start_are_looked_at(
    status: str, more: dict[str, Any]
) -> None:
    asked = job(status, statusReason="ResourceInitializationError: no", attempts=[{}], **more)

    found = ask(asked, get_role={"Role": role("r", "ec2.amazonaws.com")})

    assert str(found.reasons[-1]).startswith("the role r does not trust ecs-tasks.amazonaws.com; ")
    assert len(found.reasons) == (2 if status == "FAILED" else 1)


def test_a_task_that_was_stopped_says_why() -> None:
    task = "arn:aws:ecs:eu-west-1:123456789012:task/c/t"
    asked = job("FAILED", attempts=[{"container": {"taskArn": task, "reason": "known"}}])
    stopped = {"stoppedReason": "the host vanished", "containers": [{"reason": "known"}]}

    found = ask(asked, describe_tasks={"tasks": [stopped]})

    assert found.reasons[0].cause == "known, the host vanished"

    of_no_known_cluster = task.replace("/c/", "/")
    asked = job("FAILED", attempts=[{"container": {"taskArn": of_no_known_cluster}}])
    assert ask(asked).reasons[0].cause == "AWS Batch gives no reason"


def test_the_last_lines_of_a_failed_job_are_its_log() -> None:
    task = "arn:aws:ecs:eu-west-1:123456789012:task/c/t"
    written = {"exitCode": 1, "logStreamName": "s", "taskArn": task}
    attempts = [
        {"container": {**written, "logStreamName": "before"}, "startedAt": 1},
        {"container": written, "startedAt": 2},
    ]
    options = {"awslogs-group": "g", "awslogs-region": "eu-north-1"}
    where = {"logDriver": "awslogs", "options": options}
    requests: dict[str, Any] = {}
    container = {"logConfiguration": where, "jobRoleArn": ROLE, **written}
    asked = job("FAILED", attempts=attempts, container=container)
    lines = [{"timestamp": 1, "message": each, "ingestionTime": 1} for each in ("a", "b")]

    found = ask(asked, requests, get_log_events={"events": lines})
    assert (found.log, len(found.reasons)) == (("a", "b"), 1)
    assert requests["get_log_events"] == {
        "logGroupName": "g",
        "logStreamName": "s",
        "limit": 5,
        "startFromHead": False,
        "region": "eu-north-1",
    }


def test_of_a_job_that_runs_nothing_more_is_asked() -> None:
    assert ask(job("RUNNING", container={"jobRoleArn": ROLE})).reasons == ()


def test_a_disabled_queue_is_a_note_because_it_still_starts_its_jobs() -> None:
    queue: dict[str, Any] = {"jobQueueName": "q", "jobQueueArn": QUEUE, "priority": 1}
    queue |= {"state": "DISABLED", "status": "VALID", "computeEnvironmentOrder": []}

    found = waiting(describe_job_queues={"jobQueues": [queue]})

    assert "the queue q is DISABLED: it accepts no new jobs" in found.notes
    assert found.reasons == ()


def test_each_read_that_is_denied_is_one_note_and_the_answer_stands() -> None:
    resources = {"type": "EC2", "maxvCpus": 0, "subnets": [], "instanceRole": "p"}
    denied = "AccessDeniedException"
    there = environment(serviceRole=ROLE, computeResources=resources)

    found = waiting(
        describe_compute_environments={"computeEnvironments": [there, there]},
        get_job_queue_snapshot=denied,
        describe_auto_scaling_groups=denied,
        list_container_instances="ClusterNotFoundException",
        get_instance_profile=denied,
        get_role=denied,
    )

    assert {one.cause for one in found.reasons} == {"the compute environment e can have no vCPUs"}
    operations = [
        "GetRole",
        "GetInstanceProfile",
        "DescribeAutoScalingGroups",
        "ListContainerInstances",
        "GetJobQueueSnapshot",
    ]
    assert [
        re.findall(r"calling the (\w+) operation", note)[0] for note in found.notes
    ] == operations


def test_without_clients_of_other_services_batch_alone_is_asked() -> None:
    session = boto3.Session("a", "b", region_name="eu-west-1")
    batch = session.client("batch")
    with Stubber(batch) as stub:
        stub.add_response(
            "describe_jobs", {"jobs": [job("STARTING", container={"jobRoleArn": ROLE})]}
        )

        assert why(batch, "j") == Why(job_id="j", status="STARTING", reasons=())


def test_the_page_names_every_action_that_is_asked_for() -> None:
    page = Path("docs/client.md").read_text(encoding="utf-8")
    section = page[page.index("## Why a job") : page.index("## What jobs used")]
    told = {each.lower() for each in re.findall(r"`([a-z]+:[A-Z]\w+)`", section)}
    code = "".join(Path(inspect.getfile(one)).read_text() for one in (why, Evidence))
    asked = re.findall(r'ask\(\s*"(\w+)"(?:,\s*"(\w+)")?', code)

    assert {f"{who or 'batch'}:{what.replace('_', '')}" for what, who in asked} == told
