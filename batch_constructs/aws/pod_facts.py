"""Pods of jobs on Amazon EKS, as AWS Batch and Kubernetes take them.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.bound import Counting, Matching, Whole
from batch_constructs.aws.source import Source, api, probed, seen
from batch_constructs.aws.typing_names import Final

CONTAINERS: Final = Counting(1, 10, "containers")
INIT_CONTAINERS: Final = Counting(0, 10, "init containers")

CONTAINERS_SOURCE: Final[Source] = api(
    "EksPodProperties.containers", '"This object is limited to 10 elements."; so initContainers.'
)


VOLUME_KINDS: Final = ("EmptyDir", "HostPath", "Secret", "PersistentVolumeClaim")
"""What a volume may be: one of these."""

MEMORY: Final = Matching(r"[1-9][0-9]{0,11}Mi", 'whole MiB such as "2048Mi"')
MEMORY_MIB: Final = Whole(4, unit="MiB")
CPU_STEP: Final = 0.25
GPU: Final = "nvidia.com/gpu"
GPUS: Final = Whole(0)
RESOURCE_NAMES: Final = ("cpu", "memory", GPU)
"""What a container of a pod may ask for."""

RESOURCES_SOURCE: Final[Source] = api(
    "EksContainerResourceRequirements.limits",
    '"The memory hard limit (in MiB) for the container, using whole integers, with a Mi suffix."'
    ' "You must specify at least 4 MiB of memory for a job." "If memory is specified in both'
    " places, then the value that's specified in limits must be equal to the value that's specified"
    ' in requests." "Values must be an even multiple of 0.25." "If cpu is specified in both places,'
    " then the value that's specified in limits must be at least as large as the value that's"
    ' specified in requests." "The number of GPUs that\'s reserved for the container. Values must'
    ' be a whole integer."; likewise EksContainerResourceRequirements.requests.',
)


EMPTY_DIR_MIB: Final = Whole(1, unit="MiB")
"""How large an empty directory may be said to grow."""

EMPTY_DIR_SOURCE: Final[Source] = seen(
    "https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/eviction/eviction_manager.go",
    "A pod is evicted for its empty directory only where the limit is above zero: zero is none.",
)


def namespace(reserved: str) -> Matching:
    """Say what the name of a Kubernetes namespace may be, beside names that are reserved.

    Args:
        reserved: how the names begin that Batch refuses.
    """
    return Matching(
        rf"(?!default$|{reserved})[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "1 to 63 lower-case letters, digits and hyphens, neither default nor a name that begins"
        f" with {reserved}",
        longest=63,
    )


NAMESPACE: Final = namespace("kube")
ENVIRONMENT_NAMESPACE: Final = namespace("kube-")
"""The namespaces of a job, and those of a compute environment."""

_DNS_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
DNS_SUBDOMAIN: Final = Matching(
    rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*",
    "lower-case letters, digits, hyphens and periods, a letter or digit at both ends",
    longest=253,
)
"""What Kubernetes lets most things be called."""

_QUALIFIED: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
_QUALIFIED_WORDS: Final = (
    "letters, digits, hyphens, underscores and periods, a letter or digit at both ends"
)
LABEL_NAME: Final = Matching(_QUALIFIED, _QUALIFIED_WORDS, longest=63)
"""The name of a label or an annotation; a DNS subdomain and a slash may come before it."""

LABEL_VALUE: Final = Matching(rf"(?:{_QUALIFIED})?", _QUALIFIED_WORDS, longest=63)
ANNOTATION_VALUE: Final = Matching(r"(?s).*", "at most 255 characters", longest=255)

RESERVED_PREFIXES: Final = ("kubernetes.io", "k8s.io", "batch.amazonaws.com")
"""What the prefix of a label or an annotation may not have in it."""

RESERVED_PREFIXES_SOURCE: Final[Source] = probed(
    "batch/pf-batch-jd-eks-label-key-reserved-prefix",
    "AWS Batch answers: The prefix kubernetes.io of the pod label key cannot contain terms from the"
    " following [kubernetes.io, k8s.io, batch.amazonaws.com].",
)

METADATA_SOURCE: Final[Source] = api(
    "EksMetadata.annotations",
    '"The prefix is optional and must be 253 characters or less. If specified, the prefix must be a'
    ' DNS subdomain" "The name segment is required and must be 63 characters or less. It can'
    " include alphanumeric characters ([a-z0-9A-Z]), dashes (-), underscores (_), and dots (.), but"
    ' must begin and end with an alphanumeric character." "Annotation values must be 255 characters'
    ' or less."; EksMetadata.labels: up to 63 letters, digits, hyphens and underscores.',
)


class DnsPolicy(StrEnum):
    """How the names of a pod are resolved.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html
    """

    DEFAULT = "Default"
    CLUSTER_FIRST = "ClusterFirst"
    CLUSTER_FIRST_WITH_HOST_NET = "ClusterFirstWithHostNet"


class ImagePullPolicy(StrEnum):
    """When a node pulls an image.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EksContainer.html
    """

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class EmptyDirMedium(StrEnum):
    """Where an empty directory of a pod is stored.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EksEmptyDir.html
    """

    NODE_STORAGE = ""
    MEMORY = "Memory"
