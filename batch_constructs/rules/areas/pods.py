"""Rules about jobs on Amazon EKS: pods and their containers."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import every_pod, in_pods, job_limit, job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.old_limits import Limit, Where
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import COMPUTE_ENVIRONMENT, JobDefinition
from batch_constructs.rules.template.values import (
    UNKNOWN,
    Properties,
    absent,
    as_number,
    entries,
    flag,
    given,
    listing,
    mapping,
    one_of,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "pods"
_environment_rule = partial(rule, subject=COMPUTE_ENVIRONMENT, area=AREA)
_environment_limit = partial(Limit, subject=COMPUTE_ENVIRONMENT, area=AREA)
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)

_NAMESPACE: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST_NAMESPACE: Final = 63


def namespace_fault(got: str, reserved: str) -> str | None:
    """Say what is wrong with a Kubernetes namespace, None if nothing is."""
    allowed = (
        f'allowed are 1 to 63 small letters, digits and hyphens, not "default", not "{reserved}…"'
    )
    wrong = got == "default" or got.startswith(reserved) or not _NAMESPACE.fullmatch(got)
    if wrong or len(got) > _LONGEST_NAMESPACE:
        return f'the namespace is "{show(got)}"; {allowed}'
    return None


@_rule(
    "eks-job-parameters",
    title="parameter that EKS jobs refuse",
    fix="leave it out",
    source='RegisterJobDefinitionRequest.propagateTags: "If the job runs on Amazon EKS resources,'
    " then"
    ' you must not specify propagateTags."; RegisterJobDefinitionRequest.platformCapabilities:'
    ' "then you'
    ' must not specify platformCapabilities"',
)
def eks_job_parameters(job: JobDefinition) -> Iterator[Fault]:
    """They belong to ECS tasks."""
    if job.is_eks:
        for key in ("PropagateTags", "PlatformCapabilities"):
            if given(job.properties, key) and job.properties[key] != []:
                yield key, f"{key} is given for a job on EKS", f"leave {key} out"


@_rule(
    "pod-containers",
    title="pod without containers, or with too many",
    fix="give Containers 1 to 10 entries",
    source='EksPodProperties.containers, EksPodProperties.initContainers: "This object is limited'
    " to 10"
    ' elements."; EksProperties.podProperties, RegisterJobDefinitionRequest.eksProperties',
)
def pod_containers(job: JobDefinition) -> Iterator[Fault]:
    """Ten of each kind are the limit."""
    for pod in job.pods:
        if "Containers" not in pod.properties:
            yield f"{pod.path}/Containers", "Containers is missing; a pod needs 1 to 10"
        for key, least in (("Containers", 1), ("InitContainers", 0)):
            got = listing(pod.properties, key)
            if got is not None and not least <= len(got) <= 10:  # noqa: PLR2004  # the number stands in the message  # in the message
                yield f"{pod.path}/{key}", f"there are {len(got)} {key}; allowed are {least} to 10"


@_rule(
    "pod-container-name",
    title="container names that are not unique",
    fix="give each container of the pod a name of its own",
    source='EksContainer.name: "If the name isn\'t specified, the default name "Default" is used.'
    " Each"
    ' container in a pod must have a unique name."',
)
def pod_container_name(job: JobDefinition) -> Iterator[Fault]:
    """Two containers without a name are both called Default."""
    for pod in job.pods:
        seen: set[object] = set()
        for path, container in pod.containers:
            name = container.get("Name", "Default")
            if not isinstance(name, str):
                continue
            if name in seen:
                yield f"{path}/Name", f'two containers are called "{show(name)}"'
            seen.add(name)


_limit(
    id="image-pull-policy",
    where=lambda job: ((f"{path}/", one) for pod in job.pods for path, one in pod.containers),
    key="ImagePullPolicy",
    noun="the image pull policy",
    title="unknown image pull policy",
    source='EksContainer.imagePullPolicy: "Supported values are Always, IfNotPresent, and Never."',
    why="Spelt as Kubernetes does.",
).one_of(("Always", "IfNotPresent", "Never"))

_limit(
    id="dns-policy",
    where=every_pod,
    key="DnsPolicy",
    noun="the DNS policy",
    title="unknown DNS policy",
    source='EksPodProperties.dnsPolicy: "Valid values: Default | ClusterFirst |'
    ' ClusterFirstWithHostNet"',
    why="Spelt as Kubernetes does.",
).one_of(("Default", "ClusterFirst", "ClusterFirstWithHostNet"))


@_rule(
    "dns-policy-host-network",
    severity=Severity.WARNING,
    title="ClusterFirst on the host network",
    fix="set DnsPolicy to ClusterFirstWithHostNet, or HostNetwork to false",
    source='EksPodProperties.dnsPolicy: "If the hostNetwork parameter is not specified, the'
    " default is"
    ' ClusterFirstWithHostNet."; EksPodProperties.hostNetwork: "The default value is true."',
)
def dns_policy_host_network(job: JobDefinition) -> Iterator[Fault]:
    """On the host network it falls back to the DNS of the node: cluster names do not resolve."""
    for pod in job.pods:
        on_host = pod.properties.get("HostNetwork", True)
        if on_host is UNKNOWN or flag({"": on_host}, "") is not True:
            continue
        if text(pod.properties, "DnsPolicy") == "ClusterFirst":
            yield f"{pod.path}/DnsPolicy", "the DNS policy is ClusterFirst on the host network"


_MEMORY: Final = re.compile(r"([1-9]\d*)Mi")
_SMALLEST_MEMORY: Final = 4


def _resources(job: JobDefinition) -> Iterator[tuple[str, Properties, Properties]]:
    for pod in job.pods:
        for path, container in pod.containers:
            resources = container.get("Resources")
            if isinstance(resources, dict):
                limits, requests = resources.get("Limits", {}), resources.get("Requests", {})
                if isinstance(limits, dict) and isinstance(requests, dict):
                    yield f"{path}/Resources", limits, requests


@_rule(
    "pod-memory",
    title="memory of a wrong shape",
    fix="write whole MiB with the suffix Mi, such as 2048Mi, the same in limits and requests",
    source='EksContainerResourceRequirements.limits: "The memory hard limit (in MiB) for the'
    " container,"
    ' using whole integers, with a "Mi" suffix. … You must specify at least 4 MiB … the value'
    " that's"
    " specified in limits must be equal to the value that's specified in requests\"",
)
def pod_memory(job: JobDefinition) -> Iterator[Fault]:
    """Batch reserves what is asked for, so it cannot grow."""
    for path, limits, requests in _resources(job):
        for kind, values in (("Limits", limits), ("Requests", requests)):
            got = values.get("memory")
            if not isinstance(got, str | int | float):
                continue
            match = _MEMORY.fullmatch(str(got))
            if not match:
                yield (
                    f"{path}/{kind}/memory",
                    f'the memory is "{show(got)}"; allowed are whole MiB such as "2048Mi"',
                )
            elif int(match[1]) < _SMALLEST_MEMORY:
                yield f"{path}/{kind}/memory", f'the memory is "{got}"; at least 4Mi are allowed'
        limit, request = limits.get("memory"), requests.get("memory")
        if isinstance(limit, str) and isinstance(request, str) and limit != request:
            yield (
                f"{path}/Limits/memory",
                (
                    f"the memory limit is {show(limit)}, the request {show(request)}; they must be"
                    " equal"
                ),
            )


@_rule(
    "pod-cpu",
    title="CPUs of a wrong amount",
    fix="give multiples of 0.25, and a limit of at least the request",
    source='EksContainerResourceRequirements.requests: "Values must be an even multiple of 0.25. …'
    " the"
    " value that's specified in limits must be at least as large as the value that's specified in"
    ' requests"',
)
def pod_cpu(job: JobDefinition) -> Iterator[Fault]:
    """A quarter of a CPU is the smallest step."""
    for path, limits, requests in _resources(job):
        for kind, values in (("Limits", limits), ("Requests", requests)):
            got = values.get("cpu")
            if not isinstance(got, str | int | float):
                continue
            amount = _cpus(got)
            if amount is None or amount <= 0 or (amount * 4) % 1:
                yield (
                    f"{path}/{kind}/cpu",
                    f'the CPUs are "{show(got)}"; allowed are multiples of 0.25',
                )
        limit, request = _cpus(limits.get("cpu")), _cpus(requests.get("cpu"))
        if limit is not None and request is not None and limit < request:
            yield f"{path}/Limits/cpu", f"the CPU limit is {limit}, below the request of {request}"


def _cpus(value: object) -> float | None:
    """Read CPUs, also as thousandths (``500m``)."""
    if isinstance(value, str) and value.endswith("m"):
        thousandths = as_number(value[:-1])
        return None if thousandths is None else thousandths / 1000
    return as_number(value)


@_rule(
    "pod-gpu",
    title="GPUs of a wrong amount",
    fix="give a whole number, the same in limits and requests",
    source='EksContainerResourceRequirements.limits: "nvidia.com/gpu … Values must be a whole'
    " integer …"
    " the value that's specified in limits must be equal to the value that's specified in"
    ' requests"',
)
def pod_gpu(job: JobDefinition) -> Iterator[Fault]:
    """GPUs are not divided."""
    for path, limits, requests in _resources(job):
        for kind, values in (("Limits", limits), ("Requests", requests)):
            got = values.get("nvidia.com/gpu")
            if not isinstance(got, str | int | float):
                continue
            amount = as_number(got)
            if amount is None or amount < 0 or amount % 1:
                yield (
                    f"{path}/{kind}/nvidia.com~1gpu",
                    f'the GPUs are "{show(got)}"; allowed are whole numbers',
                )
        limit = as_number(limits.get("nvidia.com/gpu"))
        request = as_number(requests.get("nvidia.com/gpu"))
        if limit is not None and request is not None and limit != request:
            yield (
                f"{path}/Limits/nvidia.com~1gpu",
                f"the GPU limit is {limit}, the request {request}; they must be equal",
            )


@_rule(
    "pod-resources-missing",
    title="container without CPU or memory",
    fix="give Resources a Limits with cpu and memory",
    source='EksContainer.resources: "The type and amount of resources to assign to a container.";'
    ' EksContainerResourceRequirements.limits: "You must specify at least 4 MiB of memory for a'
    ' job."',
    severity=Severity.WARNING,
)
def pod_resources_missing(job: JobDefinition) -> Iterator[Fault]:
    """Batch cannot place a pod whose size it does not know."""
    for pod in job.pods:
        for position, container in entries(pod.properties, "Containers"):
            resources = container.get("Resources", {})
            if not isinstance(resources, dict):
                continue
            halves = [resources.get(key, {}) for key in ("Limits", "Requests")]
            if any(not isinstance(half, dict) for half in halves):
                continue
            missing = [
                key
                for key in ("cpu", "memory")
                if not any(isinstance(half, dict) and key in half for half in halves)
            ]
            if missing:
                yield (
                    f"{pod.path}/Containers/{position}/Resources",
                    f"no {' and no '.join(missing)} is given",
                )


_limit(
    id="empty-dir-medium",
    where=in_pods("Volumes/*/EmptyDir"),
    key="Medium",
    noun="the medium of a volume",
    title="unknown medium of an emptyDir volume",
    source='EksEmptyDir.medium: "" (the disk of the node) or "Memory"; EksVolume.emptyDir',
    why="Spelt as Kubernetes does.",
).one_of(("", "Memory"))

_limit(
    id="empty-dir-size",
    where=in_pods("Volumes/*/EmptyDir"),
    key="SizeLimit",
    noun="the size limit of a volume",
    title="size limit of a wrong shape",
    source="EksEmptyDir.sizeLimit: a Kubernetes quantity of 1 to 256 characters",
    why="A number with a suffix, such as 2Gi.",
).matching(r"\d+(\.\d+)?([EPTGMK]i|[EPTGMkm])?", "a quantity such as 512Mi or 2Gi", 256)

_DNS_LABEL: Final = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"


def _secret_volumes() -> Where:
    return in_pods("Volumes/*/Secret")


for _id, _where, _key, _noun, _source in (
    ("pod-volume-name", in_pods("Volumes/*"), "Name", "the volume name", "EksVolume.name"),
    (
        "pod-service-account",
        every_pod,
        "ServiceAccountName",
        "the service account name",
        "EksPodProperties.serviceAccountName, EksVolume.name",
    ),
    (
        "pod-secret-name",
        _secret_volumes(),
        "SecretName",
        "the name of the Kubernetes secret",
        "EksSecret.secretName, EksVolume.secret",
    ),
):
    _limit(
        id=_id,
        where=_where,
        key=_key,
        noun=_noun,
        title=f"{_noun.removeprefix('the ')} of a wrong shape",
        source=f'{_source}: "The name must be allowed as a DNS subdomain name."',
        why="Kubernetes refuses other names.",
    ).matching(_DNS_LABEL, "small letters, digits, hyphens and periods", 253)


@_rule(
    "pod-volume-mount",
    title="mount of a volume that the pod does not have",
    fix="add the volume to Volumes, or name one of them",
    source='EksContainerVolumeMount.name: "This must match the name of one of the volumes in the'
    ' pod.";'
    " EksContainer.volumeMounts, EksPodProperties.volumes",
)
def pod_volume_mount(job: JobDefinition) -> Iterator[Fault]:
    """The name must be one of the pod's volumes."""
    for pod in job.pods:
        volumes = pod.properties.get("Volumes", [])
        if not isinstance(volumes, list):
            continue
        names = [volume.get("Name") if isinstance(volume, dict) else UNKNOWN for volume in volumes]
        if any(not isinstance(name, str | None) for name in names):
            continue
        seen: set[str] = set()
        for position, name in enumerate(names):
            if name in seen:
                yield f"{pod.path}/Volumes/{position}/Name", f'two volumes are called "{name}"'
            if isinstance(name, str):
                seen.add(name)
        for path, container in pod.containers:
            for position, mount in entries(container, "VolumeMounts"):
                got = text(mount, "Name")
                if got is not None and got not in names:
                    known = one_of([name for name in names if name] or ["none"])
                    yield (
                        f"{path}/VolumeMounts/{position}/Name",
                        f'there is no volume "{show(got)}"; there are {known}',
                    )


