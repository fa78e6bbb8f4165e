"""Whatever submits a job refuses what AWS Batch refuses, in the same words."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.client import BatchClient
from tests.constructors import Given

SUBMITTERS = (
    "EventTrigger",
    "ObjectCreatedTrigger",
    "ScheduleTrigger",
    "SubmissionGateway",
    "SubmitFunction",
    "Workflow",
)


@pytest.fixture(scope="module")
def given() -> Given:
    return Given(cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack"))


def submit(name: str, given: Given, **arguments: Any) -> None:
    """Make a construct that submits, with arguments of the submission."""
    right = given.arguments(name)
    if name == "Workflow":
        job = bc.WorkflowJob(name="one", job_definition=given.definition, **arguments)
        right, arguments = {**right, "jobs": [job]}, {}
    getattr(bc, name)(given.stack, "X", **{**right, **arguments})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tags": {"aws:x": "y"}}, 'a key of overrides.tags is "aws:x"; allowed: keys of'),
    ({"tags": {"x": "y" * 257}}, 'overrides.tags["x"] has 257 characters; allowed: at most 256'),
    (
        {"environment": {"AWS_BATCH_X": "y"}},
        'a key of overrides.environment is "AWS_BATCH_X"; allowed: names that do not begin with',
    ),
    ({"timeout": cdk.Duration.seconds(0)}, "overrides.timeout is 0 seconds; allowed: 60 sec"),
    ({"scheduling_priority": 10_000}, "overrides.scheduling_priority is 10000; allowed: whole"),
    ({"share_identifier": "a b"}, 'overrides.share_identifier is "a b"; allowed: 1 to 255'),
    ({"vcpus": 3}, "overrides.vcpus is 3; allowed: 0.25, 0.5, 1, 2, 4, 8, 16 or 32 on Fargate"),
    ({"memory_mebibytes": 100}, "is 100 MiB; allowed: 2048, 3072, "),
    ({"gpus": 1}, "overrides.gpus is given, which Fargate jobs do not support"),
    ({"retry": bc.RetryPolicy(attempts=11)}, "overrides.retry.attempts is 11; allowed: whole"),
    ({"command": "echo"}, "overrides.command is str; expected a list of strings"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG)
@pytest.mark.parametrize("name", SUBMITTERS)
def test_overrides_obey_the_facts_that_the_definition_obeys(
    name: str, fields: dict[str, Any], said: str, given: Given
) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        submit(name, given, overrides=bc.SubmissionOverrides(**fields))

    assert "\n" not in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", sorted({*SUBMITTERS} - {"SubmissionGateway"}))
def test_a_parameter_that_the_definition_never_refers_to_is_refused(
    name: str, given: Given
) -> None:
    with pytest.raises(ValueError, match='a key of parameters is "day", to which the command of'):
        submit(name, given, parameters={"day": "1"})


def test_so_does_a_gateway_that_reads_it_from_messages(given: Given) -> None:
    with pytest.raises(ValueError, match='a key of parameters is "day", to which the command of'):
        submit("SubmissionGateway", given, mode="JOB_PER_MESSAGE", parameters={"day": "$.day"})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (fields, said.replace("overrides.", ""))
        for fields, said in WRONG
        if not {"vcpus", "memory_mebibytes", "gpus"} & set(fields)
    ],
)
def test_the_client_refuses_it_before_it_asks_aws(fields: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:  # the text is looked at
        BatchClient(object()).submit("a", queue="q", job_definition="d", **fields)

    assert said in str(refused.value)


@pytest.mark.parametrize("name", SUBMITTERS)
def test_sizes_that_the_definition_could_have_are_taken(name: str, given: Given) -> None:
    sizes = bc.SubmissionOverrides(vcpus=2, memory_mebibytes=8192)
    submit(name, given, overrides=sizes)
    assert given.stack.node.try_remove_child("X")


def test_a_workflow_runs_for_a_second_at_least(given: Given) -> None:
    arguments = given.arguments("Workflow")
    with pytest.raises(ValueError, match="timeout is 0 seconds; allowed: 1 second or more"):
        bc.Workflow(given.stack, "X", **arguments, timeout=cdk.Duration.seconds(0))


@pytest.mark.parametrize("name", ["a b", "", "é", "x" * 81, *("a" + one for one in "<[?\\;:/\x7f")])
def test_what_step_functions_calls_no_state_machine_is_refused(name: str, given: Given) -> None:
    arguments = given.arguments("Workflow")
    with pytest.raises(ValueError, match="Stack/X: state_machine_name "):
        bc.Workflow(given.stack, "X", **arguments, state_machine_name=name)


def test_what_step_functions_takes_is_taken(given: Given) -> None:
    name = "a!'()+-.=@_" + "x" * 69
    bc.Workflow(given.stack, "X", **given.arguments("Workflow"), state_machine_name=name)
    assert given.stack.node.try_remove_child("X")


@pytest.mark.parametrize("name", ["ScheduleTrigger", "SubmissionGateway", "SubmitFunction"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"command": ["$.detail.x"]}, "overrides.command[0]"),
        ({"environment": {"A": "$.detail.x"}}, 'overrides.environment["A"]'),
        ({"tags": {"a": "$.detail.x"}}, 'overrides.tags["a"]'),
        ({"share_identifier": "$.detail.x"}, "overrides.share_identifier"),
    ],
)
def test_a_field_of_an_event_is_refused_where_there_is_none(
    name: str, fields: dict[str, Any], said: str, given: Given
) -> None:
    with pytest.raises(ValueError, match="a field of an event, but ") as refusal:
        submit(name, given, overrides=bc.SubmissionOverrides(**fields))

    assert f'{said} is "$.detail.x", a field of an event, but ' in str(refusal.value)


@pytest.mark.parametrize("name", SUBMITTERS[:5])
def test_no_field_of_an_event_is_the_name_of_a_job(name: str, given: Given) -> None:
    with pytest.raises(
        ValueError, match=r'X: job_name is "\$.detail.x", a field of an event, but '
    ):
        submit(name, given, job_name="$.detail.x")
