"""Take in public templates with ``adopt``, and let the real ``cdk diff`` say what that changes.

uv run python -m scripts.diff_adopted_templates FOLDER

FOLDER is the one of `scripts/check_public_templates.py`, with the files of
`tests/rules/public_templates.json`; a file of another hash is left out. The exit code is 1 where
the CLI finds a difference. What `adopt` says that it cannot read is told, and is no difference.

Of YAML, the CLI splits ``!GetAtt Database.Endpoint.Address`` at every point, though an attribute's
name may have one: it compares three parts with the two that CloudFormation reads and the CDK
renders. Where nothing differs once these are written as ``!GetAtt [Database, Endpoint.Address]``,
the script says so, and counts no difference.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.real_cdk_diff import NOTHING, real_diff

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = Path(__file__).parent.parent / "tests" / "rules" / "public_templates.json"
DOTTED_ATTRIBUTE = re.compile(r"""!GetAtt\s+(['"]?)(\w+)\.(\w+(?:\.[\w:]+)+)\1""")
DOTTED = "no difference but in how the CLI reads !GetAtt of an attribute with a point"
STAYS_L1 = re.compile(r"^\w+ \(AWS::Batch::\w+\) stays as an L1", re.MULTILINE)


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the templates of the list that are there as they were, each with its name."""
    for entry in json.loads(LIST.read_text()):
        file = folder / entry["repository"].replace("/", "+") / entry["path"]
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]:
            yield f"{entry['repository']} {entry['path']}", file


def in_two_parts(text: str) -> str:
    """Write the attributes whose names have a point so that the CLI reads two parts."""
    return DOTTED_ATTRIBUTE.sub(r'!GetAtt [\2, "\3"]', text)


def told(file: Path, directory: Path) -> tuple[str, Counter[str]]:
    """Give what becomes of a template in words, and what is counted of it."""
    printed = subprocess.run(  # our own command
        [sys.executable, "-m", "batch_constructs", "adopt", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if printed.returncode:
        why = printed.stderr.strip().splitlines()[-1].rpartition(f"{file}: ")[2]
        return f"not taken in: {why}", Counter()
    app = directory / "app.py"
    app.write_text(printed.stdout)
    old = Path(shutil.copy(file, directory))
    of_batch = Counter(taken=1, batch_as_l1=len(STAYS_L1.findall(printed.stderr)))
    said, counted = real_diff(old, f"{sys.executable} {app}")
    if counted["same"]:
        return NOTHING, counted + of_batch
    text = old.read_text()
    if in_two_parts(text) != text:
        old.write_text(in_two_parts(text))
        said, counted = real_diff(old, f"{sys.executable} {app}")
        if counted["same"]:
            return DOTTED, Counter(dotted=1) + of_batch
    return said, counted + of_batch


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
        f"{sums['same']} of them without a difference, {sums['dotted']} with {DOTTED}, "
        f"{sums['replaced']} replaced, "
        f"{sums['roles_destroyed']} roles destroyed; "
        f"{sums['batch_as_l1']} resources of AWS Batch stay as L1s"
    )
    return int(sums["same"] + sums["dotted"] != sums["taken"])


if __name__ == "__main__":
    sys.exit(main())
