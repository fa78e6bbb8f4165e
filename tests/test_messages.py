"""What a constructor says of a wrong argument: one line, in the words of the one who gave it."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.aws.bound import allowed
from batch_constructs.aws.parameters import parameter_at
from tests.constructors import IMAGE, MEMORY, Given
from tests.mistakes import wrongly_told
from tests.test_public_api import MADE_BY_US

SECRET = "hunter2"  # what must not be seen


@pytest.fixture(scope="module")
def given() -> Given:
    return Given(cdk.Stack(cdk.App(), "Stack"))


@pytest.mark.parametrize("name", MADE_BY_US)
def test_one_mistake_is_one_line_that_names_no_property_of_cloudformation(
    name: str, given: Given
) -> None:
    """It names the user's parameter, down to the field, and is spelled as everywhere.

    Two mistakes a parameter and a field are drawn; ``uv run python -m tests.mistakes`` makes all.
    """
    wrong, refused = wrongly_told(name, given, each=2)

    assert wrong == []
    assert refused


@pytest.mark.parametrize(
    "arguments",
    [
        {"secrets": {"PASSWORD": SECRET}},
        {"secrets": SECRET},
        {"secrets": {SECRET: 1}, "environment": {"A": 1}},
        {"environment": SECRET},
        {"environment": {"PASSWORD": [SECRET]}},
        {"environment": {"AWS_BATCH_PASSWORD": SECRET}},
        {
            "log_configuration": bc.LogConfiguration(
                driver="splunk",
                secret_options={"splunk-token": SECRET},  # type: ignore[dict-item]  # the mistake
            )
        },
        {"log_configuration": bc.LogConfiguration(driver="a b", options={"splunk-token": SECRET})},
    ],
)
def test_a_value_that_may_be_secret_is_never_in_a_message(
    arguments: dict[str, Any], given: Given
) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        bc.Ec2JobDefinition(
            given.stack, "X", **{"image": IMAGE, "vcpus": 1, "memory": MEMORY, **arguments}
        )
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"image": ""}, 'image is empty: give an image such as "busybox"'),
        (
            {"timeout": cdk.Duration.seconds(30)},
            "timeout is 30 seconds; allowed: 60 seconds or more",
        ),
        (
            {"retry_policy": bc.RetryPolicy(attempts=11)},
            "retry_policy.attempts is 11; allowed: ",
        ),
        ({"command": ["Ref::key"]}, 'command[0]: "Ref::key" names a parameter that has no default'),
        ({"gpus": 0}, "gpus is 0; allowed: "),
    ],
)
def test_a_mistake_is_told_by_the_parameter(
    arguments: dict[str, Any], said: str, given: Given
) -> None:
    with pytest.raises(ValueError, match=re.escape(f"Stack/X: {said}")):
        bc.Ec2JobDefinition(
            given.stack, "X", **{"image": IMAGE, "vcpus": 1, "memory": MEMORY, **arguments}
        )


def pod(**fields: Any) -> list[bc.PodContainer]:
    volume = bc.EmptyDirVolume(name="x", mount_path="/x")
    size: dict[str, Any] = {"image": IMAGE, "vcpus": 1, "memory": MEMORY}
    return [bc.PodContainer(**size), bc.PodContainer(**{**size, "volumes": [volume], **fields})]


def nodes(target_nodes: Any) -> list[bc.NodeRange]:
    container = bc.Container(image=IMAGE, vcpus=1, memory=MEMORY)
    return [bc.NodeRange(target_nodes=target_nodes, container=container)]


LABELS = {"a b": "x", "y": "a b"}


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        # a list that is empty, and not missing
        ("FargateComputeEnvironment", {"security_groups": []}, "security_groups is empty; allowed"),
        ("EksComputeEnvironment", {"security_groups": []}, "security_groups is empty; allowed:"),
        ("EksJobDefinition", {"containers": []}, "containers is empty; allowed: at least one"),
        (
            "MultiNodeJobDefinition",
            {"node_ranges": []},
            "node_ranges is empty; allowed: at least",
        ),
        ("QuotaShare", {"capacity_limits": []}, "capacity_limits is empty; allowed: at least"),
        ("JobQueue", {"compute_environments": []}, "compute_environments is empty; allowed: at"),
        ("Workflow", {"jobs": []}, "jobs is empty; allowed: at least one: give WorkflowJob"),
        # one that is needed is never left out
        (
            "FairSharePolicy",
            {"shares": [bc.Share(share_identifier="")]},
            "shares[0].share_identifier is empty: give one",
        ),
        # two numbers of nodes: both are named
        (
            "MultiNodeJobDefinition",
            {"node_ranges": nodes(4), "num_nodes": 3},
            "num_nodes is 3, and the last node of node_ranges is 3: leave num_nodes out, or give",
        ),
        (
            "MultiNodeJobDefinition",
            {"node_ranges": nodes("0:9"), "num_nodes": 3},
            "num_nodes is 3, and the last node of node_ranges is 9: leave num_nodes out, or give",
        ),
        # whose key it is, and all of them
        ("JobQueue", {"tags": {"aws:x": "y"}}, 'a key of tags is "aws:x"; allowed: keys of'),
        ("JobQueue", {"tags": {"x": "y" * 300}}, 'tags["x"] has 300 characters; allowed: at'),
        ("EksJobDefinition", {"labels": LABELS}, 'a key of labels is "a b"; allowed: letters'),
        ("EksJobDefinition", {"labels": LABELS}, 'labels["y"] is "a b"; allowed: '),
        (
            "FargateJobDefinition",
            {"environment": {"AWS_BATCH_A": "x", "AWS_BATCH_B": "x"}},
            'a key of environment is "AWS_BATCH_B"; allowed: names that do not begin with',
        ),
        # which container, which volume
        (
            "EksJobDefinition",
            {"containers": pod(volumes=[bc.EmptyDirVolume(name="a b", mount_path="/x")])},
            'containers[1].volumes[0].name is "a b"; allowed: lower-case letters',
        ),
        (
            "EksJobDefinition",
            {
                "containers": [
                    *pod(),
                    *pod(volumes=[bc.EmptyDirVolume(name="x", mount_path="/", medium="Memory")]),
                ]
            },
            'containers[3].volumes[0].name is "x", like that of another volume of the pod: give',
        ),
        ("EksJobDefinition", {"containers": pod(vcpus=-2)}, "containers[1].vcpus is -2; allowed"),
        # a word that is nearly right
        (
            "FargateJobDefinition",
            {"cpu_architecture": "arm"},
            'cpu_architecture is "arm"; allowed: X86_64 or ARM64: did you mean ARM64?',
        ),
        (
            "CostGuard",
            {"action": "DISABLE_QUEUE"},
            'action is "DISABLE_QUEUE"; allowed: NOTIFY, DISABLE_QUEUES or LOWER_MAX_VCPUS: did',
        ),
        # a text that would break the line
        ("JobQueue", {"job_queue_name": "a\nb"}, r'job_queue_name is "a\nb"; allowed:'),
        # a number that is none, or too large
        ("JobQueue", {"priority": float("inf")}, "priority is inf; allowed: finite numbers"),
        ("ConsumableResource", {"total_quantity": -1}, "total_quantity is -1; allowed: whole"),
    ],
)
def test_a_mistake_is_told_as_the_one_who_made_it_sees_it(
    name: str, arguments: dict[str, Any], said: str, given: Given
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the text is looked at
        getattr(bc, name)(given.stack, "X", **{**given.arguments(name), **arguments})

    assert said in str(refused.value)
    assert "missing" not in str(refused.value)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("1 to 3", "allowed: 1 to 3"),
        ("FAIL", "allowed: FAIL"),
        ("FAIL or CONTINUE", "allowed: FAIL or CONTINUE"),
        ("an ARN such as arn:aws:x", "allowed: an ARN such as arn:aws:x"),
        ("absolute paths", "allowed: absolute paths"),
    ],
)
def test_what_is_allowed_is_one_thing_or_several(what: str, said: str) -> None:
    assert allowed(what) == said


POD: dict[str, Any] = {"Containers": [{}]}


@pytest.mark.parametrize(
    ("type_", "path", "properties", "parameter"),
    [
        ("JobDefinition", "Timeout/AttemptDurationSeconds", {"Timeout": {}}, "timeout"),
        (
            "JobDefinition",
            "EcsProperties/TaskProperties/0/Containers/1/Image",
            {"EcsProperties": {"TaskProperties": [{"Containers": [{}, {}]}]}},
            "containers[1].image",
        ),
        (
            "JobDefinition",
            "NodeProperties/NodeRangeProperties/0/Container/Image",
            {"NodeProperties": {"NodeRangeProperties": [{"Container": {}}]}},
            "node_ranges[0].container.image",
        ),
        (
            "JobDefinition",
            "NodeProperties/NodeRangeProperties/0/EksProperties/PodProperties/Containers/0/Name",
            {
                "NodeProperties": {
                    "NodeRangeProperties": [
                        {"EksProperties": {"PodProperties": {"Containers": [{}]}}}
                    ]
                }
            },
            "node_ranges[0].pod.containers[0].name",
        ),
        (
            "JobDefinition",
            "ContainerProperties/ResourceRequirements/1/Value",
            {"ContainerProperties": {"ResourceRequirements": [{"Type": "VCPU"}, {"Type": "GPU"}]}},
            "gpus",
        ),
        (
            "ComputeEnvironment",
            "ComputeResources/Ec2Configuration/0/ImageType",
            {"ComputeResources": {"Ec2Configuration": [{}]}},
            "images[0].image_type",
        ),
        ("ComputeEnvironment", "Tags/aws:x", {"Tags": {"aws:x": "y"}}, "tags"),
        ("ComputeEnvironment", "Type", {}, ""),
    ],
)
def test_a_parameter_is_found_by_the_way_to_its_property(
    type_: str, path: str, properties: dict[str, Any], parameter: str
) -> None:
    assert parameter_at(type_, path, properties) == parameter
