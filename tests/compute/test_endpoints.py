"""VPC endpoints: exactly those that the kinds of environment in use need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import batch_constructs as bc
from batch_constructs.aws.network import GROUP_DESCRIPTION
from batch_constructs.rules import check_template

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
FOR_ANY = ["ecr.api", "ecr.dkr", "logs"]
FOR_INSTANCES = ["ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs"]


@pytest.fixture
def isolated(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(
        stack,
        "Isolated",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Jobs", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )


def interface_services(resources: Resources) -> list[str]:
    return sorted(
        str(endpoint["Properties"]["ServiceName"]["Fn::Join"][1][-1]).lstrip(".")
        for endpoint in resources("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    )


@pytest.mark.parametrize(
    ("kinds", "services"),
    [
        (["Fargate"], FOR_ANY),
        (["Ec2"], FOR_INSTANCES),
        (["Spot"], FOR_INSTANCES),
        (["ManagedInstances"], FOR_INSTANCES),
        (["Fargate", "Ec2"], FOR_INSTANCES),
    ],
)
def test_there_is_exactly_what_the_kinds_of_environment_need(
    kinds: list[str],
    services: list[str],
    stack: cdk.Stack,
    isolated: ec2.Vpc,
    resources: Resources,
) -> None:
    environments = [
        getattr(bc, f"{kind}ComputeEnvironment")(stack, kind, vpc=isolated) for kind in kinds
    ]
    endpoints = bc.BatchEndpoints(
        stack, "Endpoints", vpc=isolated, compute_environments=environments
    )

    assert endpoints.services == services
    assert interface_services(resources) == services
    gateways = [
        endpoint
        for endpoint in resources("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    ]
    assert len(gateways) == 1


def test_our_rules_miss_nothing_with_the_endpoints_and_name_what_is_missing_without(
    stack: cdk.Stack, isolated: ec2.Vpc, resources: Resources
) -> None:
    environment = bc.Ec2ComputeEnvironment(stack, "Environment", vpc=isolated)
    without = check_template({"Resources": resources()})
    bc.BatchEndpoints(stack, "Endpoints", vpc=isolated, compute_environments=[environment])

    assert [one.rule for one in without] == ["isolated-subnets"]
    assert "no endpoint for ecs, ecs-agent, ecs-telemetry, ecr.api" in without[0].message
    assert check_template({"Resources": resources()}) == []


def test_endpoints_admit_the_environments_and_nobody_else(
    stack: cdk.Stack, isolated: ec2.Vpc, resources: Resources
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=isolated)
    bc.BatchEndpoints(stack, "Endpoints", vpc=isolated, compute_environments=[environment])

    (ingress,) = resources("AWS::EC2::SecurityGroupIngress").values()
    assert ingress["Properties"]["FromPort"] == ingress["Properties"]["ToPort"] == 443
    assert "EnvironmentSecurityGroup" in str(ingress["Properties"]["SourceSecurityGroupId"])
    for name, group in resources("AWS::EC2::SecurityGroup").items():
        if name.startswith("Endpoints"):
            assert "SecurityGroupIngress" not in group["Properties"]


def test_what_jobs_need_besides_is_added(
    stack: cdk.Stack, isolated: ec2.Vpc, resources: Resources
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=isolated)
    bc.BatchEndpoints(
        stack,
        "Endpoints",
        vpc=isolated,
        compute_environments=[environment],
        services=[bc.EndpointService.SECRETS, bc.EndpointService.EXECUTE_COMMAND, "athena"],
        session_manager=True,
    )

    assert interface_services(resources) == sorted(
        [*FOR_ANY, "athena", "ec2messages", "secretsmanager", "ssm", "ssmmessages"]
    )


def test_nodes_of_eks_reach_their_cluster(stack: cdk.Stack, isolated: ec2.Vpc) -> None:
    environment = bc.EksComputeEnvironment(
        stack,
        "Environment",
        cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
        kubernetes_namespace="batch",
        vpc=isolated,
    )
    endpoints = bc.BatchEndpoints(
        stack, "Endpoints", vpc=isolated, compute_environments=[environment]
    )

    assert endpoints.services == sorted([*FOR_ANY, "ec2", "eks", "eks-auth", "sts"])


def test_a_network_of_nobody_is_refused(stack: cdk.Stack, isolated: ec2.Vpc) -> None:
    with pytest.raises(ValueError, match="compute_environments is empty; allowed: at least one"):
        bc.BatchEndpoints(stack, "Endpoints", vpc=isolated, compute_environments=[])


def test_subnets_that_are_not_in_the_vpc_are_refused(stack: cdk.Stack, isolated: ec2.Vpc) -> None:
    nowhere = ec2.SubnetSelection(subnet_filters=[ec2.SubnetFilter.by_ids(["subnet-0zz"])])
    with pytest.raises(ValueError, match="Stack/Endpoints: vpc_subnets finds no subnet in the VPC"):
        bc.BatchEndpoints(
            stack,
            "Endpoints",
            vpc=isolated,
            compute_environments=[bc.FargateComputeEnvironment(stack, "Jobs", vpc=isolated)],
            vpc_subnets=nowhere,
        )


@pytest.mark.parametrize(
    ("jobs", "endpoints", "said"),
    [
        ("made", "other", "Stack/Jobs is in the VPC Stack/made, not in Stack/other"),
        ("vpc-0a", "vpc-0b", "Stack/Jobs is in the VPC vpc-0a, not in vpc-0b"),
        ("vpc-0a", "vpc-0a again", None),
        ("made", "vpc-0b", None),
    ],
)
def test_environments_of_another_vpc_are_refused(
    stack: cdk.Stack, jobs: str, endpoints: str, said: str | None
) -> None:
    def vpc(name: str) -> ec2.IVpc:
        if not name.startswith("vpc-"):
            return ec2.Vpc(stack, name, max_azs=1, nat_gateways=0)
        return ec2.Vpc.from_vpc_attributes(
            stack,
            name,
            vpc_id=name.removesuffix(" again"),
            availability_zones=["us-east-1a"],
            private_subnet_ids=["subnet-0a"],
            private_subnet_route_table_ids=["rtb-0a"],
        )

    environment = bc.FargateComputeEnvironment(stack, "Jobs", vpc=vpc(jobs))

    def made() -> object:
        return bc.BatchEndpoints(
            stack, "Ends", vpc=vpc(endpoints), compute_environments=[environment]
        )

    if said is None:
        made()
    else:
        with pytest.raises(ValueError, match=rf"Stack/Ends: compute_environments\[0\]: {said}; "):
            made()


def test_wrong_types_are_named(stack: cdk.Stack) -> None:
    with pytest.raises(
        TypeError, match=r"(?s)vpc is str \"vpc-1\".*compute_environments\[0\] is str \"x\""
    ):
        bc.BatchEndpoints(
            stack,
            "Endpoints",
            vpc="vpc-1",  # type: ignore[arg-type]
            compute_environments=["x"],  # type: ignore[list-item]
        )


@pytest.mark.parametrize(
    ("services", "error", "message"),
    [
        ("kms", TypeError, 'services is str "kms"; expected a list'),
        (bc.EndpointService.KMS, TypeError, "services is EndpointService .*; expected a list"),
        (
            ["kms", "bogus"],
            ValueError,
            r"services\[1\] is \"bogus\"; allowed: an EndpointService, or",
        ),
        ([None], TypeError, r"services\[0\] is None; expected a string"),
    ],
)
def test_a_service_that_is_none_is_refused(
    services: Any, error: type[Exception], message: str, stack: cdk.Stack, isolated: ec2.Vpc
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=isolated)
    with pytest.raises(error, match=message):
        bc.BatchEndpoints(
            stack, "Endpoints", vpc=isolated, compute_environments=[environment], services=services
        )


def test_s3_has_its_endpoint_anyway(
    stack: cdk.Stack, isolated: ec2.Vpc, resources: Resources
) -> None:
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=isolated)
    bc.BatchEndpoints(
        stack, "Endpoints", vpc=isolated, compute_environments=[environment], services=["s3"]
    )

    assert interface_services(resources) == sorted(FOR_ANY)


DEEP = "/".join(["x" * 50] * 5)


@pytest.mark.parametrize("within", ["Größe's | Jobs", DEEP])
def test_what_a_group_and_its_rules_are_described_by_is_what_ec2_takes(
    within: str, stack: cdk.Stack, resources: Callable[..., dict[str, Any]]
) -> None:
    scope: Construct = stack
    for part in within.split("/"):
        scope = Construct(scope, part)
    network = ec2.Vpc(scope, "Vpc", nat_gateways=0, max_azs=2)
    environment = bc.Ec2ComputeEnvironment(scope, "Environment", vpc=network)
    bc.BatchEndpoints(scope, "Endpoints", vpc=network, compute_environments=[environment])

    groups = resources("AWS::EC2::SecurityGroup").values()
    rules = resources("AWS::EC2::SecurityGroupIngress").values()
    said = [
        *[one["Properties"]["GroupDescription"] for one in groups],
        *[one["Properties"]["Description"] for one in rules],
    ]
    assert len(said) == 3
    assert [one for one in said if not GROUP_DESCRIPTION.admits(one)] == []


def test_a_group_that_ec2_takes_is_described_as_the_cdk_does(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Callable[..., dict[str, Any]]
) -> None:
    """Another description would replace the group of an environment that is deployed."""
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc)

    [group] = resources("AWS::EC2::SecurityGroup").values()
    assert group["Properties"]["GroupDescription"] == f"{stack.node.path}/Environment/SecurityGroup"


def test_subnets_are_chosen_in_a_dict_as_well(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    """The CDK's own constructs take the arguments of an ``ec2.SubnetSelection`` so, too."""
    private: bc.SubnetSelectionKeywords = {"subnets": [vpc.private_subnets[1]]}
    environment = bc.FargateComputeEnvironment(stack, "Jobs", vpc=vpc, vpc_subnets=private)
    bc.BatchEndpoints(
        stack, "Endpoints", vpc=vpc, compute_environments=[environment], vpc_subnets=private
    )
    bc.SubmitFunction(
        stack,
        "Submit",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "main"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "tools"),
        function_settings=bc.FunctionSettings(vpc=vpc, vpc_subnets=private),
    )

    (made,) = resources("AWS::Batch::ComputeEnvironment").values()
    wanted = [stack.resolve(vpc.private_subnets[1].subnet_id)]
    assert made["Properties"]["ComputeResources"]["Subnets"] == wanted
    found = [one["Properties"] for one in resources("AWS::EC2::VPCEndpoint").values()]
    assert all(one["SubnetIds"] == wanted for one in found if "SubnetIds" in one)
    (function,) = resources("AWS::Lambda::Function").values()
    assert function["Properties"]["VpcConfig"]["SubnetIds"] == wanted
    assert environment.vpc_subnets is not None
    assert environment.vpc_subnets.subnets == private["subnets"]
