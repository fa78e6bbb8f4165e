"""botocore's model judges the requests that the embedded AWS makes of what is rendered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from batch_constructs.local.adapter.targets import rule_request, schedule_request
from batch_constructs.local.cloudformation.property_values import to_request
from tests import rendered
from tests.judges.test_requests import Request, targets, wrong
from tests.judges.test_state_machines import machines, states
from tests.judges.written import read_json, written

EVENT = {
    "Source": "aws.s3",
    "DetailType": "Object Created",
    "Time": 1_790_000_000,
    "EventId": "4c7599ae",
    "Account": "123456789012",
    "Region": "us-east-1",
    "Resources": ["arn:aws:s3:::bucket"],
    "Detail": json.dumps({"bucket": {"name": "bucket"}, "object": {"key": "a/b", "size": 3}}),
}


def of_rules() -> Iterator[Request]:
    for target in targets():
        if "BatchParameters" in target:
            yield rule_request(target, EVENT, {"Name": "rule", "Arn": "arn"})()


def of_schedules() -> Iterator[Request]:
    for _, _, resource in rendered.resources("AWS::Scheduler::Schedule"):
        target = written(resource["Properties"].get("Target", {"Arn": ""}))
        if target["Arn"].endswith(":aws-sdk:batch:submitJob"):
            request = json.dumps(read_json(target["Input"]))
            yield schedule_request({**target, "Input": request}, EVENT)()


def of_state_machines() -> Iterator[Request]:
    for machine in machines():
        for state in states(machine):
            if ":states:::batch:submitJob" in state.get("Resource", ""):
                yield to_request("SubmitJob", resolved(state["Parameters"]))


def resolved(value: Any) -> Any:
    """Put a text that is a number, too, in the place of what a state machine works out."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name.removesuffix(".$"): _worked_out(item) if name.endswith(".$") else resolved(item)
        for name, item in value.items()
    }


def _worked_out(expression: str) -> Any:
    return ["1"] if expression.startswith("States.Array(") else "1"


@pytest.mark.parametrize(
    ("requests", "at_least"), [(of_rules, 1), (of_schedules, 1), (of_state_machines, 1)]
)
def test_every_request_of_a_target_is_one_of_the_api(requests: Any, at_least: int) -> None:
    found = list(requests())

    assert [problem for request in found for problem in wrong("SubmitJob", request)] == []
    assert len(found) >= at_least