@_rule(
    "pod-mount-path",
    severity=Severity.WARNING,
    title="mount path that is not absolute",
    fix="begin MountPath with a slash",
    source='EksContainerVolumeMount.mountPath: "The path on the container where the volume is'
    ' mounted."',
)
def pod_mount_path(job: JobDefinition) -> Iterator[Fault]:
    """It is taken from the root of the container, not from its working directory."""
    for path, mount in _mounts(job):
        got = text(mount, "MountPath")
        if got is not None and not got.startswith("/"):
            yield (
                f"{path}/MountPath",
                f'the mount path is "{show(got)}"; allowed are absolute paths',
            )


@_rule(
    "pod-sub-path",
    title="sub-path that leaves its volume",
    fix="name a path below the root of the volume, without steps up and without a slash before it",
    source='EksContainerVolumeMount.subPath: "A sub-path inside the referenced volume instead of'
    ' its root."',
)
def pod_sub_path(job: JobDefinition) -> Iterator[Fault]:
    """Kubernetes refuses absolute paths, and steps up."""
    for path, mount in _mounts(job):
        got = text(mount, "SubPath")
        if got is not None and (got.startswith("/") or ".." in got.split("/")):
            yield (
                f"{path}/SubPath",
                f'the sub-path is "{show(got)}"; allowed are relative paths without steps up',
            )


