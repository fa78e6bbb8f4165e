"""Volumes of a pod: empty directories, paths of the node, Kubernetes secrets, volume claims.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EksVolume.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from aws_cdk import aws_batch as batch

from batch_constructs.aws.bound import shown
from batch_constructs.aws.limits import bound_of
from batch_constructs.aws.pod_facts import EMPTY_DIR_MIB, EmptyDirMedium
from batch_constructs.construct import given
from batch_constructs.enum_argument import of_ours
from batch_constructs.jobs.container import decimal
from batch_constructs.rules import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Size

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class PodVolume:
    """What every volume of a pod has: a name, and where one container sees it.

    A volume of the same name in two containers of a pod is shared.

    Attributes:
        name: The volume's name within the pod, as DNS would allow it.
        mount_path: Where the container sees it.
        sub_path: A path within the volume, to mount instead of its root. Default: its root.
        read_only: Whether the container can only read. Default: no, it can write.
    """

    name: str
    mount_path: str
    sub_path: str | None = None
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class EmptyDirVolume(PodVolume):
    """An empty directory that is deleted with the pod.

    Attributes:
        medium: ``"Memory"`` for a file system in memory, which counts against the container's.
            Default: the node's disk.
        size_limit: Its maximum size. Default: no limit.
    """

    medium: EmptyDirMedium | batch.EmptyDirMediumType | str | None = None
    size_limit: Size | None = None


@dataclass(frozen=True, kw_only=True)
class HostPathVolume(PodVolume):
    """A path of the node.

    Attributes:
        host_path: The path of the file or directory on the node.
    """

    host_path: str


@dataclass(frozen=True, kw_only=True)
class KubernetesSecretVolume(PodVolume):
    """A secret of Kubernetes, each key a file.

    Attributes:
        secret_name: The secret's name in the pod's namespace.
        optional: Whether the pod can start without it. Default: no.
    """

    secret_name: str
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class PersistentVolumeClaimVolume(PodVolume):
    """A claim for a persistent volume, such as one of EBS, EFS or FSx.

    Attributes:
        claim_name: The name of the claim in the pod's namespace.
    """

    claim_name: str


_OfTheCdk: TypeAlias = batch.EmptyDirVolume | batch.HostPathVolume | batch.SecretPathVolume

AnyPodVolume: TypeAlias = (
    EmptyDirVolume
    | HostPathVolume
    | KubernetesSecretVolume
    | PersistentVolumeClaimVolume
    | _OfTheCdk
)
"""What a container of a pod can mount."""

_EXPECTED = (
    "EmptyDirVolume(…), HostPathVolume(…), KubernetesSecretVolume(…) or "
    "PersistentVolumeClaimVolume(…)"
)


class PodVolumes:
    """The volumes of one container of a pod: the pod's volumes, and where they are mounted."""

    def __init__(
        self,
        arguments: Arguments,
        volumes: Sequence[AnyPodVolume] | None,
        pod: list[dict[str, Any]],
    ) -> None:
        """Read them; those that the pod does not have yet are added to ``pod``."""
        self._pod = pod
        kinds: Any = PodVolume | _OfTheCdk
        self.mounts = arguments.each("volumes", volumes, kinds, _EXPECTED, self._mount)

    def _mount(self, arguments: Arguments, given_volume: PodVolume | _OfTheCdk) -> dict[str, Any]:
        volume = _as_ours(given_volume)
        name = arguments.text("name", volume.name, required=True, bound=bound_of("pod-volume-name"))
        properties = {"Name": name, **_source(arguments, volume)}
        if properties not in self._pod:
            if name is not UNKNOWN and name in [one["Name"] for one in self._pod]:
                arguments.wrong_value(
                    f"name is {shown(name)}, like that of another volume of the pod: give "
                    "each volume a name of its own"
                )
            else:
                self._pod.append(properties)
        return given(
            Name=name,
            MountPath=arguments.text("mount_path", volume.mount_path, required=True),
            SubPath=arguments.text("sub_path", volume.sub_path),
            ReadOnly=arguments.switch("read_only", volume.read_only),
        )


def _as_ours(volume: PodVolume | _OfTheCdk) -> PodVolume:
    """Return what says the same as a volume of the CDK's."""
    if isinstance(volume, PodVolume):
        return volume
    mount: dict[str, Any] = {
        "name": volume.name,
        "mount_path": volume.container_path,
        "read_only": bool(volume.readonly),
    }
    if isinstance(volume, batch.EmptyDirVolume):
        return EmptyDirVolume(**mount, medium=volume.medium, size_limit=volume.size_limit)
    if isinstance(volume, batch.HostPathVolume):
        path: Any = volume.path
        return HostPathVolume(**mount, host_path=path)
    return KubernetesSecretVolume(
        **mount, secret_name=volume.secret_name, optional=bool(volume.optional)
    )


def _medium(medium: object) -> object:
    """Return our name of a medium: the CDK calls the node's storage a disk."""
    if medium is batch.EmptyDirMediumType.DISK:
        return EmptyDirMedium.NODE_STORAGE
    return of_ours(medium, EmptyDirMedium)


def _source(arguments: Arguments, volume: PodVolume) -> dict[str, Any]:
    match volume:
        case EmptyDirVolume():
            limit = arguments.mebibytes("size_limit", volume.size_limit)
            limit = arguments.bounded("size_limit", limit, EMPTY_DIR_MIB)
            empty = given(
                Medium=arguments.bounded(
                    "medium",
                    arguments.choice("medium", _medium(volume.medium), "an EmptyDirMedium"),
                    bound_of("empty-dir-medium"),
                ),
                SizeLimit=f"{decimal(limit)}Mi" if isinstance(limit, int | float) else limit,
            )
            return {"EmptyDir": empty}
        case HostPathVolume():
            return {
                "HostPath": {"Path": arguments.text("host_path", volume.host_path, required=True)}
            }
        case KubernetesSecretVolume():
            return {
                "Secret": given(
                    SecretName=arguments.text(
                        "secret_name",
                        volume.secret_name,
                        required=True,
                        bound=bound_of("pod-secret-name"),
                    ),
                    Optional=arguments.switch("optional", volume.optional),
                )
            }
        case PersistentVolumeClaimVolume():
            return {
                "PersistentVolumeClaim": given(
                    ClaimName=arguments.text("claim_name", volume.claim_name, required=True),
                    ReadOnly=arguments.switch("read_only", volume.read_only),
                )
            }
        case _:  # of a kind of the user's own, which says no source
            return {}
