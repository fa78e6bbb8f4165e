"""A stack that was written anew keeps the logical IDs of the old one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.impact.verdict import Effect, impact

SUBNETS = {"private_subnet_ids": ["subnet-1"], "availability_zones": ["eu-central-1a"]}


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
    [(True, "loses its scheduling policy"), (False, "gets a scheduling policy")],
)
def test_a_queue_that_changes_as_none_can_is_refused(
    problem: str, tmp_path: Path, *, had: bool
) -> None:
    stack, vpc, groups = new_stack()
    ours = bc.FargateComputeEnvironment(stack, "Capacity", vpc=vpc, security_groups=groups)
    policy = None if had else bc.FairSharePolicy(stack, "Fair", scheduling_policy_name="fair")
    bc.JobQueue(stack, "Jobs", compute_environments=[ours], scheduling_policy=policy)
    old = queue(1, **({"SchedulingPolicyArn": "arn"} if had else {}))

    with pytest.raises(ValueError, match=f"Old is a queue that {problem}"):
        bc.keep_ids_of(stack, old_file(tmp_path, {"Old": old}))


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
            "C (AWS::Batch::JobQueue) which no resource of the stack is",
        ),
        (
            {"A": {"Type": "AWS::IAM::Role"}},
            "A (AWS::IAM::Role) which no resource of the stack is",
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
    with pytest.raises(ValueError, match="no Odd, which let_go names"):
        bc.keep_ids_of(stack, file, let_go=["Gone", "Odd"])


def test_a_create_only_property_keeps_its_spelling(tmp_path: Path) -> None:
    stack = queues()
    old = {"Env": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"Type": "managed"}}}

    bc.keep_ids_of(stack, old_file(tmp_path, old))

    assert template(stack)["Resources"]["Env"]["Properties"]["Type"] == "managed"
