"""What a constructor says of a wrong argument: one line, in the words of the one who gave it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.aws.parameters import parameter_at
from tests.constructors import IMAGE, MEMORY, Given
from tests.test_public_api import MADE_BY_US

MODEL = json.loads((Path(bc.__file__).parent / "aws" / "model.json").read_text())
SECRET = "hunter2"  # what must not be seen


def properties(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        yield from properties(node[0])
    elif isinstance(node, dict):
        for name, inner in node.items():
            if name:  # without one: what is required
                yield name
                yield from properties(inner)


PROPERTIES = {name for node in MODEL.values() for name in properties(node)}
HUMPS = {name for name in PROPERTIES if re.match(r"[A-Z][a-z0-9]+[A-Z]", name)}
"""Names of CloudFormation's that are no word of English."""

OURS = {
    "LogConfiguration",
    "RetryPolicy",
    "LaunchTemplate",
    "UpdatePolicy",
    "AccessEntryState",
} | set(bc.__all__)

RULE = bc.RetryRule(action="RETRY", on_reason="a*")
FIELDS: dict[str, Any] = {
    "retry_policy": bc.RetryPolicy(),
    "log_configuration": bc.LogConfiguration(),
    "swap": bc.Swap(max_size=MEMORY),
    "root_volume": bc.RootVolume(),
    "update_policy": bc.UpdatePolicy(),
    "ulimits": [bc.Ulimit(name="nofile", soft_limit=1, hard_limit=2)],
    "devices": [bc.Device(host_path="/dev/fuse")],
    "tmpfs": [bc.Tmpfs(container_path="/tmp/x", size=MEMORY)],  # noqa: S108  # in a container
    "volumes": [bc.HostVolume(name="data", container_path="/data")],
    "images": [bc.InstanceImage()],
    "time_limits": [
        bc.TimeLimit(
            reason=bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY, after=cdk.Duration.hours(1)
        )
    ],
    "shares": [bc.Share(share_identifier="team")],
    "overrides": bc.SubmissionOverrides(vcpus=1),
    "capacity_limits": [bc.CapacityLimit(max_capacity=1, capacity_unit="ml.m5.large")],
}
"""What has fields of its own, by the parameter that takes it."""


def property_names(said: str) -> set[str]:
    """Find names of properties in a message, but for classes that are called so too."""
    subjects = set(re.findall(r"\b([A-Z]\w+) (?:is|are|has)\b", said)) & PROPERTIES
    words = set(re.findall(r"(?<![\w.])\w+", said))  # a class is written as ec2.InstanceType
    return subjects | (words & HUMPS - set(bc.__all__))


def wrong_values(annotation: str) -> list[Any]:
    """Return values that are wrong for most parameters of a type."""
    found: list[Any] = [3.5]
    if "Mapping" in annotation:
        found += [{"": "x"}, {"A B!": "x"}, {"aws:x": "y"}, ["x"], {"A": 3}]
    elif "Sequence" in annotation:
        found += [[], [3], ["a b!"], "x", [None]]
    elif "Duration" in annotation:
        found += [3, cdk.Duration.millis(10), cdk.Duration.seconds(1), cdk.Duration.days(10_000)]
    elif "Size" in annotation:
        found += [3, cdk.Size.kibibytes(1), cdk.Size.mebibytes(1), cdk.Size.tebibytes(90)]
    elif "bool" in annotation:
        found += ["yes"]
    elif "int" in annotation or "float" in annotation:
        found += [-2, 0, 0.3, 10**7, 10**12, "1", True]
    if "str" in annotation and "Sequence" not in annotation and "Mapping" not in annotation:
        found += ["", "a b!", "x" * 600, 3]
    return found


def mistakes(kind: Any, right: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make one mistake at a time: in each parameter, and in each field of what it takes."""
    for name, parameter in list(inspect.signature(kind).parameters.items())[2:]:
        for value in wrong_values(str(parameter.annotation)):
            yield name, {**right, name: value}
        samples = right.get(name, FIELDS.get(name))
        sample = samples[0] if isinstance(samples, list) and samples else samples
        if not dataclasses.is_dataclass(sample):
            continue
        for field in dataclasses.fields(sample):
            for value in wrong_values(str(field.type)):
                wrong: Any = dataclasses.replace(sample, **{field.name: value})  # type: ignore[type-var]  # a dataclass
                yield name, {**right, name: [wrong] if isinstance(samples, list) else wrong}


@pytest.fixture(scope="module")
def given() -> Given:
    return Given(cdk.Stack(cdk.App(), "Stack"))


@pytest.mark.parametrize("name", MADE_BY_US)
def test_one_mistake_is_one_line_that_names_no_property_of_cloudformation(
    name: str, given: Given
) -> None:
    kind = getattr(bc, name)
    wrong = []
    refused = 0
    for parameter, arguments in mistakes(kind, given.arguments(name)):
        try:
            kind(given.stack, "X", **arguments)
        except (TypeError, ValueError) as error:
            refused += 1
            said = str(error)
            named = property_names(said)
            if "\n" in said or named or not said.startswith("Stack/X: "):
                wrong.append(f"{parameter}={arguments[parameter]!r:.60}: {said} {named or ''}")
        else:
            given.stack.node.try_remove_child("X")
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
    shown = str(refused.value).replace(f"secrets['{SECRET}']", "")  # a name is none
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"image": ""}, 'image is empty; give an image such as "busybox"'),
        (
            {"timeout": cdk.Duration.seconds(30)},
            "timeout is 30 seconds; allowed are 60 or more seconds",
        ),
        (
            {"retry_policy": bc.RetryPolicy(attempts=11)},
            "retry_policy.attempts is 11; allowed are ",
        ),
        ({"command": ["Ref::key"]}, 'command[0]: "Ref::key" names a parameter that has no default'),
        ({"gpus": 0}, "gpus is 0; allowed are "),
    ],
)
def test_a_mistake_is_told_by_the_parameter(
    arguments: dict[str, Any], said: str, given: Given
) -> None:
    with pytest.raises(ValueError, match=re.escape(f"Stack/X: {said}")):
        bc.Ec2JobDefinition(
            given.stack, "X", **{"image": IMAGE, "vcpus": 1, "memory": MEMORY, **arguments}
        )


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
