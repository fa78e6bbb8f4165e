"""Over days, no message is a job twice, and none is deleted without one."""

from __future__ import annotations

import pytest

from batch_constructs.functions.claims import known, log
from tests.functions.key_histories import History, wrong_histories

HISTORIES = range(120)


@pytest.mark.parametrize("keyed", [True, False], ids=["keys of their bodies", "their own keys"])
def test_no_message_is_two_jobs_or_none_over_days(
    keyed: bool,  # noqa: FBT001 - a case
) -> None:
    assert wrong_histories(HISTORIES, keyed=keyed) == []


def test_histories_meet_what_they_are_about() -> None:
    """Jobs that share a key, arrays, letters that wait until the job is forgotten."""
    histories = [History(seed) for seed in HISTORIES]
    for each in histories:
        each.run()

    assert sum(each.arrays for each in histories) > 30
    assert sum(len(each.jobs) for each in histories) > 500
    assert sum(len(each.letters) for each in histories) > 20


@pytest.mark.parametrize(
    ("where", "name"),
    [(known.Wanted, "remove"), (log.Log, "look_back")],
)
def test_a_gateway_that_forgets_is_found(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str
) -> None:
    monkeypatch.setattr(where, name, lambda *_, **__: True)

    assert wrong_histories(range(60), keyed=True)
