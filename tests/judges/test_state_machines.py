"""A published validator of Amazon States Language judges every state machine that is rendered."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from batch_constructs.local.cdk_cli import find_node
from tests import rendered
from tests.judges.written import read_json, written

VALIDATOR = "asl-validator@4.0.0"
"""https://github.com/ChristopheBougere/asl-validator"""

Machine = Mapping[str, Any]


def machines() -> list[Machine]:
    """Give the definitions of all machines, each once."""
    found = {
        written(resource["Properties"]["DefinitionString"]): None
        for _, _, resource in rendered.resources("AWS::StepFunctions::StateMachine")
        if "DefinitionString" in resource["Properties"]
    }
    return [read_json(text) for text in found]


def states(machine: Machine) -> Iterator[dict[str, Any]]:
    """Give the states of a machine, those of its branches and iterations among them."""
    for state in machine["States"].values():
        yield state
        for within in [
            *state.get("Branches", []),
            state.get("ItemProcessor"),
            state.get("Iterator"),
        ]:
            if within is not None:
                yield from states(within)


def invalid(tmp_path: Path, found: Mapping[str, Machine]) -> dict[str, str]:
    """Ask the validator about all of them at once: name → what it says."""
    for name, machine in found.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(machine))
    node = find_node()
    paths = [word for name in found for word in ("--json-path", f"{name}.json")]
    run = subprocess.run(
        [node.executable, node.npx, "--yes", "--prefer-offline", VALIDATOR, *paths],
        cwd=tmp_path,
        env=node.environment(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = run.stdout + run.stderr
    asked = re.findall(r'State machine definition "(.*)\.json" is (in)?valid', said)
    assert sorted(name for name, _ in asked) == sorted(found), said
    return {name: said for name, wrong in asked if wrong}


BROKEN: dict[str, Machine] = {
    "nowhere": {
        "StartAt": "a",
        "States": {"a": {"Type": "Pass", "Next": "b"}, "c": {"Type": "Succeed"}},
    },
    "no-choice": {"StartAt": "a", "States": {"a": {"Type": "Choice", "Choices": []}}},
    "no-seconds": {"StartAt": "a", "States": {"a": {"Type": "Wait", "Seconds": "x", "End": True}}},
}


def test_every_state_machine_is_valid_and_the_validator_looks(tmp_path: Path) -> None:
    good = {str(number): machine for number, machine in enumerate(machines())}

    assert set(found := invalid(tmp_path, {**good, **BROKEN})) == set(BROKEN), found
    assert good
