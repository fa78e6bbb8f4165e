"""What the rules found nothing to refuse in is not looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs import checked_once
from batch_constructs.rules import UNKNOWN, engine

if TYPE_CHECKING:
    import pytest

TYPE = "AWS::Batch::JobQueue"
REFUSED = {"Priority": -1, "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": UNKNOWN}]}
TAKEN = {**REFUSED, "Priority": 1}


def asked(monkeypatch: pytest.MonkeyPatch, *several: dict[str, Any], **more: Any) -> list[int]:
    """Return how many findings each of these has, and how often the rules were asked in all."""
    times: list[str] = []

    def counted(type_: str, *args: Any, **options: Any) -> Any:
        times.append(type_)
        return check(type_, *args, **options)

    check = engine.check_resource
    monkeypatch.setattr(checked_once, "check_resource", counted)
    monkeypatch.setattr(checked_once, "_FAULTLESS", set())
    options: dict[str, Any] = {"beside": {}, "errors_and": frozenset()} | more
    found = [len(checked_once.refusals(TYPE, one, **options)) for one in several]
    return [*found, len(times)]


def test_a_resource_without_fault_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, TAKEN, dict(TAKEN), TAKEN) == [0, 0, 0, 1]


def test_a_resource_that_is_refused_is_refused_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, REFUSED, REFUSED) == [1, 1, 2]


def test_another_value_is_another_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, TAKEN, REFUSED, {**TAKEN, "Priority": True}) == [0, 1, 1, 3]


def test_what_is_beside_a_resource_and_what_is_refused_are_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked(monkeypatch, TAKEN)
    for more in (
        {"beside": {"Other": {"Type": "AWS::SNS::Topic", "Properties": {}}}},
        {"errors_and": frozenset({"broad-permissions"})},
    ):
        options: dict[str, Any] = {"beside": {}, "errors_and": frozenset()} | more
        before = len(checked_once._FAULTLESS)
        checked_once.refusals(TYPE, TAKEN, **options)
        assert len(checked_once._FAULTLESS) == before + 1


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_once, "_MOST_KEPT", 2)
    asked(monkeypatch, *({**TAKEN, "Priority": number} for number in range(5)))
    assert len(checked_once._FAULTLESS) == 1
