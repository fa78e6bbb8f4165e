"""Resources of a length or a number that is told: what a quota admits, and one more."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import partial
from typing import Any

from batch_constructs.aws import quotas
from batch_constructs.aws.launch_template_facts import USER_DATA_BYTES
from batch_constructs.aws.network import RULES_A_SECURITY_GROUP

TOPIC = {"Type": "AWS::SNS::Topic"}


def job_with_secrets(length: int) -> dict[str, Any]:
    """Write a definition whose secrets are resources of the template."""
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:S-123456789012-123456"
    secrets = [{"Name": "N", "ValueFrom": {"Ref": "S"}}] * 100
    written = {"Type": "container", "ContainerProperties": {"Image": "", "Secrets": secrets}}
    text = json.dumps(written, separators=(",", ":")).replace('{"Ref":"S"}', f'"{arn}"')
    container = {"Image": "x" * (length - len(text)), "Secrets": secrets}
    return {
        "J": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {**written, "ContainerProperties": container},
        },
        "S": {"Type": "AWS::SecretsManager::Secret"},
    }


def parameter(tier: str | None, length: int) -> dict[str, Any]:
    own = {"Value": "x" * length, **({} if tier is None else {"Tier": tier})}
    return {"P": {"Type": "AWS::SSM::Parameter", "Properties": own}}


def user_data(length: int, *, encoded: bool) -> dict[str, Any]:
    """Write an environment whose instances run so many bytes, and what nobody can know."""
    known = "MIME-Version: 1.0\n".ljust(length, "x")
    joined = {"Fn::Base64": {"Fn::Join": ["", [known, {"Ref": "S"}]]}}
    data = {"UserData": b64encode(known.encode()).decode() if encoded else joined}
    compute = {"Type": "EC2", "LaunchTemplate": {"LaunchTemplateId": {"Ref": "L"}}}
    environment = {"Type": "MANAGED", "ComputeResources": compute}
    return {
        "E": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": environment},
        "L": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
        "S": {"Type": "AWS::SecretsManager::Secret"},
    }


def event_pattern(length: int) -> dict[str, Any]:
    source = "x" * (length - len('{"source":[""]}'))
    own = {"EventPattern": {"source": [source]}}
    return {"R": {"Type": "AWS::Events::Rule", "Properties": own}}


def topics(count: int) -> dict[str, Any]:
    return {f"T{number}": TOPIC for number in range(count)}


def function(length: int) -> dict[str, Any]:
    value = {"Fn::Join": [",", ["x" * (length - 8), {"Ref": "Q"}, "yy"]]}
    own = {"Environment": {"Variables": {"NAME": value}}}
    return {
        "F": {"Type": "AWS::Lambda::Function", "Properties": own},
        "Q": {"Type": "AWS::SQS::Queue"},
    }


def function_that_names(length: int) -> dict[str, Any]:
    """Write one whose variable is a list of ARNs; a table's made-up name has a shortest form."""
    arn = len("arn:aws:dynamodb:us-east-1:123456789012:table/T-123456789012")
    parts = ["x" * (length - len("NAME") - 10 * (1 + arn)), *[{"Fn::GetAtt": ["T", "Arn"]}] * 10]
    own: Any = {"Environment": {"Variables": {"NAME": {"Fn::Join": [",", parts]}}}}
    return {
        "F": {"Type": "AWS::Lambda::Function", "Properties": own},
        "T": {"Type": "AWS::DynamoDB::Table"},
    }


def pattern_of_queues(length: int) -> dict[str, Any]:
    """Write a rule on the events of queues of the template."""
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/Q-123456789012"
    shortest = {"detail": {"jobQueue": [*[arn] * 20, ""]}}
    room = length - len(json.dumps(shortest, separators=(",", ":")))
    named = [*[{"Ref": "Q"}] * 20, "x" * room]
    own: Any = {"EventPattern": {"detail": {"jobQueue": named}}}
    return {
        "R": {"Type": "AWS::Events::Rule", "Properties": own},
        "Q": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}},
    }


