"""A secret's value that only the template shows is an error in what a construct of ours made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

import batch_constructs as bc
from batch_constructs.written_secrets import written_secrets

Form = Callable[[cdk.Stack, str], str]

FORMS: dict[str, Form] = {
    "join": lambda _, value: cdk.Fn.join("-", ["a", value]),
    "sub": lambda _, value: cdk.Fn.sub("a${X}", {"X": value}),
    "select": lambda _, value: cdk.Fn.select(0, cdk.Fn.split(",", value)),
    "if": lambda stack, value: cdk.Fn.condition_if(
        cdk.CfnCondition(
            stack, "Is", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "us-east-1")
        ).logical_id,
        value,
        "x",
    ).to_string(),
    "base64": lambda _, value: cdk.Fn.base64(value),
    "lazy": lambda _, value: cdk.Lazy.string(Late(value)),
}


@jsii.implements(cdk.IStableStringProducer)
class Late:
    def __init__(self, value: str) -> None:
        self._value = value

    def produce(self) -> str:
        return self._value


def app(tmp_path: Path) -> cdk.App:
    return cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)


def refused(tree: cdk.App, tmp_path: Path) -> dict[str, str]:
    """Synthesise; return the constructs that the rule is about, and what it says."""
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        tree.synth()
    written = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    return {
        where["constructPath"]: one["description"]
        for plugin in written["pluginReports"]
        for one in plugin["violations"]
        if one["ruleName"] == "secret-resolved" and one["severity"] == "error"
        for where in one["violatingConstructs"]
    }


def everything(stack: cdk.Stack, value: str) -> set[str]:
    """Give the value in every way that has no constructor which could see it; name each."""
    size: Any = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    job = bc.FargateJobDefinition(
        stack, "Job", **size, command=["run", "Ref::a"], parameters={"a": "x"}
    )
    bc.FargateJobDefinition(stack, "Environment", **size, environment={"P": value})
    bc.FargateJobDefinition(stack, "Command", **size, command=["run", value])
    bc.Ec2JobDefinition(
        stack, "Parameters", **size, command=["run", "Ref::p"], parameters={"p": value}
    )
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
    )
    to: Any = {"queue": queue, "job_definition": job}
    overrides = bc.SubmissionOverrides(environment={"P": value})
    bc.ScheduleTrigger(stack, "Schedule", schedule="rate(1 day)", **to, overrides=overrides)
    pattern = {"source": ["shop"]}
    bc.EventTrigger(stack, "Event", event_pattern=pattern, **to, parameters={"a": value})
    bc.ObjectCreatedTrigger(
        stack, "Object", bucket=s3.Bucket(stack, "Bucket"), **to, command=["run", value]
    )
    bc.SubmitFunction(stack, "Function", **to, parameters={"a": value})
    bc.SubmissionGateway(stack, "Gateway", **to, overrides=overrides)
    flow = bc.WorkflowJob(name="a", job_definition=job, environment={"P": value})
    bc.Workflow(stack, "Flow", queue=queue, jobs=[flow])
    fleet = bc.FargateComputeEnvironment.from_compute_environment_arn(
        stack, "Fleet", "arn:aws:batch:us-east-1:123456789012:compute-environment/fleet"
    )
    tagged = bc.JobQueue(stack, "Tagged", compute_environments=[fleet])
    cdk.Tags.of(tagged).add("key", value)
    definitions = {"Environment", "Command", "Parameters"}
    triggers = {"Schedule", "Event", "Object", "Function", "Gateway", "Flow"}
    return {*definitions, *triggers, "Tagged"}


def parameter_in(stack: cdk.Stack) -> str:
    parameter = cdk.CfnParameter(stack, "Password", no_echo=True)
    return cdk.SecretValue.cfn_parameter(parameter).to_string()


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        *((form, "secret") for form in FORMS),
        *((form, "parameter") for form in ("is", "join", "sub")),
    ],
)
def test_a_secrets_value_in_any_form_is_an_error_of_the_construct(
    form: str, kind: str, tmp_path: Path
) -> None:
    """Such is the value of a parameter with NoEcho."""
    tree = app(tmp_path)
    stack = cdk.Stack(tree, "S")
    value = secret_in(stack) if kind == "secret" else parameter_in(stack)

    expected = everything(stack, FORMS[form](stack, value) if form in FORMS else value)
    found = refused(tree, tmp_path)

    assert {path.split("/")[1] for path in found} == expected
    assert all("this would be the value of a secret" in said for said in found.values())
    assert found["S/Environment/Resource"].startswith("environment: ")
    assert found["S/Command/Resource"].startswith("command[1]: ")
    assert {path.split("/")[1]: said.partition(": ")[0] for path, said in found.items()} == {
        "Environment": "environment",
        "Command": "command[1]",
        "Parameters": "parameters",
        "Schedule": "Target/Input/ContainerOverrides/Environment/0/Value",
        "Event": "Targets/0/Input/Parameters/a",
        "Object": "Targets/0/InputTransformer/InputTemplate",
        "Function": "Environment/Variables/DEFAULTS/parameters/a",
        "Gateway": "Environment/Variables/DEFAULTS/containerOverrides/environment/0/value",
        "Flow": "DefinitionString/States/a/Parameters/ContainerOverrides/Environment/0/Value",
        "Tagged": "tags",
    }


REFERENCE = "{{resolve:secretsmanager:db:SecretString:p}}"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (REFERENCE, "Code/a"),
        (f'"{REFERENCE}"', "Code/a"),
        (json.dumps({"b": [{"c": REFERENCE}]}), "Code/a/b/0/c"),
        ({"Fn::Join": ["", ['{"b": "', {"Ref": "X"}, '", "c": "', REFERENCE, '"}']]}, "Code/a/c"),
        ({"Fn::Join": ["", ['{"b": "', {"Fn::Base64": REFERENCE}, '"}']]}, "Code/a/b"),
        ({"Fn::Join": ["", ['{"b": "{{resol', REFERENCE[7:], '"}']]}, "Code/a/b"),
        ({"Fn::Sub": f'{{"b": "{REFERENCE}"}}'}, "Code/a/b"),
        ({"b/c": REFERENCE}, "Code/a/b/c"),
        ([REFERENCE, REFERENCE], "Code/a/0"),
    ],
)
def test_the_member_that_holds_it_is_named_as_far_as_it_can_be(value: Any, where: str) -> None:
    resource = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"a": value}}}

    found = [*written_secrets({"Resources": {"F": resource}}, {"F": "/S/F/R"}, {"S/F"})]

    assert found[0].message.partition(": ")[0] == where
    assert len(found) == (2 if isinstance(value, list) else 1)
    assert found[0].path.startswith("Properties/Code/a")


def job(scope: cdk.Stack, value: str) -> bc.FargateJobDefinition:
    size: Any = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    return bc.FargateJobDefinition(scope, "Job", **size, environment={"P": value})


def secret_in(stack: cdk.Stack) -> str:
    return secretsmanager.Secret(stack, "Secret").secret_value_from_json("p").unsafe_unwrap()


def test_a_nested_stack_is_looked_at_too(tmp_path: Path) -> None:
    tree = app(tmp_path)
    nested = cdk.NestedStack(cdk.Stack(tree, "S"), "N")
    job(nested, cdk.Fn.base64(secret_in(nested)))

    assert refused(tree, tmp_path).keys() == {"S/N/Job/Resource"}


def test_a_stage_that_is_synthesised_for_itself_is_looked_at_too(tmp_path: Path) -> None:
    stage = cdk.Stage(app(tmp_path), "Stage")
    stack = cdk.Stack(stage, "S")
    job(stack, cdk.Fn.base64(secret_in(stack)))

    with pytest.raises(
        RuntimeError, match="Job.*: environment: this would be the value of a secret"
    ):
        stage.synth()


def test_what_others_made_and_the_address_of_a_web_hook_are_left_alone(tmp_path: Path) -> None:
    tree = app(tmp_path)
    stack = cdk.Stack(tree, "S")
    value = secret_in(stack)
    job(stack, "plain")
    batch.CfnJobDefinition(
        stack,
        "Theirs",
        type="container",
        container_properties={
            "image": "busybox",
            "environment": [{"name": "P", "value": value}],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
        },
    )
    topic = bc.AlertTopic(stack, "Alerts")
    address = f"https://u:{value}@hook.example/"
    hook = subscriptions.UrlSubscription(address, protocol=sns.SubscriptionProtocol.HTTPS)
    topic.add_subscription(hook)

    tree.synth()


@pytest.mark.parametrize("unwrapped", [True, False])
def test_in_a_stack_with_a_place_the_parameter_is_named_too(
    unwrapped: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    stack = cdk.Stack(cdk.App(), "S", env=env)
    value = secretsmanager.Secret(stack, "Secret").secret_value_from_json("p")

    with pytest.raises(ValueError, match=r'environment\["P"\] is the value of a secret.*secrets='):
        job(stack, value.unsafe_unwrap() if unwrapped else f"a{value.unsafe_unwrap()}b")
