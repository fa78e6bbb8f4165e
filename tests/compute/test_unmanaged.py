"""Unmanaged environments: their cluster is found, and instances join it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
LOOKUP = "Custom::BatchEcsCluster"


@pytest.fixture
def environment(stack: cdk.Stack) -> bc.UnmanagedComputeEnvironment:
    return bc.UnmanagedComputeEnvironment(stack, "Environment")


@pytest.fixture
def group(stack: cdk.Stack, vpc: ec2.Vpc) -> autoscaling.AutoScalingGroup:
    return autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=vpc,
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
    )


def test_nobody_looks_for_a_cluster_that_nobody_asks_for(
    environment: bc.UnmanagedComputeEnvironment, resources: Resources
) -> None:
    assert resources(LOOKUP) == {}
    assert resources("AWS::Lambda::Function") == {}


def test_the_cluster_is_looked_up_by_the_environments_arn(
    stack: cdk.Stack, environment: bc.UnmanagedComputeEnvironment, resources: Resources
) -> None:
    cdk.CfnOutput(stack, "Cluster", value=environment.ecs_cluster_arn)

    (lookup,) = resources(LOOKUP).values()
    (name,) = resources("AWS::Batch::ComputeEnvironment")
    assert lookup["Properties"]["ComputeEnvironment"] == {
        "Fn::GetAtt": [name, "ComputeEnvironmentArn"]
    }


def test_all_environments_of_a_stack_share_one_function(
    stack: cdk.Stack, resources: Resources
) -> None:
    for name in ("One", "Two"):
        environment = bc.UnmanagedComputeEnvironment(stack, name)
        cdk.CfnOutput(stack, f"{name}Cluster", value=environment.ecs_cluster_arn)

    assert len(resources(LOOKUP)) == 2
    assert len(resources("AWS::Lambda::Function")) == 1


def test_the_function_may_look_at_environments_and_tag_clusters_of_aws_batch(
    stack: cdk.Stack, environment: bc.UnmanagedComputeEnvironment, resources: Resources
) -> None:
    cdk.CfnOutput(stack, "Cluster", value=environment.ecs_cluster_arn)

    (role,) = (role for name, role in resources("AWS::IAM::Role").items() if "Lookup" in name)
    (policy,) = role["Properties"]["Policies"]
    logs, look, tag = policy["PolicyDocument"]["Statement"]
    assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert logs["Resource"]["Fn::GetAtt"][1] == "Arn"
    assert look == {
        "Action": "batch:DescribeComputeEnvironments",
        "Effect": "Allow",
        "Resource": "*",
    }
    assert tag["Action"] == ["ecs:TagResource", "ecs:UntagResource"]
    assert [arn["Fn::Join"][1][-1] for arn in tag["Resource"]] == [
        ":cluster/*_Batch_*",
        ":cluster/AWSBatch-*",
    ]


def test_tags_of_an_environment_alone_need_no_lookup(
    stack: cdk.Stack, resources: Resources
) -> None:
    bc.UnmanagedComputeEnvironment(stack, "Environment", tags={"team": "genomics"})

    assert resources(LOOKUP) == {}


@pytest.mark.parametrize("parameter", ["tags", "cluster_tags"])
def test_tags_reach_the_cluster(parameter: str, stack: cdk.Stack, resources: Resources) -> None:
    options: dict[str, Any] = {parameter: {"team": "genomics"}}
    environment = bc.UnmanagedComputeEnvironment(stack, "Environment", **options)
    if parameter == "tags":
        cdk.CfnOutput(stack, "Cluster", value=environment.ecs_cluster_arn)

    (lookup,) = resources(LOOKUP).values()
    assert lookup["Properties"]["ClusterTags"] == {"team": "genomics"}


def test_instances_of_a_group_join_the_cluster(
    environment: bc.UnmanagedComputeEnvironment,
    group: autoscaling.AutoScalingGroup,
    resources: Resources,
) -> None:
    environment.add_auto_scaling_group(group)

    (launch,) = resources("AWS::AutoScaling::LaunchConfiguration").values()
    (lookup,) = resources(LOOKUP)
    written = launch["Properties"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
    assert written == [
        "#!/bin/bash\necho ECS_CLUSTER=",
        {"Fn::GetAtt": [lookup, "EcsClusterName"]},
        (
            " >> /etc/ecs/ecs.config\n"
            "echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config"
        ),
    ]
    (role,) = (
        role for name, role in resources("AWS::IAM::Role").items() if name.startswith("Group")
    )
    assert "AmazonEC2ContainerServiceforEC2Role" in str(role["Properties"]["ManagedPolicyArns"])


def test_what_is_admitted_to_the_environment_is_admitted_to_the_instances(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    environment: bc.UnmanagedComputeEnvironment,
    group: autoscaling.AutoScalingGroup,
    resources: Resources,
) -> None:
    environment.add_auto_scaling_group(group)
    files = efs.FileSystem(stack, "Files", vpc=vpc)
    files.connections.allow_default_port_from(environment)

    (ingress,) = resources("AWS::EC2::SecurityGroupIngress").values()
    assert "GroupInstanceSecurityGroup" in str(ingress["Properties"]["SourceSecurityGroupId"])


def test_a_group_with_a_launch_template_joins_too(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    environment: bc.UnmanagedComputeEnvironment,
    resources: Resources,
) -> None:
    group = autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=vpc,
        launch_template=ec2.LaunchTemplate(
            stack,
            "Template",
            instance_type=ec2.InstanceType("c7i.large"),
            machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
            security_group=ec2.SecurityGroup(stack, "Instances", vpc=vpc),
            role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
            user_data=ec2.UserData.for_linux(),
        ),
    )
    environment.add_auto_scaling_group(group)

    (template,) = resources("AWS::EC2::LaunchTemplate").values()
    assert "ECS_CLUSTER=" in str(template["Properties"]["LaunchTemplateData"]["UserData"])


def test_windows_instances_are_refused(
    stack: cdk.Stack, vpc: ec2.Vpc, environment: bc.UnmanagedComputeEnvironment
) -> None:
    group = autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=vpc,
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=ec2.WindowsImage(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE),
    )
    with pytest.raises(ValueError, match="the instances of Stack/Group run Windows; allowed:"):
        environment.add_auto_scaling_group(group)


def test_what_is_no_group_is_named(environment: bc.UnmanagedComputeEnvironment) -> None:
    told = 'auto_scaling_group is str "group"; expected an autoscaling.Auto'
    with pytest.raises(TypeError, match=told):
        environment.add_auto_scaling_group("group")  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [False, True])
def test_instances_that_join_a_cluster_already_are_refused(
    *, other: bool, stack: cdk.Stack, environment: bc.UnmanagedComputeEnvironment, group: Any
) -> None:
    environment.add_auto_scaling_group(group)
    second = bc.UnmanagedComputeEnvironment(stack, "Other") if other else environment

    with pytest.raises(ValueError, match="the instances of Stack/Group already join a cluster"):
        second.add_auto_scaling_group(group)


@pytest.mark.parametrize("launch_templates", [False, True])
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            ecs.BottleRocketImage,
            "have user data that are not a shell script, as those of Bottlerocket",
        ),
        (ec2.MachineImage.latest_amazon_linux2023, "a plain Amazon Linux without the ECS agent"),
    ],
)
def test_an_image_whose_instances_cannot_join_is_refused(
    *, launch_templates: bool, image: Callable[[], Any], message: str
) -> None:
    flag = "@aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig"
    stack = cdk.Stack(cdk.App(context={flag: launch_templates}), "Stack")
    environment = bc.UnmanagedComputeEnvironment(stack, "Environment")
    group = autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=ec2.Vpc(stack, "Vpc"),
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=image(),
    )

    with pytest.raises(ValueError, match=message):
        environment.add_auto_scaling_group(group)
    assert environment.node.try_find_child("EcsCluster") is None


def test_an_image_whose_user_data_install_the_agent_is_taken(
    stack: cdk.Stack, vpc: ec2.Vpc, environment: bc.UnmanagedComputeEnvironment
) -> None:
    group = autoscaling.AutoScalingGroup(
        stack,
        "Group",
        vpc=vpc,
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    )
    group.add_user_data("dnf install -y ecs-init", "systemctl enable --now --no-block ecs")
    environment.add_auto_scaling_group(group)

    assert "ECS_CLUSTER=" in group.user_data.render()


def a_template(stack: cdk.Stack, vpc: ec2.Vpc, user_data: ec2.UserData | None) -> Any:
    return ec2.LaunchTemplate(
        stack,
        "Template",
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
        security_group=ec2.SecurityGroup(stack, "Instances", vpc=vpc),
        role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
        user_data=user_data,
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            lambda stack, _: ec2.LaunchTemplate.from_launch_template_attributes(
                stack, "Template", launch_template_id="lt-1"
            ),
            "does not expose or does not define its role",
        ),
        (lambda stack, vpc: a_template(stack, vpc, None), "does not expose its user data"),
        (
            lambda stack, vpc: a_template(stack, vpc, ec2.MultipartUserData()),
            "MultipartUserData only supports this operation if it has a default",
        ),
    ],
)
def test_a_template_that_hides_what_joining_needs_is_refused(
    template: Callable[[cdk.Stack, ec2.Vpc], Any],
    message: str,
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    environment: bc.UnmanagedComputeEnvironment,
) -> None:
    group = autoscaling.AutoScalingGroup(
        stack, "Group", vpc=vpc, launch_template=template(stack, vpc)
    )

    with pytest.raises(ValueError, match=f"Stack/Group cannot be made to join .*{message}"):
        environment.add_auto_scaling_group(group)


@pytest.mark.parametrize(
    ("account", "region", "noun"),
    [("123456789012", "eu-west-1", "Region"), ("210987654321", "us-east-1", "account")],
)
def test_instances_of_another_place_are_refused(account: str, region: str, noun: str) -> None:
    app = cdk.App()
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account=one, region=where))
        for name, one, where in (
            ("Here", "123456789012", "us-east-1"),
            ("There", account, region),
        )
    )
    group = autoscaling.AutoScalingGroup(
        there,
        "Group",
        vpc=ec2.Vpc(there, "Vpc", max_azs=1),
        instance_type=ec2.InstanceType("c7i.large"),
        machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
    )
    environment = bc.UnmanagedComputeEnvironment(here, "Environment")

    told = f"Here/Environment: auto_scaling_group: There/Group is in {noun} .* join a cluster in"
    with pytest.raises(ValueError, match=told):
        environment.add_auto_scaling_group(group)
