"""cdk-nag's packs find what a user wrote, and of this library what is acknowledged with a reason.

`scripts/run_checkov.py` asks checkov the same.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

import batch_constructs as bc
from batch_constructs import acknowledgements, functions
from batch_constructs.acknowledgements import MEANT
from examples.quickstart.app import build as quickstart
from examples.quickstart.reviewed import build as reviewed
from tests import rendered
from tests.everything import everything
from tests.whole.stacks import STACKS

PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.PCIDSS321Checks,
)


Found = list[tuple[str, str, str]]
"""Path, rule and reason of each finding."""


def found(app: cdk.App, *, add: bool = True) -> Found:
    """Synthesise an app under the packs: what is found and not acknowledged."""
    return listed(reported(app, add=add), "violations")


def reported(app: cdk.App, *, add: bool = True) -> list[dict[str, Any]]:
    """Synthesise an app under the packs: what each of them reports."""
    if add:
        cdk.Validations.of(app).add_plugins(*(pack() for pack in PACKS))
    with contextlib.suppress(RuntimeError):  # the findings fail the synthesis
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    plugins: list[dict[str, Any]] = report["pluginReports"]
    assert not any("failed" in str(one.get("metadata")) for one in plugins)
    return [one for one in plugins if one["pluginName"] != "batch-constructs"]


def listed(plugins: list[dict[str, Any]], kind: str) -> Found:
    return [
        (construct["constructPath"], one["ruleName"], one.get("reason", ""))
        for plugin in plugins
        for one in plugin.get(kind, ())
        for construct in one["violatingConstructs"]
    ]


def an_app(tmp_path: Path) -> tuple[cdk.App, cdk.Stack]:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    place = cdk.Environment(account="123456789012", region="us-east-1")
    return app, cdk.Stack(app, "All", env=place)


OURS = ("All/My", "All/BatchConstructs", "All/Definition/", "All/Queue/", "All/Template/")

SHIPPED = {
    file.parent.name
    for file in Path(functions.__file__).parent.glob("*/*.py")
    if "def handler(" in file.read_text()
}
"""The folders of functions that are deployed."""


class Reviewed(NamedTuple):
    """One stack of everything under the packs: findings, what is acknowledged, the template."""

    violations: Found
    suppressed: Found
    resources: dict[str, Any]


@cache
def reviewed_everything(*, defaults: bool) -> Reviewed:
    """Synthesise it once for all that ask about it: that takes most of the time here."""
    with TemporaryDirectory() as folder:
        app, stack = an_app(Path(folder))
        everything(stack, defaults=defaults)
        plugins = reported(app)
        template = json.loads((Path(folder) / stack.template_file).read_text())
    violations, suppressed = (
        listed(plugins, kind) for kind in ("violations", "suppressedViolations")
    )
    return Reviewed(violations, suppressed, template["Resources"])


@pytest.mark.parametrize("defaults", [True, False])
def test_of_one_stack_of_everything_nothing_of_ours_is_unacknowledged(*, defaults: bool) -> None:
    paths = [(path, rule) for path, rule, _ in reviewed_everything(defaults=defaults).violations]

    assert any(path.startswith("All/Vpc/") for path, _ in paths)
    assert [one for one in paths if one[0].startswith(OURS)] == []


def test_of_the_quickstart_a_review_finds_nothing_that_has_no_reason(tmp_path: Path) -> None:
    """Without the reasons of the example, only what its author wrote is found."""
    app = cdk.App(outdir=str(tmp_path / "reviewed"), builtin_cloud_formation_validation=False)
    reviewed(app)
    plain = cdk.App(outdir=str(tmp_path / "plain"), builtin_cloud_formation_validation=False)
    quickstart(plain)

    written = {(path.split("/")[1], rule) for path, rule, _ in found(plain)}

    assert found(app, add=False) == []
    assert {place for place, _ in written} == {"Files", "Login", "Report", "Vpc"}
    of_report = {rule.partition("[")[0] for place, rule in written if place == "Report"}
    assert of_report == {"AwsSolutions-IAM5"}, "more than what grant_read of the CDK writes"


def test_alarms_that_tell_nobody_and_a_grant_of_service_jobs_are_acknowledged(
    tmp_path: Path,
) -> None:
    app, stack = an_app(tmp_path)
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Jobs", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    )
    bc.BatchMonitoring(stack, "MyMonitoring", queues=[queue])
    bc.AuditTrail(stack, "MyTrail", queues=[queue])
    service = bc.ServiceJobQueue.from_job_queue_arn(
        stack, "Service", "arn:aws:batch:us-east-1:123456789012:job-queue/s"
    )
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    service.grant_submit_service_job(role)

    rules = [(path, rule) for path, rule, _ in found(app)]

    assert [one for one in rules if one[0].startswith(OURS) or "-IAM5" in one[1]] == []
    assert ("All/Role/DefaultPolicy/Resource", "HIPAA.Security-IAMNoInlinePolicy") in rules


@pytest.mark.parametrize("topics", [1, 30])
def test_what_the_deployment_names_and_many_topics_are_acknowledged(
    tmp_path: Path, topics: int
) -> None:
    app, stack = an_app(tmp_path)
    job = bc.FargateJobDefinition(
        stack,
        "MyJob",
        image=cdk.CfnParameter(stack, "Image").value_as_string,
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
    )
    queue = bc.JobQueue.from_job_queue_name(stack, "Jobs", "q")
    gateway = bc.SubmissionGateway(stack, "MyGateway", queue=queue, job_definition=job)
    for number in range(topics):
        gateway.add_topic(sns.Topic(stack, f"Topic{number}"))

    assert [one for one in found(app) if one[0].startswith(OURS)] == []
    template = (tmp_path / stack.template_file).read_text()
    assert "ecr:*:*:repository" in template


def test_with_sessions_and_settings_of_functions_nothing_is_unacknowledged_either(
    tmp_path: Path,
) -> None:
    app, stack = an_app(tmp_path)
    settings = bc.FunctionSettings(
        vpc=ec2.Vpc(stack, "Network", nat_gateways=1),
        encryption_key=kms.Key(stack, "OfFunctions"),
        reserved_concurrency=7,
        permissions_boundary=iam.ManagedPolicy.from_managed_policy_name(stack, "Most", "most"),
        point_in_time_recovery=True,
    )
    everything(
        stack,
        defaults=True,
        session_access=True,
        function_settings=settings,
        keep_old_revisions=3,
    )

    assert [one for one in found(app) if one[0].startswith(OURS)] == []
    template = (tmp_path / stack.template_file).read_text()
    assert "ssmmessages:OpenDataChannel" in template
    handled = {folder for folder in SHIPPED if f'"{folder}.' in template}
    assert handled == SHIPPED, "a function of ours that no pack has looked at"


@pytest.mark.parametrize("name", STACKS)
def test_of_the_maximal_stacks_only_what_their_author_wrote_is_found(
    tmp_path: Path, name: str
) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    acknowledgements.OURS.clear()
    STACKS[name](cdk.Stack(app, "Whole"))

    paths = {(path, rule) for path, rule, _ in found(app)}

    ours = {path for _, path in acknowledgements.OURS if path.startswith("Whole/")}
    assert ours
    above = {one: set(accumulate(one[0].split("/"), "{}/{}".format)) for one in paths}
    assert [one for one, places in above.items() if not ours.isdisjoint(places)] == []


def test_each_acknowledgement_says_why() -> None:
    suppressed = reviewed_everything(defaults=True).suppressed

    assert len(suppressed) > 200
    assert all(reason.endswith(".") and len(reason) > 20 for _, _, reason in suppressed)
    assert all(path.startswith((*OURS, "All/Role/DefaultPolicy/")) for path, _, _ in suppressed)


def test_what_a_user_adds_to_ours_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The roles have asterisks of their own that are meant so, and that is no licence."""
    monkeypatch.setattr(rendered, "TEMPLATES", {})  # what it adds is wrong, and not for the judges
    app, stack = an_app(tmp_path)
    job = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )
    bucket = s3.Bucket(stack, "Bucket")
    bucket.grant_read(job)
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    )
    submit = bc.SubmitFunction(stack, "Submit", queue=queue, job_definition=job)
    submit.function.add_to_role_policy(
        iam.PolicyStatement(actions=["batch:ListJobs", "s3:PutObject"], resources=["*"])
    )

    rules = {(path, rule) for path, rule, _ in found(app)}

    policy = "All/Job/JobRole/DefaultPolicy/Resource"
    assert (policy, "AwsSolutions-IAM5[Action::s3:GetObject*]") in rules
    assert (policy, "AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/*]") in rules
    role = "All/Submit/Function/Role/DefaultPolicy/Resource"
    assert (role, "AwsSolutions-IAM5[Resource::*]") in rules
    assert any(path == "All/Bucket/Resource" for path, _ in rules)


