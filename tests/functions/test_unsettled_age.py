"""The age of the oldest message that a gateway's function had and that SQS delivers again."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from batch_constructs.functions.submission import index
from batch_constructs.functions.submission.unsettled import unsettled_line

NOW = 1_800_000_000.0


def record(name: str, *, age: float) -> dict[str, Any]:
    sent = str(int((NOW - age) * 1000))
    return {"messageId": name, "body": "{}", "attributes": {"SentTimestamp": sent}}


def test_the_age_is_of_the_oldest_that_comes_again_and_of_no_other() -> None:
    records = [record("a", age=9000), record("b", age=4000), record("c", age=70)]

    line = unsettled_line(records, ["c", "b"], function="submit", now=NOW)

    assert line is not None
    found = json.loads(line)
    [told] = found["_aws"].pop("CloudWatchMetrics")
    assert found == {
        "_aws": {"Timestamp": NOW * 1000},
        "FunctionName": "submit",
        "OldestUnsettledMessageAge": 4000,
    }
    assert told == {
        "Namespace": "BatchConstructs",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": "OldestUnsettledMessageAge", "Unit": "Seconds"}],
    }


def test_a_message_that_a_fast_clock_sent_has_no_age_below_nothing() -> None:
    line = unsettled_line([record("a", age=-20)], ["a"], function="submit", now=NOW)

    assert line is not None
    assert json.loads(line)["OldestUnsettledMessageAge"] == 0


@pytest.mark.parametrize(
    "records", [[record("a", age=9000)], [{"messageId": "b", "body": "{}"}]], ids=["seen to", "odd"]
)
def test_where_nothing_comes_again_of_which_sqs_tells_the_age_there_is_no_line(
    records: list[dict[str, Any]],
) -> None:
    assert unsettled_line(records, ["b"], function="submit", now=NOW) is None


def test_the_function_says_how_old_what_comes_again_is(capsys: pytest.CaptureFixture[str]) -> None:
    context = SimpleNamespace(function_name="submit", get_remaining_time_in_millis=lambda: 120_000)
    gateway = SimpleNamespace(handle=lambda _, **__: ["b"])
    event = {"Records": [record("a", age=9000), record("b", age=4000)]}
    with (
        patch.object(index, "_gateway", lambda: gateway),
        patch.object(index, "time", SimpleNamespace(time=lambda: NOW)),
    ):
        answer = index.handler(event, context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["OldestUnsettledMessageAge"] == 4000
