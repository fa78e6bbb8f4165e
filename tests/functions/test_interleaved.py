"""Every function that must neither lose nor double, interleaved with itself at every call.

``uv run python -m tests.functions.trials`` runs 5,000 of each.
"""

from __future__ import annotations

import pytest

from tests.functions.trials import TRIALS, run

TRIALS_EACH = 300


@pytest.mark.parametrize("function", TRIALS)
def test_nothing_is_lost_and_nothing_done_twice(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME_PREFIX", "Submit")

    assert run(function, range(TRIALS_EACH)) == []
