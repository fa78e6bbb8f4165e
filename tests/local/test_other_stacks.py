"""Resource types that ministack lacks or gets wrong, and our constructs use."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from batch_constructs.local.inventory import take_inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws

    NewStack = Callable[[], cdk.Stack]

pytestmark = pytest.mark.local_aws


def test_a_stack_is_described_with_its_empty_lists(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
    local_aws.deploy(stack)

    answer = local_aws.client("cloudformation").describe_stacks(StackName=stack.stack_name)

    assert (answer["Stacks"][0]["NotificationARNs"], answer["Stacks"][0]["Tags"]) == ([], [])


def test_a_vpc_with_nat_gateways_and_its_block_comes_and_goes(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1, restrict_default_security_group=True)
    cdk.CfnOutput(stack, "Block", value=vpc.vpc_cidr_block)
    deployed = local_aws.deploy(stack)

    found = take_inventory(local_aws.client, deployed.name)
    there = {one.type_name for one in found if one.answer == "there"}
    assert {"AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::EC2::VPC"} <= there
    assert [one for one in found if one.answer == "missing"] == []
    assert deployed.outputs["Block"] == "10.0.0.0/16"
    local_aws.destroy(deployed)


def test_a_service_linked_role_comes_and_goes(local_aws: LocalAws, new_stack: NewStack) -> None:
    stack = new_stack()
    role = iam.CfnServiceLinkedRole(
        stack, "Role", aws_service_name="batch.amazonaws.com", description="first"
    )
    cdk.CfnOutput(stack, "Name", value=role.ref)
    iam_client = local_aws.client("iam")

    deployed = local_aws.deploy(stack)
    name = deployed.outputs["Name"]
    assert iam_client.get_role(RoleName=name)["Role"]["Description"] == "first"

    local_aws.destroy(deployed)
    with pytest.raises(iam_client.exceptions.NoSuchEntityException):
        iam_client.get_role(RoleName=name)


def test_the_default_vpc_is_found_among_others(local_aws: LocalAws) -> None:
    ec2_client = local_aws.client("ec2")
    ec2_client.create_vpc(CidrBlock="10.9.0.0/16")

    for name in ("isDefault", "is-default"):  # the CDK's look-up writes the first
        vpcs = ec2_client.describe_vpcs(Filters=[{"Name": name, "Values": ["true"]}])["Vpcs"]
        assert [vpc["IsDefault"] for vpc in vpcs] == [True]


def test_rules_between_security_groups_are_added_and_taken_away(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def deploy(*, allowed: bool) -> list[Any]:
        stack = new_stack()
        vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0)
        one = ec2.SecurityGroup(stack, "One", vpc=vpc, allow_all_outbound=False)
        two = ec2.SecurityGroup(stack, "Two", vpc=vpc, allow_all_outbound=False)
        cdk.CfnOutput(stack, "Two2", value=two.security_group_id)
        if allowed:
            one.connections.allow_to(two, ec2.Port.tcp(2049))
        group_id = local_aws.deploy(stack).outputs["Two2"]
        groups = local_aws.client("ec2").describe_security_groups(GroupIds=[group_id])
        permissions: list[Any] = groups["SecurityGroups"][0]["IpPermissions"]
        return permissions

    (permission,) = deploy(allowed=True)
    assert (permission["FromPort"], permission["ToPort"]) == (2049, 2049)
    assert deploy(allowed=False) == []


def test_a_placement_group_has_its_name(local_aws: LocalAws, new_stack: NewStack) -> None:
    stack = new_stack()
    group = ec2.PlacementGroup(stack, "Group", strategy=ec2.PlacementGroupStrategy.CLUSTER)
    cdk.CfnOutput(stack, "Name", value=group.placement_group_name)
    deployed = local_aws.deploy(stack)

    groups = local_aws.client("ec2").describe_placement_groups(
        GroupNames=[deployed.outputs["Name"]]
    )
    assert [one["Strategy"] for one in groups["PlacementGroups"]] == ["cluster"]
    local_aws.destroy(deployed)


def test_a_trail_logs(local_aws: LocalAws, new_stack: NewStack) -> None:
    stack = new_stack()
    cloudtrail.Trail(stack, "Trail")
    deployed = local_aws.deploy(stack)
    (name,) = [
        one.physical_id
        for one in take_inventory(local_aws.client, deployed.name)
        if one.type_name == "AWS::CloudTrail::Trail"
    ]

    assert local_aws.client("cloudtrail").get_trail_status(Name=name)["IsLogging"] is True


def test_ref_gives_the_arn_of_a_secret_and_the_name_of_an_instance_profile(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    secret = secretsmanager.CfnSecret(stack, "Secret", generate_secret_string={})
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    profile = iam.CfnInstanceProfile(stack, "Profile", roles=[role.role_name])
    parameter = ssm.StringParameter(stack, "Parameter", string_value="x")
    cdk.CfnOutput(stack, "SecretRef", value=secret.ref)
    cdk.CfnOutput(stack, "ProfileRef", value=profile.ref)
    cdk.CfnOutput(stack, "ParameterRef", value=parameter.parameter_name)
    deployed = local_aws.deploy(stack)

    value = local_aws.client("secretsmanager").get_secret_value(
        SecretId=deployed.outputs["SecretRef"]
    )
    profiles = local_aws.client("iam").get_instance_profile(
        InstanceProfileName=deployed.outputs["ProfileRef"]
    )
    assert deployed.outputs["SecretRef"] == value["ARN"]
    assert len(value["SecretString"]) == 32
    assert profiles["InstanceProfile"]["Arn"].endswith(f"/{deployed.outputs['ProfileRef']}")
    assert not deployed.outputs["ParameterRef"].startswith("/")
    local_aws.destroy(deployed)


def test_the_provider_of_tokens_that_a_pipeline_signs_in_with_comes_and_goes(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    url = "https://token.actions.githubusercontent.com"
    provider = iam.OpenIdConnectProvider(stack, "GitHub", url=url, client_ids=["sts.amazonaws.com"])
    cdk.CfnOutput(stack, "Arn", value=provider.open_id_connect_provider_arn)

    deployed = local_aws.deploy(stack)

    client, arn = local_aws.client("iam"), deployed.outputs["Arn"]
    found = client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    local_aws.destroy(deployed)
    assert client.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_a_bucket_with_objects_goes_where_it_is_told_to(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    stack = new_stack()
    bucket = s3.Bucket(
        stack,
        "Bucket",
        versioned=True,
        auto_delete_objects=True,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    cdk.CfnOutput(stack, "Name", value=bucket.bucket_name)
    deployed = local_aws.deploy(stack)
    client = local_aws.client("s3")
    for body in (b"one", b"two"):
        client.put_object(Bucket=deployed.outputs["Name"], Key="key", Body=body)

    local_aws.destroy(deployed)

    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    assert deployed.outputs["Name"] not in names


def test_an_alarm_on_an_expression_and_a_saved_query_are_recorded(
    local_aws: LocalAws, new_stack: NewStack
) -> None:
    def deploy(threshold: int) -> str:
        stack = new_stack()
        failed = cloudwatch.Metric(namespace="AWS/Batch", metric_name="JobsFailed")
        rate = cloudwatch.MathExpression(expression="failed / 60", using_metrics={"failed": failed})
        alarm = rate.create_alarm(stack, "Alarm", threshold=threshold, evaluation_periods=1)
        logs.QueryDefinition(
            stack,
            "Query",
            query_definition_name="errors",
            query_string=logs.QueryString(fields=["@message"]),
        )
        cdk.CfnOutput(stack, "Name", value=alarm.alarm_name)
        return local_aws.deploy(stack).outputs["Name"]

    names = {deploy(1), deploy(2)}

    alarms = local_aws.client("cloudwatch").describe_alarms(AlarmNames=list(names))
    assert [one["Threshold"] for one in alarms["MetricAlarms"]] == [2.0]


@pytest.mark.parametrize(
    "name",
    [
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64",
        "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
        "/aws/service/bottlerocket/aws-ecs-2/x86_64/latest/image_id",
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    ],
)
def test_a_template_finds_the_images_that_aws_publishes(local_aws: LocalAws, name: str) -> None:
    kind = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    template = {
        "Parameters": {"Image": {"Type": kind, "Default": name}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Image": {"Value": {"Ref": "Image"}}},
    }
    client, stack = local_aws.client("cloudformation"), f"image-{abs(hash(name))}"

    client.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    (found,) = client.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    assert re.fullmatch("ami-[0-9a-f]{17}", found["OutputValue"])
    client.delete_stack(StackName=stack)


def test_what_is_recommended_is_the_image_of_its_own_parameter(local_aws: LocalAws) -> None:
    client = local_aws.client("ssm")
    name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
    found = client.get_parameters(Names=[name, f"{name}/image_id", "/aws/service/other"])

    values = {one["Name"]: one["Value"] for one in found["Parameters"]}
    assert json.loads(values[name]) == {"image_id": values[f"{name}/image_id"]}
    assert found["InvalidParameters"] == ["/aws/service/other"]
