"""Environments on Amazon EKS and on ECS Managed Instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Properties = Callable[[str], Rendered]
ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/shared"


class TestEks:
    def test_nodes_have_what_eks_asks_of_them(
        self, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties, resources: Resources
    ) -> None:
        bc.EksComputeEnvironment(
            stack, "Environment", cluster=CLUSTER, kubernetes_namespace="batch", vpc=vpc
        )

        rendered = properties(ENVIRONMENT)
        assert rendered["EksConfiguration"] == {
            "EksClusterArn": CLUSTER,
            "KubernetesNamespace": "batch",
        }
        assert rendered["ComputeResources"]["AllocationStrategy"] == "BEST_FIT_PROGRESSIVE"
        assert rendered["ComputeResources"]["MinvCpus"] == 0
        (role,) = resources("AWS::IAM::Role").values()
        assert [
            arn["Fn::Join"][1][-1].rpartition("/")[2]
            for arn in role["Properties"]["ManagedPolicyArns"]
        ] == [
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonEKS_CNI_Policy",
        ]

    @pytest.mark.parametrize("kind", ["L2", "L1"])
    def test_a_cluster_is_taken_in_every_form(
        self, kind: str, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
    ) -> None:
        cluster: Any = (
            eks.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shared")
            if kind == "L2"
            else eks.CfnCluster(
                stack,
                "Cluster",
                role_arn="arn:aws:iam::123456789012:role/cluster",
                resources_vpc_config={"subnetIds": ["subnet-1"]},
            )
        )
        bc.EksComputeEnvironment(
            stack, "Environment", cluster=cluster, kubernetes_namespace="batch", vpc=vpc
        )

        arn = properties(ENVIRONMENT)["EksConfiguration"]["EksClusterArn"]
        assert "cluster/shared" in str(arn) if kind == "L2" else arn["Fn::GetAtt"][1] == "Arn"

    def test_an_image_without_a_type_is_for_eks(
        self, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
    ) -> None:
        bc.EksComputeEnvironment(
            stack,
            "Environment",
            cluster=CLUSTER,
            kubernetes_namespace="batch",
            vpc=vpc,
            images=[bc.InstanceImage(kubernetes_version="1.34")],
        )

        assert properties(ENVIRONMENT)["ComputeResources"]["Ec2Configuration"] == [
            {"ImageKubernetesVersion": "1.34", "ImageType": "EKS_AL2023"}
        ]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"kubernetes_namespace": "default"}, 'kubernetes_namespace is "default"'),
            ({"kubernetes_namespace": "kube-system"}, 'kubernetes_namespace is "kube-system"'),
            (
                {"cluster": "shared"},
                'cluster is "shared"; allowed: an ARN such as arn:aws:eks:…:cluster/name',
            ),
            ({"access_entry_state": "YES"}, 'access_entry_state is "YES"'),
            (
                {"allocation_strategy": "BEST_FIT"},
                'allocation_strategy is "BEST_FIT", which Amazon EKS',
            ),
            ({"bid_percentage": 50}, "bid_percentage is given without spot"),
            ({"bid_percentage": 0}, "bid_percentage is given without spot"),
            (
                {"images": [bc.InstanceImage(image_type="ECS_AL2023")]},
                r"images\[0\]\.image_type is \"ECS_AL2023\" in an environment on Amazon EKS",
            ),
        ],
    )
    def test_what_eks_does_not_have_is_refused(
        self, options: dict[str, Any], message: str, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        base = {"cluster": CLUSTER, "kubernetes_namespace": "batch", "vpc": vpc}
        with pytest.raises(ValueError, match=message):
            bc.EksComputeEnvironment(stack, "Environment", **{**base, **options})

    def test_what_is_no_cluster_is_named(self, stack: cdk.Stack, vpc: ec2.Vpc) -> None:
        with pytest.raises(TypeError, match="cluster is int 3; expected a cluster of aws_eks"):
            bc.EksComputeEnvironment(
                stack,
                "Environment",
                cluster=3,  # type: ignore[arg-type]
                kubernetes_namespace="batch",
                vpc=vpc,
            )


class TestManagedInstances:
    def test_nothing_but_a_network_is_needed(
        self, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
    ) -> None:
        bc.ManagedInstancesComputeEnvironment(stack, "Environment", vpc=vpc)

        rendered = properties(ENVIRONMENT)["ComputeResources"]
        assert rendered["Type"] == "ECS_MANAGED_INSTANCES"
        assert set(rendered) == {"ManagedInstancesProvider", "MaxvCpus", "Type"}
        launch = rendered["ManagedInstancesProvider"]["InstanceLaunchTemplate"]
        assert launch["CapacityOptionType"] == "ON_DEMAND"
        assert len(launch["NetworkConfiguration"]["Subnets"]) == 2

    def test_ecs_may_give_instances_their_role_and_no_other(
        self, stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
    ) -> None:
        """AWS's own policy passes only roles whose name begins with ecsInstanceRole."""
        environment = bc.ManagedInstancesComputeEnvironment(stack, "Environment", vpc=vpc)

        (policy,) = resources("AWS::IAM::Policy").values()
        role = stack.resolve(environment.instance_role.role_arn)
        assert policy["Properties"]["PolicyDocument"]["Statement"] == [
            {
                "Action": "iam:PassRole",
                "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
                "Effect": "Allow",
                "Resource": role,
            }
        ]

    def test_idle_instances_are_kept_only_if_that_is_said(
        self, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
    ) -> None:
        bc.ManagedInstancesComputeEnvironment(
            stack, "Environment", vpc=vpc, keep_idle_instances=True
        )

        provider = properties(ENVIRONMENT)["ComputeResources"]["ManagedInstancesProvider"]
        assert provider["InfrastructureOptimization"] == {"ScaleInAfter": -1}

    def test_idle_instances_may_go_at_once(
        self, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
    ) -> None:
        bc.ManagedInstancesComputeEnvironment(
            stack, "Environment", vpc=vpc, scale_in_after=cdk.Duration.seconds(0)
        )

        provider = properties(ENVIRONMENT)["ComputeResources"]["ManagedInstancesProvider"]
        assert provider["InfrastructureOptimization"] == {"ScaleInAfter": 0}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"instance_types": ["optimal"]}, r"instance_types\[0\]"),
            (
                {"scale_in_after": cdk.Duration.hours(2)},
                r"scale_in_after is 2 hours \(7200 seconds\); allowed: 0 to 3600 seconds",
            ),
            (
                {"scale_in_after": cdk.Duration.minutes(1), "keep_idle_instances": True},
                "keep_idle_instances is given with scale_in_after",
            ),
            ({"reservation_preference": "SOME"}, 'reservation_preference is "SOME"'),
        ],
    )
    def test_what_managed_instances_do_not_have_is_refused(
        self, options: dict[str, Any], message: str, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        with pytest.raises(ValueError, match=message):
            bc.ManagedInstancesComputeEnvironment(stack, "Environment", vpc=vpc, **options)

    def test_a_queue_does_not_mix_them_with_other_kinds(
        self, stack: cdk.Stack, vpc: ec2.Vpc
    ) -> None:
        managed = bc.ManagedInstancesComputeEnvironment(stack, "Managed", vpc=vpc)
        own = bc.Ec2ComputeEnvironment(stack, "Own", vpc=vpc)
        with pytest.raises(ValueError, match="compute_environments: "):
            bc.JobQueue(stack, "Queue", compute_environments=[managed, own])

    def test_spot_goes_last(self, stack: cdk.Stack, vpc: ec2.Vpc) -> None:
        spot = bc.ManagedInstancesComputeEnvironment(stack, "Spot", vpc=vpc, spot=True)
        on_demand = bc.ManagedInstancesComputeEnvironment(stack, "OnDemand", vpc=vpc)
        with pytest.raises(ValueError, match="compute_environments: "):
            bc.JobQueue(stack, "Queue", compute_environments=[spot, on_demand])


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("eks", {"kubernetes_namespace": "one"}, {"kubernetes_namespace": "two"}),
        ("managed", {"fips_enabled": False}, {"fips_enabled": True}),
        ("managed", {"spot": False}, {"spot": True}),
    ],
)
def test_a_readable_name_changes_with_what_replaces_the_environment(
    kind: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    def name(options: dict[str, Any]) -> str:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "Stack")
        vpc = ec2.Vpc(stack, "Vpc")
        base: dict[str, Any] = {"vpc": vpc, "compute_environment_name": "mine"}
        if kind == "eks":
            bc.EksComputeEnvironment(stack, "E", cluster=CLUSTER, **base, **options)
        else:
            bc.ManagedInstancesComputeEnvironment(stack, "E", **base, **options)
        resources = app.synth().get_stack_by_name("Stack").template["Resources"]
        (found,) = (one for one in resources.values() if one["Type"] == ENVIRONMENT)
        rendered: str = found["Properties"]["ComputeEnvironmentName"]
        return rendered

    assert name(before) == name(before)
    assert name(before) != name(after)


def test_types_that_are_none_are_named(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    with pytest.raises(TypeError, match=r"instance_types\[1\] is None; expected a string"):
        bc.ManagedInstancesComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            instance_types=["g5", None],  # type: ignore[list-item]
        )
