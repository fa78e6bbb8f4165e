"""One fault, one finding: a bad case is told of once, and its consequences are held back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batch_constructs.rules import Finding, Severity, check_template
from batch_constructs.rules.consequences import CAUSES
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
    "image-kubernetes-version-length": {"image-type-orchestration"},
    "in-place-update-service-role": {"in-place-update-strategy", "service-role-permissions"},
    "instance-role-in-containers": {"instance-role-permissions"},
    "mount-incomplete": {"unknown-volume"},
    "multi-node-public-subnets": {"public-subnets-without-addresses"},
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
    assert {*CAUSES, *(cause for causes in CAUSES.values() for cause in causes)} <= set(RULES)
