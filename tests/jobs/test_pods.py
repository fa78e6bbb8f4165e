"""Jobs on Amazon EKS: pods, their resources, volumes and security."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Declare = Callable[..., bc.EksJobDefinition]
DEFINITION = "AWS::Batch::JobDefinition"


def container(**options: Any) -> bc.PodContainer:
    sizes: dict[str, Any] = {"vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    return bc.PodContainer(**{"image": "busybox", **sizes, **options})


@pytest.fixture
def declare(stack: cdk.Stack) -> Declare:
    def make(*containers: Any, **options: Any) -> bc.EksJobDefinition:
        return bc.EksJobDefinition(stack, "Job", containers=containers, **options)

    return make


@pytest.fixture
def pod(resources: Resources) -> Callable[[], Rendered]:
    def read() -> Rendered:
        (job,) = resources(DEFINITION).values()
        properties: Rendered = job["Properties"]["EksProperties"]["PodProperties"]
        return properties

    return read


def test_what_a_container_asks_for_is_its_limit_too(
    declare: Declare, pod: Callable[[], Rendered]
) -> None:
    declare(container(vcpus=2, requested_vcpus=0.5, gpus=1))

    (only,) = pod()["Containers"]
    assert only["Resources"] == {
        "Limits": {"cpu": "2", "memory": "2048Mi", "nvidia.com/gpu": "1"},
        "Requests": {"cpu": "0.5", "memory": "2048Mi", "nvidia.com/gpu": "1"},
    }


@pytest.mark.parametrize(
    ("options", "rendered"),
    [({}, False), ({"host_network": True}, True), ({"host_network": None}, None)],
)
def test_a_pod_has_a_network_of_its_own_unless_it_asks_for_the_nodes(
    declare: Declare, pod: Callable[[], Rendered], options: Rendered, *, rendered: bool | None
) -> None:
    """And with it the credentials of the node; AWS Batch takes what is left out for the node's."""
    declare(container(), **options)

    assert pod().get("HostNetwork") is rendered
    assert bc.Pod(containers=[container()], **options).host_network is rendered


def test_a_pod_makes_nothing_but_its_definition(declare: Declare, resources: Resources) -> None:
    declare(container())

    (rendered,) = resources().values()
    assert rendered["Type"] == DEFINITION
    assert "PropagateTags" not in rendered["Properties"]
    assert "PlatformCapabilities" not in rendered["Properties"]


def test_init_containers_share_volumes_with_the_others(
    declare: Declare, pod: Callable[[], Rendered]
) -> None:
    volume: dict[str, Any] = {"name": "data", "claim_name": "claim"}
    declare(
        container(volumes=[bc.PersistentVolumeClaimVolume(mount_path="/data", **volume)]),
        init_containers=[
            container(
                name="prepare",
                volumes=[
                    bc.PersistentVolumeClaimVolume(mount_path="/in", sub_path="raw", **volume)
                ],
            )
        ],
    )

    rendered = pod()
    assert rendered["Volumes"] == [
        {"Name": "data", "PersistentVolumeClaim": {"ClaimName": "claim"}}
    ]
    assert rendered["Containers"][0]["VolumeMounts"] == [{"MountPath": "/data", "Name": "data"}]
    assert rendered["InitContainers"][0]["VolumeMounts"] == [
        {"MountPath": "/in", "Name": "data", "SubPath": "raw"}
    ]


@pytest.mark.parametrize(
    ("containers", "options", "message"),
    [
        ([], {}, "containers is empty"),
        (
            [container(vcpus=0.3)],
            {},
            r"containers\[0\]\.vcpus is 0\.3; allowed: positive multiples of 0\.25",
        ),
        (
            [container(memory=cdk.Size.mebibytes(1))],
            {},
            r"containers\[0\]\.memory is 1 MiB; allowed: 4 MiB or more",
        ),
        ([container(), container()], {}, r"containers\[1\].*: two containers|Default"),
        (
            [container(image_pull_policy="Sometimes")],
            {},
            r'containers\[0\]\.image_pull_policy is "Sometimes"',
        ),
        ([container()], {"dns_policy": "Mine"}, 'dns_policy is "Mine"'),
        ([container()], {"labels": {"not a label": "x"}}, "a key of labels is "),
        (
            [container(run_as_user=-1, run_as_group=2**32, gpus=0)],
            {},
            r"(?s)\.gpus is 0; allowed:.* 1\n.*_user is -1; all.*_group is 4294967296; allowed",
        ),
        (
            [
                container(
                    volumes=[
                        bc.EmptyDirVolume(
                            name="a", mount_path="/a", size_limit=cdk.Size.mebibytes(0)
                        )
                    ]
                )
            ],
            {},
            r"volumes\[0\]\.size_limit is 0 MiB; allowed: 1 MiB or more",
        ),
        (
            [container(run_as_non_root=True, run_as_user=0)],
            {},
            r"containers\[0\]\.run_as_user is 0 while run_as_non_root is true",
        ),
        (
            [container(volumes=[bc.EmptyDirVolume(name="a", mount_path="/a", medium="Disk")])],
            {},
            r'containers\[0\]\.volumes\[0\]\.medium is "Disk"; allowed: "" or Memory',
        ),
    ],
)
def test_a_pod_that_aws_refuses_is_refused_with_its_place(
    containers: list[bc.PodContainer], options: dict[str, Any], message: str, declare: Declare
) -> None:
    with pytest.raises(ValueError, match=message):
        declare(*containers, **options)


def test_wrong_types_are_named_with_their_place(declare: Declare) -> None:
    with pytest.raises(TypeError) as error:
        declare(
            container(volumes=["/data"], args="echo hello", image=3),
            "busybox",
            labels=["team"],
        )

    message = str(error.value)
    assert 'containers[1] is str "busybox"; expected PodContainer(' in message
    assert 'containers[0].volumes[0] is str "/data"; expected EmptyDirVolume(' in message
    assert "containers[0].args is str; expected" in message
    assert "containers[0].image is int 3" in message
    assert "labels is list; expected a mapping" in message


def test_a_container_may_ask_for_as_much_as_it_may_have(
    declare: Declare, pod: Callable[[], Rendered]
) -> None:
    declare(container(vcpus=2, requested_vcpus=2))

    (only,) = pod()["Containers"]
    assert only["Resources"]["Requests"]["cpu"] == "2"
