"""Pods of jobs on Amazon EKS, as AWS Batch and Kubernetes take them.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodProperties.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, Matching, OneOf, Whole
from batch_constructs.aws.limit import POD_CONTAINERS, PODS, Limit, below
from batch_constructs.aws.source import Source, api

CONTAINERS: Final = Counting(1, 10, "containers")
INIT_CONTAINERS: Final = Counting(0, 10, "init containers")

CONTAINERS_SOURCE: Final[Source] = api(
    "EksPodProperties.containers",
    '"This object is limited to 10 elements."; so also EksPodProperties.initContainers;'
    " EksProperties.podProperties, RegisterJobDefinitionRequest.eksProperties.",
)

DEFAULT_CONTAINER: Final = "Default"
"""What a container is called that has no name."""

VOLUME_KINDS: Final = ("EmptyDir", "HostPath", "Secret", "PersistentVolumeClaim")
"""What a volume may be: one of these."""

MEMORY: Final = Matching(r"[1-9][0-9]{0,11}Mi", 'whole MiB such as "2048Mi"')
MEMORY_MIB: Final = Whole(4, unit="MiB")
CPU_STEP: Final = 0.25
GPU: Final = "nvidia.com/gpu"
GPUS: Final = Whole(0)

RESOURCES_SOURCE: Final[Source] = api(
    "EksContainerResourceRequirements.limits",
    '"The memory hard limit (in MiB) for the container, using whole integers, with a Mi suffix."'
    ' "You must specify at least 4 MiB of memory for a job." "If memory is specified in both'
    " places, then the value that's specified in limits must be equal to the value that's specified"
    ' in requests." "Values must be an even multiple of 0.25." "If cpu is specified in both places,'
    " then the value that's specified in limits must be at least as large as the value that's"
    ' specified in requests." "The number of GPUs that\'s reserved for the container. Values must'
    ' be a whole integer."; so also EksContainerResourceRequirements.requests.',
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

METADATA_SOURCE: Final[Source] = api(
    "EksMetadata.annotations",
    '"The prefix is optional and must be 253 characters or less. If specified, the prefix must be a'
    ' DNS subdomain" "The name segment is required and must be 63 characters or less. It can'
    " include alphanumeric characters ([a-z0-9A-Z]), dashes (-), underscores (_), and dots (.), but"
    ' must begin and end with an alphanumeric character." "Annotation values must be 255 characters'
    ' or less."; EksMetadata.labels: up to 63 letters, digits, hyphens and underscores.',
)

_limit = partial(Limit, type="AWS::Batch::JobDefinition", within=PODS)
_container = partial(_limit, within=POD_CONTAINERS)
_mount = partial(_limit, within=below(POD_CONTAINERS, "VolumeMounts/*"))

LIMITS: Final = (
    _container(
        rule="image-pull-policy",
        name="ImagePullPolicy",
        noun="the image pull policy",
        bound=OneOf(("Always", "IfNotPresent", "Never")),
        source=api(
            "EksContainer.imagePullPolicy",
            '"Supported values are Always, IfNotPresent, and Never."',
        ),
        title="unknown image pull policy",
        why="Spelt as Kubernetes does.",
    ),
    _limit(
        rule="image-pull-secret",
        name="ImagePullSecrets/*/Name",
        noun="the name of the image pull secret",
        bound=Matching(r"(?s).+", "names of Kubernetes secrets"),
        source=api(
            "ImagePullSecret.name",
            '"This object is required when EksPodProperties$imagePullSecrets is used.";'
            " EksPodProperties.imagePullSecrets.",
        ),
        title="image pull secret without a name",
        why="It names a Kubernetes secret.",
    ),
    _limit(
        rule="dns-policy",
        name="DnsPolicy",
        noun="the DNS policy",
        bound=OneOf(("Default", "ClusterFirst", "ClusterFirstWithHostNet")),
        source=api(
            "EksPodProperties.dnsPolicy",
            '"Valid values: Default | ClusterFirst | ClusterFirstWithHostNet"',
        ),
        title="unknown DNS policy",
        why="Spelt as Kubernetes does.",
    ),
    _limit(
        rule="pod-service-account",
        name="ServiceAccountName",
        noun="the service account name",
        bound=DNS_SUBDOMAIN,
        source=api(
            "EksPodProperties.serviceAccountName",
            "Kubernetes: the name of a service account is a DNS subdomain name of at most 253"
            " characters.",
        ),
        title="service account name of a wrong shape",
        why="Kubernetes refuses other names.",
    ),
    _limit(
        rule="pod-volume-name",
        name="Volumes/*/Name",
        noun="the volume name",
        bound=DNS_SUBDOMAIN,
        source=api(
            "EksVolume.name",
            '"The name must be allowed as a DNS subdomain name.", of at most 253 characters.',
        ),
        title="volume name of a wrong shape",
        why="Kubernetes refuses other names.",
    ),
    _limit(
        rule="pod-secret-name",
        name="Volumes/*/Secret/SecretName",
        noun="the name of the Kubernetes secret",
        bound=DNS_SUBDOMAIN,
        source=api(
            "EksSecret.secretName",
            '"The name must be allowed as a DNS subdomain name.", of at most 253 characters;'
            " EksVolume.secret.",
        ),
        title="name of the Kubernetes secret of a wrong shape",
        why="Kubernetes refuses other names.",
    ),
    _limit(
        rule="empty-dir-medium",
        name="Volumes/*/EmptyDir/Medium",
        noun="the medium of a volume",
        bound=OneOf(("", "Memory")),
        source=api(
            "EksEmptyDir.medium",
            '"The default value is an empty string, which uses the storage of the node." "Memory";'
            " EksVolume.emptyDir.",
        ),
        title="unknown medium of an emptyDir volume",
        why="Spelt as Kubernetes does.",
    ),
    _limit(
        rule="empty-dir-size",
        name="Volumes/*/EmptyDir/SizeLimit",
        noun="the size limit of a volume",
        bound=Matching(
            r"\d+(?:\.\d+)?(?:[EPTGMK]i|[EPTGMkm])?", "quantities such as 512Mi or 2Gi", longest=256
        ),
        source=api("EksEmptyDir.sizeLimit", "A Kubernetes quantity of 1 to 256 characters."),
        title="size limit of a wrong shape",
        why="A number with a suffix, such as 2Gi.",
    ),
    _mount(
        rule="pod-mount-path",
        name="MountPath",
        noun="the mount path",
        bound=Matching(r"(?s)/.*", "absolute paths"),
        source=api(
            "EksContainerVolumeMount.mountPath",
            '"The path on the container where the volume is mounted."',
        ),
        title="mount path that is not absolute",
        why="It is taken from the root of the container, not from its working directory.",
        is_error=False,
    ),
    _mount(
        rule="pod-sub-path",
        name="SubPath",
        noun="the sub-path",
        bound=Matching(
            r"(?s)(?!/)(?!(?:.*/)?\.\.(?:/|$)).*",
            "paths below the root of the volume, without steps up and without a slash before them",
        ),
        source=api(
            "EksContainerVolumeMount.subPath",
            '"A sub-path inside the referenced volume instead of its root."',
        ),
        title="sub-path that leaves its volume",
        why="Kubernetes refuses absolute paths, and steps up.",
    ),
)
