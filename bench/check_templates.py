"""What a check of 500 templates takes, and of one, beside cfn-lint: the same files, in turns.

uv run python bench/check_templates.py

Each is run as its users run it, one command over all files, with bytecode compiled as an
installation compiles it. Medians of wall time, and of the CPU time of all its processes.

What was tried: a pool of processes takes 18 ms to load, so a check forks. A garbage collector that
runs now and then costs a tenth. JSON takes a fortieth of a check: a faster parser gains nothing.
Dataclasses, named tuples, regular expressions that are compiled at import, and modules that few
templates need were a third of a start. Of what is left a sixth is what `typing`, `re`, `json` and
`enum` take, and the rest is spread over a hundred modules of rules and what they stand on.
"""

from __future__ import annotations

import argparse
import compileall
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "tests" / "rules" / "corpus"


def seconds(command: list[str]) -> tuple[float, float]:
    """Measure a command: wall time, and CPU time of all its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in turns, and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--templates", type=int, default=500)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument(
        "--repeat-many", type=int, default=2, help="with cfn-lint, a minute each"
    )
    asked = arguments.parse_args()
    originals = sorted(CORPUS.glob("*/*.json"))
    compileall.compile_dir(str(CORPUS.parents[2] / "batch_constructs"), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for number in range(asked.templates):
            template = json.loads(originals[number % len(originals)].read_text())
            file = Path(folder) / f"{number}.json"
            file.write_text(json.dumps(template))
            files.append(str(file))
        binaries = Path(sys.executable).parent
        ours = [str(binaries / "batch-constructs"), "check", "--format", "json"]
        theirs = [str(binaries / "cfn-lint"), "--format", "json"]
        one = {
            "interpreter": [sys.executable, "-c", "pass"],
            "check, one": [*ours, files[0]],
            "cfn-lint, one": [*theirs, files[0]],
        }
        many = {"check, all": [*ours, *files], "cfn-lint, all": [*theirs, *files]}
        taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for commands, repeat in ((one, asked.repeat), (many, asked.repeat_many)):
            for _ in range(repeat):
                for name, command in commands.items():
                    taken[name].append(seconds(command))
    wall, cpu = (
        {name: statistics.median(run[place] for run in runs) for name, runs in taken.items()}
        for place in (0, 1)
    )
    print(f"{asked.templates} templates   wall s    CPU s")
    for name in taken:
        print(f"{name:15} {wall[name]:8.3f} {cpu[name]:8.3f}")
    for which in ("one", "all"):
        times = [of[f"cfn-lint, {which}"] / of[f"check, {which}"] for of in (wall, cpu)]
        print(f"{which}: {times[0]:.0f} times as fast in wall time, {times[1]:.0f} in CPU time")
    more = (cpu["check, one"] - cpu["interpreter"]) * 1000
    print(f"a start takes {more:.0f} ms of CPU more than the interpreter alone")


if __name__ == "__main__":
    main()
