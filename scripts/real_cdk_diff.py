"""What the real ``cdk diff`` says of a template beside another one, and what of that is counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.local.cdk_cli import CDK_VERSION, find_node

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: Final = "There were no differences"
_REPLACED: Final = re.compile(r"^\[[-+~]\] .*\b(replace|may be replaced)\b", re.MULTILINE)
_DESTROYED: Final = re.compile(r"^\[-\] AWS::", re.MULTILINE)
_DESTROYED_ROLE: Final = re.compile(r"^\[-\] AWS::IAM::Role\b", re.MULTILINE)
_COMPARED: Final = re.compile(r"Number of stacks with differences: \d+|There were no differences")


class NoDiffError(Exception):
    """The CLI compared nothing; says what it printed."""


def real_diff(old: Path, app: str) -> tuple[str, Counter[str]]:
    """Let the CLI compare a template with what an app, or an assembly, declares.

    Args:
        old: The template that is deployed.
        app: What the CLI runs, or the output of ``cdk synth``.

    Returns:
        What the CLI prints, and the resources that it calls replaced and destroyed.

    Raises:
        NoDiffError: it compared nothing.
    """
    node = find_node()
    done = subprocess.run(
        [
            *(str(node.executable), str(node.npx), "--yes", f"aws-cdk@{CDK_VERSION}", "diff"),
            *("--no-notices", "--no-color", "--template", str(old), "--app", app),
        ],
        cwd=old.parent,
        env=node.environment({**os.environ, "CI": "true"}),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if not _COMPARED.search(said):
        raise NoDiffError(said)
    return said, Counter(
        same=int(NOTHING in said),
        replaced=len(_REPLACED.findall(said)),
        destroyed=len(_DESTROYED.findall(said)),
        roles_destroyed=len(_DESTROYED_ROLE.findall(said)),
    )


def assembly_of(template: Any, directory: Path) -> str:
    """Write a cloud assembly of one stack with a template; give its folder."""
    directory.mkdir()
    (directory / "Stack.template.json").write_text(json.dumps(template))
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Stack.template.json"},
    }
    manifest = {"version": "36.0.0", "artifacts": {"Stack": stack}}
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return str(directory)
