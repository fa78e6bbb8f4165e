"""One fault, one finding: a bad case is told of once, and its consequences are held back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.rules import Finding, Severity, check_resource, check_template
from batch_constructs.rules.held_back_findings import CAUSES
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.template import template_files
from tests.rules.test_every_rule import ALL, findings

CORPUS = sorted((Path(__file__).parent / "corpus" / "bad").glob("*.json"))
FRAGMENT = {
    *("ec2-environment-needs", "ec2-environment-security-groups", "efs-encryption"),
    *("event-target-dead-letter-queue", "event-target-parameters", "event-target-role"),
    *("fargate-environment-network", "fargate-execution-role", "function-log-group"),
    *("job-definition-properties", "launch-template-reference", "managed-instances-provider"),
    *("node-properties", "pod-containers", "pod-resources-missing", "property-missing"),
    *("property-type", "property-unknown", "queue-environment-count"),
    *("resource-requirement-missing", "runtime-platform-ec2", "secrets-execution-role"),
    *("source-queue-dead-letters", "spot-fleet-role", "submission-required"),
    *("unmanaged-service-role", "log-group-retention", "efs-mount-target"),
    *("s3files-platform", "s3files-job-role", "s3files-file-system-arn"),
    *("event-rule-source", "event-target-id", "schedule-required"),
    *("policy-effect", "policy-element", "policy-statement", "policy-trust", "redrive-policy"),
    *("state-field", "state-machine-definition"),
}
"""What is missing in cases that are the smallest which break another rule."""

BESIDE = {
    "alarm-topic": {"alarm-metric"},
    "assign-public-ip": {"fargate-only-parameters"},
    "dependency-count": {"submission-shape"},
    "duplicate-time-limit": {"time-limit-reason"},
    "environment-by-name": {"named-replacement"},
    "ephemeral-storage": {"fargate-only-parameters"},
    "evaluate-on-exit-attempts": {"evaluate-on-exit-condition"},
    "evaluate-on-exit-action": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-code": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-condition": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-count": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-reason": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-status-reason": {"evaluate-on-exit-attempts"},
    "evaluate-on-exit-unreachable": {"evaluate-on-exit-attempts"},
    "file-system-vpc": {"isolated-subnets"},
    "image-kubernetes-version-length": {"image-type-orchestration"},
    "in-place-update-service-role": {"in-place-update-strategy", "service-role-permissions"},
    "instance-role-in-containers": {"instance-role-permissions"},
    "max-swap": {"swap-without-swappiness"},
    "mount-incomplete": {"unknown-volume"},
    "multi-node-public-subnets": {"public-subnets-without-addresses"},
    "platform-count": {"platform-capabilities"},
    "public-image-isolated": {"isolated-subnets"},
    "public-ip-without-gateway": {"isolated-subnets"},
    "secret-endpoint": {"isolated-subnets"},
    "secret-key": {"broad-permissions"},
    "state-machine-job-rights": {"broad-permissions"},
    "state-machine-wait": {"submitter-permission"},
    "submitter-trust": {"submitter-permission"},
    "unknown-volume": {"mount-incomplete"},
}
"""Rule → what else is wrong in its smallest case: a fault of its own, with a fix of its own."""

BESIDE_IN_THE_CORPUS = {
    "ce-al2023-a1": {"job-instance-fit"},
    "ce-ec2config-three": {"duplicate-image-type"},
    "iam-instance-role-policy": {"instance-role-in-containers"},
    "sp-both-policies": {"quota-policy-queue"},
    "wi-net-isolated": {"public-image-isolated"},
    "wi-net-isolated-public-ip": {"isolated-subnets", "public-image-isolated"},
}
NAMED_BY = json.loads((CORPUS[0].parent.parent / "named-by.json").read_text())


def worse_than_info(found: list[Finding]) -> set[str]:
    return {one.rule for one in found if one.severity is not Severity.INFO}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_beside_the_fault_of_a_case_only_faults_of_their_own_are_told(rule: str) -> None:
    type_, bad, _ = ALL[rule]

    beside = worse_than_info(findings(type_, bad)) - {rule} - FRAGMENT

    assert beside == BESIDE.get(rule, set())


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_beside_the_fault_of_a_whole_template_nothing_is_told(file: Path) -> None:
    beside = worse_than_info(check_template(template_files.read(file))) - {NAMED_BY[file.stem]}

    assert beside == BESIDE_IN_THE_CORPUS.get(file.stem, set())


def test_what_holds_another_rule_back_is_a_rule() -> None:
    causes = (cause.partition(" ")[0] for causes in CAUSES.values() for cause in causes)
    assert {*CAUSES, *causes} <= set(RULES)


JOB = "AWS::Batch::JobDefinition"
SIZE = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "512"}]
CONTAINER: dict[str, Any] = {"Image": "busybox", "ResourceRequirements": SIZE}
REGISTERED: dict[str, Any] = {"Type": "container", "ContainerProperties": CONTAINER}


def container(**properties: Any) -> dict[str, Any]:
    return REGISTERED | {"ContainerProperties": CONTAINER | properties}


PAIRS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "a misspelled name is not missing, too": (
        JOB,
        {"Type": "container", "ContainerProperties": {"image": "x", "memory": 1, "vcpus": 1}},
        {"property-name"},
    ),
    "a misspelled name beside one that is missing": (
        JOB,
        {"Type": "container", "ContainerProperties": {"Comand": [], "ResourceRequirements": SIZE}},
        {"property-name", "property-missing"},
    ),
    "a misspelled name beside a fault of the right one": (
        JOB,
        REGISTERED | {"timeout": {}, "Timeout": {"AttemptDurationSeconds": 5}},
        {"property-name", "job-timeout"},
    ),
    "a misspelled section holds back that it is missing": (
        "AWS::Batch::ComputeEnvironment",
        {"Type": "MANAGED", "ComputeResource": {}},
        {"property-name"},
    ),
    "a word of a requirement holds back that there is none": (
        JOB,
        container(ResourceRequirements=[SIZE[0], {"Type": "memory", "Value": "512"}]),
        {"word-case"},
    ),
    "another word holds nothing back": (
        JOB,
        container(ResourceRequirements=SIZE[:1]) | {"PlatformCapabilities": ["ec2"]},
        {"word-case", "resource-requirement-missing"},
    ),
    "a condition's action says nothing of the next condition": (
        JOB,
        REGISTERED
        | {
            "RetryStrategy": {
                "Attempts": 2,
                "EvaluateOnExit": [{"Action": "STOP", "OnExitCode": "1"}, {"Action": "EXIT"}],
            }
        },
        {"evaluate-on-exit-action", "evaluate-on-exit-condition"},
    ),
    "a condition's action holds back what that condition lacks": (
        JOB,
        REGISTERED | {"RetryStrategy": {"Attempts": 2, "EvaluateOnExit": [{"Action": "STOP"}]}},
        {"evaluate-on-exit-action"},
    ),
}


@pytest.mark.parametrize(("type_", "properties", "told"), PAIRS.values(), ids=PAIRS)
def test_a_cause_hides_what_follows_from_it_and_nothing_else(
    type_: str, properties: dict[str, Any], told: set[str]
) -> None:
    assert worse_than_info(check_resource(type_, properties)) == told


def test_a_misspelt_name_beside_the_right_one_is_to_be_left_out() -> None:
    (found,) = check_resource(JOB, REGISTERED | {"parameters": {}, "Parameters": {}})

    assert found.fix == "remove it: Parameters is also set"


def test_a_value_of_null_is_not_missing_as_well() -> None:
    properties = {"Type": "MANAGED", "ComputeResources": None}
    environment = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}
    found = check_template({"Resources": {"E": environment}})

    assert [one.rule for one in found if one.path == "Properties/ComputeResources"] == [
        "null-value"
    ]


ENVIRONMENT: dict[str, Any] = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "FARGATE",
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    },
}
FARGATE_JOB: dict[str, Any] = {
    "Type": "container",
    "PlatformCapabilities": ["FARGATE"],
    "ContainerProperties": {
        "Image": "busybox",
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r",
        "NetworkConfiguration": {"AssignPublicIp": "ENABLED"},
        "ResourceRequirements": [SIZE[0], {"Type": "MEMORY", "Value": "2048"}],
    },
}


def whole(job: dict[str, Any], environment: dict[str, Any] | None = None) -> dict[str, Any]:
    """Put a job, and a rule that submits it, beside its queue."""
    order = [{"Order": 1, "ComputeEnvironment": {"Ref": "E"}}]
    target = {
        "Id": "t",
        "Arn": {"Ref": "Q"},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q"},
        "BatchParameters": {"JobDefinition": {"Ref": "J"}, "JobName": "j"},
    }
    described = {
        "E": ("Batch::ComputeEnvironment", environment or ENVIRONMENT),
        "Q": ("Batch::JobQueue", {"Priority": 1, "ComputeEnvironmentOrder": order}),
        "J": ("Batch::JobDefinition", job),
        "R": ("Events::Rule", {"ScheduleExpression": "rate(1 day)", "Targets": [target]}),
    }
    resources = {
        id_: {"Type": f"AWS::{noun}", "Properties": properties}
        for id_, (noun, properties) in described.items()
    }
    return {"Resources": resources}


def places(template: dict[str, Any]) -> set[str]:
    found = check_template(template)
    return {
        f"{one.rule} {one.resource}/{one.path}"
        for one in found
        if one.severity is not Severity.INFO
    }


def renamed(properties: dict[str, Any], name: str, written: str) -> dict[str, Any]:
    return {written if key == name else key: value for key, value in properties.items()}


def test_what_is_behind_a_misspelled_name_counts_in_every_resource() -> None:
    assert places(whole(FARGATE_JOB)) == set()
    job = renamed(FARGATE_JOB, "PlatformCapabilities", "PlatformCapability")

    assert places(whole(job)) == {"property-name J/Properties/PlatformCapability"}


def test_a_fault_behind_a_misspelled_name_is_placed_where_it_is_written() -> None:
    template = whole(FARGATE_JOB)
    queue = template["Resources"]["Q"]
    queue["Properties"] = renamed(queue["Properties"] | {"Priority": -1}, "Priority", "priority")

    assert places(template) == {
        "property-name Q/Properties/priority",
        "job-queue-priority Q/Properties/priority",
    }


def test_a_name_inside_of_a_list_is_read_as_it_was_meant() -> None:
    template = whole(FARGATE_JOB)
    [entry] = template["Resources"]["Q"]["Properties"]["ComputeEnvironmentOrder"]
    order = [renamed(entry, "ComputeEnvironment", "computeEnvironment")]
    template["Resources"]["Q"]["Properties"]["ComputeEnvironmentOrder"] = order
    too_large = FARGATE_JOB["ContainerProperties"] | {
        "ResourceRequirements": [
            {"Type": "VCPU", "Value": "8"},
            {"Type": "MEMORY", "Value": "16384"},
        ]
    }
    template["Resources"]["J"]["Properties"] = FARGATE_JOB | {"ContainerProperties": too_large}

    assert places(template) == {
        "property-name Q/Properties/ComputeEnvironmentOrder/0/computeEnvironment",
        "job-vcpus-over-maximum J/Properties",
    }


def test_of_very_many_misspelled_names_each_is_told() -> None:
    template = whole(FARGATE_JOB)
    bad = {"Type": "AWS::Batch::JobQueue", "Properties": {"priority": -1}}
    template["Resources"] |= {f"Q{number}": bad for number in range(21)}

    assert sum(one.startswith("property-name") for one in places(template)) == 21


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"PlatformCapabilities": ["fargate"]}, "word-case J/Properties/PlatformCapabilities/0"),
        (
            {"PlatformCapabilities": ["LAMBDA"]},
            "platform-capabilities J/Properties/PlatformCapabilities/0",
        ),
    ],
)
def test_a_platform_that_there_is_not_fits_every_queue(job: dict[str, Any], told: str) -> None:
    assert places(whole(FARGATE_JOB | job)) == {told}


def test_a_maximum_that_no_environment_can_have_is_the_only_fault() -> None:
    resources = ENVIRONMENT["ComputeResources"] | {"MaxvCpus": -1}

    assert places(whole(FARGATE_JOB, ENVIRONMENT | {"ComputeResources": resources})) == {
        "max-vcpus E/Properties/ComputeResources/MaxvCpus"
    }


def test_a_size_that_fargate_does_not_have_is_the_only_fault() -> None:
    size = [{"Type": "VCPU", "Value": "99"}, SIZE[1]]
    made = FARGATE_JOB["ContainerProperties"] | {"ResourceRequirements": size}

    assert places(whole(FARGATE_JOB | {"ContainerProperties": made})) == {
        "fargate-size J/Properties/ContainerProperties/ResourceRequirements/0/Value"
    }


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"JobDefinitions": {"Ref": "J"}, "JobName": "j"}, "submission-shape {}/JobDefinitions"),
        ({}, "event-target-parameters {}"),
    ],
)
def test_a_target_is_told_one_fault(parameters: dict[str, Any], told: str) -> None:
    template = whole(FARGATE_JOB)
    target = template["Resources"]["R"]["Properties"]["Targets"][0]
    target["BatchParameters"] = parameters

    place = "R/Properties/Targets/0/BatchParameters"
    assert places(template) == {told.format(place)}
