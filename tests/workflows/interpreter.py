"""The embedded AWS's interpreter of Amazon States Language, with answers that a test gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ministack.services import stepfunctions

Error = tuple[str, str]
"""Name and cause."""


def run(
    monkeypatch: pytest.MonkeyPatch, machine: Mapping[str, Any], *errors: Error, **given: Any
) -> tuple[list[str], Error | None]:
    """Run a machine; answer its first submissions with errors and all that follow well.

    Returns:
        The names of the jobs as they were submitted, and the error that the execution ended with.
    """
    requests, error = requests_of(monkeypatch, machine, *errors, **given)
    return [one["JobName"] for one in requests], error


def requests_of(
    monkeypatch: pytest.MonkeyPatch, machine: Mapping[str, Any], *errors: Error, **given: Any
) -> tuple[list[Mapping[str, Any]], Error | None]:
    """Run a machine likewise, and return its submissions whole."""
    submitted: list[Mapping[str, Any]] = []
    left = list(errors)

    def submit(resource: str, parameters: Mapping[str, Any], *_: object) -> dict[str, Any]:
        assert ":::batch:submitJob" in resource
        submitted.append(parameters)
        if left:
            raise stepfunctions._ExecutionError(*left.pop(0))
        return {"JobId": "1"}

    monkeypatch.setattr(stepfunctions, "_SFN_WAIT_SCALE", 0)
    monkeypatch.setattr(stepfunctions, "_invoke_resource", submit)
    execution = {"history": [], "events": [], "executionArn": "arn"}
    context = {"Execution": {"Id": "arn", "Input": given}, "StateMachine": {"Id": "arn"}}
    try:
        stepfunctions._run_sub_machine(
            machine["States"], machine["StartAt"], given, execution, context
        )
    except stepfunctions._ExecutionError as error:
        return submitted, (error.error, error.cause)
    return submitted, None
