"""Whole templates: bad ones are named, good ones are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batch_constructs.rules import Finding, Severity, check_template
from batch_constructs.rules.template import template_files

HERE = Path(__file__).parent
BAD = sorted((HERE / "corpus" / "bad").glob("*.json"))
GOOD = [*sorted((HERE / "corpus" / "good").glob("*.json")), *sorted((HERE / "good").glob("*"))]
NAMED_BY = json.loads((HERE / "corpus" / "named-by.json").read_text())
"""Bad template → the rule that is about its fault."""


WORTH_KNOWING = {"jd-ref-undefined"}
"""A submission from outside may bring the parameter: that is no fault of the template's."""


def worse_than_info(file: Path) -> list[Finding]:
    return [
        one
        for one in check_template(template_files.read(file))
        if one.severity is not Severity.INFO
    ]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_the_fault_of_a_bad_template_is_named(file: Path) -> None:
    found = worse_than_info(file)
    if file.stem in WORTH_KNOWING:
        assert found == []
        found = check_template(template_files.read(file))

    assert NAMED_BY[file.stem] in {one.rule for one in found}


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_template_is_left_alone(file: Path) -> None:
    assert worse_than_info(file) == []


def template(value: object) -> dict[str, object]:
    return {
        "Parameters": {
            "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"]},
            "Elsewhere": {"Type": "CommaDelimitedList"},
        },
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
        },
        "Mappings": {"Numbers": {"prod": {"Priority": 5}, "dev": {"Priority": -5}}},
        "Resources": {
            "Q": {
                "Type": "AWS::Batch::JobQueue",
                "Properties": {"Priority": value, "ComputeEnvironmentOrder": {"Ref": "Elsewhere"}},
            }
        },
    }


def rules_of(value: object) -> list[str]:
    return [one.rule for one in check_template(template(value))]


def test_a_fault_in_one_branch_of_a_condition_is_found() -> None:
    assert rules_of({"Fn::If": ["IsProd", 1, -1]}) == ["job-queue-priority"]


def test_a_branch_that_cannot_come_about_is_no_fault() -> None:
    both = {"Fn::If": ["IsProd", {"Fn::If": ["IsDev", -1, 1]}, 1]}

    assert rules_of(both) == []


def test_a_mapping_is_looked_up_with_the_value_that_a_condition_asks_for() -> None:
    assert rules_of({"Fn::FindInMap": ["Numbers", {"Ref": "Stage"}, "Priority"]}) == [
        "job-queue-priority"
    ]


def test_a_resource_that_a_condition_takes_away_is_not_checked() -> None:
    never = template(-1)
    never["Conditions"] = {"Never": {"Fn::Equals": ["a", "b"]}}
    resources = never["Resources"]
    assert isinstance(resources, dict)
    resources["Q"]["Condition"] = "Never"

    assert check_template(never) == []


def test_no_value_is_as_if_nothing_was_given() -> None:
    assert rules_of({"Ref": "AWS::NoValue"}) == ["property-missing"]


def test_the_message_of_a_wrong_fargate_size_lists_the_memory_that_goes_with_the_vcpus() -> None:
    properties = {
        "Type": "container",
        "PlatformCapabilities": ["FARGATE"],
        "ContainerProperties": {
            "Image": "busybox",
            "ExecutionRoleArn": "arn:aws:iam::123456789012:role/exec",
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": "0.25"},
                {"Type": "MEMORY", "Value": "4096"},
            ],
        },
    }

    [found] = check_template(
        {"Resources": {"J": {"Type": "AWS::Batch::JobDefinition", "Properties": properties}}}
    )

    assert found == Finding(
        rule="fargate-size",
        severity=Severity.ERROR,
        resource="J",
        path="Properties/ContainerProperties/ResourceRequirements/1/Value",
        message="MEMORY is 4096 MiB; allowed: 512, 1024 or 2048 MiB with 0.25 vCPU on Fargate",
        fix="set MEMORY to 2048 MiB, or change VCPU",
        source=found.source,
    )


