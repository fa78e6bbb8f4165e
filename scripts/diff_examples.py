"""Say what changes in each example since a release: ``python -m scripts.diff_examples v0.1.0``.

The snapshots of the examples at that commit are compared with those of now, by `impact` and by the
real ``cdk diff``. Where one changes, the changelog says it. The exit code is 1 where something is
replaced or deleted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from batch_constructs.impact.impact_report import as_text
from batch_constructs.impact.verdict import Effect, impact
from scripts.real_cdk_diff import assembly_of, real_diff

ROOT = Path(__file__).parent.parent
SNAPSHOTS = "tests/__snapshots__/test_examples"


def at(commit: str, path: str) -> dict[str, object]:
    """Return a snapshot as it was; an example that is new has none."""
    told = subprocess.run(  # git, with a name of ours
        ["git", "cat-file", "blob", f"{commit}:{path}"],  # the caller's git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, object] = json.loads(told.stdout) if told.returncode == 0 else {}
    return found


def by_the_cli(before: dict[str, object], after: dict[str, object]) -> str:
    """Say what the real ``cdk diff`` counts."""
    with tempfile.TemporaryDirectory() as made:
        old = Path(made) / "old.json"
        old.write_text(json.dumps(before))
        _, counted = real_diff(old, assembly_of(after, Path(made) / "cdk.out"))
    if counted["same"]:
        return "no difference"
    return f"{counted['replaced']} replaced, {counted['destroyed']} destroyed"


def main(commit: str) -> int:
    """Print the changes of each example; whether any goes or is replaced."""
    goes = False
    for file in sorted((ROOT / SNAPSHOTS).glob("*.json")):
        before, after = at(commit, f"{SNAPSHOTS}/{file.name}"), json.loads(file.read_text())
        found = impact(before, after)
        name = file.stem.partition("[")[2].rstrip("]")
        print(f"{name}: cdk diff: {by_the_cli(before, after)}" if before else f"{name}: is new")
        print(as_text(found) if before else "", flush=True)
        goes |= any(one.effect in {Effect.REPLACE, Effect.DELETE} for one in found.values())
    return int(goes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
