"""Rewrite apps of the CDK's L2s, and let the real ``cdk diff`` say what that changes.

uv run python -m scripts.diff_adopted_apps

The ten apps of `tests/adopt/l2_apps.py` and the CDK's own integration apps, those of
`tests/integration_apps/theirs.py`, are taken in by `adopt`: the CLI finds no difference. The
integration apps that are written by hand with ours, `ours.py` beside them, keep their IDs by
`keep_ids_of`: nothing is replaced, no role is destroyed. The exit code is 1 where that is not so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.real_cdk_diff import assembly_of, real_diff
from tests.adopt.l2_apps import APPS
from tests.integration_apps import rewritten

if TYPE_CHECKING:
    from collections.abc import Mapping


def adopted(template: Mapping[str, Any], name: str, directory: Path) -> Counter[str]:
    """Take a template in, and compare what the printed app declares with it."""
    old = directory / f"{name}.json"
    old.write_text(json.dumps(template))
    printed = subprocess.run(  # our own command
        [sys.executable, "-m", "batch_constructs", "adopt", str(old)],
        capture_output=True,
        text=True,
        check=True,
    )
    app = directory / f"{name}.py"
    app.write_text(printed.stdout)
    said, counted = real_diff(old, f"{sys.executable} {app}")
    if not counted["same"]:
        print(said)
    return counted


def main() -> int:
    """Print what the CLI says of each app, and the sums."""
    by_adopt: Counter[str] = Counter()
    by_hand: Counter[str] = Counter()
    theirs = rewritten.theirs_at_once()
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        for name, template in {**rewritten.at_once(APPS), **theirs}.items():
            counted = adopted(template, name, directory)
            by_adopt += Counter(apps=1) + counted
            print(f"adopt {name}: {dict(+counted)}", flush=True)
        for name, template in rewritten.ours_with_kept_ids(theirs, directory).items():
            old = directory / f"{name}.json"
            _, counted = real_diff(old, assembly_of(template, directory / f"{name}.out"))
            by_hand += Counter(apps=1) + counted
            print(f"keep_ids_of {name}: {dict(+counted)}", flush=True)
    for way, sums in (("adopt", by_adopt), ("keep_ids_of", by_hand)):
        print(
            f"{way}: {sums['apps']} apps, {sums['same']} without a difference, "
            f"{sums['replaced']} replaced, {sums['destroyed']} destroyed, "
            f"{sums['roles_destroyed']} of them roles"
        )
    replaced = by_adopt["replaced"] + by_hand["replaced"] + by_hand["roles_destroyed"]
    return int(by_adopt["same"] != by_adopt["apps"] or replaced > 0)


if __name__ == "__main__":
    sys.exit(main())
