"""What the page on failures says of pieces that no other test shows."""

from __future__ import annotations

from importlib import import_module
from traceback import format_exception
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import boto3
import pytest
from botocore.exceptions import ParamValidationError

from batch_constructs import JobGauges, JobQueue
from batch_constructs.functions.claims.effect import Pauses, RefusedError, attempt
from batch_constructs.functions.claims.outcome import Failure, as_told
from batch_constructs.functions.revisions import retire
from batch_constructs.monitoring import query_texts
from tests import rendered

if TYPE_CHECKING:
    from pathlib import Path


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
        "PhysicalResourceId": "there",  # with another one CloudFormation would delete this
        "ResourceProperties": {"JobDefinition": "job-definition/report:2", "Keep": "1"},
    }

    retire.handler(event, None)

    assert calls == asked
    assert answers == [(event, {"Status": "SUCCESS", "PhysicalResourceId": "there"})]


def test_the_saved_queries_count_and_show_what_comes_twice_once() -> None:
    for query, identity in (
        (query_texts.last_failures("us-east-1", "console"), "detail.jobId"),
        (query_texts.WHO_DID_WHAT, "detail.eventID"),
        (query_texts.CHANGES_BY_HAND, "detail.eventID"),
    ):
        assert f"| dedup {identity}\n" in query
    assert "count_distinct(detail.jobId)" in query_texts.FAILURES_BY_REASON


SECRET = "hunter2"
_TEXT, _LIST = "valid types: <class 'str'>", "valid types: <class 'list'>, <class 'tuple'>"
INVALID: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"containerOverrides": {"command": f"tool --password={SECRET}"}},
        [f"Invalid type for parameter containerOverrides.command, type: <class 'str'>, {_LIST}"],
    ),
    (
        {
            "containerOverrides": {"command": f"tool\n{SECRET}\n, value: {SECRET}\n"},
            "tags": {"a": [SECRET]},
            "jobName": 5,
        },
        [
            f"Invalid type for parameter jobName, type: <class 'int'>, {_TEXT}",
            f"Invalid type for parameter containerOverrides.command, type: <class 'str'>, {_LIST}",
            f"Invalid type for parameter tags.a, type: <class 'list'>, {_TEXT}",
        ],
    ),
    (
        {"timeout": {"attemptSeconds": 5}},
        ['Unknown parameter in timeout: "attemptSeconds", must be one of: attemptDurationSeconds'],
    ),
]


@pytest.fixture(autouse=True)
def _not_for_the_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked wrongly here is no request of ours."""
    monkeypatch.setattr(rendered, "REQUESTS", [])


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-nobody")
    return boto3.client("batch", region_name="us-east-1")


def refused(batch: Any, asked: dict[str, Any]) -> RefusedError:
    request = {"jobName": "a", "jobQueue": "main", "jobDefinition": "report", **asked}
    pauses = Pauses(clock=lambda: 0, sleep=lambda _: None, deadline=1)
    with pytest.raises(RefusedError) as raised:
        attempt(lambda: batch.submit_job(**request), pauses)
    return raised.value


@pytest.mark.parametrize(("asked", "said"), INVALID)
def test_what_is_invalid_is_told_without_its_value(
    batch: Any, asked: dict[str, Any], said: list[str]
) -> None:
    error = refused(batch, asked)

    assert str(error).splitlines() == ["Parameter validation failed:", *said]
    assert error.failure is Failure.UNWRITABLE
    assert SECRET not in "".join(format_exception(error))


def test_what_is_invalid_of_the_credentials_is_no_fault_of_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile a]\nrole_arn = short\ncredential_source = Environment\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    batch = boto3.Session(profile_name="a").client("batch", region_name="us-east-1")

    error = refused(batch, {})

    assert "Invalid length for parameter RoleArn, valid min length: 20" in str(error)
    assert error.failure is Failure.NOT_SENT


def test_what_is_told_without_its_value_is_told_so_again() -> None:
    for said in (
        "Invalid length for parameter a, valid min length: 1",
        "Invalid type for parameter a, type: <class 'int'>, valid types: <class 'str'>",
        'Missing required parameter in jobs: "name"',
    ):
        assert said in str(as_told(ParamValidationError(report=said)))


@pytest.mark.parametrize(
    "report",
    [
        f"Invalid value for parameter a, value: {SECRET}, valid min value: 1",
        f"Invalid length for parameter a, value: {SECRET}\n, valid min length: 1",
        f"Invalid value for parameter a, value: {SECRET}, wanted: more",
        f"Unknown parameter in a, value: {SECRET}",
        f"a is {SECRET}",
        f"{SECRET}\na, value: 0, valid min value: 1",
    ],
)
def test_no_other_words_of_botocore_pass_on_a_value(report: str) -> None:
    assert SECRET not in str(as_told(ParamValidationError(report=report)))
