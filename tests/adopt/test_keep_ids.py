"""A stack that was written anew keeps the logical IDs of the old one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc
from batch_constructs.impact.verdict import Effect, impact
from tests.adopt.kept_ids import stack_of, warnings

SUBNETS = {"private_subnet_ids": ["subnet-1"], "availability_zones": ["eu-central-1a"]}

FAIR = "arn:aws:batch:us-east-1:111122223333:scheduling-policy/fair"


def new_stack() -> tuple[cdk.Stack, ec2.IVpc, list[ec2.ISecurityGroup]]:
    app = cdk.App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        context={"aws:cdk:enable-path-metadata": True},
    )
    stack = cdk.Stack(app, "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", **SUBNETS)  # type: ignore[arg-type]  # two of its options
    return stack, vpc, [ec2.SecurityGroup.from_security_group_id(stack, "Sg", "sg-1")]


def template(stack: cdk.Stack) -> dict[str, Any]:
    app: Any = stack.node.root
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def old_file(directory: Path, resources: dict[str, Any]) -> Path:
    file = directory / "old.json"
    file.write_text(json.dumps({"Resources": resources}))
    return file


def queue(priority: int, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": priority, **properties}}


def test_a_rewritten_l2_app_replaces_and_destroys_nothing_of_aws_batch(tmp_path: Path) -> None:
    old, vpc, groups = new_stack()
    environment = batch.FargateComputeEnvironment(
        old, "OldFargate", vpc=vpc, security_groups=groups
    )
    batch.JobQueue(old, "OldQueue").add_compute_environment(environment, 1)
    before = template(old)
    file = tmp_path / "old.json"
    file.write_text(json.dumps(before))
    stack, vpc, groups = new_stack()
    ours = bc.FargateComputeEnvironment(stack, "Capacity", vpc=vpc, security_groups=groups)
    bc.JobQueue(stack, "Jobs", compute_environments=[ours])

    bc.keep_ids_of(stack, file)

    effects = {name: one.effect for name, one in impact(before, template(stack)).items()}
    assert set(effects.values()) <= {Effect.NONE, Effect.IN_PLACE}
    assert set(effects) == set(before["Resources"])


def queues(*priorities: int) -> cdk.Stack:
    stack, vpc, groups = new_stack()
    ours = bc.FargateComputeEnvironment(stack, "Capacity", vpc=vpc, security_groups=groups)
    for priority in priorities:
        bc.JobQueue(
            stack,
            f"Queue{priority}",
            compute_environments=[ours],
            priority=priority,
            job_queue_name="named" if priority == 7 else None,
        )
    return stack


def ids(stack: cdk.Stack) -> dict[int, str]:
    return {
        one["Properties"]["Priority"]: name
        for name, one in template(stack)["Resources"].items()
        if one["Type"] == "AWS::Batch::JobQueue"
    }


def test_a_resource_is_known_by_its_properties_where_nothing_else_tells(tmp_path: Path) -> None:
    stack = queues(1, 2)

    bc.keep_ids_of(stack, old_file(tmp_path, {"Low": queue(1), "High": queue(2)}))

    assert ids(stack) == {1: "Low", 2: "High"}


@pytest.mark.parametrize(
    ("had", "problem"),
    [(True, "can be replaced but not removed"), (False, "cannot get one later")],
)
def test_a_queue_that_changes_as_none_can_is_refused(
    problem: str, tmp_path: Path, *, had: bool
) -> None:
    stack, vpc, groups = new_stack()
    ours = bc.FargateComputeEnvironment(stack, "Capacity", vpc=vpc, security_groups=groups)
    policy = None if had else bc.FairSharePolicy(stack, "Fair", scheduling_policy_name="fair")
    bc.JobQueue(stack, "Jobs", compute_environments=[ours], scheduling_policy=policy)
    old = queue(1, **({"SchedulingPolicyArn": FAIR} if had else {}))

    with pytest.raises(ValueError, match=f"Old .* cannot become .* {problem}"):
        bc.keep_ids_of(stack, old_file(tmp_path, {"Old": old}))


def test_a_queue_that_is_held_keeps_the_policy_that_it_has(tmp_path: Path) -> None:
    stack = queues(1)

    file = old_file(tmp_path, {"Old": queue(1, SchedulingPolicyArn=FAIR)})
    bc.keep_ids_of(stack, file, hold=["Old"])

    assert template(stack)["Resources"]["Old"]["Properties"]["SchedulingPolicyArn"] == FAIR


def test_a_policy_of_another_kind_is_refused_or_held(tmp_path: Path) -> None:
    properties = {"Name": "fair", "FairsharePolicy": {"ShareDecaySeconds": 60}}
    old = {"Old": {"Type": "AWS::Batch::SchedulingPolicy", "Properties": properties}}

    def rewritten() -> cdk.Stack:
        stack, *_ = new_stack()
        shared = {"Name": "fair", "QuotaSharePolicy": {"IdleResourceAssignmentStrategy": "FIFO"}}
        cdk.CfnResource(stack, "Mine", type="AWS::Batch::SchedulingPolicy", properties=shared)
        return stack

    with pytest.raises(ValueError, match="Old .* keeps its kind, fair share or quota share"):
        bc.keep_ids_of(rewritten(), old_file(tmp_path, old))
    held = rewritten()
    bc.keep_ids_of(held, old_file(tmp_path, old), hold=["Old"])
    assert template(held)["Resources"]["Old"]["Properties"] == properties


@pytest.mark.parametrize("options", [{"let_go": ["Old"]}, {"hold": ["Old"]}])
def test_a_new_resource_with_a_name_that_is_still_taken_is_refused(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """By a queue that goes, and by one that would have another name and is held."""
    path = {"aws:cdk:path": "Stack/Queue1/Resource"}
    old = {"Old": {**queue(1, JobQueueName="named"), "Metadata": path}}

    with pytest.raises(ValueError, match="Queue7/Resource: Old of the old template has this Job"):
        bc.keep_ids_of(queues(1, 7), old_file(tmp_path, old), **options)


def test_a_share_of_another_queue_may_have_the_name_of_one_that_goes(tmp_path: Path) -> None:
    def share(queue: str) -> dict[str, Any]:
        given = {"QuotaShareName": "a", "JobQueue": queue}
        return {"Type": "AWS::Batch::QuotaShare", "Properties": given}

    stack = stack_of(Share=share("r"))

    bc.keep_ids_of(stack, old_file(tmp_path, {"Old": share("q")}), let_go=["Old"])

    assert list(template(stack)["Resources"]) == ["Share"]


OWN_ROLE = "arn:aws:iam::123456789012:role/own"
SERVICE_LINKED = (
    "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
)


def environment(role: object) -> dict[str, Any]:
    resources = {"Type": "FARGATE", "MaxvCpus": 256, "Subnets": ["subnet-1"]}
    properties = {
        "Type": "MANAGED",
        "ComputeResources": {**resources, "SecurityGroupIds": ["sg-1"]},
        "ReplaceComputeEnvironment": False,
        **({} if role is None else {"ServiceRole": role}),
    }
    return {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}


def rewritten(tmp_path: Path, had: object, has: str | None, hold: list[str]) -> dict[str, Any]:
    stack, vpc, groups = new_stack()
    role = None if has is None else iam.Role.from_role_arn(stack, "Role", has)
    bc.FargateComputeEnvironment(
        stack, "Capacity", vpc=vpc, security_groups=groups, service_role=role
    )
    bc.keep_ids_of(stack, old_file(tmp_path, {"Old": environment(had)}), hold=hold)
    properties: dict[str, Any] = template(stack)["Resources"]["Old"]["Properties"]
    return properties


@pytest.mark.parametrize(
    ("had", "has"),
    [(OWN_ROLE, None), (None, OWN_ROLE), ({"Fn::GetAtt": ["Role", "Arn"]}, None)],
)
def test_an_environment_that_changes_from_or_to_awss_own_role_is_refused(
    had: object, has: str | None, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="Old .* since ServiceRole is .* or back"):
        rewritten(tmp_path, had, has, [])


@pytest.mark.parametrize(
    ("had", "has"),
    [(SERVICE_LINKED, None), ({"Ref": "Given"}, None), (OWN_ROLE, f"{OWN_ROLE}2")],
)
def test_an_environment_whose_role_stays_one_of_its_kind_or_is_unknown_is_taken_in(
    had: object, has: str | None, tmp_path: Path
) -> None:
    assert rewritten(tmp_path, had, has, []).get("ServiceRole") == has


def test_an_unmanaged_environment_changes_its_role(tmp_path: Path) -> None:
    stack, _, _ = new_stack()
    bc.UnmanagedComputeEnvironment(stack, "Ours")
    properties = {"Type": "UNMANAGED"}
    old = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}

    bc.keep_ids_of(stack, old_file(tmp_path, {"Old": old}))

    assert "ServiceRole" in template(stack)["Resources"]["Old"]["Properties"]


def test_a_role_that_must_not_change_stays_where_it_is_held(tmp_path: Path) -> None:
    assert rewritten(tmp_path, OWN_ROLE, None, ["Old"])["ServiceRole"] == OWN_ROLE


def test_a_physical_name_tells_more_than_the_properties(tmp_path: Path) -> None:
    stack = queues(1, 7)

    bc.keep_ids_of(
        stack, old_file(tmp_path, {"Named": queue(1, JobQueueName="named"), "Other": queue(3)})
    )

    assert ids(stack) == {7: "Named", 1: "Other"}


def test_a_path_tells_more_than_the_properties(tmp_path: Path) -> None:
    stack = queues(1, 2)
    at = {**queue(1), "Metadata": {"aws:cdk:path": "Elsewhere/Queue2/Resource"}}

    bc.keep_ids_of(stack, old_file(tmp_path, {"ByPath": at, "Other": queue(2)}))

    assert ids(stack) == {2: "ByPath", 1: "Other"}


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (
            {"A": queue(1), "B": queue(2), "C": queue(3)},
            "C (AWS::Batch::JobQueue) which no resource of the stack matches",
        ),
        (
            {"A": {"Type": "AWS::SQS::Queue"}},
            "A (AWS::SQS::Queue) which no resource of the stack matches",
        ),
        (
            {"A": queue(5, State="ENABLED"), "B": queue(6, State="ENABLED")},
            "A (AWS::Batch::JobQueue) which could be Queue1/Resource or Queue2/Resource",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(
    old: dict[str, Any], said: str, tmp_path: Path
) -> None:
    stack = queues(1, 2)

    with pytest.raises(ValueError, match="Declare it, or name it in let_go") as refused:
        bc.keep_ids_of(stack, old_file(tmp_path, old))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_let_go_is_not_asked_for(tmp_path: Path) -> None:
    stack = queues(1)

    file = old_file(tmp_path, {"A": queue(1), "Gone": {"Type": "AWS::IAM::Role"}})
    bc.keep_ids_of(stack, file, let_go=["Gone"])

    assert ids(stack) == {1: "A"}
    with pytest.raises(ValueError, match=r"let_go names Odd: .*; hold names Other: .* give one"):
        bc.keep_ids_of(stack, file, let_go=["Gone", "Odd"], hold=["Other"])


def test_a_create_only_property_keeps_its_spelling(tmp_path: Path) -> None:
    stack = queues()
    old = {"Type": "managed", "ComputeResources": {"Type": "FARGATE"}}

    bc.keep_ids_of(stack, old_file(tmp_path, capacity(**old)))

    assert template(stack)["Resources"]["Env"]["Properties"]["Type"] == "managed"


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                }
            ],
            "Version": "2012-10-17",
        }
    },
    "DeletionPolicy": "Retain",
}
POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {"PolicyName": "logs", "Roles": [{"Ref": "Execution"}], "PolicyDocument": {}},
}


def test_a_role_and_its_policy_that_the_stack_has_not_stay_as_they_are(tmp_path: Path) -> None:
    stack, *_ = new_stack()
    iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    bc.keep_ids_of(stack, old_file(tmp_path, {"Execution": ROLE, "Logs": POLICY}))

    found = template(stack)["Resources"]
    kept = {name: {**found[name]} for name in ("Execution", "Logs")}
    assert [one.pop("Metadata")["aws:cdk:path"] for one in kept.values()] == [
        "Stack/Kept/Execution",
        "Stack/Kept/Logs",
    ]
    assert kept == {"Execution": ROLE, "Logs": POLICY}
    assert len(found) == 3


def test_a_policy_that_stays_keeps_its_role(tmp_path: Path) -> None:
    stack, *_ = new_stack()
    file = old_file(tmp_path, {"Execution": ROLE, "Logs": POLICY})

    with pytest.raises(ValueError, match="Logs .* which stays and names Execution, which let_go"):
        bc.keep_ids_of(stack, file, let_go=["Execution"])


def test_roles_are_known_by_the_environments_that_name_them(tmp_path: Path) -> None:
    def environment(name: str) -> dict[str, Any]:
        resources = {"Type": "EC2", "InstanceRole": {"Fn::GetAtt": [f"{name}Profile", "Arn"]}}
        return {
            f"{name}Old": {
                "Type": "AWS::Batch::ComputeEnvironment",
                "Properties": {
                    "Type": "managed",
                    "ReplaceComputeEnvironment": False,
                    "ComputeResources": {
                        **resources,
                        "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
                        "MaxvCpus": {"One": 4, "Two": 8}[name],
                    },
                },
            },
            f"{name}Profile": {
                "Type": "AWS::IAM::InstanceProfile",
                "Properties": {"Roles": [{"Ref": f"{name}Role"}]},
            },
            f"{name}Role": {**ROLE, "DeletionPolicy": "Delete"},
        }

    stack, vpc, groups = new_stack()
    for name, most in (("Small", 4), ("Large", 8)):
        bc.Ec2ComputeEnvironment(stack, name, vpc=vpc, security_groups=groups, max_vcpus=most)

    bc.keep_ids_of(stack, old_file(tmp_path, {**environment("One"), **environment("Two")}))

    paths = {
        name: one["Metadata"]["aws:cdk:path"].split("/")[1]
        for name, one in template(stack)["Resources"].items()
        if name.startswith(("One", "Two"))
    }
    assert paths == {
        **dict.fromkeys(("OneOld", "OneProfile", "OneRole"), "Small"),
        **dict.fromkeys(("TwoOld", "TwoProfile", "TwoRole"), "Large"),
    }


def capacity(**properties: Any) -> dict[str, Any]:
    given = {"Type": "MANAGED", "ComputeResources": {"Type": "FARGATE"}, **properties}
    return {"Env": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": given}}


@pytest.mark.parametrize("old", [None, {"Team": "a", "a.b": "c"}])
def test_tags_of_an_environment_stay_as_they_were_since_others_replace_it(
    old: dict[str, str] | None, tmp_path: Path
) -> None:
    stack = queues()
    cdk.Tags.of(stack).add("Team", "b")
    cdk.Tags.of(stack).add("x.y", "b")

    tags = {} if old is None else {"Tags": old}
    bc.keep_ids_of(stack, old_file(tmp_path, capacity(**tags)))

    assert template(stack)["Resources"]["Env"]["Properties"].get("Tags") == old


def test_a_tag_in_a_list_that_a_condition_decides_stays_as_well(tmp_path: Path) -> None:
    stack, *_ = new_stack()
    ec2.CfnPlacementGroup(stack, "Mine")
    cdk.Tags.of(stack).add("Team", "b")
    tags = [{"Fn::If": ["Large", {"Key": "Size", "Value": "l"}, {"Ref": "AWS::NoValue"}]}]
    cdk.CfnCondition(stack, "Large", expression=cdk.Fn.condition_equals("a", "a"))

    old = {"Type": "AWS::EC2::PlacementGroup", "Properties": {"Tags": tags}}
    bc.keep_ids_of(stack, old_file(tmp_path, {"Old": old}))

    assert template(stack)["Resources"]["Old"]["Properties"]["Tags"] == tags


@pytest.mark.parametrize("new", [ec2.CfnPlacementGroup, ec2.CfnKeyPair])
def test_a_list_of_tags_that_replaces_stays_too(new: Any, tmp_path: Path) -> None:
    stack, *_ = new_stack()
    named = {"key_name": "jobs"} if new is ec2.CfnKeyPair else {}
    new(stack, "Mine", **named)
    cdk.Tags.of(stack).add("Team", "b")
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "Owner", "Value": "a"}]
    given = {"Tags": tags, **({"KeyName": "jobs"} if named else {})}

    old = {"Type": new.CFN_RESOURCE_TYPE_NAME, "Properties": given}
    bc.keep_ids_of(stack, old_file(tmp_path, {"Old": old}))

    assert template(stack)["Resources"]["Old"]["Properties"]["Tags"] == tags


def test_a_tag_that_is_a_number_with_a_point_keeps_it(tmp_path: Path) -> None:
    """To JavaScript, 1.0 is 1: a tag with that value would replace the environment."""
    stack = stack_of(Mine=capacity(Tags={"Version": "1.0"})["Env"])

    bc.keep_ids_of(stack, old_file(tmp_path, capacity(Tags={"Version": 1.0})))

    assert template(stack)["Resources"]["Env"]["Properties"]["Tags"] == {"Version": "1.0"}


def test_tags_of_an_environment_that_is_a_plain_l1_stay_too(tmp_path: Path) -> None:
    old = capacity(Tags={"Team": "a"})
    stack = stack_of(Mine=capacity(Tags={"Team": "b"})["Env"])

    bc.keep_ids_of(stack, old_file(tmp_path, old))

    assert template(stack)["Resources"]["Env"]["Properties"]["Tags"] == {"Team": "a"}


@pytest.mark.parametrize(
    ("own", "had", "told"),
    [
        ({}, None, ["Stage", "Team"]),
        ({"Team": "a"}, None, ["Stage"]),
        ({}, {"Team": "b", "Stage": "x"}, []),
        ({}, {"Team": "a", "Stage": "x", "Gone": "y"}, ["Team", "Gone"]),
        ({"Team": "a", "Stage": "x"}, {}, []),
    ],
)
def test_a_tag_of_the_stack_that_would_replace_an_environment_is_told(
    own: dict[str, str], had: dict[str, str] | None, told: list[str], tmp_path: Path
) -> None:
    stack = queues()
    cdk.Tags.of(stack).add("Team", "b")
    cdk.Tags.of(stack).add("Stage", "x")
    old = {"Resources": capacity(**({"Tags": own} if own else {}))}
    file = tmp_path / "S.template.json"
    file.write_text(json.dumps(old))
    properties = {"templateFile": file.name, "tags": had}
    artifacts = {"S": {"type": "aws:cloudformation:stack", "properties": properties}}
    if had is not None:
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))

    bc.keep_ids_of(stack, file if had is None else tmp_path)

    assert template(stack)["Resources"]["Env"]["Properties"].get("Tags", {}) == own
    said = [one for one in warnings(stack) if "gives it the tags of the stack" in one]
    assert [f"stack, and {', '.join(told)} would" in one for one in said] == [True] * bool(told)


def test_a_tag_of_the_stack_alone_is_not_told_where_the_old_ones_are_unknown(
    tmp_path: Path,
) -> None:
    stack = queues()
    cdk.Tags.of(stack).add("Team", "a", include_resource_types=["aws:cdk:stack"])

    bc.keep_ids_of(stack, old_file(tmp_path, capacity()))

    assert not [one for one in warnings(stack) if "tags of the stack" in one]


def test_a_name_stays_without_the_hash_behind_it(tmp_path: Path) -> None:
    stack, vpc, groups = new_stack()
    for name in ("nightly", "daily"):
        bc.FargateComputeEnvironment(
            stack, name, vpc=vpc, security_groups=groups, compute_environment_name=name
        )
    old = capacity(ComputeEnvironmentName="daily")

    bc.keep_ids_of(stack, old_file(tmp_path, old))

    found = template(stack)["Resources"]["Env"]
    assert found["Properties"]["ComputeEnvironmentName"] == "daily"
    assert found["Metadata"]["aws:cdk:path"] == "Stack/daily/Resource"


def test_a_security_group_keeps_its_description_which_names_another_path(tmp_path: Path) -> None:
    stack, vpc, _ = new_stack()
    ec2.SecurityGroup(stack, "Group", vpc=vpc)
    properties = {"GroupDescription": "Old/It", "VpcId": "vpc-1"}
    old = {"Old": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}

    bc.keep_ids_of(stack, old_file(tmp_path, old))

    group = template(stack)["Resources"]["Old"]
    assert group["Properties"]["GroupDescription"] == "Old/It"


def test_what_would_be_replaced_is_refused_with_the_property(tmp_path: Path) -> None:
    stack = queues()

    with pytest.raises(ValueError, match="would be replaced") as refused:
        bc.keep_ids_of(stack, old_file(tmp_path, capacity(ComputeEnvironmentName="nightly")))

    assert str(refused.value) == (
        "Stack: Env (AWS::Batch::ComputeEnvironment) would be replaced by Capacity/Resource, since "
        "ComputeEnvironmentName is 'nightly' in the old template and not there here: leave that as "
        "it was, name Env in hold to keep it for now, or in let_go to delete it"
    )


def named_by_a_mapping(name: str, directory: Path) -> dict[str, Any]:
    """Keep the IDs of a template that reads a name from a mapping, as the stack does."""
    find = {"Fn::FindInMap": ["Names", "live", "name"]}
    old = {
        "Mappings": {"Names": {"live": {"name": "nightly"}}},
        "Resources": capacity(ComputeEnvironmentName=find),
    }
    file = directory / "old.json"
    file.write_text(json.dumps(old))
    stack = queues()
    cdk.CfnMapping(stack, "Names", mapping={"live": {"name": name}})
    environment: Any = stack.node.find_child("Capacity")
    environment.resource.compute_environment_name = cdk.Fn.find_in_map("Names", "live", "name")
    bc.keep_ids_of(stack, file)
    return template(stack)


def test_a_name_that_a_mapping_gives_stays_where_the_mapping_does(tmp_path: Path) -> None:
    assert "Env" in named_by_a_mapping("nightly", tmp_path)["Resources"]


def test_a_name_that_a_mapping_gives_is_another_one_where_the_mapping_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is 'nightly' in the old template and 'daily' here"):
        named_by_a_mapping("daily", tmp_path)


def test_what_is_held_is_not_replaced_yet(tmp_path: Path) -> None:
    stack = queues()

    bc.keep_ids_of(
        stack, old_file(tmp_path, capacity(ComputeEnvironmentName="nightly")), hold=["Env"]
    )

    new = template(stack)
    assert new["Resources"]["Env"]["Properties"]["ComputeEnvironmentName"] == "nightly"
    effect = impact({"Resources": capacity(ComputeEnvironmentName="nightly")}, new)["Env"].effect
    assert effect is Effect.IN_PLACE


def test_what_is_new_under_the_id_of_another_type_gets_another_one(tmp_path: Path) -> None:
    stack, *_ = new_stack()
    cdk.CfnResource(stack, "Nightly", type="AWS::SQS::Queue")
    old = {"Nightly": {"Type": "AWS::Events::Rule"}}

    bc.keep_ids_of(stack, old_file(tmp_path, old), let_go=["Nightly"])

    assert list(template(stack)["Resources"]) == ["NightlyQueue"]
