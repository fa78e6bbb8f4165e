"""Check public templates, and compare with what was found when they were last looked at.

uv run python scripts/check_public_templates.py FOLDER [--write]

FOLDER has a directory for each repository, called OWNER+NAME, with its files as they are at the
commit of `tests/rules/public_templates.json`; that list has no content of theirs, and a file of
another hash is told and left out. With ``--write`` the findings of now are written into the list:
look at each before you do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from batch_constructs.check.one_file import Checker
from batch_constructs.rules.findings import Severity

LIST = Path(__file__).parent.parent / "tests" / "rules" / "public_templates.json"


def found_in(file: Path, checker: Checker) -> list[str]:
    """Give the findings of a file, each as rule, resource and path."""
    checked = checker(str(file))
    if checked.unreadable:
        return [f"unreadable: {checked.unreadable}"]
    told = [
        f"{one.severity} {one.rule} {one.resource}/{one.path}"
        for one in checked.findings
        if one.severity is not Severity.INFO
    ]
    return sorted(told)


def difference(entry: dict[str, Any], file: Path, found: list[str]) -> list[str]:
    """Say what is found now and was not, and the other way round."""
    now, before = Counter(found), Counter(entry["findings"])
    name = f"{entry['repository']} {entry['path']}"
    return [
        *(f"{name}: new: {one}  ({file})" for one in (now - before).elements()),
        *(f"{name}: gone: {one}" for one in (before - now).elements()),
    ]


def main() -> int:
    """Compare, and exit with 1 where something is other than it was."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--write", action="store_true")
    asked = arguments.parse_args()
    entries: list[dict[str, Any]] = json.loads(LIST.read_text())
    checker = Checker(frozenset())
    told: list[str] = []
    looked_at = 0
    for entry in entries:
        file = asked.folder / entry["repository"].replace("/", "+") / entry["path"]
        if not file.is_file():
            told.append(f"{entry['repository']} {entry['path']}: not in {asked.folder}")
            continue
        if hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
            told.append(f"{entry['repository']} {entry['path']}: not the file of {entry['commit']}")
            continue
        looked_at += 1
        found = found_in(file, checker)
        told += difference(entry, file, found)
        entry["findings"] = found
    if asked.write:
        LIST.write_text(json.dumps(entries, indent=1) + "\n")
    print("\n".join([*told, f"{looked_at} of {len(entries)} templates looked at"]))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
