"""Values that only CloudFormation knows are taken everywhere, and rendered as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
DEFINITION = "AWS::Batch::JobDefinition"


@pytest.fixture
def text(stack: cdk.Stack) -> str:
    return cdk.CfnParameter(stack, "Text").value_as_string


@pytest.fixture
def number(stack: cdk.Stack) -> Any:
    return cdk.CfnParameter(stack, "Number", type="Number").value_as_number


@pytest.fixture
def sizes(number: Any) -> dict[str, Any]:
    return {"vcpus": number, "memory": cdk.Size.mebibytes(number)}


def test_several_containers_take_tokens(
    stack: cdk.Stack, text: str, number: Any, sizes: dict[str, Any], resources: Resources
) -> None:
    bc.MultiContainerJobDefinition(
        stack,
        "Job",
        platform_capability="FARGATE",
        containers=[
            bc.Container(
                name=text,
                image=text,
                command=[text],
                environment={"A": text},
                stop_timeout=cdk.Duration.seconds(number),
                firelens=bc.Firelens(options={"config-file-type": "s3", "config-file-value": text}),
                volumes=[bc.HostVolume(name=text, container_path=text)],
                log_configuration=bc.LogConfiguration(options={"mode": text}),
                **sizes,
            ),
            bc.Container(
                name="routed",
                image="busybox",
                log_configuration=bc.LogConfiguration(driver="awsfirelens"),
                **sizes,
            ),
        ],
        ephemeral_storage=cdk.Size.gibibytes(number),
        timeout=cdk.Duration.seconds(number),
        scheduling_priority=number,
        job_definition_name=text,
    )

    (job,) = resources(DEFINITION).values()
    (task,) = job["Properties"]["EcsProperties"]["TaskProperties"]
    container, _ = task["Containers"]
    assert container["Image"] == {"Ref": "Text"}
    assert container["StopTimeout"] == {"Ref": "Number"}
    assert container["ResourceRequirements"][0]["Value"] == {"Ref": "Number"}
    assert task["EphemeralStorage"] == {"SizeInGiB": {"Ref": "Number"}}
    assert "{'Fn::Select': [0, {'Fn::Split': ['/', {'Ref': 'Text'}]}]}" in str(
        resources("AWS::IAM::Role")
    )


def test_nodes_take_tokens_but_their_number_is_counted(
    stack: cdk.Stack, text: str, number: Any, sizes: dict[str, Any], resources: Resources
) -> None:
    container = bc.Container(image=text, **sizes)
    bc.MultiNodeJobDefinition(
        stack,
        "Job",
        node_ranges=[bc.NodeRange(target_nodes="0:", container=container, instance_type=text)],
        num_nodes=number,
        main_node=number,
    )
    with pytest.raises(
        ValueError, match=r"node_ranges\[0\].target_nodes is a token, which cannot be"
    ):
        bc.MultiNodeJobDefinition(
            stack, "Wrong", node_ranges=[bc.NodeRange(target_nodes=number, container=container)]
        )

    (job,) = resources(DEFINITION).values()
    assert job["Properties"]["NodeProperties"]["NumNodes"] == {"Ref": "Number"}


def test_pods_take_tokens(
    stack: cdk.Stack, text: str, number: Any, sizes: dict[str, Any], resources: Resources
) -> None:
    bc.EksJobDefinition(
        stack,
        "Job",
        containers=[
            bc.PodContainer(
                image=text,
                gpus=number,
                run_as_user=number,
                volumes=[
                    bc.EmptyDirVolume(
                        name=text, mount_path=text, size_limit=cdk.Size.mebibytes(number)
                    )
                ],
                **sizes,
            )
        ],
        labels={"team": text},
    )

    (job,) = resources(DEFINITION).values()
    pod = job["Properties"]["EksProperties"]["PodProperties"]
    in_mebibytes = {"Fn::Join": ["", [{"Ref": "Number"}, "Mi"]]}
    assert pod["Containers"][0]["Resources"]["Limits"] == {
        "cpu": {"Ref": "Number"},
        "memory": in_mebibytes,
        "nvidia.com/gpu": {"Ref": "Number"},
    }
    assert pod["Volumes"][0]["EmptyDir"] == {"SizeLimit": in_mebibytes}


def test_environments_take_tokens(
    stack: cdk.Stack, vpc: ec2.Vpc, text: str, number: Any, resources: Resources
) -> None:
    bc.ManagedInstancesComputeEnvironment(
        stack,
        "Managed",
        vpc=vpc,
        max_vcpus=number,
        instance_types=[text],
        storage_size=cdk.Size.gibibytes(number),
        scale_in_after=cdk.Duration.seconds(number),
        capacity_tags={"team": text},
    )
    bc.EksComputeEnvironment(
        stack,
        "Eks",
        vpc=vpc,
        cluster=text,
        kubernetes_namespace=text,
        access_entry_state=text,
        max_vcpus=number,
        instance_types=[text],
        images=[bc.InstanceImage(kubernetes_version=text)],
    )

    managed, eks = (
        one["Properties"] for one in resources("AWS::Batch::ComputeEnvironment").values()
    )
    assert managed["ComputeResources"]["MaxvCpus"] == {"Ref": "Number"}
    assert eks["EksConfiguration"]["KubernetesNamespace"] == {"Ref": "Text"}
