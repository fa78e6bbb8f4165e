"""What is really there after a deploy: every resource of a stack, described through its own API."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Client = Callable[[str], Any]
    Describe = Callable[[Client, str], Any]


@dataclass(frozen=True, kw_only=True)
class Found:
    """One resource of a stack.

    Args:
        logical_id: its name in the template.
        type_name: such as ``AWS::Batch::JobQueue``.
        physical_id: its name in AWS.
        answer: ``there``; ``missing``: its own API does not know it; ``not asked``: no call to
            describe it is known here, so only CloudFormation vouches for it.
        detail: what its own API said, in a word.
    """

    logical_id: str
    type_name: str
    physical_id: str
    answer: str
    detail: str = ""


def take_inventory(client: Client, stack_name: str) -> list[Found]:
    """Return every resource of the stack with what its own API says of it."""
    pages = (
        client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName=stack_name)
    )
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    return [_found(client, summary) for summary in summaries]


def inventory_lines(stack_name: str, found: list[Found]) -> Iterator[str]:
    """Yield what to print: a line a resource, and in one line those that could not be asked for."""
    asked = [one for one in found if one.answer != "not asked"]
    yield f"{stack_name}: {len(found)} resources"
    width = max((len(one.type_name) for one in asked), default=0)
    for one in sorted(asked, key=lambda one: (one.type_name, one.logical_id)):
        detail = f" ({one.detail})" if one.detail else ""
        yield f"  {one.answer:8} {one.type_name:{width}}  {one.logical_id}{detail}"
    types = Counter(one.type_name for one in found if one.answer == "not asked")
    if types:
        told = ", ".join(f"{count} {name}" for name, count in sorted(types.items()))
        yield f"not checked, but CloudFormation reports that they exist: {told}"


def _found(client: Client, summary: dict[str, Any]) -> Found:
    from botocore.exceptions import ClientError

    type_name, physical_id = summary["ResourceType"], summary["PhysicalResourceId"]
    describe = DESCRIBE.get(type_name)
    answer, detail = "not asked", ""
    if describe is not None:
        try:
            said = describe(client, physical_id)
            answer, detail = (
                ("there", _word(said)) if said else ("missing", ("nothing with that name"))
            )
        except ClientError as refusal:
            answer, detail = "missing", str(refusal)
    return Found(
        logical_id=summary["LogicalResourceId"],
        type_name=type_name,
        physical_id=physical_id,
        answer=answer,
        detail=detail,
    )


def _word(said: Any) -> str:
    first = said[0] if isinstance(said, list) else said
    if not isinstance(first, dict):
        return ""
    words = (str(first[key]) for key in _STATES if isinstance(first.get(key), str))
    return next(words, "")


_STATES = ("status", "state", "State", "Status", "KeyState", "StackStatus", "stateMachineStatus")


def _batch(operation: str, wanted: str, found: str) -> Describe:
    return lambda client, arn: getattr(client("batch"), operation)(**{wanted: [arn]})[found]


def _ec2(operation: str, wanted: str, found: str) -> Describe:
    return lambda client, name: getattr(client("ec2"), operation)(**{wanted: [name]})[found]


def _one(service: str, operation: str, wanted: str) -> Describe:
    """Describe by a call for one resource: an answer at all means that it is there."""
    return lambda client, name: getattr(client(service), operation)(**{wanted: name})


def _log_group(client: Client, name: str) -> list[Any]:
    groups = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return [group for group in groups if group["logGroupName"] == name]


def _alarm(client: Client, name: str) -> Any:
    return client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]


def _bucket_policy(client: Client, name: str) -> Any:
    # AWS's physical ID is the bucket's name; ministack's has a suffix.
    return client("s3").get_bucket_policy(Bucket=name.removesuffix("-policy"))


def _rule(client: Client, physical_id: str) -> Any:
    bus, _, name = physical_id.rpartition("|")
    events = client("events")
    # AWS's physical ID begins with a bus that is not the default one; ministack's does not.
    buses = [bus] if bus else [one["Name"] for one in events.list_event_buses()["EventBuses"]]
    listed = (events.list_rules(NamePrefix=name, EventBusName=one)["Rules"] for one in buses)
    return [rule for rules in listed for rule in rules if rule["Name"] == name]


def _schedule(client: Client, name: str) -> Any:
    return next(_schedules(client, name), None)


def _schedules(client: Client, name: str) -> Iterator[Any]:
    for schedule in client("scheduler").list_schedules(NamePrefix=name)["Schedules"]:
        if schedule["Name"] == name:
            yield schedule


DESCRIBE: dict[str, Describe] = {
    "AWS::Batch::ComputeEnvironment": _batch(
        "describe_compute_environments", "computeEnvironments", "computeEnvironments"
    ),
    "AWS::Batch::ConsumableResource": _one(
        "batch", "describe_consumable_resource", "consumableResource"
    ),
    "AWS::Batch::JobDefinition": _batch(
        "describe_job_definitions", "jobDefinitions", "jobDefinitions"
    ),
    "AWS::Batch::JobQueue": _batch("describe_job_queues", "jobQueues", "jobQueues"),
    "AWS::Batch::QuotaShare": _one("batch", "describe_quota_share", "quotaShareArn"),
    "AWS::Batch::SchedulingPolicy": _batch(
        "describe_scheduling_policies", "arns", "schedulingPolicies"
    ),
    "AWS::Batch::ServiceEnvironment": _batch(
        "describe_service_environments", "serviceEnvironments", "serviceEnvironments"
    ),
    "AWS::CloudTrail::Trail": _one("cloudtrail", "get_trail", "Name"),
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _one("cloudwatch", "get_dashboard", "DashboardName"),
    "AWS::EC2::EIP": _ec2("describe_addresses", "PublicIps", "Addresses"),
    "AWS::EC2::InternetGateway": _ec2(
        "describe_internet_gateways", "InternetGatewayIds", "InternetGateways"
    ),
    "AWS::EC2::LaunchTemplate": _ec2(
        "describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates"
    ),
    "AWS::EC2::NatGateway": _ec2("describe_nat_gateways", "NatGatewayIds", "NatGateways"),
    "AWS::EC2::PlacementGroup": _ec2("describe_placement_groups", "GroupNames", "PlacementGroups"),
    "AWS::EC2::RouteTable": _ec2("describe_route_tables", "RouteTableIds", "RouteTables"),
    "AWS::EC2::SecurityGroup": _ec2("describe_security_groups", "GroupIds", "SecurityGroups"),
    "AWS::EC2::Subnet": _ec2("describe_subnets", "SubnetIds", "Subnets"),
    "AWS::EC2::VPC": _ec2("describe_vpcs", "VpcIds", "Vpcs"),
    "AWS::EC2::VPCEndpoint": _ec2("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"),
    "AWS::Events::Rule": _rule,
    "AWS::IAM::InstanceProfile": _one("iam", "get_instance_profile", "InstanceProfileName"),
    "AWS::IAM::ManagedPolicy": _one("iam", "get_policy", "PolicyArn"),
    "AWS::IAM::Role": _one("iam", "get_role", "RoleName"),
    "AWS::KMS::Key": _one("kms", "describe_key", "KeyId"),
    "AWS::Lambda::EventSourceMapping": _one("lambda", "get_event_source_mapping", "UUID"),
    "AWS::Lambda::Function": _one("lambda", "get_function", "FunctionName"),
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _one("s3", "head_bucket", "Bucket"),
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _one("sns", "get_subscription_attributes", "SubscriptionArn"),
    "AWS::SNS::Topic": _one("sns", "get_topic_attributes", "TopicArn"),
    "AWS::SQS::Queue": _one("sqs", "get_queue_attributes", "QueueUrl"),
    "AWS::SSM::Parameter": _one("ssm", "get_parameter", "Name"),
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::SecretsManager::Secret": _one("secretsmanager", "describe_secret", "SecretId"),
    "AWS::StepFunctions::StateMachine": _one(
        "stepfunctions", "describe_state_machine", "stateMachineArn"
    ),
}
"""Resource type → how to ask its own API for it."""
