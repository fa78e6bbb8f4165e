"""Running a job in its image, where a container engine is to be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.container_facts import SizeType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.local.batch.job_containers import Container


def container_argv(
    engine: str,
    container: Container,
    *,
    name: str,
    variables: Sequence[str],
) -> list[str]:
    """Return the command that runs a container in its image.

    Values of variables are not in it, only their names: the engine takes the values from its own
    environment, so that no secret shows in the list of processes. The network is that of this
    machine, because the local AWS listens on its loopback address.

    Args:
        engine: the engine's command.
        container: what to run.
        name: the name it gets, by which it can be removed.
        variables: the names of the variables to hand over.
    """
    properties = container.properties
    requirements = {r["type"]: r["value"] for r in properties.get("resourceRequirements", ())}
    argv = [engine, "run", "--rm", "--init", "--name", name, "--network", "host"]
    if SizeType.MEMORY in requirements:
        argv += ["--memory", f"{requirements[SizeType.MEMORY]}m"]
    if SizeType.VCPU in requirements:
        argv += ["--cpus", requirements[SizeType.VCPU]]
    if properties.get("user"):
        argv += ["--user", properties["user"]]
    if properties.get("privileged"):
        argv.append("--privileged")
    if properties.get("readonlyRootFilesystem"):
        argv.append("--read-only")
    for variable in variables:
        argv += ["--env", variable]
    return [*argv, properties["image"], *properties["command"]]


def removal_argv(engine: str, name: str) -> list[str]:
    """Return the command that removes a container, running or not."""
    return [engine, "rm", "--force", name]
