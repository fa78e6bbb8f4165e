"""What the page on failures says of pieces that no other test shows."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from batch_constructs import JobGauges, JobQueue
from batch_constructs.functions.revisions import retire
from batch_constructs.monitoring import query_texts


class Context:
    aws_request_id = "5a1f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.mark.parametrize(
    "module", ["job_events.notify", "job_events.count", "submission.submit", "submission.rescue"]
)
def test_an_event_that_cannot_be_read_fails_alone(module: str) -> None:
    """Lambda keeps it, or SQS where it comes from there, and its neighbours are not told of."""
    handler: Any = import_module(f"batch_constructs.functions.{module}").handler
    batch = {"Records": [{"messageId": "odd", "body": "{"}]}

    assert handler(batch, Context()) == {"batchItemFailures": [{"itemIdentifier": "odd"}]}
    with pytest.raises(Exception, match=r".+"):
        handler({"detail": "odd", "parameters": 1}, Context())


def test_a_reading_that_stands_is_not_taken_again() -> None:
    """A run that could not read one queue fails, and the vCPUs of the others are a sum."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
    JobGauges(stack, "Gauges", queues=[JobQueue.from_job_queue_arn(stack, "Queue", arn)])

    resources = app.synth().get_stack_by_name("Stack").template["Resources"].values()

    (config,) = [one for one in resources if one["Type"] == "AWS::Lambda::EventInvokeConfig"]
    assert config["Properties"]["MaximumRetryAttempts"] == 0
    (rule,) = [one for one in resources if one["Type"] == "AWS::Events::Rule"]
    (target,) = rule["Properties"]["Targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0


@pytest.mark.parametrize(
    ("request_type", "asked"), [("Delete", []), ("Update", ["describe_job_definitions"])]
)
def test_where_no_revision_is_to_be_retired_nothing_else_is_asked(
    request_type: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither as the definition is deleted, nor while there are no more than are to stay."""
    calls: list[str] = []

    class Batch:
        def get_paginator(self, operation: str) -> Any:
            calls.append(operation)
            page = {"jobDefinitions": [{"revision": 1, "jobDefinitionArn": "report:1"}]}
            return SimpleNamespace(paginate=lambda **_: [page])

    monkeypatch.setattr(retire, "boto3", SimpleNamespace(client=lambda *_, **__: Batch()))
    answers: list[Any] = []
    monkeypatch.setattr(retire, "send", lambda *answer: answers.append(answer))
    event = {
        "RequestType": request_type,
        "RequestId": "request",
        "ResourceProperties": {"JobDefinition": "job-definition/report:2", "Keep": "1"},
    }

    retire.handler(event, None)

    assert (calls, len(answers)) == (asked, 1)


def test_the_saved_queries_count_and_show_what_comes_twice_once() -> None:
    for query, identity in (
        (query_texts.last_failures("us-east-1", "console"), "detail.jobId"),
        (query_texts.WHO_DID_WHAT, "detail.eventID"),
        (query_texts.CHANGES_BY_HAND, "detail.eventID"),
    ):
        assert f"| dedup {identity}\n" in query
    assert "count_distinct(detail.jobId)" in query_texts.FAILURES_BY_REASON
