"""The keywords of ``from_mapping``, for type checkers: those of each constructor, all optional.

None is required: what all definitions share may leave to each what differs. `tests/test_types.py`
holds them to the constructors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.jobs.ec2_job_definition import Ec2Arguments
from batch_constructs.jobs.ecs_job_definition import NodesJobArguments
from batch_constructs.jobs.job_arguments import EksJobArguments
from batch_constructs.jobs.multi_container_job_definition import SeveralContainersJobArguments
from batch_constructs.jobs.single_container_job_definition import SingleContainerArguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs

    from batch_constructs.aws.job_definition_facts import (
        CpuArchitecture,
        NetworkMode,
        OperatingSystemFamily,
    )
    from batch_constructs.aws.platforms import PlatformCapability
    from batch_constructs.aws.pod_facts import DnsPolicy
    from batch_constructs.jobs.container import Container
    from batch_constructs.jobs.multi_node_job_definition import NodeRange
    from batch_constructs.jobs.pod import PodContainer
    from batch_constructs.tokens import WholeNumber


class FargateKeywords(SingleContainerArguments, total=False):
    """Those of ``FargateJobDefinition``."""

    image: str | ecs.ContainerImage
    vcpus: float
    memory: Size
    ephemeral_storage: Size | None
    cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None
    operating_system_family: OperatingSystemFamily | ecs.OperatingSystemFamily | str | None
    platform_version: ecs.FargatePlatformVersion | str | None
    assign_public_ip: bool
    create_job_role: bool


class Ec2Keywords(Ec2Arguments, total=False):
    """Those of ``Ec2JobDefinition``."""

    image: str | ecs.ContainerImage
    vcpus: float
    memory: Size
    use_instance_role: bool


class MultiContainerKeywords(SeveralContainersJobArguments, total=False):
    """Those of ``MultiContainerJobDefinition``."""

    containers: Sequence[Container]
    platform_capability: PlatformCapability | str
    use_instance_role: bool
    ephemeral_storage: Size | None
    cpu_architecture: CpuArchitecture | ecs.CpuArchitecture | str | None
    operating_system_family: OperatingSystemFamily | ecs.OperatingSystemFamily | str | None
    platform_version: ecs.FargatePlatformVersion | str | None
    assign_public_ip: bool | None
    network_mode: NetworkMode | ecs.NetworkMode | str | None


class MultiNodeKeywords(NodesJobArguments, total=False):
    """Those of ``MultiNodeJobDefinition``."""

    node_ranges: Sequence[NodeRange]
    main_node: WholeNumber
    num_nodes: WholeNumber | None
    use_instance_role: bool


class EksKeywords(EksJobArguments, total=False):
    """Those of ``EksJobDefinition``."""

    containers: Sequence[PodContainer]
    init_containers: Sequence[PodContainer] | None
    service_account_name: str | None
    host_network: bool | None
    dns_policy: DnsPolicy | batch.DnsPolicy | str | None
    image_pull_secrets: Sequence[str] | None
    labels: Mapping[str, str] | None
    annotations: Mapping[str, str] | None
    namespace: str | None
    share_process_namespace: bool
