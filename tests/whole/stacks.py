"""For each kind of construct a stack with every argument that it has, as far as they agree."""

from __future__ import annotations

from tests.whole import beyond, environments, several

STACKS = {
    stack.__name__: stack
    for stack in (
        environments.fargate,
        environments.windows,
        environments.instances,
        environments.unmanaged,
        environments.managed_instances,
        several.multi_container,
        several.multi_node,
        beyond.eks,
        beyond.service_jobs,
    )
}
"""The stacks by name."""