def policies(count: int) -> dict[str, Any]:
    own = {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyDocument": "{}"}}
    return {f"P{number}": own for number in range(count)}


def policies_of_the_cdk(count: int) -> dict[str, Any]:
    """Write policies of which all but one are made for log groups that rules have as targets."""
    own = {"Type": "Custom::CloudwatchLogResourcePolicy", "Properties": {"InstallLatest": 1}}
    return {**policies(1), **{f"C{number}": own for number in range(1, count)}}


def ingress_rules(count: int) -> dict[str, Any]:
    """Write rules of one security group, some of them within it, beside others' and others."""
    inside: dict[str, Any] = {"SecurityGroupIngress": [{}] * 10, "SecurityGroupEgress": [{}]}
    own = {"GroupId": {"Ref": "G"}, "SourceSecurityGroupId": {"Ref": "H"}}
    rule = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": own}
    other = {**rule, "Properties": {"GroupId": {"Ref": "H"}}}
    return {
        "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": inside},
        "H": {"Type": "AWS::EC2::SecurityGroup", "Properties": {}},
        **{f"R{number}": rule for number in range(count - 10)},
        "O": other,
        "U": {**rule, "Properties": {"GroupId": "sg-1"}},
        "E": {**rule, "Type": "AWS::EC2::SecurityGroupEgress"},
    }


def ingress_rules_of_addresses(count: int) -> dict[str, Any]:
    """Write as many rules of IPv4 addresses as of IPv6 ones, and one more of IPv4 at the end."""
    kind, group = "AWS::EC2::SecurityGroupIngress", {"GroupId": {"Ref": "G"}}
    of_v4, of_v6 = (
        {"Type": kind, "Properties": {**group, key: block}}
        for key, block in (("CidrIp", "10.0.0.0/8"), ("CidrIpv6", "::/0"))
    )
    return {
        "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "a"}},
        **{f"S{number}": of_v6 for number in range(min(count, RULES_A_SECURITY_GROUP))},
        **{f"R{number}": of_v4 for number in range(count)},
    }


def metric_filters(count: int) -> dict[str, Any]:
    """Write filters of one log group, and one of another."""
    kind = "AWS::Logs::MetricFilter"
    own = {"Type": kind, "Properties": {"LogGroupName": {"Ref": "L"}}}
    return {
        "Other": {"Type": kind, "Properties": {"LogGroupName": "other"}},
        **{f"F{number}": own for number in range(count)},
        "L": {"Type": "AWS::Logs::LogGroup"},
    }


def expressions(count: int) -> dict[str, Any]:
    """Write filters with an expression, and others without one, or of another log group."""
    held: list[Any] = ["{ $.a = %b% }", {"Fn::Join": ["%", ["", "b", ""]]}]
    made: dict[str, Any] = {
        f"F{number}": {"LogGroupName": "a", "FilterPattern": held[number % 2]}
        for number in range(count)
    }
    made["Other"] = {"LogGroupName": "other", "FilterPattern": held[0]}
    made["Percent"] = {"LogGroupName": "a", "FilterPattern": "100%"}
    made["Terms"] = {"LogGroupName": "a", "FilterPattern": '"50%" "60%"'}
    kind = "AWS::Logs::MetricFilter"
    return {id_: {"Type": kind, "Properties": one} for id_, one in made.items()}


def reserving(count: int) -> dict[str, Any]:
    """Write functions that reserve so many together, as number and text, and others."""
    together = count - quotas.UNRESERVED_CONCURRENCY
    half = together // 2
    reserved = {"A": half, "B": str(together - half), "C": {"Ref": "AWS::NoValue"}, "D": None}
    return {
        id_: {
            "Type": "AWS::Lambda::Function",
            "Properties": {} if one is None else {"ReservedConcurrentExecutions": one},
        }
        for id_, one in reserved.items()
    }


def rules(count: int) -> dict[str, Any]:
    """Write rules of the default event bus, whichever way it is named, and one of another."""
    named: list[dict[str, Any]] = [
        {},
        {"EventBusName": "default"},
        {"EventBusName": "arn:aws:events:eu-west-1:123456789012:event-bus/default"},
    ]
    schedule = {"ScheduleExpression": "rate(1 day)"}
    made = {f"R{number}": {**schedule, **named[number % 3]} for number in range(count)}
    made["Other"] = {"EventBusName": "other", **schedule}
    made["Partner"] = {"EventBusName": "aws.partner/other/default", **schedule}
    return {id_: {"Type": "AWS::Events::Rule", "Properties": one} for id_, one in made.items()}


