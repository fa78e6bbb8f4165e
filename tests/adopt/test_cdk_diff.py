"""The real ``cdk diff`` of what was printed, beside the old template: it finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from batch_constructs.local.cdk_cli import CDK_VERSION, find_node
from tests.adopt.test_adopt import adopt, written

pytestmark = pytest.mark.cdk_cli


@pytest.mark.parametrize(
    "name", ["fargate", "managed_ec2", "secrets_and_volumes", "by_hand", "rendered_from_terraform"]
)
def test_cdk_diff_finds_no_difference(name: str, tmp_path: Path) -> None:
    old = written(name, tmp_path)
    (tmp_path / "app.py").write_text(adopt(old).stdout)
    node = find_node()

    done = subprocess.run(
        [
            *(str(node.executable), str(node.npx), "--yes", f"aws-cdk@{CDK_VERSION}", "diff"),
            *("--no-notices", "--template", str(old)),
            *("--app", f"{sys.executable} {tmp_path / 'app.py'}"),
        ],
        cwd=tmp_path,
        env=node.environment({**os.environ, "CI": "true"}),
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    assert "There were no differences" in said, said
