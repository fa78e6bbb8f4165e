"""A pod: the containers of a job, or of a node, on Amazon EKS.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import shown
from batch_constructs.aws.container_facts import GPUS
from batch_constructs.aws.limits import bound_of
from batch_constructs.aws.pod_facts import GPU, MEMORY_MIB, DnsPolicy, ImagePullPolicy
from batch_constructs.construct import given
from batch_constructs.enum_argument import of_ours
from batch_constructs.jobs.container import decimal
from batch_constructs.jobs.container_image import bind_image, is_container_image, refuse_image
from batch_constructs.jobs.pod_volumes import PodVolumes
from batch_constructs.jsii_objects import has_member, is_resolvable
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Size
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ecs as ecs

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.pod_volumes import AnyPodVolume


@dataclass(frozen=True, kw_only=True)
class PodContainer:
    """One container of a pod. Its resources are both its request and its limit.

    Attributes:
        image: The image's name, or an ``ecs.ContainerImage`` such as an asset; the cluster's nodes
            have to be allowed to pull it.
        vcpus: vCPUs, a multiple of 0.25; also for init containers.
        memory: Memory, at least 4 MiB.
        name: Its name, unique within the pod. Default: ``Default``, if it is the only one.
        command: The entry point; not run in a shell. Default: the image's.
        args: Arguments of the entry point. Default: the image's.
        environment: Environment variables; those from Kubernetes secrets are mounted as volumes.
            Default: none.
        gpus: NVIDIA GPUs, whole ones. Default: none.
        requested_vcpus: vCPUs that are reserved, if fewer than ``vcpus``. Default: as ``vcpus``.
        image_pull_policy: ``Always``, ``IfNotPresent`` or ``Never``. Default: Kubernetes's.
        volumes: What it mounts. Default: none.
        run_as_user: The user ID to run as. Default: the image's.
        run_as_group: The group ID to run as. Default: the image's.
        run_as_non_root: Whether to refuse to run as root. Default: no.
        privileged: Whether it has all of root's privileges on the node. Default: no.
        allow_privilege_escalation: Whether a process can gain more privileges than its parent.
            Default: no.
        readonly_root_filesystem: Whether it cannot write outside its volumes. Default: no.
    """

    image: str | ecs.ContainerImage
    vcpus: float
    memory: Size
    name: str | None = None
    command: Sequence[str] | None = None
    args: Sequence[str] | None = None
    environment: Mapping[str, str] | None = None
    gpus: WholeNumber | None = None
    requested_vcpus: float | None = None
    image_pull_policy: ImagePullPolicy | batch.ImagePullPolicy | str | None = None
    volumes: Sequence[AnyPodVolume] | None = None
    run_as_user: WholeNumber | None = None
    run_as_group: WholeNumber | None = None
    run_as_non_root: bool = False
    privileged: bool = False
    allow_privilege_escalation: bool = False
    readonly_root_filesystem: bool = False


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The pod that a job, or a node of a multi-node job, runs as.

    Attributes:
        containers: Its containers, at most ten.
        init_containers: Containers that run before these, one after the other. Default: none.
        service_account_name: The Kubernetes service account, which can represent an IAM role.
            Default: the namespace's default one.
        host_network: Whether it shares its node's network, and with it the node's credentials. None
            omits it, which means yes to AWS Batch. Default: no.
        dns_policy: ``Default``, ``ClusterFirst`` or ``ClusterFirstWithHostNet``. Default:
            ``ClusterFirstWithHostNet`` on the node's network, otherwise ``ClusterFirst``.
        image_pull_secrets: Names of Kubernetes secrets for private registries. Default: none.
        labels: Labels of the pod. Default: none.
        annotations: Annotations of the pod. Default: none.
        namespace: Its Kubernetes namespace. Default: that of the compute environment.
        share_process_namespace: Whether its containers see each other's processes. Default: no.
    """

    containers: Sequence[PodContainer]
    init_containers: Sequence[PodContainer] | None = None
    service_account_name: str | None = None
    host_network: bool | None = False
    dns_policy: DnsPolicy | batch.DnsPolicy | str | None = None
    image_pull_secrets: Sequence[str] | None = None
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None
    namespace: str | None = None
    share_process_namespace: bool = False