def rules_of_a_bus(count: int) -> dict[str, Any]:
    """Write rules of a bus of the template, by reference, attribute and name."""
    named = [{"Ref": "Bus"}, {"Fn::GetAtt": ["Bus", "Arn"]}, {"Fn::GetAtt": "Bus.Name"}, "jobs"]
    made = {
        f"R{number}": {"EventPattern": {"source": ["b"]}, "EventBusName": named[number % 4]}
        for number in range(count)
    }
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "jobs"}}
    rules = {id_: {"Type": "AWS::Events::Rule", "Properties": one} for id_, one in made.items()}
    return {"Bus": bus, **rules}


def widgets(count: int) -> dict[str, Any]:
    return dashboard([{}] * count)


def metrics_of_a_widget(count: int) -> dict[str, Any]:
    lines: list[Any] = [["AWS/Batch", "x"]] * count
    return dashboard([{"properties": {"metrics": [*lines, [{"expression": "m1"}]]}}])


def metrics(count: int) -> dict[str, Any]:
    lines = [["AWS/Batch", "x"]] * count
    spread = [lines[start : start + 400] for start in range(0, count, 400)]
    return dashboard([{"properties": {"metrics": some}} for some in spread])


def dashboard(found: list[Any]) -> dict[str, Any]:
    """Write a dashboard as the CDK does, of pieces around a Region."""
    text = json.dumps({"region": "REGION", "widgets": found})
    pieces = text.partition("REGION")
    body = {"Fn::Join": ["", [pieces[0], {"Ref": "AWS::Region"}, pieces[2]]]}
    own = {"DashboardBody": body}
    return {"D": {"Type": "AWS::CloudWatch::Dashboard", "Properties": own}}


def an_input(length: int) -> dict[str, Any]:
    return target({"Input": "x" * length})


def an_input_template(length: int) -> dict[str, Any]:
    parts = ["x" * (length - 1), {"Ref": "AWS::Region"}, "x"]
    return target({"InputTransformer": {"InputTemplate": {"Fn::Join": ["", parts]}}})


def target(given: dict[str, Any]) -> dict[str, Any]:
    own = {"ScheduleExpression": "rate(1 day)", "Targets": [{"Id": "a", "Arn": "a", **given}]}
    return {"R": {"Type": "AWS::Events::Rule", "Properties": own}}


def long(length: int) -> dict[str, Any]:
    """Write resources with which a template has so many bytes."""
    topic: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Metadata": {"Text": ""}}
    short = len(json.dumps({"Resources": {"T": topic}}, separators=(",", ":")))
    topic["Metadata"]["Text"] = "x" * (length - short)
    return {"T": topic}


def references(count: int) -> dict[str, Any]:
    said = [f"{{{{resolve:ssm:name{number}}}}}" for number in range(count)]
    return {"T": {"Type": "AWS::SNS::Topic", "Metadata": {"Twice": said, "Once": said}}}


def wildcard_rules(count: int) -> dict[str, Any]:
    held = [
        {"detail": {"a": [{"wildcard": "x*"}]}},
        {"detail": {"a": {"b": ["y", {"anything-but": {"wildcard": ["x*"]}}]}}},
        {"$or": [{"source": ["a"]}, {"detail": {"a": [{"wildcard": "x*"}]}}]},
    ]
    other = {"EventPattern": held[0], "EventBusName": "other"}
    none = {"EventPattern": {"detail": {"wildcard": ["x"], "a": [{"anything-but": ["x"]}]}}}
    made: dict[str, Any] = {f"R{n}": {"EventPattern": held[n % 3]} for n in range(count)}
    made |= {"Other": other, "None": none}
    return {id_: {"Type": "AWS::Events::Rule", "Properties": one} for id_, one in made.items()}


def of_batch(kind: str, count: int) -> dict[str, Any]:
    own = {"Type": f"AWS::Batch::{kind}", "Properties": {"Tags": {"a": "b"}}}

    return {f"B{number}": own for number in range(count)}


CLUSTER = "arn:aws:eks:us-east-1:111122223333:cluster/shared"
QUEUE = "arn:aws:batch:us-east-1:111122223333:job-queue/shared"
SERVICE_ENVIRONMENT = "arn:aws:batch:us-east-1:111122223333:service-environment/shared"


def environments_of_a_cluster(count: int) -> dict[str, Any]:
    of_eks = {"EksClusterArn": CLUSTER, "KubernetesNamespace": "batch"}
    own = {"Type": "UNMANAGED", "EksConfiguration": of_eks}
    other = {**own, "EksConfiguration": {**of_eks, "EksClusterArn": {"Ref": "E0"}}}
    made = {f"E{number}": own for number in range(count)} | {"Other": other}
    kind = "AWS::Batch::ComputeEnvironment"
    return {id_: {"Type": kind, "Properties": given} for id_, given in made.items()}


