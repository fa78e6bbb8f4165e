"""Compute environments: what is rendered, what is refused, what is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc

Properties = Callable[[str], dict[str, Any]]
Resources = Callable[..., dict[str, dict[str, Any]]]
ENVIRONMENT = "AWS::Batch::ComputeEnvironment"


def test_a_fargate_environment_carries_only_what_fargate_takes(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)

    rendered = properties(ENVIRONMENT)
    assert set(rendered) == {"ComputeResources", "ReplaceComputeEnvironment", "State", "Type"}
    assert set(rendered["ComputeResources"]) == {"MaxvCpus", "SecurityGroupIds", "Subnets", "Type"}
    assert rendered["Type"] == "MANAGED"
    assert rendered["State"] == "ENABLED"
    assert rendered["ComputeResources"]["Type"] == "FARGATE"
    assert rendered["ComputeResources"]["MaxvCpus"] == 256


def test_fargate_spot_is_fargate_with_one_word_changed(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, spot=True)

    assert properties(ENVIRONMENT)["ComputeResources"]["Type"] == "FARGATE_SPOT"


def test_environments_run_in_the_private_subnets_with_a_security_group_of_their_own(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)

    rendered = resources()
    (found,) = resources(ENVIRONMENT).values()
    environment = found["Properties"]["ComputeResources"]
    assert environment["Subnets"] == [
        {"Ref": "VpcPrivateSubnet1Subnet536B997A"},
        {"Ref": "VpcPrivateSubnet2Subnet3788AAA1"},
    ]
    (group,) = [name for name in rendered if name.startswith("FargateSecurityGroup")]
    assert environment["SecurityGroupIds"] == [{"Fn::GetAtt": [group, "GroupId"]}]


def test_an_on_demand_environment_is_free_while_idle_and_updates_in_place(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)

    rendered = properties(ENVIRONMENT)
    assert rendered["ReplaceComputeEnvironment"] is False
    assert "UpdatePolicy" not in rendered
    compute = rendered["ComputeResources"]
    assert compute["MinvCpus"] == 0
    assert compute["AllocationStrategy"] == "BEST_FIT_PROGRESSIVE"
    assert compute["InstanceTypes"] == ["default_x86_64"]
    assert compute["UpdateToLatestImageVersion"] is True
    assert compute["Type"] == "EC2"


@pytest.mark.parametrize("kind", [bc.Ec2ComputeEnvironment, bc.SpotComputeEnvironment])
def test_instances_may_join_the_cluster_and_nothing_else(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties, kind: Any
) -> None:
    kind(stack, "Environment", vpc=vpc)

    role = properties("AWS::IAM::Role")
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "ec2.amazonaws.com"
    }
    assert [arn["Fn::Join"][1][-1] for arn in role["ManagedPolicyArns"]] == [
        ":iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    ]
    assert "Policies" not in role


CHANNELS = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]
EKS = {
    "cluster": "arn:aws:eks:us-east-1:123456789012:cluster/main",
    "kubernetes_namespace": "batch",
}
ON_INSTANCES: list[tuple[Any, dict[str, Any]]] = [
    (bc.Ec2ComputeEnvironment, {}),
    (bc.SpotComputeEnvironment, {}),
    (bc.EksComputeEnvironment, EKS),
]


@pytest.mark.parametrize(("kind", "options"), ON_INSTANCES)
def test_session_access_opens_sessions_and_reads_no_parameter(
    kind: Any, options: dict[str, Any], stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    kind(stack, "Environment", vpc=vpc, session_access=True, **options)

    role = properties("AWS::IAM::Role")
    (policy,) = role["Policies"]
    report, channels = policy["PolicyDocument"]["Statement"]
    assert report["Action"] == "ssm:UpdateInstanceInformation"
    assert str(report["Resource"]).endswith(":instance/*']]}")
    assert channels == {"Effect": "Allow", "Action": CHANNELS, "Resource": "*"}
    assert "SSM" not in str(role["ManagedPolicyArns"])


def test_session_access_does_not_widen_a_role_that_was_given(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))

    with pytest.raises(ValueError, match=r"given with instance_role.*ssmmessages"):
        bc.Ec2ComputeEnvironment(stack, "E", vpc=vpc, instance_role=role, session_access=True)


@pytest.mark.parametrize(("kind", "options"), ON_INSTANCES)
def test_containers_with_a_network_of_their_own_get_no_credentials_of_the_instance(
    kind: Any, options: dict[str, Any], stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    kind(stack, "Environment", vpc=vpc, **options)

    data = properties("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    written = data.get("UserData", {}).get("Fn::Base64", "")
    told = "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config" in written
    assert told is (kind is not bc.EksComputeEnvironment)
    used = properties(ENVIRONMENT)["ComputeResources"]["LaunchTemplate"]
    assert set(used) == {"LaunchTemplateId", "Version"}


BLOCKED = "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config"


def blocks(templates: dict[str, dict[str, Any]]) -> bool:
    [template] = templates.values()
    return BLOCKED in json.dumps(template["Properties"]["LaunchTemplateData"].get("UserData", ""))


@pytest.mark.parametrize("way", ["given", "override"])
def test_a_template_that_is_given_keeps_the_metadata_from_multi_node_jobs_too(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources, way: str
) -> None:
    template = bc.LaunchTemplate(stack, "Template", user_data=["echo mine"])
    assert not blocks(resources("AWS::EC2::LaunchTemplate"))

    usual = ec2.LaunchTemplate.from_launch_template_attributes(
        stack, "Usual", launch_template_id="lt-1", version_number="1"
    )
    override = bc.LaunchTemplateOverride(launch_template=template, instance_types=["m5.large"])
    options: Any = {"instance_types": ["m5.large", "c5.large"], "launch_template": template}
    if way == "override":
        options |= {"launch_template": usual, "launch_template_overrides": [override]}
    bc.SpotComputeEnvironment(stack, "Environment", vpc=vpc, **options)

    made = resources("AWS::EC2::LaunchTemplate")
    assert blocks(made)
    assert "echo mine" in json.dumps(made)


@pytest.mark.parametrize("order", [1, -1])
def test_one_template_of_instances_without_the_agent_tells_it_nothing(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources, order: int
) -> None:
    """A file of its settings would be nothing that those instances can read."""
    template = bc.LaunchTemplate(stack, "Template")
    for kind in ("ECS_AL2023", "ECS_AL1")[::order]:
        images = [bc.InstanceImage(image_type=kind)]
        bc.Ec2ComputeEnvironment(stack, kind, vpc=vpc, launch_template=template, images=images)

    [made] = resources("AWS::EC2::LaunchTemplate").values()
    assert "UserData" not in made["Properties"]["LaunchTemplateData"]


@pytest.mark.parametrize("said", [True, False])
def test_what_is_said_of_the_metadata_of_tasks_is_so(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources, *, said: bool
) -> None:
    template = bc.LaunchTemplate(stack, "Template", block_task_metadata=said)
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=template)

    assert blocks(resources("AWS::EC2::LaunchTemplate")) is said


@pytest.mark.parametrize(
    ("kind", "told"), [("ECS_AL2023", True), ("ECS_AL2023_NVIDIA", True), ("ECS_AL1", False)]
)
def test_the_agent_is_told_only_where_it_reads_a_file(
    kind: str, *, told: bool, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.Ec2ComputeEnvironment(
        stack, "Environment", vpc=vpc, images=[bc.InstanceImage(image_type=kind)]
    )

    assert ("UserData" in properties("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]) is told


def test_a_role_with_its_policies_outlives_the_environment_at_deletion(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=["arn:aws:s3:::b"]))
    bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc, instance_role=role)

    (environment,) = resources(ENVIRONMENT).values()
    depends = environment["DependsOn"]
    assert {name[:17] for name in depends} == {"Role1ABCC5F0", "RoleDefaultPolicy"}


def test_a_spot_environment_takes_its_bid_and_needs_no_fleet_role(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, bid_percentage=60, instance_types=["c7i"])

    compute = properties(ENVIRONMENT)["ComputeResources"]
    assert compute["BidPercentage"] == 60
    assert compute["AllocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    assert compute["InstanceTypes"] == ["c7i"]
    assert "SpotIamFleetRole" not in compute


def test_best_fit_on_spot_gets_a_fleet_role_that_may_tag(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    bc.SpotComputeEnvironment(
        stack, "Spot", vpc=vpc, allocation_strategy=batch.AllocationStrategy.BEST_FIT
    )

    fleet = next(r for n, r in resources("AWS::IAM::Role").items() if "SpotFleet" in n)
    assert fleet["Properties"]["ManagedPolicyArns"][0]["Fn::Join"][1][-1] == (
        ":iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole"
    )
    environment = next(iter(resources(ENVIRONMENT).values()))["Properties"]
    assert environment["ReplaceComputeEnvironment"] is True
    assert "UpdateToLatestImageVersion" not in environment["ComputeResources"]


def test_instance_types_are_strings_or_instance_type_objects(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.Ec2ComputeEnvironment(
        stack, "OnDemand", vpc=vpc, instance_types=["c7g", ec2.InstanceType("m7g.large")]
    )

    assert properties(ENVIRONMENT)["ComputeResources"]["InstanceTypes"] == ["c7g", "m7g.large"]


def test_every_option_of_instances_is_rendered(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    template = ec2.LaunchTemplate(stack, "Template")
    group = ec2.PlacementGroup(stack, "Group")
    bc.Ec2ComputeEnvironment(
        stack,
        "OnDemand",
        vpc=vpc,
        min_vcpus=4,
        max_vcpus=64,
        images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023_NVIDIA)],
        launch_template=template,
        placement_group=group,
        instance_tags={"Team": "genomics"},
        scale_down_delay=cdk.Duration.minutes(30),
        container_insights=bc.ContainerInsights.ENABLED,
        update_policy=bc.UpdatePolicy(
            terminate_jobs=False, job_execution_timeout=cdk.Duration.hours(2)
        ),
        tags={"Stage": "test"},
        enabled=False,
    )

    rendered = properties(ENVIRONMENT)
    compute = rendered["ComputeResources"]
    assert compute["MinvCpus"] == 4
    assert compute["Ec2Configuration"] == [{"ImageType": "ECS_AL2023_NVIDIA"}]
    assert compute["LaunchTemplate"] == {
        "LaunchTemplateId": {"Ref": "Template576A9730"},
        "Version": {"Fn::GetAtt": ["Template576A9730", "LatestVersionNumber"]},
    }
    assert compute["PlacementGroup"] == {"Fn::GetAtt": ["GroupC77FDACD", "GroupName"]}
    assert compute["Tags"] == {"Team": "genomics"}
    assert compute["ScalingPolicy"] == {"MinScaleDownDelayMinutes": 30}
    assert rendered["EcsSettings"] == {"ContainerInsights": "ENABLED"}
    assert rendered["UpdatePolicy"] == {
        "JobExecutionTimeoutMinutes": 120,
        "TerminateJobsOnUpdate": False,
    }
    assert rendered["Tags"] == {"Stage": "test"}
    assert rendered["State"] == "DISABLED"


def test_a_parameter_says_whether_an_update_ends_jobs(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    ends: Any = cdk.CfnParameter(stack, "Ends").value_as_string

    bc.Ec2ComputeEnvironment(
        stack, "OnDemand", vpc=vpc, update_policy=bc.UpdatePolicy(terminate_jobs=ends)
    )

    assert properties(ENVIRONMENT)["UpdatePolicy"] == {"TerminateJobsOnUpdate": {"Ref": "Ends"}}


def test_an_image_without_a_type_is_amazon_linux_2023(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    image = ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"})
    stack_in_region = cdk.Stack(stack, "Nested", env=cdk.Environment(region="us-east-1"))
    network = ec2.Vpc(stack_in_region, "Vpc", nat_gateways=0)
    environment = bc.Ec2ComputeEnvironment(stack_in_region, "OnDemand", vpc=network, images=[image])

    resolved = stack_in_region.resolve(environment.resource.compute_resources)
    assert resolved["ec2Configuration"] == [
        {"imageType": "ECS_AL2023", "imageIdOverride": "ami-0123456789abcdef0"}
    ]


def test_an_unmanaged_environment_has_the_service_role_it_must_be_given(
    stack: cdk.Stack, properties: Properties
) -> None:
    bc.UnmanagedComputeEnvironment(stack, "Own", unmanaged_vcpus=64)

    rendered = properties(ENVIRONMENT)
    assert rendered == {
        "ServiceRole": {"Fn::GetAtt": ["OwnServiceRoleC8758917", "Arn"]},
        "State": "ENABLED",
        "Type": "UNMANAGED",
        "UnmanagedvCpus": 64,
    }


def test_an_environment_with_a_service_role_is_replaced_and_goes_before_the_role(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("batch.amazonaws.com"))
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, service_role=role)

    (environment,) = resources(ENVIRONMENT).values()
    assert environment["Properties"]["ReplaceComputeEnvironment"] is True
    assert environment["DependsOn"] == ["Role1ABCC5F0"]


@pytest.mark.parametrize("kind", ["Fargate", "Ec2", "Spot"])
def test_whatever_reaches_the_jobs_is_said_through_connections(
    kind: str, stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    environment = getattr(bc, f"{kind}ComputeEnvironment")(stack, "Environment", vpc=vpc)
    other = ec2.SecurityGroup(stack, "Other", vpc=vpc)

    environment.connections.allow_from(other, ec2.Port.tcp(443))

    assert len(resources("AWS::EC2::SecurityGroupIngress")) == 1


def test_whoever_lets_the_jobs_in_is_not_warned_about_the_way_out(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    """The CDK leaves out a rule of its own there, which is only told to those who asked for it."""
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    other = ec2.SecurityGroup(stack, "Other", vpc=vpc)

    other.connections.allow_from(environment, ec2.Port.tcp(443))

    (group,) = environment.security_groups
    assert "aws:cdk:warning" not in {one.type for one in group.node.metadata}


class TestReadableNames:
    """A name is a prefix; what follows changes with what needs a replacement, and only then."""

    def name(self, **options: Any) -> str:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "Stack")
        network = ec2.Vpc(stack, "Vpc", nat_gateways=0)
        kind = options.pop("kind", bc.Ec2ComputeEnvironment)
        team = options.pop("team", None)
        kind(stack, "E", vpc=network, compute_environment_name="nightly", **options)
        if team is not None:
            cdk.Tags.of(app).add("Team", team)
        template = app.synth().get_stack_by_name("Stack").template
        (environment,) = (r for r in template["Resources"].values() if r["Type"] == ENVIRONMENT)
        name: str = environment["Properties"]["ComputeEnvironmentName"]
        return name

    def test_the_name_begins_with_what_was_given(self) -> None:
        assert self.name().startswith("nightly-")

    def test_a_change_in_place_keeps_the_name(self) -> None:
        assert self.name(max_vcpus=16, instance_types=["c7i"]) == self.name(max_vcpus=512)

    def test_a_tag_added_to_the_whole_app_changes_the_name(self) -> None:
        assert self.name(team="a") != self.name(team="b")

    def test_a_change_that_replaces_changes_the_name(self) -> None:
        best_fit = {"allocation_strategy": "BEST_FIT"}
        assert self.name(**best_fit, instance_types=["c7i"]) != self.name(
            **best_fit, instance_types=["m7i"]
        )
        assert self.name(**best_fit, max_vcpus=16) == self.name(**best_fit, max_vcpus=512)

    def test_another_security_group_changes_the_name_of_what_is_replaced(self) -> None:
        def group(id: str) -> str:
            app = cdk.App(builtin_cloud_formation_validation=False)
            stack = cdk.Stack(app, "Stack")
            network = ec2.Vpc(stack, "Vpc", nat_gateways=0)
            environment = bc.Ec2ComputeEnvironment(
                stack,
                "E",
                vpc=network,
                compute_environment_name="nightly",
                allocation_strategy="BEST_FIT",
                security_groups=[ec2.SecurityGroup(stack, id, vpc=network)],
            )
            name: str = stack.resolve(environment.resource.compute_environment_name)
            return name

        assert group("A") != group("B")
        assert group("A") == group("A")


class TestRefusals:
    """What AWS Batch would refuse is an error at the caller's line, all of it at once."""

    def test_every_problem_of_a_construct_is_said_at_once(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(ValueError, match="Stack/Spot:") as refused:
            bc.SpotComputeEnvironment(
                stack,
                "Spot",
                vpc=vpc,
                bid_percentage=0,
                min_vcpus=9,
                max_vcpus=8,
                instance_types=["c7g", "m7i"],
            )

        message = str(refused.value)
        assert "bid_percentage is 0; allowed:" in message
        assert "min_vcpus is 9, which is more than max_vcpus (8)" in message
        assert "x86_64" in message
        assert message.count("\n  - ") == 3

    @pytest.mark.parametrize("bid_percentage", [0, 101, -5])
    def test_a_bid_is_1_to_100_percent(
        self, bid_percentage: int, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(ValueError, match=f"bid_percentage is {bid_percentage}; allowed"):
            bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, bid_percentage=bid_percentage)

    def test_a_name_that_is_too_long_with_its_hash_is_refused(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(
            ValueError, match="compute_environment_name has 120 characters; allowed: at most 119"
        ):
            bc.FargateComputeEnvironment(stack, "F", vpc=vpc, compute_environment_name="n" * 120)

    def test_a_vpc_that_is_no_vpc_is_named(self, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError, match=r"Stack/F: vpc is str \"vpc-1\"; expected an ec2.IVpc"):
            bc.FargateComputeEnvironment(stack, "F", vpc="vpc-1")  # type: ignore[arg-type]  # the mistake

    def test_subnets_that_the_vpc_does_not_have_are_said_by_the_vpc(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        with pytest.raises(ValueError, match="vpc_subnets: .*Isolated"):
            bc.FargateComputeEnvironment(stack, "F", vpc=vpc, vpc_subnets=isolated)

    @pytest.mark.parametrize(
        ("selection", "told"),
        [
            ({"subnet_typ": None}, r'vpc_subnets has "subnet_typ"; .*: did you mean subnet_type\?'),
            ({"one_per_az": "yes"}, "vpc_subnets: type of argument one_per_az must be"),
            ({"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED}, "vpc_subnets: .*Isolated"),
            (["subnet-1"], r"vpc_subnets is list; expected an ec2\.SubnetSelection"),
        ],
    )
    def test_what_is_no_selection_of_subnets_is_refused_at_once(
        self, stack: cdk.Stack, vpc: ec2.Vpc, selection: Any, told: str
    ) -> None:
        with pytest.raises((TypeError, ValueError), match=told) as refused:
            bc.FargateComputeEnvironment(stack, "F", vpc=vpc, vpc_subnets=selection)
        assert str(refused.value).count("vpc_subnets") == 1

    def test_an_empty_list_of_instance_types_is_refused(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(ValueError, match="instance_types is empty"):
            bc.Ec2ComputeEnvironment(stack, "E", vpc=vpc, instance_types=[])

    def test_a_refused_construct_leaves_nothing_behind(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(ValueError, match="max_vcpus"):
            bc.FargateComputeEnvironment(stack, "F", vpc=vpc, max_vcpus=0)

        bc.FargateComputeEnvironment(stack, "F", vpc=vpc, max_vcpus=1)

    def test_the_same_id_twice_is_an_error_of_ours(self, stack: cdk.Stack, vpc: ec2.Vpc) -> None:
        bc.FargateComputeEnvironment(stack, "F", vpc=vpc)
        with pytest.raises(ValueError, match="Stack/F: .*already"):
            bc.FargateComputeEnvironment(stack, "F", vpc=vpc)

    def test_a_scope_that_is_no_construct_is_named(self, vpc: ec2.Vpc) -> None:
        with pytest.raises(TypeError, match="scope is None"):
            bc.FargateComputeEnvironment(None, "F", vpc=vpc)  # type: ignore[arg-type]  # the mistake


def test_unknown_values_are_never_an_error(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    text = cdk.CfnParameter(stack, "Text").value_as_string
    texts = cdk.CfnParameter(stack, "Texts", type="CommaDelimitedList").value_as_list

    bc.SpotComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        bid_percentage=number,  # tokens are floats
        max_vcpus=number,  # tokens are floats
        min_vcpus=number,  # tokens are floats
        instance_types=texts,
        compute_environment_name=text,
        allocation_strategy=text,
        scale_down_delay=cdk.Duration.minutes(number),
    )


def test_a_vpc_that_the_cli_has_yet_to_look_up_is_welcome(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Here", env=cdk.Environment(account="111111111111", region="us-east-1"))
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")

    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)


def test_own_tags_win_over_those_of_the_stack(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, tags={"Team": "own"})
    cdk.Tags.of(stack).add("Team", "stack")

    assert properties(ENVIRONMENT)["Tags"] == {"Team": "own"}


def test_two_environments_of_one_name_get_two_names(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    names = {
        stack.resolve(
            bc.Ec2ComputeEnvironment(
                stack, name, vpc=vpc, compute_environment_name="nightly"
            ).resource.compute_environment_name
        )
        for name in ("A", "B")
    }
    assert len(names) == 2


def test_strict_rules_accept_a_readable_name_of_an_environment_that_is_replaced(
    app: cdk.App, stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    bc.Ec2ComputeEnvironment(
        stack, "E", vpc=vpc, allocation_strategy="BEST_FIT", compute_environment_name="nightly"
    )
    cdk.Validations.of(app).add_plugins(bc.BatchRules(strict=True))

    app.synth()


def test_an_image_given_by_its_id_is_named(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    image = bc.InstanceImage(image="ami-1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"images\[0\].image is str \"ami-1\"; expected an ec2.IM"):
        bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, images=[image])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"kind": bc.FargateComputeEnvironment}, {"kind": bc.Ec2ComputeEnvironment}),
        (
            {"kind": bc.FargateComputeEnvironment},
            {"kind": bc.FargateComputeEnvironment, "spot": True},
        ),
        ({}, {"role": True}),
        ({}, {"stack_tags": {"Team": "a"}}),
        ({"overrides": {"Tags.Team": "a"}}, {"overrides": {"Tags.Team": "b"}}),
    ],
)
def test_what_aws_batch_cannot_change_changes_the_name(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert readable_name(**one) != readable_name(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"kind": bc.Ec2ComputeEnvironment}, {"kind": bc.SpotComputeEnvironment}),
        ({}, {"overrides": {"ComputeResources.MaxvCpus": 8}}),
    ],
)
def test_what_aws_batch_changes_in_place_keeps_the_name(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert readable_name(**one) == readable_name(**other)


def readable_name(
    *,
    kind: Any = bc.Ec2ComputeEnvironment,
    stack_tags: dict[str, str] | None = None,
    overrides: dict[str, Any] | None = None,
    role: bool = False,
    **options: Any,
) -> str:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", tags=stack_tags)
    network = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    if role:
        options["service_role"] = iam.Role.from_role_name(stack, "Role", "own")
    made = kind(stack, "E", vpc=network, compute_environment_name="nightly", **options)
    for path, value in (overrides or {}).items():
        made.resource.add_property_override(path, value)
    name: str = stack.resolve(made.resource.compute_environment_name)
    return name


def test_an_exact_name_is_the_name(stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources) -> None:
    bc.FargateComputeEnvironment(stack, "E", vpc=vpc, exact_name="nightly")

    (environment,) = resources(ENVIRONMENT).values()
    assert environment["Properties"]["ComputeEnvironmentName"] == "nightly"


def test_an_exact_name_is_not_given_beside_a_prefix(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    with pytest.raises(ValueError, match="exact_name is given with compute_environment"):
        bc.FargateComputeEnvironment(
            stack, "E", vpc=vpc, exact_name="a", compute_environment_name="b"
        )


@pytest.mark.parametrize(
    ("kind", "options", "replaced"),
    [
        ("Fargate", {}, False),
        ("Ec2", {}, False),
        ("Spot", {}, False),
        ("Ec2", {"allocation_strategy": "BEST_FIT"}, True),
        (
            "Spot",
            {
                "allocation_strategy": "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED",
                "instance_types": ["m6i", "c6i"],
            },
            False,
        ),
        ("Ec2", {"role": "arn:aws:iam::111122223333:role/own"}, True),
        ("Fargate", {"role": "arn:aws:iam::111122223333:role/own"}, True),
        (
            "Ec2",
            {
                "role": "arn:aws:iam::111122223333:role/aws-service-role/batch.amazonaws.com/"
                "AWSServiceRoleForBatch"
            },
            False,
        ),
        ("Ec2", {"replace_compute_environment": True}, True),
        ("Fargate", {"replace_compute_environment": True}, True),
        ("Ec2", {"allocation_strategy": "BEST_FIT", "replace_compute_environment": False}, False),
    ],
)
def test_an_environment_is_replaced_where_aws_batch_cannot_update_it_or_as_is_said(
    kind: str,
    options: dict[str, Any],
    *,
    replaced: bool,
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    resources: Resources,
) -> None:
    role, options = options.get("role"), {k: v for k, v in options.items() if k != "role"}
    if role is not None:
        options = {**options, "service_role": iam.Role.from_role_arn(stack, "Role", role)}

    getattr(bc, f"{kind}ComputeEnvironment")(stack, "E", vpc=vpc, **options)

    (environment,) = resources(ENVIRONMENT).values()
    assert environment["Properties"]["ReplaceComputeEnvironment"] is replaced


def test_an_instance_profile_is_taken_as_it_is(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    profile = iam.InstanceProfile.from_instance_profile_arn(
        stack, "Profile", "arn:aws:iam::111122223333:instance-profile/ecs"
    )

    bc.Ec2ComputeEnvironment(stack, "E", vpc=vpc, instance_role=profile)

    (environment,) = resources(ENVIRONMENT).values()
    assert environment["Properties"]["ComputeResources"]["InstanceRole"].endswith("profile/ecs")
    assert resources("AWS::IAM::InstanceProfile") == {}
