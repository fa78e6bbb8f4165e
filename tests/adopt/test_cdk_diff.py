"""The real ``cdk diff`` of what was printed, beside the old template: it finds nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from scripts.real_cdk_diff import real_diff
from tests.adopt.test_adopt import adopt, written

pytestmark = pytest.mark.cdk_cli


@pytest.mark.parametrize(
    "name",
    [
        "fargate",
        "managed_ec2",
        "secrets_and_volumes",
        "by_hand",
        "rendered_from_terraform",
        "with_conditions",
    ],
)
def test_cdk_diff_finds_no_difference(name: str, tmp_path: Path) -> None:
    directory = tmp_path / "app"
    directory.mkdir()
    old = Path(shutil.copy(written(name, tmp_path), directory))  # the CLI writes beside it
    app = directory / "app.py"
    app.write_text(adopt(old).stdout)

    said, counted = real_diff(old, f"{sys.executable} {app}")

    assert counted["same"], said
