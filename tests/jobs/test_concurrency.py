"""One job at a time, or n: of one definition, or of all that share a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc

Properties = Callable[[str], dict[str, Any]]
Resources = Callable[..., dict[str, dict[str, Any]]]
DEFINITION = "AWS::Batch::JobDefinition"
RESOURCE = "AWS::Batch::ConsumableResource"
SIZE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}


def on_fargate(stack: cdk.Stack, **options: Any) -> object:
    return bc.FargateJobDefinition(stack, "Job", **SIZE, **options)


def on_ec2(stack: cdk.Stack, **options: Any) -> object:
    return bc.Ec2JobDefinition(stack, "Job", **SIZE, **options)


def of_several(stack: cdk.Stack, **options: Any) -> object:
    return bc.MultiContainerJobDefinition(
        stack,
        "Job",
        containers=[bc.Container(**SIZE)],
        platform_capability="FARGATE",
        **options,
    )


def of_pods(stack: cdk.Stack, **options: Any) -> object:
    container = bc.PodContainer(image="busybox", vcpus=1, memory=cdk.Size.gibibytes(1))
    return bc.EksJobDefinition(stack, "Job", containers=[container], **options)


@pytest.mark.parametrize("make", [on_fargate, on_ec2, of_several, of_pods])
def test_a_number_makes_a_resource_that_each_job_takes_one_of(
    make: Callable[..., object], stack: cdk.Stack, properties: Properties, resources: Resources
) -> None:
    make(stack, max_concurrent_jobs=2)

    (name,) = resources(RESOURCE)
    assert properties(RESOURCE) == {"ResourceType": "REPLENISHABLE", "TotalQuantity": 2}
    (taken,) = properties(DEFINITION)["ConsumableResourceProperties"]["ConsumableResourceList"]
    assert taken["Quantity"] == 1
    assert taken["ConsumableResource"]["Fn::GetAtt"] == [name, "ConsumableResourceArn"]


def test_a_resource_that_no_job_returns_is_no_limit(stack: cdk.Stack) -> None:
    used_up = bc.ConsumableResource(stack, "Used", total_quantity=2, replenishable=False)

    with pytest.raises(ValueError, match=r"Stack/Job: max_concurrent_jobs is .*replenishable=True"):
        on_fargate(stack, max_concurrent_jobs=used_up)


def test_definitions_share_the_resource_that_they_are_given(
    stack: cdk.Stack, resources: Resources
) -> None:
    shared = bc.ConsumableResource(stack, "Shared", total_quantity=1)
    for name in "AB":
        bc.FargateJobDefinition(stack, name, **SIZE, max_concurrent_jobs=shared)

    taken = [
        str(one["Properties"]["ConsumableResourceProperties"])
        for one in resources(DEFINITION).values()
    ]
    assert len(resources(RESOURCE)) == 1
    assert len(taken) == 2
    assert len(set(taken)) == 1


def test_a_limit_stands_beside_what_else_a_job_consumes(
    stack: cdk.Stack, properties: Properties
) -> None:
    licences = bc.ConsumableResource.from_consumable_resource_name(stack, "Licences", "licences")
    on_fargate(stack, max_concurrent_jobs=1, consumable_resources={licences: 3})

    taken = properties(DEFINITION)["ConsumableResourceProperties"]["ConsumableResourceList"]
    assert [one["Quantity"] for one in taken] == [3, 1]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (0, "max_concurrent_jobs is 0; allowed: whole numbers from 1"),
        (True, "max_concurrent_jobs is bool True; expected a whole number"),
        (1.5, "max_concurrent_jobs is float 1.5; expected a whole number"),
        ("one", 'max_concurrent_jobs is str "one"; expected a whole number'),
    ],
)
def test_what_is_no_limit_is_refused(limit: Any, message: str, stack: cdk.Stack) -> None:
    with pytest.raises((ValueError, TypeError), match=f"Stack/Job: {message}"):
        on_fargate(stack, max_concurrent_jobs=limit)


def test_one_resource_is_not_taken_twice(stack: cdk.Stack) -> None:
    shared = bc.ConsumableResource(stack, "Shared", total_quantity=1)

    with pytest.raises(
        ValueError, match="Stack/Job: max_concurrent_jobs is given with the same resource"
    ):
        on_fargate(stack, max_concurrent_jobs=shared, consumable_resources={shared: 1})
