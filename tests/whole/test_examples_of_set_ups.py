"""The ports of well-known set-ups stay short."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTS = (
    "fast_storage",
    "firelens_sidecar",
    "genomics",
    "gpu_training",
    "licensed_tool",
    "mpi_with_efa",
    "team_shares",
)


@pytest.mark.parametrize("name", PORTS)
def test_a_set_up_takes_less_than_sixty_lines(name: str) -> None:
    assert (EXAMPLES / name / "app.py").read_text().count("\n") < 60
