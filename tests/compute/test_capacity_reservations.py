"""Reserved capacity and Capacity Blocks, by the launch template of an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.rules import check_template

Properties = Callable[[str], dict[str, Any]]
TEMPLATE = "AWS::EC2::LaunchTemplate"
ID = "cr-0123456789abcdef0"
GROUP = "arn:aws:resource-groups:us-east-1:123456789012:group/reserved"


@pytest.fixture
def data(properties: Properties) -> Callable[[], dict[str, Any]]:
    return lambda: properties(TEMPLATE)["LaunchTemplateData"]


def test_an_environment_starts_its_instances_in_a_reservation(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    data: Callable[[], dict[str, Any]],
    properties: Properties,
) -> None:
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, capacity_reservation=ID)

    specification = data()["CapacityReservationSpecification"]
    assert specification == {"CapacityReservationTarget": {"CapacityReservationId": ID}}
    compute = properties("AWS::Batch::ComputeEnvironment")["ComputeResources"]
    assert compute["LaunchTemplate"]["LaunchTemplateId"]["Ref"].startswith("EnvironmentLaunchT")


ONLY = bc.CapacityReservation(preference="capacity-reservations-only")


@pytest.mark.parametrize(
    "reservation",
    [ID, ONLY, ONLY.preference, bc.CapacityReservation(resource_group_arn=GROUP)],
)
def test_spot_instances_leave_no_reserved_capacity_empty(
    reservation: Any, stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    with pytest.raises(ValueError, match="Stack/Spot: capacity_reservation is reserved capacity"):
        bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, capacity_reservation=reservation)

    template = bc.LaunchTemplate(stack, "Template", capacity_reservation=reservation)
    with pytest.raises(ValueError, match="launch_template Stack/Template has a capacity_reserv"):
        bc.EksComputeEnvironment(
            stack,
            "Nodes",
            vpc=vpc,
            cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
            kubernetes_namespace="batch",
            spot=True,
            launch_template=template,
        )


@pytest.mark.parametrize(
    "none",
    [
        bc.CapacityReservation(preference=bc.CapacityReservationPreference.NONE),
        bc.CapacityReservationPreference.NONE,
        "none",
    ],
)
def test_spot_instances_may_leave_open_reservations_alone(
    none: Any, stack: cdk.Stack, vpc: ec2.Vpc, data: Callable[[], dict[str, Any]]
) -> None:
    bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, capacity_reservation=none)

    assert data()["CapacityReservationSpecification"] == {"CapacityReservationPreference": "none"}


def test_a_reservation_is_of_one_type_in_one_zone(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    bc.Ec2ComputeEnvironment(
        stack,
        "Two",
        vpc=vpc,
        instance_types=["p5.48xlarge", "p4d.24xlarge"],
        capacity_reservation=ID,
    )
    bc.Ec2ComputeEnvironment(
        stack,
        "One",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(availability_zones=[vpc.availability_zones[0]]),
        instance_types=["p5.48xlarge"],
        capacity_reservation=ID,
    )

    template = assertions.Template.from_stack(stack).to_json()
    told = [one for one in check_template(template) if one.rule == "reservation-place"]
    assert {one.resource[:3] for one in told} == {"Two"}
    assert {one.path.rpartition("/")[2] for one in told} == {"InstanceTypes", "Subnets"}


def test_a_capacity_block_is_named_with_its_market(
    stack: cdk.Stack, data: Callable[[], dict[str, Any]]
) -> None:
    block = bc.CapacityReservation(capacity_reservation_id=ID, capacity_block=True)
    bc.LaunchTemplate(stack, "Template", capacity_reservation=block)

    assert data()["InstanceMarketOptions"] == {"MarketType": "capacity-block"}


def test_a_group_of_reservations_is_named_by_its_arn(
    stack: cdk.Stack, data: Callable[[], dict[str, Any]]
) -> None:
    group = bc.CapacityReservation(resource_group_arn=GROUP)
    bc.LaunchTemplate(stack, "Template", capacity_reservation=group)

    target = data()["CapacityReservationSpecification"]["CapacityReservationTarget"]
    assert target == {"CapacityReservationResourceGroupArn": GROUP}


def test_reservations_can_be_kept_for_others(
    stack: cdk.Stack, data: Callable[[], dict[str, Any]]
) -> None:
    none = bc.CapacityReservation(preference=bc.CapacityReservationPreference.NONE)
    bc.LaunchTemplate(stack, "Template", capacity_reservation=none)

    specification = data()["CapacityReservationSpecification"]
    assert specification == {"CapacityReservationPreference": "none"}


def test_a_reservation_of_the_stack_is_taken_as_it_is(
    stack: cdk.Stack, data: Callable[[], dict[str, Any]]
) -> None:
    made = ec2.CfnCapacityReservation(
        stack,
        "Reserved",
        availability_zone="us-east-1a",
        instance_count=2,
        instance_platform="Linux/UNIX",
        instance_type="p5.48xlarge",
    )
    bc.LaunchTemplate(stack, "Template", capacity_reservation=made)

    target = data()["CapacityReservationSpecification"]["CapacityReservationTarget"]
    assert target["CapacityReservationId"]["Fn::GetAtt"] == ["Reserved", "Id"]


@pytest.mark.parametrize(
    ("reservation", "message"),
    [
        ("reserved", 'capacity_reservation is "reserved"; allowed: .* cr-.*, or .*open'),
        (
            bc.CapacityReservation(capacity_reservation_id="reserved"),
            'capacity_reservation.capacity_reservation_id is "reserved"',
        ),
        (7, "capacity_reservation is int 7; expected CapacityReservation"),
        (bc.CapacityReservation(), "capacity_reservation.preference is left out"),
        (bc.CapacityReservation(preference="some"), 'capacity_reservation.preference is "some"'),
        (
            bc.CapacityReservation(capacity_reservation_id=ID, preference="open"),
            'capacity_reservation.preference is "open" although a reservation',
        ),
        (
            bc.CapacityReservation(capacity_reservation_id=ID, resource_group_arn=GROUP),
            "capacity_reservation.resource_group_arn is given with",
        ),
        (
            bc.CapacityReservation(resource_group_arn="reserved"),
            'capacity_reservation.resource_group_arn is "reserved"',
        ),
        (
            bc.CapacityReservation(preference="open", capacity_block=True),
            "capacity_reservation.capacity_block is given without a reservation",
        ),
    ],
)
def test_what_ec2_would_refuse_is_refused_where_it_is_given(
    reservation: Any, message: str, stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    with pytest.raises((ValueError, TypeError), match=f"Stack/Environment: {message}"):
        bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, capacity_reservation=reservation)
    with pytest.raises((ValueError, TypeError), match=f"Stack/Template: {message}"):
        bc.LaunchTemplate(stack, "Template", capacity_reservation=reservation)


def test_a_word_that_is_no_preference_is_no_reservation_on_spot(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    with pytest.raises(ValueError, match='^Stack/Spot: capacity_reservation is "OPEN"; allowed'):
        bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc, capacity_reservation="OPEN")


def test_a_reservation_goes_to_the_launch_template_that_is_there(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    template = bc.LaunchTemplate(stack, "Template")

    with pytest.raises(ValueError, match="capacity_reservation is given with launch_template"):
        bc.Ec2ComputeEnvironment(
            stack, "Environment", vpc=vpc, launch_template=template, capacity_reservation=ID
        )
