"""``Tags.of(…)`` reaches instances, and replaces as little as AWS allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.impact.verdict import Effect, impact

Properties = Callable[[str], dict[str, Any]]
ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
TEMPLATE = "AWS::EC2::LaunchTemplate"
TEAM = {"team": "genomics"}


def tag(scope: cdk.Stack, tags: dict[str, str], *exclude: str) -> None:
    for name, value in tags.items():
        cdk.Tags.of(scope).add(name, value, exclude_resource_types=list(exclude) or None)


@pytest.fixture
def launched(properties: Properties) -> Callable[[], dict[str, Any]]:
    return lambda: properties(ENVIRONMENT)["ComputeResources"]


def test_the_instances_of_an_environment_get_the_tags_of_its_stack_as_with_the_l2(
    stack: cdk.Stack, vpc: ec2.Vpc, app: cdk.App
) -> None:
    bc.Ec2ComputeEnvironment(stack, "Ours", vpc=vpc)
    batch.ManagedEc2EcsComputeEnvironment(stack, "Theirs", vpc=vpc)
    tag(stack, TEAM)

    template = app.synth().get_stack_by_name("Stack").template
    environments = [one for one in template["Resources"].values() if one["Type"] == ENVIRONMENT]
    assert [one["Properties"]["ComputeResources"]["Tags"] for one in environments] == [TEAM, TEAM]
    assert [one["Properties"]["Tags"] for one in environments] == [TEAM, TEAM]


def test_tags_of_a_launch_template_reach_instances_and_their_volumes(
    stack: cdk.Stack, properties: Properties
) -> None:
    bc.LaunchTemplate(stack, "Template")
    tag(stack, TEAM)

    tags = [{"Key": "team", "Value": "genomics"}]
    assert properties(TEMPLATE)["LaunchTemplateData"]["TagSpecifications"] == [
        {"ResourceType": "instance", "Tags": tags},
        {"ResourceType": "volume", "Tags": tags},
    ]


def test_a_launch_template_has_the_tags_itself_as_the_l2_has(
    stack: cdk.Stack, vpc: ec2.Vpc, app: cdk.App
) -> None:
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc)
    bc.LaunchTemplate(stack, "Template")
    ec2.LaunchTemplate(stack, "Theirs")
    tag(stack, TEAM)

    template = app.synth().get_stack_by_name("Stack").template
    found = [
        [one for one in made["Properties"]["TagSpecifications"][0]["Tags"] if one["Key"] != "Name"]
        for made in template["Resources"].values()
        if made["Type"] == TEMPLATE
    ]
    assert found == [[{"Key": "team", "Value": "genomics"}]] * 3


@pytest.mark.parametrize("excluded", [True, False])
def test_a_launch_template_that_is_excluded_or_says_its_tags_has_no_others(
    stack: cdk.Stack,
    properties: Properties,
    excluded: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    ours = bc.LaunchTemplate(stack, "Template")
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    if excluded:
        tag(stack, TEAM, TEMPLATE)
    else:
        ours.resource.add_property_override("TagSpecifications", own)
        tag(stack, TEAM)

    assert properties(TEMPLATE).get("TagSpecifications") == (None if excluded else own)


def test_managed_instances_get_the_tags_through_their_capacity_provider(
    stack: cdk.Stack, vpc: ec2.Vpc, launched: Callable[[], dict[str, Any]]
) -> None:
    bc.ManagedInstancesComputeEnvironment(stack, "Environment", vpc=vpc)
    tag(stack, TEAM)

    assert launched()["CapacityTags"] == TEAM
    assert launched()["ManagedInstancesProvider"]["PropagateTags"] == "CAPACITY_PROVIDER"


def test_the_tags_that_are_given_win_over_those_of_the_stack(
    stack: cdk.Stack, vpc: ec2.Vpc, launched: Callable[[], dict[str, Any]]
) -> None:
    bc.SpotComputeEnvironment(stack, "Environment", vpc=vpc, instance_tags={"team": "own"})
    tag(stack, {**TEAM, "stage": "test"})

    assert launched()["Tags"] == {"team": "own", "stage": "test"}


def test_the_tags_of_the_environment_alone_stay_with_it(
    stack: cdk.Stack, vpc: ec2.Vpc, launched: Callable[[], dict[str, Any]]
) -> None:
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, tags=TEAM)

    assert "Tags" not in launched()


def test_instances_that_are_excluded_get_no_tags(
    stack: cdk.Stack, vpc: ec2.Vpc, launched: Callable[[], dict[str, Any]]
) -> None:
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc)
    tag(stack, TEAM, "AWS::EC2::Instance")

    assert "Tags" not in launched()


def template(build: Callable[[cdk.Stack], object], tags: dict[str, str], *exclude: str) -> Any:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    build(stack)
    tag(stack, tags, *exclude)
    return app.synth().get_stack_by_name("Stack").template


def on_instances(stack: cdk.Stack) -> None:
    bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=ec2.Vpc(stack, "Vpc"),
        launch_template=bc.LaunchTemplate(stack, "Template"),
    )


def on_managed_instances(stack: cdk.Stack) -> None:
    bc.ManagedInstancesComputeEnvironment(stack, "Environment", vpc=ec2.Vpc(stack, "Vpc"))


def best_fit(stack: cdk.Stack) -> None:
    bc.Ec2ComputeEnvironment(
        stack,
        "Environment",
        vpc=ec2.Vpc(stack, "Vpc"),
        allocation_strategy="BEST_FIT",
        compute_environment_name="named",
    )


@pytest.mark.parametrize(
    ("build", "exclude", "effect"),
    [
        (on_instances, [ENVIRONMENT], Effect.INFRASTRUCTURE_UPDATE),
        (on_managed_instances, [ENVIRONMENT], Effect.IN_PLACE),
        (on_instances, [], Effect.REPLACE),
        (best_fit, [ENVIRONMENT], Effect.REPLACE),
    ],
)
def test_a_new_tag_replaces_an_environment_only_where_aws_cannot_update_it(
    build: Callable[[cdk.Stack], object], exclude: list[str], effect: Effect
) -> None:
    old, new = (template(build, {"team": team}, *exclude) for team in "ab")

    (told,) = (
        one
        for name, one in impact(old, new).items()
        if name.startswith("Environment") and one.type == ENVIRONMENT
    )
    assert told.effect is effect


def test_a_name_changes_with_the_tags_that_replace_its_environment() -> None:
    def name(team: str) -> str:
        resources = template(best_fit, {"team": team}, ENVIRONMENT)["Resources"].values()
        (environment,) = (one["Properties"] for one in resources if one["Type"] == ENVIRONMENT)
        return str(environment["ComputeEnvironmentName"])

    assert name("a") != name("b")
    assert name("a") == name("a")
