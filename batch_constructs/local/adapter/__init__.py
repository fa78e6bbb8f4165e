"""The one place that knows ministack's private names: what is hooked into it, and where.

ministack is pinned to the very version these names were read in, and ``tests/local`` tests each
touch point by itself. Everything else of the embedded AWS talks to it as any AWS SDK does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.batch.arns import Arns
    from batch_constructs.local.batch.rest import Handle
    from batch_constructs.local.cloudformation.resource_type import ResourceType
    from batch_constructs.local.role_sessions import RoleSessions


def install(
    handle: Handle,
    *,
    arns: Arns,
    resource_types: list[ResourceType],
    roles: RoleSessions,
    client: Callable[[str], Any],
    ended: Callable[[str], Mapping[str, Any]],
) -> None:
    """Teach AWS Batch to ministack; call it before the server takes requests.

    Args:
        handle: answers an operation of the AWS Batch API.
        arns: the account and the Region that it answers for.
        resource_types: what CloudFormation is to know.
        roles: gives clients that act as a role.
        client: gives clients that act as the account's administrator.
        ended: waits until a job has ended, and returns its description.
    """
    from batch_constructs.local.adapter import (
        alarm_actions,
        alarm_dimensions,
        asgi,
        batch_endpoint,
        cloudformation_types,
        condition_values,
        corrections,
        custom_resources,
        execution_ends,
        function_callers,
        iam_checks,
        log_events,
        pipes,
        public_parameters,
        refused_definitions,
        refused_patterns,
        schedules,
        settled_stacks,
        signatures,
        state_machines,
        state_paths,
        targets,
        template_limits,
    )

    iam_checks.install()
    batch_endpoint.install(handle, arns)
    cloudformation_types.install(resource_types)
    cloudformation_types.install_transforms()
    corrections.install()
    custom_resources.install()
    public_parameters.install()
    refused_definitions.install()
    refused_patterns.install()
    function_callers.install()
    schedules.install()
    pipes.install(roles)
    targets.install(roles=roles, client=client)
    jobs = execution_ends.AwaitedJobs()
    state_machines.install(ended=ended, roles=roles, jobs=jobs)
    execution_ends.install(jobs, roles)
    state_paths.install()
    log_events.install()
    alarm_dimensions.install()
    alarm_actions.install()
    settled_stacks.install()
    signatures.install()
    condition_values.install()
    template_limits.install()
    asgi.install()


def resource_types() -> list[str]:
    """Return the types that CloudFormation knows here."""
    from ministack.services.cloudformation import provisioners

    return sorted(provisioners._RESOURCE_HANDLERS)  # noqa: SLF001 - a touch point


def add_resource_types(types: list[ResourceType]) -> None:
    """Teach CloudFormation more types."""
    from batch_constructs.local.adapter import cloudformation_types

    cloudformation_types.install(types)


def application(
    control: Callable[[str, bytes], tuple[int, bytes]],
    *,
    administrator: str,
    containers: Callable[[str, str], tuple[int, bytes]],
) -> Any:
    """Return ministack's ASGI application behind the lock.

    Args:
        control: answers the paths of our own.
        administrator: the ID of the key that may use them.
        containers: answers what containers ask for, by path and ``Authorization``.
    """
    from ministack.app import app

    from batch_constructs.local.adapter.asgi import Locked

    return Locked(app, control=control, administrator=administrator, containers=containers)
