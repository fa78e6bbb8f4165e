"""Environments and shares that are added to a queue or a policy that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from tests.test_jsii_calls import sent as sent  # noqa: PLC0414  # a fixture

Properties = Callable[[str], dict[str, Any]]
QUEUE = "AWS::Batch::JobQueue"
POLICY = "AWS::Batch::SchedulingPolicy"


@pytest.fixture
def spot(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.SpotComputeEnvironment:
    return bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)


@pytest.fixture
def on_demand(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.Ec2ComputeEnvironment:
    return bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)


@pytest.fixture
def queue(stack: cdk.Stack, spot: bc.SpotComputeEnvironment) -> bc.JobQueue:
    return bc.JobQueue(stack, "Queue", compute_environments=[spot])


@pytest.fixture
def policy(stack: cdk.Stack) -> bc.FairSharePolicy:
    return bc.FairSharePolicy(stack, "Fair", shares=[bc.Share(share_identifier="alice")])


def test_an_environment_that_is_added_is_tried_last(
    queue: bc.JobQueue, on_demand: bc.Ec2ComputeEnvironment, properties: Properties
) -> None:
    queue.add_compute_environment(on_demand)

    order = properties(QUEUE)["ComputeEnvironmentOrder"]
    names = [(one["Order"], one["ComputeEnvironment"]["Fn::GetAtt"][0][:4]) for one in order]
    assert names == [(1, "Spot"), (2, "OnDe")]
    assert queue.compute_environments[-1] is on_demand


def test_an_environment_is_refused_as_the_constructor_would_and_nothing_is_changed(
    stack: cdk.Stack, queue: bc.JobQueue, vpc: ec2.Vpc, properties: Properties
) -> None:
    fargate = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)
    environments = [*queue.compute_environments, fargate]

    with pytest.raises(ValueError, match="compute_environments") as later:
        queue.add_compute_environment(fargate)
    with pytest.raises(ValueError, match="compute_environments") as at_once:
        bc.JobQueue(stack, "Other", compute_environments=environments)

    said = str(later.value).replace("Queue", "Other").replace("(environment)", "({})")
    assert said.format("compute_environments[1]") == str(at_once.value)
    assert len(properties(QUEUE)["ComputeEnvironmentOrder"]) == 1


def test_no_environment_is_added_to_a_queue_that_was_taken_in(
    stack: cdk.Stack, spot: bc.SpotComputeEnvironment
) -> None:
    queue = bc.JobQueue.from_job_queue_name(stack, "Imported", "theirs")
    said = (
        r"^Stack/Imported: add_compute_environment\(environment=…\) .* "
        "add the environment where it is created$"
    )

    with pytest.raises(ValueError, match=said):
        queue.add_compute_environment(spot)


def test_what_is_no_environment_is_not_added(queue: bc.JobQueue) -> None:
    wrong: Any = "spot"

    with pytest.raises(TypeError, match=r'Stack/Queue: environment is str "spot"; expected'):
        queue.add_compute_environment(wrong)


def test_a_share_that_is_added_is_rendered(
    policy: bc.FairSharePolicy, properties: Properties
) -> None:
    policy.add_share(bc.Share(share_identifier="bob", weight_factor=0.5))

    assert properties(POLICY)["FairsharePolicy"]["ShareDistribution"] == [
        {"ShareIdentifier": "alice", "WeightFactor": 1},
        {"ShareIdentifier": "bob", "WeightFactor": 0.5},
    ]


def test_a_share_that_overlaps_is_refused_and_the_next_one_is_not(
    policy: bc.FairSharePolicy,
) -> None:
    with pytest.raises(ValueError, match="Stack/Fair"):
        policy.add_share(bc.Share(share_identifier="ali*"))
    policy.add_share(bc.Share(share_identifier="bob"))


def test_what_is_no_share_is_not_added(policy: bc.FairSharePolicy) -> None:
    wrong: Any = "bob"

    with pytest.raises(TypeError, match=r"Stack/Fair: share is str \"bob\"; expected Share"):
        policy.add_share(wrong)


def test_an_addition_changes_one_thing_in_the_cdk_and_makes_nothing(
    queue: bc.JobQueue,
    policy: bc.FairSharePolicy,
    on_demand: bc.Ec2ComputeEnvironment,
    sent: list[str],
) -> None:
    before = len(sent)
    queue.add_compute_environment(on_demand)
    policy.add_share(bc.Share(share_identifier="bob"))

    added = sent[before:]
    assert added.count("SetRequest") == 2
    assert "CreateRequest" not in added