def pod_properties(arguments: Arguments, pod: Pod) -> dict[str, Any]:
    """Return CloudFormation's ``PodProperties``."""
    volumes: list[dict[str, Any]] = []
    containers = _containers(arguments, "containers", pod.containers, volumes)
    init_containers = _containers(arguments, "init_containers", pod.init_containers, volumes)
    arguments.one_by_one("image_pull_secrets", pod.image_pull_secrets)
    secrets = arguments.texts("image_pull_secrets", pod.image_pull_secrets)
    return given(
        Containers=containers,
        InitContainers=init_containers,
        ServiceAccountName=arguments.text("service_account_name", pod.service_account_name),
        HostNetwork=arguments.flag("host_network", pod.host_network),
        DnsPolicy=arguments.text("dns_policy", of_ours(pod.dns_policy, DnsPolicy)),
        ImagePullSecrets=[{"Name": name} for name in secrets]
        if isinstance(secrets, list)
        else None,
        Metadata=given(
            Labels=arguments.mapping("labels", pod.labels),
            Annotations=arguments.mapping("annotations", pod.annotations),
            Namespace=arguments.text("namespace", pod.namespace),
        ),
        ShareProcessNamespace=arguments.switch(
            "share_process_namespace", pod.share_process_namespace
        ),
        Volumes=volumes,
    )


def _containers(
    arguments: Arguments,
    parameter: str,
    containers: Sequence[PodContainer] | None,
    volumes: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    def read(inner: Arguments, container: PodContainer) -> dict[str, Any]:
        own = PodVolumes(inner, container.volumes, volumes)
        return _container(inner, container, own.mounts)

    expected = "PodContainer(image=…, vcpus=1, memory=…)"
    return arguments.each(
        parameter, containers, PodContainer, expected, read, some=parameter == "containers"
    )


def _container(
    arguments: Arguments, container: PodContainer, mounts: list[dict[str, Any]]
) -> dict[str, Any]:
    environment = arguments.mapping("environment", container.environment)
    return given(
        Name=arguments.text("name", container.name),
        Image=_image(arguments, container.image),
        Command=arguments.texts("command", container.command),
        Args=arguments.texts("args", container.args),
        Env=[{"Name": name, "Value": value} for name, value in environment.items()],
        ImagePullPolicy=arguments.text(
            "image_pull_policy", of_ours(container.image_pull_policy, ImagePullPolicy)
        ),
        Resources=_resources(arguments, container),
        SecurityContext=given(
            RunAsUser=arguments.number(
                "run_as_user", container.run_as_user, bound=bound_of("pod-user")
            ),
            RunAsGroup=arguments.number(
                "run_as_group", container.run_as_group, bound=bound_of("pod-group")
            ),
            RunAsNonRoot=arguments.switch("run_as_non_root", container.run_as_non_root),
            Privileged=arguments.switch("privileged", container.privileged),
            AllowPrivilegeEscalation=arguments.switch(
                "allow_privilege_escalation", container.allow_privilege_escalation
            ),
            ReadOnlyRootFilesystem=arguments.switch(
                "readonly_root_filesystem", container.readonly_root_filesystem
            ),
        ),
        VolumeMounts=mounts,
    )


def _image(arguments: Arguments, image: Any) -> Any:
    """Read an image; one of the CDK's is bound at once, with an asset if it has one.

    That of a repository knows its name, so that nobody is granted the pull.
    """
    if isinstance(image, str) or is_resolvable(image):
        return arguments.text("image", image, required=True)
    if not is_container_image(image):
        return refuse_image(arguments, image).name
    if has_member(image, "image_name"):
        return str(image.image_name)
    name, credentials = bind_image(arguments.construct, image, None)
    if credentials is not None:
        arguments.wrong_value(
            "image is pulled with credentials of Secrets Manager, which Kubernetes does not use: "
            "give the image's name, and a Kubernetes secret in image_pull_secrets"
        )
    return name


def _is_known(number: Any) -> bool:
    return isinstance(number, int | float) and not is_token(number)


def _resources(arguments: Arguments, container: PodContainer) -> dict[str, Any]:
    """Return limits and requests, which AWS Batch wants alike but for the vCPUs."""
    memory = arguments.mebibytes("memory", container.memory, required=True)
    memory = arguments.bounded("memory", memory, MEMORY_MIB)
    vcpus = arguments.number("vcpus", container.vcpus, required=True)
    requested = arguments.number("requested_vcpus", container.requested_vcpus)
    if _is_known(vcpus) and _is_known(requested) and requested > vcpus:
        requested = arguments.wrong_value(
            f"requested_vcpus is {shown(requested)}, which is more than vcpus ({shown(vcpus)}): "
            "set requested_vcpus to at most vcpus"
        )
    gpus = arguments.number("gpus", container.gpus, bound=GPUS)
    alike = {
        "memory": f"{decimal(memory)}Mi" if isinstance(memory, int | float) else memory,
        **({} if gpus is None else {GPU: decimal(gpus)}),
    }
    return {
        "Limits": {"cpu": decimal(vcpus), **alike},
        "Requests": {"cpu": decimal(vcpus if requested is None else requested), **alike},
    }