def test_of_a_users_role_only_what_is_granted_by_ours_is_acknowledged(tmp_path: Path) -> None:
    """The same rights in another role are its author's."""
    app, stack = an_app(tmp_path)
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    )
    bucket = s3.Bucket(stack, "Bucket", encryption_key=kms.Key(stack, "Key"))
    head, instances, sender, other = (
        iam.Role(stack, name, assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for name in ("Head", "Instances", "Sender", "Other")
    )
    queue.grant_engine(head, job_definition_prefix="nf-", job_roles=[sender])
    volume = bc.S3MountVolume(bucket=bucket, prefix="in/", read_only=False)
    bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=ec2.Vpc(stack, "Vpc"),
        instance_role=instances,
        launch_template=bc.LaunchTemplate(stack, "Template", volumes=[volume]),
    )
    gateway = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=queue,
        job_definition=bc.FargateJobDefinition(
            stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
        ),
        mode="coalesce",
        encryption_key=kms.Key(stack, "Messages"),
    )
    gateway.grant_send_messages(sender)
    gateway.grant_read_messages(sender)
    written = {
        "arn:aws:batch:us-east-1:123456789012:job/*": "batch:TerminateJob",
        "arn:aws:batch:us-east-1:123456789012:job-definition/nf-*": "batch:RegisterJobDefinition",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch/job:*": "logs:GetLogEvents",
        "*": "batch:DescribeJobs",
    }
    for resource, action in written.items():
        other.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))

    rights = {(path, rule) for path, rule, _ in found(app) if "-IAM5" in rule}

    policy = "All/Other/DefaultPolicy/Resource"
    assert rights == {(policy, f"AwsSolutions-IAM5[Resource::{one}]") for one in written}


def test_without_cdk_nag_nothing_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "cdk_nag")
    app, stack = an_app(tmp_path)
    bc.FargateJobDefinition(stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2))
    app.synth()

    assert "AwsSolutions" not in (tmp_path / "manifest.json").read_text()


CHECKED = {kind for kind, some in MEANT.items() if any(one.checkov for one in some)}


@pytest.mark.parametrize("defaults", [True, False])
def test_checkov_is_told_of_each_resource_what_it_would_find(*, defaults: bool) -> None:
    """What it would find is counted by `scripts/run_checkov.py`; here nothing is left out."""
    resources = reviewed_everything(defaults=defaults).resources

    seen = set()
    for id_, one in resources.items():
        if one["Type"] not in CHECKED or not id_.startswith(("My", "BatchConstructs")):
            continue
        seen.add(one["Type"])
        properties: dict[str, Any] = one["Properties"]
        skipped = {
            skip["id"] for skip in one.get("Metadata", {}).get("checkov", {}).get("skip", [])
        }
        assert skipped == {
            meant.checkov
            for meant in MEANT[one["Type"]]
            if meant.checkov and meant.unless not in properties
        }, id_
    assert seen == CHECKED
