"""Fair shares, quota shares, consumable resources, service environments and their queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc

Rendered = dict[str, Any]
Properties = Callable[[str], Rendered]
Resources = Callable[..., dict[str, Rendered]]


@pytest.fixture
def environment(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)


@pytest.fixture
def training(stack: cdk.Stack) -> bc.ServiceEnvironment:
    return bc.ServiceEnvironment(
        stack, "Training", capacity_limits=[bc.CapacityLimit(max_capacity=10)]
    )


class TestFairShares:
    def test_a_policy_renders_its_shares(self, stack: cdk.Stack, properties: Properties) -> None:
        bc.FairSharePolicy(
            stack,
            "Fair",
            shares=[
                bc.Share(share_identifier="alice", weight_factor=0.5),
                bc.Share(share_identifier="team*"),
            ],
            share_decay=cdk.Duration.hours(1),
            compute_reservation_percentage=25,
        )

        assert properties("AWS::Batch::SchedulingPolicy") == {
            "FairsharePolicy": {
                "ComputeReservation": 25,
                "ShareDecaySeconds": 3600,
                "ShareDistribution": [
                    {"ShareIdentifier": "alice", "WeightFactor": 0.5},
                    {"ShareIdentifier": "team*", "WeightFactor": 1},
                ],
            }
        }

    def test_a_policy_without_shares_weighs_everybody_alike(
        self, stack: cdk.Stack, properties: Properties
    ) -> None:
        bc.FairSharePolicy(stack, "Fair")

        assert properties("AWS::Batch::SchedulingPolicy") == {"FairsharePolicy": {}}

    @pytest.mark.parametrize("kind", ["ours", "L2", "L1", "imported"])
    def test_a_queue_takes_whatever_policy_there_is(
        self,
        kind: str,
        stack: cdk.Stack,
        environment: bc.FargateComputeEnvironment,
        properties: Properties,
    ) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair"
        policies: dict[str, Callable[[], Any]] = {
            "ours": lambda: bc.FairSharePolicy(stack, "Policy"),
            "L2": lambda: batch.FairshareSchedulingPolicy(stack, "Policy"),
            "L1": lambda: batch.CfnSchedulingPolicy(stack, "Policy", fairshare_policy={}),
            "imported": lambda: bc.SchedulingPolicy.from_scheduling_policy_arn(
                stack, "Policy", arn
            ),
        }
        bc.JobQueue(
            stack,
            "Queue",
            compute_environments=[environment],
            scheduling_policy=policies[kind](),
        )

        rendered = properties("AWS::Batch::JobQueue")["SchedulingPolicyArn"]
        assert rendered == arn if kind == "imported" else "Policy" in str(rendered)

    def test_every_mistake_is_said_with_the_share_it_is_in(self, stack: cdk.Stack) -> None:
        with pytest.raises(
            ValueError, match=r"(?s)shares\[1\].weight_factor is .*0.0001 to"
        ) as error:
            bc.FairSharePolicy(
                stack,
                "Fair",
                shares=[
                    bc.Share(share_identifier="a*"),
                    bc.Share(share_identifier="a1", weight_factor=5000),
                    bc.Share(share_identifier="not-allowed"),
                ],
                share_decay=cdk.Duration.days(30),
                compute_reservation_percentage=500,
            )

        message = str(error.value)
        assert 'shares[1].share_identifier: the share identifiers "a1" and "a*" overlap' in message
        assert 'shares[2].share_identifier is "not-allowed"' in message
        assert "share_decay is " in message
        assert "compute_reservation_percentage is 500" in message

    def test_a_share_that_is_none_is_named(self, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError, match=r"shares\[0\] is str \"alice\"; expected Share\("):
            bc.FairSharePolicy(stack, "Fair", shares=["alice"])  # type: ignore[list-item]

    def test_the_base_of_the_policies_makes_none(self, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError, match="create a FairSharePolicy or a QuotaSharePolicy"):
            bc.SchedulingPolicy(stack, "Policy")  # type: ignore[abstract]  # as it is refused
        assert stack.node.try_find_child("Policy") is None

    def test_an_arn_that_is_none_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="scheduling_policy_arn is .*; allowed: an ARN"):
            bc.SchedulingPolicy.from_scheduling_policy_arn(stack, "Fair", "fair")

    def test_a_policy_is_found_by_name(self, stack: cdk.Stack) -> None:
        policy = bc.SchedulingPolicy.from_scheduling_policy_name(stack, "Fair", "fair")

        assert policy.scheduling_policy_name == "fair"


class TestServiceJobs:
    def test_a_service_queue_terminates_jobs_that_fit_nowhere(
        self, stack: cdk.Stack, training: bc.ServiceEnvironment, properties: Properties
    ) -> None:
        bc.ServiceJobQueue(stack, "Queue", service_environments=[training])

        rendered = properties("AWS::Batch::JobQueue")
        assert rendered["JobQueueType"] == "SAGEMAKER_TRAINING"
        assert rendered["ServiceEnvironmentOrder"][0]["Order"] == 1
        assert [
            (action["Action"], action["Reason"]) for action in rendered["JobStateTimeLimitActions"]
        ] == [
            ("TERMINATE", "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE"),
            ("TERMINATE", "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED"),
        ]

    def test_a_reason_of_container_jobs_is_refused_on_a_service_queue(
        self, stack: cdk.Stack, training: bc.ServiceEnvironment
    ) -> None:
        limit = bc.TimeLimit(
            reason=bc.TimeLimitReason.JOB_RESOURCE_REQUIREMENT, after=cdk.Duration.hours(1)
        )
        with pytest.raises(
            ValueError, match=r"time_limits\[0\].reason is .*; allowed: CAPACITY:INSUFFICIENT"
        ):
            bc.ServiceJobQueue(stack, "Queue", service_environments=[training], time_limits=[limit])

    def test_a_service_queue_without_environments_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="service_environments has 0 service environments"):
            bc.ServiceJobQueue(stack, "Queue", service_environments=[])

    def test_a_service_queue_of_two_environments_is_refused(
        self, stack: cdk.Stack, training: bc.ServiceEnvironment
    ) -> None:
        limits = [bc.CapacityLimit(max_capacity=1)]
        other = bc.ServiceEnvironment(stack, "Other", capacity_limits=limits)
        with pytest.raises(ValueError, match="has 2 service environments; allowed: exactly 1"):
            bc.ServiceJobQueue(stack, "Queue", service_environments=[training, other])

    def test_an_imported_environment_is_as_good(
        self, stack: cdk.Stack, properties: Properties
    ) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:service-environment/training"
        environment = bc.ServiceEnvironment.from_service_environment_arn(stack, "Training", arn)
        bc.ServiceJobQueue(stack, "Queue", service_environments=[environment])

        (entry,) = properties("AWS::Batch::JobQueue")["ServiceEnvironmentOrder"]
        assert entry["ServiceEnvironment"] == arn

    @pytest.mark.parametrize(
        ("limits", "message"),
        [
            ([], "capacity_limits is empty; allowed: at least one"),
            (
                [bc.CapacityLimit(max_capacity=0)],
                r"capacity_limits\[0\]\.max_capacity is 0; allowed: whole numbers from 1",
            ),
            (
                [bc.CapacityLimit(max_capacity=1, capacity_unit="vcpus")],
                r'capacity_limits\[0\]\.capacity_unit is "vcpus"',
            ),
        ],
    )
    def test_a_limit_that_aws_refuses_is_refused(
        self, limits: list[bc.CapacityLimit], message: str, stack: cdk.Stack
    ) -> None:
        with pytest.raises(ValueError, match=message):
            bc.ServiceEnvironment(stack, "Training", capacity_limits=limits)

    def test_a_quota_share_lends_and_borrows_unless_it_is_told_otherwise(
        self, stack: cdk.Stack, training: bc.ServiceEnvironment, properties: Properties
    ) -> None:
        queue = bc.ServiceJobQueue(
            stack,
            "Queue",
            service_environments=[training],
            scheduling_policy=bc.QuotaSharePolicy(stack, "Quotas"),
        )
        bc.QuotaShare(
            stack,
            "Research",
            queue=queue,
            capacity_limits=[bc.CapacityLimit(max_capacity=4, capacity_unit="ml.m5.large")],
            quota_share_name="research",
        )

        rendered = properties("AWS::Batch::QuotaShare")
        assert rendered["CapacityLimits"] == [{"CapacityUnit": "ml.m5.large", "MaxCapacity": 4}]
        assert rendered["ResourceSharingConfiguration"] == {"Strategy": "LEND_AND_BORROW"}
        assert rendered["PreemptionConfiguration"] == {"InSharePreemption": "DISABLED"}

    def test_a_quota_share_of_a_queue_of_container_jobs_is_refused(
        self, stack: cdk.Stack, environment: bc.FargateComputeEnvironment
    ) -> None:
        queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])

        with pytest.raises(TypeError, match="queue is JobQueue; expected a ServiceJobQueue"):
            bc.QuotaShare(
                stack,
                "Share",
                queue=queue,
                capacity_limits=[bc.CapacityLimit(max_capacity=4)],
                quota_share_name="research",
            )

    def test_a_borrow_limit_on_a_share_that_does_not_borrow_is_refused(
        self, stack: cdk.Stack, training: bc.ServiceEnvironment
    ) -> None:
        queue = bc.ServiceJobQueue(
            stack,
            "Queue",
            service_environments=[training],
            scheduling_policy=bc.QuotaSharePolicy(stack, "Quotas"),
        )
        with pytest.raises(
            ValueError, match="borrow_limit_percentage is set, but sharing_strategy is LEND"
        ):
            bc.QuotaShare(
                stack,
                "Share",
                queue=queue,
                capacity_limits=[bc.CapacityLimit(max_capacity=4)],
                quota_share_name="research",
                sharing_strategy=bc.SharingStrategy.LEND,
                borrow_limit_percentage=100,
            )


class TestConsumableResources:
    def test_a_job_consumes_what_it_names(
        self, stack: cdk.Stack, resources: Resources, properties: Properties
    ) -> None:
        licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)
        bc.FargateJobDefinition(
            stack,
            "Job",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            consumable_resources={licences: 2},
        )

        (name,) = resources("AWS::Batch::ConsumableResource")
        assert properties("AWS::Batch::ConsumableResource") == {
            "ResourceType": "REPLENISHABLE",
            "TotalQuantity": 5,
        }
        assert properties("AWS::Batch::JobDefinition")["ConsumableResourceProperties"] == {
            "ConsumableResourceList": [
                {
                    "ConsumableResource": {"Fn::GetAtt": [name, "ConsumableResourceArn"]},
                    "Quantity": 2,
                }
            ]
        }

    def test_tokens_are_used_up_for_good(self, stack: cdk.Stack, properties: Properties) -> None:
        bc.ConsumableResource(stack, "Tokens", total_quantity=100, replenishable=False)

        assert properties("AWS::Batch::ConsumableResource")["ResourceType"] == "NON_REPLENISHABLE"

    @pytest.mark.parametrize("kind", ["L1", "imported"])
    def test_other_peoples_resources_are_consumed_too(
        self, kind: str, stack: cdk.Stack, properties: Properties
    ) -> None:
        theirs: Any = (
            batch.CfnConsumableResource(
                stack, "Licences", resource_type="REPLENISHABLE", total_quantity=5
            )
            if kind == "L1"
            else bc.ConsumableResource.from_consumable_resource_name(stack, "Licences", "licences")
        )
        bc.Ec2JobDefinition(
            stack,
            "Job",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(1),
            consumable_resources={theirs: 1},
        )

        wanted = properties("AWS::Batch::JobDefinition")["ConsumableResourceProperties"]
        assert wanted["ConsumableResourceList"][0]["Quantity"] == 1

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (0, r"consumable_resources\[.*\] is 0; allowed: whole numbers from 1"),
            (1.5, r"consumable_resources\[.*\] is 1\.5; allowed: whole numbers from 1"),
        ],
    )
    def test_a_quantity_that_is_none_is_refused(
        self, wanted: int, message: str, stack: cdk.Stack
    ) -> None:
        licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)

        with pytest.raises(ValueError, match=message):
            bc.Ec2JobDefinition(
                stack,
                "Job",
                image="busybox",
                vcpus=1,
                memory=cdk.Size.gibibytes(1),
                consumable_resources={licences: wanted},
            )

    def test_what_is_no_resource_is_named(self, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError, match='consumable_resources is str "licences"; expected a'):
            bc.Ec2JobDefinition(
                stack,
                "Job",
                image="busybox",
                vcpus=1,
                memory=cdk.Size.gibibytes(1),
                consumable_resources={"licences": 1},  # type: ignore[dict-item]
            )

    def test_who_buys_licences_may_say_how_many_there_are(
        self, stack: cdk.Stack, resources: Resources
    ) -> None:
        licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)
        buyer = iam.Role(stack, "Buyer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        licences.grant_update(buyer)

        (policy,) = resources("AWS::IAM::Policy").values()
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        (name,) = resources("AWS::Batch::ConsumableResource")
        assert statement == {
            "Action": ["batch:DescribeConsumableResource", "batch:UpdateConsumableResource"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [name, "ConsumableResourceArn"]},
        }


def test_unknown_values_are_never_an_error(
    stack: cdk.Stack, environment: bc.FargateComputeEnvironment
) -> None:
    text = cdk.CfnParameter(stack, "Text").value_as_string
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    policy = bc.FairSharePolicy(
        stack,
        "Fair",
        shares=[bc.Share(share_identifier=text, weight_factor=number)],
        share_decay=cdk.Duration.seconds(number),
        compute_reservation_percentage=number,
        scheduling_policy_name=text,
    )
    bc.JobQueue(stack, "Queue", compute_environments=[environment], scheduling_policy=policy)
    bc.ConsumableResource(stack, "Licences", total_quantity=number, consumable_resource_name=text)
    bc.ServiceEnvironment(
        stack,
        "Training",
        capacity_limits=[bc.CapacityLimit(max_capacity=number, capacity_unit=text)],
    )
