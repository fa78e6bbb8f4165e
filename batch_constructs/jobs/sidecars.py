"""Sidecars: an agent beside the containers of a job, such as a collector of OpenTelemetry.

https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import allowed, as_text, one_of, shown
from batch_constructs.aws.fargate_sizes import MEMORY
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.jobs.container import Agent, Container, ContainerDependency
from batch_constructs.jsii_objects import described
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence


def with_sidecar(
    containers: Sequence[Container],
    sidecar: Container,
    *,
    platform_capability: PlatformCapability | str,
) -> list[Container]:
    """Return the containers of a job together with an agent.

    The containers start after the agent, and the job ends with them, because the agent is not
    essential. The agent's resources are added to the job's, so no container gets less. On Fargate,
    which only offers certain sizes, the agent added last gets the rest of the smallest size that
    fits, because you pay for it anyway. On EC2, where a container asks for whole vCPUs, the agent
    gets at least one, and the containers of all jobs on an instance share its network, so agents of
    two jobs cannot listen on the same port.

    Args:
        containers: The containers of the job.
        sidecar: The agent, with a name, and with the vCPUs and the memory that it needs at least.
        platform_capability: ``FARGATE``, ``EC2`` or ``MANAGED_INSTANCES``, that of the definition.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: no container, or no such platform; the agent has no name, or that of another
            container; or no size of Fargate holds all.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerProperties.html
    """
    platform = as_text(platform_capability)
    if platform not in set(PlatformCapability):
        raise ValueError(
            f"platform_capability is {shown(platform)}; "
            f"{allowed(one_of([str(one) for one in PlatformCapability]))}"
        )
    if isinstance(containers, Container) or not isinstance(containers, list | tuple):
        raise TypeError(f"containers is {described(containers)}; expected a list of Container(…)")
    if not containers:
        raise ValueError("containers is empty: give the containers of the job")
    named = {f"containers[{place}]": one for place, one in enumerate(containers)}
    for parameter, one in (named | {"sidecar": sidecar}).items():
        if not isinstance(one, Container):
            raise TypeError(f"{parameter} is {described(one)}; expected Container(…)")
    if sidecar.name is None:
        raise ValueError(
            "sidecar.name is left out, but the other containers wait for it by name: give it"
        )
    if any(one.name == sidecar.name for one in containers):
        raise ValueError(
            f"sidecar.name is {shown(sidecar.name)}, like that of another container: give "
            "each container a name of its own"
        )
    waits = ContainerDependency(container_name=sidecar.name)
    job = [replace(_shrunk(one), depends_on=[*(one.depends_on or ()), waits]) for one in containers]
    agent = replace(sidecar, essential=False)
    if platform == PlatformCapability.FARGATE:
        agent = _grown(job, agent)
    elif platform == PlatformCapability.EC2 and _is_part_of_one(agent.vcpus):
        agent = replace(agent, vcpus=1)
    return [*job, agent]


def _is_part_of_one(vcpus: Any) -> bool:
    return isinstance(vcpus, int | float) and 0 < vcpus < 1


@dataclass(frozen=True)
class _Grown(Agent):
    """An agent that got what was left, and what it asked for: another may stand beside it yet."""

    asked: Container | None = None


def _shrunk(container: Container) -> Container:
    """Give back what an agent got beyond what it asked for."""
    if not isinstance(container, _Grown) or container.asked is None:
        return container
    asked = container.asked
    return replace(container, vcpus=asked.vcpus, memory=asked.memory)


def _grown(job: Sequence[Container], agent: Container) -> Container:
    """Give the agent what is left of the smallest size of Fargate that holds all."""
    from aws_cdk import Size  # noqa: PLC0415  # the CDK is loaded when a construct is made

    containers: list[Any] = [*job, agent]
    if any(is_token(one.vcpus) or one.memory.is_unresolved() for one in containers):
        return agent
    vcpus = sum(one.vcpus for one in containers)
    memory = sum(one.memory.to_mebibytes() for one in containers)
    fitting = (
        (offered, size)
        for offered, sizes in MEMORY.items()
        for size in sizes
        if offered >= vcpus and size >= memory
    )
    size = next(fitting, None)
    if size is None:
        raise ValueError(
            f"sidecar: {vcpus:g} vCPUs and {memory:.0f} MiB together; Fargate's largest size is "
            f"{max(MEMORY)} vCPUs and {max(max(MEMORY.values()))} MiB: run the job on EC2"
        )
    kind = Agent if isinstance(agent, Agent) else Container
    given = {one.name: getattr(agent, one.name) for one in fields(kind)}
    return _Grown(
        **{
            **given,
            "vcpus": round(agent.vcpus + size[0] - vcpus, 4),
            "memory": Size.mebibytes(agent.memory.to_mebibytes() + size[1] - memory),
        },
        asked=agent,
    )
