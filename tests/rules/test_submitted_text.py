"""A secret in a submission of a construct of ours is found by its form and by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

import batch_constructs as bc
from batch_constructs.rules import check_template

PLANTED = {
    "KEY_ID": "AKIA" + "QWERTYUIOPASDFGH",
    "HUB": "ghp_" + "a1B2" * 9,
    "DATABASE": "postgres://user:hunter2@db/main",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----",
    "DB_PASSWORD": "hunter2",
}
"""A name and a value of which the name alone, or the value alone, says that it is secret."""


def _workflow(stack: cdk.Stack, given: dict[str, Any], **more: Any) -> None:
    job = bc.WorkflowJob(name="one", job_definition=given["job_definition"], **more)
    bc.Workflow(stack, "It", queue=given["queue"], jobs=[job])


SUBMITS: dict[str, Callable[..., object]] = {
    "schedule": lambda stack, given, **more: bc.ScheduleTrigger(
        stack, "It", schedule="rate(1 day)", **given, **more
    ),
    "event": lambda stack, given, **more: bc.EventTrigger(
        stack,
        "It",
        event_pattern={"source": ["a"]},
        timeout=cdk.Duration.minutes(5),
        **given,
        **more,
    ),
    "gateway": lambda stack, given, **more: bc.SubmissionGateway(stack, "It", **given, **more),
    "function": lambda stack, given, **more: bc.SubmitFunction(stack, "It", **given, **more),
    "workflow": _workflow,
}


def found(stack: cdk.Stack) -> list[tuple[str, str]]:
    template = dict(assertions.Template.from_stack(stack).to_json())
    return [
        (one.rule, f"{one.message} {one.fix}")
        for one in check_template(template)
        if one.rule.startswith("submitted-")
    ]


@pytest.fixture
def given(stack: cdk.Stack) -> dict[str, Any]:
    """A queue and a definition that were there before."""
    arn = "arn:aws:batch:us-east-1:123456789012:{}"
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", arn.format("job-queue/q"))
    job = bc.JobDefinition.from_job_definition_arn(stack, "Job", arn.format("job-definition/d:1"))
    return {"queue": queue, "job_definition": job}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("how", SUBMITS)
def test_a_secret_in_the_environment_of_a_submission_is_found(
    how: str, name: str, given: dict[str, Any], stack: cdk.Stack
) -> None:
    overrides = bc.SubmissionOverrides(environment={name: PLANTED[name]})

    SUBMITS[how](stack, given, overrides=overrides)

    [(rule, said)] = found(stack)
    assert rule == "submitted-secret"
    assert PLANTED[name] not in said


@pytest.mark.parametrize("how", ["schedule", "function", "workflow"])
def test_a_secret_in_its_parameters_or_command_is_found(
    how: str, given: dict[str, Any], stack: cdk.Stack
) -> None:
    overrides = bc.SubmissionOverrides(command=["load", "--password", "hunter2"])

    SUBMITS[how](stack, given, overrides=overrides, parameters={"hub": PLANTED["HUB"]})

    said = found(stack)
    assert [rule for rule, _ in said] == ["submitted-secret"] * 2
    assert "hunter2" not in str(said)


@pytest.mark.parametrize("how", SUBMITS)
def test_what_only_points_to_a_secret_is_none(
    how: str, given: dict[str, Any], stack: cdk.Stack
) -> None:
    overrides = bc.SubmissionOverrides(
        environment={
            "DB_PASSWORD_FILE": "/run/secret",
            "TOKEN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:t-a1b2c3",
            "URL": "https://example.com/a:b@c",
        }
    )

    SUBMITS[how](stack, given, overrides=overrides)

    assert found(stack) == []


@pytest.mark.parametrize("how", ["schedule", "function", "workflow"])
def test_a_parameter_in_the_code_of_a_submission_is_found(
    how: str, given: dict[str, Any], stack: cdk.Stack
) -> None:
    overrides = bc.SubmissionOverrides(command=["bash", "-lc", "report Ref::key", "Ref::other"])

    SUBMITS[how](stack, given, overrides=overrides, parameters={"key": "a", "other": "b"})

    [(rule, said)] = found(stack)
    assert rule == "submitted-parameter-in-code"
    assert "Ref::key" in said


@pytest.mark.parametrize("how", ["schedule", "function", "workflow"])
def test_a_parameter_that_is_a_word_of_its_own_is_no_code(
    how: str, given: dict[str, Any], stack: cdk.Stack
) -> None:
    overrides = bc.SubmissionOverrides(command=["bash", "-lc", 'report "$1"', "-", "Ref::key"])

    SUBMITS[how](stack, given, overrides=overrides, parameters={"key": "a"})

    assert found(stack) == []


def _rule(**target: Any) -> dict[str, Any]:
    arn = "arn:aws:batch:us-east-1:123456789012"
    whole = {
        "Id": "it",
        "Arn": f"{arn}:job-queue/q",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "BatchParameters": {"JobDefinition": f"{arn}:job-definition/j", "JobName": "n"},
        **target,
    }
    properties = {"EventPattern": {"source": ["shop"]}, "Targets": [whole]}
    return {"Resources": {"R": {"Type": "AWS::Events::Rule", "Properties": properties}}}


@pytest.mark.parametrize(
    "request_",
    [
        {"Parameters": {"hub": PLANTED["HUB"]}},
        {"Parameters": {"password": "hunter2"}},
        {"ContainerOverrides": {"Environment": [{"Name": "A", "Value": PLANTED["KEY_ID"]}]}},
        {"ContainerOverrides": {"Command": ["load", "--password", "hunter2"]}},
        {"Tags": {"db_password": "hunter2"}},
    ],
)
@pytest.mark.parametrize("as_template", [False, True])
def test_a_secret_in_what_event_bridge_hands_over_is_found(
    request_: dict[str, Any],
    as_template: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    if as_template:
        text = json.dumps(request_)[:-1] + ', "key": <key>, "other": "<key>"}'
        target: dict[str, Any] = {
            "InputTransformer": {"InputPathsMap": {"key": "$.k"}, "InputTemplate": text}
        }
        path = "Properties/Targets/0/InputTransformer/InputTemplate"
    else:
        target, path = {"Input": json.dumps(request_)}, "Properties/Targets/0/Input"

    found = [one for one in check_template(_rule(**target)) if one.rule == "submitted-secret"]

    assert [one.path for one in found] == [path]
    assert "hunter2" not in found[0].message
    without_batch = _rule(**target, BatchParameters=None)
    del without_batch["Resources"]["R"]["Properties"]["Targets"][0]["BatchParameters"]
    assert "submitted-secret" not in {one.rule for one in check_template(without_batch)}


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        ({"detail": {"https://u:hunter2x@db/a": ["b"]}}, "detail/https://u:hunter2x@db/a"),
        ({"detail": {"a": ["b", "https://u:hunter2x@db/a"]}}, "detail/a/1"),
        ({"detail": {"a": ["https://db/a"]}}, None),
    ],
)
@pytest.mark.parametrize("submits", [True, False])
def test_a_secret_in_the_pattern_of_a_rule_that_submits_is_found(
    pattern: dict[str, Any], where: str | None, *, submits: bool
) -> None:
    template = _rule()
    properties = template["Resources"]["R"]["Properties"]
    properties["EventPattern"] = pattern
    if not submits:
        properties["Targets"] = [{"Id": "it", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}]

    found = [one for one in check_template(template) if one.rule == "submitted-secret"]

    expected = [f"Properties/EventPattern/{where}"] if where and submits else []
    assert [one.path for one in found] == expected
    assert all(one.message == "a URL with a password is in the template" for one in found)


def test_a_secret_in_the_description_of_a_rule_that_submits_is_found() -> None:
    template = _rule()
    template["Resources"]["R"]["Properties"]["Description"] = "from https://u:hunter2x@db/a"

    found = [one for one in check_template(template) if one.rule == "submitted-secret"]

    assert [one.path for one in found] == ["Properties/Description"]


INPUT = "Properties/Targets/0/Input"


def handed_over(text: Any, *, as_template: bool = False) -> list[str]:
    """Give what the rules say of a text that EventBridge hands over to a queue."""
    target: dict[str, Any] = {"Input": text}
    if as_template:
        target = {"InputTransformer": {"InputPathsMap": {"key": "$.k"}, "InputTemplate": text}}
    found = check_template(_rule(**target))
    return [one.message for one in found if one.rule == "submitted-secret"]


@pytest.mark.parametrize(
    "text",
    [
        {"Fn::Sub": '{"Parameters": {"at": "${AWS::Region}", "hub": "' + PLANTED["HUB"] + '"}}'},
        {"Fn::Sub": '{"Parameters": {"size": ${Size}, "hub": "' + PLANTED["HUB"] + '"}}'},
        {"Fn::Join": ["", ['{"Parameters": {"hub": "', PLANTED["HUB"], '"}}']]},
        '{"Parameters": {"said": "\\"0\\"", "hub": "' + PLANTED["HUB"] + '"}}',
    ],
)
@pytest.mark.parametrize("as_template", [False, True])
def test_a_secret_beside_what_only_the_deployment_knows_is_found(
    text: Any,
    as_template: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    said = handed_over(text, as_template=as_template)

    assert said == ["a token of GitHub is in the template"]


@pytest.mark.parametrize(
    "text",
    [
        '{"Parameters": {"password": <key>}}',
        '{"Parameters": {"password": "<key>"}}',
        '{"Parameters": {"password": "a<key>b"}}',
        '{"Parameters": {"url": "postgres://user:<key>@db/main"}}',
        '{"ContainerOverrides": {"Command": ["load", "--password", "<key>"]}}',
        {"Fn::Sub": '{"Parameters": {"password": "${Password}"}}'},
        {"Fn::Sub": '{"Parameters": {"url": "postgres://user:${Password}@db/main"}}'},
        {"Fn::Sub": '{"Parameters": {"password": ${Password}}}'},
        {"Ref": "Text"},
        "[1]",
        '{"Parameters"',
    ],
)
def test_a_secret_that_only_an_event_or_the_deployment_knows_is_none(text: Any) -> None:
    assert handed_over(text, as_template=True) == []


def test_a_secret_that_event_bridge_hands_over_is_told_once_however_it_is_written() -> None:
    reference = ["{{resolve:secretsmanager:", "{{resolve:secretsmanager:db}}"]
    text = {"Fn::Join": ["", ['{"Parameters": {"p": "', *reference, '"}}']]}

    found = check_template(_rule(Input=text))

    paths = [one.path for one in found if one.rule == "submitted-secret-resolved"]
    assert paths == [INPUT]


def found_of(properties: dict[str, Any], type_: str) -> list[tuple[str, str]]:
    rules = ("submitted-secret", "submitted-secret-resolved")
    template = {"Resources": {"R": {"Type": type_, "Properties": properties}}}
    return [(one.rule, one.path) for one in check_template(template) if one.rule in rules]


@pytest.mark.parametrize("submits", [True, False])
def test_a_function_that_submits_nothing_may_be_told_a_secret(*, submits: bool) -> None:
    """The rule is about what a description of a job shows."""
    variables = {"A": "{{resolve:secretsmanager:db}}", **({"JOB_QUEUE": "q"} if submits else {})}

    found = found_of({"Environment": {"Variables": variables}}, "AWS::Lambda::Function")

    path = "Properties/Environment/Variables/A"
    assert found == ([("submitted-secret-resolved", path)] if submits else [])


def test_a_credential_that_is_the_name_of_a_parameter_is_found() -> None:
    request = {"JobName": "a", "JobQueue": "q", "JobDefinition": "d", "Parameters": {}}
    request["Parameters"] = {"https://u:hunter2x@db/a": "b"}
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:batch:submitJob",
        "RoleArn": "r",
        "Input": json.dumps(request),
    }

    found = found_of({"Target": target}, "AWS::Scheduler::Schedule")

    assert found == [
        ("submitted-secret", "Properties/Target/Input/Parameters/" + "https://u:hunter2x@db/a")
    ]


@pytest.mark.parametrize("named", [True, False])
def test_what_another_function_is_handed_is_no_submission(*, named: bool) -> None:
    secret = {"parameters": {"a": "https://u:hunter2x@db/a"}}
    text = json.dumps({**secret, **({"jobName": "a"} if named else {})})
    target = {"Id": "a", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "Input": text}

    found = found_of({"Targets": [target]}, "AWS::Events::Rule")

    assert found == ([("submitted-secret", "Properties/Targets/0/Input")] if named else [])
