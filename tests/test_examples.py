"""The app of the README and the examples: real, clean by every checker, and stable."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import ModuleType
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import (
    AwsSolutionsChecks,
    HIPAASecurityChecks,
    NIST80053R4Checks,
    NIST80053R5Checks,
)
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from batch_constructs.acknowledgements import OURS
from tests.judged_by_cfn_lint import cfn_lint_errors

ROOT = Path(__file__).parent.parent
APPS = [ROOT / "app.py", *sorted(ROOT.glob("examples/*/app.py"))]
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
HASH = re.compile(r"[0-9a-f]{64}")

REASONS = {
    r"VPC7$": "An example's network carries no traffic that is worth a flow log.",
    r"IAM5\[Action::s3:.*\*\]": "The CDK's own bucket grants.",
    r"IAM5\[Action::kms:.*\*\]": "The CDK's own key grants.",
    r"IAM5\[Resource::<.*\.Arn>/(\w+/)?\*\]": "The objects of one bucket, or below one prefix.",
    r"IAM5\[Resource::<Handler\w*\.Arn>:\*\]": "Every version of a function of the CDK's own.",
    r"IAM4\[Policy::.*/(AmazonEKS|AmazonEC2ContainerRegistryPullOnly)": "AWS's policies of nodes.",
    r"IAM4\[Policy::.*/(AWSLambdaBasicExecutionRole|AmazonElasticContainerRegistryP)": (
        "The CDK's own functions, which call AWS."
    ),
    r"L1$": "The CDK's own functions, which call AWS.",
    r"S1$": "Server access logs of an example would need a second bucket.",
    r"SMG4$": "What rotates a secret belongs to what the secret opens.",
    r"SQS3$": "The queue of an existing team.",
}
"""What AwsSolutions finds in what an example's author wrote, and is meant so: rule and reason."""

every_app = pytest.mark.parametrize(
    "path", APPS, ids=["app" if p.parent == ROOT else p.parent.name for p in APPS]
)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def violations(assembly: Path) -> list[dict[str, Any]]:
    """Read the report that a synthesis leaves behind, also a clean one."""
    plugins = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    return [violation for plugin in plugins for violation in plugin["violations"]]


@pytest.fixture(scope="module")
def template_of() -> Callable[[Path], Path]:
    """Synthesise an app once, as ``cdk synth`` does, and return its template's path."""

    @cache
    def synthesise(path: Path) -> Path:
        app = cdk.App(context=CONTEXT, builtin_cloud_formation_validation=True)
        stack = load(path).build(app)
        return Path(app.synth().directory) / f"{stack.stack_name}.template.json"

    return synthesise


@every_app
def test_the_cdk_and_our_rules_find_nothing_in_an_example(
    path: Path, template_of: Callable[[Path], Path]
) -> None:
    """An error would fail the synthesis; a warning would stand in its report."""
    assert violations(template_of(path).parent) == []


@every_app
def test_what_cdk_nag_finds_in_an_example_is_its_authors_and_meant_so(
    path: Path, tmp_path: Path
) -> None:
    """Of what this library makes nothing is left: that is acknowledged where it is made."""
    app = cdk.App(context=CONTEXT, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    load(path).build(app)
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(), HIPAASecurityChecks(), NIST80053R4Checks(), NIST80053R5Checks()
    )
    with contextlib.suppress(RuntimeError):  # the findings fail the synthesis; they are read below
        app.synth()

    own = {one for _, one in OURS}
    found = [
        (violation["ruleName"], construct["constructPath"])
        for violation in violations(tmp_path)
        for construct in violation["violatingConstructs"]
    ]
    in_a_stack_set = path.parent.name == "many_places"  # its network, and most else
    assert in_a_stack_set or any("AwsSolutions-VPC7" in rule for rule, _ in found)
    assert [one for one in found if _is_within(one[1], own) and not _GRANTED.search(one[1])] == []
    unexplained = [
        rule
        for rule, _ in found
        if rule.startswith("AwsSolutions") and not any(re.search(one, rule) for one in REASONS)
    ]
    assert unexplained == []


_GRANTED = re.compile(
    r"/((JobRole|InstanceRole)/DefaultPolicy|BatchAccess/CustomResourcePolicy)/Resource$"
)
"""What an example's author grants a job, the instances by mounting a bucket, or AWS Batch in a
namespace: the ARN of an access entry ends with an ID that AWS gives it."""


def _is_within(path: str, above: set[str]) -> bool:
    return not above.isdisjoint(accumulate(path.split("/"), "{}/{}".format))


@every_app
def test_an_example_passes_cfn_lint(path: Path, template_of: Callable[[Path], Path]) -> None:
    found = [f"{match.rule.id} {match.message}" for match in cfn_lint_errors(template_of(path))]

    assert found == []


@every_app
def test_an_example_renders_what_it_rendered_before(
    path: Path,
    template_of: Callable[[Path], Path],
    snapshot: SnapshotAssertion,
) -> None:
    rendered = json.loads(HASH.sub("HASH", template_of(path).read_text()))
    assert rendered == snapshot(extension_class=JSONSnapshotExtension)


@every_app
def test_an_example_tells_what_it_creates_and_what_it_costs_idle(path: Path) -> None:
    readme = (path.parent / "README.md").read_text()

    assert "idle" in readme
    assert path.read_text().count("\n") <= 100
