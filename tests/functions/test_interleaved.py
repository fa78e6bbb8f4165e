"""Every function that ships, interleaved with itself at every call.

``uv run python -m tests.functions.trials`` runs 5,000 of each.
"""

from __future__ import annotations

import ast
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import batch_constructs
from batch_constructs import functions
from tests.functions.interleaving import DISTURBANCES, OUTAGES
from tests.functions.trials import TRIALS, run

if TYPE_CHECKING:
    from types import FrameType

TRIALS_EACH = 300
SEEDS = {"coalescing_gateway": range(1600, 2000), "fifo_gateway": range(300, 600)}
"""Of functions that seldom set messages aside, or list jobs: those in which they die then, too."""

_GATEWAYS = {"gateway", "coalescing_gateway"}
ONLY_SOME = {
    "late list": {*_GATEWAYS, "fifo_gateway", "submit_function", "spot_rescue"},
    "without a name": {*_GATEWAYS, "submit_function"},
    "silence": {"cost_guard"},
    "another mode": {"coalescing_gateway"},
    "off for hours": _GATEWAYS,
    "redriven": TRIALS.keys() - {"fifo_gateway"},
}
"""What the others do not meet: jobs to list, gauges, events without names, order kept."""


@pytest.mark.parametrize("function", TRIALS)
def test_nothing_is_lost_and_nothing_done_twice(function: str) -> None:
    outcome = run(function, SEEDS.get(function, range(TRIALS_EACH)))

    assert outcome.wrong == []
    wanted = {*DISTURBANCES, *ONLY_SOME, *(f"down: {how}" for how in OUTAGES)}
    wanted |= {
        f"death {when} {call.partition(':')[2]}"
        for call in outcome.calls
        for when in ("before", "after")
    }
    happens = {each for each in wanted if function in ONLY_SOME.get(each, TRIALS)}
    assert happens - set(outcome.met) == set()


def test_every_function_that_ships_has_trials() -> None:
    """A module with a handler is one; what a trial runs is watched, not told."""
    root = Path(functions.__file__).parent
    shipped = {
        str(path)
        for path in root.rglob("*.py")
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "handler"
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )
    }
    assert len(shipped) >= len(_named_by_constructs()) > 5
    ran: set[str] = set()

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            ran.add(frame.f_code.co_filename)

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        for name in TRIALS:
            run(name, range(2))
    finally:
        threading.setprofile(None)
        sys.setprofile(None)

    assert shipped - ran == set()


def _named_by_constructs() -> set[str]:
    """Return the handlers that constructs name: ``ShippedFunction(folder=…, module=…)``."""
    found = set()
    for path in Path(batch_constructs.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(name in text for name in MADE_BY) else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MADE_BY:
                said = {
                    word.arg: str(word.value.value)
                    for word in node.keywords
                    if isinstance(word.value, ast.Constant)
                }
                found |= {f"{said['folder']}/{said['module']}"} if "folder" in said else set()
    return found


MADE_BY = ("ShippedFunction", "the_only")


def test_what_waits_finds_what_was_submitted_and_never_noted() -> None:
    """The table was down when the lost job's new one was to be noted; its event is through."""
    assert run("spot_rescue", range(315, 316)).wrong == []
    assert run("spot_rescue", range(4643, 4644)).wrong == []
