"""A task: the containers of a job or of a node, what is said of all of them, volumes and roles.

What a task is told beside its containers stands here alone, for jobs of one container, of several,
and for nodes.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsTaskProperties.html
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypedDict

from batch_constructs.aws.job_definition_facts import IpcMode, PidMode
from batch_constructs.aws.managed_policies import SESSION_CHANNELS
from batch_constructs.aws.platforms import OLDEST_VERSION
from batch_constructs.construct import given
from batch_constructs.enum_argument import of_ours
from batch_constructs.jobs.container import (
    Container,
    ContainerParts,
    refuse_within_a_task,
    within_a_task,
)
from batch_constructs.jobs.secrets import refuse_fields
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from batch_constructs.arguments import Arguments


class TaskArguments(TypedDict, total=False):
    """The arguments about a task, be it of one container or of several.

    Args:
        enable_execute_command: Whether ECS Exec can open a shell in the containers; the job role
            gets the necessary permissions. Default: no.
    """

    enable_execute_command: bool


class SeveralContainersArguments(TypedDict, total=False):
    """The arguments about a task of several containers.

    Args:
        ipc_mode: ``host``, ``task`` or ``none``: which IPC resources the containers share; not on
            Fargate. Default: that of Docker.
        pid_mode: ``host`` or ``task``: which process namespace the containers share. Default: each
            has its own.
    """

    ipc_mode: IpcMode | ecs.IpcMode | str | None
    pid_mode: PidMode | ecs.PidMode | str | None


@dataclass(frozen=True, kw_only=True)
class TaskOfNodes:
    """What both of the above are called in a range of nodes."""

    ipc_mode: IpcMode | ecs.IpcMode | str | None = None
    pid_mode: PidMode | ecs.PidMode | str | None = None
    enable_execute_command: bool = False


TASK_DEFAULTS: Final = {
    field.name: field.default for field in fields(TaskOfNodes) if field.default is not None
}
"""What the arguments about a task are by default, where that is not None."""

OF_SEVERAL: Final = {"ipc_mode": IpcMode, "pid_mode": PidMode}
"""Parameter → what it is one of, called as the property, where a task is of several containers."""


def task_options(arguments: Arguments, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a task that are said beside its containers."""
    return given(
        **{
            kind.__name__: arguments.text(parameter, of_ours(own.get(parameter), kind))
            for parameter, kind in OF_SEVERAL.items()
        },
        EnableExecuteCommand=arguments.switch(
            "enable_execute_command", own.get("enable_execute_command")
        ),
    )


def refuse_of_pods(arguments: Arguments, options: Mapping[str, Any]) -> None:
    """Note what is said beside a pod and is for tasks; ``options`` are those of a task."""
    if options.get("EnableExecuteCommand") is not None:
        arguments.wrong_value(
            "enable_execute_command is given with a pod, which ECS Exec does not support: leave "
            "it out, and use kubectl exec"
        )


class Task:
    """One task, read from its containers: CloudFormation's properties, and what its roles need.

    Attributes:
        needs_log_group: Whether a container writes to the definition's log group.
        execution_statements: What the execution role needs, beside that log group.
        job_statements: What the job role needs, without which the job does not start.
        agent_statements: What it needs besides, for agents.
        single: Whether it is one container in ``ContainerProperties``, and not a list of them.
        binds_an_image: Whether an image is bound to the execution role.
    """

    def __init__(
        self,
        arguments: Arguments,
        containers: Sequence[Container],
        *,
        options: Mapping[str, Any],
        single: bool,
        label: str = "containers",
    ) -> None:
        self.single = single
        self._options = options
        self._containers: list[tuple[ContainerParts, dict[str, Any]]] = []
        self._unread: list[Any] = []
        platform = options.get("FargatePlatformConfiguration", {}).get("PlatformVersion")
        for place, container in enumerate(containers):
            called = label if single else f"{label}[{place}]"
            inner = arguments.within(called) if label else arguments
            if not isinstance(container, Container):
                expected = "Container(image=…, vcpus=1, memory=…)"
                self._unread.append(arguments.wrong_type(called, container, expected))
                continue
            if OLDEST_VERSION in (platform, options.get("PlatformVersion")):
                refuse_fields(inner, container.secrets)
            if single:
                refuse_within_a_task(inner, container)
            beside = {} if single else within_a_task(inner, container)
            self._containers.append((ContainerParts(inner, container), beside))
        self._volumes = self._shared_volumes()
        parts = [part for part, _ in self._containers]
        self.needs_log_group = any(part.log.needs_group for part in parts)
        self.execution_statements = [one for part in parts for one in part.execution_statements]
        self.job_statements = [one for part in parts for one in part.volumes.statements]
        self.agent_statements = [one for part in parts for one in part.agent_statements]
        if options.get("EnableExecuteCommand") is True:
            self.job_statements.append(_EXECUTE_COMMAND)
        self.binds_an_image = any(part.binds_an_image for part in parts)

    def known(self, *, job_role: bool) -> Any:
        """Return the properties as the rules see them, before any resource is made."""
        containers = [{**part.known(), **beside} for part, beside in self._containers]
        return self._assembled([*containers, *self._unread], UNKNOWN, UNKNOWN if job_role else None)

    def bind(
        self,
        scope: Construct,
        *,
        execution_role: iam.IRole | None,
        execution_role_arn: str,
        job_role_arn: str | None,
        log_options: Mapping[str, str],
    ) -> Any:
        """Return the properties, with images bound and roles in place."""
        containers = [
            {**part.bind(scope, execution_role, log_options), **beside}
            for part, beside in self._containers
        ]
        return self._assembled(containers, execution_role_arn, job_role_arn)

    def admit(self, scope: Construct) -> None:
        """Let the file systems admit the compute environments that mount them."""
        for part, _ in self._containers:
            part.volumes.admit(scope)

    def _assembled(self, containers: list[Any], execution_role: Any, job_role: Any) -> Any:
        own = {**self._options, **given(Volumes=self._volumes), "ExecutionRoleArn": execution_role}
        if self.single:
            if not isinstance(containers[0], dict):
                return containers[0]  # of a wrong type, and refused
            return {**containers[0], **own, **given(JobRoleArn=job_role)}
        return {"Containers": containers, **own, **given(TaskRoleArn=job_role)}

    def _shared_volumes(self) -> list[dict[str, Any]]:
        """Return each volume once, however many containers mount it; two of one name stay two."""
        found: list[dict[str, Any]] = []
        for part, _ in self._containers:
            found += [volume for volume in part.volumes.properties if volume not in found]
        return found


_EXECUTE_COMMAND = {
    "Effect": "Allow",
    "Action": [*SESSION_CHANNELS],
    "Resource": "*",  # a channel of Session Manager has no ARN: AWS takes no resource here
}
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"""
