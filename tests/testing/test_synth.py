"""`synth` and `assert_no_findings`: what passes, what does not, and what is said."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from batch_constructs.testing import assert_no_findings, synth
from batch_constructs.testing.no_findings import assert_no_findings as its_home


def wrong_size(stack: cdk.Stack) -> None:
    """A job definition of a Fargate size that does not exist, past our constructors."""
    requirement = batch.CfnJobDefinition.ResourceRequirementProperty
    batch.CfnJobDefinition(
        stack,
        "Job",
        type="container",
        platform_capabilities=["FARGATE"],
        container_properties=batch.CfnJobDefinition.ContainerPropertiesProperty(
            image="busybox",
            execution_role_arn="arn:aws:iam::123456789012:role/execution",
            resource_requirements=[
                requirement(type="VCPU", value="1"),
                requirement(type="MEMORY", value="512"),
            ],
        ),
    )


def test_every_name_of_the_kit_is_imported_from_one_place() -> None:
    from batch_constructs import testing

    assert all(getattr(testing, name) for name in testing.__all__)
    assert assert_no_findings is its_home
    with pytest.raises(AttributeError, match="no attribute 'sinth'"):
        testing.sinth  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_the_template_of_a_stack_is_given(stack: cdk.Stack) -> None:
    sqs.Queue(stack, "Queue")

    assert [one["Type"] for one in synth(stack)["Resources"].values()] == ["AWS::SQS::Queue"]


def test_the_templates_of_an_app_are_given_by_stack_also_in_stages(app: cdk.App) -> None:
    cdk.Stack(app, "One")
    cdk.Stack(cdk.Stage(app, "Prod"), "Two")

    assert sorted(synth(app)) == ["One", "Prod-Two"]


def test_a_stack_may_grow_after_it_was_synthesised(stack: cdk.Stack) -> None:
    synth(stack)
    sqs.Queue(stack, "Queue")

    assert len(synth(stack)["Resources"]) == 1


def test_what_a_rule_refuses_fails_with_its_fix(stack: cdk.Stack) -> None:
    wrong_size(stack)

    with pytest.raises(AssertionError, match=r"Stack/Job/Properties.*: error: .*\[fargate-size, "):
        synth(stack)


def test_a_rule_that_is_ignored_does_not_fail(stack: cdk.Stack) -> None:
    wrong_size(stack)

    assert synth(stack, ignore=["fargate-size"])["Resources"].keys() == {"Job"}


def test_an_annotation_of_the_cdk_fails(stack: cdk.Stack) -> None:
    cdk.Annotations.of(stack).add_warning("mind the gap")

    with pytest.raises(AssertionError, match="Stack: warning: mind the gap"):
        synth(stack)


def test_a_hint_fails_no_synthesis_but_is_a_finding() -> None:
    template = {
        "Resources": {
            "Policy": {
                "Type": "AWS::Batch::SchedulingPolicy",
                "Properties": {"FairsharePolicy": {"ShareDecaySeconds": "many"}},
            }
        }
    }

    with pytest.raises(AssertionError, match=r"the rules find 1:\nPolicy/Properties/"):
        assert_no_findings(template)


def test_a_stack_of_ours_has_no_findings(stack: cdk.Stack) -> None:
    bc.FairSharePolicy(stack, "Shares", shares=[bc.Share(share_identifier="a")])

    assert_no_findings(stack)


def test_a_rule_that_does_not_exist_cannot_be_ignored(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="no rule is called fargate-sizes"):
        assert_no_findings({"Resources": {}}, ignore=["fargate-sizes"])


def test_what_is_no_stack_is_refused() -> None:
    with pytest.raises(TypeError, match="list is not a Stack, App, Stage or template"):
        assert_no_findings([])  # type: ignore[arg-type]  # the mistake


def test_a_stack_without_an_app_is_synthesised() -> None:
    assert synth(cdk.Stack()).get("Resources", {}) == {}
