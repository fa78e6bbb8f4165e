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

    Its image has to match the architecture of the instances in its queues, x86 or Arm.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition), ``ExecutionRole``
    (AWS::IAM::Role, which can only write these logs, read these secrets and pull this image),
    ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack) and ``JobRole/Resource``
    (AWS::IAM::Role, without permissions until you grant some; without a role of its own, the
    container would use the role of its instance).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        image: The name of a public image or of a private ECR image, or an ``ecs.ContainerImage``
            (including assets and registry credentials). The permission to pull it is granted. That
            includes the first pull through a pull-through cache below a prefix that AWS suggests,
            such as ``docker-hub/``; for a prefix of your own, grant it to ``execution_role``.
        vcpus: vCPUs, a whole number of at least 1.
        memory: Memory, at least 4 MiB; leave some of an instance's memory for its system.
        job_role: The role that the container's code uses. Default: a new one, without permissions
            until you grant some.
        use_instance_role: Whether the code uses the role of the instance it runs on, which all jobs
            there share, instead of its own role. Grant permissions to the environment's
            ``instance_role`` then. Default: no.
        volumes: What to mount: ``EfsVolume``, ``HostVolume``; and volumes that are also in the
            launch template of its instances: ``FsxLustreVolume``, ``S3MountVolume``,
            ``InstanceStoreVolume``. Default: none.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave a job stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

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
