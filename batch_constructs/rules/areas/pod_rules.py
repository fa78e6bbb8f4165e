"""Rules about jobs on Amazon EKS: pods and their containers."""

from __future__ import annotations

from batch_constructs.aws import pod_facts as aws
from batch_constructs.aws.bound import one_of, refused, shown
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.areas.storage_rules import unknown_mounts
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.listed_parts import listed, repeated
from batch_constructs.rules.template.values import Properties, as_number, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition


register("pods", area="pod")


def _resources(job: JobDefinition) -> Iterator[tuple[str, Properties, Properties]]:
    """Go through what containers ask for: path, limits, requests."""
    for pod in job.pods:
        for path, container in pod.containers:
            resources = container.get("Resources")
            if isinstance(resources, dict):
                limits, requests = resources.get("Limits", {}), resources.get("Requests", {})
                if isinstance(limits, dict) and isinstance(requests, dict):
                    yield f"{path}/Resources", limits, requests


def _asked_for(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    """Go through the limits and the requests of containers."""
    for path, limits, requests in _resources(job):
        yield f"{path}/Limits", limits
        yield f"{path}/Requests", requests


def _place(path: str, key: str) -> str:
    """Give the place of a key that may have a slash."""
    return f"{path}/{key.replace('/', '~1')}"


def _amounts(job: JobDefinition, key: str) -> Iterator[tuple[str, object]]:
    """Go through the amounts of one resource, whether limited or requested."""
    for path, values in _asked_for(job):
        if isinstance(values.get(key), str | int | float):
            yield _place(path, key), values[key]


@job_rule(
    "pod-memory",
    needs="memory",
    title="malformed memory",
    fix="write whole MiB with the suffix Mi, such as 2048Mi, the same in Limits and Requests",
    source=aws.RESOURCES_SOURCE,
)
def pod_memory(job: JobDefinition) -> Iterator[Fault]:
    """Batch reserves exactly the requested memory, so the limit cannot be higher."""
    for path, got in _amounts(job, "memory"):
        wrong = aws.MEMORY.wrong(str(got)) or aws.MEMORY_MIB.wrong(int(str(got)[:-2]))
        if wrong:
            yield path, f"the memory {wrong}"
    for path, limits, requests in _resources(job):
        limit, request = limits.get("memory"), requests.get("memory")
        if isinstance(limit, str) and isinstance(request, str) and limit != request:
            yield (
                f"{path}/Limits/memory",
                f"the memory limit is {limit}, but {request} are requested",
            )


@job_rule(
    "pod-cpu",
    needs="cpu",
    title="wrong number of CPUs",
    fix=f"give multiples of {aws.CPU_STEP}, and a limit of at least the request",
    source=aws.RESOURCES_SOURCE,
)
def pod_cpu(job: JobDefinition) -> Iterator[Fault]:
    """The smallest step is a quarter of a CPU."""
    for path, got in _amounts(job, "cpu"):
        amount = _cpus(got)
        if amount is None or amount <= 0 or amount % aws.CPU_STEP:
            steps = f"positive multiples of {aws.CPU_STEP}"
            yield path, f"the CPUs are {shown(got)}; allowed: {steps}"
    for path, limits, requests in _resources(job):
        limit, request = _cpus(limits.get("cpu")), _cpus(requests.get("cpu"))
        if limit is not None and request is not None and limit < request:
            yield (
                f"{path}/Limits/cpu",
                f"the CPU limit is {limit}, but {request} are requested",
            )


def _cpus(value: object) -> float | None:
    """Read CPUs, also as thousandths (``500m``)."""
    if isinstance(value, str) and value.endswith("m"):
        thousandths = as_number(value[:-1])
        return None if thousandths is None else thousandths / 1000
    return as_number(value)


@job_rule(
    "pod-gpu",
    needs=aws.GPU,
    title="wrong number of GPUs",
    fix="give a whole number, the same in Limits and Requests",
    source=aws.RESOURCES_SOURCE,
)
def pod_gpu(job: JobDefinition) -> Iterator[Fault]:
    """A GPU cannot be divided."""
    for path, got in _amounts(job, aws.GPU):
        amount = as_number(got)
        if amount is None or not aws.GPUS.admits(amount):
            yield path, f"the GPUs are {shown(got)}; allowed: whole numbers"
    for path, limits, requests in _resources(job):
        limit, request = (
            as_number(limits.get(aws.GPU)),
            as_number(requests.get(aws.GPU)),
        )
        if limit is not None and request is not None and limit != request:
            yield (
                _place(f"{path}/Limits", aws.GPU),
                f"the GPU limit is {limit}, but {request} are requested",
            )


@job_rule(
    "pod-resources-missing",
    title="container without CPU or memory",
    fix="set cpu and memory under Limits in Resources",
    source=api(
        "EksContainer.resources",
        '"The type and amount of resources to assign to a container." Without either, AWS Batch was'
        " seen to answer: cpu and memory resources must be provided"
        " (badmintoncryer/cdk-preflight, pf-batch-jd-eks-resources-required).",
    ),
)
def pod_resources_missing(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition: it cannot place a pod of unknown size."""
    for pod in job.pods:
        for path, container in listed(pod.path, pod.properties, "Containers"):
            resources = container.get("Resources", {})
            if not isinstance(resources, dict):
                continue
            halves = [resources.get(key, {}) for key in ("Limits", "Requests")]
            if any(not isinstance(half, dict) for half in halves):
                continue
            missing = [key for key in ("cpu", "memory") if not any(key in half for half in halves)]
            if missing:
                yield f"{path}/Resources", f"no {' and no '.join(missing)} is set"


@job_rule(
    "pod-resource-name",
    title="resource that AWS Batch does not know",
    fix=f"ask for {one_of(aws.RESOURCE_NAMES)} only",
    source=api(
        "EksContainer.resources",
        '"The supported resources include memory, cpu, and nvidia.com/gpu." Of another one AWS'
        " Batch was seen to answer: is not a supported type for resources"
        " (badmintoncryer/cdk-preflight, pf-batch-jd-eks-resource-key-unsupported).",
    ),
)
def pod_resource_name(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition, whatever devices the cluster has."""
    for path, values in _asked_for(job):
        for name in values:
            if name not in aws.RESOURCE_NAMES:
                known = one_of(aws.RESOURCE_NAMES)
                yield _place(path, name), f"the resource is {shown(name)}; allowed: {known}"


@job_rule(
    "pod-volume-mount",
    needs="Volumes VolumeMounts",
    title="mount of a volume that the pod does not have",
    fix="add the volume to Volumes, or name one of them",
    source=api(
        "EksContainerVolumeMount.name",
        '"This must match the name of one of the volumes in the pod."; EksContainer.volumeMounts,'
        " EksPodProperties.volumes.",
    ),
)
def pod_volume_mount(job: JobDefinition) -> Iterator[Fault]:
    """The name must be one of the pod's volumes."""
    for pod in job.pods:
        for path, name in repeated(listed(pod.path, pod.properties, "Volumes"), "Name"):
            yield (
                path,
                f"two volumes are called {shown(name)}",
                "give each volume its own Name",
            )
        mounts = (
            mount
            for path, container in pod.containers
            for mount in listed(path, container, "VolumeMounts")
        )
        yield from unknown_mounts(pod.properties, mounts, "Name")


@job_rule(
    "pod-namespace",
    title="Kubernetes namespace that Batch refuses",
    fix="set Namespace to one that Batch accepts, the same for all node ranges",
    source=api(
        "EksMetadata.namespace",
        "\"It must meet the following requirements: 1-63 characters long Can't be set to default"
        ' Can\'t start with kube" "For multi-node parallel jobs, the same value must be provided'
        ' across all the node ranges."; EksPodProperties.metadata.',
    ),
)
def pod_namespace(job: JobDefinition) -> Iterator[Fault]:
    """All node ranges of a multi-node job must use the same one."""
    found: dict[str, str] = {}
    for pod in job.pods:
        got = text(mapping(pod.properties, "Metadata"), "Namespace")
        if got is None:
            continue
        path = f"{pod.path}/Metadata/Namespace"
        if wrong := aws.NAMESPACE.wrong(got):
            yield path, f"Namespace {wrong}"
        found.setdefault(got, path)
    if len(found) > 1:
        yield (
            next(reversed(found.values())),
            f"the node ranges use the namespaces {one_of(found)}; all must use the same",
        )


_VALUES: Final = {
    "Labels": ("a label", aws.LABEL_VALUE),
    "Annotations": ("an annotation", aws.ANNOTATION_VALUE),
}


def _labels(job: JobDefinition, kind: str) -> Iterator[tuple[str, str, object]]:
    """Go through the labels or the annotations of pods: where each stands, its key and value."""
    for pod in job.pods:
        for key, value in mapping(mapping(pod.properties, "Metadata"), kind).items():
            yield _place(f"{pod.path}/Metadata/{kind}", key), key, value


@job_rule(
    "pod-labels",
    title="malformed label or annotation",
    fix="use names and values that Kubernetes accepts",
    source=aws.METADATA_SOURCE,
)
def pod_labels(job: JobDefinition) -> Iterator[Fault]:
    """Kubernetes refuses other names."""
    for kind, (noun, bound) in _VALUES.items():
        for path, name, value in _labels(job, kind):
            prefix, slash, last = name.rpartition("/")
            if wrong := aws.LABEL_NAME.wrong(last):
                yield path, f"the key of {noun} {wrong}"
            elif slash and not aws.DNS_SUBDOMAIN.admits(prefix):
                before = f"{aws.DNS_SUBDOMAIN.allowed}, before one slash"
                yield path, f"the key of {noun} {refused(name, before)}"
            wrong = bound.wrong(value) if isinstance(value, str) else None
            if wrong:
                yield path, f"the value of the {noun.split()[1]} {shown(name)} {wrong}"


@job_rule(
    "pod-reserved-label",
    needs="Metadata",
    title="label or annotation that is not a job's to set",
    fix="use a prefix of your own, such as example.com/",
    source=aws.RESERVED_PREFIXES_SOURCE,
)
def pod_reserved_label(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition, even for a common label such as app.kubernetes.io/name."""
    for kind, (noun, _) in _VALUES.items():
        for path, name, _ in _labels(job, kind):
            prefix = name.rpartition("/")[0]
            term = next((one for one in aws.RESERVED_PREFIXES if one in prefix), None)
            if term is not None:
                yield path, f"the prefix of {noun} {refused(prefix, f'one without {term}')}"
