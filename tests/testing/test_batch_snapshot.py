"""`batch_snapshot`: what it leaves out, what it tells, and what it asks for."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.testing.stable_template import difference, stable

pytest_plugins = ["pytester"]

HASHES = ("a" * 64, "b" * 64)
TEMPLATE: dict[str, Any] = {
    "Parameters": {"BootstrapVersion": {"Type": "String"}},
    "Rules": {"CheckBootstrapVersion": {}},
    "Resources": {
        "CDKMetadata": {"Type": "AWS::CDK::Metadata"},
        "Queue": {
            "Type": "AWS::Batch::JobQueue",
            "Metadata": {"aws:cdk:path": "Stack/Queue/Resource"},
            "Properties": {"Priority": 1, "Tags": {"team": "a"}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": "assets-111111111111-eu-west-1", "S3Key": f"{HASHES[0]}.zip"},
                "Zone": "eu-west-1a",
                "Role": "arn:aws:iam::111111111111:role/r",
            },
        },
    },
}


def test_hashes_accounts_and_regions_change_nothing() -> None:
    elsewhere = json.dumps(TEMPLATE).replace(HASHES[0], HASHES[1])
    elsewhere = elsewhere.replace("111111111111", "222222222222")
    elsewhere = elsewhere.replace("eu-west-1", "us-gov-east-1")

    assert stable(json.loads(elsewhere)) == stable(TEMPLATE)


def test_what_the_cdk_adds_is_left_out() -> None:
    written = stable(TEMPLATE)

    assert all(word not in written for word in ("Bootstrap", "CDKMetadata", "aws:cdk:path"))


def test_a_job_definitions_own_numbers_and_names_are_kept() -> None:
    written = stable({"Resources": {"J": {"Properties": {"Image": "sha-1234567890123", "N": 12}}}})

    assert "sha-1234567890123" in written
    assert "N: 12" in written


def test_a_difference_is_told_by_resource() -> None:
    changed = deepcopy(TEMPLATE)
    changed["Resources"]["Queue"]["Properties"]["Priority"] = 2
    changed["Resources"]["New"] = {"Type": "AWS::SQS::Queue"}
    del changed["Resources"]["Function"]

    assert list(difference(stable(changed), stable(TEMPLATE))) == [
        "- Function (AWS::Lambda::Function)",
        "  - Properties.Code.S3Bucket: 'assets-ACCOUNT-REGION'",
        "  - Properties.Code.S3Key: 'HASH.zip'",
        "  - Properties.Role: 'arn:aws:iam::ACCOUNT:role/r'",
        "  - Properties.Zone: 'REGIONa'",
        "  - Type: 'AWS::Lambda::Function'",
        "+ New (AWS::SQS::Queue)",
        "  + Type: 'AWS::SQS::Queue'",
        "~ Queue (AWS::Batch::JobQueue)",
        "  - Properties.Priority: 1",
        "  + Properties.Priority: 2",
    ]


def test_templates_by_stack_are_told_with_their_stack() -> None:
    changed = deepcopy(TEMPLATE)
    changed["Resources"]["Queue"]["Properties"]["Priority"] = 2

    told = list(difference(stable({"One": changed}), stable({"One": TEMPLATE})))

    assert told[0] == "~ One.Queue (AWS::Batch::JobQueue)"


SUITE = """
def test_queue(batch_snapshot):
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": %d}}
    assert {"Resources": {"Q": queue}} == batch_snapshot
"""


def test_a_suite_keeps_a_template_and_sees_what_changed(pytester: pytest.Pytester) -> None:
    arguments = ("-p", "no:cacheprovider", "--snapshot-update")
    pytester.makepyfile(SUITE % 1)
    assert pytester.runpytest_subprocess(*arguments).ret == 0
    kept = list(Path(pytester.path).glob("__snapshots__/*/test_queue.yaml"))
    assert [path.read_text() for path in kept] == [
        "Resources:\n  Q:\n    Properties:\n      Priority: 1\n    Type: AWS::Batch::JobQueue\n"
    ]
    assert pytester.runpytest_subprocess(*arguments[:2]).ret == 0

    pytester.makepyfile(SUITE % 2)
    changed = pytester.runpytest_subprocess(*arguments[:2])

    assert changed.ret == 1
    changed.stdout.fnmatch_lines(
        ["*~ Q (AWS::Batch::JobQueue)*", "*- Properties.Priority: 1*", "*+ Properties.Priority: 2*"]
    )


def test_without_syrupy_one_line_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE % 1)
    pytester.makeconftest("import sys\nsys.modules['syrupy'] = None\n")

    failed = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:syrupy")

    assert failed.ret == 1
    failed.stdout.fnmatch_lines(["batch_snapshot needs syrupy: pip install syrupy"])
