"""Job definitions for EC2 instances, on-demand and Spot.

https://docs.aws.amazon.com/batch/latest/userguide/create-job-definition-EC2.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.arguments import Arguments
from batch_constructs.jobs.container import Container, ContainerArguments
from batch_constructs.jobs.single_container_job_definition import (
    SHARED,
    SHARED_DEFAULTS,
    ContainerJobDefinition,
)
from batch_constructs.shared_arguments import only, spells_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from aws_cdk import Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs
    from constructs import Construct

    from batch_constructs.jobs.linux_parameters import Device, Swap, Tmpfs, Ulimit
    from batch_constructs.jobs.single_container_job_definition import SingleContainerArguments
    from batch_constructs.tokens import WholeNumber


@spells_out(*SHARED, defaults=SHARED_DEFAULTS)
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
        gpus: GPUs, whole ones, at least 1. Default: none.
        privileged: Whether the container may do all that root may do on the host. Default: no.
        ulimits: Limits of the container's processes. Default: the instance's.
        shared_memory: The size of ``/dev/shm``. Default: 64 MiB.
        devices: Devices of the host that the container sees. Default: none.
        tmpfs: File systems in memory. Default: none.
        swap: Swap space, on instances that have some. Default: none.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that leave a job stuck; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str | ecs.ContainerImage,
        vcpus: float,
        memory: Size,
        use_instance_role: bool = False,
        gpus: WholeNumber | None = None,
        privileged: bool = False,
        ulimits: Sequence[Ulimit | batch.Ulimit] | None = None,
        shared_memory: Size | None = None,
        devices: Sequence[Device | batch.Device] | None = None,
        tmpfs: Sequence[Tmpfs | batch.Tmpfs] | None = None,
        swap: Swap | None = None,
        **shared: Unpack[SingleContainerArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._define_container(
            arguments,
            Container(
                image=image,
                vcpus=vcpus,
                memory=memory,
                gpus=gpus,
                privileged=privileged,
                ulimits=ulimits,
                shared_memory=shared_memory,
                devices=devices,
                tmpfs=tmpfs,
                swap=swap,
                **only(ContainerArguments, shared),
            ),
            {**shared, "use_instance_role": use_instance_role},
            capability="EC2",
            job_role_at_once=True,
        )
