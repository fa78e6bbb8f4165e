"""Take in public templates with ``adopt``, and let the real ``cdk diff`` say what that changes.

uv run python scripts/diff_adopted_templates.py FOLDER

FOLDER is the one of `scripts/check_public_templates.py`, with the files of
`tests/rules/public_templates.json`; a file of another hash is left out. The exit code is 1 where
the CLI finds a difference. What `adopt` says that it cannot read is told, and is no difference.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.local.cdk_cli import CDK_VERSION, find_node

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = Path(__file__).parent.parent / "tests" / "rules" / "public_templates.json"
NOTHING = "There were no differences"
REPLACED = re.compile(r"^\[[-+~]\] .*\b(replace|may be replaced)\b", re.MULTILINE)
STAYS_L1 = re.compile(r"^\w+ \(AWS::Batch::\w+\) stays as an L1", re.MULTILINE)
DESTROYED_ROLE = re.compile(r"^\[-\] AWS::IAM::Role\b", re.MULTILINE)


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the templates of the list that are there as they were, each with its name."""
    for entry in json.loads(LIST.read_text()):
        file = folder / entry["repository"].replace("/", "+") / entry["path"]
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]:
            yield f"{entry['repository']} {entry['path']}", file


def run(command: list[str], directory: Path, **environment: str) -> tuple[int, str, str]:
    """Run a program, and give its exit code, its output and its errors."""
    done = subprocess.run(  # programs of ours, and the CLI
        command,
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def told(file: Path, directory: Path) -> tuple[str, Counter[str]]:
    """Give what becomes of a template in words, and what is counted of it."""
    adopt = [sys.executable, "-m", "batch_constructs", "adopt", str(file)]
    code, source, why = run(adopt, directory)
    if code:
        return f"not taken in: {why.strip().splitlines()[-1].rpartition(f'{file}: ')[2]}", Counter()
    (directory / "app.py").write_text(source)
    node = find_node()
    diff = [
        *(str(node.executable), str(node.npx), "--yes", f"aws-cdk@{CDK_VERSION}", "diff"),
        *("--no-notices", "--no-color", "--template", str(file)),
        *("--app", f"{sys.executable} {directory / 'app.py'}"),
    ]
    code, out, err = run(diff, directory, **node.environment({**os.environ, "CI": "true"}))
    said = out + err
    counted = Counter(
        taken=1,
        same=NOTHING in said,
        replaced=len(REPLACED.findall(said)),
        roles_destroyed=len(DESTROYED_ROLE.findall(said)),
        batch_as_l1=len(STAYS_L1.findall(why)),
    )
    return NOTHING if NOTHING in said else f"exit code {code}:\n{said}", counted


def main() -> int:
    """Print what becomes of each template, and the sums."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    sums: Counter[str] = Counter()
    for name, file in files(arguments.parse_args().folder.absolute()):
        with tempfile.TemporaryDirectory() as directory:
            words, counted = told(file, Path(directory))
        sums += Counter(templates=1) + counted
        print(f"{name}: {words}", flush=True)
    print(
        f"{sums['templates']} templates, {sums['taken']} taken in, "
        f"{sums['same']} of them without a difference, {sums['replaced']} replaced, "
        f"{sums['roles_destroyed']} roles destroyed; "
        f"{sums['batch_as_l1']} resources of AWS Batch stay as L1s"
    )
    return int(sums["same"] != sums["taken"])


if __name__ == "__main__":
    sys.exit(main())
