"""A workflow whose queue comes from its input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import Stack

from batch_constructs import JobQueue, QueueFromInput, Workflow, WorkflowJob
from tests.triggers.conftest import joined, only, resources
from tests.workflows.interpreter import requests_of

ARN = "arn:aws:batch:us-east-1:123456789012:job-queue/"


def queues(stack: Stack) -> list[JobQueue]:
    return [JobQueue.from_job_queue_arn(stack, name, f"{ARN}{name}") for name in ("fast", "cheap")]


def machine(stack: Stack) -> dict[str, Any]:
    text = joined(only(stack, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    found: dict[str, Any] = json.loads(text)
    return found


def choice(stack: Stack, path: str = "$.where.queue") -> QueueFromInput:
    return QueueFromInput(path=path, queues=queues(stack))


def test_the_input_of_the_execution_names_the_queue_of_every_job(
    stack: Stack, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workflow(
        stack,
        "Flow",
        queue=choice(stack),
        jobs=[
            WorkflowJob(name="plan", job_definition=definition),
            WorkflowJob(
                name="work", job_definition=definition, for_each="$.files", depends_on=["plan"]
            ),
        ],
    )

    submitted, _ = requests_of(
        monkeypatch, machine(stack), where={"queue": "cheap"}, files=["a", "b"]
    )
    assert [one["JobQueue"] for one in submitted] == ["cheap"] * 3


def test_the_role_may_submit_to_these_queues_and_no_other(stack: Stack, definition: Any) -> None:
    Workflow(
        stack,
        "Flow",
        queue=choice(stack),
        jobs=[WorkflowJob(name="work", job_definition=definition)],
    )

    (role,) = (one for one in resources(stack, "AWS::IAM::Role").values() if "Policies" in one)
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    named = [one for one in statements[0]["Resource"] if ":job-queue/" in joined(one)]
    assert named == [f"{ARN}fast", f"{ARN}cheap"]


@pytest.mark.parametrize(
    ("path", "listed", "message"),
    [
        ("queue", None, 'job "work": queue.path is "queue"'),
        ("$.queue", [], 'job "work": queue.queues is empty'),
        ("$.queue", ["fast"], r'job "work": queue.queues\[0\] is str "fast"; expected a job queue'),
    ],
)
def test_a_queue_that_cannot_be_read_is_refused(
    path: str, listed: Any, message: str, stack: Stack, definition: Any
) -> None:
    queue = QueueFromInput(path=path, queues=queues(stack) if listed is None else listed)

    with pytest.raises((ValueError, TypeError), match=message):
        Workflow(
            stack,
            "Flow",
            queue=queue,
            jobs=[WorkflowJob(name="work", job_definition=definition)],
        )