def shares_of_a_queue(count: int) -> dict[str, Any]:
    kind = "AWS::Batch::QuotaShare"
    one = {"Type": kind, "Properties": {"JobQueue": QUEUE}}
    other = {"Type": kind, "Properties": {"JobQueue": {"Ref": "S0"}}}
    return {**{f"S{number}": one for number in range(count)}, "Other": other}


def queues_with_quotas(count: int) -> dict[str, Any]:
    order = [{"Order": 1, "ServiceEnvironment": SERVICE_ENVIRONMENT}]
    own = {"SchedulingPolicyArn": {"Ref": "P"}, "ServiceEnvironmentOrder": order}
    fair = {**own, "SchedulingPolicyArn": {"Ref": "Fair"}}
    policy = "AWS::Batch::SchedulingPolicy"
    made = {f"Q{number}": own for number in range(count)} | {"QFair": fair}
    return {
        **{id_: {"Type": "AWS::Batch::JobQueue", "Properties": one} for id_, one in made.items()},
        "P": {"Type": policy, "Properties": {"QuotaSharePolicy": {}}},
        "Fair": {"Type": policy, "Properties": {"FairsharePolicy": {}}},
    }


def trails(count: int) -> dict[str, Any]:
    own = {"Type": "AWS::CloudTrail::Trail", "Properties": {"IsLogging": True}}
    return {f"T{number}": own for number in range(count)}


CASES: list[Any] = [
    ("parameter-size", partial(parameter, quotas.STANDARD_TIER), quotas.PARAMETER_CHARACTERS),
    ("parameter-size", partial(parameter, None), quotas.ADVANCED_PARAMETER_CHARACTERS),
    ("parameter-size", partial(parameter, "Advanced"), quotas.ADVANCED_PARAMETER_CHARACTERS),
    ("user-data-size", partial(user_data, encoded=False), USER_DATA_BYTES),
    ("user-data-size", partial(user_data, encoded=True), USER_DATA_BYTES),
    ("function-environment-size", function, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ("function-environment-size", function_that_names, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ("log-resource-policies", policies, quotas.LOG_RESOURCE_POLICIES),
    ("log-resource-policies", policies_of_the_cdk, quotas.LOG_RESOURCE_POLICIES),
    ("security-group-rules", ingress_rules, RULES_A_SECURITY_GROUP),
    ("security-group-rules", ingress_rules_of_addresses, RULES_A_SECURITY_GROUP),
    ("trail-count", trails, quotas.TRAILS),
    ("metric-filter-count", metric_filters, quotas.METRIC_FILTERS_A_GROUP),
    ("metric-filter-expressions", expressions, quotas.REGULAR_EXPRESSIONS_A_GROUP),
    ("reserved-concurrency", reserving, quotas.CONCURRENCY),
    ("rule-count", rules, quotas.RULES_A_BUS),
    ("rule-count", rules_of_a_bus, quotas.RULES_A_BUS),
    ("dashboard-size", widgets, quotas.WIDGETS_A_DASHBOARD),
    ("dashboard-size", metrics_of_a_widget, quotas.METRICS_A_WIDGET),
    ("dashboard-size", metrics, quotas.METRICS_A_DASHBOARD),
    ("target-input-size", an_input, quotas.TARGET_INPUT_CHARACTERS),
    ("target-input-size", an_input_template, quotas.TARGET_INPUT_CHARACTERS),
    ("template-size", long, quotas.TEMPLATE_BYTES),
    ("stack-sections", references, quotas.DYNAMIC_REFERENCES),
    ("wildcard-rule-count", wildcard_rules, quotas.WILDCARD_RULES_A_BUS),
    ("batch-resource-count", partial(of_batch, "JobQueue"), quotas.BATCH_RESOURCES),
    ("batch-resource-count", partial(of_batch, "ComputeEnvironment"), quotas.BATCH_RESOURCES),
    ("batch-resource-count", partial(of_batch, "ServiceEnvironment"), quotas.BATCH_RESOURCES),
    ("eks-cluster-environments", environments_of_a_cluster, quotas.ENVIRONMENTS_A_CLUSTER),
    ("quota-share-count", shares_of_a_queue, quotas.SHARES_A_QUEUE),
    ("quota-queue-count", queues_with_quotas, quotas.QUEUES_WITH_QUOTAS),
]
