"""What grows with an app is refused where AWS refuses it, and one before that it is not."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from click.testing import CliRunner

import batch_constructs as bc
from batch_constructs.aws import quotas
from batch_constructs.aws.function_policy import FUNCTION_POLICY_BYTES
from batch_constructs.aws.job_definition_facts import BYTES
from batch_constructs.aws.launch_template_facts import USER_DATA_BYTES
from batch_constructs.aws.template_facts import RESOURCES
from batch_constructs.check.check_command import check
from batch_constructs.rules import check_template
from tests import rendered


def document(length: int) -> dict[str, Any]:
    """Write a policy of so many characters as JSON without white space."""
    frame = {"Version": "2012-10-17", "Statement": [{"Sid": ""}]}
    short = len(json.dumps(frame, separators=(",", ":")))
    return {"Version": "2012-10-17", "Statement": [{"Sid": "x" * (length - short)}]}


def role(length: int) -> dict[str, Any]:
    policies = [{"PolicyName": "p", "PolicyDocument": document(length)}]
    return {"R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}}


def role_that_names(resource: Any, at_least: Any, length: int) -> dict[str, Any]:
    """Write one of so many characters, if what it names comes to its shortest text."""
    shortest = {"Version": "2012-10-17", "Statement": [{"Sid": "", "Resource": at_least}]}
    missing = length - len(json.dumps(shortest, separators=(",", ":")))
    statement = {"Sid": "x" * missing, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    own = {"Policies": [{"PolicyName": "p", "PolicyDocument": document}]}
    return {
        "R": {"Type": "AWS::IAM::Role", "Properties": own},
        "S": {"Type": "AWS::SecretsManager::Secret"},
        "Q": {"Type": "AWS::SQS::Queue"},
        "J": {"Type": "AWS::IAM::Role"},
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "bucket"}},
    }


def role_and_policy(length: int) -> dict[str, Any]:
    attached = {"Roles": [{"Ref": "R"}], "PolicyDocument": document(length - 5000)}
    return {**role(5000), "P": {"Type": "AWS::IAM::Policy", "Properties": attached}}


def role_and_its_policies(length: int) -> dict[str, Any]:
    """Attach some by a policy that is a resource of its own, some by the role's name."""
    first = {"RoleName": {"Ref": "R"}, "PolicyDocument": document(length - 8000)}
    named = {"Roles": ["r"], "PolicyDocument": json.dumps(document(3000), indent=4)}
    made = role(5000)
    made["R"]["Properties"]["RoleName"] = "r"
    return {
        **made,
        "A": {"Type": "AWS::IAM::RolePolicy", "Properties": first},
        "B": {"Type": "AWS::IAM::Policy", "Properties": named},
    }


def trust(length: int) -> dict[str, Any]:
    own = {"AssumeRolePolicyDocument": document(length)}
    return {"R": {"Type": "AWS::IAM::Role", "Properties": own}}


def key(kind: str, length: int) -> dict[str, Any]:
    return {"K": {"Type": kind, "Properties": {"KeyPolicy": document(length)}}}


