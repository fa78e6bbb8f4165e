"""An area of rules is asked only where a template has what the area is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.rules import areas
from batch_constructs.rules.rulebook import speaking
from tests.rules.test_every_rule import ALL, MORE, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def written() -> Iterator[tuple[str, Any]]:
    for type_, bad, good in ALL.values():
        yield from ((type_, bad), (type_, good))
    yield from ((one["type"], one["case"]) for one in MORE)


def test_what_is_left_out_by_what_a_template_has_would_say_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`ONLY_WITH` is written by hand; here every area is asked about every case."""
    told = [findings(*one) for one in written()]

    monkeypatch.setattr(areas, "may_speak", lambda *_: True)
    speaking.cache_clear()
    try:
        told_by_all = [findings(*one) for one in written()]
    finally:
        speaking.cache_clear()

    assert [
        (one, some, more)
        for one, some, more in zip(written(), told, told_by_all, strict=True)
        if some != more
    ] == []


def test_every_area_that_waits_for_something_is_one() -> None:
    assert areas.ONLY_WITH.keys() <= {*areas.AREAS}


def test_what_aws_takes_as_removed_or_not_given_is_no_fault() -> None:
    """`UpdateComputeEnvironment` removes an AMI and a launch template by an empty text."""
    environment = {
        "Type": "MANAGED",
        "ServiceRole": "",
        "ComputeResources": {
            "Type": "EC2",
            "ImageId": "",
            "LaunchTemplate": {"LaunchTemplateId": ""},
            "SpotIamFleetRole": "",
        },
    }
    job = {
        "Type": "container",
        "ContainerProperties": {"Image": "a", "JobRoleArn": "", "ExecutionRoleArn": ""},
    }
    told = [
        *findings("AWS::Batch::ComputeEnvironment", environment),
        *findings("AWS::Batch::JobDefinition", job),
    ]

    rules = ("role-arn", "image-id", "template-id", "image-name")
    assert [one for one in told if any(part in one.rule for part in rules)] == []


def test_the_name_of_a_pod_s_image_may_be_longer_than_batch_takes_of_a_container() -> None:
    image = f"registry.example.com/{'a/' * 100}a@sha256:{'0' * 64}"
    pod = {"EksProperties": {"PodProperties": {"Containers": [{"Image": image}]}}}
    container = {"ContainerProperties": {"Image": image}}

    told = [
        [one.rule for one in findings("AWS::Batch::JobDefinition", of) if "image" in one.rule]
        for of in (pod, container)
    ]
    assert told == [[], ["container-image-name"]]
