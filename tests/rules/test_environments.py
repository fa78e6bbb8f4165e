"""What the rules about environments say at their edges: to whom they apply, and to whom not."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from batch_constructs.rules import UNKNOWN, Finding, check_resource, check_template

TYPE = "AWS::Batch::ComputeEnvironment"


def found(rule: str, properties: dict[str, Any], **beside: dict[str, Any]) -> list[Finding]:
    findings = check_resource(TYPE, properties, beside=beside)
    return [one for one in findings if one.rule == rule]


def compute(kind: str, **resources: Any) -> dict[str, Any]:
    return {"ComputeResources": {"Type": kind, **resources}}


def unmanaged(kind: str, **resources: Any) -> dict[str, Any]:
    return {"Type": "UNMANAGED", **compute(kind, **resources)}


def eks(kind: str, **resources: Any) -> dict[str, Any]:
    return {"EksConfiguration": {}, **compute(kind, **resources)}


KEPT = {"ReplaceComputeEnvironment": False}
"""An environment that is updated in place."""

OF_NOBODY_KNOWS = {"EksConfiguration": UNKNOWN}
"""Perhaps on Amazon EKS, perhaps not."""

LAUNCH = {"LaunchTemplateId": "lt-1"}
OWN_IMAGE = [{"ImageType": "ECS_AL2023_NVIDIA", "ImageIdOverride": "ami-1"}]


@pytest.mark.parametrize(
    ("rule", "properties", "faults"),
    [
        ("unmanaged-vcpus", {"Type": "UNMANAGED", "UnmanagedvCpus": -1}, 1),
        ("unmanaged-vcpus", {"Type": "UNMANAGED", "UnmanagedvCpus": 0}, 0),
        ("unmanaged-vcpus", {"Type": "MANAGED", "UnmanagedvCpus": -1}, 1),
        ("unmanaged-vcpus", {"UnmanagedvCpus": -1}, 0),
        ("ec2-environment-needs", compute("EC2"), 3),
        ("ec2-environment-needs", unmanaged("EC2"), 0),
        ("ec2-environment-needs", compute("FARGATE"), 0),
        ("ec2-environment-security-groups", unmanaged("EC2"), 0),
        ("ec2-environment-security-groups", compute("FARGATE"), 0),
        ("ec2-environment-security-groups", compute("SPOT"), 1),
        ("ec2-environment-security-groups", compute("SPOT", SecurityGroupIds=UNKNOWN), 0),
        ("desired-vcpus", compute("EC2", DesiredvCpus=1), 1),
        ("desired-vcpus", compute("FARGATE", DesiredvCpus=1), 0),
        ("min-max-vcpus", compute("EC2", MinvCpus=-1, MaxvCpus=4), 1),
        ("min-max-vcpus", compute("EC2", MinvCpus=0.5, MaxvCpus=4), 1),
        ("min-max-vcpus", compute("EC2", MinvCpus=5, MaxvCpus=4, DesiredvCpus=9), 1),
        ("min-max-vcpus", compute("EC2", MinvCpus=2, MaxvCpus=4, DesiredvCpus=2), 0),
        ("min-max-vcpus", compute("EC2", MinvCpus=2, MaxvCpus=4, DesiredvCpus=4), 0),
        ("min-max-vcpus", compute("EC2", MinvCpus=2, MaxvCpus=4, DesiredvCpus=1), 1),
        ("min-max-vcpus", compute("EC2", MinvCpus=2, MaxvCpus=4, DesiredvCpus=5), 1),
        ("min-max-vcpus", compute("EC2", MaxvCpus=4, DesiredvCpus=0), 0),
        ("min-max-vcpus", compute("EC2", MaxvCpus=4, DesiredvCpus=-1), 1),
        ("min-max-vcpus", compute("FARGATE", MinvCpus=5, MaxvCpus=4), 0),
        ("allocation-strategy-capacity", compute("EC2", AllocationStrategy="BEST_FIT"), 0),
        ("allocation-strategy-capacity", compute("SPOT", AllocationStrategy="BEST_FIT"), 0),
        ("allocation-strategy-capacity", compute("EC2", AllocationStrategy="CHEAPEST"), 0),
        (
            "allocation-strategy-capacity",
            compute("EC2", AllocationStrategy="SPOT_CAPACITY_OPTIMIZED"),
            1,
        ),
        ("spot-fleet-role", eks("SPOT", AllocationStrategy="BEST_FIT"), 0),
        ("spot-fleet-role", {**OF_NOBODY_KNOWS, **compute("SPOT")}, 0),
        ("spot-fleet-role", compute("SPOT", AllocationStrategy=UNKNOWN), 0),
        ("spot-fleet-role", compute("SPOT", AllocationStrategy="BEST_FIT"), 1),
        ("spot-fleet-role", compute("SPOT", SpotIamFleetRole="arn"), 0),
        ("spot-fleet-role", compute("EC2"), 0),
        ("spot-parameters-on-demand", compute("EC2", BidPercentage=60, SpotIamFleetRole="x"), 2),
        ("spot-parameters-on-demand", compute("FARGATE", BidPercentage=60), 0),
        ("disabled-with-instances", {"State": "DISABLED", **compute("EC2", MinvCpus=0)}, 0),
        ("disabled-with-instances", {"State": "DISABLED", **compute("EC2")}, 0),
        ("fargate-environment-parameters", compute("FARGATE", ManagedInstancesProvider={}), 0),
        ("fargate-environment-parameters", compute("FARGATE", Subnets=["a"]), 0),
        ("fargate-environment-parameters", compute("FARGATE_SPOT", SpotIamFleetRole="x"), 1),
        ("fargate-environment-network", compute("FARGATE", Subnets=["a"] * 17), 2),
        ("fargate-environment-network", compute("FARGATE", Subnets=UNKNOWN), 1),
        ("fargate-environment-network", compute("EC2", SecurityGroupIds=["a"] * 6), 0),
        ("fargate-unmanaged", unmanaged("ECS_MANAGED_INSTANCES"), 1),
        ("fargate-unmanaged", unmanaged("EC2"), 0),
        ("managed-instances-provider", compute("FARGATE", CapacityTags={}), 1),
        ("managed-instances-provider", compute("FARGATE", MinvCpus=0), 0),
        ("managed-instances-provider", compute("ECS_MANAGED_INSTANCES"), 1),
        ("managed-instances-parameters", compute("ECS_MANAGED_INSTANCES", Subnets=["a"]), 1),
        ("managed-instances-parameters", compute("ECS_MANAGED_INSTANCES", CapacityTags={}), 0),
        ("managed-instances-parameters", compute("FARGATE", ImageId="ami-1"), 0),
        ("in-place-update-strategy", {**KEPT, **compute("EC2")}, 1),
        ("in-place-update-strategy", {**KEPT, **compute("FARGATE")}, 0),
        ("in-place-update-strategy", {**KEPT, **eks("EC2")}, 0),
        ("in-place-update-strategy", {**KEPT, **OF_NOBODY_KNOWS, **compute("EC2")}, 0),
        ("in-place-update-strategy", compute("EC2"), 0),
        ("named-replacement", {"ComputeEnvironmentName": "x"}, 1),
        (
            "named-replacement",
            {"ComputeEnvironmentName": "x", "ReplaceComputeEnvironment": UNKNOWN},
            0,
        ),
        ("named-replacement", {"ComputeEnvironmentName": "x", "Type": "UNMANAGED"}, 0),
        ("amazon-linux-2", compute("EC2", Ec2Configuration=[{"ImageType": "ECS_AL2023"}]), 0),
        (
            "amazon-linux-2",
            compute("EC2", ImageId="ami-1", Ec2Configuration=[{"ImageType": "ECS_AL2"}]),
            0,
        ),
        (
            "amazon-linux-2-eks",
            compute("EC2", Ec2Configuration=[{"ImageType": "EKS_AL2", "ImageIdOverride": "x"}]),
            0,
        ),
        ("amazon-linux-2-eks", compute("EC2", Ec2Configuration=[{"ImageType": "EKS_AL2023"}]), 0),
        ("image-instance-mismatch", compute("EC2", InstanceTypes=["a1", "p3.2xlarge"]), 2),
        ("image-instance-mismatch", compute("EC2", InstanceTypes=["a2", "p4d"]), 0),
        ("image-instance-mismatch", eks("EC2", InstanceTypes=["a1"]), 0),
        ("image-instance-mismatch", compute("FARGATE", InstanceTypes=["a1"]), 0),
        (
            "image-instance-mismatch",
            {**OF_NOBODY_KNOWS, **compute("EC2", InstanceTypes=["a1"])},
            0,
        ),
        ("image-instance-mismatch", compute("EC2", InstanceTypes=["a1"], ImageId="ami-1"), 0),
        ("image-instance-mismatch", compute("EC2", InstanceTypes=["p3"], LaunchTemplate=LAUNCH), 0),
        (
            "image-instance-mismatch",
            compute("EC2", InstanceTypes=["p3"], Ec2Configuration=UNKNOWN),
            0,
        ),
        (
            "image-instance-mismatch",
            compute("EC2", InstanceTypes=["p3"], Ec2Configuration=OWN_IMAGE),
            0,
        ),
        (
            "image-instance-mismatch",
            compute("EC2", InstanceTypes=["a1"], Ec2Configuration=[{"ImageType": "ECS_AL2"}]),
            0,
        ),
        (
            "image-instance-mismatch",
            compute("EC2", InstanceTypes=["p3"], Ec2Configuration=[{"ImageType": "ECS_AL2023"}]),
            0,
        ),
        (
            "image-instance-mismatch",
            compute("EC2", InstanceTypes=["a1"], Ec2Configuration=[{"ImageType": "ECS_AL2023"}]),
            1,
        ),
        (
            "nvidia-image-on-graviton",
            compute("EC2", InstanceTypes=["c7g"], Ec2Configuration=[{"ImageType": "ECS_AL2023"}]),
            0,
        ),
        (
            "nvidia-image-on-graviton",
            compute("EC2", InstanceTypes=["c7g"], Ec2Configuration=OWN_IMAGE),
            0,
        ),
        ("eks-allocation-strategy", {"EksConfiguration": {}}, 0),
        ("eks-allocation-strategy", compute("EC2", AllocationStrategy="BEST_FIT"), 0),
        ("eks-resources", eks("ECS_MANAGED_INSTANCES"), 1),
        ("eks-resources", eks("EC2"), 0),
        ("eks-cluster-name", {"EksConfiguration": {"EksClusterArn": UNKNOWN}}, 0),
        (
            "duplicate-network",
            compute("EC2", Subnets=[{"Fn::Sub": "${One}-a"}, {"Fn::Sub": "${Other}-a"}]),
            0,
        ),
    ],
    ids=str,
)
def test_a_rule_finds_so_many_faults(rule: str, properties: dict[str, Any], faults: int) -> None:
    assert len(found(rule, properties)) == faults


@pytest.mark.parametrize("key", ["Tags", "CapacityTags"])
def test_tags_of_what_an_environment_launches_are_counted_too(key: str) -> None:
    (one,) = found("tag-count", {"ComputeResources": {key: {f"k{n}": "" for n in range(51)}}})

    assert one.path == f"Properties/ComputeResources/{key}"
    assert one.message == f"{key} has 51 tags; allowed: at most 50"
    assert one.fix == f"list at most 50 tags in {key}"


ROLE = {"Type": "AWS::IAM::Role"}


@pytest.mark.parametrize(
    ("properties", "faults"),
    [
        (compute("EC2"), 1),
        (eks("EC2"), 1),
        (compute("FARGATE"), 0),
        (unmanaged("EC2"), 0),
        ({}, 0),
    ],
    ids=str,
)
def test_a_role_of_ones_own_forbids_updates_in_place_of_instances(
    properties: dict[str, Any], faults: int
) -> None:
    own = {**KEPT, **properties, "ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]}}

    assert len(found("in-place-update-service-role", own, Role=ROLE)) == faults


def launched(properties: dict[str, Any] | None, **data: Any) -> dict[str, Any]:
    """A template of an environment with a launch template, which has such data."""
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
    launch = {"LaunchTemplateId": {"Ref": "Launch"}}
    whole = properties or compute("EC2")
    whole["ComputeResources"]["LaunchTemplate"] = launch
    environment = {"Type": TYPE, "Properties": whole}
    return {"Resources": {"Launch": template, "Environment": environment}}


def found_in(rule: str, template: dict[str, Any]) -> list[Finding]:
    return [one for one in check_template(template) if one.rule == rule]


@pytest.mark.parametrize("key", ["SecurityGroupIds", "SecurityGroups", "NetworkInterfaces"])
def test_a_launch_template_may_have_the_security_groups(key: str) -> None:
    rule = "ec2-environment-security-groups"

    assert found_in(rule, launched(None, ImageId="ami-1"))
    assert not found_in(rule, launched(None, **{key: ["x"]}))
    assert not found_in(rule, launched(compute("EC2", SecurityGroupIds=["x"]), ImageId="ami-1"))


def test_a_launch_template_of_which_nothing_is_known_may_have_the_security_groups() -> None:
    template = launched(None)
    template["Resources"]["Launch"]["Properties"] = {"LaunchTemplateData": {"Ref": "Data"}}

    assert not found_in("ec2-environment-security-groups", template)


def test_the_security_groups_of_an_override_are_not_those_of_the_environment() -> None:
    for data, other in (({}, {"SecurityGroupIds": ["x"]}), ({"SecurityGroupIds": ["x"]}, {})):
        template = launched(None, ImageId="ami-1", **data)
        launch = template["Resources"]["Environment"]["Properties"]["ComputeResources"]
        launch["LaunchTemplate"]["Overrides"] = [{"LaunchTemplateId": {"Ref": "Other"}}]
        template["Resources"]["Other"] = {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"ImageId": "ami-2", **other}},
        }

        assert bool(found_in("ec2-environment-security-groups", template)) is (data == {})


SCRIPT = "#!/bin/bash\n" + "echo hello\n" * 9


@pytest.mark.parametrize("properties", [unmanaged("EC2"), compute("FARGATE")], ids=str)
@pytest.mark.parametrize("rule", ["user-data-mime", "launch-template-ignored"])
def test_a_launch_template_is_judged_where_batch_uses_it(
    rule: str, properties: dict[str, Any]
) -> None:
    data = {"UserData": {"Fn::Base64": SCRIPT}, "InstanceType": "m7i.large"}

    assert found_in(rule, launched(compute("SPOT"), **data))
    assert not found_in(rule, launched(properties, **data))


@pytest.mark.parametrize("data", [{"Fn::Base64": SCRIPT}, b64encode(SCRIPT.encode()).decode()])
def test_user_data_are_named_by_their_first_line(data: Any) -> None:
    (one,) = found_in("user-data-mime", launched(None, UserData=data))

    assert one.message == (
        'the user data of Launch begins with "#!/bin/bash", which is not MIME multipart'
    )


TOKEN = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (f"export A={TOKEN}", "a token of GitHub is in the user data of Launch"),
        ("export DB_PASSWORD=hunter2", "a password or a token is in the user data of Launch"),
        ("load --password hunter2", "a password or a token is in the user data of Launch"),
        ("export DB_PASSWORD=$(fetch)", None),
        (
            "export A={{resolve:secretsmanager:db:SecretString:p}}",
            "the value of a secret is in the user data of Launch",
        ),
        ("export A={{resolve:ssm:/db/host}}", None),
    ],
)
@pytest.mark.parametrize("form", ["Fn::Base64", "Fn::Sub", "encoded"])
def test_a_secret_in_user_data_is_found(script: str, found: str | None, form: str) -> None:
    text = f"MIME-Version: 1.0\n\n{SCRIPT}{script}\n"
    data: dict[str, Any] = {
        "Fn::Base64": {"Fn::Base64": text},
        "Fn::Sub": {"Fn::Base64": {"Fn::Sub": text + "${AWS::Region}"}},
        "encoded": b64encode(text.encode()).decode(),
    }
    if form == "encoded" and "{{" in script:
        found = None  # CloudFormation does not look into it

    said = found_in("user-data-secret", launched(None, UserData=data[form]))

    assert [one.message for one in said] == ([found] if found else [])
    assert "hunter2" not in str(said)


@pytest.mark.parametrize(("value", "faults"), [(True, 1), ("true", 1), (False, 0), ("false", 0)])
def test_what_a_launch_template_turns_off_is_not_ignored(value: object, faults: int) -> None:
    template = launched(None, DisableApiTermination=value)

    assert len(found_in("launch-template-ignored", template)) == faults


@pytest.mark.parametrize(
    ("types", "overrides", "faults"),
    [
        (["m7i", "c7i"], [["m7i"], ["c7i"]], 0),
        (["m7i"], [["m7i.large"]], 0),
        (["m7i.large"], [["m7i.large"]], 0),
        (["m7i.large"], [["m7i"]], 1),
        (["m7i"], [["c7i"]], 1),
        (["optimal"], [["c7i"]], 0),
        (["m7i", "optimal"], [["c7i"]], 0),
        (UNKNOWN, [["c7i"]], 0),
        ([UNKNOWN], [["c7i"]], 0),
        (["m7i"], [["optimal"]], 1),
        (["m7i"], [["m7i.3xlarge"]], 1),
        (["m7i"], [[]], 1),
        (["m7i"], [["m7i"], ["m7i"]], 1),
        (["m7i"], [["m7i"], ["m7i.large"]], 1),
        (["m7i"], [["m7i.large"], ["m7i"]], 1),
        (["m7i"], [["m7i.large"], ["m7i.xlarge"]], 0),
        (["m7i"], [["m7i.large", "m7i.large"]], 1),
        (["m7i"], [[UNKNOWN], [UNKNOWN]], 0),
    ],
    ids=str,
)
def test_an_override_is_for_some_of_the_instance_types_each_once(
    types: Any, overrides: list[list[Any]], faults: int
) -> None:
    launch = {**LAUNCH, "Overrides": [{"TargetInstanceTypes": one} for one in overrides]}
    properties = compute("EC2", InstanceTypes=types, LaunchTemplate=launch)

    assert len(found("launch-template-targets", properties)) == faults


def managed_instances(*types: str) -> dict[str, Any]:
    launch = {"InstanceRequirements": {"AllowedInstanceTypes": [*types]}}
    provider = {"InstanceLaunchTemplate": launch}
    return compute("ECS_MANAGED_INSTANCES", ManagedInstancesProvider=provider)


@pytest.mark.parametrize(
    ("name", "exists"),
    [("m7i", True), ("m7i.*", True), ("zz*", True), ("optimal", False), ("m7i.3xlarge", False)],
)
def test_managed_instances_know_types_families_and_patterns(name: str, *, exists: bool) -> None:
    assert (found("managed-instances-types", managed_instances(name)) == []) is exists


def test_an_instance_type_that_does_not_exist_is_told_what_its_family_has() -> None:
    (one,) = found("unknown-instance-type", compute("EC2", InstanceTypes=["m5.3xlarge"]))

    assert one.message.startswith(
        'InstanceTypes names "m5.3xlarge", which does not exist; its family has m5.large, m5.xlarge'
    )
    assert one.fix.startswith("use m5.large, m5.xlarge, ")


def test_a_family_that_does_not_exist_is_told_to_be_none() -> None:
    (one,) = found("unknown-instance-type", compute("EC2", InstanceTypes=["zz9.large"]))

    assert one.message.endswith('"zz9.large", which does not exist; neither does its family')
    assert one.fix == "name an instance type or a family of EC2"


@pytest.mark.parametrize("attribute", ["Arn", "Name"])
def test_only_ref_of_a_cluster_is_its_name(attribute: str) -> None:
    cluster = {"Type": "AWS::EKS::Cluster"}
    value = {"Fn::GetAtt": ["Cluster", attribute]}
    properties = {"EksConfiguration": {"EksClusterArn": value}}

    assert not found("eks-cluster-name", properties, Cluster=cluster)


def test_a_strategy_of_the_other_kind_is_told_those_of_its_own() -> None:
    properties = compute("EC2", AllocationStrategy="SPOT_CAPACITY_OPTIMIZED")

    (one,) = found("allocation-strategy-capacity", properties)

    assert one.fix == (
        "set AllocationStrategy to BEST_FIT, BEST_FIT_PROGRESSIVE or BEST_FIT_PROGRESSIVE_ORDERED"
    )


PROFILE = {"InstanceRole": {"Ref": "Profile"}}


@pytest.mark.parametrize(
    ("given", "data", "lost"),
    [
        (PROFILE, {"IamInstanceProfile": {"Name": {"Ref": "Profile"}}}, ""),
        (PROFILE, {"IamInstanceProfile": {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}}}, ""),
        (PROFILE, {"IamInstanceProfile": {"Name": {"Ref": "Parameter"}}}, ""),
        (PROFILE, {"IamInstanceProfile": {"Name": {"Ref": "Second"}}}, "IamInstanceProfile"),
        ({"InstanceRole": "a"}, {"IamInstanceProfile": {"Name": "a"}}, ""),
        (
            {"InstanceRole": "arn:aws:iam::123456789012:instance-profile/a"},
            {"IamInstanceProfile": {"Name": "a"}},
            "",
        ),
        ({"InstanceRole": "a"}, {"IamInstanceProfile": {"Name": "b"}}, "IamInstanceProfile"),
        ({"InstanceTypes": ["m7i.large"]}, {"InstanceType": "m7i.large"}, ""),
        ({"InstanceTypes": {"Ref": "Parameter"}}, {"InstanceType": "m7i.large"}, ""),
        ({"InstanceTypes": ["c7i"]}, {"InstanceType": "m7i.large"}, "InstanceType m7i.large"),
        ({"Type": "SPOT"}, {"InstanceMarketOptions": {"MarketType": "spot"}}, ""),
        ({"Type": {"Ref": "P"}}, {"InstanceMarketOptions": {"MarketType": "spot"}}, ""),
        ({"Type": "EC2"}, {"InstanceMarketOptions": {"MarketType": "spot"}}, "with spot"),
        (
            {"Type": "SPOT"},
            {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "1"}}},
            "MaxPrice",
        ),
        ({"Subnets": ["a", "b"]}, {"NetworkInterfaces": [{"SubnetId": "a"}]}, ""),
        ({"Subnets": {"Ref": "Parameter"}}, {"NetworkInterfaces": [{"SubnetId": "a"}]}, ""),
        ({"Subnets": ["a"]}, {"NetworkInterfaces": [{"SubnetId": {"Ref": "P"}}]}, ""),
        ({"Subnets": ["a"]}, {"NetworkInterfaces": [{"SubnetId": "b"}]}, "SubnetId"),
    ],
)
def test_only_what_is_lost_is_named(given: dict[str, Any], data: Any, lost: str) -> None:
    template = launched(compute(kind="EC2"), **data)
    template["Resources"]["Environment"]["Properties"]["ComputeResources"] |= given
    for name in ("Profile", "Second"):
        template["Resources"][name] = {"Type": "AWS::IAM::InstanceProfile"}

    messages = [one.message for one in found_in("launch-template-ignored", template)]
    assert len(messages) == bool(lost)
    assert all(lost in message for message in messages)


@pytest.mark.parametrize(
    ("launch", "is_ours"),
    [
        ({"LaunchTemplateId": {"Ref": "Launch"}}, True),
        ({"LaunchTemplateId": {"Ref": "WithImage"}}, False),
        ({"LaunchTemplateId": "lt-1"}, False),
        ({"LaunchTemplateName": {"Ref": "Parameter"}}, False),
        ({"Ref": "Parameter"}, False),
    ],
)
def test_an_image_of_amazon_linux_2_may_come_from_the_launch_template(
    launch: Any, *, is_ours: bool
) -> None:
    image = {"Ec2Configuration": [{"ImageType": "ECS_AL2"}]}
    template = launched(compute("EC2", **image), KeyName="mine")
    template["Resources"]["Environment"]["Properties"]["ComputeResources"]["LaunchTemplate"] = (
        launch
    )
    template["Resources"]["WithImage"] = {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"ImageId": "ami-1"}},
    }

    assert bool(found_in("amazon-linux-2", template)) is is_ours


@pytest.mark.parametrize(
    ("name", "is_known"),
    [("c99.large", False), ("c99", False), ("m10i", True), ("u-24tb1", True), ("x8g.large", True)],
)
def test_a_generation_that_is_far_away_does_not_exist(name: str, *, is_known: bool) -> None:
    found_ = found("unknown-instance-type", compute("EC2", InstanceTypes=[name]))

    assert (found_ == []) is is_known
