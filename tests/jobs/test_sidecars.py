"""An agent beside the containers of a job, on top of what they asked for."""

from __future__ import annotations

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
        (container("agent", 32, 250_000), "sidecar: 33 vCPUs and 250512 MiB with it"),
        ("agent", "sidecar is str .agent.; expected Container"),
    ],
)
def test_an_agent_that_cannot_stand_there_is_refused(agent: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.with_sidecar([container("main", 1, 512)], agent, platform_capability="FARGATE")
