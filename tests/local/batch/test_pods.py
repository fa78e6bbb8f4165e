"""Jobs on Amazon EKS: pods run as processes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs import WorkflowJob
from batch_constructs.client import BatchClient
from batch_constructs.client.graph import submit_graph

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account


def container(name: str, *command: str, **properties: Any) -> dict[str, Any]:
    resources = {"limits": {"cpu": "1", "memory": "512Mi"}}
    return {
        "name": name,
        "image": "busybox",
        "command": list(command),
        "resources": resources,
        **properties,
    }


@pytest.fixture
def on_eks(account: Account) -> Account:
    arn = "arn:aws:eks:us-east-1:123456789012:cluster/c"
    account.batch.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        eksConfiguration={"eksClusterArn": arn, "kubernetesNamespace": "jobs"},
        computeResources={
            "type": "EC2",
            "maxvCpus": 4,
            "instanceTypes": ["m5"],
            "subnets": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
            "instanceRole": "r",
        },
    )
    account.queue()
    return account


def test_an_environment_on_eks_has_no_ecs_cluster(on_eks: Account) -> None:
    (environment,) = on_eks.batch.describe_compute_environments()["computeEnvironments"]

    assert "ecsClusterArn" not in environment
    assert on_eks.ports.clusters == []


def register(account: Account, *containers: dict[str, Any], **pod: Any) -> None:
    account.batch.register_job_definition(
        jobDefinitionName="job",
        type="container",
        eksProperties={"podProperties": {"containers": list(containers), **pod}},
    )


def log(account: Account, job_id: str) -> list[str]:
    return [
        line
        for (_, stream), lines in account.ports.logs.items()
        for line in lines
        if job_id and stream
    ]


def test_a_pod_runs_with_its_command_arguments_and_variables(on_eks: Account) -> None:
    register(
        on_eks,
        container(
            "main",
            "sh",
            "-c",
            args=["echo $(GREETING) $NAME $AWS_BATCH_JOB_ATTEMPT Ref::word"],
            env=[{"name": "GREETING", "value": "hello"}, {"name": "NAME", "value": "pod"}],
        ),
        metadata={"namespace": "jobs"},
    )

    job = on_eks.ended(
        on_eks.submit(
            parameters={"word": "filled"},
            eksPropertiesOverride={
                "podProperties": {"containers": [{"env": [{"name": "NAME", "value": "other"}]}]}
            },
        )
    )

    pod = job["eksProperties"]["podProperties"]
    (attempt,) = job["eksAttempts"]
    assert job["status"] == "SUCCEEDED"
    assert log(on_eks, job["jobId"]) == ["hello other 1 filled"]
    assert pod["containers"][0]["exitCode"] == 0
    assert attempt["podName"] == pod["podName"]
    assert attempt["podNamespace"] == "jobs"
    assert job["attempts"] == []


def test_init_containers_run_one_after_another_before_the_others(on_eks: Account) -> None:
    register(
        on_eks,
        container("main", "sh", "-c", "cat steps; echo main"),
        initContainers=[
            container("first", "sh", "-c", "sleep 0.2; echo first >> steps"),
            container("second", "sh", "-c", "echo second >> steps"),
        ],
    )

    job = on_eks.ended(on_eks.submit())

    assert job["status"] == "SUCCEEDED"
    assert log(on_eks, job["jobId"]) == ["first", "second", "main"]


def test_a_failed_init_container_fails_the_pod_and_the_others_never_run(on_eks: Account) -> None:
    register(
        on_eks,
        container("main", "echo", "ran"),
        initContainers=[container("first", "sh", "-c", "exit 4")],
    )

    job = on_eks.ended(on_eks.submit())

    (attempt,) = job["eksAttempts"]
    assert job["status"] == "FAILED"
    assert attempt["initContainers"] == [{"name": "first", "exitCode": 4}]
    assert attempt["containers"] == [{"name": "main"}]
    assert log(on_eks, job["jobId"]) == []


def test_a_pod_ends_with_its_last_container_and_fails_with_any(on_eks: Account) -> None:
    register(
        on_eks,
        container("quick", "sh", "-c", "exit 5"),
        container("slow", "sh", "-c", "sleep 0.3; echo slow"),
    )

    job = on_eks.ended(on_eks.submit())

    assert job["status"] == "FAILED"
    assert log(on_eks, job["jobId"]) == ["slow"]
    codes = [one["exitCode"] for one in job["eksAttempts"][0]["containers"]]
    assert codes == [5, 0]


def test_a_pod_is_retried_by_its_exit_code(on_eks: Account) -> None:
    register(on_eks, container("main", "sh", "-c", "exit 7"))
    retry = {"attempts": 3, "evaluateOnExit": [{"onExitCode": "7", "action": "RETRY"}]}

    job = on_eks.ended(on_eks.submit(retryStrategy=retry))

    assert len(job["eksAttempts"]) == 3


def test_an_override_of_an_unknown_container_is_refused(on_eks: Account) -> None:
    register(on_eks, container("main", "true"))
    override = {"podProperties": {"containers": [{"name": "other", "command": ["x"]}]}}

    with pytest.raises(ClientError, match="unknown container: other"):
        on_eks.submit(eksPropertiesOverride=override)


def test_a_submission_changes_what_the_container_of_a_pod_has(on_eks: Account) -> None:
    one = container("Default", "echo", "x")
    del one["name"]
    register(on_eks, one)
    new = {"memory": "64Mi"}
    override = {"name": "Default", "resources": {"limits": new, "requests": new}}

    job = on_eks.ended(
        on_eks.submit(eksPropertiesOverride={"podProperties": {"containers": [override]}})
    )

    resources = job["eksProperties"]["podProperties"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "1", **new}, "requests": new}


def client_of(account: Account) -> BatchClient:
    return BatchClient(SimpleNamespace(client=lambda *_, **__: account.batch))


@pytest.mark.parametrize("named", ["job", "job:1"])
def test_the_client_says_to_a_pod_what_changes(on_eks: Account, named: str) -> None:
    register(on_eks, container("main", "sh", "-c", "echo $MODE"))
    changes: dict[str, Any] = {
        "environment": {"MODE": "fast"},
        "memory_mebibytes": 64,
        "vcpus": 0.5,
    }

    job_id = client_of(on_eks).submit("j", queue="queue", job_definition=named, **changes)

    job = on_eks.ended(job_id)
    (one,) = job["eksProperties"]["podProperties"]["containers"]
    new = {"cpu": "0.5", "memory": "64Mi"}
    assert one["resources"] == {"limits": new, "requests": new}
    assert log(on_eks, job_id) == ["fast"]


def test_the_client_does_not_guess_which_container_of_a_pod_is_meant(on_eks: Account) -> None:
    register(on_eks, container("a", "true"), container("b", "true"))

    with pytest.raises(ValueError, match=r'^vcpus is given, but the job has .* \("a", "b"\)'):
        client_of(on_eks).submit("j", queue="queue", job_definition="job", vcpus=2)


def test_the_client_tells_what_aws_batch_says_of_anything_else(on_eks: Account) -> None:
    on_eks.definition("true")

    with pytest.raises(ClientError, match="name or ARN other does not exist"):
        client_of(on_eks).submit("j", queue="queue", job_definition="other", vcpus=2)


def test_a_graph_of_pods_begins_again_where_it_was_left(on_eks: Account) -> None:
    register(on_eks, container("main", "true"))
    jobs = [WorkflowJob(name="a", job_definition="job", environment={"DAY": "1"}, command=["true"])]
    client = client_of(on_eks)

    first = submit_graph(client, jobs, queue="queue", run="r")

    assert submit_graph(client, jobs, queue="queue", run="r") == first


def test_memory_that_is_limited_otherwise_than_requested_is_refused(on_eks: Account) -> None:
    register(on_eks, container("main", "true"))
    resources = {"limits": {"memory": "64Mi"}, "requests": {"memory": "32Mi"}}
    override = {"podProperties": {"containers": [{"name": "main", "resources": resources}]}}

    with pytest.raises(ClientError, match="memory: limits and requests must be equal"):
        on_eks.submit(eksPropertiesOverride=override)
