"""Jobs on Amazon EKS: pods run as processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

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