def test_findings_come_by_resource_and_the_worst_first() -> None:
    disabled = {"Type": "MANAGED", "State": "DISABLED", "ComputeResources": {"MinvCpus": 4}}
    found = check_template(
        {
            "Resources": {
                "B": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": disabled},
                "A": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": -1}},
            }
        }
    )

    assert [one.resource for one in found] == sorted((one.resource for one in found), reverse=True)
    environment = [one.severity for one in found if one.resource == "B"]
    assert environment == sorted(environment, key=list(Severity).index)
    assert {"error", "warning", "info"} == set(environment)


def test_entries_that_may_not_be_there_are_not_counted() -> None:
    here = {"Fn::Equals": [{"Fn::ImportValue": "here"}, "yes"]}
    entry = {"Order": 1, "ComputeEnvironment": {"Ref": "Elsewhere"}}
    maybe = [
        {"Fn::If": ["Here", {**entry, "Order": order}, {"Ref": "AWS::NoValue"}]}
        for order in range(4)
    ]
    found = check_template(
        {
            "Parameters": {"Elsewhere": {"Type": "String"}},
            "Conditions": {"Here": here},
            "Resources": {
                "Q": {
                    "Type": "AWS::Batch::JobQueue",
                    "Properties": {"Priority": 1, "ComputeEnvironmentOrder": maybe},
                }
            },
        }
    )

    assert found == []


@pytest.mark.parametrize(
    "data",
    [
        {"Fn::Base64": {"Fn::Sub": "${Everything}"}},
        {"Fn::Base64": {"Fn::Sub": "${Header}\n#!/bin/bash"}},
        {"Fn::Base64": "[settings.host-containers.admin]\nenabled = true"},
        {"Ref": "Everything"},
        "TUlNRS1WZXJzaW9uOiAxLjAK",
    ],
    ids=str,
)
def test_user_data_that_may_be_right_are_left_alone(data: object) -> None:
    environment = {
        "ComputeResources": {"Type": "EC2", "LaunchTemplate": {"LaunchTemplateId": {"Ref": "L"}}}
    }
    found = check_template(
        {
            "Resources": {
                "L": {
                    "Type": "AWS::EC2::LaunchTemplate",
                    "Properties": {"LaunchTemplateData": {"UserData": data}},
                },
                "E": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": environment},
            }
        }
    )

    assert "user-data-mime" not in {one.rule for one in found}


def test_properties_that_are_no_object_are_said_to_be_so_and_nothing_is_missing() -> None:
    found = check_template(
        {"Resources": {"Q": {"Type": "AWS::Batch::JobQueue", "Properties": [1]}}}
    )

    assert [(one.rule, one.message) for one in found] == [
        ("property-type", "a list is used where the properties are needed")
    ]


def test_a_parameter_that_is_a_list_is_found() -> None:
    job = {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "Parameters": {"files": ["a", "b"]},
            "ContainerProperties": {"Image": "busybox"},
        },
    }

    found = check_template({"Resources": {"J": job}})

    assert ("property-type", "Properties/Parameters/files") in {
        (one.rule, one.path) for one in found
    }


def test_a_gpu_job_that_fits_nowhere_is_told_that_there_are_no_gpus() -> None:
    needs = [{"Type": "GPU", "Value": "1"}, {"Type": "VCPU", "Value": "1"}]
    resources = {
        "E": {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {"ComputeResources": {"Type": "EC2", "InstanceTypes": ["m5.large"]}},
        },
        "Q": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {"ComputeEnvironmentOrder": [{"ComputeEnvironment": {"Ref": "E"}}]},
        },
        "J": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {"ContainerProperties": {"ResourceRequirements": needs}},
        },
    }

    found = check_template({"Resources": resources})

    fit = [one.message for one in found if one.rule == "job-instance-fit"]
    assert fit == ["the job requests 1 vCPUs, 1 GPUs, but E has no GPU instances (queue Q)"]


def test_arm_on_the_platform_before_it_is_found() -> None:
    container = {
        "Image": "busybox",
        "FargatePlatformConfiguration": {"PlatformVersion": "1.3.0"},
        "RuntimePlatform": {"CpuArchitecture": "ARM64"},
    }
    properties = {"PlatformCapabilities": ["FARGATE"], "ContainerProperties": container}

    found = check_template(
        {"Resources": {"J": {"Type": "AWS::Batch::JobDefinition", "Properties": properties}}}
    )

    assert "ARM64 needs PlatformVersion 1.4.0 or later" in {one.message for one in found}
