"""What the construct says of every submission, and what a message says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.functions.submission.defaults import merged

GIVEN: dict[str, Any] = {
    "parameters": {"day": "monday", "mode": "fast"},
    "tags": {"team": "x"},
    "timeout": {"attemptDurationSeconds": 60},
    "containerOverrides": {
        "command": ["run"],
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}],
    },
}


def test_what_is_asked_wins_name_by_name() -> None:
    asked = {
        "parameters": {"day": "friday"},
        "timeout": {"attemptDurationSeconds": 90},
        "containerOverrides": {
            "environment": [{"name": "B", "value": "3"}],
            "resourceRequirements": [{"type": "MEMORY", "value": "512"}],
        },
    }

    assert merged(GIVEN, asked) == {
        "parameters": {"day": "friday", "mode": "fast"},
        "tags": {"team": "x"},
        "timeout": {"attemptDurationSeconds": 90},
        "containerOverrides": {
            "command": ["run"],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
        },
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"tags": ["x"]},
        {"parameters": 3},
        {"containerOverrides": {"resourceRequirements": "x"}},
    ],
)
def test_what_batch_refuses_is_left_for_it_to_refuse(asked: dict[str, Any]) -> None:
    for name, value in asked.items():
        found = merged(GIVEN, asked)[name]
        assert found == value if name != "containerOverrides" else found.items() >= value.items()