def _mounts(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    for pod in job.pods:
        for path, container in pod.containers:
            for position, mount in entries(container, "VolumeMounts"):
                yield f"{path}/VolumeMounts/{position}", mount


@_rule(
    "pod-volume-kind",
    title="volume of no kind, or of two",
    fix="give each volume exactly one of EmptyDir, HostPath, Secret and PersistentVolumeClaim",
    source="EksVolume.hostPath, EksVolume.emptyDir, EksVolume.secret,"
    " EksVolume.persistentVolumeClaim: one"
    " of them",
)
def pod_volume_kind(job: JobDefinition) -> Iterator[Fault]:
    """A volume comes from one place."""
    for pod in job.pods:
        for position, volume in entries(pod.properties, "Volumes"):
            kinds = [
                key
                for key in ("EmptyDir", "HostPath", "Secret", "PersistentVolumeClaim")
                if key in volume
            ]
            path = f"{pod.path}/Volumes/{position}"
            if len([kind for kind in kinds if given(volume, kind)]) > 1:
                yield path, f"the volume is {' and '.join(kinds)}; exactly one is allowed"


@_rule(
    "pod-security",
    title="security context that contradicts itself",
    fix="leave one of the two out",
    source="EksContainerSecurityContext.runAsNonRoot: run with a uid other than 0;"
    " EksContainerSecurityContext.runAsUser, EksContainerSecurityContext.privileged,"
    " EksContainerSecurityContext.allowPrivilegeEscalation, EksContainer.securityContext",
)
def pod_security(job: JobDefinition) -> Iterator[Fault]:
    """Kubernetes refuses to start such a container."""
    for pod in job.pods:
        for path, container in pod.containers:
            context = mapping(container, "SecurityContext")
            where = f"{path}/SecurityContext"
            non_root = flag(context, "RunAsNonRoot") is True
            if non_root and as_number(context.get("RunAsUser")) == 0:
                yield f"{where}/RunAsUser", "RunAsUser is 0 while RunAsNonRoot is true"
            privileged = flag(context, "Privileged") is True
            if privileged and flag(context, "AllowPrivilegeEscalation") is False:
                yield (
                    f"{where}/AllowPrivilegeEscalation",
                    "AllowPrivilegeEscalation is false while Privileged is true",
                )


@_rule(
    "pod-namespace",
    title="Kubernetes namespace that Batch refuses",
    fix="name a namespace that Batch may use",
    source='EksMetadata.namespace: 1-63 characters long; "Can\'t be set to default"; "Can\'t start'
    " with"
    ' kube"; EksPodProperties.metadata',
)
def pod_namespace(job: JobDefinition) -> Iterator[Fault]:
    """All node ranges of a multi-node job use the same."""
    found: dict[str, str] = {}
    for pod in job.pods:
        got = text(mapping(pod.properties, "Metadata"), "Namespace")
        if got is None:
            continue
        path = f"{pod.path}/Metadata/Namespace"
        if message := namespace_fault(got, "kube"):
            yield path, message
        found.setdefault(got, path)
    if len(found) > 1:
        yield (
            next(reversed(found.values())),
            f"the node ranges use the namespaces {one_of(found)}; all must use the same",
        )


_LABEL: Final = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?")
_LONGEST_LABEL: Final = 63
_LABEL_CHARACTERS: Final = (
    "letters, digits, hyphens, underscores and periods, a letter or digit at both ends"
)
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?", re.ASCII)


@_rule(
    "pod-labels",
    title="label or annotation of a wrong shape",
    fix="use at most 63 letters, digits, hyphens, underscores and periods",
    source='EksMetadata.labels: "Can contain up to 63 uppercase letters, lowercase letters,'
    " numbers,"
    ' hyphens (-), and underscores (_)."; EksMetadata.annotations: names as labels, "Annotation'
    " values"
    ' must be 255 characters or less"',
)
def pod_labels(job: JobDefinition) -> Iterator[Fault]:
    """Kubernetes refuses other names."""
    for pod in job.pods:
        metadata = mapping(pod.properties, "Metadata")
        for key, longest in (("Labels", 63), ("Annotations", 255)):
            for name, value in mapping(metadata, key).items():
                path = f"{pod.path}/Metadata/{key}/{name.replace('/', '~1')}"
                if not _LABEL.fullmatch(name) or len(name.rpartition("/")[2]) > _LONGEST_LABEL:
                    yield path, f'the name "{show(name)}" is not one Kubernetes allows'
                if isinstance(value, str) and len(value) > longest:
                    yield path, f"the value has {len(value)} characters; allowed are {longest}"
                elif (
                    key == "Labels" and isinstance(value, str) and not _LABEL_VALUE.fullmatch(value)
                ):
                    yield path, f'the value is "{show(value)}"; allowed are {_LABEL_CHARACTERS}'


@_rule(
    "image-pull-secret",
    title="image pull secret without a name",
    fix="give each entry a Name",
    source='EksPodProperties.imagePullSecrets, ImagePullSecret.name: "This object is required when'
    ' EksPodProperties$imagePullSecrets is used."',
)
def image_pull_secret(job: JobDefinition) -> Iterator[Fault]:
    """It names a Kubernetes secret."""
    for pod in job.pods:
        for position, secret in entries(pod.properties, "ImagePullSecrets"):
            if absent(secret, "Name"):
                yield f"{pod.path}/ImagePullSecrets/{position}/Name", "the secret has no name"
