"""Search for files of a megabyte whose check takes long, made of templates of all kinds.

uv run python bench/densified_templates.py [--seed N] [--seconds S] [--keep FOLDER]

It takes a template of the tests, makes copies of all its resources or of none, fills what is left
of the megabyte (and of the bounds on objects, values and placeholders) with copies of one entry of
one list or object, or of one text, and checks it. The worst are printed, with the CPU seconds they
took; what is kept can be checked again, and belongs in hostile_templates.py. One seed and a machine
give one search; no run of a test asks this, since it is about seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import heapq
import io
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from batch_constructs.check.all_files import Request, run

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent.parent / "tests"
BYTES, OBJECTS, VALUES, PLACEHOLDERS, RESOURCES = 990_000, 19_900, 99_000, 19_000, 480
MOST_OF_AN_ORIGINAL = 120_000
WORST = 12


def originals() -> list[dict[str, Any]]:
    """Read the templates of the tests."""
    found = []
    for file in sorted({*TESTS.rglob("corpus/*/*.json"), *TESTS.rglob("__snapshots__/**/*.json")}):
        text = file.read_text(encoding="utf-8")
        template = json.loads(text)
        if len(text) < MOST_OF_AN_ORIGINAL and "Resources" in template:
            found.append(template)
    return found


def places(value: Any) -> Iterator[Any]:
    """Walk over all lists and objects that have something."""
    if isinstance(value, dict | list) and value:
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from places(one)


def counts(value: Any) -> tuple[int, int]:
    """Count the lists and objects, and all values."""
    inner = [counts(one) for one in _inside(value)]
    is_place = isinstance(value, dict | list)
    return is_place + sum(one for one, _ in inner), 1 + sum(one for _, one in inner)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def room(template: Any, entry: Any) -> int:
    """Tell how many copies of an entry there is room for, within what a check takes."""
    whole, one = json.dumps(template), json.dumps(entry)
    (objects, values), (more_objects, more_values) = counts(template), counts(entry)
    left = [
        (BYTES - len(whole), len(one) + 10),
        (OBJECTS - objects, more_objects),
        (VALUES - values, more_values),
        (PLACEHOLDERS - whole.count("${"), one.count("${")),
    ]
    return max(0, min(free // each for free, each in left if each))


def another(value: Any, number: int, chance: random.Random) -> Any:
    """Make an entry differ from the one that it is a copy of, mostly."""
    if isinstance(value, str) and chance.random() < 0.7:  # noqa: PLR2004  # mostly
        return f"{value}{number}"
    if isinstance(value, dict) and value and not any(name.startswith("Fn::") for name in value):
        name = chance.choice([*value])
        return {**value, name: another(value[name], number, chance)} if name != "Ref" else value
    return value


def fill(template: dict[str, Any], chance: random.Random) -> str:
    """Fill a template with copies of one of its entries; say which."""
    place: Any = chance.choice([*places(template)])
    share = chance.choice((1, 1, 0.5, 0.1))
    name = chance.choice([*place] if isinstance(place, dict) else range(len(place)))
    entry = place[name]
    if isinstance(entry, str) and chance.random() < 0.4:  # noqa: PLR2004  # the others are copied
        times = int((BYTES - len(json.dumps(template))) / max(1, len(json.dumps(entry))) * share)
        place[name] = chance.choice(("", " ", ",", "\n")).join([entry] * times)
        return f"the text {entry[:60]!r}, {times} times"
    vary = chance.random() < 0.7  # noqa: PLR2004  # mostly
    times = int(room(template, entry) * share)
    if place is template["Resources"]:
        times = min(times, RESOURCES - len(place))
    copies = (another(entry, number, chance) if vary else entry for number in range(times))
    if isinstance(place, dict):
        place.update({f"{name}{number}": one for number, one in enumerate(copies)})
    else:
        place.extend(copies)
    return f"{name!r} of {json.dumps(entry)[:60]}, {times} times"


def spread(template: dict[str, Any]) -> str:
    """Copy all resources, with their references to each other, as often as there is room."""
    resources = template["Resources"]
    text, names = json.dumps(resources), "|".join(map(re.escape, resources))
    times = min(RESOURCES // max(1, len(resources)), room(template, resources))
    for number in range(times):
        copied = re.sub(rf'"({names})(?=[."])', rf'"\g<1>{number}', text)
        with contextlib.suppress(ValueError):
            template["Resources"] = {**template["Resources"], **json.loads(copied)}
    return f"{times} times all resources"


def seconds(file: Path) -> float:
    """Check a file; give the CPU time that it took."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as problems,
    ):
        gc.disable()  # as the command does
        before = time.process_time()
        code = run(Request([str(file)]))
        took = time.process_time() - before
        gc.enable()
    if code not in (0, 1, 2) or "Traceback" in problems.getvalue():
        raise AssertionError(f"exit code {code}: {problems.getvalue()}")
    return took


def main() -> None:
    """Search for so long, and print the worst."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--keep", type=Path, help="a folder for the worst files")
    asked = arguments.parse_args()
    chance, known = random.Random(asked.seed), originals()  # noqa: S311  # no secret
    folder = asked.keep or Path()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"densified-{asked.seed}.template"
    worst: list[tuple[float, int, str, str]] = []
    number = 0
    until = time.monotonic() + asked.seconds
    while time.monotonic() < until:
        template = copy.deepcopy(chance.choice(known))
        said = [spread(template)] if chance.random() < 0.3 else []  # noqa: PLR2004  # some
        if not said or chance.random() < 0.6:  # noqa: PLR2004  # most
            said.append(fill(template, chance))
        text = json.dumps(template)
        if chance.random() < 0.3 and len(text) < BYTES // 2:  # noqa: PLR2004  # it has fewer signs
            text = yaml.dump(template, Dumper=yaml.CSafeDumper, sort_keys=False)
        if len(text) > BYTES + 10_000:
            continue
        file.write_text(text, encoding="utf-8")
        number += 1
        found = (seconds(file), number, "; ".join(said), text)
        (heapq.heappush if len(worst) < WORST else heapq.heappushpop)(worst, found)
    file.unlink(missing_ok=True)
    print(f"{number} files")
    for took, which, filled, text in sorted(worst, reverse=True):
        print(f"{took:6.2f} s  {which:6}  {filled}")
        if asked.keep:
            (asked.keep / f"{asked.seed}-{which}.template").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
