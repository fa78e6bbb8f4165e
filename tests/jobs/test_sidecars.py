"""An agent beside the containers of a job, on top of what they asked for."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc


def container(name: str | None, vcpus: float, mebibytes: int, **options: Any) -> bc.Container:
    memory = cdk.Size.mebibytes(mebibytes)
    return bc.Container(name=name, image="busybox", vcpus=vcpus, memory=memory, **options)


def sizes(containers: list[bc.Container]) -> list[tuple[float, float]]:
    return [(one.vcpus, one.memory.to_mebibytes()) for one in containers]


def test_the_containers_start_after_the_agent_and_the_job_ends_without_it() -> None:
    first = bc.ContainerDependency(container_name="first")
    job = [container("first", 1, 512), container("second", 1, 512, depends_on=[first])]

    *others, agent = bc.with_sidecar(job, container("agent", 1, 256), platform_capability="EC2")
    waited_for = [[one.container_name for one in each.depends_on or ()] for each in others]
    assert waited_for == [["agent"], ["first", "agent"]]
    assert agent.essential is False


def test_on_ec2_the_agent_takes_what_it_asks_for_on_top() -> None:
    job = [container("main", 2, 4096)]

    added = bc.with_sidecar(job, container("agent", 1, 256), platform_capability="EC2")
    assert sizes(added) == [(2, 4096), (1, 256)]


@pytest.mark.parametrize(
    ("platform", "given", "got"),
    [("EC2", 0.25, 1), ("EC2", 2, 2), ("EC2", 1.5, 1.5), ("MANAGED_INSTANCES", 0.25, 0.25)],
)
def test_an_agent_gets_a_whole_vcpu_where_there_are_no_parts_of_one(
    platform: str, given: float, got: float
) -> None:
    job, agent = [container("main", 2, 4096)], container("agent", given, 256)

    assert bc.with_sidecar(job, agent, platform_capability=platform)[-1].vcpus == got


@pytest.mark.parametrize("platform", ["FARGATE", "EC2"])
def test_the_collector_comes_with_its_rights_and_they_end_at_one_log_group(
    platform: str, stack: cdk.Stack, resources: Any
) -> None:
    main = container("main", 1, 2048)
    containers = bc.with_sidecar(
        [main], bc.open_telemetry_collector(), platform_capability=platform
    )
    bc.MultiContainerJobDefinition(
        stack, "Job", containers=containers, platform_capability=platform
    )

    (policy,) = resources("AWS::IAM::Policy").values()
    traces, metrics = policy["Properties"]["PolicyDocument"]["Statement"]
    assert traces["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    assert traces["Resource"] == "*"
    assert all(one.startswith("logs:") for one in metrics["Action"])
    ends = [one["Fn::Join"][1][-1] for one in metrics["Resource"]]
    assert ends == [":log-group:/metrics/default", ":log-group:/metrics/default:*"]
    settings = json.loads((containers[-1].environment or {})["AOT_CONFIG_CONTENT"])
    assert settings["exporters"]["awsemf"]["log_group_name"] == "/metrics/default"


def test_a_second_agent_leaves_the_collector_its_rights(stack: cdk.Stack, resources: Any) -> None:
    once = bc.with_sidecar(
        [container("main", 1, 2048)],
        bc.open_telemetry_collector(),
        platform_capability="FARGATE",
    )
    twice = bc.with_sidecar(once, container("b", 0.25, 128), platform_capability="FARGATE")
    bc.MultiContainerJobDefinition(stack, "Job", containers=twice, platform_capability="FARGATE")

    assert len(resources("AWS::IAM::Policy")) == 1


def test_a_job_that_acts_as_its_instance_has_no_role_for_its_agent(
    stack: cdk.Stack, resources: Any
) -> None:
    containers = bc.with_sidecar(
        [container("main", 1, 2048)], bc.open_telemetry_collector(), platform_capability="EC2"
    )
    bc.MultiContainerJobDefinition(
        stack, "Job", containers=containers, platform_capability="EC2", use_instance_role=True
    )

    assert resources("AWS::IAM::Policy") == {}


@pytest.mark.parametrize(
    ("main", "agent", "grown"),
    [
        ((0.5, 1024), (0.25, 256), (0.5, 1024)),
        ((0.75, 1536), (0.25, 512), (0.25, 512)),
        ((1, 8192), (0.25, 256), (1, 1024)),
        ((0.25, 8192), (0.25, 256), (1.75, 1024)),
    ],
)
def test_on_fargate_the_agent_gets_what_is_left_of_the_smallest_size(
    main: tuple[float, int], agent: tuple[float, int], grown: tuple[float, int]
) -> None:
    added = bc.with_sidecar(
        [container("main", *main)], container("agent", *agent), platform_capability="FARGATE"
    )

    assert sizes(added) == [main, grown]


def test_a_second_agent_makes_no_job_larger_than_it_has_to_be() -> None:
    """What the first one got beyond what it asked for is not paid for twice."""
    once = bc.with_sidecar(
        [container("main", 0.5, 1024)], container("a", 0.25, 256), platform_capability="FARGATE"
    )
    assert sizes(once) == [(0.5, 1024), (0.5, 1024)]

    twice = bc.with_sidecar(once, container("b", 0.25, 128), platform_capability="FARGATE")
    assert sizes(twice) == [(0.5, 1024), (0.25, 256), (0.25, 768)]
    assert [[one.container_name for one in each.depends_on or ()] for each in twice] == [
        ["a", "b"], ["b"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("containers", "platform", "message"),
    [
        ([], "FARGATE", "containers is empty"),
        (container("main", 1, 512), "FARGATE", "containers is Container; expected a list of"),
        ([container("main", 1, 512)], "LAMBDA", 'platform_capability is "LAMBDA"; allowed: EC2'),
    ],
)
def test_an_agent_stands_beside_containers_of_a_platform(
    containers: Any, platform: str, message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.with_sidecar(containers, container("agent", 1, 256), platform_capability=platform)


def test_what_it_returns_is_a_job_that_fargate_takes(stack: cdk.Stack) -> None:
    containers = bc.with_sidecar(
        [container("main", 1, 3000)], container("agent", 0.25, 100), platform_capability="FARGATE"
    )

    bc.MultiContainerJobDefinition(
        stack, "Job", containers=containers, platform_capability="FARGATE"
    )


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (container(None, 1, 256), "sidecar.name is left out"),
        (container("main", 1, 256), 'sidecar.name is "main", like that of another'),
        (container("agent", 32, 250_000), "sidecar: 33 vCPUs and 250512 MiB together"),
        ("agent", "sidecar is str .agent.; expected Container"),
    ],
)
def test_an_agent_that_cannot_stand_there_is_refused(agent: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.with_sidecar([container("main", 1, 512)], agent, platform_capability="FARGATE")


@pytest.mark.parametrize(
    ("namespace", "message"),
    [
        ("AWS/Batch", 'metrics_namespace is "AWS/Batch"; allowed: .* CloudWatch reserves'),
        ("", "metrics_namespace is empty"),
        (" ", 'metrics_namespace is " "'),
        (":Jobs", 'metrics_namespace is ":Jobs"'),
        ("Jöbs", "metrics_namespace is"),
        ("a" * 256, "metrics_namespace has 256 characters; allowed: at most 255"),
        (None, "metrics_namespace is None; expected a string"),
    ],
)
def test_metrics_go_to_no_namespace_that_cloudwatch_reserves_or_refuses(
    namespace: Any, message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.open_telemetry_collector(metrics_namespace=namespace)


@pytest.mark.parametrize("namespace", ["Jobs", "My Team/Jobs", "AWSome", "a" * 255, "a:b"])
def test_metrics_go_to_a_namespace_of_ones_own(namespace: str) -> None:
    made = bc.open_telemetry_collector(metrics_namespace=namespace)

    assert made.environment is not None
    assert namespace in made.environment["AOT_CONFIG_CONTENT"]