def permissions(length: int) -> dict[str, Any]:
    """Write permissions of a function with a name, told by its ARN and by its logical ID."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:F"
    kept = {
        "Sid": "P1-123456789012",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"AWS:SourceArn": ""},
        },
    }
    other = {**kept, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    other["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    whole = {"Version": "2012-10-17", "Id": "default", "Statement": [kept] * 10 + [other]}
    room = length - len(json.dumps(whole, separators=(",", ":")))
    texts = ["x" * (room // 10)] * 9 + ["x" * (room - room // 10 * 9)]
    made = [
        {"Principal": "events.amazonaws.com", "SourceArn": text, "SourceAccount": "123456789012"}
        for text in texts
    ]
    made.append({"Principal": "123456789012", "PrincipalOrgID": "o-1234567890"})
    named = [{"Ref": "F"}, {"Fn::GetAtt": ["F", "Arn"]}, {"Fn::GetAtt": "F.Arn"}]
    called = {"Action": "lambda:InvokeFunction"}
    return {
        "F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "F"}},
        **{
            f"P{chr(place + ord('a'))}": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {**one, **called, "FunctionName": named[place % 3]},
            }
            for place, one in enumerate(made)
        },
    }


def bus_policies(length: int) -> dict[str, Any]:
    """Write two statements of one bus, and one of another."""
    kind = "AWS::Events::EventBusPolicy"
    ours = {"EventBusName": {"Ref": "B"}}
    frame = len(json.dumps({"Sid": ""}, separators=(",", ":")))
    return {
        "B": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "b"}},
        "P": {"Type": kind, "Properties": {**ours, "Statement": {"Sid": "x" * (5000 - frame)}}},
        "Q": {
            "Type": kind,
            "Properties": {**ours, "Statement": {"Sid": "x" * (length - 5000 - frame)}},
        },
        "R": {"Type": kind, "Properties": {"Statement": {"Sid": "x" * 1000}}},
    }


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


def log_policy(length: int) -> dict[str, Any]:
    pieces = ["x" * (length - 12), {"Ref": "AWS::AccountId"}]
    own = {"PolicyDocument": {"Fn::Join": ["", pieces]}}
    return {"P": {"Type": "AWS::Logs::ResourcePolicy", "Properties": own}}


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


def arns(count: int) -> dict[str, Any]:
    some = [f"arn:aws:iam::111122223333:policy/p{number}" for number in range(count)]
    return {"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": some}}}


def arns_and_policy(count: int) -> dict[str, Any]:
    own = {"Roles": [{"Ref": "R"}], "PolicyDocument": document(100)}
    return {**arns(count - 1), "M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": own}}


def event_pattern(length: int) -> dict[str, Any]:
    source = "x" * (length - len('{"source":[""]}'))
    own = {"EventPattern": {"source": [source]}}
    return {"R": {"Type": "AWS::Events::Rule", "Properties": own}}


def topics(count: int) -> dict[str, Any]:
    return {f"T{number}": TOPIC for number in range(count)}


def managed(length: int) -> dict[str, Any]:
    own = {"PolicyDocument": document(length)}
    return {"M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": own}}


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


def metric_filters(count: int) -> dict[str, Any]:
    """Write filters of one log group, and one of another."""
    kind = "AWS::Logs::MetricFilter"
    own = {"Type": kind, "Properties": {"LogGroupName": {"Ref": "L"}}}
    return {
        "Other": {"Type": kind, "Properties": {"LogGroupName": "other"}},
        **{f"F{number}": own for number in range(count)},
        "L": {"Type": "AWS::Logs::LogGroup"},
    }


def rules(count: int) -> dict[str, Any]:
    own = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)"}}
    return {f"R{number}": own for number in range(count)}


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


def sent(kind: str, length: int) -> dict[str, Any]:
    """Write the policy of a queue, a topic or a bucket."""
    return {"P": {"Type": kind, "Properties": {"PolicyDocument": document(length)}}}


def statements(kind: str, count: int) -> dict[str, Any]:
    """Write one that says so many things, and maybe more that nobody can know."""
    maybe = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}}
    own = {"PolicyDocument": {"Statement": [*([{"Effect": "Allow"}] * count), maybe]}}
    return {"P": {"Type": kind, "Properties": own}}


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


def environments_of_a_cluster(count: int) -> dict[str, Any]:
    of_eks = {"EksClusterArn": {"Fn::GetAtt": ["Cluster", "Arn"]}, "KubernetesNamespace": "batch"}
    own = {"Type": "MANAGED", "EksConfiguration": of_eks}
    other = {**own, "EksConfiguration": {**of_eks, "EksClusterArn": {"Ref": "Other"}}}
    made = {f"E{number}": own for number in range(count)} | {"Other": other}
    kind = "AWS::Batch::ComputeEnvironment"
    return {id_: {"Type": kind, "Properties": given} for id_, given in made.items()}


def shares_of_a_queue(count: int) -> dict[str, Any]:
    kind = "AWS::Batch::QuotaShare"
    one = {"Type": kind, "Properties": {"JobQueue": {"Ref": "Q"}}}
    other = {"Type": kind, "Properties": {"JobQueue": {"Ref": "Other"}}}
    return {**{f"S{number}": one for number in range(count)}, "Other": other}


def queues_with_quotas(count: int) -> dict[str, Any]:
    order = [{"Order": 1, "ServiceEnvironment": {"Ref": "E"}}]
    own = {"SchedulingPolicyArn": {"Ref": "P"}, "ServiceEnvironmentOrder": order}
    fair = {**own, "SchedulingPolicyArn": {"Ref": "Fair"}}
    policy = "AWS::Batch::SchedulingPolicy"
    made = {f"Q{number}": own for number in range(count)} | {"QFair": fair}
    return {
        **{id_: {"Type": "AWS::Batch::JobQueue", "Properties": one} for id_, one in made.items()},
        "P": {"Type": policy, "Properties": {"QuotaSharePolicy": {}}},
        "Fair": {"Type": policy, "Properties": {"FairsharePolicy": {}}},
    }


QUEUE_POLICY = "AWS::SQS::QueuePolicy"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
OWN_POLICY = "AWS::SQS::QueueInlinePolicy"
BUCKET_POLICY = "AWS::S3::BucketPolicy"

TOPIC = {"Type": "AWS::SNS::Topic"}

CASES: list[Any] = [
    ("queue-policy-size", partial(sent, QUEUE_POLICY), quotas.QUEUE_POLICY_BYTES),
    ("queue-policy-size", partial(statements, QUEUE_POLICY), quotas.QUEUE_POLICY_STATEMENTS),
    ("queue-policy-size", partial(statements, OWN_POLICY), quotas.QUEUE_POLICY_STATEMENTS),
    ("topic-policy-size", partial(sent, TOPIC_POLICY), quotas.TOPIC_POLICY_BYTES),
    ("topic-policy-size", partial(statements, TOPIC_POLICY), quotas.TOPIC_POLICY_STATEMENTS),
    ("bucket-policy-size", partial(sent, BUCKET_POLICY), quotas.BUCKET_POLICY_BYTES),
    ("role-policy-size", role, quotas.ROLE_POLICY_CHARACTERS),
    ("role-policy-size", role_and_policy, quotas.ROLE_POLICY_CHARACTERS),
    ("role-policy-size", role_and_its_policies, quotas.ROLE_POLICY_CHARACTERS),
    ("role-trust-size", trust, quotas.TRUST_POLICY_CHARACTERS),
    ("key-policy-size", partial(key, "AWS::KMS::Key"), quotas.KEY_POLICY_BYTES),
    ("key-policy-size", partial(key, "AWS::KMS::ReplicaKey"), quotas.KEY_POLICY_BYTES),
    ("function-policy-size", permissions, FUNCTION_POLICY_BYTES),
    ("event-bus-policy-size", bus_policies, quotas.EVENT_BUS_POLICY_CHARACTERS),
    ("log-resource-policy-size", log_policy, quotas.LOG_RESOURCE_POLICY_CHARACTERS),
    ("parameter-size", partial(parameter, quotas.STANDARD_TIER), quotas.PARAMETER_CHARACTERS),
    ("parameter-size", partial(parameter, None), quotas.ADVANCED_PARAMETER_CHARACTERS),
    ("parameter-size", partial(parameter, "Advanced"), quotas.ADVANCED_PARAMETER_CHARACTERS),
    ("user-data-size", partial(user_data, encoded=False), USER_DATA_BYTES),
    ("user-data-size", partial(user_data, encoded=True), USER_DATA_BYTES),
    ("role-policy-count", arns, quotas.MANAGED_POLICIES_A_ROLE),
    ("role-policy-count", arns_and_policy, quotas.MANAGED_POLICIES_A_ROLE),
    ("managed-policy-size", managed, quotas.MANAGED_POLICY_CHARACTERS),
    ("function-environment-size", function, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ("function-environment-size", function_that_names, quotas.FUNCTION_ENVIRONMENT_BYTES),
    ("log-resource-policies", policies, quotas.LOG_RESOURCE_POLICIES),
    ("metric-filter-count", metric_filters, quotas.METRIC_FILTERS_A_GROUP),
    ("rule-count", rules, quotas.RULES_A_BUS),
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


NAMED: list[tuple[Any, Any]] = [
    ({"Ref": "S"}, "arn:aws:secretsmanager:us-east-1:123456789012:secret:S-123456789012-123456"),
    (
        {"Fn::Sub": "${S}:a::${!b}"},
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:S-123456789012-123456:a::${b}",
    ),
    ({"Fn::GetAtt": ["Q", "Arn"]}, "arn:aws:sqs:us-east-1:123456789012:Q-123456789012"),
    ({"Fn::GetAtt": "Q.Arn"}, "arn:aws:sqs:us-east-1:123456789012:Q-123456789012"),
    ({"Fn::GetAtt": ["J", "Arn"]}, "arn:aws:iam::123456789012:role/J-123456789012"),
    (
        {"Fn::Sub": ["${a}${J.Arn}", {"a": "xyz"}]},
        "xyzarn:aws:iam::123456789012:role/J-123456789012",
    ),
    (
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":logs:", {"Ref": "AWS::Region"}]]},
        "arn:aws:logs:us-east-1",
    ),
    ({"Fn::Sub": "${AWS::AccountId}/${Unknown}"}, "123456789012/"),
    ({"Fn::GetAtt": ["B", "Arn"]}, "arn:aws:s3:::bucket"),
    ({"Ref": "J"}, "J-123456789012"),
    ({"Fn::If": ["Maybe", {"Ref": "S"}, "abc"]}, "abc"),
    (["a", {"Fn::If": ["Maybe", "b", {"Ref": "AWS::NoValue"}]}], ["a"]),
    ("x{{resolve:ssm:/a/long/name}}", "x"),
]
"""What a policy names, and the shortest that it can come to."""

ALL: list[Any] = [
    *CASES,
    ("role-policy-size", partial(role_that_names, *NAMED[0]), quotas.ROLE_POLICY_CHARACTERS),
    ("event-pattern-syntax", event_pattern, quotas.EVENT_PATTERN_CHARACTERS),
    ("event-pattern-syntax", pattern_of_queues, quotas.EVENT_PATTERN_CHARACTERS),
    ("resource-count", topics, RESOURCES),
    ("job-definition-size", job_with_secrets, BYTES),
]
"""Also those whose other cases stand elsewhere."""


def found(template: dict[str, Any]) -> list[tuple[str, str]]:
    areas = {rule for rule, _, _ in ALL} | {"stack-sections", "template-text-length"}
    return [(one.rule, one.message) for one in check_template(template) if one.rule in areas]


@pytest.mark.parametrize(("resource", "at_least"), NAMED)
def test_what_only_the_deployment_knows_counts_as_little_as_it_can_be(
    resource: Any, at_least: Any
) -> None:
    most = quotas.ROLE_POLICY_CHARACTERS

    assert found({"Resources": role_that_names(resource, at_least, most)}) == []
    assert found({"Resources": role_that_names(resource, at_least, most + 1)}) != []


@pytest.mark.parametrize(("rule", "make", "most"), ALL)
def test_the_most_is_taken_and_one_more_is_not(rule: str, make: Any, most: int) -> None:
    assert found({"Resources": make(most)}) == []
    [(named, message)] = found({"Resources": make(most + 1)})
    assert named == rule
    assert str(most) in message.replace(",", "")


@pytest.mark.parametrize(
    ("rule", "make", "most"), [one for one in ALL if one[0] != "resource-count"]
)
@pytest.mark.parametrize("more", [0, 1])
def test_a_synthesis_says_the_same_of_what_anybody_made(
    rule: str, make: Any, most: int, more: int, tmp_path: Path
) -> None:
    """Of resources the CDK counts 500 itself, and refuses the next one."""
    app = cdk.App(
        outdir=str(tmp_path),
        builtin_cloud_formation_validation=False,
        context={"@aws-cdk/core:suppressTemplateIndentation": True},
    )
    cdk.Validations.of(app).add_plugins(bc.BatchRules())
    stack = cdk.Stack(app, "S", synthesizer=cdk.LegacyStackSynthesizer())
    stack.template_options.metadata = {}
    for id_, one in make(most + more).items():
        resource = cdk.CfnResource(stack, id_, type=one["Type"], properties=one.get("Properties"))
        for name, value in one.get("Metadata", {}).items():
            resource.add_metadata(name, value)
        resource.override_logical_id(id_)

    said = ""
    try:
        with rendered.somebody_elses():
            app.synth()
    except RuntimeError as error:
        said = str(error)

    report = tmp_path / "validation-report.json"
    written = json.loads(report.read_text()) if report.exists() else {"pluginReports": []}
    told = {one["ruleName"] for plugin in written["pluginReports"] for one in plugin["violations"]}
    if rule != "template-size":  # the CDK adds metadata of its own
        assert (rule in told) is bool(more), said
    elif more:
        assert rule in told


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(("rule", "make", "most"), ALL)
def test_a_check_from_the_command_line_says_the_same(
    rule: str, make: Any, most: int, more: int, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"Resources": make(most + more)}, separators=(",", ":")))

    done = CliRunner().invoke(check, [str(file), "--format", "json"])

    [found] = json.loads(done.stdout).values()
    severities = {one["severity"] for one in found if one["rule"] == rule}
    assert len(severities) == more
    assert done.exit_code == any(one["severity"] == "error" for one in found)


@pytest.mark.parametrize(
    ("section", "most"),
    [
        ("Outputs", quotas.STACK_OUTPUTS),
        ("Parameters", quotas.STACK_PARAMETERS),
        ("Mappings", quotas.STACK_MAPPINGS),
    ],
)
def test_a_section_has_so_many_entries_and_no_more(section: str, most: int) -> None:
    one = {"Type": "String", "Value": "x"}

    def template(count: int) -> dict[str, Any]:
        topic = {"T": {"Type": "AWS::SNS::Topic"}}
        return {"Resources": topic, section: {f"N{number}": one for number in range(count)}}

    assert found(template(most)) == []
    [(_, message)] = found(template(most + 1))
    assert message == f"there are {most + 1} {section.lower()}; CloudFormation takes {most}"


def test_a_mapping_has_so_many_values_below_a_key_and_no_more() -> None:
    most = quotas.MAPPING_ATTRIBUTES

    def template(count: int) -> dict[str, Any]:
        values = {f"k{number}": "v" for number in range(count)}
        return {"Resources": topics(1), "Mappings": {"M": {"a": values}}}

    assert found(template(most)) == []
    [(_, message)] = found(template(most + 1))
    assert message == f"there are {most + 1} values below one key; CloudFormation takes {most}"


@pytest.mark.parametrize(
    ("most", "make"),
    [
        (quotas.STACK_NAME_CHARACTERS, lambda length: {"Resources": {"x" * length: TOPIC}}),
        (quotas.STACK_NAME_CHARACTERS, lambda length: {"Outputs": {"x" * length: {"Value": "x"}}}),
        (quotas.STACK_PARAMETER_BYTES, lambda length: {"Parameters": {"P": default(length)}}),
        (quotas.TEMPLATE_DESCRIPTION_BYTES, lambda length: {"Description": "x" * length}),
    ],
)
def test_a_text_of_a_template_has_so_much_room_and_no_more(most: int, make: Any) -> None:
    assert found({"Resources": {"T": TOPIC}, **make(most)}) == []
    [(rule, message)] = found({"Resources": {"T": TOPIC}, **make(most + 1)})
    assert rule == "template-text-length"
    assert f"has {most + 1} " in message
    assert message.endswith(f"; CloudFormation takes {most}")


def default(length: int) -> dict[str, Any]:
    return {"Type": "String", "Default": "x" * length}


def test_a_policy_under_a_condition_counts_for_nothing() -> None:
    made = role_and_its_policies(quotas.ROLE_POLICY_CHARACTERS)
    made["D"] = {**made["A"], "Condition": "Maybe"}

    assert found({"Resources": made}) == []


def test_what_is_not_known_yet_counts_as_nothing() -> None:
    many = {"Fn::Join": [",", [{"Ref": "Q"}] * 3000]}
    resources = function(100)
    resources["F"]["Properties"]["Environment"]["Variables"] = {"NAME": many}

    assert found({"Resources": resources}) == []


@pytest.mark.parametrize(
    "where", ["Policies", "PolicyDocument", "Environment", "DashboardBody", "Targets"]
)
@pytest.mark.parametrize(
    "odd",
    [
        *(None, 1, "x", [1, None], {"Variables": 1}, [{"a": []}], "[1]", '{"widgets": [1]}'),
        *('{"widgets": [{"properties": {"metrics": [1, []]}}, {"properties": 1}]}',),
        *([{"Input": []}, {"InputTransformer": 1}],),
    ],
)
def test_what_is_none_is_nothing(where: str, odd: Any) -> None:
    for kind in (
        *("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function"),
        *("AWS::CloudWatch::Dashboard", "AWS::Events::Rule"),
    ):
        assert found({"Resources": {"X": {"Type": kind, "Properties": {where: odd}}}}) == []


def test_a_policy_of_roles_that_are_named_counts_for_none_of_the_template() -> None:
    """What a name in a policy's Roles means is not for the template to say."""
    document = {"Statement": [{"Sid": "x" * 11_000}]}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}
    policy["Properties"]["Roles"] = ["R", {"Fn::Sub": "R"}]  # type: ignore[index]

    assert (
        found({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}}, "P": policy}}) == []
    )


def test_what_a_condition_may_leave_out_counts_in_no_quota() -> None:
    made = of_batch("JobQueue", quotas.BATCH_RESOURCES + 1)
    made["B0"] = {**made["B0"], "Condition": "Maybe"}
    template = {"Conditions": {"Maybe": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}}}

    assert found({**template, "Resources": made}) == []
