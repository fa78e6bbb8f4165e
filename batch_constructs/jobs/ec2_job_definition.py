"""Job definitions for EC2 instances, on-demand and Spot.

https://docs.aws.amazon.com/batch/latest/userguide/create-job-definition-EC2.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.jobs.container import (
    Container,
    ContainerArguments,
    InstanceContainerArguments,
)
from batch_constructs.jobs.single_container_job_definition import (
    SHARED,
    SHARED_DEFAULTS,
    ContainerJobDefinition,
    SingleContainerArguments,
)
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self, Unpack

    from aws_cdk import Size
    from aws_cdk import aws_ecs as ecs
    from constructs import Construct

    from batch_constructs.jobs.keywords_of_many import Ec2Keywords


class Ec2Arguments(InstanceContainerArguments, SingleContainerArguments):
    """The arguments that a job on EC2 shares with others, and those of instances alone."""


@spells_out(InstanceContainerArguments, *SHARED, defaults=SHARED_DEFAULTS)
class Ec2JobDefinition(ContainerJobDefinition):
    """A job of one container on EC2 instances, on-demand or Spot, with its roles, secrets and logs.

    Its image has to fit the instances of the queues it is submitted to, x86 or Arm.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, allowed exactly to write these logs, fetch these secrets and pull this image),
    ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack) and
    ``JobRole/Resource`` (AWS::IAM::Role, allowed nothing until something is granted: without a role
    of its own the container would act as the instance it runs on).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        image: A public image's name, a private ECR image's (the pull is granted; below a prefix
            that AWS proposes for a pull-through cache, such as ``docker-hub/``, the first one too;
            grant that of a prefix of your own to ``execution_role``), or an
            ``ecs.ContainerImage`` (assets and registry credentials included).
        vcpus: vCPUs, a whole number of at least 1.
        memory: Memory, at least 4 MiB; leave some of an instance's memory to its own system.
        job_role: The role the container's code acts as. Default: one of its own, that
            is allowed nothing until something is granted.
        use_instance_role: Whether the code acts as the instance it runs on, with all that any job
            there may do, instead of a role of its own. Grants then go to the environment's
            ``instance_role``. Default: no.
        volumes: What to mount: ``EfsVolume``, ``HostVolume``; and what the launch template of its
            instances has as well: ``FsxLustreVolume``, ``S3MountVolume``, ``InstanceStoreVolume``.
            Default: none.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that leave a job stuck; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    if TYPE_CHECKING:

        @classmethod
        def from_mapping(  # type: ignore[override]  # noqa: D102  # fewer than any; editors show what it overrides
            cls,
            scope: Construct,
            definitions: Mapping[str, Mapping[str, Any]],
            **shared: Unpack[Ec2Keywords],
        ) -> dict[str, Self]:
            raise NotImplementedError

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ecs.ContainerImage,
        vcpus: float,
        memory: Size,
        use_instance_role: bool = False,
        **shared: Unpack[Ec2Arguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._define_container(
            arguments,
            Container(
                image=image,
                vcpus=vcpus,
                memory=memory,
                **only(InstanceContainerArguments, shared),
                **only(ContainerArguments, shared),
            ),
            {**shared, "use_instance_role": use_instance_role},
            capability=PlatformCapability.EC2,
            job_role_at_once=True,
        )
