"""What is said once of every function of ours, and what becomes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

import batch_constructs as bc
from batch_constructs.shipped_function import ShippedFunction, _together
from tests.constructors import add_pods, eks_cluster

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/{}"
DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/report:1"


class Shared:
    """A queue, another one, and a definition that were there before."""

    def __init__(self, stack: cdk.Stack) -> None:
        self.queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", QUEUE.format("main"))
        self.rescue = bc.JobQueue.from_job_queue_arn(stack, "Rescue", QUEUE.format("rescue"))
        self.job = bc.JobDefinition.from_job_definition_arn(stack, "Job", DEFINITION)


def _on_an_event(stack: cdk.Stack, shared: Shared, **more: Any) -> Any:
    return bc.EventTrigger(
        stack,
        "It",
        queue=shared.queue,
        job_definition=shared.job,
        event_pattern={"source": ["a"]},
        timeout=cdk.Duration.minutes(5),
        **more,
    )


def _on_an_object(stack: cdk.Stack, shared: Shared, **more: Any) -> Any:
    from aws_cdk import aws_s3 as s3

    return bc.ObjectCreatedTrigger(
        stack,
        "It",
        queue=shared.queue,
        job_definition=shared.job,
        bucket=s3.Bucket(stack, "Bucket"),
        timeout=cdk.Duration.minutes(5),
        **more,
    )


def _rescued(stack: cdk.Stack, shared: Shared, **more: Any) -> Any:
    environment = bc.ComputeEnvironment.from_compute_environment_arn(
        stack, "Spot", "arn:aws:batch:us-east-1:123456789012:compute-environment/spot"
    )
    return bc.JobQueue(
        stack,
        "It",
        compute_environments=[environment],
        spot_rescue_queue=shared.rescue,
        **more,
    )


def _unmanaged(stack: cdk.Stack, _: Shared, **more: Any) -> Any:
    return bc.UnmanagedComputeEnvironment(stack, "It", cluster_tags={"a": "b"}, **more)


def _namespace(stack: cdk.Stack, _: Shared, **more: Any) -> Any:
    role = iam.Role.from_role_name(stack, "Kubectl", "kubectl")
    cluster = eks_cluster(stack, role)
    made = bc.EksNamespace(stack, "It", cluster=cluster, kubernetes_namespace="jobs", **more)
    network = ec2.Vpc.from_vpc_attributes(
        stack,
        "Network",
        vpc_id="vpc-0a",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0a"],
    )
    add_pods(made, network)
    return made


SHIPS: dict[str, Callable[..., Any]] = {
    "CostGuard": lambda stack, shared, **more: bc.CostGuard(
        stack, "It", queues=[shared.queue], budget=bc.VcpuBudget.of_vcpu_hours(1), **more
    ),
    "EksNamespace": _namespace,
    "EventTrigger": _on_an_event,
    "JobCounters": lambda stack, shared, **more: bc.JobCounters(
        stack, "It", queues=[shared.queue], **more
    ),
    "JobGauges": lambda stack, shared, **more: bc.JobGauges(
        stack, "It", queues=[shared.queue], **more
    ),
    "JobNotifications": lambda stack, shared, **more: bc.JobNotifications(
        stack, "It", queues=[shared.queue], **more
    ),
    "JobQueue": _rescued,
    "ObjectCreatedTrigger": _on_an_object,
    "SubmissionGateway": lambda stack, shared, **more: bc.SubmissionGateway(
        stack, "It", queue=shared.queue, job_definition=shared.job, **more
    ),
    "SubmitFunction": lambda stack, shared, **more: bc.SubmitFunction(
        stack, "It", queue=shared.queue, job_definition=shared.job, **more
    ),
    "UnmanagedComputeEnvironment": _unmanaged,
}
"""What ships a function → how it is made."""

every_one = pytest.mark.parametrize("name", SHIPS)


def test_whatever_ships_a_function_takes_its_settings() -> None:
    taking = {
        name
        for name in bc.__all__
        if inspect.isclass(thing := getattr(bc, name))
        and "function_settings" in inspect.signature(thing.__init__).parameters
    }

    assert taking == set(SHIPS)


@every_one
def test_every_function_and_table_is_as_the_settings_say(name: str, stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1)
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    key = kms.Key(stack, "Key")
    SHIPS[name](
        stack,
        Shared(stack),
        function_settings=bc.FunctionSettings(
            vpc=vpc,
            encryption_key=key,
            reserved_concurrency=7,
            log_retention=logs.RetentionDays.ONE_YEAR,
            permissions_boundary=boundary,
            point_in_time_recovery=True,
        ),
    )

    found = assertions.Template.from_stack(stack)
    functions = ours(found, "AWS::Lambda::Function")
    assert functions
    for function in functions:
        assert len(function["VpcConfig"]["SubnetIds"]) == len(vpc.private_subnets)
        assert function["ReservedConcurrentExecutions"] == 7
        assert "KmsKeyArn" in function
    for group in ours(found, "AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] == 365
        assert "KmsKeyId" in group
    for table in ours(found, "AWS::DynamoDB::Table"):
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert any(
            table["SSESpecification"]["KMSMasterKeyId"] == statement["Resource"]
            and {"kms:Decrypt", "kms:Encrypt"} < set(statement["Action"])
            and "dynamodb." in str(statement["Condition"]["StringEquals"]["kms:ViaService"])
            for role in ours(found, "AWS::IAM::Role")
            for policy in role["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ), "DynamoDB uses the key in the name of the function"
    (mine,) = [one for one in ours(found, "AWS::KMS::Key") if "CloudWatchLogs" in str(one)]
    assert "logs." in str(mine["KeyPolicy"])
    roles = [
        role
        for role in ours(found, "AWS::IAM::Role")
        if "lambda" in str(role["AssumeRolePolicyDocument"])
    ]
    assert len(roles) == len(functions)
    for role in roles:
        assert role["PermissionsBoundary"] == stack.resolve(boundary.managed_policy_arn)
        assert "ec2:CreateNetworkInterface" in str(role["Policies"])


def test_code_in_a_function_of_a_vpc_may_touch_no_network_interface(stack: cdk.Stack) -> None:
    shared = Shared(stack)
    settings = bc.FunctionSettings(vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1))
    bc.SubmitFunction(
        stack, "It", queue=shared.queue, job_definition=shared.job, function_settings=settings
    )

    found = assertions.Template.from_stack(stack).to_json()
    (role,) = (
        one["Properties"]
        for one in found["Resources"].values()
        if one["Type"] == "AWS::IAM::Role" and "ec2:" in str(one["Properties"])
    )
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    allowed, read, denied = (one for one in statements if "ec2:" in str(one["Action"]))
    assert "*" not in allowed["Resource"]
    assert read["Resource"] == "*"
    assert all("Describe" in one for one in read["Action"])
    assert denied["Effect"] == "Deny"
    assert set(allowed["Action"]) < set(denied["Action"])
    assert list(denied["Condition"]["ArnLike"]) == ["lambda:SourceFunctionArn"]


@every_one
def test_without_settings_nothing_of_it_is_there(name: str, stack: cdk.Stack) -> None:
    SHIPS[name](stack, Shared(stack))

    found = assertions.Template.from_stack(stack)
    for function in ours(found, "AWS::Lambda::Function"):
        assert not {"VpcConfig", "KmsKeyArn", "ReservedConcurrentExecutions"} & set(function)
    assert "ec2:CreateNetworkInterface" not in str(found.to_json())
    assert all("PermissionsBoundary" not in one for one in ours(found, "AWS::IAM::Role"))


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"vpc_subnets": ec2.SubnetSelection()}, ValueError, "vpc_subnets is given without vpc"),
        ({"security_groups": []}, ValueError, "security_groups is given without vpc"),
        (
            {"reserved_concurrency": 0},
            ValueError,
            "reserved_concurrency is 0; allowed: whole numbers from 1",
        ),
        ({"encryption_key": "alias/a"}, TypeError, 'encryption_key is str "alias/a"; expected a'),
        ({"vpc": "vpc-1"}, TypeError, 'vpc is str "vpc-1"; expected an ec2.IVpc'),
        ({"permissions_boundary": "arn"}, TypeError, 'permissions_boundary is str "arn"; expected'),
        ({"log_retention": 30}, TypeError, "log_retention is int 30; expected a member of"),
        ({"point_in_time_recovery": 1}, TypeError, "point_in_time_recovery is int 1; expected"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    settings: dict[str, Any], kind: type[Exception], message: str, stack: cdk.Stack
) -> None:
    with pytest.raises(kind, match=rf"function_settings\.{message}"):
        SHIPS["SubmitFunction"](
            stack, Shared(stack), function_settings=bc.FunctionSettings(**settings)
        )


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"availability_zones": ["us-east-1z"]}, "vpc_subnets finds no subnet in the VPC: choose"),
        ({"subnet_group_name": "Nope"}, "vpc_subnets: There are no subnet groups with name 'Nope'"),
        ({"subnets": []}, "vpc_subnets.subnets is empty: give at least one"),
        ({"subnet_type": ec2.SubnetType.PUBLIC}, "vpc_subnets are public, or the VPC has no other"),
    ],
)
def test_subnets_in_which_no_function_runs_are_refused(
    where: dict[str, Any], message: str, stack: cdk.Stack
) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0a"],
        public_subnet_ids=["subnet-0b"],
    )
    settings = bc.FunctionSettings(vpc=vpc, vpc_subnets=ec2.SubnetSelection(**where))

    with pytest.raises(ValueError, match=rf"function_settings\.{message}"):
        SHIPS["SubmitFunction"](stack, Shared(stack), function_settings=settings)


def test_a_function_runs_in_the_subnets_and_security_groups_that_are_given(
    stack: cdk.Stack,
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1)
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    settings = bc.FunctionSettings(
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[1]]),
        security_groups=[group],
    )
    SHIPS["SubmitFunction"](stack, Shared(stack), function_settings=settings)

    (function,) = ours(assertions.Template.from_stack(stack), "AWS::Lambda::Function")
    assert function["VpcConfig"] == {
        "SubnetIds": [stack.resolve(vpc.private_subnets[1].subnet_id)],
        "SecurityGroupIds": [stack.resolve(group.security_group_id)],
    }


@pytest.mark.parametrize(
    ("name", "given", "recovers"),
    [
        ("SubmissionGateway", None, True),
        ("SubmissionGateway", True, True),
        ("SubmissionGateway", False, False),
        ("JobNotifications", None, False),
        ("JobNotifications", True, True),
        ("JobNotifications", False, False),
    ],
)
def test_a_table_can_be_restored_where_it_matters_and_where_it_is_wanted(
    name: str,
    given: bool | None,  # noqa: FBT001 - a parameter of the test
    recovers: bool,  # noqa: FBT001 - a parameter of the test
    stack: cdk.Stack,
) -> None:
    settings = bc.FunctionSettings(point_in_time_recovery=given)
    SHIPS[name](stack, Shared(stack), function_settings=settings)

    (table,) = ours(assertions.Template.from_stack(stack), "AWS::DynamoDB::Table")
    assert ("PointInTimeRecoverySpecification" in table) is recovers


def test_settings_of_a_function_that_is_not_there_are_refused(stack: cdk.Stack) -> None:
    environment = bc.ComputeEnvironment.from_compute_environment_arn(
        stack, "E", "arn:aws:batch:us-east-1:123456789012:compute-environment/e"
    )

    with pytest.raises(ValueError, match="function_settings is given without spot_rescue_queue"):
        bc.JobQueue(
            stack,
            "Q",
            compute_environments=[environment],
            function_settings=bc.FunctionSettings(),
        )


def test_environments_that_share_a_function_share_its_settings(stack: cdk.Stack) -> None:
    one = bc.FunctionSettings(reserved_concurrency=1)
    for name in ("A", "B"):
        bc.UnmanagedComputeEnvironment(stack, name, cluster_tags={"a": "b"}, function_settings=one)

    with pytest.raises(ValueError, match="function_settings differ from those of another"):
        bc.UnmanagedComputeEnvironment(stack, "C", cluster_tags={"a": "b"})


def ours(template: assertions.Template, type: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template.find_resources(type).values()]


@pytest.mark.parametrize("as_object", [False, True])
def test_how_many_run_at_a_time_may_be_known_to_cloudformation_alone(
    as_object: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    number = cdk.Fn.import_value("concurrency")
    many: Any = cdk.Token.as_any(number) if as_object else number
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    settings = bc.FunctionSettings(reserved_concurrency=many)
    bc.JobGauges(stack, "Gauges", queues=[queue], function_settings=settings)

    (function,) = (
        assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
    )
    assert function["Properties"]["ReservedConcurrentExecutions"] == {
        "Fn::ImportValue": "concurrency"
    }


def test_the_code_is_staged_as_the_cdk_stages_a_folder() -> None:
    app = cdk.App(context={"aws:cdk:enable-asset-metadata": True})
    stack = cdk.Stack(app, "Stack")
    shipped = ShippedFunction(
        stack,
        "Shipped",
        folder="job_events",
        module="notify",
        description="Tells",
        environment={},
        statements=[],
        timeout=cdk.Duration.seconds(30),
    )
    theirs = lambda_.Function(
        stack,
        "Theirs",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="job_events.notify.handler",
        code=lambda_.Code.from_asset(_together("job_events", ())),
    )

    functions = assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function")
    own, other = (
        functions[str(stack.resolve(stack.get_logical_id(one.node.default_child)))]  # type: ignore[arg-type]  # its L1
        for one in (shipped.handler, theirs)
    )
    assert own["Properties"]["Code"] == other["Properties"]["Code"]
    assert own["Metadata"] == other["Metadata"]
    assert "aws:asset:path" in own["Metadata"]
