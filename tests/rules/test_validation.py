"""The rules at synthesis."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_batch as batch

from batch_constructs import BatchRules, FargateJobDefinition
from batch_constructs.testing import assert_no_findings
from batch_constructs.validation_plugin import install


def app(tmp_path: Path) -> cdk.App:
    return cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)


def bad_queue(scope: cdk.Stack) -> batch.CfnJobQueue:
    order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
        order=1, compute_environment=cdk.Fn.import_value("environment")
    )
    return batch.CfnJobQueue(scope, "Queue", priority=-1, compute_environment_order=[order])


def ignored_policy(scope: cdk.Stack) -> batch.CfnComputeEnvironment:
    return batch.CfnComputeEnvironment(
        scope,
        "Environment",
        type="MANAGED",
        update_policy={"terminateJobsOnUpdate": True},
        compute_resources={
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
        },
    )


def report(tmp_path: Path) -> list[tuple[str, str]]:
    """Read which rules the report names, and how severely."""
    written = json.loads((tmp_path / "validation-report.json").read_text())
    return [
        (violation["ruleName"], violation["severity"])
        for plugin in written["pluginReports"]
        for violation in plugin["violations"]
    ]


def test_an_error_in_an_l1_stops_the_synthesis(tmp_path: Path) -> None:
    tree = app(tmp_path)
    bad_queue(cdk.Stack(tree, "Stack"))
    cdk.Validations.of(tree).add_plugins(BatchRules())

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        tree.synth()

    assert report(tmp_path) == [("job-queue-priority", "error")]


def test_an_error_that_is_acknowledged_does_not_stop_the_synthesis(tmp_path: Path) -> None:
    tree = app(tmp_path)
    queue = bad_queue(cdk.Stack(tree, "Stack"))
    cdk.Validations.of(tree).add_plugins(BatchRules())
    meant = cdk.Acknowledgment(id="batch-constructs::job-queue-priority", reason="a test")
    cdk.Validations.of(queue).acknowledge(meant)

    tree.synth()


def test_a_warning_is_reported_and_stops_only_a_strict_synthesis(tmp_path: Path) -> None:
    lenient, strict = app(tmp_path / "lenient"), app(tmp_path / "strict")
    for tree in (lenient, strict):
        ignored_policy(cdk.Stack(tree, "Stack"))
    cdk.Validations.of(lenient).add_plugins(BatchRules())
    cdk.Validations.of(strict).add_plugins(BatchRules(strict=True))

    lenient.synth()
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        strict.synth()

    assert report(tmp_path / "lenient") == [("fargate-update-policy", "warning")]
    assert report(tmp_path / "strict") == [("fargate-update-policy", "error")]


@pytest.mark.parametrize(
    ("environment", "checked"),
    [
        ({}, True),
        ({"CDK_VALIDATION": "true"}, True),
        ({"CDK_VALIDATION": "false"}, False),
        ({"CDK_VALIDATION": "false", "BATCH_CONSTRUCTS_VALIDATION": "false"}, False),
        ({"CDK_VALIDATION": "false", "BATCH_CONSTRUCTS_VALIDATION": "true"}, True),
        ({"BATCH_CONSTRUCTS_VALIDATION": "false"}, True),
    ],
)
def test_our_rules_go_with_the_validation_of_the_cdk_unless_they_are_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    *,
    checked: bool,
) -> None:
    for name in ("CDK_VALIDATION", "BATCH_CONSTRUCTS_VALIDATION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    tree = app(tmp_path)
    stack = cdk.Stack(tree, "Stack")
    bad_queue(stack)
    install(stack)

    with pytest.raises(RuntimeError, match="ValidationFailed") if checked else nullcontext():
        tree.synth()

    assert (tmp_path / "manifest.json").exists()


def test_the_plugin_is_installed_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    tree = app(tmp_path)
    stack = cdk.Stack(tree, "Stack")
    bad_queue(stack)
    for scope in (stack, stack, tree, cdk.Stack(tree, "Other")):
        install(scope)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        tree.synth()

    assert report(tmp_path) == [("job-queue-priority", "error")]


def test_every_app_of_a_process_gets_the_plugin(tmp_path: Path) -> None:
    for name in ("one", "two"):
        tree = app(tmp_path / name)
        stack = cdk.Stack(tree, "Stack")
        bad_queue(stack)
        install(stack)

        with pytest.raises(RuntimeError, match="ValidationFailed"):
            tree.synth()


def test_a_plugin_of_the_users_own_does_not_report_twice(tmp_path: Path) -> None:
    tree = app(tmp_path)
    stack = cdk.Stack(tree, "Stack")
    bad_queue(stack)
    ignored_policy(stack)
    install(stack)
    cdk.Validations.of(tree).add_plugins(BatchRules(strict=True))

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        tree.synth()

    assert sorted(report(tmp_path)) == [
        ("fargate-update-policy", "error"),
        ("fargate-update-policy", "warning"),
        ("job-queue-priority", "error"),
    ]


@pytest.mark.parametrize("nested", [False, True])
def test_templates_of_nested_stacks_and_stages_are_checked(tmp_path: Path, *, nested: bool) -> None:
    tree = app(tmp_path)
    stack = cdk.Stack(cdk.Stage(tree, "Stage"), "Stack")
    bad_queue(cdk.NestedStack(stack, "Nested") if nested else stack)
    cdk.Validations.of(tree).add_plugins(BatchRules())

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        tree.synth()


def test_a_nested_stack_of_an_earlier_synthesis_stops_nothing(tmp_path: Path) -> None:
    for name in ("Nested", None):
        tree = app(tmp_path)
        stack = cdk.Stack(tree, "Stack")
        cdk.CfnWaitConditionHandle(stack, "Handle")
        if name:
            bad_queue(cdk.NestedStack(stack, name))
        cdk.Validations.of(tree).add_plugins(BatchRules())
        if name:
            with pytest.raises(RuntimeError, match="Stack/Nested/Queue"):
                tree.synth()
        else:
            tree.synth()
    assert list(tmp_path.glob("*.nested.template.json"))


def in_a_stage(tree: cdk.App) -> tuple[cdk.Stage, cdk.Stack, batch.CfnJobQueue]:
    stage = cdk.Stage(tree, "Stage")
    stack = cdk.Stack(stage, "Stack")
    queue = bad_queue(stack)
    install(stack)
    return stage, stack, queue


@pytest.mark.parametrize("way", ["stage", "template"])
def test_a_stage_that_is_synthesised_for_itself_is_checked(tmp_path: Path, way: str) -> None:
    stage, stack, _ = in_a_stage(app(tmp_path))

    with pytest.raises(
        RuntimeError, match="Stage/Stack/Queue: Properties/Priority: the priority is -1"
    ) as told:
        stage.synth() if way == "stage" else assertions.Template.from_stack(stack)

    assert "(job-queue-priority)" in str(told.value)


def test_a_construct_of_ours_brings_the_rules_to_its_stage(tmp_path: Path) -> None:
    stage = cdk.Stage(app(tmp_path), "Stage")
    stack = cdk.Stack(stage, "Stack")
    memory = cdk.Size.gibibytes(2)
    FargateJobDefinition(stack, "Ours", image="busybox", vcpus=1, memory=memory)
    bad_queue(cdk.Stack(stage, "Beside"))

    with pytest.raises(RuntimeError, match="job-queue-priority"):
        stage.synth()


def test_a_stage_without_a_construct_of_ours_is_checked_where_a_test_asks(tmp_path: Path) -> None:
    """The CDK asks nobody outside of it, as the docstring of `BatchRules` says."""
    tree = app(tmp_path)
    install(cdk.Stack(tree, "Stack"))
    stage = cdk.Stage(tree, "Stage")
    bad_queue(cdk.Stack(stage, "Stack"))

    stage.synth()
    with pytest.raises(AssertionError, match="job-queue-priority"):
        assert_no_findings(stage)


@pytest.mark.parametrize("where", ["queue", "stack", "stage", "app"])
def test_what_is_acknowledged_does_not_stop_a_stage_that_is_synthesised_for_itself(
    tmp_path: Path, where: str
) -> None:
    tree = app(tmp_path)
    stage, stack, queue = in_a_stage(tree)
    places = {"queue": queue, "stack": stack, "stage": stage, "app": tree}
    meant = cdk.Acknowledgment(id="batch-constructs::job-queue-priority", reason="a test")
    cdk.Validations.of(places[where]).acknowledge(meant)

    stage.synth()


def test_an_app_with_a_stage_tells_a_fault_in_the_report_of_the_app(tmp_path: Path) -> None:
    tree = app(tmp_path)
    in_a_stage(tree)

    with pytest.raises(RuntimeError, match="Stage/Stack/Queue"):
        tree.synth()

    assert report(tmp_path) == [("job-queue-priority", "error")]


def test_a_warning_about_ours_speaks_of_parameters_and_about_an_l1_of_properties(
    tmp_path: Path,
) -> None:
    tree = cdk.App(
        outdir=str(tmp_path),
        builtin_cloud_formation_validation=False,
        context={"aws:cdk:enable-path-metadata": True},
    )
    stack = cdk.Stack(tree, "Stack")
    days, memory = cdk.Duration.days(15), cdk.Size.gibibytes(2)
    FargateJobDefinition(stack, "Ours", image="busybox", timeout=days, vcpus=1, memory=memory)
    batch.CfnJobDefinition(
        stack,
        "Theirs",
        type="container",
        platform_capabilities=["FARGATE"],
        timeout={"attemptDurationSeconds": 15 * 86400},
        container_properties={
            "image": "busybox",
            "executionRoleArn": "arn:aws:iam::123456789012:role/r",
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "2048"},
            ],
        },
    )
    tree.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text())
    said = {
        (one["description"], one["suggestedFix"])
        for each in report["pluginReports"]
        for one in each["violations"]
        if one["ruleName"] == "fargate-timeout"
    }
    most = "1296000 seconds; on Fargate, a job runs for 1209600 at most"
    mend = "to at most 1209600, or run the job on EC2"
    assert said == {
        (f"timeout is {most}", f"set timeout {mend}"),
        (f"the timeout is {most}", f"set AttemptDurationSeconds {mend}"),
    }
