"""What of a template is drawn, and what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.diagram.batch_part import picture_of
from batch_constructs.diagram.picture import Part

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("tests/__snapshots__/test_examples/*.json"))


def template(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            id_: {"Type": f"AWS::{type_}", "Properties": properties}
            for id_, (type_, properties) in resources.items()
        }
    }


def arrows(whole: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.label, edge.target) for edge in picture_of(whole).edges}


def rights(action: str, *resources: str) -> dict[str, Any]:
    named = [{"Fn::GetAtt": [one, "Arn"]} for one in resources]
    statement = {"Effect": "Allow", "Action": action, "Resource": named}
    return {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]}


def test_a_queue_leads_to_its_environments_in_their_order() -> None:
    order = [
        {"Order": 2, "ComputeEnvironment": {"Ref": "First"}},
        {"Order": 1, "ComputeEnvironment": {"Ref": "Second"}},
    ]
    whole = template(
        Queue=("Batch::JobQueue", {"Priority": 5, "ComputeEnvironmentOrder": order}),
        First=("Batch::ComputeEnvironment", {"Type": "MANAGED"}),
        Second=("Batch::ComputeEnvironment", {"Type": "UNMANAGED"}),
    )

    assert arrows(whole) == {("Queue", "2", "First"), ("Queue", "1", "Second")}
    assert picture_of(whole).nodes["Queue"].kind == "job queue, priority 5"


def test_an_environment_of_another_stack_is_drawn_by_its_name() -> None:
    arn = "arn:aws:batch:eu-west-1:123456789012:compute-environment/theirs"
    order = [{"Order": 1, "ComputeEnvironment": arn}]
    whole = template(Queue=("Batch::JobQueue", {"ComputeEnvironmentOrder": order}))

    drawn = picture_of(whole)

    assert [(node.name, node.kind) for node in drawn.nodes.values()] == [
        ("theirs", "compute environment of elsewhere"),
        ("Queue", "job queue"),
    ]


def test_what_submits_leads_to_the_job_and_the_job_to_its_queue() -> None:
    target = {
        "Arn": {"Ref": "Queue"},
        "BatchParameters": {"JobDefinition": {"Ref": "Job"}, "JobName": "n"},
    }
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Job=("Batch::JobDefinition", {"Type": "container"}),
        Nightly=("Events::Rule", {"ScheduleExpression": "rate(1 day)", "Targets": [target]}),
    )

    assert arrows(whole) == {("Nightly", "submits", "Job"), ("Job", "to", "Queue")}
    assert picture_of(whole).nodes["Nightly"].kind == "EventBridge rule, rate(1 day)"


def test_a_function_that_may_submit_leads_to_the_job() -> None:
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Role=("IAM::Role", rights("batch:SubmitJob", "Queue", "Job")),
        Job=("Batch::JobDefinition", {"Type": "container"}),
        Function=("Lambda::Function", {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}),
        Messages=("SQS::Queue", {}),
        Mapping=(
            "Lambda::EventSourceMapping",
            {
                "EventSourceArn": {"Fn::GetAtt": ["Messages", "Arn"]},
                "FunctionName": {"Ref": "Function"},
            },
        ),
    )

    assert arrows(whole) == {
        ("Messages", "messages", "Function"),
        ("Function", "submits", "Job"),
        ("Job", "to", "Queue"),
    }


@pytest.mark.parametrize(
    ("action", "verb"),
    [("s3:GetObject*", "reads"), ("s3:PutObject", "writes"), ("s3:*", "reads and writes")],
)
def test_a_job_leads_to_what_its_role_may_touch(action: str, verb: str) -> None:
    container = {"Image": "i", "JobRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    whole = template(
        Job=("Batch::JobDefinition", {"Type": "container", "ContainerProperties": container}),
        Role=("IAM::Role", rights(action, "Files", "Key")),
        Files=("S3::Bucket", {}),
        Key=("KMS::Key", {}),
    )

    assert arrows(whole) == {("Job", verb, "Files")}
    assert picture_of(whole).nodes["Files"].part is Part.TOUCHED


def test_a_job_leads_to_the_secrets_it_reads() -> None:
    secrets = [{"Name": "A", "ValueFrom": {"Ref": "Login"}}, {"Name": "B", "ValueFrom": "/token"}]
    container = {"Image": "i", "Secrets": secrets}
    whole = template(
        Job=("Batch::JobDefinition", {"Type": "container", "ContainerProperties": container}),
        Login=("SecretsManager::Secret", {}),
    )

    assert arrows(whole) == {("Job", "reads", "Login"), ("Job", "reads", "parameter token")}


@pytest.mark.parametrize(
    "secret", ["hunter2!v", "Hunter2xQ9z", "https://u:hunter2@x", "ghp_" + "aB3d" * 9]
)
def test_what_is_hardly_the_name_of_a_parameter_is_not_drawn(secret: str) -> None:
    container = {"Image": "i", "Secrets": [{"Name": "A", "ValueFrom": secret}]}
    whole = template(
        Job=("Batch::JobDefinition", {"Type": "container", "ContainerProperties": container})
    )

    assert arrows(whole) == set()
    assert secret[-9:] not in repr(picture_of(whole))


def test_who_is_told_stands_behind_the_queue_and_no_address_is_drawn() -> None:
    pattern = {"source": ["aws.batch"], "detail": {"jobQueue": [{"Ref": "Queue"}]}}
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Failed=("Events::Rule", {"EventPattern": pattern, "Targets": [{"Arn": {"Ref": "Topic"}}]}),
        Topic=("SNS::Topic", {}),
        Mail=(
            "SNS::Subscription",
            {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "me@example.com"},
        ),
    )

    assert arrows(whole) == {
        ("Queue", "events", "Failed"),
        ("Failed", "calls", "Topic"),
        ("Topic", "", "Topic email"),
    }
    assert "example.com" not in repr(picture_of(whole))


def test_what_measures_and_starts_no_job_is_not_said_to_start_one() -> None:
    function = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}
    alarm = {
        "Dimensions": [{"Name": "JobQueue", "Value": {"Ref": "Queue"}}],
        "AlarmActions": [{"Ref": "Topic"}],
    }
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Alarm=("CloudWatch::Alarm", alarm),
        Topic=("SNS::Topic", {}),
        Role=("IAM::Role", rights("sns:Publish", "Topic")),
        Gauge=("Lambda::Function", function),
        Minute=("Events::Rule", {"Targets": [{"Arn": {"Fn::GetAtt": ["Gauge", "Arn"]}}]}),
    )

    drawn = picture_of(whole)

    assert {id_: node.part for id_, node in drawn.nodes.items() if id_ != "Queue"} == {
        "Topic": Part.TOLD,
        "Gauge": Part.TOLD,
        "Minute": Part.TOLD,
    }


def test_alarms_on_a_queue_are_one_arrow() -> None:
    alarm = {
        "Dimensions": [{"Name": "JobQueue", "Value": {"Ref": "Queue"}}],
        "AlarmActions": [{"Ref": "Topic"}],
    }
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Topic=("SNS::Topic", {}),
        One=("CloudWatch::Alarm", alarm),
        Two=("CloudWatch::Alarm", alarm),
    )

    assert arrows(whole) == {("Queue", "2 alarms", "Topic")}


def test_what_has_nothing_to_do_with_jobs_is_not_drawn() -> None:
    whole = template(
        Queue=("Batch::JobQueue", {}),
        Rule=("Events::Rule", {"Targets": [{"Arn": {"Fn::GetAtt": ["Other", "Arn"]}}]}),
        Other=("Lambda::Function", {}),
    )

    assert [*picture_of(whole).nodes] == ["Queue"]


def test_a_construct_is_called_by_its_path() -> None:
    whole = template(Queue63C6E3AB=("Batch::JobQueue", {}))
    assert picture_of(whole).nodes["Queue63C6E3AB"].name == "Queue"

    whole["Resources"]["Queue63C6E3AB"]["Metadata"] = {"aws:cdk:path": "Stack/Team/Queue/Resource"}
    assert picture_of(whole).nodes["Queue63C6E3AB"].name == "Team/Queue"


@pytest.mark.parametrize(
    "path", EXAMPLES, ids=[path.stem.partition("[")[2][:-1] for path in EXAMPLES]
)
def test_of_every_example_all_of_aws_batch_is_drawn(path: Path) -> None:
    whole = json.loads(path.read_text())
    kinds = ("JobQueue", "JobDefinition", "ComputeEnvironment")
    there = {i for i, r in whole["Resources"].items() if r["Type"].rpartition("::")[2] in kinds}

    assert there <= {*picture_of(whole).nodes}


@pytest.mark.parametrize(
    "odd", [{}, {"Resources": []}, {"Resources": {"A": 1, "B": {"Type": 3}, "C": {"Type": "X"}}}]
)
def test_an_odd_template_has_an_empty_picture(odd: dict[str, Any]) -> None:
    assert picture_of(odd).nodes == {}
