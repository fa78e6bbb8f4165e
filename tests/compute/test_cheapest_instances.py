"""The cheapest instance types that fit, and what packing wastes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.aws import instance_prices, instance_types
from batch_constructs.rules import check_template

GIB = cdk.Size.gibibytes


def size(vcpus: float, gibibytes: float, gpus: int = 0) -> bc.JobSize:
    return bc.JobSize(vcpus=vcpus, memory=cdk.Size.mebibytes(gibibytes * 1024), gpus=gpus)


def cost(name: str, *jobs: bc.JobSize) -> float:
    """What an hour of each job costs on a type, reckoned anew."""
    (type_,) = instance_types.expand(name) or []
    price = instance_prices.hourly(name)
    assert price is not None
    assert type_.sure_memory_mib is not None
    total = 0.0
    for job in jobs:
        by_memory = type_.sure_memory_mib // job.memory.to_mebibytes()
        total += price / min(by_memory, (type_.vcpus or 0) // job.vcpus)
    return total


def test_no_other_type_of_their_families_is_much_cheaper() -> None:
    jobs = size(2, 9), size(1, 3)

    found = bc.cheapest_instance_types(jobs)

    assert len(found) == 10
    for name in found:
        others = instance_types.expand(name.partition(".")[0]) or []
        fitting = [
            one.name
            for one in others
            if one.vcpus
            and one.vcpus >= 2
            and (one.sure_memory_mib or 0) >= 9216
            and instance_prices.hourly(one.name)
        ]
        assert cost(name, *jobs) <= 1.06 * min(cost(one, *jobs) for one in fitting)


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("trn1.32xlarge", 507_821),
        ("r5d.xlarge", 31_672),
        ("m4.large", 7_985),
        ("g4dn.xlarge", 16_070_168 // 1024),
    ],
)
def test_what_jobs_count_on_every_instance_that_was_measured_has(name: str, measured: int) -> None:
    """ECS' figures, and of the last the kernel's (groundlight/edge-endpoint 79)."""
    (type_,) = instance_types.expand(name) or []

    assert type_.sure_memory_mib is not None
    assert 0.94 * (measured - instance_types.AGENT_MIB) < type_.sure_memory_mib
    assert type_.sure_memory_mib <= measured - instance_types.AGENT_MIB


def test_the_cheapest_stands_first_and_each_family_once() -> None:
    found = bc.cheapest_instance_types([size(2, 7)], at_most=5)

    costs = [cost(name, size(2, 7)) for name in found]
    assert costs == sorted(costs)
    assert len({name.partition(".")[0] for name in found}) == 5


def test_images_for_arm_get_arm() -> None:
    found = bc.cheapest_instance_types([size(1, 1)], cpu_architecture=bc.CpuArchitecture.ARM64)

    assert {instance_types.architecture(name) for name in found} == {"ARM64"}


def test_gpus_are_of_nvidia() -> None:
    found = bc.cheapest_instance_types([size(4, 14, gpus=1)])

    assert "g4dn.xlarge" in found
    assert not any(name.startswith("g4ad") for name in found)


@pytest.mark.parametrize(
    ("jobs", "more", "message"),
    [
        ([], {}, "jobs is empty"),
        ([size(1000, 1)], {}, "no instance type of X86_64 fits 1000 vCPUs"),
        ([size(1, 1)], {"cpu_architecture": "RISC"}, 'cpu_architecture is "RISC"'),
        ([size(1, 1)], {"at_most": 0}, "at_most is 0"),
        ([size(-1, 1)], {}, r"jobs\[0\].vcpus is -1"),
    ],
)
def test_what_has_no_answer_is_refused(
    jobs: list[bc.JobSize], more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bc.cheapest_instance_types(jobs, **more)


def test_what_is_no_job_size_is_refused() -> None:
    with pytest.raises(TypeError, match=r"jobs\[0\] is .*; expected JobSize"):
        bc.cheapest_instance_types(["m7i.large"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"jobs\[0\].memory is int 4"):
        bc.cheapest_instance_types([bc.JobSize(vcpus=1, memory=4)])  # type: ignore[arg-type]


SIZE: dict[str, Any] = {"vcpus": 1, "memory": cdk.Size.gibibytes(1)}


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        (bc.JobSize(**SIZE), "jobs is JobSize; expected a list of JobSize"),
        ([bc.JobSize(**SIZE | {"vcpus": float("nan")})], r"jobs\[0\].vcpus is nan; allowed:"),
        ([bc.JobSize(**SIZE, gpus=-1)], r"jobs\[0\].gpus is -1; allowed: numbers from 0"),
        ([bc.JobSize(**SIZE | {"vcpus": "2"})], r"jobs\[0\].vcpus is str \"2\"; expected a number"),
    ],
)
def test_a_size_that_is_none_is_refused_in_a_line(jobs: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.cheapest_instance_types(jobs)


def wasted(*jobs: tuple[int, int], types: tuple[str, ...] = ("m7i.xlarge",)) -> list[str]:
    """What `check` says of packing, of jobs of so many vCPUs and MiB."""
    resources: dict[str, Any] = {
        "E": {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {"ComputeResources": {"Type": "EC2", "InstanceTypes": list(types)}},
        },
        "Q": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {"ComputeEnvironmentOrder": [{"ComputeEnvironment": {"Ref": "E"}}]},
        },
    }
    for number, (vcpus, memory) in enumerate(jobs):
        resources[f"J{number}"] = {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "PlatformCapabilities": ["EC2"],
                "ContainerProperties": {"Vcpus": vcpus, "Memory": memory},
            },
        }
    found = check_template({"Resources": resources})
    return [one.message for one in found if one.rule == "packing-waste"]


def test_a_job_of_9_gib_takes_a_whole_instance_of_16_gib() -> None:
    (said,) = wasted((2, 9216))

    assert said.startswith("1 of these jobs (2 vCPUs, 9216 MiB) run on a m7i.xlarge")
    assert "you pay for 43 % of it without using it, 0.087 of 0.202 USD an hour" in said
    assert f"({instance_prices.region()}, {instance_prices.date()})" in said
    assert "one more job fits with at most 2 vCPUs and 8094 MiB" in said


def test_nothing_is_wasted_where_another_job_fits_or_a_larger_instance_is_filled() -> None:
    assert wasted((2, 9216), (1, 2048)) == []
    assert wasted((2, 9216), types=("m7i",)) == []
    assert wasted((2, 9216), types=("default_x86_64",)) == []
    assert wasted((2, 8000)) == []
