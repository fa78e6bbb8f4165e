"""As much of Step Functions as tells what becomes of answers that a submission may get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Answer = tuple[str, str] | None
"""Error and cause, or a job that succeeded."""


def _matches(errors: list[str], error: str) -> bool:
    return error in errors or "States.ALL" in errors or "States.TaskFailed" in errors


def run(machine: Mapping[str, Any], answer: Callable[[str], Answer]) -> Answer:
    """Run a machine; ``answer`` is called with the name of each task as it is submitted."""
    name, failure = machine["StartAt"], ("", "")
    while True:
        state = machine["States"][name]
        match state["Type"]:
            case "Fail":
                return failure
            case "Wait":
                name = state["Next"]
            case "Pass":
                name = state["Next"]
            case "Choice":
                (choice,) = state["Choices"]
                found = "Variable" in choice and fnmatchcase(failure[1], choice["StringMatches"])
                name = choice["Next"] if found else state["Default"]
            case "Task":
                said = _task(name, state, answer)
                if said is not None:
                    failure = said
                    name = next(
                        catch["Next"]
                        for catch in state["Catch"]
                        if _matches(catch["ErrorEquals"], said[0])
                    )
                elif state.get("End"):
                    return None
                else:
                    name = state["Next"]
            case kind:
                raise AssertionError(kind)


def _task(name: str, state: Mapping[str, Any], answer: Callable[[str], Answer]) -> Answer:
    """Run a task until it succeeds or its retries are used up: the first that matches decides."""
    used = [0] * len(state["Retry"])
    while True:
        said = answer(name)
        if said is None:
            return None
        place = next(
            (
                place
                for place, retry in enumerate(state["Retry"])
                if _matches(retry["ErrorEquals"], said[0])
            ),
            None,
        )
        if place is None or used[place] >= state["Retry"][place]["MaxAttempts"]:
            return said
        used[place] += 1
